use std::time::Duration;

use mesos_core::{AttemptId, CallId};
use mesos_wire::{Call, Message, call};
use tokio::sync::mpsc;

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
