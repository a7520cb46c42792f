//! The controller dies and comes back; Java's nodes say what is still wanted.

use crate::bench::{Bench, config, offer, row};
use mesos_core::TaskPhase;
use mesos_wire::TaskState;

fn back_up(bench: Bench, owned: &[&str]) -> Bench {
    let mut bench = bench.crash(owned);
    bench.find_leader();
    bench.subscribe();
    bench
}

#[test]
fn the_task_of_an_owned_node_is_known_again() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    let mut bench = back_up(bench, &["a"]);
    assert_eq!(bench.connects[0].1.framework_id.as_ref().unwrap().value, "f-1");
    bench.answer("a", TaskState::TaskRunning);
    bench.answer("a", TaskState::TaskRunning);
    assert_eq!(bench.told_of("known"), ["known a TASK_RUNNING"]);
    assert_eq!(bench.told_of("state"), [""; 0]);
    assert_eq!(bench.killed(), [""; 0]);
    bench.agent_says("a", TaskState::TaskFinished, 1);
    assert_eq!(bench.told_of("ended"), ["ended a TASK_FINISHED"]);
}

#[test]
fn a_task_without_a_node_is_killed() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    let mut bench = back_up(bench, &[]);
    bench.pass(0);
    assert_eq!(bench.killed(), ["a"]);
    bench.agent_says("a", TaskState::TaskKilled, 1);
    assert_eq!(bench.told_of("ended"), [""; 0]);
}

#[test]
fn a_crash_between_intent_and_accept_loses_nothing() {
    let mut bench = Bench::subscribed();
    bench.submit("a", "small");
    bench.store_works = false;
    bench.offers(vec![offer("o1", "agent-a", 1.0)]);
    // The transaction reaches the disk, its confirmation reaches nobody.
    let row = row("a", TaskPhase::Intent);
    bench.rows.insert("a".to_owned(), row);
    let mut bench = back_up(bench, &["a"]);
    assert_eq!(bench.asked()[0], ["a"]);
    bench.answer("a", TaskState::TaskGone);
    assert_eq!(bench.told_of("ended"), ["ended a TASK_GONE again"]);
}

#[test]
fn a_crash_after_accept_finds_the_task_again() {
    let mut bench = Bench::subscribed();
    bench.submit("a", "small");
    bench.offers(vec![offer("o1", "agent-a", 1.0)]);
    let mut bench = back_up(bench, &["a"]);
    bench.agent_says("a", TaskState::TaskStarting, 1);
    bench.agent_says("a", TaskState::TaskRunning, 2);
    assert_eq!(bench.told_of("known"), ["known a TASK_STARTING"]);
    assert_eq!(bench.told_of("state"), ["state a TASK_RUNNING"]);
    assert_eq!(bench.acknowledged(), [1, 2]);
}

#[test]
fn an_end_that_java_may_not_have_seen_is_told_again() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    bench.answer("a", TaskState::TaskFailed);
    let bench = bench.crash(&["a"]);
    assert_eq!(bench.told_of("ended"), ["ended a TASK_FAILED"]);
}

#[test]
fn an_end_that_java_has_acted_on_is_forgotten() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    bench.answer("a", TaskState::TaskFailed);
    let bench = bench.crash(&[]);
    assert_eq!(bench.told_of("ended"), [""; 0]);
    assert!(bench.rows.is_empty());
}

#[test]
fn a_node_that_waited_at_the_crash_is_lost_at_once_without_a_framework_id() {
    let bench = Bench::new(config(&["a"]), None, Vec::new());
    assert_eq!(bench.told(), ["ended a LOST_BY_RESTART"]);
}

#[test]
fn a_node_that_waited_at_the_crash_is_lost_when_the_master_does_not_know_it() {
    let mut bench = Bench::subscribed();
    bench.submit("a", "small");
    let mut bench = back_up(bench, &["a"]);
    assert_eq!(bench.asked()[0], ["a"]);
    assert_eq!(bench.told_of("ended"), [""; 0]);
    bench.answer("a", TaskState::TaskUnknown);
    assert_eq!(bench.told_of("ended"), ["ended a LOST_BY_RESTART"]);
}

#[test]
fn an_owned_node_whose_row_was_lost_gets_its_task_back() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    bench.rows.clear();
    let mut bench = back_up(bench, &["a"]);
    bench.answer("a", TaskState::TaskRunning);
    assert_eq!(bench.told_of("known"), ["known a TASK_RUNNING"]);
    assert_eq!(bench.rows["a"].agent_id.as_deref(), Some("agent-a"));
    bench.release("a");
    assert_eq!(bench.killed(), ["a"]);
}

#[test]
fn a_given_up_launch_stays_given_up() {
    let mut bench = Bench::subscribed();
    bench.submit("a", "small");
    bench.offers(vec![offer("o1", "agent-a", 1.0)]);
    bench.pass(640);
    assert_eq!(bench.told_of("ended"), ["ended a LAUNCH_TIMEOUT"]);
    let mut bench = back_up(bench, &["a"]);
    assert_eq!(
        bench.told_of("ended"),
        ["ended a LAUNCH_TIMEOUT"],
        "Java still has the node"
    );
    bench.answer("a", TaskState::TaskRunning);
    bench.pass(0);
    assert_eq!(bench.killed(), ["a"]);
    assert_eq!(bench.told_of("known"), [""; 0]);
}

#[test]
fn a_node_deleted_behind_our_back_loses_its_task_at_the_next_reconfiguration() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    let mut bench = back_up(bench, &["a"]);
    bench.answer("a", TaskState::TaskRunning);
    bench.submit("b", "small");
    bench.framework.reconfigure(config(&[]), bench.now);
    bench.drain();
    assert_eq!(bench.killed(), ["a"]);
    assert_eq!(
        bench.framework.status(bench.now).waiting.len(),
        1,
        "b was submitted since"
    );
}
