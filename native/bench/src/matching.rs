//! Drives the matcher as the session does.

use std::collections::HashMap;

use mesos_core::{Amount, Ask, Constraints, DomainFilter, Holding, Lease, Matcher, Placement};
use mesos_wire::Bytes;

use crate::case::{Case, Task};
use crate::offers::{ROLE, agent_id};

/// What a case asks for.
pub(crate) struct Requests<'c> {
    tasks: &'c [Task],
    constraint: bool,
}

/// What runs on the hosts already.
pub(crate) struct Running(HashMap<String, Holding>);

impl<'c> Requests<'c> {
    /// All of these; with their zones as constraint, or without.
    pub(crate) fn of(tasks: &'c [Task], constraint: bool) -> Self {
        Self { tasks, constraint }
    }

    /// In the matcher's words. Constraints are compiled here, as a template's are when it is configured.
    pub(crate) fn asks(&self, matcher: &mut Matcher) -> Vec<Ask<'c>> {
        let mut rules = HashMap::new();
        self.tasks
            .iter()
            .map(|task| {
                let zone = if self.constraint { task.zone.as_str() } else { "" };
                let rule = *rules
                    .entry(zone)
                    .or_insert_with(|| matcher.rule(zone, &constraints(zone)));
                Ask {
                    ports: &task.ports,
                    ..Ask::new(
                        &task.name,
                        Amount {
                            cpus: task.cpus,
                            mem: task.mem,
                            ..Amount::default()
                        },
                        rule,
                    )
                }
            })
            .collect()
    }
}

/// A certain zone; or any, where it is empty.
fn constraints(zone: &str) -> Constraints {
    let attributes = [("zone".to_owned(), zone.to_owned())];
    let wanted = attributes.iter().filter(|(_, zone)| !zone.is_empty());
    Constraints::of_attributes(wanted.map(|(name, zone)| (name, zone)), DomainFilter::Any)
}

impl Running {
    pub(crate) fn of(case: &Case) -> Self {
        let hosts = case.hosts.iter().map(|host| {
            let holding = Holding {
                amount: Amount {
                    cpus: host.cpus_used,
                    mem: host.mem_used,
                    ..Amount::default()
                },
                ports: Vec::new(),
            };
            (agent_id(&host.name), holding)
        });
        Self(hosts.collect())
    }
}

/// Offers are read as they come in an event.
pub(crate) fn read(matcher: &mut Matcher, offers: Vec<Bytes>) -> Vec<Lease> {
    matcher.read(offers).0
}

/// What runs on the hosts is told, of which offers were read.
pub(crate) fn set_used(matcher: &mut Matcher, running: &Running) {
    let used = running.0.iter();
    matcher.set_used(used.map(|(agent_id, holding)| (agent_id.as_str(), holding)));
}

/// What was read is put on the board.
pub(crate) fn take_in(matcher: &mut Matcher, leases: Vec<Lease>) {
    matcher.take_in(leases);
}

/// A pass over all that stands and all that is asked for.
pub(crate) fn pass(matcher: &mut Matcher, asks: &[Ask<'_>]) -> Placement {
    matcher.pass(asks, 0, &[])
}

/// A matcher that has seen nothing yet.
pub(crate) fn fresh() -> Matcher {
    Matcher::new(ROLE)
}

/// The host of each task.
pub(crate) fn hosts(placement: &Placement, tasks: usize) -> Vec<Option<&str>> {
    let mut hosts = vec![None; tasks];
    for bundle in &placement.bundles {
        for task in &bundle.tasks {
            if let Some(place) = hosts.get_mut(task.ask) {
                *place = Some(bundle.hostname.as_str());
            }
        }
    }
    hosts
}
