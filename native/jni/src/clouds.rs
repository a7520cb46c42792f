//! What is behind the handles: the open clouds, and the threads they share.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mesos_client::{Batch, Capacity, Cloud, Need, Report, Roles, Runtime};
use mesos_core::{Config, Demand, Plan, Release, Request, Review, Situation, Status};

use crate::detach::detached;
use crate::failure::Failure;
use crate::handles::{Handles, Stale};

/// All clouds of this copy of the library.
#[derive(Debug)]
pub(crate) struct Clouds {
    handles: Handles<Entry>,
    /// Made at the first need and kept: two idle threads cost nothing, and the end of the last cloud, which must not wait,
    /// could not wait for them either.
    runtime: Mutex<Option<Arc<Runtime>>>,
}

#[derive(Debug)]
struct Entry {
    cloud: Cloud,
    /// Set by `close`. From then on only `poll` knows the handle, until it has given the last batch.
    closing: AtomicBool,
}

impl Clouds {
    pub(crate) const fn new() -> Self {
        Self {
            handles: Handles::new(),
            runtime: Mutex::new(None),
        }
    }

    /// Starts a cloud; whatever is wrong with it comes as events.
    pub(crate) fn open(&self, config: Config, folder: PathBuf) -> Result<i64, Failure> {
        let runtime = self.runtime()?;
        let cloud = Cloud::open(config, folder, &runtime);
        Ok(self.handles.insert(Entry {
            cloud,
            closing: AtomicBool::new(false),
        }))
    }

    pub(crate) fn reconfigure(&self, handle: i64, config: Config) -> Result<(), Failure> {
        Ok(self.open_entry(handle)?.cloud.reconfigure(config)?)
    }

    pub(crate) fn plan(&self, handle: i64, demand: &Demand) -> Result<Plan, Failure> {
        Ok(self.open_entry(handle)?.cloud.plan(demand)?)
    }

    pub(crate) fn review(&self, handle: i64, situation: &Situation) -> Result<Review, Failure> {
        Ok(self.open_entry(handle)?.cloud.review(situation)?)
    }

    pub(crate) fn submit(&self, handle: i64, request: Request) -> Result<(), Failure> {
        Ok(self.open_entry(handle)?.cloud.submit(request)?)
    }

    pub(crate) fn release(&self, handle: i64, release: Release) -> Result<(), Failure> {
        Ok(self.open_entry(handle)?.cloud.release(release)?)
    }

    /// Waits for events without any lock of ours. After `close` it still gives what is left; the handle is gone with the
    /// batch that says `closed`.
    pub(crate) fn poll(&self, handle: i64, patience: Duration) -> Result<Batch, Failure> {
        let batch = self.handles.get(handle)?.cloud.poll(patience);
        if batch.closed {
            // Another poll may have had the last batch too.
            let _ = self.handles.remove(handle);
        }
        Ok(batch)
    }

    pub(crate) fn status(&self, handle: i64) -> Result<Status, Failure> {
        Ok(self.open_entry(handle)?.cloud.status())
    }

    pub(crate) fn roles(&self, handle: i64) -> Result<Roles, Failure> {
        Ok(self.open_entry(handle)?.cloud.roles())
    }

    pub(crate) fn capacity(&self, handle: i64, need: &Need) -> Result<Capacity, Failure> {
        Ok(self.open_entry(handle)?.cloud.capacity(need))
    }

    pub(crate) fn test_connection(&self, config: &Config) -> Result<Report, Failure> {
        Ok(self.runtime()?.test_connection(config))
    }

    /// Begins to close; does not wait for the end, which `poll` tells.
    pub(crate) fn close(&self, handle: i64, teardown: bool) -> Result<(), Failure> {
        let entry = self.handles.get(handle)?;
        if entry.closing.swap(true, Ordering::AcqRel) {
            return Err(Stale(handle).into());
        }
        entry.cloud.close(teardown);
        Ok(())
    }

    fn open_entry(&self, handle: i64) -> Result<Arc<Entry>, Stale> {
        self.handles
            .get(handle)
            .ok()
            .filter(|entry| !entry.closing.load(Ordering::Acquire))
            .ok_or(Stale(handle))
    }

    fn runtime(&self) -> Result<Arc<Runtime>, Failure> {
        let mut runtime = self.runtime.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = &*runtime {
            return Ok(Arc::clone(runtime));
        }
        let fresh = Arc::new(Runtime::new().map_err(Failure::Threads)?.detaching(detached));
        *runtime = Some(Arc::clone(&fresh));
        Ok(fresh)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("mesos-jni-{}-{name}", std::process::id()));
        // Left over from an earlier process with the same number.
        let _ = std::fs::remove_dir_all(&folder);
        folder
    }

    fn open(clouds: &Clouds, name: &str) -> i64 {
        let mut config = Config::default();
        config.master = "127.0.0.1:1".to_owned();
        clouds.open(config, folder(name)).unwrap()
    }

    fn is_stale(result: Result<(), Failure>) -> bool {
        matches!(result, Err(Failure::Stale(_)))
    }

    #[test]
    fn after_close_only_poll_knows_the_handle_until_it_has_said_closed() {
        let clouds = Clouds::new();
        let handle = open(&clouds, "closing");
        clouds.status(handle).unwrap();
        clouds.close(handle, false).unwrap();

        assert!(is_stale(clouds.close(handle, false)));
        assert!(is_stale(clouds.status(handle).map(drop)));
        assert!(is_stale(clouds.reconfigure(handle, Config::default())));

        let begin = Instant::now();
        while !clouds.poll(handle, PATIENCE).unwrap().closed {
            assert!(begin.elapsed() < PATIENCE);
        }
        assert!(is_stale(clouds.poll(handle, PATIENCE).map(drop)));
    }

    #[test]
    fn a_waiting_poll_is_woken_by_close() {
        let clouds = Clouds::new();
        let handle = open(&clouds, "waiting");
        let begin = Instant::now();
        std::thread::scope(|scope| {
            let poller = scope.spawn(|| while !clouds.poll(handle, 4 * PATIENCE).unwrap().closed {});
            clouds.close(handle, false).unwrap();
            poller.join().unwrap();
        });
        assert!(begin.elapsed() < PATIENCE, "{:?}", begin.elapsed());
    }

    #[test]
    fn clouds_do_not_know_each_other() {
        let clouds = Clouds::new();
        let (first, second) = (open(&clouds, "first"), open(&clouds, "second"));
        clouds.close(first, false).unwrap();
        clouds.status(second).unwrap();
        clouds.close(second, false).unwrap();
    }
}
