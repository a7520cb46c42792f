//! The part of an offer that a task may use.

use crate::amount::{Amount, KINDS};
use crate::ports::PortSet;
use crate::scalar::Scalar;
use mesos_wire::{Resource, ResourceView, value};
use std::collections::BTreeSet;

/// In the order of [`Amount::milli`].
const KIND_NAMES: [&str; KINDS] = ["cpus", "mem", "disk", "gpus"];

/// A resource of another name than those that every host has.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Other {
    /// Its name.
    pub name: String,
    /// How much of it.
    pub share: Share,
}

/// How much of a resource.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Share {
    /// So much of a scalar, or so many items of a set, whichever the host has.
    Count(Scalar),
    /// These items of a set.
    Items(Vec<String>),
}

impl Other {
    /// One a line: `name = 2` (so much of a scalar, or so many items of a set) or `name = {a, b}` (these items).
    ///
    /// # Errors
    /// What is wrong with the first line that cannot be read; completes «the field …».
    pub(crate) fn parse_lines(text: &str) -> Result<Vec<Other>, String> {
        const EXAMPLE: &str = "enter one a line, as in licenses = 2 or fpga = {a, b}";
        let mut others: Vec<Other> = Vec::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let short: String = line.chars().take(60).collect();
            let Some((name, share)) = line.split_once('=') else {
                return Err(format!("has a line `{short}` without an equals sign: {EXAMPLE}"));
            };
            let (name, share) = (name.trim(), share.trim());
            if name.is_empty() || name.contains(char::is_whitespace) {
                return Err(format!("has a line `{short}` without a name: {EXAMPLE}"));
            }
            if KIND_NAMES.contains(&name) || name == "ports" {
                return Err(format!(
                    "has `{name}`, which has a field of its own: remove the line"
                ));
            }
            if others.iter().any(|other| other.name == name) {
                return Err(format!("has `{name}` twice: remove one of the lines"));
            }
            let share = match share.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                Some(items) => {
                    let items: BTreeSet<String> = items
                        .split(',')
                        .map(|item| item.trim().to_owned())
                        .filter(|item| !item.is_empty())
                        .collect();
                    (!items.is_empty()).then(|| Share::Items(items.into_iter().collect()))
                }
                None => share
                    .parse()
                    .ok()
                    .and_then(Scalar::from_f64)
                    .filter(|count| *count > Scalar::ZERO)
                    .map(Share::Count),
            };
            others.push(Other {
                name: name.to_owned(),
                share: share
                    .ok_or_else(|| format!("has a line `{short}` that asks for nothing: {EXAMPLE}"))?,
            });
        }
        Ok(others)
    }
}

/// All that one agent needs of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Need<'a> {
    pub(crate) amount: Amount,
    pub(crate) ports: &'a [Option<u32>],
    pub(crate) others: &'a [Other],
    /// Whether resources will do that the master may take back at any time.
    pub(crate) revocable: bool,
}

/// What is left of one or more offers of an agent. Parts reserved for our role go first, then those reserved for the
/// roles above it, so that what others could use stays free.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pool {
    /// By kind: CPUs, memory, disk, GPUs.
    plain: [Vec<Part>; KINDS],
    revocable: [Vec<Part>; KINDS],
    ports: Vec<PortPart>,
    others: Vec<OtherPart>,
}

#[derive(Debug, Clone)]
struct Part {
    offer: usize,
    /// As offered: reservations, allocation and provider must be sent back unchanged.
    resource: Resource,
    left: Scalar,
}

#[derive(Debug, Clone)]
struct PortPart {
    offer: usize,
    resource: Resource,
    left: PortSet,
}

#[derive(Debug, Clone)]
struct OtherPart {
    /// What is left of it is of a scalar.
    part: Part,
    /// Of a set.
    items: Vec<String>,
}

/// What was taken out of a pool for one agent.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Taken {
    /// With the offer that each comes from.
    pub(crate) resources: Vec<(usize, Resource)>,
    /// In the order in which they were asked for.
    pub(crate) ports: Vec<u32>,
}

/// Sums up what `role` may use: the amounts, those of them that can be taken back, and the ports, which are added to
/// `ports`. Allocates nothing.
pub(crate) fn sum_up<'r>(
    resources: impl Iterator<Item = ResourceView<'r>>,
    role: &str,
    ports: &mut PortSet,
) -> (Amount, Amount) {
    let (mut plain, mut revocable) = (Amount::ZERO, Amount::ZERO);
    for resource in resources {
        if distance_of(&resource, role).is_none() {
            continue;
        }
        let sum = if resource.revocable {
            &mut revocable
        } else {
            &mut plain
        };
        let kind = match resource.name {
            "cpus" => &mut sum.cpus,
            "mem" => &mut sum.mem,
            "disk" => &mut sum.disk,
            "gpus" => &mut sum.gpus,
            "ports" => {
                if !resource.revocable {
                    ports.take_in(resource.ranges());
                }
                continue;
            }
            _ => continue,
        };
        let scalar = resource
            .scalar
            .filter(|_| resource.r#type == value::Type::Scalar as i32);
        *kind += scalar
            .and_then(|scalar| usable(resource.name, scalar))
            .unwrap_or_default();
    }
    (plain, revocable)
}

/// How far from `role` the owner of a resource is, as [`distance`] has it; `None`: a task of ours may not use it.
fn distance_of(resource: &ResourceView<'_>, role: &str) -> Option<usize> {
    let reserved = resource
        .reserved
        .map(|owner| if owner.is_empty() { "*" } else { owner })
        .or(resource.role.filter(|owner| *owner != "*"));
    let plain = !resource.disk && !resource.shared;
    let allocated_to_us = resource.allocated.is_none_or(|allocated| allocated == role);
    Some(distance_to(reserved, role)).filter(|distance| plain && allocated_to_us && *distance < usize::MAX)
}

/// The ports of a host's offers, part by part as a [`Pool`] has them, for those who need to know no more.
#[derive(Debug, Default)]
pub(crate) struct PortsLeft(Vec<PortSet>);

impl PortsLeft {
    /// What `role` may use of these resources.
    pub(crate) fn new<'r>(resources: impl Iterator<Item = ResourceView<'r>>, role: &str) -> Self {
        let mut parts: Vec<(usize, PortSet)> = resources
            .filter(|resource| resource.name == "ports" && !resource.revocable)
            .filter_map(|resource| {
                let distance = distance_of(&resource, role)?;
                let mut ports = PortSet::default();
                ports.take_in(resource.ranges());
                Some((distance, ports))
            })
            .collect();
        parts.sort_by_key(|(distance, ports)| (*distance, ports.first()));
        Self(parts.into_iter().map(|(_, ports)| ports).collect())
    }

    /// Whether these can be had at once.
    pub(crate) fn hold(&self, ports: &[Option<u32>]) -> bool {
        match self.0.as_slice() {
            [] => holds_ports(&PortSet::default(), ports),
            [only] => holds_ports(only, ports),
            [first, others @ ..] => {
                let mut all = first.clone();
                for part in others {
                    all.merge(part);
                }
                holds_ports(&all, ports)
            }
        }
    }

    /// Takes those out that [`Pool::take`] would.
    pub(crate) fn take(&mut self, ports: &[Option<u32>]) {
        let mut parts: Vec<&mut PortSet> = self.0.iter_mut().collect();
        pick_ports(&mut parts, ports, |_, _| {});
    }
}

/// Takes ports out of the parts that are left: the named ones first, for what is any must not be one of them. Tells of each
/// from which part it is; the numbers are in the order of `ports`.
fn pick_ports(
    left: &mut [&mut PortSet],
    ports: &[Option<u32>],
    mut taken: impl FnMut(usize, u32),
) -> Vec<u32> {
    for port in ports.iter().flatten() {
        if let Some(part) = left.iter_mut().position(|part| part.remove(*port)) {
            taken(part, *port);
        }
    }
    ports
        .iter()
        .filter_map(|wanted| {
            if wanted.is_some() {
                return *wanted;
            }
            let (part, port) = left
                .iter()
                .enumerate()
                .find_map(|(part, ports)| Some((part, ports.first()?)))?;
            left[part].remove(port);
            taken(part, port);
            Some(port)
        })
        .collect()
}

impl Part {
    /// Takes as much as is there of what is still wanted; with the offer that it comes from.
    fn bite(&mut self, wanted: &mut Scalar) -> Option<(usize, Resource)> {
        let bite = self.left.min(*wanted);
        (bite > Scalar::ZERO).then(|| {
            self.left -= bite;
            *wanted -= bite;
            (self.offer, scalar_of(&self.resource, bite))
        })
    }
}

impl Pool {
    /// What `role` may use of these offers' resources.
    pub(crate) fn new(offers: impl IntoIterator<Item = Vec<Resource>>, role: &str) -> Self {
        let mut pool = Pool::default();
        for (offer, resources) in offers.into_iter().enumerate() {
            for resource in resources {
                if is_ours(&resource, role) {
                    pool.add(offer, resource);
                }
            }
        }
        for parts in pool.plain.iter_mut().chain(&mut pool.revocable) {
            parts.sort_by_key(|part| distance(&part.resource, role));
        }
        pool.ports
            .sort_by_key(|part| (distance(&part.resource, role), part.left.first()));
        pool.others
            .sort_by_key(|other| distance(&other.part.resource, role));
        pool
    }

    fn add(&mut self, offer: usize, resource: Resource) {
        if let Some(kind) = KIND_NAMES.iter().position(|name| *name == resource.name) {
            let parts = if resource.revocable.is_some() {
                &mut self.revocable
            } else {
                &mut self.plain
            };
            if let (Some(parts), Some(left)) = (parts.get_mut(kind), amount_of(&resource)) {
                parts.push(Part {
                    offer,
                    resource,
                    left,
                });
            }
        } else if resource.revocable.is_some() {
            // Of no use: an agent cannot give up one of its ports or items.
        } else if resource.name == "ports" {
            if let Some(ranges) = ranges_of(&resource) {
                let mut left = PortSet::default();
                left.take_in(pairs_of(ranges));
                self.ports.push(PortPart {
                    offer,
                    resource,
                    left,
                });
            }
        } else {
            let items = resource
                .set
                .as_ref()
                .map(|set| set.item.clone())
                .unwrap_or_default();
            let part = Part {
                offer,
                left: amount_of(&resource).unwrap_or_default(),
                resource,
            };
            self.others.push(OtherPart { part, items });
        }
    }

    /// What is left of the kinds that have a number and cannot be taken back.
    pub(crate) fn free(&self) -> Amount {
        sum_of(&self.plain)
    }

    /// What an agent would take of [`free`](Self::free); `None`: something else that it needs is not there. Mesos wants each
    /// kind of a task to be wholly revocable or not at all.
    pub(crate) fn plain_part(&self, need: &Need<'_>) -> Option<Amount> {
        let mut free_ports = PortSet::default();
        if !need.ports.is_empty() {
            for part in &self.ports {
                free_ports.merge(&part.left);
            }
        }
        let rest = need.ports.is_empty() || holds_ports(&free_ports, need.ports);
        let others = need.others.iter().all(|other| self.holds_other(other));
        if !rest || !others {
            return None;
        }
        if !need.revocable {
            return Some(need.amount);
        }
        let spare = sum_of(&self.revocable);
        let keep = |need: Scalar, spare: Scalar| if spare >= need { Scalar::ZERO } else { need };
        Some(Amount {
            cpus: keep(need.amount.cpus, spare.cpus),
            mem: keep(need.amount.mem, spare.mem),
            disk: keep(need.amount.disk, spare.disk),
            gpus: keep(need.amount.gpus, spare.gpus),
        })
    }

    /// Whether [`take`](Self::take) would give something.
    pub(crate) fn holds(&self, need: &Need<'_>) -> bool {
        self.plain_part(need)
            .is_some_and(|plain| self.free().holds(plain))
    }

    /// Takes all of it out, or nothing. A port that is `None` is any; one that is named twice is taken once.
    pub(crate) fn take(&mut self, need: &Need<'_>) -> Option<Taken> {
        let plain = self.plain_part(need).filter(|plain| self.free().holds(*plain))?;
        Some(self.take_parts(need, plain))
    }

    /// Takes it out, as much as is there of what is plain: somebody else keeps the account of that.
    pub(crate) fn take_beside(&mut self, need: &Need<'_>) -> Amount {
        let plain = self.plain_part(need).unwrap_or_default();
        self.take_parts(need, plain);
        plain
    }

    fn take_parts(&mut self, need: &Need<'_>, plain: Amount) -> Taken {
        let mut taken = Taken::default();
        let spare = need.amount.minus(plain);
        for (parts, amount) in [(&mut self.plain, plain), (&mut self.revocable, spare)] {
            for (parts, milli) in parts.iter_mut().zip(amount.milli()) {
                let mut wanted = Scalar::from_milli(milli);
                for part in parts {
                    taken.resources.extend(part.bite(&mut wanted));
                }
            }
        }
        for other in need.others {
            self.take_other(other, &mut taken);
        }
        self.take_ports(need.ports, &mut taken);
        taken
    }

    fn holds_other(&self, other: &Other) -> bool {
        let parts = || {
            self.others
                .iter()
                .filter(|own| own.part.resource.name == other.name)
        };
        match &other.share {
            Share::Items(items) => items
                .iter()
                .all(|item| parts().any(|own| own.items.contains(item))),
            Share::Count(count) => {
                let amount: Scalar = parts().map(|own| own.part.left).sum();
                let items: usize = parts().map(|own| own.items.len()).sum();
                amount >= *count || items_for(*count).is_some_and(|wanted| items >= wanted)
            }
        }
    }

    fn take_other(&mut self, other: &Other, taken: &mut Taken) {
        let parts = self
            .others
            .iter_mut()
            .filter(|own| own.part.resource.name == other.name);
        match &other.share {
            Share::Items(items) => {
                let mut wanted: Vec<&String> = items.iter().collect();
                for other in parts {
                    let mut bite = Vec::new();
                    wanted.retain(|item| {
                        let here = other.items.iter().position(|own| own == *item);
                        bite.extend(here.map(|at| other.items.remove(at)));
                        here.is_none()
                    });
                    taken.extend_items(&other.part, bite);
                }
            }
            Share::Count(count) => {
                let (mut wanted, mut items) = (*count, items_for(*count).unwrap_or(0));
                for other in parts {
                    taken.resources.extend(other.part.bite(&mut wanted));
                    let bite: Vec<String> = other.items.drain(..items.min(other.items.len())).collect();
                    items -= bite.len();
                    taken.extend_items(&other.part, bite);
                }
            }
        }
    }

    fn take_ports(&mut self, ports: &[Option<u32>], taken: &mut Taken) {
        let mut bites: Vec<PortSet> = vec![PortSet::default(); self.ports.len()];
        let mut left: Vec<&mut PortSet> = self.ports.iter_mut().map(|part| &mut part.left).collect();
        taken.ports = pick_ports(&mut left, ports, |part, port| bites[part].insert(port));
        for (part, bite) in self.ports.iter().zip(bites) {
            if !bite.is_empty() {
                let resource = Resource {
                    ranges: Some(bite.to_ranges()),
                    ..part.resource.clone()
                };
                taken.resources.push((part.offer, resource));
            }
        }
    }
}

impl Taken {
    fn extend_items(&mut self, part: &Part, item: Vec<String>) {
        if !item.is_empty() {
            let resource = Resource {
                set: Some(value::Set { item }),
                ..part.resource.clone()
            };
            self.resources.push((part.offer, resource));
        }
    }
}

/// As many items of a set; none for what is no whole number.
fn items_for(count: Scalar) -> Option<usize> {
    (count.as_milli() % 1000 == 0)
        .then(|| usize::try_from(count.whole()).ok())
        .flatten()
}

fn scalar_of(resource: &Resource, amount: Scalar) -> Resource {
    Resource {
        scalar: Some(value::Scalar {
            value: amount.to_f64(),
        }),
        ..resource.clone()
    }
}

fn sum_of(parts: &[Vec<Part>; KINDS]) -> Amount {
    let [cpus, mem, disk, gpus] = parts;
    let sum = |parts: &[Part]| parts.iter().map(|part| part.left).sum();
    Amount {
        cpus: sum(cpus),
        mem: sum(mem),
        disk: sum(disk),
        gpus: sum(gpus),
    }
}

/// Whether these ports can be had at once.
pub(crate) fn holds_ports(free: &PortSet, ports: &[Option<u32>]) -> bool {
    let mut named = PortSet::default();
    let mut any = 0;
    for port in ports {
        match port {
            Some(port) if free.contains(*port) => named.insert(*port),
            Some(_) => return false,
            None => any += 1,
        }
    }
    named.len() + any <= free.len()
}

/// Whether a task of ours may use it. Volumes and disks of their own, and what several tasks share, are left alone.
fn is_ours(resource: &Resource, role: &str) -> bool {
    let plain = resource.disk.is_none() && resource.shared.is_none();
    let allocated_to_us = resource
        .allocation_info
        .as_ref()
        .and_then(|allocation| allocation.role.as_deref())
        .is_none_or(|allocated| allocated == role);
    plain && allocated_to_us && distance(resource, role) < usize::MAX
}

/// How far from `role` its owner is: 0 is reserved for the role itself, then for the roles above it (`eng` of `eng/ci`), then
/// for nobody; what is reserved for others is infinitely far.
fn distance(resource: &Resource, role: &str) -> usize {
    distance_to(reserved_for(resource), role)
}

fn distance_to(owner: Option<&str>, role: &str) -> usize {
    match owner {
        None => usize::MAX - 1,
        Some(owner) if owner == role => 0,
        Some(owner) => match role.strip_prefix(owner) {
            Some(rest) if rest.starts_with('/') => rest.len(),
            _ => usize::MAX,
        },
    }
}

fn amount_of(resource: &Resource) -> Option<Scalar> {
    let scalar = resource
        .scalar
        .as_ref()
        .filter(|_| resource.r#type == value::Type::Scalar as i32)?;
    usable(&resource.name, scalar.value)
}

/// What can be used of a scalar; GPUs are given whole.
fn usable(name: &str, value: f64) -> Option<Scalar> {
    let amount = Scalar::from_f64(value)?;
    let amount = if name == "gpus" {
        Scalar::from_milli(amount.whole() * 1000)
    } else {
        amount
    };
    Some(amount).filter(|amount| *amount > Scalar::ZERO)
}

fn pairs_of(ranges: &value::Ranges) -> impl Iterator<Item = (u64, u64)> {
    ranges.range.iter().map(|range| (range.begin, range.end))
}

fn ranges_of(resource: &Resource) -> Option<&value::Ranges> {
    resource
        .ranges
        .as_ref()
        .filter(|_| resource.r#type == value::Type::Ranges as i32)
}

/// The role it is reserved for, in today's format (the last of the stack) or in the one before.
fn reserved_for(resource: &Resource) -> Option<&str> {
    if let Some(last) = resource.reservations.last() {
        return Some(last.role.as_deref().unwrap_or("*"));
    }
    resource.role.as_deref().filter(|role| *role != "*")
}

#[cfg(test)]
#[path = "resources_tests.rs"]
mod tests;
