//! Inverse offers: who is told, and what the master is answered.

use crate::bench::{Bench, offer, status};
use mesos_core::{StreamEnd, Time};
use mesos_wire::{
    AgentId, DurationInfo, Event, FrameworkId, InverseOffer, TaskState, TaskStatus, TimeInfo, Unavailability,
    call, task_status,
};

const NOON: i64 = 1_767_268_800;

fn inverse(id: &str, agent: &str, begin: i64) -> InverseOffer {
    InverseOffer {
        id: id.into(),
        framework_id: FrameworkId::from("f-1"),
        agent_id: Some(AgentId::from(agent)),
        unavailability: Unavailability {
            start: TimeInfo {
                nanoseconds: begin * 1_000_000_000,
            },
            duration: Some(DurationInfo {
                nanoseconds: 7_200 * 1_000_000_000,
            }),
        },
        ..InverseOffer::default()
    }
}

fn asked(bench: &mut Bench, offers: Vec<InverseOffer>) {
    bench.event(Event::inverse_offers(offers));
}

#[test]
fn where_nothing_lives_maintenance_is_agreed_to_and_elsewhere_not() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    asked(
        &mut bench,
        vec![inverse("i1", "agent-a", NOON), inverse("i2", "agent-b", NOON)],
    );
    let agreed = bench.calls_of(call::Type::AcceptInverseOffers);
    let agreed = agreed[0].accept_inverse_offers.as_ref().unwrap();
    assert_eq!(agreed.inverse_offer_ids, ["i2".into()]);
    assert_eq!(agreed.filters.unwrap().refuse_seconds, Some(60.0));
    let declined = bench.calls_of(call::Type::DeclineInverseOffers);
    let declined = declined[0].decline_inverse_offers.as_ref().unwrap();
    assert_eq!(declined.inverse_offer_ids, ["i1".into()]);
    assert_eq!(declined.filters.unwrap().refuse_seconds, Some(15.0));
}

#[test]
fn whoever_runs_there_is_told_once_for_each_plan() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    let text = |hour: &str| {
        format!(
            "risk a agent-a.example is under maintenance from 2026-01-01 {hour}:00 UTC for 2 h: what still runs there then \
             may be lost"
        )
    };
    asked(&mut bench, vec![inverse("i1", "agent-a", NOON)]);
    assert_eq!(bench.told_of("risk"), [text("12")]);
    asked(&mut bench, vec![inverse("i2", "agent-a", NOON)]);
    assert_eq!(bench.told_of("risk").len(), 1);
    asked(&mut bench, vec![inverse("i3", "agent-a", NOON + 3600)]);
    assert_eq!(bench.told_of("risk")[1..], [text("13")]);
}

#[test]
fn a_plan_that_is_asked_for_no_more_is_no_risk_any_more() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    let risk = |bench: &Bench| bench.framework.status(bench.now).tasks[0].risk.is_some();
    for time in 0..10 {
        asked(&mut bench, vec![inverse(&format!("i{time}"), "agent-a", NOON)]);
        bench.pass(20);
    }
    assert!(risk(&bench));
    bench.pass(60);
    assert_eq!((bench.told_of("risk").len(), risk(&bench)), (1, true));
    bench.pass(15);
    assert_eq!(
        (bench.told_of("risk")[1..].join(","), risk(&bench)),
        ("risk a no more".to_owned(), false)
    );
    bench.pass(3600);
    assert_eq!(bench.told_of("risk").len(), 2);
    // The next plan is news, even if it is the same.
    asked(&mut bench, vec![inverse("j", "agent-a", NOON)]);
    assert_eq!(bench.told_of("risk").len(), 3);
}

#[test]
fn a_question_that_is_taken_back_ends_the_risk_unless_another_follows() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    asked(&mut bench, vec![inverse("i1", "agent-a", NOON)]);
    bench.event(Event::rescind_inverse_offer("other".into()));
    bench.pass(30);
    assert_eq!(bench.told_of("risk").len(), 1);
    // A plan that changes: the next question comes with the next allocation.
    bench.event(Event::rescind_inverse_offer("i1".into()));
    bench.pass(5);
    asked(&mut bench, vec![inverse("i2", "agent-a", NOON + 3600)]);
    bench.pass(30);
    assert_eq!(bench.told_of("risk").len(), 2);
    bench.event(Event::rescind_inverse_offer("i2".into()));
    bench.pass(19);
    assert_eq!(bench.told_of("risk").len(), 2);
    bench.pass(2);
    assert_eq!(bench.told_of("risk")[2..], ["risk a no more"]);
}

#[test]
fn silence_of_the_connection_is_no_end_of_a_plan() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    asked(&mut bench, vec![inverse("i1", "agent-a", NOON)]);
    bench.stream_ends(StreamEnd::Closed);
    bench.silence(1);
    bench.stream_ends(StreamEnd::Failed("refused".to_owned()));
    bench.now = Time::from_millis(bench.now.as_millis() + 600_000);
    bench.silence(0);
    bench.subscribe();
    bench.pass(80);
    asked(&mut bench, vec![inverse("i2", "agent-a", NOON)]);
    bench.pass(80);
    assert_eq!(bench.told_of("risk").len(), 1);
}

#[test]
fn whoever_runs_on_a_host_that_is_drained_is_told() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    let draining = |state: TaskState| TaskStatus {
        reason: Some(task_status::Reason::AgentDraining as i32),
        ..status("a", state)
    };
    bench.update(draining(TaskState::TaskKilling));
    bench.pass(600);
    bench.update(draining(TaskState::TaskKilled));
    assert_eq!(
        bench.told(),
        [
            "risk a an operator drains agent-a.example: what runs there is ended",
            "state a TASK_KILLING",
            "ended a TASK_KILLED"
        ]
    );
}

#[test]
fn whoever_is_on_its_way_out_is_not_told() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    bench.release("a");
    bench.forget();
    asked(&mut bench, vec![inverse("i1", "agent-a", NOON)]);
    assert!(bench.notices.is_empty());
    assert_eq!(
        bench.calls_of(call::Type::DeclineInverseOffers).len(),
        1,
        "it still lives"
    );
}

#[test]
fn a_launch_on_its_way_counts_as_living() {
    let mut bench = Bench::subscribed();
    bench.submit("a", "small");
    bench.store_works = false;
    bench.offers(vec![offer("o", "agent-a", 1.0)]);
    asked(&mut bench, vec![inverse("i1", "agent-a", NOON)]);
    assert_eq!(bench.calls_of(call::Type::DeclineInverseOffers).len(), 1);
    bench.store_works = true;
    bench.store_writes();
    let told: Vec<String> = bench
        .told()
        .into_iter()
        .filter(|text| !text.starts_with("waiting"))
        .collect();
    assert!(
        told[0].starts_with("accepted a") && told[1].starts_with("risk a"),
        "{told:?}"
    );
}
