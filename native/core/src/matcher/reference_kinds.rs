//! Passes over small clusters with every kind of resource and several roles, compared with an account by hand: GPUs, disk,
//! sets, what is reserved for our roles, for those above them and for others, what may be taken back, volumes that are none of
//! our business, maintenance, and tasks that run already.

use super::tests::{amount, offer, scalar, take_in, text};
use super::*;
use crate::resources::{Other, Share};
use crate::scalar::Scalar;
use mesos_wire::resource::{AllocationInfo, ReservationInfo};
use mesos_wire::{DurationInfo, Offer, TimeInfo, Unavailability, value};
use proptest::prelude::*;

/// The roles of the cloud; the first one has a role above it.
const ROLES: [&str; 2] = ["eng/ci", "qa"];
/// Whom a resource may be reserved for, by stack; the last of them is who may use it.
const OWNERS: [&[&str]; 6] = [&[], &["eng/ci"], &["eng"], &["eng", "eng/ci"], &["qa"], &["ops"]];
const NAMES: [&str; 6] = ["cpus", "mem", "disk", "gpus", "licenses", "fpga"];
const ITEMS: [&str; 4] = ["a", "b", "c", "d"];
const NOW: i64 = 1_000_000;

/// A part of an offer.
#[derive(Debug, Clone)]
struct Part {
    /// Of [`NAMES`].
    name: usize,
    /// In thousandths; of a set so many items.
    milli: i64,
    /// Of [`OWNERS`].
    owner: usize,
    revocable: bool,
    /// A volume, which no task of ours may touch.
    volume: bool,
}

#[derive(Debug, Clone)]
struct Offered {
    agent: usize,
    /// Of [`ROLES`], or one that is not ours.
    role: usize,
    parts: Vec<Part>,
    /// Maintenance begins in so many milliseconds, and takes a hundred.
    window: Option<i64>,
}

#[derive(Debug, Clone)]
struct Wanted {
    /// By [`NAMES`]: thousandths.
    need: [i64; 4],
    licenses: i64,
    items: usize,
    named: Vec<usize>,
    revocable: bool,
    /// Of [`LINES`].
    line: usize,
    /// It lives so many milliseconds.
    life: i64,
}

const LINES: [&str; 3] = ["", "unique per hostname", "at most 2 per rack"];

fn part() -> impl Strategy<Value = Part> {
    let size = prop_oneof![0..4000i64, (0..5i64).prop_map(|whole| whole * 1000)];
    let rare = || prop::bool::weighted(0.15);
    (0..NAMES.len(), size, 0..OWNERS.len(), rare(), rare()).prop_map(
        |(name, milli, owner, revocable, volume)| Part {
            name,
            milli,
            owner,
            revocable,
            volume,
        },
    )
}

fn offered() -> impl Strategy<Value = Vec<Offered>> {
    let window = prop::option::weighted(0.2, -150..150i64);
    let one = (0..4usize, 0..3usize, prop::collection::vec(part(), 1..9), window);
    prop::collection::vec(one, 0..8).prop_map(|list| {
        list.into_iter()
            .map(|(agent, role, parts, window)| Offered {
                agent,
                role,
                parts,
                window,
            })
            .collect()
    })
}

fn wanted() -> impl Strategy<Value = Vec<Wanted>> {
    let kinds = (
        1..3000i64,
        0..2000i64,
        0..1000i64,
        prop_oneof![4 => Just(0i64), 1 => 1..3i64],
    );
    let others = (
        prop_oneof![3 => Just(0i64), 1 => 1..2500i64],
        prop_oneof![3 => Just(0usize), 1 => 1..3usize],
        prop_oneof![3 => Just(Vec::new()), 1 => prop::sample::subsequence(vec![0usize, 1, 2, 3], 1..3)],
    );
    let rest = (prop::bool::weighted(0.3), 0..LINES.len(), 0..200i64);
    prop::collection::vec((kinds, others, rest), 0..14).prop_map(|list| {
        list.into_iter()
            .map(
                |((cpus, mem, disk, gpus), (licenses, items, named), (revocable, line, life))| Wanted {
                    need: [cpus, mem, disk, gpus * 1000],
                    licenses,
                    // Of one set either a number or names.
                    items: if named.is_empty() { items } else { 0 },
                    named,
                    revocable,
                    line,
                    life,
                },
            )
            .collect()
    })
}

fn resource(part: &Part, role: &str, first_item: &mut usize) -> Resource {
    let mut made = Resource {
        allocation_info: Some(AllocationInfo {
            role: Some(role.to_owned()),
        }),
        reservations: OWNERS[part.owner]
            .iter()
            .map(|owner| ReservationInfo {
                role: Some((*owner).to_owned()),
                ..ReservationInfo::default()
            })
            .collect(),
        revocable: part.revocable.then(Default::default),
        disk: part.volume.then(Default::default),
        ..scalar(NAMES[part.name], part.milli)
    };
    if NAMES[part.name] == "fpga" {
        // An item of an agent is offered once at a time.
        let count = usize::try_from(part.milli / 1000)
            .unwrap()
            .min(ITEMS.len() - *first_item);
        let item = ITEMS[*first_item..*first_item + count]
            .iter()
            .map(|item| (*item).to_owned());
        made.set = Some(value::Set { item: item.collect() });
        made.scalar = None;
        made.r#type = value::Type::Set as i32;
        *first_item += count;
    }
    made
}

fn offers_of(offered: &[Offered]) -> Vec<Offer> {
    // What is said of an agent is the same in all its offers.
    let window_of = |agent: usize| {
        let first = offered.iter().find(|offered| offered.agent == agent);
        first.and_then(|offered| offered.window)
    };
    let mut items = [0; 4];
    offered
        .iter()
        .enumerate()
        .map(|(number, offered)| {
            let role = ROLES.get(offered.role).copied().unwrap_or("ops");
            let mut made = offer(&format!("h{}", offered.agent), number, 0, 0);
            made.attributes = vec![text("rack", ["r1", "r2"][offered.agent % 2])];
            made.allocation_info = Some(AllocationInfo {
                role: Some(role.to_owned()),
            });
            made.resources = offered
                .parts
                .iter()
                .map(|part| resource(part, role, &mut items[offered.agent]))
                .collect();
            made.unavailability = window_of(offered.agent).map(|begin| Unavailability {
                start: TimeInfo {
                    nanoseconds: (NOW + begin) * 1_000_000,
                },
                duration: Some(DurationInfo {
                    nanoseconds: 100 * 1_000_000,
                }),
            });
            made
        })
        .collect()
}

/// Who may use it, in the plainest way.
fn is_for(resource: &Resource, role: &str) -> bool {
    let owner = resource.reservations.last().and_then(|last| last.role.as_deref());
    let for_us = match owner {
        None => true,
        Some(owner) => owner == role || role.starts_with(&format!("{owner}/")),
    };
    for_us && resource.disk.is_none()
}

/// What is left of an agent for one role, by what it is.
#[derive(Debug, Clone, Default)]
struct Left {
    /// By name and whether it may be taken back, in thousandths.
    milli: BTreeMap<(String, bool), i64>,
    items: Vec<String>,
}

impl Left {
    fn add(&mut self, resource: &Resource, sign: i64) -> Result<(), TestCaseError> {
        if let Some(set) = &resource.set {
            for item in &set.item {
                match self.items.iter().position(|own| own == item) {
                    Some(at) if sign < 0 => drop(self.items.remove(at)),
                    None if sign > 0 => self.items.push(item.clone()),
                    _ => return Err(TestCaseError::fail(format!("item {item} twice"))),
                }
            }
            return Ok(());
        }
        let value = resource.scalar.as_ref().map_or(0.0, |scalar| scalar.value);
        let mut milli = (value * 1000.0).round() as i64;
        if resource.name == "gpus" && sign > 0 {
            // Only whole ones can be given.
            milli -= milli % 1000;
        }
        *self
            .milli
            .entry((resource.name.clone(), resource.revocable.is_some()))
            .or_default() += sign * milli;
        Ok(())
    }

    fn of(&self, name: &str, revocable: bool) -> i64 {
        self.milli
            .get(&(name.to_owned(), revocable))
            .copied()
            .unwrap_or(0)
    }

    fn holds(&self, wanted: &Wanted) -> bool {
        let kinds = NAMES.iter().zip(wanted.need).all(|(name, need)| {
            self.of(name, false) >= need || (wanted.revocable && self.of(name, true) >= need)
        });
        kinds
            && self.of("licenses", false) >= wanted.licenses
            && self.items.len() >= wanted.items
            && wanted
                .named
                .iter()
                .all(|item| self.items.iter().any(|own| own == ITEMS[*item]))
    }
}

fn others_of(wanted: &Wanted) -> Vec<Other> {
    let other = |name: &str, share| Other {
        name: name.to_owned(),
        share,
    };
    let mut others = Vec::new();
    if wanted.licenses > 0 {
        others.push(other(
            "licenses",
            Share::Count(Scalar::from_milli(wanted.licenses)),
        ));
    }
    if wanted.items > 0 {
        let count = i64::try_from(wanted.items).unwrap() * 1000;
        others.push(other("fpga", Share::Count(Scalar::from_milli(count))));
    }
    if !wanted.named.is_empty() {
        let items = wanted.named.iter().map(|item| ITEMS[*item].to_owned());
        others.push(other("fpga", Share::Items(items.collect())));
    }
    others
}

/// How many of the line's kind may still go to the agent.
fn is_full(line: usize, agent: usize, placed: &[(usize, usize)]) -> bool {
    let of_line = placed.iter().filter(|(its, _)| *its == line);
    match line {
        1 => of_line.filter(|(_, other)| *other == agent).count() >= 1,
        2 => of_line.filter(|(_, other)| other % 2 == agent % 2).count() >= 2,
        _ => false,
    }
}

fn is_away(window: Option<i64>, life: i64) -> bool {
    window.is_some_and(|begin| begin <= life && 0 < begin + 100)
}

/// `MATCHER_CASES` for a deep run.
pub(super) fn cases(usual: u32) -> u32 {
    let deep = std::env::var("MATCHER_CASES").ok();
    deep.and_then(|cases| cases.parse().ok()).unwrap_or(usual)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(500), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_kind_of_resource_is_given_once_and_to_whom_it_may_be_given(
        offered in offered(), wanted in wanted(), running in prop::collection::vec((1..LINES.len(), 0..4usize), 0..4),
    ) {
        let offers = offers_of(&offered);
        let mut matcher = Matcher::new(ROLES[0]);
        matcher.set_roles(ROLES);
        let names: Vec<String> = (0..wanted.len()).map(|number| format!("ask-{number}")).collect();
        let others: Vec<Vec<Other>> = wanted.iter().map(others_of).collect();
        let asks: Vec<Ask<'_>> = wanted
            .iter()
            .zip(&names)
            .zip(&others)
            .map(|((wanted, name), others)| {
                let rule = matcher.rule(LINES[wanted.line], &Constraints::default().and(LINES[wanted.line]).unwrap());
                let [cpus, mem, disk, gpus] = wanted.need;
                let mut amount = amount(cpus, 0);
                amount.mem = Scalar::from_milli(mem);
                amount.disk = Scalar::from_milli(disk);
                amount.gpus = Scalar::from_milli(gpus);
                Ask { others, revocable: wanted.revocable, until: NOW + wanted.life, ..Ask::new(name, amount, rule) }
            })
            .collect();
        let spreads: Vec<BTreeMap<String, String>> = running
            .iter()
            .map(|(line, agent)| match line {
                1 => BTreeMap::from([("hostname".to_owned(), format!("h{agent}.example"))]),
                _ => BTreeMap::from([("rack".to_owned(), ["r1", "r2"][agent % 2].to_owned())]),
            })
            .collect();
        let hostnames: Vec<String> = running.iter().map(|(_, agent)| format!("h{agent}.example")).collect();
        let peers: Vec<Peer<'_>> = running
            .iter()
            .zip(&hostnames)
            .zip(&spreads)
            .map(|(((line, _), hostname), spread)| Peer { group: LINES[*line], hostname, spread })
            .collect();
        take_in(&mut matcher, &offers, |_| None);
        let placement = matcher.pass(&asks, NOW, &peers);

        // An agent as each role sees it.
        let number_of = |host: &str| host[1..host.find('.').unwrap_or(host.len())].parse::<usize>().unwrap();
        let mut left: BTreeMap<(usize, usize), Left> = BTreeMap::new();
        for (offer, offered) in offers.iter().zip(&offered) {
            let Some(role) = ROLES.get(offered.role) else { continue };
            let seat = left.entry((offered.agent, offered.role)).or_default();
            for resource in offer.resources.iter().filter(|resource| is_for(resource, role)) {
                // A set that may be taken back is of no use.
                if resource.revocable.is_none() || resource.set.is_none() {
                    seat.add(resource, 1)?;
                }
            }
        }
        let window_of = |agent: usize| offered.iter().find(|one| one.agent == agent).and_then(|one| one.window);
        let mut placed: Vec<(usize, usize)> = running.clone();
        let mut decided: Vec<usize> = placement.reasons.iter().map(|(index, _)| *index).collect();
        for bundle in &placement.bundles {
            let used: Vec<usize> = (0..offers.len()).filter(|at| bundle.offers.contains(&offers[*at].id)).collect();
            prop_assert_eq!(used.len(), bundle.offers.len());
            let (agent, role) = (offered[used[0]].agent, offered[used[0]].role);
            prop_assert_eq!(number_of(&bundle.hostname), agent);
            prop_assert!(role < ROLES.len(), "an offer to a role that is not ours");
            prop_assert!(used.iter().all(|at| (offered[*at].agent, offered[*at].role) == (agent, role)));
            // What these offers have, part by part.
            let mut parts: Vec<(Resource, Left)> = Vec::new();
            for resource in used.iter().flat_map(|at| &offers[*at].resources) {
                let bare = Resource { scalar: None, set: None, ..resource.clone() };
                let at = parts.iter().position(|(other, _)| *other == bare).unwrap_or_else(|| {
                    parts.push((bare, Left::default()));
                    parts.len() - 1
                });
                parts[at].1.add(resource, 1)?;
            }
            for task in &bundle.tasks {
                decided.push(task.ask);
                let wanted = &wanted[task.ask];
                let mut got = Left::default();
                for resource in &task.resources {
                    prop_assert!(is_for(resource, ROLES[role]), "{resource:?} is not for {}", ROLES[role]);
                    got.add(resource, 1)?;
                    left.entry((agent, role)).or_default().add(resource, -1)?;
                    let bare = Resource { scalar: None, set: None, ..resource.clone() };
                    let Some((_, part)) = parts.iter_mut().find(|(other, _)| *other == bare) else {
                        return Err(TestCaseError::fail(format!("{resource:?} was not offered")));
                    };
                    part.add(resource, -1)?;
                    prop_assert!(part.milli.values().all(|milli| *milli >= 0), "too much of {resource:?}");
                }
                for (name, need) in NAMES.iter().zip(wanted.need) {
                    let (plain, back) = (got.of(name, false), got.of(name, true));
                    prop_assert_eq!(plain + back, need, "{}", name);
                    prop_assert!(plain == 0 || back == 0, "{name} of both kinds");
                    prop_assert!(back == 0 || wanted.revocable, "{name} that may be taken back");
                }
                prop_assert_eq!(got.of("licenses", false), wanted.licenses);
                prop_assert_eq!(got.of("licenses", true), 0);
                let count = if wanted.named.is_empty() { wanted.items } else { wanted.named.len() };
                prop_assert_eq!(got.items.len(), count);
                for item in &wanted.named {
                    prop_assert!(got.items.iter().any(|own| own == ITEMS[*item]));
                }
                prop_assert!(!is_away(window_of(agent), wanted.life), "maintenance");
                prop_assert!(!is_full(wanted.line, agent, &placed), "one too many: {}", LINES[wanted.line]);
                placed.push((wanted.line, agent));
            }
        }
        decided.sort_unstable();
        prop_assert_eq!(decided, (0..wanted.len()).collect::<Vec<_>>(), "each ask is decided once");
        for (index, reason) in &placement.reasons {
            let wanted = &wanted[*index];
            for ((agent, role), room) in &left {
                let would = room.holds(wanted)
                    && !is_away(window_of(*agent), wanted.life)
                    && !is_full(wanted.line, *agent, &placed);
                prop_assert!(
                    !would,
                    "ask {index} would fit on h{agent} for {}, but: {}", ROLES[*role], reason.text
                );
            }
        }
    }
}
