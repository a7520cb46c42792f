//! What must outlive this process: the framework id and the tasks, in one SQLite database per cloud.
//!
//! A thread of its own does all reading and writing, so that no waiting for the disk ever holds up anything else. It
//! takes every batch that waits into one transaction, and answers a batch only after that is synced.

mod checksum;
mod copy;
mod database;
mod schema;

use std::path::PathBuf;
use std::sync::mpsc as blocking;
use std::thread;
use std::time::Duration;

use mesos_core::{PersistId, Restored, Write};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use database::Database;
pub(crate) use database::OpenError;

/// More batches than this are not taken into one transaction.
const GROUP: usize = 256;

/// What the store's thread reports.
#[derive(Debug)]
pub(crate) enum StoreEvent {
    /// First of all; `trouble` names a damaged database that was set aside.
    Opened {
        restored: Restored,
        trouble: Option<String>,
    },
    /// First and last of all.
    OpenFailed(OpenError),
    /// For each batch, in order.
    Persisted {
        id: PersistId,
        result: Result<(), String>,
    },
    /// The database became unusable; last of all.
    Broken(String),
}

/// A handle to the store's thread. Dropping it lets the thread finish what it was given.
#[derive(Debug)]
pub(crate) struct Store {
    jobs: blocking::Sender<(PersistId, Vec<Write>)>,
    finished: oneshot::Receiver<()>,
}

impl Store {
    /// Opens `state.db` in `folder` on a new thread. A folder that holds no state begins with the framework id `adopted`.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(
        folder: PathBuf,
        adopted: Option<String>,
        events: mpsc::UnboundedSender<StoreEvent>,
    ) -> std::io::Result<Self> {
        let (jobs, waiting) = blocking::channel();
        let (finish, finished) = oneshot::channel();
        thread::Builder::new()
            .name("mesos-store".to_owned())
            .spawn(move || {
                if let Some(id) = adopted
                    && let Err(error) = copy::adopt(&folder, &id)
                {
                    tracing::warn!("the framework id {id} cannot be taken over: {error}");
                }
                serve(folder, &waiting, &events);
                // The database and its lock are released by now.
                if finish.send(()).is_err() {
                    tracing::debug!("nobody waited for the store to finish");
                }
            })?;
        Ok(Store { jobs, finished })
    }

    /// Queues a batch; false if the thread has ended.
    pub(crate) fn persist(&self, id: PersistId, writes: Vec<Write>) -> bool {
        self.jobs.send((id, writes)).is_ok()
    }

    /// Waits until all batches are written and the database is closed; false if that takes longer than `bound`.
    pub(crate) async fn close(self, bound: Duration) -> bool {
        drop(self.jobs);
        timeout(bound, self.finished).await.is_ok()
    }
}

fn serve(
    folder: PathBuf,
    waiting: &blocking::Receiver<(PersistId, Vec<Write>)>,
    events: &mpsc::UnboundedSender<StoreEvent>,
) {
    // A receiver that is gone means that nobody needs answers; the batches are written all the same.
    let tell = |event| {
        if events.send(event).is_err() {
            tracing::debug!("nobody waits for the store's answers any more");
        }
    };
    let mut database = match Database::open(&folder) {
        Ok((database, restored, trouble)) => {
            tell(StoreEvent::Opened { restored, trouble });
            database
        }
        Err(error) => return tell(StoreEvent::OpenFailed(error)),
    };
    while let Ok(first) = waiting.recv() {
        let mut group = vec![first];
        group.extend(waiting.try_iter().take(GROUP - 1));
        let result = database.write(group.iter().flat_map(|(_, writes)| writes));
        let broken = match &result {
            Err(error) if error.is_damage() => Some(error.to_string()),
            _ => None,
        };
        for (id, _) in group {
            let result = result.as_ref().copied().map_err(ToString::to_string);
            tell(StoreEvent::Persisted { id, result });
        }
        if let Some(message) = broken {
            return tell(StoreEvent::Broken(message));
        }
    }
    database.close();
}

#[cfg(test)]
mod tests;
