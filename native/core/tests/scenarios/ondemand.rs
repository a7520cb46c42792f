//! A framework that is registered on demand comes and goes, and loses nothing by it.

use crate::bench::{Bench, FRAMEWORK, config, offer, row};
use mesos_core::{CallError, Config, StreamEnd, TaskPhase};
use mesos_wire::{TaskState, call};

fn on_demand(owned: &[&str]) -> Config {
    let mut config = config(owned);
    config.on_demand_registration = true;
    config
}

/// It knows the master and rests.
fn resting() -> Bench {
    let mut bench = Bench::new(on_demand(&[]), None, Vec::new());
    bench.find_leader();
    bench
}

/// Subscribed, with nothing to do from now on.
fn done() -> Bench {
    let mut bench = resting();
    bench.submit("a", "small");
    bench.subscribe();
    bench.release("a");
    bench.forget();
    bench
}

fn farewell(bench: &mut Bench, result: Result<(), CallError>) {
    let id = bench.id_of(call::Type::Teardown);
    match result {
        Ok(()) => bench.framework.handle_call_result(id, Ok(()), bench.now),
        Err(error) => return bench.fail_call(id, error),
    }
    bench.drain();
}

fn last_state(bench: &Bench) -> String {
    bench.told_of("connection").pop().unwrap()
}

#[test]
fn without_need_the_master_is_left_alone() {
    let mut bench = resting();
    assert_eq!(last_state(&bench), "connection idle");
    bench.pass(3600);
    assert_eq!(bench.connects.len(), 0);
    bench.find_leader();
    assert_eq!(bench.connects.len(), 0);
}

#[test]
fn the_first_need_subscribes_at_once_and_wants_offers() {
    let mut bench = resting();
    bench.submit("a", "small");
    assert_eq!(bench.connects.len(), 1);
    let subscribe = bench.connects[0].1.subscribe.as_ref().unwrap();
    assert_eq!(subscribe.suppressed_roles, [""; 0]);
    bench.subscribe();
    bench.offers(vec![offer("o1", "agent-a", 4.0)]);
    assert_eq!(bench.launched(), ["a"]);
}

#[test]
fn it_leaves_after_a_minute_without_need_and_forgets_its_id() {
    let mut bench = done();
    bench.pass(59);
    assert_eq!(bench.calls_of(call::Type::Teardown).len(), 0);
    bench.pass(1);
    assert_eq!(bench.calls_of(call::Type::Teardown).len(), 1);
    farewell(&mut bench, Ok(()));
    assert_eq!((bench.framework_id.as_deref(), bench.attempt), (None, None));
    assert_eq!(last_state(&bench), "connection idle");
    bench.forget();
    bench.pass(3600);
    assert_eq!((bench.connects.len(), bench.calls.len()), (0, 0));
    bench.submit("b", "small");
    assert_eq!(bench.connects[0].1.framework_id, None);
    bench.subscribe_as("f-2");
    assert_eq!(bench.told_of("framework"), ["framework f-2 none"]);
}

#[test]
fn it_stays_as_long_as_a_task_may_live() {
    let mut bench = done();
    bench.run("b");
    bench.pass(600);
    bench.answer("b", TaskState::TaskUnreachable);
    bench.pass(600);
    assert_eq!(bench.calls_of(call::Type::Teardown).len(), 0);
    bench.release("b");
    bench.pass(600);
    assert_eq!(
        bench.calls_of(call::Type::Teardown).len(),
        0,
        "it is not gone yet"
    );
    bench.answer("b", TaskState::TaskGone);
    assert_eq!(bench.told_of("ended b").len(), 1);
    bench.pass(60);
    assert_eq!(bench.calls_of(call::Type::Teardown).len(), 1);
}

#[test]
fn it_stays_until_the_end_of_the_last_task_is_durable() {
    let mut bench = done();
    bench.run("b");
    bench.store_works = false;
    bench.answer("b", TaskState::TaskGone);
    bench.pass(600);
    assert_eq!(bench.told_of("ended b").len(), 0);
    assert_eq!(bench.calls_of(call::Type::Teardown).len(), 0);
    bench.store_works = true;
    bench.store_writes();
    assert_eq!(bench.told_of("ended b").len(), 1);
    bench.pass(60);
    assert_eq!(bench.calls_of(call::Type::Teardown).len(), 1);
}

#[test]
fn a_new_need_within_the_minute_keeps_it() {
    let mut bench = done();
    bench.pass(50);
    bench.submit("b", "small");
    bench.pass(50);
    bench.release("b");
    bench.pass(59);
    assert_eq!(bench.calls_of(call::Type::Teardown).len(), 0);
}

#[test]
fn what_is_asked_for_during_the_farewell_waits_for_the_next_framework() {
    let mut bench = done();
    bench.pass(60);
    bench.submit("b", "small");
    let calls = bench.calls.len();
    assert_eq!(
        bench.calls_of(call::Type::Revive).len(),
        0,
        "no word on a stream that ends"
    );
    farewell(&mut bench, Ok(()));
    assert_eq!((bench.calls.len(), bench.connects.len()), (calls, 1));
    assert_eq!(bench.connects[0].1.framework_id, None);
    bench.subscribe_as("f-2");
    bench.offers(vec![offer("o1", "agent-a", 4.0)]);
    assert_eq!(bench.launched(), ["b"]);
}

#[test]
fn a_farewell_whose_fate_is_unknown_is_found_out_by_subscribing() {
    let lost = || CallError::Failed("connection reset".to_owned());
    let mut bench = done();
    bench.pass(60);
    farewell(&mut bench, Err(lost()));
    assert_eq!(bench.framework_id.as_deref(), Some(FRAMEWORK));
    bench.forget();
    bench.pass(20);
    assert_eq!(
        bench.connects[0]
            .1
            .framework_id
            .as_ref()
            .map(|id| id.value.as_str()),
        Some(FRAMEWORK)
    );
    // It had arrived.
    bench.error("Framework has been removed");
    bench.pass(20);
    assert_eq!((bench.framework_id.as_deref(), bench.connects.len()), (None, 1));
    assert_eq!(last_state(&bench), "connection idle");

    let mut bench = done();
    bench.pass(60);
    farewell(&mut bench, Err(lost()));
    bench.forget();
    bench.pass(20);
    // It had not.
    bench.subscribe();
    bench.pass(60);
    farewell(&mut bench, Ok(()));
    assert_eq!(last_state(&bench), "connection idle");
}

#[test]
fn a_stream_that_ends_during_the_farewell_is_opened_again() {
    let mut bench = done();
    bench.pass(60);
    bench.forget();
    bench.stream_ends(StreamEnd::Closed);
    bench.pass(20);
    assert!(bench.connects[0].1.framework_id.is_some());
    assert_eq!(bench.framework_id.as_deref(), Some(FRAMEWORK));
}

#[test]
fn a_master_that_does_not_answer_the_farewell_is_not_waited_for() {
    let mut bench = done();
    bench.pass(60);
    bench.forget();
    bench.pass(60);
    assert_eq!(bench.connects.len(), 1);
}

#[test]
fn after_a_restart_the_master_is_asked_what_it_knows_before_it_is_left() {
    let mut bench = Bench::new(on_demand(&[]), Some(FRAMEWORK), Vec::new());
    bench.find_leader();
    assert_eq!(bench.connects.len(), 1);
    bench.subscribe();
    assert_eq!(bench.asked().len(), 1, "for all it knows");
    bench.answer("stranger", TaskState::TaskRunning);
    bench.pass(120);
    assert!(bench.killed().contains(&"stranger"));
    assert_eq!(bench.calls_of(call::Type::Teardown).len(), 0);
    bench.answer("stranger", TaskState::TaskKilled);
    bench.pass(60);
    assert_eq!(bench.calls_of(call::Type::Teardown).len(), 1);
}

#[test]
fn an_owned_task_is_kept_over_a_restart() {
    let rows = vec![row("a", TaskPhase::Running)];
    let mut bench = Bench::new(on_demand(&["a"]), Some(FRAMEWORK), rows);
    bench.find_leader();
    bench.subscribe();
    bench.answer("a", TaskState::TaskRunning);
    bench.pass(3600);
    assert_eq!(bench.calls_of(call::Type::Teardown).len(), 0);
    assert_eq!(bench.told_of("known"), ["known a TASK_RUNNING"]);
}

#[test]
fn the_setting_counts_from_the_moment_it_is_saved() {
    let mut bench = resting();
    bench.framework.reconfigure(config(&[]), bench.now);
    bench.drain();
    assert_eq!(bench.connects.len(), 1);
    bench.subscribe();
    bench.pass(600);
    assert_eq!(bench.calls_of(call::Type::Teardown).len(), 0);
    bench.framework.reconfigure(on_demand(&[]), bench.now);
    bench.drain();
    bench.pass(60);
    assert_eq!(bench.calls_of(call::Type::Teardown).len(), 1);
}

#[test]
fn a_cloud_that_is_deleted_during_the_farewell_is_torn_down_once() {
    let mut bench = done();
    bench.pass(60);
    bench.framework.teardown(bench.now);
    bench.drain();
    farewell(&mut bench, Ok(()));
    assert_eq!(bench.calls_of(call::Type::Teardown).len(), 1);
    assert!(bench.framework.is_torn_down());
}
