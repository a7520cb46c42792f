//! Finds the leading master and reports every change of it.

mod master_info;
mod zookeeper;

use mesos_core::Leader;
use mesos_core::master::{MasterAddress, MasterSource};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::sleep;

use crate::barrier::{self, Panic};

#[cfg(feature = "fuzzing")]
pub(crate) use master_info::{leading_child, parse};
pub(crate) use zookeeper::{DetectError, find_once};

const AFTER_PANIC: Duration = Duration::from_secs(10);

/// A running detection. Dropping it ends it, and the ZooKeeper session with it.
#[derive(Debug)]
pub(crate) struct Detector(AbortHandle);

impl Drop for Detector {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Detector {
    /// Begins to look; each new answer goes to `answers`. A fixed address is reported once.
    pub(crate) fn start(source: MasterSource, answers: mpsc::UnboundedSender<Leader>) -> Self {
        let task = tokio::spawn(async move {
            let source = match source {
                MasterSource::Static(address) => return report(&answers, Leader::Found(address)),
                MasterSource::Local(_) => return report(&answers, Leader::Found(MasterAddress::local())),
                MasterSource::ZooKeeper(source) => source,
            };
            loop {
                if let Err(Panic(text)) = barrier::catch(zookeeper::follow(&source, &answers)).await {
                    let message = format!("internal error while asking ZooKeeper ({text}): please report it");
                    report(&answers, Leader::Unreachable(message));
                }
                sleep(AFTER_PANIC).await;
            }
        });
        Detector(task.abort_handle())
    }
}

fn report(answers: &mpsc::UnboundedSender<Leader>, leader: Leader) {
    // Whoever has dropped the receiver is about to drop the detector.
    if answers.send(leader).is_err() {
        tracing::debug!("nobody waits for the leading master any more");
    }
}
