//! What the master is asked, and when.

use crate::bench::{Bench, config, row};
use mesos_core::{CallError, StreamEnd, TaskPhase};
use mesos_wire::TaskState;

#[test]
fn each_session_begins_with_a_question_for_every_task_and_one_for_all() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    bench.run("b");
    bench.answer("b", TaskState::TaskFinished);
    bench.stream_ends(StreamEnd::Closed);
    bench.forget();
    bench.pass(1);
    bench.subscribe();
    assert_eq!(bench.asked(), [vec!["a"], vec![]]);
    let task = &bench.calls_of(mesos_wire::call::Type::Reconcile)[0]
        .reconcile
        .as_ref()
        .unwrap()
        .tasks[0];
    assert_eq!(task.agent_id.as_ref().unwrap().value, "agent-a");
}

#[test]
fn unanswered_questions_are_repeated_less_and_less() {
    let rows = vec![row("a", TaskPhase::Running), row("b", TaskPhase::Running)];
    let mut bench = Bench::new(crate::bench::config(&["a", "b"]), Some("f-1"), rows);
    bench.find_leader();
    bench.subscribe();
    bench.answer("a", TaskState::TaskRunning);
    bench.forget();
    bench.pass(6);
    assert_eq!(bench.asked(), [["b"]]);
    bench.pass(594);
    let questions = bench.asked().iter().filter(|names| !names.is_empty()).count();
    assert!((10..=20).contains(&questions), "{questions}");
    assert_eq!(bench.told_of("ended"), [""; 0], "silence is not an end");
    bench.answer("b", TaskState::TaskRunning);
    bench.forget();
    bench.pass(250);
    assert!(
        bench.asked().iter().all(Vec::is_empty),
        "for all, but for none by name"
    );
}

#[test]
fn every_quarter_of_an_hour_all_tasks_are_asked_for() {
    let mut bench = Bench::subscribed();
    bench.pass(899);
    assert_eq!(bench.asked().len(), 0);
    bench.pass(2);
    assert_eq!(bench.asked(), [[""; 0]]);
    bench.pass(900);
    assert_eq!(bench.asked().len(), 2);
}

#[test]
fn the_question_for_all_is_asked_again_soon_where_it_did_not_get_through() {
    let mut bench = Bench::new(config(&[]), Some("f-1"), Vec::new());
    bench.find_leader();
    bench.subscribe();
    bench.pass(16 * 60);
    bench.stream_ends(StreamEnd::Closed);
    bench.pass(1);
    bench.forget();
    // The same master: nothing else would ask for what the ledger does not know.
    bench.subscribe();
    let question = bench.id_of(mesos_wire::call::Type::Reconcile);
    bench.forget();
    bench.pass(30);
    assert_eq!(bench.asked().len(), 0);
    bench.fail_call(question, CallError::Failed("connection reset".to_owned()));
    assert_eq!(bench.asked().len(), 0, "the road may be down");
    bench.pass(6);
    assert_eq!(bench.asked(), [[""; 0]]);
}

#[test]
fn a_stream_that_breaks_while_agents_may_come_back_does_not_end_the_questions() {
    let mut bench = Bench::new(config(&[]), Some("f-1"), Vec::new());
    bench.find_leader();
    bench.subscribe();
    bench.pass(100);
    bench.stream_ends(StreamEnd::Closed);
    bench.pass(1);
    bench.forget();
    bench.subscribe();
    bench.pass(100);
    assert_eq!(bench.asked(), [[""; 0]; 4], "at once, and every half minute");
}

#[test]
fn a_task_that_is_unreachable_is_asked_for_by_name_now_and_then() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    let mut patient = config(&[]);
    patient.unreachable_timeout_seconds = "7200".into();
    bench.framework.reconfigure(patient, bench.now);
    bench.drain();
    bench.answer("a", TaskState::TaskUnreachable);
    bench.pass(900);
    assert_eq!(bench.asked()[..2], [vec!["a"], vec![]]);
    bench.answer("a", TaskState::TaskUnknown);
    assert_eq!(
        bench.told_of("ended"),
        ["ended a TASK_UNKNOWN"],
        "its agent was forgotten"
    );
}

#[test]
fn a_launch_that_was_not_sent_is_not_asked_for() {
    let mut bench = Bench::subscribed();
    bench.pass(899);
    bench.submit("a", "small");
    bench.store_works = false;
    bench.offers(vec![crate::bench::offer("o1", "agent-a", 1.0)]);
    bench.pass(2);
    assert_eq!(bench.asked(), [[""; 0]]);
}

#[test]
fn a_quiet_framework_makes_no_calls() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    bench.pass(899);
    assert!(bench.calls.is_empty(), "{:?}", bench.calls);
}

fn leader(id: &str) -> Option<mesos_wire::MasterInfo> {
    Some(mesos_wire::MasterInfo {
        id: id.to_owned(),
        ..mesos_wire::MasterInfo::default()
    })
}

#[test]
fn after_a_restart_what_nobody_knows_is_found_within_a_minute_of_its_return() {
    let mut bench = Bench::new(config(&[]), Some("f-1"), Vec::new());
    bench.find_leader();
    bench.subscribe_at("f-1", leader("m-1"));
    for minute in 0..14 {
        bench.forget();
        bench.pass(60);
        let empty: Vec<&str> = Vec::new();
        assert_eq!(bench.asked(), [empty.clone(), empty], "minute {minute}");
    }
    // Its Mesos agent has come back to the master at last.
    bench.answer("orphan", TaskState::TaskRunning);
    assert_eq!(bench.killed(), ["orphan"]);
    bench.answer("orphan", TaskState::TaskKilled);
    bench.pass(60);
    bench.forget();
    bench.pass(800);
    assert_eq!(bench.asked().len(), 0, "by now all are back");
}

#[test]
fn another_leader_is_asked_often_and_the_same_one_not() {
    let mut bench = Bench::fresh();
    bench.find_leader();
    bench.subscribe_at("f-1", leader("m-1"));
    let mut again = |id: &str| {
        bench.stream_ends(mesos_core::StreamEnd::Closed);
        bench.pass(20);
        bench.forget();
        bench.subscribe_at("f-1", leader(id));
        bench.pass(300);
        bench.asked().len()
    };
    assert_eq!(again("m-1"), 1);
    // Another process behind the same address.
    assert_eq!(again("m-2"), 11);
}
