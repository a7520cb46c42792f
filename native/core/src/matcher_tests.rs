use super::*;
use mesos_wire::resource::AllocationInfo;
use mesos_wire::{AgentId, DurationInfo, OfferId, TimeInfo, Unavailability};
use proptest::prelude::*;

fn scalar(name: &str, milli: i64) -> Resource {
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

fn offer(agent: &str, number: usize, cpus_milli: i64, mem: i64) -> Offer {
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

fn text(name: &str, value: &str) -> Attribute {
    Attribute {
        name: name.to_owned(),
        r#type: value::Type::Text as i32,
        text: Some(value::Text {
            value: value.to_owned(),
        }),
        ..Attribute::default()
    }
}

static ANY: BTreeMap<String, String> = BTreeMap::new();

fn ask(cpus_milli: i64, mem: i64) -> Ask<'static> {
    Ask {
        cpus: Scalar::from_milli(cpus_milli),
        mem: Scalar::from_milli(mem * 1000),
        attributes: &ANY,
    }
}

fn nothing_used(_: &str) -> (Scalar, Scalar) {
    (Scalar::ZERO, Scalar::ZERO)
}

fn place(asks: &[Ask<'_>], offers: &[Offer]) -> Placement {
    Matcher::new("ci").place(asks, offers, nothing_used, 0)
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

#[test]
fn several_tasks_share_one_offer_until_it_is_full() {
    let placement = place(&[ask(300, 700); 5], &[offer("a", 0, 1000, 4096)]);
    assert_eq!(placed(&placement), [0, 1, 2]);
    assert_eq!(placement.bundles.len(), 1);
    let reasons: Vec<usize> = placement.reasons.iter().map(|r| r.0).collect();
    assert_eq!(reasons, [3, 4]);
    assert_eq!(
        placement.reasons[0].1.text,
        "fits, but agents that wait longer take the offered room first"
    );
}

#[test]
fn the_fullest_host_that_fits_is_filled_first() {
    let mut matcher = Matcher::new("ci");
    // Agent `a` is empty, on `b` we already use three of four CPUs.
    let used = |agent: &str| {
        if agent == "b" {
            (Scalar::from_milli(3000), Scalar::from_milli(3_000_000))
        } else {
            nothing_used("")
        }
    };
    let offers = [offer("a", 0, 4000, 4000), offer("b", 1, 1000, 1000)];
    let placement = matcher.place(&[ask(1000, 500)], &offers, used, 0);
    assert_eq!(placement.bundles[0].offers, [1]);
    assert_eq!(placement.unused, [0]);
}

#[test]
fn offers_of_one_agent_are_joined_where_one_is_not_enough() {
    let placement = place(
        &[ask(3000, 100)],
        &[
            offer("a", 0, 2000, 50),
            offer("b", 1, 2000, 500),
            offer("a", 2, 2000, 50),
        ],
    );
    assert_eq!(placement.bundles.len(), 1);
    assert_eq!(placement.bundles[0].offers, [0, 2]);
    assert_eq!(placement.unused, [1]);
}

#[test]
fn offers_of_different_agents_are_never_joined() {
    let placement = place(
        &[ask(3000, 100)],
        &[offer("a", 0, 2000, 500), offer("b", 1, 2000, 500)],
    );
    assert_eq!(placed(&placement), [0; 0]);
    assert_eq!(placement.unused, [0, 1]);
}

#[test]
fn a_request_larger_than_any_agent_says_so() {
    let placement = place(
        &[ask(8000, 100)],
        &[offer("a", 0, 4000, 500), offer("b", 1, 2000, 500)],
    );
    let reason = &placement.reasons[0].1;
    assert_eq!(
        reason.text,
        "needs 8 CPUs, largest agent has 4; no agent seen so far could ever hold it"
    );
    assert!(!reason.possible);
}

#[test]
fn a_request_that_only_waits_for_room_says_what_is_offered() {
    let mut matcher = Matcher::new("ci");
    let used = |_: &str| (Scalar::from_milli(6000), Scalar::ZERO);
    let placement = matcher.place(&[ask(8000, 100)], &[offer("a", 0, 4000, 500)], used, 0);
    let reason = &placement.reasons[0].1;
    assert_eq!(
        (reason.text.as_str(), reason.possible),
        ("needs 8 CPUs, largest offer has 4", true)
    );
}

#[test]
fn capacity_is_remembered_until_the_agent_is_forgotten() {
    let mut matcher = Matcher::new("ci");
    assert!(matcher.impossible(&ask(8000, 1)).is_none(), "nothing seen yet");
    matcher.place(&[], &[offer("a", 0, 9000, 500)], nothing_used, 0);
    matcher.place(&[], &[offer("a", 1, 100, 500)], nothing_used, 0);
    assert!(matcher.impossible(&ask(8000, 1)).is_none());
    matcher.place(&[], &[offer("b", 1, 100, 500)], nothing_used, 0);
    matcher.forget("a");
    assert!(matcher.impossible(&ask(8000, 1)).is_some());
}

#[test]
fn attributes_must_all_match() {
    let wanted = BTreeMap::from([
        ("os".to_owned(), "linux".to_owned()),
        ("n".to_owned(), "5".to_owned()),
    ]);
    let mut both = offer("a", 0, 1000, 500);
    both.attributes = vec![text("os", "linux"), text("n", "5")];
    let mut one = offer("b", 1, 1000, 500);
    one.attributes = vec![text("os", "linux"), text("n", "6")];
    let asks = [Ask {
        attributes: &wanted,
        ..ask(100, 10)
    }];
    let placement = place(&asks, &[one.clone(), both]);
    assert_eq!(placement.bundles[0].offers, [1]);
    let reason = &place(&asks, &[one]).reasons[0].1;
    assert_eq!(
        reason.text,
        "needs the attributes n=5, os=linux, no agent has them; no agent seen so far could ever hold it"
    );
}

#[test]
fn an_agent_under_maintenance_is_left_alone() {
    let mut window = offer("a", 0, 1000, 500);
    window.unavailability = Some(Unavailability {
        start: TimeInfo {
            nanoseconds: 5_000_000,
        },
        duration: Some(DurationInfo {
            nanoseconds: 10_000_000,
        }),
    });
    let at = |unix_millis| {
        placed(&Matcher::new("ci").place(
            &[ask(100, 10)],
            std::slice::from_ref(&window),
            nothing_used,
            unix_millis,
        ))
        .len()
    };
    assert_eq!((at(4), at(5), at(14), at(15)), (1, 0, 0, 1));
    let placement = Matcher::new("ci").place(&[ask(100, 10)], &[window], nothing_used, 5);
    assert_eq!(placement.unused, [0]);
    assert_eq!(
        placement.reasons[0].1.text,
        "waits for an agent that is not under maintenance"
    );
}

fn amounts() -> impl Strategy<Value = (i64, i64)> {
    (prop_oneof![1..50i64, 100..4000i64], 1..4096i64)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_given_twice_everything_fits_and_nothing_placeable_waits(
        sizes in prop::collection::vec(amounts(), 0..25),
        hosts in prop::collection::vec((0..6u8, amounts()), 0..15),
    ) {
        let asks: Vec<Ask<'_>> = sizes.iter().map(|(cpus, mem)| ask(*cpus, *mem)).collect();
        let offers: Vec<Offer> = hosts
            .iter()
            .enumerate()
            .map(|(n, (agent, (cpus, mem)))| offer(&format!("agent-{agent}"), n, *cpus, *mem))
            .collect();
        let placement = place(&asks, &offers);

        // Every offer is answered once, every ask once.
        let mut answered: Vec<usize> = placement.unused.clone();
        answered.extend(placement.bundles.iter().flat_map(|b| b.offers.iter().copied()));
        answered.sort_unstable();
        prop_assert_eq!(answered, (0..offers.len()).collect::<Vec<_>>());
        let mut decided: Vec<usize> = placed(&placement);
        decided.extend(placement.reasons.iter().map(|r| r.0));
        decided.sort_unstable();
        prop_assert_eq!(decided, (0..asks.len()).collect::<Vec<_>>());

        let milli = |resources: &[Resource], name: &str| -> i64 {
            resources.iter().filter(|r| r.name == name).map(|r| (r.scalar.unwrap().value * 1000.0).round() as i64).sum()
        };
        let mut left: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
        for offer in &offers {
            let entry = left.entry(&offer.agent_id.value).or_default();
            entry.0 += milli(&offer.resources, "cpus");
            entry.1 += milli(&offer.resources, "mem");
        }
        for bundle in &placement.bundles {
            let agents: BTreeSet<&str> = bundle.offers.iter().map(|o| offers[*o].agent_id.value.as_str()).collect();
            prop_assert_eq!(agents.len(), 1);
            let mut room = (0, 0);
            for offer in &bundle.offers {
                room.0 += milli(&offers[*offer].resources, "cpus");
                room.1 += milli(&offers[*offer].resources, "mem");
            }
            for task in &bundle.tasks {
                let got = (milli(&task.resources, "cpus"), milli(&task.resources, "mem"));
                prop_assert_eq!(got, (asks[task.ask].cpus.as_milli(), asks[task.ask].mem.as_milli()));
                room = (room.0 - got.0, room.1 - got.1);
                let entry = left.get_mut(agents.first().unwrap()).unwrap();
                *entry = (entry.0 - got.0, entry.1 - got.1);
            }
            prop_assert!(room.0 >= 0 && room.1 >= 0, "{:?}", room);
        }
        for (index, _) in &placement.reasons {
            let need = (asks[*index].cpus.as_milli(), asks[*index].mem.as_milli());
            for (agent, room) in &left {
                prop_assert!(room.0 < need.0 || room.1 < need.1, "ask {} would fit on {}", index, agent);
            }
        }
    }
}
