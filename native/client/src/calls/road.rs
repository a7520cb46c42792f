//! The way of the calls of one event stream: connecting, asking, and what becomes of a call whose connection breaks.

use std::collections::VecDeque;

use bytes::{BufMut, BytesMut};
use mesos_core::CallId;
use mesos_wire::{Call, Message, call};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::{CallFailure, CallOutcome, CallTarget};
use crate::http;
use crate::pipe::{Answer, Pipe, PipeError};

/// Calls that may be on their way at a time.
const MOST: usize = 64;

/// A call that has no answer.
struct Open {
    id: CallId,
    call: Box<Call>,
    /// A connection broke under it.
    again: bool,
}

/// The way of the calls to the master.
pub(super) struct Road {
    target: CallTarget,
    /// Of each request, or why there can be none.
    head: Result<Vec<u8>, String>,
    inbox: mpsc::UnboundedReceiver<(CallId, Box<Call>)>,
    outcomes: mpsc::UnboundedSender<CallOutcome>,
    /// Calls to be sent.
    queue: VecDeque<Open>,
    line: Option<Line>,
}

/// A connection, and the calls on it.
struct Line {
    pipe: Pipe,
    /// The oldest first.
    asked: VecDeque<Asked>,
    /// It has answered a call. Before that only one is on its way: who is at the other end is not known yet.
    kept: bool,
}

struct Asked {
    open: Open,
    /// The last byte of its request.
    end: u64,
    since: Instant,
}

/// What happened on the road.
enum Turn {
    Call(Option<(CallId, Box<Call>)>),
    Answer(Result<Answer, PipeError>),
    Late,
}

impl Road {
    pub(super) fn new(
        target: CallTarget,
        inbox: mpsc::UnboundedReceiver<(CallId, Box<Call>)>,
        outcomes: mpsc::UnboundedSender<CallOutcome>,
    ) -> Self {
        let head = http::call_head(&target.address, target.authorization.as_ref(), &target.stream_id);
        Self {
            target,
            head: head.map_err(|error| error.to_string()),
            inbox,
            outcomes,
            queue: VecDeque::new(),
            line: None,
        }
    }

    /// Until nobody can send calls any more.
    pub(super) async fn serve(mut self) {
        loop {
            while let Ok((id, call)) = self.inbox.try_recv() {
                self.queue.push_back(Open {
                    id,
                    call,
                    again: false,
                });
            }
            self.connect().await;
            self.ask();
            let within = self.target.connector.timeouts.answer;
            let turn = match &mut self.line {
                None => Turn::Call(self.inbox.recv().await),
                Some(line) => {
                    let oldest = line.asked.front().map(|asked| asked.since + within);
                    tokio::select! {
                        answer = line.pipe.next() => Turn::Answer(answer),
                        call = self.inbox.recv() => Turn::Call(call),
                        () = sleep_until(oldest.unwrap_or_else(Instant::now)), if oldest.is_some() => Turn::Late,
                    }
                }
            };
            match turn {
                Turn::Call(None) => return,
                Turn::Call(Some((id, call))) => self.queue.push_back(Open {
                    id,
                    call,
                    again: false,
                }),
                Turn::Answer(Ok(answer)) => self.answered(answer),
                Turn::Answer(Err(error)) => self.broken(&error.to_string()),
                Turn::Late => self.late(),
            }
        }
    }

    /// Sees to it that there is a connection if there are calls.
    async fn connect(&mut self) {
        while self.line.is_none()
            && let Some(first) = self.queue.front()
        {
            let id = first.id;
            let failure = match &self.head {
                Err(problem) => CallFailure::Unwritable {
                    address: self.target.address.authority(),
                    problem: problem.clone(),
                },
                Ok(_) => match self.target.connector.reach(&self.target.address).await {
                    Ok(stream) => {
                        self.line = Some(Line {
                            pipe: Pipe::new(stream),
                            asked: VecDeque::new(),
                            kept: false,
                        });
                        return;
                    }
                    Err(error) => error.into(),
                },
            };
            self.queue.pop_front();
            self.tell(id, Err(failure));
        }
    }

    /// Puts calls on the connection, as many as it takes.
    fn ask(&mut self) {
        let (Some(line), Ok(head)) = (&mut self.line, &self.head) else {
            return;
        };
        let most = if line.kept { MOST } else { 1 };
        while line.asked.len() < most
            && let Some(open) = self.queue.pop_front()
        {
            let end = line.pipe.ask(|output| write(output, head, &open.call));
            line.asked.push_back(Asked {
                open,
                end,
                since: Instant::now(),
            });
        }
    }

    fn answered(&mut self, answer: Answer) {
        let asked = self.line.as_mut().and_then(|line| {
            line.kept = true;
            line.asked.pop_front()
        });
        let Some(asked) = asked else {
            return self.broken("the master answers what was not asked");
        };
        let last = answer.last;
        let address = self.target.address.authority();
        let result = match (answer.status, answer.location) {
            (200 | 202, _) => Ok(()),
            (status, Some(leader)) => Err(CallFailure::Refused {
                address,
                status,
                body: format!("not the leading master, {leader} is"),
            }),
            (status, None) => Err(CallFailure::Refused {
                address,
                status,
                body: answer.body,
            }),
        };
        self.tell(asked.open.id, result);
        if last {
            self.broken("the master ends it after an answer");
        }
    }

    /// The oldest call has waited for too long.
    fn late(&mut self) {
        if let Some(answer) = self.line.as_mut().and_then(|line| line.pipe.unfinished()) {
            return self.answered(answer);
        }
        if let Some(asked) = self.line.as_mut().and_then(|line| line.asked.pop_front()) {
            let failure = CallFailure::Timeout {
                address: self.target.address.authority(),
                within: self.target.connector.timeouts.answer,
            };
            self.tell(asked.open.id, Err(failure));
        }
        self.broken("it did not answer a call before this one");
    }

    /// The connection cannot be used any more. A connection that was kept may have been closed by the master meanwhile, and
    /// what came behind a slow call was not to blame: such a call gets one more chance on a new one.
    fn broken(&mut self, problem: &str) {
        let Some(line) = self.line.take() else { return };
        let address = self.target.address.authority();
        if !line.asked.is_empty() {
            tracing::debug!("connection to {address} is re-opened for calls: {problem}");
        }
        let mut again = VecDeque::new();
        for Asked { open, end, .. } in line.asked {
            let unsent = !line.pipe.has_written(end);
            if line.kept && !open.again && (unsent || harmless_twice(&open.call)) {
                again.push_back(Open { again: true, ..open });
            } else {
                let failure = CallFailure::Broken {
                    address: address.clone(),
                    problem: problem.to_owned(),
                };
                self.tell(open.id, Err(failure));
            }
        }
        again.append(&mut self.queue);
        self.queue = again;
    }

    fn tell(&self, id: CallId, result: Result<(), CallFailure>) {
        let attempt = self.target.attempt;
        if self.outcomes.send(CallOutcome { attempt, id, result }).is_err() {
            tracing::debug!("nobody waits for the outcomes of calls any more");
        }
    }
}

/// A whole request.
fn write(output: &mut BytesMut, head: &[u8], call: &Call) {
    let length = call.encoded_len();
    let line = format!("content-length: {length}\r\n\r\n");
    output.reserve(head.len() + line.len() + length);
    output.put_slice(head);
    output.put_slice(line.as_bytes());
    call.encode_raw(output);
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
