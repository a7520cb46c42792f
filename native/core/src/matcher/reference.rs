//! Passes over small clusters, compared with what is slow and obviously right.

use super::tests::{amount, nothing_used, offer, scalar, take_in, text};
use super::*;
use mesos_wire::{Attribute, Offer, value};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// An agent of a small cluster: its rack, if it has one, and its cores.
type Host = (Option<u8>, i64);

/// Agent, thousandths of CPUs, MB, first port and number of ports, whether the CPUs are reserved for us.
type Offered = (usize, i64, i64, u32, u32, bool);

/// Thousandths of CPUs, MB, ports, number of the constraint, priority, whether it has waited long.
type Wanted = (i64, i64, Vec<Option<u32>>, usize, i32);

/// Whether a host will do, in the plainest way.
type Says = fn(&Host) -> bool;

/// Lines and what they say.
const LINES: [(&str, Says); 9] = [
    ("", |_| true),
    ("rack = a", |host| host.0 == Some(0)),
    ("rack != a", |host| host.0 != Some(0)),
    ("rack in b, c", |host| matches!(host.0, Some(1 | 2))),
    ("rack matches [ab]", |host| matches!(host.0, Some(0 | 1))),
    ("cores at least 4", |host| host.1 >= 4),
    ("cores at most 4\nrack not in c", |host| {
        host.1 <= 4 && host.0 != Some(2)
    }),
    ("unique per hostname", |_| true),
    ("at most 2 per rack", |host| host.0.is_some()),
];

fn offers_of(hosts: &[Host], offered: &[Offered]) -> Vec<Offer> {
    offered
        .iter()
        .enumerate()
        .map(|(number, (agent, cpus, mem, first, count, reserved))| {
            let (rack, cores) = hosts[agent % hosts.len()];
            let mut made = offer(&format!("h{}", agent % hosts.len()), number, *cpus, *mem);
            made.attributes = rack
                .map(|rack| text("rack", ["a", "b", "c"][usize::from(rack)]))
                .into_iter()
                .chain([Attribute {
                    name: "cores".to_owned(),
                    r#type: value::Type::Scalar as i32,
                    scalar: Some(value::Scalar { value: cores as f64 }),
                    ..Attribute::default()
                }])
                .collect();
            if *reserved {
                made.resources[0].reservations = vec![mesos_wire::resource::ReservationInfo {
                    role: Some("ci".to_owned()),
                    ..Default::default()
                }];
            }
            if *count > 0 {
                // ports of one agent are never offered twice at a time
                let first = 1000 * number as u32 + first;
                made.resources.push(Resource {
                    r#type: value::Type::Ranges as i32,
                    scalar: None,
                    ranges: Some(value::Ranges {
                        range: vec![value::Range {
                            begin: u64::from(first),
                            end: u64::from(first + count - 1),
                        }],
                    }),
                    ..scalar("ports", 0)
                });
            }
            made
        })
        .collect()
}

fn hosts() -> impl Strategy<Value = Vec<Host>> {
    prop::collection::vec((prop::option::of(0..3u8), 1..9i64), 1..6)
}

fn offered() -> impl Strategy<Value = Vec<Offered>> {
    let one = (0..6usize, 0..8000i64, 0..4000i64, 0..3u32, 0..4u32, any::<bool>());
    prop::collection::vec(one, 0..14)
}

fn wanted() -> impl Strategy<Value = Vec<Wanted>> {
    let port = prop_oneof![
        Just(None),
        (0..10u32, 0..4u32).prop_map(|(offer, port)| Some(1000 * offer + port))
    ];
    let ports = prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(port, 1..3)];
    let size = prop_oneof![1..50i64, 100..4000i64];
    prop::collection::vec((size, 1..3000i64, ports, 0..LINES.len(), 0..2i32), 0..20)
}

/// What is left, counted by hand.
#[derive(Clone, Default)]
struct Left {
    cpus: i64,
    mem: i64,
    ports: BTreeSet<u64>,
}

impl Left {
    fn add(&mut self, resource: &Resource, sign: i64) -> Result<(), TestCaseError> {
        let milli = resource
            .scalar
            .as_ref()
            .map_or(0, |scalar| (scalar.value * 1000.0).round() as i64);
        match resource.name.as_str() {
            "cpus" => self.cpus += sign * milli,
            "mem" => self.mem += sign * milli,
            _ => {
                for range in resource.ranges.iter().flat_map(|ranges| &ranges.range) {
                    for port in range.begin..=range.end {
                        let changed = if sign > 0 {
                            self.ports.insert(port)
                        } else {
                            self.ports.remove(&port)
                        };
                        prop_assert!(changed, "port {} twice", port);
                    }
                }
            }
        }
        Ok(())
    }

    fn holds(&self, wanted: &Wanted) -> bool {
        let named: BTreeSet<u64> = wanted.2.iter().flatten().map(|port| u64::from(*port)).collect();
        let any = wanted.2.iter().filter(|port| port.is_none()).count();
        self.cpus >= wanted.0
            && self.mem >= wanted.1 * 1000
            && named.is_subset(&self.ports)
            && named.len() + any <= self.ports.len()
    }
}

/// How many of a constraint are on a host, and on its rack.
fn full(line: usize, host: usize, hosts: &[Host], placed: &[(usize, usize)]) -> bool {
    let of_kind = placed.iter().filter(|(kind, _)| *kind == line);
    match LINES[line].0 {
        "unique per hostname" => of_kind.filter(|(_, other)| *other == host).count() >= 1,
        "at most 2 per rack" => {
            of_kind
                .filter(|(_, other)| hosts[*other].0 == hosts[host].0)
                .count()
                >= 2
        }
        _ => false,
    }
}

fn run(
    matcher: &mut Matcher,
    policy: Policy,
    offers: Vec<Offer>,
    wanted: &[Wanted],
) -> (Placement, Vec<OfferId>) {
    matcher.set_policy(policy);
    let names: Vec<String> = (0..wanted.len()).map(|number| format!("ask-{number}")).collect();
    let asks: Vec<Ask<'_>> = wanted
        .iter()
        .zip(&names)
        .map(|((cpus, mem, ports, line, priority), name)| {
            let constraints = Constraints::default().and(LINES[*line].0).unwrap();
            let rule = matcher.rule(LINES[*line].0, &constraints);
            Ask {
                ports,
                priority: *priority,
                ..Ask::new(name, amount(*cpus, *mem), rule)
            }
        })
        .collect();
    take_in(matcher, &offers, nothing_used);
    let placement = matcher.pass(&asks, 0, &[]);
    let unused = matcher.give_back();
    (placement, unused)
}

/// Ask and host of each task.
fn where_to(placement: &Placement) -> BTreeMap<usize, String> {
    placement
        .bundles
        .iter()
        .flat_map(|bundle| {
            bundle
                .tasks
                .iter()
                .map(|task| (task.ask, bundle.hostname.clone()))
        })
        .collect()
}

fn policies() -> impl Strategy<Value = Policy> {
    prop_oneof![Just(Policy::Pack), Just(Policy::Spread), Just(Policy::Balanced)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: super::reference_kinds::cases(600), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_given_twice_all_that_was_asked_for_holds_and_nothing_placeable_waits(
        hosts in hosts(), offered in offered(), wanted in wanted(), policy in policies(),
    ) {
        let offers = offers_of(&hosts, &offered);
        let mut matcher = Matcher::new("ci");
        let (placement, unused) = run(&mut matcher, policy, offers.clone(), &wanted);

        // Every offer is answered once, every ask once.
        let mut answered: Vec<&str> = unused.iter().map(|id| id.value.as_str()).collect();
        answered.extend(placement.bundles.iter().flat_map(|bundle| &bundle.offers).map(|id| id.value.as_str()));
        answered.sort_unstable();
        let mut all: Vec<&str> = offers.iter().map(|offer| offer.id.value.as_str()).collect();
        all.sort_unstable();
        prop_assert_eq!(answered, all);
        let mut decided: Vec<usize> = where_to(&placement).into_keys().collect();
        decided.extend(placement.reasons.iter().map(|reason| reason.0));
        decided.sort_unstable();
        prop_assert_eq!(decided, (0..wanted.len()).collect::<Vec<_>>());

        let number_of = |host: &str| host[1..host.find('.').unwrap_or(host.len())].parse::<usize>().unwrap();
        let mut left: Vec<Left> = vec![Left::default(); hosts.len()];
        for offer in &offers {
            for resource in &offer.resources {
                left[number_of(&offer.agent_id.value)].add(resource, 1)?;
            }
        }
        let mut placed = Vec::new();
        for bundle in &placement.bundles {
            let host = number_of(&bundle.hostname);
            // What the bundle's own offers have is enough, part by part.
            let mut parts: Vec<(Resource, Left)> = Vec::new();
            let used = offers.iter().filter(|offer| bundle.offers.contains(&offer.id));
            for resource in used.flat_map(|offer| &offer.resources) {
                let bare = Resource { scalar: None, ranges: None, ..resource.clone() };
                let at = parts.iter().position(|(other, _)| *other == bare).unwrap_or_else(|| {
                    parts.push((bare, Left::default()));
                    parts.len() - 1
                });
                parts[at].1.add(resource, 1)?;
            }
            for task in &bundle.tasks {
                let (cpus, mem, ports, line, _) = &wanted[task.ask];
                let mut got = Left::default();
                for resource in &task.resources {
                    got.add(resource, 1)?;
                    left[host].add(resource, -1)?;
                    let bare = Resource { scalar: None, ranges: None, ..resource.clone() };
                    let at = parts.iter().position(|(other, _)| *other == bare);
                    let Some(at) = at else {
                        return Err(TestCaseError::fail(format!("{resource:?} was not offered")));
                    };
                    parts[at].1.add(resource, -1)?;
                }
                prop_assert_eq!((got.cpus, got.mem), (*cpus, *mem * 1000));
                let given: BTreeSet<u64> = task.ports.iter().map(|port| u64::from(*port)).collect();
                prop_assert_eq!(&given, &got.ports);
                prop_assert_eq!(task.ports.len(), ports.len());
                for (given, asked) in task.ports.iter().zip(ports) {
                    prop_assert!(asked.is_none_or(|asked| asked == *given));
                }
                prop_assert!(LINES[*line].1(&hosts[host]), "{} on {:?}", LINES[*line].0, hosts[host]);
                prop_assert!(!full(*line, host, &hosts, &placed), "one too many: {}", LINES[*line].0);
                placed.push((*line, host));
            }
            for (resource, left) in &parts {
                prop_assert!(left.cpus >= 0 && left.mem >= 0, "too much of {resource:?}");
            }
        }
        for (index, _) in &placement.reasons {
            let line = wanted[*index].3;
            for (host, room) in left.iter().enumerate() {
                let would = room.holds(&wanted[*index])
                    && LINES[line].1(&hosts[host])
                    && !full(line, host, &hosts, &placed);
                prop_assert!(!would, "ask {index} would fit on h{host}");
            }
        }
    }

    #[test]
    fn the_order_of_offers_and_what_was_before_do_not_matter(
        hosts in hosts(), offered in offered(), wanted in wanted(), before in wanted(), policy in policies(),
        seed in any::<u64>(),
    ) {
        let offers = offers_of(&hosts, &offered);
        let mut matcher = Matcher::new("ci");
        let first = run(&mut matcher, policy, offers.clone(), &wanted).0;
        run(&mut matcher, policy, offers.clone(), &before);
        let again = run(&mut matcher, policy, offers.clone(), &wanted).0;
        prop_assert_eq!(where_to(&first), where_to(&again));
        prop_assert_eq!(&first.reasons, &again.reasons);
        let mut shuffled = offers;
        for at in (1..shuffled.len()).rev() {
            shuffled.swap(at, (seed.rotate_left(at as u32) % (at as u64 + 1)) as usize);
        }
        let other = run(&mut Matcher::new("ci"), policy, shuffled, &wanted).0;
        prop_assert_eq!(where_to(&first), where_to(&other));
    }
}
