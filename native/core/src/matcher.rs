//! Which waiting agent goes into which offer.

use crate::config::DomainFilter;
use crate::ports::PortSet;
use crate::resources::{Amount, Pool, holds_ports};
use crate::scalar::Scalar;
use crate::shortage::{amount_shortage, port_shortage};
use mesos_wire::{Attribute, DomainInfo, Offer, Resource, domain_info, value};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What a waiting agent needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ask<'a> {
    /// CPUs, memory and disk in all.
    pub amount: Amount,
    /// Ports of the host, 1 to 65535; `None`: any.
    pub ports: &'a [Option<u32>],
    /// Attribute name to text; all must be there.
    pub attributes: &'a BTreeMap<String, String>,
    /// Where the host must stand.
    pub domain: &'a DomainFilter,
}

/// What our own tasks hold on an agent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holding {
    /// CPUs, memory and disk.
    pub amount: Amount,
    /// Ports of the host.
    pub ports: Vec<u32>,
}

/// The outcome of one pass. Numbers are positions in the lists that [`Matcher::place`] was given.
#[derive(Debug, Default)]
pub struct Placement {
    /// What to accept; each offer is in one bundle or in `unused`.
    pub bundles: Vec<Bundle>,
    /// Offers to decline.
    pub unused: Vec<usize>,
    /// Why each ask that was not placed was not.
    pub reasons: Vec<(usize, Reason)>,
}

/// Offers of one agent and the tasks they are used for: one ACCEPT.
#[derive(Debug)]
pub struct Bundle {
    /// Never empty; several only where one alone was not enough.
    pub offers: Vec<usize>,
    /// Never empty.
    pub tasks: Vec<Assigned>,
}

/// An ask with its resources, cut out of the offers.
#[derive(Debug)]
pub struct Assigned {
    /// Which ask.
    pub ask: usize,
    /// For its TaskInfo.
    pub resources: Vec<Resource>,
    /// In the order in which they were asked for.
    pub ports: Vec<u32>,
}

/// Why an ask was not placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// For people.
    pub text: String,
    /// False: no agent seen so far could ever hold it.
    pub possible: bool,
}

/// Places waiting agents. Keeps only what it has seen of the cluster's agents.
#[derive(Debug)]
pub struct Matcher {
    role: String,
    /// The master's region; none if it does not say.
    home: Option<String>,
    seen: HashMap<String, Seen>,
}

/// The most that an agent was seen to have, offered and used by us together.
#[derive(Debug)]
struct Seen {
    capacity: Amount,
    ports: PortSet,
    attributes: Vec<Attribute>,
    domain: Option<Box<DomainInfo>>,
}

/// What an agent offers in all.
#[derive(Debug, Default)]
struct Free {
    amount: Amount,
    ports: PortSet,
}

/// One offer or several of one agent, being filled.
struct Candidate {
    offers: Vec<usize>,
    pool: Pool,
    tasks: Vec<Assigned>,
}

impl Matcher {
    /// For offers to this role.
    pub fn new(role: &str) -> Self {
        Self {
            role: role.to_owned(),
            home: None,
            seen: HashMap::new(),
        }
    }

    /// Changes the role.
    pub fn set_role(&mut self, role: &str) {
        role.clone_into(&mut self.role);
    }

    /// Learns where the master stands.
    pub fn set_home(&mut self, master: Option<&DomainInfo>) {
        self.home = master.and_then(fault_domain).map(|(region, _)| region.to_owned());
    }

    /// The most that each agent was seen to have, offered and used by us together.
    pub fn seen_capacities(&self) -> impl Iterator<Item = Amount> {
        self.seen.values().map(|seen| seen.capacity)
    }

    /// The agent was removed from the cluster.
    pub fn forget(&mut self, agent_id: &str) {
        self.seen.remove(agent_id);
    }

    /// Places asks, first come first served, each into the fullest host that can hold it: what stays free stays in large
    /// pieces. `used` says what our own tasks hold on an agent. Offers of agents under maintenance are not used.
    pub fn place(
        &mut self,
        asks: &[Ask<'_>],
        offers: &[Offer],
        used: impl Fn(&str) -> Holding,
        unix_millis: i64,
    ) -> Placement {
        let mut candidates: Vec<Candidate> = Vec::new();
        let mut unused = Vec::new();
        let mut offered: HashMap<&str, Free> = HashMap::new();
        for (index, offer) in offers.iter().enumerate() {
            let pool = Pool::new(&offer.resources, &self.role);
            if in_maintenance(offer, unix_millis) {
                unused.push(index);
                continue;
            }
            let sum = offered.entry(offer.agent_id.value.as_str()).or_default();
            sum.amount = sum.amount.plus(pool.free());
            sum.ports.merge(&pool.free_ports());
            candidates.push(Candidate {
                offers: vec![index],
                pool,
                tasks: Vec::new(),
            });
        }
        for (agent_id, free) in &offered {
            self.look(agent_id, free, &used, offers);
        }

        let mut reasons = Vec::new();
        let mut explained: HashMap<Ask<'_>, Reason> = HashMap::new();
        // Identical asks are many; one that failed makes the same and larger ones fail too.
        let mut failed: Vec<Ask<'_>> = Vec::new();
        for (index, ask) in asks.iter().enumerate() {
            let hopeless = failed.iter().any(|smaller| {
                let smallest = Ask {
                    amount: smaller.amount,
                    ..*ask
                };
                ask.amount.holds(smaller.amount) && smallest == *smaller
            });
            let chosen = if hopeless {
                None
            } else {
                self.choose(ask, &mut candidates, offers)
            };
            let placed = chosen.and_then(|chosen| {
                let candidate = candidates.get_mut(chosen)?;
                let (resources, ports) = candidate.pool.take(ask.amount, ask.ports)?;
                candidate.tasks.push(Assigned {
                    ask: index,
                    resources,
                    ports,
                });
                Some(())
            });
            if placed.is_none() {
                if !hopeless {
                    failed.push(*ask);
                }
                let reason = explained
                    .entry(*ask)
                    .or_insert_with(|| self.explain(ask, offers, &offered));
                reasons.push((index, reason.clone()));
            }
        }

        let mut bundles = Vec::new();
        for candidate in candidates {
            if candidate.tasks.is_empty() {
                unused.extend(candidate.offers);
            } else {
                bundles.push(Bundle {
                    offers: candidate.offers,
                    tasks: candidate.tasks,
                });
            }
        }
        Placement {
            bundles,
            unused,
            reasons,
        }
    }

    /// Why an ask waits while there are no offers; `None` if some agent could hold it.
    pub fn impossible(&self, ask: &Ask<'_>) -> Option<Reason> {
        if self.possible(ask) {
            return None;
        }
        let places = self.seen.values().map(|seen| Place {
            amount: seen.capacity,
            ports: &seen.ports,
            attributes: &seen.attributes,
            domain: seen.domain.as_deref(),
        });
        let text = self.shortage(ask, places, "agent");
        Some(Reason {
            text: format!("{text}; no agent seen so far could ever hold it"),
            possible: false,
        })
    }

    fn possible(&self, ask: &Ask<'_>) -> bool {
        self.seen.is_empty()
            || self.seen.values().any(|seen| {
                seen.capacity.holds(ask.amount)
                    && has_attributes(&seen.attributes, ask.attributes)
                    && self.is_there(seen.domain.as_deref(), ask.domain)
                    && holds_ports(&seen.ports, ask.ports)
            })
    }

    /// Whether a host stands where it should.
    fn is_there(&self, host: Option<&DomainInfo>, wanted: &DomainFilter) -> bool {
        let host = host.and_then(fault_domain);
        match wanted {
            DomainFilter::Any => true,
            DomainFilter::Home => match (host, &self.home) {
                (Some((region, _)), Some(home)) => region == home,
                // Mesos takes an agent that does not say where it is for one of the master's region.
                _ => true,
            },
            DomainFilter::Match { region, zone } => host.is_some_and(|(its_region, its_zone)| {
                its_region == region && zone.as_deref().is_none_or(|zone| its_zone == zone)
            }),
        }
    }

    fn look(&mut self, agent_id: &str, free: &Free, used: &impl Fn(&str) -> Holding, offers: &[Offer]) {
        let held = used(agent_id);
        let first = offers.iter().find(|offer| offer.agent_id.value == agent_id);
        let seen = self.seen.entry(agent_id.to_owned()).or_insert_with(|| Seen {
            capacity: Amount::default(),
            ports: PortSet::default(),
            attributes: Vec::new(),
            domain: None,
        });
        seen.capacity = seen.capacity.most(free.amount.plus(held.amount));
        seen.ports.merge(&free.ports);
        for port in held.ports {
            seen.ports.insert(port);
        }
        seen.attributes = first.map(|offer| offer.attributes.clone()).unwrap_or_default();
        seen.domain = first.and_then(|offer| offer.domain.clone());
    }

    /// The candidate for this need, made of several if no single one will do.
    fn choose(&self, ask: &Ask<'_>, candidates: &mut Vec<Candidate>, offers: &[Offer]) -> Option<usize> {
        let suits = |candidate: &Candidate| {
            offer_of(candidate, offers).is_some_and(|offer| {
                has_attributes(&offer.attributes, ask.attributes)
                    && self.is_there(offer.domain.as_deref(), ask.domain)
            })
        };
        let single = candidates
            .iter()
            .enumerate()
            .filter(|(_, candidate)| candidate.pool.holds(ask.amount, ask.ports) && suits(candidate))
            .min_by_key(|(index, candidate)| (self.emptiness(candidate, offers), *index))
            .map(|(index, _)| index);
        if single.is_some() {
            return single;
        }
        let mut by_agent: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, candidate) in candidates.iter().enumerate() {
            if let Some(offer) = offer_of(candidate, offers).filter(|_| suits(candidate)) {
                by_agent
                    .entry(offer.agent_id.value.as_str())
                    .or_default()
                    .push(index);
            }
        }
        let together = by_agent.into_values().find(|group| {
            let mut sum = Pool::default();
            for index in group.iter() {
                if let Some(candidate) = candidates.get(*index) {
                    sum.merge(candidate.pool.clone());
                }
            }
            group.len() > 1 && sum.holds(ask.amount, ask.ports)
        })?;
        let group: BTreeSet<usize> = together.into_iter().collect();
        let mut merged = Candidate {
            offers: Vec::new(),
            pool: Pool::default(),
            tasks: Vec::new(),
        };
        let mut index = 0;
        candidates.retain_mut(|candidate| {
            let member = group.contains(&index);
            index += 1;
            if member {
                merged.offers.append(&mut candidate.offers);
                merged.pool.merge(std::mem::take(&mut candidate.pool));
                merged.tasks.append(&mut candidate.tasks);
            }
            !member
        });
        candidates.push(merged);
        Some(candidates.len() - 1)
    }

    /// How empty the host is, in thousandths of its CPUs and of its memory together.
    fn emptiness(&self, candidate: &Candidate, offers: &[Offer]) -> i64 {
        let free = candidate.pool.free();
        let capacity = offer_of(candidate, offers)
            .and_then(|offer| self.seen.get(&offer.agent_id.value))
            .map_or(free, |seen| seen.capacity);
        let share = |free: Scalar, all: Scalar| free.as_milli().saturating_mul(1000) / all.as_milli().max(1);
        share(free.cpus, capacity.cpus) + share(free.mem, capacity.mem)
    }

    fn explain(&self, ask: &Ask<'_>, offers: &[Offer], offered: &HashMap<&str, Free>) -> Reason {
        if let Some(reason) = self.impossible(ask) {
            return reason;
        }
        let places: Vec<Place<'_>> = offers
            .iter()
            .filter_map(|offer| {
                let free = offered.get(offer.agent_id.value.as_str())?;
                Some(Place {
                    amount: free.amount,
                    ports: &free.ports,
                    attributes: &offer.attributes,
                    domain: offer.domain.as_deref(),
                })
            })
            .collect();
        let text = if places.is_empty() {
            "waits for an agent that is not under maintenance".to_owned()
        } else {
            self.shortage(ask, places.into_iter(), "offer")
        };
        Reason { text, possible: true }
    }

    /// What is missing, compared with the best of `places`.
    fn shortage<'p>(&self, ask: &Ask<'_>, places: impl Iterator<Item = Place<'p>>, what: &str) -> String {
        let (mut there, mut suitable, mut fits) = (false, false, false);
        let mut largest = Amount::default();
        let mut roomy: Vec<&PortSet> = Vec::new();
        for place in places {
            if !self.is_there(place.domain, ask.domain) {
                continue;
            }
            there = true;
            if !has_attributes(place.attributes, ask.attributes) {
                continue;
            }
            suitable = true;
            largest = largest.most(place.amount);
            if place.amount.holds(ask.amount) {
                roomy.push(place.ports);
                fits |= holds_ports(place.ports, ask.ports);
            }
        }
        if !there {
            return format!("needs an agent {}, no {what} is from there", ask.domain);
        }
        if !suitable {
            let wanted: Vec<String> = ask
                .attributes
                .iter()
                .map(|(name, text)| format!("{name}={text}"))
                .collect();
            return format!("needs the attributes {}, no {what} has them", wanted.join(", "));
        }
        if fits {
            return "fits, but agents that wait longer take the offered room first".to_owned();
        }
        if !roomy.is_empty() {
            return port_shortage(ask.ports, &roomy, what);
        }
        amount_shortage(ask.amount, largest, what)
    }
}

/// An agent or an offer that is looked at.
struct Place<'a> {
    amount: Amount,
    ports: &'a PortSet,
    attributes: &'a [Attribute],
    domain: Option<&'a DomainInfo>,
}

fn offer_of<'o>(candidate: &Candidate, offers: &'o [Offer]) -> Option<&'o Offer> {
    candidate.offers.first().and_then(|index| offers.get(*index))
}

/// Region and zone.
fn fault_domain(domain: &DomainInfo) -> Option<(&str, &str)> {
    let domain_info::FaultDomain { region, zone } = domain.fault_domain.as_ref()?;
    Some((region.name.as_str(), zone.name.as_str()))
}

fn has_attributes(has: &[Attribute], wanted: &BTreeMap<String, String>) -> bool {
    wanted.iter().all(|(name, text)| {
        has.iter()
            .any(|attribute| attribute.name == *name && attribute_text(attribute).as_deref() == Some(text))
    })
}

/// Text attributes as they are, scalars as Mesos prints them; ranges and sets compare with nothing.
fn attribute_text(attribute: &Attribute) -> Option<String> {
    match value::Type::try_from(attribute.r#type) {
        Ok(value::Type::Text) => attribute.text.as_ref().map(|text| text.value.clone()),
        Ok(value::Type::Scalar) => attribute.scalar.as_ref().map(|scalar| scalar.value.to_string()),
        _ => None,
    }
}

fn in_maintenance(offer: &Offer, unix_millis: i64) -> bool {
    let Some(window) = &offer.unavailability else {
        return false;
    };
    let start = window.start.nanoseconds / 1_000_000;
    let end = window.duration.as_ref().map_or(i64::MAX, |duration| {
        start.saturating_add(duration.nanoseconds / 1_000_000)
    });
    (start..end).contains(&unix_millis)
}

#[cfg(test)]
#[path = "matcher_tests.rs"]
mod tests;
