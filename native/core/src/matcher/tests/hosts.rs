//! Which hosts an agent may be on, and which of them it is given: attributes, maintenance, places, company.

use super::*;

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
