//! Calls to the master: in order, over one connection that is kept alive, apart from the event stream.
//!
//! A call does not wait for the answer to the one before. Those that gather meanwhile go out together, which takes one turn
//! of the threads instead of one for each; and one that the master is slow to answer holds up none behind it.

mod road;

use std::time::Duration;

use mesos_core::master::MasterAddress;
use mesos_core::{AttemptId, CallId};
use mesos_local::Cluster;
use mesos_wire::Call;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use crate::auth::Authorization;
use crate::connect::{ConnectError, Connector};
use road::Road;

/// Why a call was not taken by the master, as far as is known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallFailure {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error("{address} did not answer a call within {within:?}")]
    Timeout { address: String, within: Duration },
    #[error("the connection to {address} broke off during a call: {problem}")]
    Broken { address: String, problem: String },
    #[error("a call to {address} cannot be written: {problem}")]
    Unwritable { address: String, problem: String },
    #[error("this machine refused a call: {0}")]
    Local(String),
    #[error("{address} refused a call with status {status}: {body}")]
    Refused {
        address: String,
        status: u16,
        body: String,
    },
}

/// The outcome of one call.
#[derive(Debug)]
pub(crate) struct CallOutcome {
    pub(crate) attempt: AttemptId,
    pub(crate) id: CallId,
    pub(crate) result: Result<(), CallFailure>,
}

/// The queue of calls that belong to one event stream. Dropping it drops what waits in it.
#[derive(Debug)]
pub(crate) struct Calls {
    queue: mpsc::UnboundedSender<(CallId, Box<Call>)>,
    task: AbortHandle,
}

impl Drop for Calls {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What all calls of one event stream share.
pub(crate) struct CallTarget {
    pub(crate) attempt: AttemptId,
    pub(crate) connector: Connector,
    pub(crate) address: MasterAddress,
    pub(crate) authorization: Option<Authorization>,
    pub(crate) stream_id: String,
}

impl Calls {
    /// Starts the queue. Each call's outcome goes to `outcomes`, in the order of the calls; where a connection breaks,
    /// those that are sent again are told after those that failed by it.
    pub(crate) fn start(target: CallTarget, outcomes: mpsc::UnboundedSender<CallOutcome>) -> Self {
        let (queue, inbox) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            Road::new(target, inbox, outcomes).serve().await;
        });
        Calls {
            queue,
            task: task.abort_handle(),
        }
    }

    /// The same for the master within this process. TEARDOWN takes as long as its tasks do.
    pub(crate) fn to_local(
        cluster: Cluster,
        attempt: AttemptId,
        outcomes: mpsc::UnboundedSender<CallOutcome>,
    ) -> Self {
        let (queue, mut waiting) = mpsc::unbounded_channel::<(CallId, Box<Call>)>();
        let task = tokio::spawn(async move {
            while let Some((id, call)) = waiting.recv().await {
                let result = cluster.call(*call).await.map_err(CallFailure::Local);
                if outcomes.send(CallOutcome { attempt, id, result }).is_err() {
                    break;
                }
            }
        });
        Calls {
            queue,
            task: task.abort_handle(),
        }
    }

    /// Puts a call at the end of the queue; false if nobody serves it any more.
    pub(crate) fn send(&self, id: CallId, call: Box<Call>) -> bool {
        self.queue.send((id, call)).is_ok()
    }
}

#[cfg(test)]
mod tests;
