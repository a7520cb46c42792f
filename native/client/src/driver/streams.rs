//! The event streams of the attempts, and the queue of calls that goes with each.

use mesos_core::master::{MasterAddress, Scheme};
use mesos_core::{AttemptId, CallError, CallId, StreamEnd};
use mesos_local::Cluster;
use mesos_wire::{Call, Event, Message};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::auth::Authorization;
use crate::barrier;
use crate::calls::{CallFailure, CallOutcome, CallTarget, Calls};
use crate::connect::Connector;
use crate::stream::{self, StreamError};

/// Events that wait for the driver; beyond that the master's sending is held up.
const AHEAD: usize = 64;

/// A master that closes the stream may be about to answer a call, as it does after TEARDOWN: for so long its answer is
/// heard before the end of the stream.
const LAST_WORDS: Duration = Duration::from_secs(1);

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
    /// What takes the place of a master, where there is none.
    local: Option<Cluster>,
    open: BTreeMap<AttemptId, Stream>,
    news: mpsc::Sender<(AttemptId, StreamNews)>,
    outcomes: mpsc::UnboundedSender<CallOutcome>,
    held: Option<Held>,
}

struct Stream {
    address: MasterAddress,
    authorization: Option<Authorization>,
    calls: Option<Calls>,
    unanswered: usize,
    task: AbortHandle,
}

/// The end of a stream that is kept back.
struct Held {
    attempt: AttemptId,
    end: StreamEnd,
    until: Instant,
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
            local: None,
            open: BTreeMap::new(),
            news,
            outcomes,
            held: None,
        };
        (
            streams,
            StreamInbox {
                news: news_inbox,
                outcomes: outcome_inbox,
            },
        )
    }

    /// New streams are opened by this.
    pub(super) fn connect_by(&mut self, connector: Connector) {
        self.connector = connector;
    }

    /// From now on this cluster takes the place of a master, or nothing does. A cluster before it ends.
    pub(super) fn serve_by(&mut self, local: Option<Cluster>) {
        self.local = local;
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
        if address.scheme == Scheme::Local {
            let stream = Stream {
                address,
                authorization,
                calls: None,
                unanswered: 0,
                task: self.connect_local(attempt, subscribe.clone()),
            };
            self.open.insert(attempt, stream);
            return;
        }
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
            unanswered: 0,
            task: task.abort_handle(),
        };
        self.open.insert(attempt, stream);
    }

    fn connect_local(&self, attempt: AttemptId, subscribe: Call) -> AbortHandle {
        let news = self.news.clone();
        let cluster = self.local.as_ref().map(Cluster::handle);
        let task = tokio::spawn(async move {
            let subscribed = match &cluster {
                Some(cluster) => cluster.subscribe(subscribe).await,
                None => Err("there is no embedded cluster".to_owned()),
            };
            let end = match subscribed {
                Err(message) => StreamEnd::Failed(message),
                Ok(mut events) => {
                    let mut next = StreamNews::Opened {
                        stream_id: String::new(),
                    };
                    loop {
                        // Fails only if the driver has gone.
                        if news.send((attempt, next)).await.is_err() {
                            return;
                        }
                        match events.recv().await {
                            Some(event) => next = StreamNews::Event(Box::new(event)),
                            None => break StreamEnd::Closed,
                        }
                    }
                }
            };
            if news.send((attempt, StreamNews::Ended(end))).await.is_err() {
                tracing::debug!("nobody waits for the end of the embedded cluster's events");
            }
        });
        task.abort_handle()
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
            if stream.address.scheme == Scheme::Local {
                let cluster = self.local.as_ref().map(Cluster::handle);
                stream.calls =
                    cluster.map(|cluster| Calls::to_local(cluster, attempt, self.outcomes.clone()));
                return;
            }
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
    pub(super) fn call(&mut self, attempt: AttemptId, id: CallId, call: Box<Call>) -> bool {
        let Some(stream) = self.open.get_mut(&attempt) else {
            return false;
        };
        let sent = stream.calls.as_ref().is_some_and(|calls| calls.send(id, call));
        stream.unanswered += usize::from(sent);
        sent
    }

    /// A call of the attempt has its answer, or will not get one; gives how many are left.
    pub(super) fn answered(&mut self, attempt: AttemptId) -> usize {
        let Some(stream) = self.open.get_mut(&attempt) else {
            return 0;
        };
        stream.unanswered = stream.unanswered.saturating_sub(1);
        stream.unanswered
    }

    /// The stream has ended; see [`due_end`](Self::due_end).
    pub(super) fn ended(&mut self, attempt: AttemptId, end: StreamEnd) {
        self.held = Some(Held {
            attempt,
            end,
            until: Instant::now() + LAST_WORDS,
        });
    }

    /// Forgets the end of a stream that nobody needs to hear of.
    pub(super) fn forget_end(&mut self) {
        self.held = None;
    }

    /// When an end has to be told at the latest.
    pub(super) fn held_until(&self) -> Option<Instant> {
        self.held.as_ref().map(|held| held.until)
    }

    /// The end of a stream, once its calls are answered or that takes too long; the stream is dropped with that.
    pub(super) fn due_end(&mut self) -> Option<(AttemptId, StreamEnd)> {
        let held = self.held.take_if(|held| {
            let unanswered = self.open.get(&held.attempt).map_or(0, |stream| stream.unanswered);
            unanswered == 0 || Instant::now() >= held.until
        })?;
        // Without a stream the core has given it up meanwhile.
        self.open.remove(&held.attempt)?;
        Some((held.attempt, held.end))
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
