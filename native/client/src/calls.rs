//! Calls to the master: in order, over one connection that is kept alive, apart from the event stream.

use std::time::Duration;

use mesos_core::master::MasterAddress;
use mesos_core::{AttemptId, CallId};
use mesos_wire::{Call, Message, call};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::auth::Authorization;
use crate::connect::{ConnectError, Connection, Connector};
use crate::http;

/// How long a master may take for one call.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(15);

/// Why a call was not taken by the master, as far as is known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallFailure {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error("{address} did not answer a call within {} s", CALL_TIMEOUT.as_secs())]
    Timeout { address: String },
    #[error("the connection to {address} broke off during a call: {source}")]
    Broken { address: String, source: hyper::Error },
    #[error("a call to {address} cannot be written: {source}")]
    Unwritable {
        address: String,
        source: hyper::http::Error,
    },
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
    queue: mpsc::UnboundedSender<(CallId, Call)>,
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
    /// Starts the queue; each call's outcome goes to `outcomes`, in the order of the calls.
    pub(crate) fn start(target: CallTarget, outcomes: mpsc::UnboundedSender<CallOutcome>) -> Self {
        let (queue, mut waiting) = mpsc::unbounded_channel::<(CallId, Call)>();
        let task = tokio::spawn(async move {
            let mut connection = None;
            while let Some((id, call)) = waiting.recv().await {
                let result = target.send(&mut connection, &call).await;
                if outcomes
                    .send(CallOutcome {
                        attempt: target.attempt,
                        id,
                        result,
                    })
                    .is_err()
                {
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
    pub(crate) fn send(&self, id: CallId, call: Call) -> bool {
        self.queue.send((id, call)).is_ok()
    }
}

impl CallTarget {
    async fn send(&self, kept: &mut Option<Connection>, call: &Call) -> Result<(), CallFailure> {
        let address = self.address.authority();
        let body = bytes::Bytes::from(call.encode_to_vec());
        loop {
            let reused = kept.take().filter(|connection| !connection.sender.is_closed());
            let may_repeat = reused.is_some();
            let mut connection = match reused {
                Some(connection) => connection,
                None => self.connector.connect(&self.address).await?,
            };
            let request = http::call(
                &self.address,
                self.authorization.as_ref(),
                Some(&self.stream_id),
                body.clone(),
            )
            .map_err(|source| CallFailure::Unwritable {
                address: address.clone(),
                source,
            })?;
            let answer = timeout(CALL_TIMEOUT, async {
                if let Err(error) = connection.sender.ready().await {
                    return Err((error, true));
                }
                connection
                    .sender
                    .try_send_request(request)
                    .await
                    .map_err(|mut failure| {
                        let unsent = failure.take_message().is_some();
                        (failure.into_error(), unsent)
                    })
            })
            .await
            .map_err(|_| CallFailure::Timeout {
                address: address.clone(),
            })?;
            match answer {
                Ok(response) => {
                    let status = response.status().as_u16();
                    let location = http::location(&response);
                    let (body, whole) = http::excerpt(response.into_body()).await;
                    if whole {
                        *kept = Some(connection);
                    }
                    return match (status, location) {
                        (200 | 202, _) => Ok(()),
                        (_, Some(leader)) => {
                            let body = format!("not the leading master, {leader} is");
                            Err(CallFailure::Refused {
                                address,
                                status,
                                body,
                            })
                        }
                        _ => Err(CallFailure::Refused {
                            address,
                            status,
                            body,
                        }),
                    };
                }
                // A connection that was kept may have been closed by the master meanwhile; a new one gets one chance.
                Err((error, unsent)) if may_repeat && (unsent || harmless_twice(call)) => {
                    tracing::debug!("connection to {address} is re-opened for a call: {error}");
                }
                Err((source, _)) => return Err(CallFailure::Broken { address, source }),
            }
        }
    }
}

/// Whether the master may see the call twice without a different outcome. A second ACCEPT would be answered with
/// TASK_LOST for a task that runs.
fn harmless_twice(call: &Call) -> bool {
    use call::Type;
    matches!(
        call.r#type(),
        Type::Decline | Type::Revive | Type::Suppress | Type::Kill | Type::Acknowledge | Type::Reconcile
    )
}
