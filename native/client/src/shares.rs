//! Who else wants our roles, and what each of them may have and has of the cluster.

mod read;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use mesos_core::Scalar;
use serde::Serialize;
use tokio::time::Instant;

use crate::era::Era;

pub(crate) use read::{FRAMEWORKS, Frameworks, Metrics, Quotas, Role, RoleList};

/// What the master said is good for so long; then it is asked again, if someone wants to know.
const FRESH: Duration = Duration::from_secs(15);
/// After this it is not believed any more.
const STALE: Duration = Duration::from_secs(5 * 60);
/// A master that did not answer is not asked again before.
const AGAIN: Duration = Duration::from_secs(15);
/// More frameworks of one role than anyone reads.
const MOST_FRAMEWORKS: usize = 20;

/// An amount of each kind, by Mesos's name for it: `cpus`, `mem` (MB), `disk` (MB), `gpus`, and others that the cluster has.
pub type Amounts = BTreeMap<String, Scalar>;

/// The contract's Roles.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Roles {
    /// Version of the contract.
    pub v: u32,
    /// Whether anything is known yet.
    pub known: bool,
    /// Why the master does not tell, if it does not.
    pub message: Option<String>,
    /// The roles of the cloud in their order, each behind those above it, whose quotas bind it, too.
    pub roles: Vec<RoleShare>,
}

/// A role, what it may have and what it has.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleShare {
    /// Its name.
    pub role: String,
    /// Whether the cloud is in it; else it is above one of the cloud's.
    pub ours: bool,
    /// Compared with its siblings'; 1 unless the cluster's operator has set another.
    pub weight: f64,
    /// What frameworks have of it and of the roles below it, as a part of the whole cluster: of the kind of which it has
    /// the most. 0 to 1.
    pub share: f64,
    /// The part of the cluster that its weight gives it while all roles that have frameworks want as much as they can get.
    pub fair_share: f64,
    /// What frameworks have of it and of the roles below it.
    pub used: Amounts,
    /// What the cluster keeps for it; empty: nothing.
    pub guarantee: Amounts,
    /// The most that it may have; a kind that is not there has no limit.
    pub limit: Amounts,
    /// Who is in it: the first twenty by name.
    pub frameworks: Vec<FrameworkShare>,
    /// How many more there are.
    pub more_frameworks: usize,
}

/// A framework in a role.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FrameworkShare {
    /// As it calls itself; its id where the master does not tell its name.
    pub name: String,
    /// Whether it is this cloud's.
    pub ours: bool,
    /// Whether it is there; else the master only waits for it.
    pub active: bool,
    /// What it has of the role and of those below it.
    pub used: Amounts,
}

impl Roles {
    /// The master does not tell.
    pub(crate) fn unknown(message: String) -> Self {
        Self {
            v: 1,
            message: Some(message),
            ..Self::default()
        }
    }
}

/// What a master told, to be put together.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) roles: RoleList,
    /// Of masters before 1.9, which do not tell it with the roles.
    pub(crate) quotas: Option<Quotas>,
    /// None: it does not tell of frameworks.
    pub(crate) frameworks: Option<Frameworks>,
    pub(crate) metrics: Metrics,
}

impl Told {
    /// What is of interest to a framework in these roles.
    pub(crate) fn shares(&self, ours: &[&str], framework_id: Option<&str>) -> Vec<RoleShare> {
        let mut shown: Vec<&str> = Vec::new();
        for role in ours {
            let mut line: Vec<&str> = role.match_indices('/').map(|(at, _)| &role[..at]).collect();
            line.push(role);
            for role in line {
                if !shown.contains(&role) {
                    shown.push(role);
                }
            }
        }
        shown
            .into_iter()
            .map(|role| self.share(role, ours.contains(&role), framework_id))
            .collect()
    }

    fn share(&self, name: &str, ours: bool, framework_id: Option<&str>) -> RoleShare {
        let role = self.roles.roles.iter().find(|role| role.name == name);
        let used = self.used(name);
        let (guarantee, limit) = match (role.and_then(Role::quota), &self.quotas) {
            (Some(quota), _) => quota,
            (None, Some(quotas)) => quotas.of(name),
            (None, None) => Default::default(),
        };
        let mut frameworks = self.frameworks_of(name, role, framework_id);
        frameworks.sort_by(|one, other| (!one.ours, &one.name).cmp(&(!other.ours, &other.name)));
        let more_frameworks = frameworks.len().saturating_sub(MOST_FRAMEWORKS);
        frameworks.truncate(MOST_FRAMEWORKS);
        RoleShare {
            role: name.to_owned(),
            ours,
            weight: self.weight(name),
            share: self.metrics.largest_part(&used),
            fair_share: self.fair_share(name),
            used,
            guarantee,
            limit,
            frameworks,
            more_frameworks,
        }
    }

    /// From 1.9 on a master counts what the roles below have with the role.
    fn used(&self, name: &str) -> Amounts {
        let within: Vec<&Role> = self
            .roles
            .roles
            .iter()
            .filter(|role| is_within(&role.name, name))
            .collect();
        let mut sum = Amounts::new();
        for role in &within {
            let counted = within.iter().any(|above| {
                above.counts_those_below() && above.name != role.name && is_within(&role.name, &above.name)
            });
            if !counted {
                add(&mut sum, &role.in_use());
            }
        }
        sum
    }

    fn frameworks_of(
        &self,
        name: &str,
        role: Option<&Role>,
        framework_id: Option<&str>,
    ) -> Vec<FrameworkShare> {
        let ours = |id: &str| framework_id == Some(id);
        let Some(frameworks) = &self.frameworks else {
            let ids = role.map(|role| role.frameworks.as_slice()).unwrap_or_default();
            return ids
                .iter()
                .map(|id| FrameworkShare {
                    name: id.clone(),
                    ours: ours(id),
                    active: true,
                    used: Amounts::new(),
                })
                .collect();
        };
        frameworks
            .all()
            .filter(|framework| framework.is_in(name))
            .map(|framework| FrameworkShare {
                name: framework.name().to_owned(),
                ours: ours(framework.id()),
                active: framework.active,
                used: framework.used_within(name),
            })
            .collect()
    }

    fn weight(&self, name: &str) -> f64 {
        let role = self.roles.roles.iter().find(|role| role.name == name);
        role.map_or(1.0, |role| role.weight)
    }

    /// At each level a role shares with its siblings that somebody is in, by weight. Frameworks of a role that has roles
    /// below it count as one more sibling there, whose weight is always 1.
    fn fair_share(&self, name: &str) -> f64 {
        let mut share = 1.0;
        let mut parent = "";
        let ends = name.match_indices('/').map(|(at, _)| at).chain([name.len()]);
        for end in ends {
            let this = &name[..end];
            let mut siblings: BTreeMap<&str, f64> = BTreeMap::from([(this, self.weight(this))]);
            for role in self.roles.roles.iter().filter(|role| !role.frameworks.is_empty()) {
                if role.name == parent {
                    siblings.insert(".", 1.0);
                } else if let Some(sibling) = child_of(parent, &role.name) {
                    siblings.insert(sibling, self.weight(sibling));
                }
            }
            let all: f64 = siblings.values().sum();
            share *= self.weight(this) / all;
            parent = this;
        }
        share
    }
}

/// Whether it is the role or one below it.
fn is_within(name: &str, role: &str) -> bool {
    name.strip_prefix(role)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The part of a role's path that is one level below the parent, if the role is below it; the parent of all is empty.
fn child_of<'r>(parent: &str, role: &'r str) -> Option<&'r str> {
    let start = match parent {
        "" => 0,
        parent => role
            .strip_prefix(parent)?
            .starts_with('/')
            .then_some(parent.len() + 1)?,
    };
    let rest = role.get(start..)?;
    Some(&role[..rest.find('/').map_or(role.len(), |at| start + at)])
}

fn add(sum: &mut Amounts, more: &Amounts) {
    for (kind, amount) in more {
        *sum.entry(kind.clone()).or_default() += *amount;
    }
}

/// What the master told last.
#[derive(Debug, Default)]
pub(crate) struct Shares(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    told: Option<(Instant, Roles)>,
    due: Option<Instant>,
    era: Era,
}

impl Shares {
    /// What is known, and for whom the master is to be asked for the next time, if it is. What is wanted counts as begun.
    pub(crate) fn answer(&self, now: Instant) -> (Roles, Option<Era>) {
        let mut seen = self.seen();
        let wanted = seen.due.is_none_or(|due| due <= now).then_some(seen.era);
        if wanted.is_some() {
            seen.due = Some(now + AGAIN);
        }
        let told = seen.told.as_ref().filter(|(at, _)| now - *at < STALE);
        let roles = told.map(|(_, roles)| roles.clone()).unwrap_or_else(|| Roles {
            v: 1,
            ..Roles::default()
        });
        (roles, wanted)
    }

    /// The master has told, or has not, whoever was asked.
    pub(crate) fn told(&self, asked: Era, roles: Roles, now: Instant) {
        let mut seen = self.seen();
        if asked != seen.era {
            return;
        }
        seen.told = Some((now, roles));
        seen.due = Some(now + FRESH);
    }

    /// Another cluster is configured, or another way to it: what is said from now on is of that one.
    pub(crate) fn forget(&self) {
        let mut seen = self.seen();
        *seen = Seen {
            era: seen.era.next(),
            ..Seen::default()
        };
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        // Held for a look only.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
