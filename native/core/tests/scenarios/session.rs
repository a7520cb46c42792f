//! The connection to the master comes, goes and comes back.

use crate::bench::{Bench, FRAMEWORK, config, master, offer};
use mesos_core::{CallError, Leader, Number, StreamEnd};
use mesos_wire::framework_info::capability::Type;
use mesos_wire::{TaskState, call};

fn refused(status: u16, body: &str) -> StreamEnd {
    StreamEnd::Refused {
        status,
        body: body.to_owned(),
    }
}

#[test]
fn the_first_subscription_gets_an_id_and_the_next_one_brings_it_along() {
    let mut bench = Bench::fresh();
    bench.find_leader();
    let first = bench.connects[0].1.clone();
    assert_eq!(first.framework_id, None);
    bench.subscribe();
    assert_eq!(bench.framework_id.as_deref(), Some(FRAMEWORK));
    assert_eq!(bench.told_of("framework"), ["framework f-1 none"]);
    bench.stream_ends(StreamEnd::Closed);
    bench.pass(1);
    let again = &bench.connects[1].1;
    assert_eq!(again.framework_id.as_ref().unwrap().value, FRAMEWORK);
    let info = &again.subscribe.as_ref().unwrap().framework_info;
    assert_eq!(info.id, again.framework_id);
    assert_eq!(
        (info.failover_timeout, info.checkpoint),
        (Some(604_800.0), Some(true))
    );
    assert_eq!(
        (info.roles.as_slice(), info.user.as_str()),
        (["ci".to_owned()].as_slice(), "jenkins")
    );
    let capabilities: Vec<Type> = info.capabilities.iter().map(|c| c.r#type()).collect();
    assert_eq!(
        capabilities,
        [
            Type::MultiRole,
            Type::PartitionAware,
            Type::ReservationRefinement,
            Type::TaskKillingState
        ]
    );
}

#[test]
fn five_missed_heartbeats_end_the_session() {
    let mut bench = Bench::subscribed();
    bench.pass(600);
    assert!(bench.connects.is_empty(), "heartbeats keep it");
    bench.silence(74);
    assert!(bench.attempt.is_some());
    bench.silence(3);
    assert_eq!(bench.connects.len(), 1);
    assert_eq!(
        bench.told_of("connection"),
        ["connection disconnected the master has fallen silent: no heartbeat came"]
    );
}

#[test]
fn an_unanswered_subscription_is_given_up_after_half_a_minute() {
    let mut bench = Bench::fresh();
    bench.find_leader();
    bench.silence(29);
    assert_eq!(bench.connects.len(), 1);
    bench.silence(3);
    assert_eq!(bench.connects.len(), 2);
}

#[test]
fn retries_slow_down_to_fifteen_seconds_and_are_quick_again_after_a_healthy_session() {
    let mut bench = Bench::fresh();
    bench.find_leader();
    let mut tries = 0;
    for _ in 0..600 {
        if bench.attempt.is_some() {
            tries += 1;
            bench.stream_ends(StreamEnd::Failed("connection refused".to_owned()));
        }
        bench.silence(1);
    }
    assert!((40..=90).contains(&tries), "{tries}");
    while bench.attempt.is_none() {
        bench.silence(1);
    }
    bench.subscribe();
    bench.pass(31);
    bench.stream_ends(StreamEnd::Closed);
    bench.silence(1);
    assert!(bench.attempt.is_some(), "the first retry is quick");
}

#[test]
fn a_redirect_is_followed_at_once_but_not_round_in_circles() {
    let mut bench = Bench::fresh();
    bench.find_leader();
    bench.stream_ends(StreamEnd::Redirected(master("m2")));
    assert_eq!(bench.connects[1].0, master("m2"));
    for _ in 0..4 {
        bench.stream_ends(StreamEnd::Redirected(master("m1")));
    }
    assert_eq!(bench.connects.len(), 6);
    bench.stream_ends(StreamEnd::Redirected(master("m1")));
    assert_eq!(bench.attempt, None);
    assert!(
        bench
            .told()
            .last()
            .unwrap()
            .starts_with("connection disconnected the masters redirect to each other")
    );
    bench.silence(1);
    assert_eq!(bench.connects.len(), 7);
}

#[test]
fn a_refused_principal_is_told_and_tried_again_only_slowly_or_when_it_changes() {
    let mut bench = Bench::fresh();
    bench.find_leader();
    bench.stream_ends(refused(401, ""));
    let told = bench.told().last().unwrap().clone();
    assert!(
        told.starts_with("connection rejected the master does not accept the principal"),
        "{told}"
    );
    bench.silence(25);
    assert_eq!(bench.connects.len(), 1);
    let mut changed = config(&[]);
    changed.principal = Some("jenkins".to_owned());
    bench.framework.reconfigure(changed, bench.now);
    bench.drain();
    assert_eq!(bench.connects.len(), 2);
    let info = &bench.connects[1].1.subscribe.as_ref().unwrap().framework_info;
    assert_eq!(info.principal.as_deref(), Some("jenkins"));
    bench.stream_ends(refused(
        403,
        "Framework 'f' is not authorized to receive offers for roles 'ci'",
    ));
    bench.silence(61);
    assert_eq!(bench.connects.len(), 3);
    bench.subscribe();
    assert_eq!(
        bench.told_of("connection").last().unwrap(),
        "connection subscribed"
    );
}

#[test]
fn a_master_that_is_not_ready_is_asked_again_soon() {
    let mut bench = Bench::fresh();
    bench.find_leader();
    bench.stream_ends(refused(503, "Master has not finished recovery"));
    assert!(
        bench
            .told()
            .last()
            .unwrap()
            .starts_with("connection disconnected the master is not ready")
    );
    bench.silence(1);
    assert_eq!(bench.connects.len(), 2);
}

#[test]
fn another_leader_is_followed() {
    let mut bench = Bench::subscribed();
    bench
        .framework
        .handle_leader(Leader::Found(master("m2")), bench.now);
    bench.drain();
    assert_eq!(bench.attempt, None);
    bench.pass(1);
    assert_eq!(bench.connects[0].0, master("m2"));
    assert_eq!(
        bench.connects[0].1.framework_id.as_ref().unwrap().value,
        FRAMEWORK
    );
}

#[test]
fn losing_zookeeper_does_not_end_a_session_that_works() {
    let mut bench = Bench::subscribed();
    bench
        .framework
        .handle_leader(Leader::Unreachable("ZooKeeper is down".to_owned()), bench.now);
    bench.drain();
    assert!(bench.attempt.is_some());
    assert_eq!(bench.told(), [""; 0]);
    bench.stream_ends(StreamEnd::Closed);
    bench.silence(60);
    assert!(bench.connects.is_empty(), "nobody to connect to");
    assert_eq!(
        bench.told_of("connection"),
        [
            "connection disconnected the master closed the connection",
            "connection searching zookeeper is down"
        ],
        "what keeps it from going on, told by the detector long before"
    );
    bench.find_leader();
    bench.silence(1);
    assert_eq!(bench.connects.len(), 1);
}

#[test]
fn while_nobody_leads_those_who_wait_are_told_so() {
    let mut bench = Bench::fresh();
    bench.submit("a", "small");
    assert_eq!(
        bench.told_of("waiting"),
        ["waiting a not connected to a Mesos master yet"]
    );
    bench.framework.handle_leader(
        Leader::Unreachable("ZooKeeper at h:2181 is down".to_owned()),
        bench.now,
    );
    bench.pass(6);
    assert_eq!(
        bench.told_of("waiting").last().unwrap(),
        "waiting a not connected to a Mesos master: ZooKeeper at h:2181 is down"
    );
    assert_eq!(
        bench.told_of("connection"),
        ["connection searching zookeeper at h:2181 is down"]
    );
}

#[test]
fn a_stale_stream_is_opened_anew() {
    let mut bench = Bench::subscribed();
    bench.offers(vec![offer("o1", "agent-a", 1.0)]);
    let id = bench.id_of(call::Type::Decline);
    bench.fail_call(
        id,
        CallError::Refused {
            status: 403,
            body: "stream id".to_owned(),
        },
    );
    assert_eq!(bench.attempt, None);
    bench.silence(1);
    assert_eq!(bench.connects.len(), 1);
}

#[test]
fn a_framework_that_was_removed_starts_afresh_once() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    bench.submit("b", "huge");
    bench.stream_ends(StreamEnd::Closed);
    bench.pass(1);
    bench.error("Framework has been removed");
    assert_eq!(bench.framework_id, None);
    assert_eq!(bench.told_of("ended"), ["ended a TASK_LOST"]);
    bench.forget();
    bench.pass(1);
    assert_eq!(bench.connects[0].1.framework_id, None);
    bench.subscribe_as("f-2");
    assert_eq!(bench.told_of("framework"), ["framework f-2 f-1"]);
    assert_eq!(bench.framework_id.as_deref(), Some("f-2"));
    assert_eq!(
        bench.framework.status(bench.now).waiting.len(),
        1,
        "b still waits"
    );
    bench.pass(700);
    assert!(bench.rows.is_empty(), "rows of ended tasks go in the end");
}

#[test]
fn a_removal_without_a_framework_is_no_reason_for_a_storm() {
    let mut bench = Bench::fresh();
    bench.find_leader();
    bench.error("Framework has been removed");
    bench.silence(25);
    assert_eq!(bench.connects.len(), 1);
    assert!(bench.told().last().unwrap().starts_with("connection rejected"));
}

const OTHER_PRINCIPAL: &str = "Changing framework's principal is not allowed.";

#[test]
fn another_principal_gets_another_framework_where_nothing_runs() {
    let mut bench = Bench::subscribed();
    bench.error(OTHER_PRINCIPAL);
    assert_eq!(bench.framework_id, None);
    bench.forget();
    bench.pass(1);
    assert_eq!(bench.connects[0].1.framework_id, None);
    bench.subscribe_as("f-2");
    assert_eq!(bench.framework_id.as_deref(), Some("f-2"));
}

#[test]
fn another_principal_does_not_cost_an_agent() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    bench.error(OTHER_PRINCIPAL);
    assert_eq!(bench.framework_id.as_deref(), Some("f-1"));
    let told = bench.told();
    let last = told.last().unwrap();
    assert!(
        last.contains("choose the credentials with the principal before"),
        "{last}"
    );
    assert_eq!(bench.told_of("ended"), [""; 0]);
}

#[test]
fn another_scheduler_with_our_id_is_not_fought() {
    let mut bench = Bench::subscribed();
    bench.error("Framework failed over");
    assert_eq!(
        bench.told(),
        ["connection rejected the master says: framework failed over"]
    );
    bench.silence(25);
    assert!(bench.connects.is_empty());
}

#[test]
fn a_new_decline_time_is_nothing_for_the_master() {
    let mut bench = Bench::subscribed();
    let mut changed = config(&[]);
    changed.decline_seconds = Number::from("60");
    bench.framework.reconfigure(changed, bench.now);
    bench.drain();
    assert!(bench.connects.is_empty());
    bench.offers(vec![offer("o1", "agent-a", 1.0)]);
    assert_eq!(bench.declined(), [("o1".to_owned(), 60.0)]);
}

#[test]
fn another_master_waits_for_its_detector() {
    let mut bench = Bench::subscribed();
    let mut changed = config(&[]);
    changed.master = "m9:5050".to_owned();
    bench.framework.reconfigure(changed, bench.now);
    bench.drain();
    bench.silence(60);
    assert!(bench.connects.is_empty());
    assert_eq!(bench.told(), ["connection searching"]);
    bench
        .framework
        .handle_leader(Leader::Found(master("m9")), bench.now);
    bench.silence(1);
    assert_eq!(bench.connects[0].0, master("m9"));
}

#[test]
fn a_deleted_cloud_tears_its_framework_down_and_forgets_it() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    bench.framework.teardown(bench.now);
    bench.drain();
    let id = bench.id_of(call::Type::Teardown);
    assert!(!bench.framework.is_torn_down());
    bench.framework.handle_call_result(id, Ok(()), bench.now);
    bench.drain();
    assert!(bench.framework.is_torn_down());
    assert_eq!(
        (bench.framework_id.as_deref(), bench.rows.len(), bench.attempt),
        (None, 0, None)
    );
    bench.silence(100);
    assert!(bench.connects.is_empty());
}

#[test]
fn a_cloud_deleted_while_its_master_is_away_is_torn_down_later() {
    let mut bench = Bench::subscribed();
    bench.stream_ends(StreamEnd::Closed);
    bench.framework.teardown(bench.now);
    bench.pass(1);
    bench.subscribe();
    assert_eq!(bench.calls_of(call::Type::Teardown).len(), 1);
    bench.error("Framework has been removed");
    assert!(bench.framework.is_torn_down());
}

#[test]
fn a_cloud_deleted_after_its_framework_was_removed_registers_no_other() {
    let mut bench = Bench::subscribed();
    bench.stream_ends(StreamEnd::Closed);
    bench.framework.teardown(bench.now);
    bench.drain();
    bench.pass(1);
    bench.error("Framework has been removed");
    assert!(bench.framework.is_torn_down());
    bench.forget();
    bench.silence(100);
    assert!(bench.connects.is_empty());
}

#[test]
fn events_of_a_stream_that_is_over_are_ignored() {
    let mut bench = Bench::subscribed();
    bench.submit("a", "small");
    let old = bench.attempt.unwrap();
    bench.stream_ends(StreamEnd::Closed);
    bench.forget();
    bench
        .framework
        .handle_stream_end(old, StreamEnd::Closed, bench.now);
    bench.drain();
    assert_eq!(bench.told(), [""; 0]);
    bench.pass(1);
    bench.subscribe();
    bench.answer("a", TaskState::TaskUnknown);
    assert_eq!(bench.told_of("ended"), [""; 0], "it waits, nobody launched it");
}
