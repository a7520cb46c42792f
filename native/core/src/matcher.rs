//! Which waiting agent goes into which offer.

use crate::resources::{Amount, Pool};
use crate::scalar::Scalar;
use mesos_wire::{Attribute, Offer, Resource, value};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What a waiting agent needs.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// CPUs in all.
    pub cpus: Scalar,
    /// MB in all.
    pub mem: Scalar,
    /// Attribute name to text; all must be there.
    pub attributes: &'a BTreeMap<String, String>,
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
    seen: HashMap<String, Seen>,
}

/// The most that an agent was seen to have, offered and used by us together.
#[derive(Debug)]
struct Seen {
    capacity: Amount,
    attributes: Vec<Attribute>,
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
            seen: HashMap::new(),
        }
    }

    /// Changes the role.
    pub fn set_role(&mut self, role: &str) {
        role.clone_into(&mut self.role);
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
        used: impl Fn(&str) -> (Scalar, Scalar),
        unix_millis: i64,
    ) -> Placement {
        let mut candidates: Vec<Candidate> = Vec::new();
        let mut unused = Vec::new();
        let mut offered: HashMap<&str, Amount> = HashMap::new();
        for (index, offer) in offers.iter().enumerate() {
            let pool = Pool::new(&offer.resources, &self.role);
            if in_maintenance(offer, unix_millis) {
                unused.push(index);
                continue;
            }
            let sum = offered.entry(offer.agent_id.value.as_str()).or_default();
            *sum = sum.plus(pool.free());
            candidates.push(Candidate {
                offers: vec![index],
                pool,
                tasks: Vec::new(),
            });
        }
        for (agent_id, free) in &offered {
            self.look(agent_id, *free, &used, offers);
        }

        let mut reasons = Vec::new();
        let mut explained: HashMap<(Amount, &BTreeMap<String, String>), Reason> = HashMap::new();
        // Identical asks are many; one that failed makes the same and larger ones fail too.
        let mut failed: Vec<(Amount, &BTreeMap<String, String>)> = Vec::new();
        for (index, ask) in asks.iter().enumerate() {
            let need = Amount {
                cpus: ask.cpus,
                mem: ask.mem,
            };
            let hopeless = failed
                .iter()
                .any(|(smaller, attributes)| need.holds(*smaller) && *attributes == ask.attributes);
            let chosen = if hopeless {
                None
            } else {
                self.choose(need, ask, &mut candidates, offers)
            };
            let placed = chosen.and_then(|chosen| {
                let candidate = candidates.get_mut(chosen)?;
                let resources = candidate.pool.take(need)?;
                candidate.tasks.push(Assigned {
                    ask: index,
                    resources,
                });
                Some(())
            });
            if placed.is_none() {
                if !hopeless {
                    failed.push((need, ask.attributes));
                }
                let reason = explained
                    .entry((need, ask.attributes))
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
        let suitable = self
            .seen
            .values()
            .filter(|seen| has_attributes(&seen.attributes, ask.attributes));
        let text = shortage(ask, suitable.map(|seen| seen.capacity), "agent");
        Some(Reason {
            text: format!("{text}; no agent seen so far could ever hold it"),
            possible: false,
        })
    }

    fn possible(&self, ask: &Ask<'_>) -> bool {
        let need = Amount {
            cpus: ask.cpus,
            mem: ask.mem,
        };
        self.seen.is_empty()
            || self
                .seen
                .values()
                .any(|seen| seen.capacity.holds(need) && has_attributes(&seen.attributes, ask.attributes))
    }

    fn look(
        &mut self,
        agent_id: &str,
        free: Amount,
        used: &impl Fn(&str) -> (Scalar, Scalar),
        offers: &[Offer],
    ) {
        let (cpus, mem) = used(agent_id);
        let now = free.plus(Amount { cpus, mem });
        let attributes = offers
            .iter()
            .find(|offer| offer.agent_id.value == agent_id)
            .map(|offer| offer.attributes.clone())
            .unwrap_or_default();
        let seen = self.seen.entry(agent_id.to_owned()).or_insert_with(|| Seen {
            capacity: Amount::default(),
            attributes: Vec::new(),
        });
        seen.capacity = seen.capacity.most(now);
        seen.attributes = attributes;
    }

    /// The candidate for this need, made of several if no single one will do.
    fn choose(
        &self,
        need: Amount,
        ask: &Ask<'_>,
        candidates: &mut Vec<Candidate>,
        offers: &[Offer],
    ) -> Option<usize> {
        let suits = |candidate: &Candidate| {
            offer_of(candidate, offers).is_some_and(|offer| has_attributes(&offer.attributes, ask.attributes))
        };
        let single = candidates
            .iter()
            .enumerate()
            .filter(|(_, candidate)| candidate.pool.free().holds(need) && suits(candidate))
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
            let sum = group
                .iter()
                .filter_map(|index| candidates.get(*index))
                .fold(Amount::default(), |sum, candidate| {
                    sum.plus(candidate.pool.free())
                });
            group.len() > 1 && sum.holds(need)
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

    fn explain(&self, ask: &Ask<'_>, offers: &[Offer], offered: &HashMap<&str, Amount>) -> Reason {
        if let Some(reason) = self.impossible(ask) {
            return reason;
        }
        let mut maintained = true;
        let suitable: Vec<Amount> = offers
            .iter()
            .filter_map(|offer| {
                let amount = offered.get(offer.agent_id.value.as_str())?;
                maintained = false;
                has_attributes(&offer.attributes, ask.attributes).then_some(*amount)
            })
            .collect();
        let text = if maintained {
            "waits for an agent that is not under maintenance".to_owned()
        } else {
            shortage(ask, suitable.into_iter(), "offer")
        };
        Reason { text, possible: true }
    }
}

fn offer_of<'o>(candidate: &Candidate, offers: &'o [Offer]) -> Option<&'o Offer> {
    candidate.offers.first().and_then(|index| offers.get(*index))
}

/// What is missing, compared with the largest of `sizes`.
fn shortage(ask: &Ask<'_>, sizes: impl Iterator<Item = Amount>, what: &str) -> String {
    let need = Amount {
        cpus: ask.cpus,
        mem: ask.mem,
    };
    let (mut largest, mut any, mut fits) = (Amount::default(), false, false);
    for size in sizes {
        any = true;
        fits |= size.holds(need);
        largest = largest.most(size);
    }
    if !any {
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
    let mut parts = Vec::new();
    if need.cpus > largest.cpus {
        parts.push(format!(
            "needs {} CPUs, largest {what} has {}",
            need.cpus, largest.cpus
        ));
    }
    if need.mem > largest.mem {
        parts.push(format!(
            "needs {} MB of memory, largest {what} has {}",
            need.mem, largest.mem
        ));
    }
    if parts.is_empty() {
        parts.push(format!(
            "needs {} CPUs and {} MB of memory, no {what} has both",
            need.cpus, need.mem
        ));
    }
    parts.join("; ")
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
