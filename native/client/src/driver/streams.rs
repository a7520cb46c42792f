//! The event streams of the attempts, and the queue of calls that goes with each.

use mesos_core::master::MasterAddress;
use mesos_core::{AttemptId, CallError, CallId, StreamEnd};
use mesos_wire::{Call, Event, Message};
use std::collections::BTreeMap;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use crate::auth::Authorization;
use crate::barrier;
use crate::calls::{CallFailure, CallOutcome, CallTarget, Calls};
use crate::connect::Connector;
use crate::stream::{self, StreamError};

/// Events that wait for the driver; beyond that the master's sending is held up.
const AHEAD: usize = 64;

/// What became of an attempt.
#[derive(Debug)]
pub(super) enum StreamNews {
    /// The master took the SUBSCRIBE.
    Opened {
        stream_id: String,
    },
    Event(Box<Event>),
    /// Last of all.
    Ended(StreamEnd),
}

/// All streams that the core has asked for and not given up.
pub(super) struct Streams {
    connector: Connector,
    open: BTreeMap<AttemptId, Stream>,
    news: mpsc::Sender<(AttemptId, StreamNews)>,
    outcomes: mpsc::UnboundedSender<CallOutcome>,
}

struct Stream {
    address: MasterAddress,
    authorization: Option<Authorization>,
    calls: Option<Calls>,
    task: AbortHandle,
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The receiving ends.
pub(super) struct StreamInbox {
    pub(super) news: mpsc::Receiver<(AttemptId, StreamNews)>,
    pub(super) outcomes: mpsc::UnboundedReceiver<CallOutcome>,
}

impl Streams {
    pub(super) fn new(connector: Connector) -> (Self, StreamInbox) {
        let (news, news_inbox) = mpsc::channel(AHEAD);
        let (outcomes, outcome_inbox) = mpsc::unbounded_channel();
        let streams = Streams {
            connector,
            open: BTreeMap::new(),
            news,
            outcomes,
        };
        (
            streams,
            StreamInbox {
                news: news_inbox,
                outcomes: outcome_inbox,
            },
        )
    }

    /// Begins an attempt to subscribe.
    pub(super) fn connect(
        &mut self,
        attempt: AttemptId,
        address: MasterAddress,
        authorization: Option<Authorization>,
        subscribe: &Call,
    ) {
        let body = subscribe.encode_to_vec().into();
        let news = self.news.clone();
        let connector = self.connector.clone();
        let (target, login) = (address.clone(), authorization.clone());
        let task = tokio::spawn(async move {
            let reading = async {
                let mut stream = stream::subscribe(&connector, &target, login.as_ref(), body).await?;
                let stream_id = stream.stream_id().to_owned();
                let mut next = StreamNews::Opened { stream_id };
                // Fails only if the driver has gone.
                while news.send((attempt, next)).await.is_ok() {
                    next = StreamNews::Event(Box::new(stream.next().await?));
                }
                Ok(())
            };
            let end = match barrier::catch(reading).await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => {
                    tracing::debug!("event stream of {target}: {error}");
                    stream_end(&target, error)
                }
                Err(panic) => StreamEnd::Failed(format!("internal error ({}): please report it", panic.0)),
            };
            if news.send((attempt, StreamNews::Ended(end))).await.is_err() {
                tracing::debug!("nobody waits for the end of the event stream of {target}");
            }
        });
        let stream = Stream {
            address,
            authorization,
            calls: None,
            task: task.abort_handle(),
        };
        self.open.insert(attempt, stream);
    }

    /// Drops the stream and its calls.
    pub(super) fn disconnect(&mut self, attempt: AttemptId) {
        self.open.remove(&attempt);
    }

    /// Whether the core still wants to hear of this attempt.
    pub(super) fn is_wanted(&self, attempt: AttemptId) -> bool {
        self.open.contains_key(&attempt)
    }

    /// From now on calls of this attempt can be sent.
    pub(super) fn opened(&mut self, attempt: AttemptId, stream_id: String) {
        if let Some(stream) = self.open.get_mut(&attempt) {
            let target = CallTarget {
                attempt,
                connector: self.connector.clone(),
                address: stream.address.clone(),
                authorization: stream.authorization.clone(),
                stream_id,
            };
            stream.calls = Some(Calls::start(target, self.outcomes.clone()));
        }
    }

    /// Queues a call; false if the attempt has no stream.
    pub(super) fn call(&self, attempt: AttemptId, id: CallId, call: Call) -> bool {
        self.open
            .get(&attempt)
            .and_then(|stream| stream.calls.as_ref())
            .is_some_and(|calls| calls.send(id, call))
    }
}

fn stream_end(address: &MasterAddress, error: StreamError) -> StreamEnd {
    match error {
        StreamError::Redirected { location, .. } => match address.redirected(&location) {
            Ok(leader) => StreamEnd::Redirected(leader),
            Err(error) => StreamEnd::Failed(error.to_string()),
        },
        StreamError::Refused { status, body, .. } => StreamEnd::Refused { status, body },
        StreamError::Closed | StreamError::Broken(_) | StreamError::CutShort => StreamEnd::Closed,
        StreamError::Record(_) | StreamError::Event(_) => StreamEnd::Garbage(error.to_string()),
        StreamError::Connect(_)
        | StreamError::Silent { .. }
        | StreamError::Request { .. }
        | StreamError::Unwritable { .. }
        | StreamError::NotMesos { .. } => StreamEnd::Failed(error.to_string()),
    }
}

/// In the core's terms.
pub(super) fn call_error(failure: CallFailure) -> CallError {
    match failure {
        CallFailure::Refused { status, body, .. } => CallError::Refused { status, body },
        other => CallError::Failed(other.to_string()),
    }
}
