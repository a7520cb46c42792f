use super::*;
use crate::config::DomainFilter;
use crate::scalar::Scalar;
use mesos_wire::AgentId;
use mesos_wire::resource::AllocationInfo;
use mesos_wire::{Attribute, DurationInfo, OfferId, TimeInfo, Unavailability, domain_info, value};
use mesos_wire::{Offer, event};
use std::collections::BTreeSet;

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
fn attributes_must_all_match() {
    let (mut matcher, _) = matcher();
    let wanted = BTreeMap::from([
        ("os".to_owned(), "linux".to_owned()),
        ("n".to_owned(), "5".to_owned()),
    ]);
    let rule = matcher.rule("t", &Constraints::of_attributes(&wanted, DomainFilter::Home));
    let mut both = offer("a", 0, 1000, 500);
    both.attributes = vec![text("os", "linux"), text("n", "5")];
    let mut one = offer("b", 1, 1000, 500);
    one.attributes = vec![text("os", "linux"), text("n", "6")];
    let asks = [Ask::new("x", amount(100, 10), rule)];
    let (placement, _) = pass(&mut matcher, &asks, &[one.clone(), both]);
    assert_eq!(offers_of(&placement), ["o0"]);
    let (mut matcher, _) = self::matcher();
    let rule = matcher.rule("t", &Constraints::of_attributes(&wanted, DomainFilter::Home));
    let (placement, _) = pass(&mut matcher, &[Ask::new("x", amount(100, 10), rule)], &[one]);
    assert_eq!(
        reason(&placement),
        "needs the attributes n=5, os=linux, no agent has them; no agent seen so far could ever hold it"
    );
}

#[test]
fn a_host_whose_attributes_change_is_looked_at_again() {
    let (mut matcher, _) = matcher();
    let rule = matcher.rule("t", &Constraints::default().and("rack = b").unwrap());
    let asks = [Ask::new("x", amount(100, 10), rule)];
    let rack = |rack| Offer {
        attributes: vec![text("rack", rack)],
        ..offer("a", 0, 1000, 500)
    };
    assert_eq!(placed(&pass(&mut matcher, &asks, &[rack("a")]).0), [0; 0]);
    assert_eq!(placed(&pass(&mut matcher, &asks, &[rack("b")]).0), [0]);
    assert_eq!(placed(&pass(&mut matcher, &asks, &[rack("a")]).0), [0; 0]);
}

fn window(start_millis: i64, millis: i64, number: usize) -> Offer {
    Offer {
        unavailability: Some(Unavailability {
            start: TimeInfo {
                nanoseconds: start_millis * 1_000_000,
            },
            duration: Some(DurationInfo {
                nanoseconds: millis * 1_000_000,
            }),
        }),
        ..offer("a", number, 1000, 500)
    }
}

#[test]
fn an_agent_under_maintenance_is_left_alone() {
    let at = |now, until| {
        let (mut matcher, rule) = matcher();
        let ask = Ask {
            until,
            ..Ask::new("x", amount(100, 10), rule)
        };
        let (placement, _) = pass_at(&mut matcher, &[ask], &[window(5, 10, 0)], now);
        placed(&placement).len()
    };
    assert_eq!((at(4, 4), at(5, 5), at(14, 14), at(15, 15)), (1, 0, 0, 1));
    assert_eq!(
        (at(0, 4), at(0, 5), at(15, 100)),
        (1, 0, 1),
        "before it would end"
    );
    let (mut matcher, rule) = matcher();
    let ask = Ask::new("x", amount(100, 10), rule);
    let (placement, unused) = pass_at(&mut matcher, &[ask], &[window(5, 10, 0)], 5);
    assert_eq!(unused, ["o0"]);
    assert_eq!(
        reason(&placement),
        "waits for an agent that is not under maintenance"
    );
}

fn with_ports(mut offer: Offer, begin: u64, end: u64) -> Offer {
    offer.resources.push(Resource {
        r#type: value::Type::Ranges as i32,
        scalar: None,
        ranges: Some(value::Ranges {
            range: vec![value::Range { begin, end }],
        }),
        ..scalar("ports", 0)
    });
    offer
}

fn with_scalar(mut offer: Offer, name: &str, milli: i64) -> Offer {
    offer.resources.push(scalar(name, milli));
    offer
}

#[test]
fn disk_must_be_there_and_its_lack_is_named() {
    let (mut matcher, rule) = matcher();
    let mut wanting = Ask::new("x", amount(100, 10), rule);
    wanting.amount.disk = Scalar::from_milli(500_000);
    let other = Ask { name: "y", ..wanting };
    let offers = [
        with_scalar(offer("a", 0, 1000, 500), "disk", 400_000),
        with_scalar(offer("b", 1, 1000, 500), "disk", 900_000),
    ];
    let (placement, _) = pass(&mut matcher, &[wanting, other], &offers);
    assert_eq!(offers_of(&placement), ["o1"]);
    assert!(reason(&placement).starts_with("fits, but agents that wait longer take the offered room first"));
    matcher.forget("b");
    assert_eq!(
        reason(&pass(&mut matcher, &[wanting], &offers[..1]).0),
        "needs 500 MB of disk, largest agent has 400; no agent seen so far could ever hold it"
    );
}

#[test]
fn gpus_are_given_whole_and_only_when_asked_for() {
    let (mut matcher, rule) = matcher();
    let offers = [
        with_scalar(offer("gpu", 0, 4000, 500), "gpus", 2900),
        offer("plain", 1, 1000, 500),
    ];
    let plain = Ask::new("x", amount(1000, 10), rule);
    let (placement, _) = pass(&mut matcher, &[plain], &offers);
    assert_eq!(
        offers_of(&placement),
        ["o1"],
        "hosts with GPUs are left for those that ask"
    );
    assert!(
        placement.bundles[0].tasks[0]
            .resources
            .iter()
            .all(|r| r.name != "gpus")
    );
    let mut two = plain;
    two.amount.gpus = Scalar::from_milli(2000);
    let (placement, _) = pass(&mut matcher, &[two], &offers);
    let gpus: Vec<f64> = placement.bundles[0].tasks[0]
        .resources
        .iter()
        .filter(|resource| resource.name == "gpus")
        .map(|resource| resource.scalar.as_ref().unwrap().value)
        .collect();
    assert_eq!(gpus, [2.0]);
    two.amount.gpus = Scalar::from_milli(3000);
    assert!(reason(&pass(&mut matcher, &[two], &offers).0).starts_with("needs 3 GPUs, largest agent has 2"));
}

#[test]
fn a_fixed_port_is_given_once_and_the_next_waits_with_a_reason() {
    let (mut matcher, rule) = matcher();
    let fixed = Ask {
        ports: &[Some(5900)],
        ..Ask::new("x", amount(100, 10), rule)
    };
    let other = Ask { name: "y", ..fixed };
    let offers = [with_ports(offer("a", 0, 1000, 500), 5900, 5901)];
    let (placement, _) = pass(&mut matcher, &[fixed, other], &offers);
    assert_eq!(placement.bundles[0].tasks[0].ports, [5900]);
    assert_eq!(placed(&placement), [0]);
    let used = Holding {
        ports: vec![5900],
        ..held(100, 10_000)
    };
    take_in(
        &mut matcher,
        &[with_ports(offer("a", 1, 900, 490), 5901, 5901)],
        |_| Some(&used),
    );
    let placement = matcher.pass(&[fixed], 0, &[]);
    assert_eq!(
        (reason(&placement), placement.reasons[0].1.possible),
        (
            "needs port 5900 of the host, no offer with enough CPUs and memory has it free",
            true
        )
    );
    let nowhere = Ask {
        ports: &[Some(80)],
        ..fixed
    };
    assert!(
        matcher
            .impossible(&nowhere)
            .is_some_and(|reason| reason.text.contains("port 80"))
    );
}

#[test]
fn any_ports_are_different_ones_until_there_are_no_more() {
    let (mut matcher, rule) = matcher();
    let names = names(3);
    let two: Vec<Ask<'_>> = asks(&names, &[(100, 10); 3], rule)
        .into_iter()
        .map(|ask| Ask {
            ports: &[None, None],
            ..ask
        })
        .collect();
    let (placement, _) = pass(
        &mut matcher,
        &two,
        &[with_ports(offer("a", 0, 1000, 500), 31_000, 31_004)],
    );
    let ports: Vec<&[u32]> = placement.bundles[0]
        .tasks
        .iter()
        .map(|task| task.ports.as_slice())
        .collect();
    assert_eq!(ports, [[31_000, 31_001], [31_002, 31_003]]);
    let (placement, _) = pass(&mut matcher, &two[..1], &[offer("a", 1, 1000, 500)]);
    assert_eq!(
        reason(&placement),
        "needs 2 ports of the host, the offer with enough CPUs and memory that has the most has 0"
    );
}

#[test]
fn ports_of_two_offers_of_one_agent_are_joined() {
    let (mut matcher, rule) = matcher();
    let both = Ask {
        ports: &[Some(1), Some(2)],
        ..Ask::new("x", amount(100, 10), rule)
    };
    let offers = [
        with_ports(offer("a", 0, 1000, 500), 1, 1),
        with_ports(offer("a", 1, 1000, 500), 2, 2),
    ];
    assert_eq!(offers_of(&pass(&mut matcher, &[both], &offers).0), ["o0", "o1"]);
    let offers = [
        with_ports(offer("a", 0, 1000, 500), 20, 21),
        with_ports(offer("b", 1, 1000, 500), 22, 23),
    ];
    let apart = Ask {
        ports: &[Some(21), Some(22)],
        ..both
    };
    assert_eq!(
        reason(&pass(&mut matcher, &[apart], &offers).0),
        "needs the ports 21, 22 of one host, no agent with enough CPUs and memory has all of them free; no agent seen so \
         far could ever hold it"
    );
}

fn domain(region: &str, zone: &str) -> Box<DomainInfo> {
    use domain_info::fault_domain::{RegionInfo, ZoneInfo};
    Box::new(DomainInfo {
        fault_domain: Some(domain_info::FaultDomain {
            region: RegionInfo {
                name: region.to_owned(),
            },
            zone: ZoneInfo {
                name: zone.to_owned(),
            },
        }),
    })
}

#[test]
fn agents_are_looked_for_where_they_should_stand() {
    let of = |region: &str, zone: Option<&str>| DomainFilter::Match {
        region: region.to_owned(),
        zone: zone.map(str::to_owned),
    };
    let at = |number, place: Option<(&str, &str)>| Offer {
        domain: place.map(|(region, zone)| domain(region, zone)),
        ..offer(&format!("a{number}"), number, 1000, 500)
    };
    let offers = [
        at(0, Some(("east", "a"))),
        at(1, Some(("west", "b"))),
        at(2, None),
    ];
    let (mut matcher, _) = matcher();
    matcher.set_home(Some(&domain("west", "z")));
    let names = names(3);
    let mut hosts = |filter: DomainFilter| {
        let rule = matcher.rule("t", &Constraints::of_attributes(&BTreeMap::new(), filter));
        let (placement, _) = pass(&mut matcher, &asks(&names, &[(600, 10); 3], rule), &offers);
        (
            offers_of(&placement),
            placement.reasons.first().map(|reason| reason.1.text.clone()),
        )
    };
    assert_eq!(hosts(DomainFilter::Any).0, ["o0", "o1", "o2"]);
    assert_eq!(hosts(DomainFilter::Home).0, ["o1", "o2"]);
    assert_eq!(hosts(of("east", None)).0, ["o0"]);
    assert_eq!(hosts(of("east", Some("a"))).0, ["o0"]);
    let (none, why) = hosts(of("east", Some("b")));
    assert_eq!(none, [""; 0]);
    assert_eq!(
        why.as_deref(),
        Some(
            "needs an agent in the region east, zone b, no agent is from there; no agent seen so far could ever hold it"
        )
    );
}

#[test]
fn resources_of_other_names_are_given_by_count_or_by_item() {
    let (mut matcher, rule) = matcher();
    let mut rich = with_scalar(offer("a", 0, 1000, 500), "licenses", 2000);
    rich.resources.push(Resource {
        r#type: value::Type::Set as i32,
        scalar: None,
        set: Some(value::Set {
            item: ["p", "q", "r"].map(str::to_owned).to_vec(),
        }),
        ..scalar("fpga", 0)
    });
    let lines = [
        "licenses = 1.5\nfpga = {q}",
        "licenses = 1",
        "fpga = 3",
        "fpga = 2",
        "fpga = {q}",
    ];
    let others: Vec<Vec<crate::resources::Other>> = lines
        .iter()
        .map(|lines| crate::resources::Other::parse_lines(lines).unwrap())
        .collect();
    let names = names(lines.len());
    let all: Vec<Ask<'_>> = names
        .iter()
        .zip(&others)
        .map(|(name, others)| Ask {
            others,
            ..Ask::new(name, amount(10, 1), rule)
        })
        .collect();
    let (placement, _) = pass(&mut matcher, &all, &[rich, offer("b", 1, 1000, 500)]);
    assert_eq!(placed(&placement), [0, 3]);
    let items: Vec<Vec<String>> = placement.bundles[0]
        .tasks
        .iter()
        .flat_map(|task| task.resources.iter().filter_map(|resource| resource.set.clone()))
        .map(|set| set.item)
        .collect();
    assert_eq!(
        items,
        [vec!["q".to_owned()], vec!["p".to_owned(), "r".to_owned()]]
    );
    let alone = pass(&mut matcher, &all[..1], &[offer("b", 1, 1000, 500)]).0;
    assert_eq!(
        reason(&alone),
        "needs 1.5 of licenses and q of fpga, no offer with enough CPUs and memory has them"
    );
}

#[test]
fn revocable_resources_are_used_on_request_only() {
    let (mut matcher, rule) = matcher();
    let mut mixed = offer("a", 0, 1000, 500);
    mixed.resources.push(Resource {
        revocable: Some(Vec::new()),
        ..scalar("cpus", 4000)
    });
    let firm = Ask::new("x", amount(2000, 100), rule);
    let loose = Ask {
        revocable: true,
        name: "y",
        ..firm
    };
    let (placement, _) = pass(&mut matcher, &[firm, loose], std::slice::from_ref(&mixed));
    assert_eq!(placed(&placement), [1]);
    let cpus: Vec<bool> = placement.bundles[0].tasks[0]
        .resources
        .iter()
        .filter(|resource| resource.name == "cpus")
        .map(|resource| resource.revocable.is_some())
        .collect();
    assert_eq!(cpus, [true], "never of both kinds");
    let neither = Ask {
        amount: amount(4500, 100),
        ..loose
    };
    assert_eq!(placed(&pass(&mut matcher, &[neither], &[mixed]).0), [0; 0]);
}

fn two_racks() -> [Offer; 4] {
    std::array::from_fn(|number| Offer {
        attributes: vec![text("rack", if number < 2 { "a" } else { "b" })],
        ..offer(&format!("h{number}"), number, 8000, 8000)
    })
}

#[test]
fn agents_that_are_to_be_apart_are_kept_apart() {
    let placed_with = |line: &str, peers: &[Peer<'_>]| {
        let (mut matcher, _) = matcher();
        let rule = matcher.rule("t", &Constraints::default().and(line).unwrap());
        assert!(matcher.counts_peers(rule));
        let names = names(6);
        take_in(&mut matcher, &two_racks(), nothing_used);
        let placement = matcher.pass(&asks(&names, &[(100, 10); 6], rule), 0, peers);
        let why = placement.reasons.first().map(|reason| reason.1.text.clone());
        let mut hosts: Vec<(String, usize)> = placement
            .bundles
            .iter()
            .map(|bundle| (bundle.hostname.clone(), bundle.tasks.len()))
            .collect();
        hosts.sort();
        (hosts, why)
    };
    let on = |list: &[(&str, usize)]| -> Vec<(String, usize)> {
        list.iter()
            .map(|(host, count)| (format!("{host}.example"), *count))
            .collect()
    };
    let (hosts, why) = placed_with("unique per hostname", &[]);
    assert_eq!(hosts, on(&[("h0", 1), ("h1", 1), ("h2", 1), ("h3", 1)]));
    assert!(
        why.unwrap()
            .starts_with("is to be unique per hostname, and every offer with")
    );
    let rack_b = BTreeMap::from([("rack".to_owned(), "b".to_owned())]);
    let peer = Peer {
        group: "t",
        hostname: "elsewhere",
        spread: &rack_b,
    };
    assert_eq!(
        placed_with("at most 2 per rack", &[peer]).0,
        on(&[("h0", 2), ("h2", 1)])
    );
    let stranger = Peer { group: "u", ..peer };
    assert_eq!(
        placed_with("at most 2 per rack", &[stranger]).0,
        on(&[("h0", 2), ("h2", 2)])
    );
    let peers = ["h0", "h1", "h2", "h3"].map(|host| format!("{host}.example"));
    let none = BTreeMap::new();
    let everywhere: Vec<Peer<'_>> = peers
        .iter()
        .map(|hostname| Peer {
            group: "t",
            hostname,
            spread: &none,
        })
        .collect();
    let (hosts, why) = placed_with("unique per hostname", &everywhere);
    assert_eq!(hosts, on(&[]));
    assert!(
        why.as_deref().unwrap().starts_with(
            "is to be unique per hostname, and every offer with enough room is where there are enough agents of its kind"
        ),
        "{why:?}"
    );
}

#[test]
fn hosts_used_lately_are_near_or_avoided() {
    let second_host = |line: &str| {
        let (mut matcher, _) = matcher();
        let rule = matcher.rule("t", &Constraints::default().and(line).unwrap());
        let host = |matcher: &mut Matcher, offers: &[Offer], now| {
            let ask = [Ask::new("x", amount(100, 10), rule)];
            pass_at(matcher, &ask, offers, now).0.bundles[0].hostname.clone()
        };
        let roomy = [offer("a", 0, 8000, 8000), offer("b", 1, 4000, 4000)];
        let equal = [offer("b", 1, 4000, 4000), offer("a", 0, 8000, 8000)];
        // `a` is the roomier host and a part of it is in use, so it is opened first as long as nothing else counts.
        assert_eq!(host(&mut matcher, &roomy[1..], 0), "b.example");
        let soon = host(&mut matcher, &equal, 1000);
        let alone = host(&mut matcher, &equal[..1], 1000);
        assert_eq!(alone, "b.example", "a wish, not a condition");
        let late = host(&mut matcher, &equal, 1000 + LATELY_MILLIS);
        (soon, late)
    };
    let of = |soon: &str, late: &str| (format!("{soon}.example"), format!("{late}.example"));
    assert_eq!(second_host("near hosts used lately"), of("b", "a"));
    assert_eq!(second_host("avoid hosts used lately"), of("a", "a"));
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

#[test]
fn reservations_of_our_role_go_before_those_of_its_parents_and_what_is_free() {
    use mesos_wire::resource::ReservationInfo;
    use mesos_wire::resource::reservation_info::Type;
    let mut matcher = Matcher::new("eng/ci");
    let rule = matcher.rule("t", &Constraints::default());
    let of = |milli: i64, stack: &[(&str, Type)]| Resource {
        allocation_info: Some(AllocationInfo {
            role: Some("eng/ci".into()),
        }),
        reservations: stack
            .iter()
            .map(|(role, kind)| ReservationInfo {
                role: Some((*role).to_owned()),
                r#type: Some(*kind as i32),
                ..ReservationInfo::default()
            })
            .collect(),
        ..scalar("cpus", milli)
    };
    let offered = Offer {
        allocation_info: Some(AllocationInfo {
            role: Some("eng/ci".into()),
        }),
        resources: vec![
            of(1000, &[]),
            of(2000, &[("eng", Type::Static)]),
            of(3000, &[("eng", Type::Static), ("eng/ci", Type::Dynamic)]),
            of(9000, &[("eng/qa", Type::Dynamic)]),
            of(9000, &[("other", Type::Static)]),
        ],
        ..offer("a", 0, 0, 0)
    };
    let ask = Ask::new("x", amount(5500, 0), rule);
    let (placement, _) = pass(&mut matcher, &[ask], std::slice::from_ref(&offered));
    let taken: Vec<(f64, usize)> = placement.bundles[0].tasks[0]
        .resources
        .iter()
        .map(|resource| (resource.scalar.unwrap().value, resource.reservations.len()))
        .collect();
    assert_eq!(taken, [(3.0, 2), (2.0, 1), (0.5, 0)]);
    let all = Ask::new("x", amount(6001, 0), rule);
    assert_eq!(placed(&pass(&mut matcher, &[all], &[offered]).0), [0; 0]);
}

#[test]
fn a_large_agent_that_may_be_taken_back_is_not_in_the_way_of_a_small_one() {
    let (mut matcher, rule) = matcher();
    let revocable = |name, cpus| Ask {
        revocable: true,
        ..Ask::new(name, amount(cpus, 10), rule)
    };
    let asks = [revocable("large", 3000), revocable("small", 1000)];
    let (placement, _) = pass(&mut matcher, &asks, &[offer("a", 0, 2000, 500)]);
    assert_eq!(placed(&placement), [1]);
}
