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

static HOME: DomainFilter = DomainFilter::Home;

fn ask(cpus_milli: i64, mem: i64) -> Ask<'static> {
    Ask {
        amount: Amount {
            cpus: Scalar::from_milli(cpus_milli),
            mem: Scalar::from_milli(mem * 1000),
            disk: Scalar::ZERO,
        },
        ports: &[],
        attributes: &ANY,
        domain: &HOME,
    }
}

fn held(cpus_milli: i64, mem_milli: i64) -> Holding {
    Holding {
        amount: Amount {
            cpus: Scalar::from_milli(cpus_milli),
            mem: Scalar::from_milli(mem_milli),
            disk: Scalar::ZERO,
        },
        ports: Vec::new(),
    }
}

fn nothing_used(_: &str) -> Holding {
    Holding::default()
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
            held(3000, 3_000_000)
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
    let used = |_: &str| held(6000, 0);
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

fn with_disk(mut offer: Offer, mb: i64) -> Offer {
    offer.resources.push(scalar("disk", mb * 1000));
    offer
}

fn reason(placement: &Placement) -> &str {
    &placement.reasons[0].1.text
}

#[test]
fn disk_must_be_there_and_its_lack_is_named() {
    let mut wanting = ask(100, 10);
    wanting.amount.disk = Scalar::from_milli(500_000);
    let offers = [
        with_disk(offer("a", 0, 1000, 500), 400),
        with_disk(offer("b", 1, 1000, 500), 900),
    ];
    let placement = place(&[wanting, wanting], &offers);
    assert_eq!(placement.bundles[0].offers, [1]);
    assert_eq!(
        reason(&placement),
        "fits, but agents that wait longer take the offered room first"
    );
    assert_eq!(
        reason(&place(&[wanting], &offers[..1])),
        "needs 500 MB of disk, largest agent has 400; no agent seen so far could ever hold it"
    );
}

#[test]
fn a_fixed_port_is_given_once_and_the_next_waits_with_a_reason() {
    let fixed = Ask {
        ports: &[Some(5900)],
        ..ask(100, 10)
    };
    let offers = [with_ports(offer("a", 0, 1000, 500), 5900, 5901)];
    let mut matcher = Matcher::new("ci");
    let placement = matcher.place(&[fixed, fixed], &offers, nothing_used, 0);
    assert_eq!(placement.bundles[0].tasks[0].ports, [5900]);
    assert_eq!(placed(&placement), [0]);
    let used = |_: &str| Holding {
        ports: vec![5900],
        ..held(100, 10_000)
    };
    let rest = [with_ports(offer("a", 1, 900, 490), 5901, 5901)];
    let placement = matcher.place(&[fixed], &rest, used, 0);
    assert_eq!(
        (reason(&placement), placement.reasons[0].1.possible),
        (
            "needs port 5900 of the host, no offer with enough CPUs and memory has it free",
            true
        )
    );
    let nowhere = Ask {
        ports: &[Some(80)],
        ..ask(100, 10)
    };
    assert!(
        matcher
            .impossible(&nowhere)
            .is_some_and(|reason| reason.text.contains("port 80"))
    );
}

#[test]
fn any_ports_are_different_ones_until_there_are_no_more() {
    let two = Ask {
        ports: &[None, None],
        ..ask(100, 10)
    };
    let offers = [with_ports(offer("a", 0, 1000, 500), 31_000, 31_004)];
    let mut matcher = Matcher::new("ci");
    let placement = matcher.place(&[two; 3], &offers, nothing_used, 0);
    let ports: Vec<&[u32]> = placement.bundles[0]
        .tasks
        .iter()
        .map(|task| task.ports.as_slice())
        .collect();
    assert_eq!(ports, [[31_000, 31_001], [31_002, 31_003]]);
    let placement = matcher.place(&[two], &[offer("a", 1, 1000, 500)], nothing_used, 0);
    assert_eq!(
        reason(&placement),
        "needs 2 ports of the host, the offer with enough CPUs and memory that has the most has 0"
    );
}

#[test]
fn ports_of_two_offers_of_one_agent_are_joined() {
    let both = Ask {
        ports: &[Some(1), Some(2)],
        ..ask(100, 10)
    };
    let offers = [
        with_ports(offer("a", 0, 1000, 500), 1, 1),
        with_ports(offer("a", 1, 1000, 500), 2, 2),
    ];
    assert_eq!(place(&[both], &offers).bundles[0].offers, [0, 1]);
    let offers = [
        with_ports(offer("a", 0, 1000, 500), 20, 21),
        with_ports(offer("b", 1, 1000, 500), 22, 23),
    ];
    let apart = Ask {
        ports: &[Some(21), Some(22)],
        ..both
    };
    let mut matcher = Matcher::new("ci");
    assert_eq!(
        reason(&matcher.place(&[apart], &offers, nothing_used, 0)),
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
    let mut matcher = Matcher::new("ci");
    matcher.set_home(Some(&domain("west", "z")));
    let mut hosts = |filter: &DomainFilter| {
        let asks = [Ask {
            domain: filter,
            ..ask(600, 10)
        }; 3];
        let placement = matcher.place(&asks, &offers, nothing_used, 0);
        let used: Vec<usize> = placement
            .bundles
            .iter()
            .flat_map(|bundle| bundle.offers.clone())
            .collect();
        (
            used,
            placement.reasons.first().map(|reason| reason.1.text.clone()),
        )
    };
    assert_eq!(hosts(&DomainFilter::Any), (vec![0, 1, 2], None));
    assert_eq!(hosts(&DomainFilter::Home).0, [1, 2]);
    assert_eq!(hosts(&of("east", None)).0, [0]);
    assert_eq!(hosts(&of("east", Some("a"))).0, [0]);
    let (none, why) = hosts(&of("east", Some("b")));
    assert_eq!(none, [0; 0]);
    assert_eq!(
        why.as_deref(),
        Some(
            "needs an agent in the region east, zone b, no agent is from there; no agent seen so far could ever hold it"
        )
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
                prop_assert_eq!(got, (asks[task.ask].amount.cpus.as_milli(), asks[task.ask].amount.mem.as_milli()));
                room = (room.0 - got.0, room.1 - got.1);
                let entry = left.get_mut(agents.first().unwrap()).unwrap();
                *entry = (entry.0 - got.0, entry.1 - got.1);
            }
            prop_assert!(room.0 >= 0 && room.1 >= 0, "{:?}", room);
        }
        for (index, _) in &placement.reasons {
            let need = (asks[*index].amount.cpus.as_milli(), asks[*index].amount.mem.as_milli());
            for (agent, room) in &left {
                prop_assert!(room.0 < need.0 || room.1 < need.1, "ask {} would fit on {}", index, agent);
            }
        }
    }
}
