//! Calls to the master: in order, over one connection that is kept alive, apart from the event stream.

use std::time::Duration;

use mesos_core::master::MasterAddress;
use mesos_core::{AttemptId, CallId};
use mesos_local::Cluster;
use mesos_wire::{Call, Message, call};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::auth::Authorization;
use crate::connect::{ConnectError, Connection, Connector};
use crate::http;

/// Why a call was not taken by the master, as far as is known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallFailure {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error("{address} did not answer a call within {within:?}")]
    Timeout { address: String, within: Duration },
    #[error("the connection to {address} broke off during a call: {source}")]
    Broken { address: String, source: hyper::Error },
    #[error("a call to {address} cannot be written: {source}")]
    Unwritable {
        address: String,
        source: hyper::http::Error,
    },
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

    /// The same for the master within this process. TEARDOWN takes as long as its tasks do.
    pub(crate) fn to_local(
        cluster: Cluster,
        attempt: AttemptId,
        outcomes: mpsc::UnboundedSender<CallOutcome>,
    ) -> Self {
        let (queue, mut waiting) = mpsc::unbounded_channel::<(CallId, Call)>();
        let task = tokio::spawn(async move {
            while let Some((id, call)) = waiting.recv().await {
                let result = cluster.call(call).await.map_err(CallFailure::Local);
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
    pub(crate) fn send(&self, id: CallId, call: Call) -> bool {
        self.queue.send((id, call)).is_ok()
    }
}

impl CallTarget {
    async fn send(&self, kept: &mut Option<Connection>, call: &Call) -> Result<(), CallFailure> {
        let address = self.address.authority();
        let within = self.connector.timeouts.answer;
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
            let answer = timeout(within, async {
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
                within,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::Timeouts;
    use crate::fake_master::{FakeMaster, Step, response};

    fn call(kind: call::Type) -> Call {
        Call {
            r#type: Some(kind.into()),
            ..Call::default()
        }
    }

    fn accepted() -> Vec<u8> {
        response("202 Accepted", "", "")
    }

    struct Caller {
        calls: Calls,
        outcomes: mpsc::UnboundedReceiver<CallOutcome>,
        next: u64,
    }

    impl Caller {
        fn of(master: &FakeMaster) -> Self {
            let timeouts = Timeouts {
                answer: Duration::from_millis(200),
                ..Timeouts::default()
            };
            let target = CallTarget {
                attempt: AttemptId(7),
                connector: Connector::patient(timeouts),
                address: master.address.clone(),
                authorization: None,
                stream_id: "stream-1".to_owned(),
            };
            let (sender, outcomes) = mpsc::unbounded_channel();
            Caller {
                calls: Calls::start(target, sender),
                outcomes,
                next: 0,
            }
        }

        fn queue(&mut self, kind: call::Type) {
            assert!(self.calls.send(CallId(self.next), call(kind)));
            self.next += 1;
        }

        async fn outcome(&mut self) -> (u64, Result<(), CallFailure>) {
            let outcome = self.outcomes.recv().await.unwrap();
            assert_eq!(outcome.attempt, AttemptId(7));
            (outcome.id.0, outcome.result)
        }
    }

    #[tokio::test]
    async fn calls_go_in_order_over_one_connection_with_the_stream_id() {
        let mut master = FakeMaster::start([0; 3].map(|_| Step::Answer(accepted()))).await;
        let mut caller = Caller::of(&master);
        let kinds = [call::Type::Accept, call::Type::Decline, call::Type::Kill];
        for kind in kinds {
            caller.queue(kind);
        }
        for (number, kind) in kinds.into_iter().enumerate() {
            let request = master.received().await;
            assert_eq!(request.connection, 0);
            assert_eq!(request.header("mesos-stream-id"), Some("stream-1"));
            assert_eq!(Call::decode(request.body.as_slice()).unwrap().r#type(), kind);
            let (id, result) = caller.outcome().await;
            assert!(id == number as u64 && result.is_ok(), "{result:?}");
        }
    }

    #[tokio::test]
    async fn a_refused_call_is_told_and_the_next_goes_over_the_same_connection() {
        let script = [
            Step::Answer(response("403 Forbidden", "", "wrong stream")),
            Step::Answer(accepted()),
        ];
        let mut master = FakeMaster::start(script).await;
        let mut caller = Caller::of(&master);
        caller.queue(call::Type::Accept);
        caller.queue(call::Type::Accept);
        match caller.outcome().await {
            (
                0,
                Err(CallFailure::Refused {
                    status: 403, body, ..
                }),
            ) => assert_eq!(body, "wrong stream"),
            other => panic!("{other:?}"),
        }
        assert!(matches!(caller.outcome().await, (1, Ok(()))));
        assert_eq!(
            (
                master.received().await.connection,
                master.received().await.connection
            ),
            (0, 0)
        );
    }

    #[tokio::test]
    async fn a_redirected_call_is_refused_and_names_the_leader() {
        let redirect = response("307 Temporary Redirect", "Location: //10.0.0.2:5050/\r\n", "");
        let master = FakeMaster::start([Step::Answer(redirect)]).await;
        let mut caller = Caller::of(&master);
        caller.queue(call::Type::Accept);
        match caller.outcome().await {
            (
                0,
                Err(CallFailure::Refused {
                    status: 307, body, ..
                }),
            ) => assert!(body.contains("10.0.0.2"), "{body}"),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_kill_that_met_a_stale_connection_is_sent_again() {
        let script = [Step::Answer(accepted()), Step::Close, Step::Answer(accepted())];
        let mut master = FakeMaster::start(script).await;
        let mut caller = Caller::of(&master);
        caller.queue(call::Type::Revive);
        assert!(caller.outcome().await.1.is_ok());
        caller.queue(call::Type::Kill);
        assert!(caller.outcome().await.1.is_ok());
        let mut seen = Vec::new();
        while seen.len() < 3 {
            seen.push(master.received().await.connection);
        }
        assert_eq!(seen, [0, 0, 1]);
    }

    #[tokio::test]
    async fn an_accept_that_the_master_may_have_read_is_not_sent_again() {
        let script = [Step::Answer(accepted()), Step::Close, Step::Answer(accepted())];
        let mut master = FakeMaster::start(script).await;
        let mut caller = Caller::of(&master);
        caller.queue(call::Type::Revive);
        assert!(caller.outcome().await.1.is_ok());
        caller.queue(call::Type::Accept);
        assert!(matches!(
            caller.outcome().await,
            (1, Err(CallFailure::Broken { .. }))
        ));
        master.received().await;
        master.received().await;
        assert!(master.is_quiet());
        // The next call opens a connection of its own.
        caller.queue(call::Type::Accept);
        assert!(caller.outcome().await.1.is_ok());
        assert_eq!(master.received().await.connection, 1);
    }

    #[tokio::test]
    async fn an_accept_goes_over_a_new_connection_when_the_old_one_was_closed_while_idle() {
        let script = [Step::AnswerAndClose(accepted()), Step::Answer(accepted())];
        let mut master = FakeMaster::start(script).await;
        let mut caller = Caller::of(&master);
        caller.queue(call::Type::Accept);
        assert!(caller.outcome().await.1.is_ok());
        assert_eq!(master.received().await.connection, 0);
        // The news of the closing may be under way still; then the call fails, but is never on the old connection twice.
        caller.queue(call::Type::Accept);
        match caller.outcome().await.1 {
            Ok(()) => assert_eq!(master.received().await.connection, 1),
            Err(CallFailure::Broken { .. }) => assert!(master.is_quiet()),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_silent_master_fails_the_call_and_not_those_behind_it() {
        let master = FakeMaster::start([Step::Silence, Step::Answer(accepted())]).await;
        let mut caller = Caller::of(&master);
        caller.queue(call::Type::Kill);
        caller.queue(call::Type::Kill);
        assert!(matches!(
            caller.outcome().await,
            (0, Err(CallFailure::Timeout { .. }))
        ));
        assert!(matches!(caller.outcome().await, (1, Ok(()))));
    }

    #[tokio::test]
    async fn a_master_that_is_gone_fails_every_call() {
        let master = FakeMaster::start([]).await;
        let mut caller = Caller::of(&master);
        drop(master);
        caller.queue(call::Type::Kill);
        let (_, result) = caller.outcome().await;
        assert!(
            matches!(result, Err(CallFailure::Connect(_) | CallFailure::Broken { .. })),
            "{result:?}"
        );
    }
}
