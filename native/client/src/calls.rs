//! Calls to the master: in order, over one connection that is kept alive, apart from the event stream.
//!
//! A call does not wait for the answer to the one before. Those that gather meanwhile go out together, which takes one turn
//! of the threads instead of one for each; and one that the master is slow to answer holds up none behind it.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{BufMut, BytesMut};
use mesos_core::master::MasterAddress;
use mesos_core::{AttemptId, CallId};
use mesos_local::Cluster;
use mesos_wire::{Call, Message, call};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

use crate::auth::Authorization;
use crate::connect::{ConnectError, Connector};
use crate::http;
use crate::pipe::{Answer, Pipe, PipeError};

/// Calls that may be on their way at a time.
const MOST: usize = 64;

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
            let head = http::call_head(&target.address, target.authorization.as_ref(), &target.stream_id);
            let road = Road {
                target,
                head: head.map_err(|error| error.to_string()),
                inbox,
                outcomes,
                queue: VecDeque::new(),
                line: None,
            };
            road.serve().await;
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

/// A call that has no answer.
struct Open {
    id: CallId,
    call: Box<Call>,
    /// A connection broke under it.
    again: bool,
}

/// The way of the calls to the master.
struct Road {
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
    async fn serve(mut self) {
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
            assert!(self.calls.send(CallId(self.next), Box::new(call(kind))));
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

    /// Nothing yet: the answer comes with a later step.
    fn later() -> Step {
        Step::Answer(Vec::new())
    }

    #[tokio::test]
    async fn calls_do_not_wait_for_the_answers_to_those_before() {
        let answers = Step::Answer([accepted(), accepted(), accepted()].concat());
        let mut master = FakeMaster::start([Step::Answer(accepted()), later(), later(), answers]).await;
        let mut caller = Caller::of(&master);
        caller.queue(call::Type::Revive);
        assert!(caller.outcome().await.1.is_ok());
        for _ in 0..3 {
            caller.queue(call::Type::Accept);
        }
        for id in 1..4 {
            let (told, result) = caller.outcome().await;
            assert!(told == id && result.is_ok(), "{told} {result:?}");
        }
        for _ in 0..4 {
            assert_eq!(master.received().await.connection, 0);
        }
    }

    #[tokio::test]
    async fn many_calls_keep_their_order() {
        let mut master = FakeMaster::answering(|_| Step::Answer(accepted())).await;
        let mut caller = Caller::of(&master);
        for number in 0..300 {
            caller.queue(match number % 2 {
                0 => call::Type::Accept,
                _ => call::Type::Decline,
            });
        }
        for id in 0..300 {
            let (told, result) = caller.outcome().await;
            assert!(told == id && result.is_ok(), "{told} {result:?}");
            let request = master.received().await;
            let kind = Call::decode(request.body.as_slice()).unwrap().r#type();
            assert_eq!((request.connection, kind == call::Type::Accept), (0, id % 2 == 0));
        }
    }

    #[tokio::test]
    async fn of_calls_on_a_connection_that_breaks_an_accept_alone_is_not_sent_again() {
        let script = [Step::Answer(accepted()), later(), later(), Step::Close];
        let again = [Step::Answer(accepted()), Step::Answer(accepted())];
        let mut master = FakeMaster::start(script.into_iter().chain(again)).await;
        let mut caller = Caller::of(&master);
        caller.queue(call::Type::Revive);
        assert!(caller.outcome().await.1.is_ok());
        for kind in [call::Type::Acknowledge, call::Type::Accept, call::Type::Kill] {
            caller.queue(kind);
        }
        assert!(matches!(
            caller.outcome().await,
            (2, Err(CallFailure::Broken { .. }))
        ));
        assert!(matches!(caller.outcome().await, (1, Ok(()))));
        assert!(matches!(caller.outcome().await, (3, Ok(()))));
        let mut seen = Vec::new();
        while seen.len() < 6 {
            let request = master.received().await;
            let kind = Call::decode(request.body.as_slice()).unwrap().r#type();
            seen.push((request.connection, kind));
        }
        assert_eq!(seen[4..], [(1, call::Type::Acknowledge), (1, call::Type::Kill)]);
        assert!(master.is_quiet());
    }

    #[tokio::test]
    async fn calls_behind_the_last_answer_of_a_connection_go_over_a_new_one() {
        let last = response("202 Accepted", "Connection: close\r\n", "");
        let script = [Step::Answer(accepted()), later(), Step::AnswerAndClose(last)];
        let master = FakeMaster::start(script.into_iter().chain([Step::Answer(accepted())])).await;
        let mut caller = Caller::of(&master);
        for _ in 0..3 {
            caller.queue(call::Type::Kill);
        }
        for id in 0..3 {
            let (told, result) = caller.outcome().await;
            assert!(told == id && result.is_ok(), "{told} {result:?}");
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
