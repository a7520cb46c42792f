//! Inverse offers: who is told, and what the master is answered.

use crate::bench::{Bench, offer};
use mesos_wire::{AgentId, DurationInfo, Event, FrameworkId, InverseOffer, TimeInfo, Unavailability, call};

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
