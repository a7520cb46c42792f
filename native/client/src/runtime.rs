//! The threads that all clouds share.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use std::{fmt, io};

use mesos_core::Config;
use mesos_local::{Detach, own_group};
use tokio::runtime::Builder;

use crate::probe::{self, Report};

/// Enough for the traffic of many masters: all work is short, and the disk has threads of its own.
const WORKERS: usize = 2;

/// Two worker threads, `mesos-native-1` and `mesos-native-2`. They are no threads of the JVM and never call into it.
pub struct Runtime {
    threads: tokio::runtime::Runtime,
    detach: Detach,
}

impl Runtime {
    /// Starts the threads. Processes of the master `local` get a group of their own ([`own_group`]), and nothing else is done
    /// to them.
    ///
    /// # Errors
    /// When the system gives no threads or no epoll.
    pub fn new() -> io::Result<Self> {
        let next = AtomicUsize::new(1);
        Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .thread_name_fn(move || format!("mesos-native-{}", next.fetch_add(1, Ordering::Relaxed)))
            .enable_all()
            .build()
            .map(|threads| Self {
                threads,
                detach: own_group,
            })
    }

    /// Starts the processes of the master `local` in this way. A host that leaves files open for its children, as a JVM does,
    /// needs one that closes them.
    #[must_use]
    pub fn detaching(self, detach: Detach) -> Self {
        Self { detach, ..self }
    }

    /// Test Connection: looks for the master and asks it for its version and its agents, within 10 s.
    ///
    /// Blocks; not for use on the runtime's own threads.
    pub fn test_connection(&self, config: &Config) -> Report {
        self.threads.block_on(probe::test_connection(config))
    }

    /// Ends the threads; what they do after `patience` is given up. Close the clouds before.
    pub fn shutdown(self, patience: Duration) {
        self.threads.shutdown_timeout(patience);
    }

    #[cfg(test)]
    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.threads.block_on(future)
    }

    pub(crate) fn handle(&self) -> tokio::runtime::Handle {
        self.threads.handle().clone()
    }

    pub(crate) fn detach(&self) -> Detach {
        self.detach
    }

    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        // Whoever spawns hears of the end by other ways.
        drop(self.threads.spawn(future));
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Runtime")
    }
}
