//! Resources beside CPUs and memory, and whose they are.

use super::*;

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
