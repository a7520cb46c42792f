use super::*;
use crate::config::DomainFilter;
use crate::scalar::Scalar;
use mesos_wire::AgentId;
use mesos_wire::resource::AllocationInfo;
use mesos_wire::{Attribute, DurationInfo, OfferId, TimeInfo, Unavailability, domain_info, value};
use mesos_wire::{Offer, event};
use std::collections::BTreeSet;

mod hosts;
mod resources;

pub(super) fn scalar(name: &str, milli: i64) -> Resource {
    Resource {
        name: name.to_owned(),
        r#type: value::Type::Scalar as i32,
        scalar: Some(value::Scalar {
            value: Scalar::from_milli(milli).to_f64(),
        }),
        allocation_info: Some(AllocationInfo {
            role: Some("ci".to_owned()),
        }),
        ..Resource::default()
    }
}

pub(super) fn offer(agent: &str, number: usize, cpus_milli: i64, mem: i64) -> Offer {
    Offer {
        id: OfferId {
            value: format!("o{number}"),
        },
        agent_id: AgentId {
            value: agent.to_owned(),
        },
        hostname: format!("{agent}.example"),
        resources: vec![scalar("cpus", cpus_milli), scalar("mem", mem * 1000)],
        ..Offer::default()
    }
}

pub(super) fn text(name: &str, value: &str) -> Attribute {
    Attribute {
        name: name.to_owned(),
        r#type: value::Type::Text as i32,
        text: Some(value::Text {
            value: value.to_owned(),
        }),
        ..Attribute::default()
    }
}

pub(super) fn amount(cpus_milli: i64, mem: i64) -> Amount {
    Amount::new(Scalar::from_milli(cpus_milli), Scalar::from_milli(mem * 1000))
}

fn held(cpus_milli: i64, mem_milli: i64) -> Holding {
    Holding {
        amount: Amount::new(Scalar::from_milli(cpus_milli), Scalar::from_milli(mem_milli)),
        ports: Vec::new(),
    }
}

/// Puts offers on the board as the session does.
pub(super) fn take_in<'u>(
    matcher: &mut Matcher,
    offers: &[Offer],
    used: impl Fn(&str) -> Option<&'u Holding>,
) {
    let (leases, unreadable) = matcher.read(event::Offers::of(offers).offers);
    assert_eq!(unreadable, 0);
    let agents: BTreeSet<&str> = offers.iter().map(|offer| offer.agent_id.value.as_str()).collect();
    matcher.set_used(agents.into_iter().filter_map(|agent| Some((agent, used(agent)?))));
    matcher.take_in(leases);
}

pub(super) fn nothing_used(_: &str) -> Option<&'static Holding> {
    None
}

/// A matcher for the role `ci`, and its rule without constraints.
pub(super) fn matcher() -> (Matcher, RuleId) {
    let mut matcher = Matcher::new("ci");
    let any = matcher.rule("t", &Constraints::default());
    (matcher, any)
}

/// Sizes in thousandths of a CPU and MB, with names by position.
fn asks<'n>(names: &'n [String], sizes: &[(i64, i64)], rule: RuleId) -> Vec<Ask<'n>> {
    names
        .iter()
        .zip(sizes)
        .map(|(name, (cpus, mem))| Ask::new(name, amount(*cpus, *mem), rule))
        .collect()
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("ask-{number}")).collect()
}

/// A pass over these offers, which are given back afterwards.
fn pass(matcher: &mut Matcher, asks: &[Ask<'_>], offers: &[Offer]) -> (Placement, Vec<String>) {
    pass_at(matcher, asks, offers, 0)
}

fn pass_at(matcher: &mut Matcher, asks: &[Ask<'_>], offers: &[Offer], now: i64) -> (Placement, Vec<String>) {
    take_in(matcher, offers, nothing_used);
    let placement = matcher.pass(asks, now, &[]);
    let mut unused: Vec<String> = matcher.give_back().into_iter().map(|id| id.value).collect();
    unused.sort();
    (placement, unused)
}

fn place(sizes: &[(i64, i64)], offers: &[Offer]) -> (Placement, Vec<String>) {
    let (mut matcher, rule) = matcher();
    let names = names(sizes.len());
    pass(&mut matcher, &asks(&names, sizes, rule), offers)
}

fn offers_of(placement: &Placement) -> Vec<String> {
    let mut all: Vec<String> = placement
        .bundles
        .iter()
        .flat_map(|bundle| bundle.offers.iter().map(|id| id.value.clone()))
        .collect();
    all.sort();
    all
}

fn placed(placement: &Placement) -> Vec<usize> {
    let mut all: Vec<usize> = placement
        .bundles
        .iter()
        .flat_map(|b| b.tasks.iter().map(|t| t.ask))
        .collect();
    all.sort_unstable();
    all
}

fn reason(placement: &Placement) -> &str {
    &placement.reasons[0].1.text
}

#[test]
fn several_tasks_share_one_offer_until_it_is_full() {
    let (placement, _) = place(&[(300, 700); 5], &[offer("a", 0, 1000, 4096)]);
    assert_eq!(placed(&placement), [0, 1, 2]);
    assert_eq!(placement.bundles.len(), 1);
    let reasons: Vec<usize> = placement.reasons.iter().map(|r| r.0).collect();
    assert_eq!(reasons, [3, 4]);
    assert_eq!(
        reason(&placement),
        "fits, but agents that wait longer take the offered room first"
    );
}

#[test]
fn the_host_in_use_is_filled_first() {
    let (mut matcher, rule) = matcher();
    // Agent `a` is empty, on `b` we already use three of four CPUs.
    let three = held(3000, 3_000_000);
    let offers = [offer("a", 0, 4000, 4000), offer("b", 1, 1000, 1000)];
    take_in(&mut matcher, &offers, |agent| (agent == "b").then_some(&three));
    let placement = matcher.pass(&[Ask::new("x", amount(1000, 500), rule)], 0, &[]);
    assert_eq!(offers_of(&placement), ["o1"]);
    assert_eq!(matcher.give_back(), [OfferId { value: "o0".into() }]);
}

#[test]
fn offers_of_one_agent_are_joined_where_one_is_not_enough() {
    let offers = [
        offer("a", 0, 2000, 50),
        offer("b", 1, 2000, 500),
        offer("a", 2, 2000, 50),
    ];
    let (placement, unused) = place(&[(3000, 100)], &offers);
    assert_eq!(placement.bundles.len(), 1);
    assert_eq!(offers_of(&placement), ["o0", "o2"]);
    assert_eq!(unused, ["o1"]);
}

#[test]
fn an_offer_of_which_nothing_is_needed_is_not_used_with_another() {
    let (placement, unused) = place(
        &[(1000, 100)],
        &[offer("a", 0, 2000, 500), offer("a", 1, 2000, 500)],
    );
    assert_eq!(offers_of(&placement), ["o0"]);
    assert_eq!(unused, ["o1"]);
}

#[test]
fn offers_of_different_agents_are_never_joined() {
    let (placement, unused) = place(
        &[(3000, 100)],
        &[offer("a", 0, 2000, 500), offer("b", 1, 2000, 500)],
    );
    assert_eq!(placed(&placement), [0; 0]);
    assert_eq!(unused, ["o0", "o1"]);
}

#[test]
fn offers_of_one_agent_to_two_roles_are_two_places() {
    let (mut matcher, rule) = matcher();
    matcher.set_roles(["ci", "qa"]);
    let to_qa = |mut offer: Offer| {
        let allocation = AllocationInfo {
            role: Some("qa".into()),
        };
        for resource in &mut offer.resources {
            resource.allocation_info = Some(allocation.clone());
        }
        offer.allocation_info = Some(allocation);
        offer
    };
    let offers = [offer("a", 0, 2000, 500), to_qa(offer("a", 1, 2000, 500))];
    let names = names(3);
    let (placement, _) = pass(
        &mut matcher,
        &asks(&names, &[(3000, 1), (2000, 1), (2000, 1)], rule),
        &offers,
    );
    assert_eq!(placed(&placement), [1, 2]);
    assert_eq!(placement.bundles.len(), 2);
    for bundle in &placement.bundles {
        assert_eq!(bundle.offers.len(), 1);
    }
    matcher.set_roles(["ci"]);
    let (placement, unused) = pass(&mut matcher, &asks(&names, &[(100, 1)], rule), &offers[1..]);
    assert_eq!(
        (placed(&placement).len(), unused.len()),
        (0, 1),
        "a role that is not ours"
    );
}

#[test]
fn a_request_larger_than_any_agent_says_so() {
    let (placement, _) = place(
        &[(8000, 100)],
        &[offer("a", 0, 4000, 500), offer("b", 1, 2000, 500)],
    );
    assert_eq!(
        reason(&placement),
        "needs 8 CPUs, largest agent has 4; no agent seen so far could ever hold it"
    );
    assert!(!placement.reasons[0].1.possible);
}

#[test]
fn a_request_that_only_waits_for_room_says_what_is_offered() {
    let (mut matcher, rule) = matcher();
    let six = held(6000, 0);
    let ask = [Ask::new("x", amount(8000, 100), rule)];
    take_in(&mut matcher, &[offer("a", 0, 4000, 500)], |_| Some(&six));
    let placement = matcher.pass(&ask, 0, &[]);
    assert_eq!(
        (reason(&placement), placement.reasons[0].1.possible),
        ("needs 8 CPUs, largest offer has 4", true)
    );
    matcher.give_back();
    take_in(
        &mut matcher,
        &[
            offer("a", 1, 4000, 500),
            offer("b", 2, 5500, 50),
            offer("c", 3, 1000, 5000),
        ],
        |_| Some(&six),
    );
    let placement = matcher.pass(&ask, 0, &[]);
    assert_eq!(
        reason(&placement),
        "needs 8 CPUs, largest offer has 5.5 (of 3 offers 3 are short of CPUs, 1 are short of memory; nearest is a.example \
         with 4 of 8 CPUs)"
    );
    assert_eq!(placement.reasons[0].1.lacking, [(Lack::Cpus, 3), (Lack::Mem, 1)]);
}

#[test]
fn capacity_is_remembered_until_the_agent_is_forgotten() {
    let (mut matcher, rule) = matcher();
    let big = Ask::new("x", amount(8000, 1), rule);
    assert!(matcher.impossible(&big).is_none(), "nothing seen yet");
    pass(&mut matcher, &[], &[offer("a", 0, 9000, 500)]);
    pass(&mut matcher, &[], &[offer("a", 1, 100, 500)]);
    assert!(matcher.impossible(&big).is_none());
    pass(&mut matcher, &[], &[offer("b", 1, 100, 500)]);
    matcher.forget("a");
    assert!(matcher.impossible(&big).is_some());
    assert_eq!(matcher.seen_capacities().count(), 1);
}

#[test]
fn a_rescinded_offer_is_not_used() {
    let (mut matcher, rule) = matcher();
    take_in(
        &mut matcher,
        &[offer("a", 0, 1000, 500), offer("a", 1, 1000, 500)],
        nothing_used,
    );
    assert!(matcher.rescind(&OfferId { value: "o0".into() }));
    assert!(!matcher.rescind(&OfferId { value: "o0".into() }));
    let asks = [
        Ask::new("x", amount(1000, 5), rule),
        Ask::new("y", amount(1000, 5), rule),
    ];
    let placement = matcher.pass(&asks, 0, &[]);
    assert_eq!(
        (placed(&placement), offers_of(&placement)),
        (vec![0], vec!["o1".to_owned()])
    );
    assert_eq!(matcher.standing(), 0);
}

#[test]
fn higher_priority_goes_first() {
    let (mut matcher, rule) = matcher();
    let old = Ask::new("old", amount(1000, 10), rule);
    let urgent = Ask {
        name: "urgent",
        priority: 1,
        ..old
    };
    let (placement, _) = pass(&mut matcher, &[old, urgent], &[offer("a", 0, 1000, 500)]);
    assert_eq!(placed(&placement), [1]);
}

#[test]
fn a_big_request_that_waits_too_long_gets_what_it_needs() {
    let patience = Duration::from_secs(300);
    let (mut matcher, rule) = matcher();
    matcher.set_hold_back(patience);
    let six = held(6000, 0);
    let big = |waited| Ask {
        waited,
        ..Ask::new("big", amount(8000, 100), rule)
    };
    let small = Ask::new("small", amount(500, 10), rule);
    let offers = || [offer("a", 0, 2000, 500)];
    take_in(&mut matcher, &offers(), |_| Some(&six));
    let early = matcher.pass(&[big(Duration::ZERO), small], 0, &[]);
    assert_eq!(placed(&early), [1], "not yet");
    matcher.give_back();
    take_in(&mut matcher, &offers(), |_| Some(&six));
    let late = matcher.pass(&[big(patience), small], 0, &[]);
    assert_eq!(placed(&late), [0; 0]);
    assert_eq!(late.holds.len(), 1);
    assert_eq!(
        (late.holds[0].ask, late.holds[0].hostname.as_str()),
        (0, "a.example")
    );
    assert_eq!(late.holds[0].amount, amount(2000, 100));
    matcher.give_back();
    // Elsewhere the small one is welcome, and the held host stays the same though another is nearer now.
    let three = held(3000, 0);
    take_in(
        &mut matcher,
        &[offer("b", 1, 5000, 500), offer("a", 0, 4000, 500)],
        |agent| Some(if agent == "a" { &six } else { &three }),
    );
    let placement = matcher.pass(&[big(patience), small], 0, &[]);
    assert_eq!(
        (placed(&placement), offers_of(&placement)),
        (vec![1], vec!["o1".to_owned()])
    );
    assert_eq!(placement.holds[0].hostname, "a.example");
    matcher.give_back();
    take_in(&mut matcher, &[offer("a", 0, 8000, 500)], nothing_used);
    assert_eq!(placed(&matcher.pass(&[big(patience), small], 0, &[])), [0]);
}
