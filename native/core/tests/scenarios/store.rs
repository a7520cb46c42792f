//! The store is slow, fails, and recovers.

use crate::bench::{Bench, offer};
use mesos_wire::{TaskState, call};

#[test]
fn nothing_is_accepted_or_acknowledged_before_the_store_says_so() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    bench.submit("b", "small");
    bench.forget();
    bench.store_works = false;
    bench.agent_says("a", TaskState::TaskFinished, 1);
    bench.offers(vec![offer("o1", "agent-a", 1.0)]);
    assert_eq!(
        (
            bench.acknowledged().len(),
            bench.launched().len(),
            bench.told().len()
        ),
        (0, 0, 0)
    );
    bench.store_works = true;
    bench.store_writes();
    assert_eq!(bench.acknowledged(), [1]);
    assert_eq!(bench.launched(), ["b"]);
    assert_eq!(
        bench.told(),
        ["ended a TASK_FINISHED", "accepted b agent-a.example 1"]
    );
}

#[test]
fn a_store_that_fails_launches_nothing_and_is_tried_again() {
    let mut bench = Bench::subscribed();
    bench.submit("a", "small");
    bench.store_works = false;
    bench.offers(vec![offer("o1", "agent-a", 1.0)]);
    bench.fail_writes();
    assert_eq!(bench.told_of("trouble"), ["trouble ledger"]);
    assert_eq!(bench.declined(), [("o1".to_owned(), 5.0)]);
    bench.offers(vec![offer("o2", "agent-a", 1.0)]);
    assert_eq!(bench.launched(), [""; 0]);
    assert!(
        bench.framework.status(bench.now).waiting[0]
            .reason
            .contains("ledger")
    );
    bench.store_works = true;
    bench.pass(6);
    bench.offers(vec![offer("o3", "agent-a", 1.0)]);
    assert_eq!(bench.launched(), ["a"]);
}

#[test]
fn an_effect_that_was_not_stored_is_stored_later_and_then_acknowledged() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    bench.store_works = false;
    bench.agent_says("a", TaskState::TaskFailed, 1);
    bench.fail_writes();
    assert_eq!(bench.acknowledged(), [0; 0]);
    assert_eq!(bench.told_of("ended"), [""; 0]);
    bench.store_works = true;
    bench.pass(2);
    assert_eq!(bench.acknowledged(), [1]);
    assert_eq!(bench.told_of("ended"), ["ended a TASK_FAILED"]);
}

#[test]
fn a_hanging_store_does_not_hold_offers_for_ever() {
    let mut bench = Bench::subscribed();
    bench.submit("a", "small");
    bench.store_works = false;
    bench.offers(vec![offer("o1", "agent-a", 1.0)]);
    bench.pass(6);
    assert_eq!(bench.declined(), [("o1".to_owned(), 5.0)]);
    assert_eq!(bench.told_of("trouble"), ["trouble ledger"]);
    bench.store_works = true;
    bench.store_writes();
    assert_eq!(bench.launched(), [""; 0], "the offer is gone");
    assert!(bench.rows.is_empty());
    bench.offers(vec![offer("o2", "agent-a", 1.0)]);
    assert_eq!(bench.launched(), ["a"]);
}

#[test]
fn a_lost_stream_drops_the_offers_held_for_the_store() {
    let mut bench = Bench::subscribed();
    bench.submit("a", "small");
    bench.store_works = false;
    bench.offers(vec![offer("o1", "agent-a", 1.0)]);
    bench.stream_ends(mesos_core::StreamEnd::Closed);
    bench.store_works = true;
    bench.store_writes();
    bench.pass(1);
    bench.subscribe();
    assert_eq!(bench.launched(), [""; 0]);
    assert_eq!(
        bench.calls_of(call::Type::Revive).len(),
        2,
        "one before, one for the new stream"
    );
    assert_eq!(bench.asked(), [[""; 0]], "it is no task yet");
    bench.offers(vec![offer("o2", "agent-a", 1.0)]);
    assert_eq!(bench.launched(), ["a"]);
}

#[test]
fn a_release_that_crosses_the_end_forgets_nothing_that_is_not_durable() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    bench.store_works = false;
    bench.agent_says("a", TaskState::TaskFinished, 1);
    bench.release("a");
    bench.agent_says("a", TaskState::TaskFinished, 1);
    assert_eq!(bench.acknowledged(), [0; 0]);
    bench.store_works = true;
    bench.store_writes();
    assert_eq!(bench.acknowledged(), [1, 1]);
    assert_eq!(bench.told_of("ended"), ["ended a TASK_FINISHED"]);
    bench.release("a");
    assert!(bench.rows.is_empty(), "now Java has acted on it");
}

#[test]
fn an_end_is_not_acknowledged_while_the_deletion_of_its_row_is_on_its_way() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    bench.agent_says("a", TaskState::TaskFinished, 1);
    bench.store_works = false;
    bench.release("a");
    bench.agent_says("a", TaskState::TaskFinished, 1);
    assert_eq!(bench.acknowledged(), [1]);
    bench.store_works = true;
    bench.store_writes();
    assert_eq!(bench.acknowledged(), [1, 1]);
    assert!(bench.rows.is_empty());
}
