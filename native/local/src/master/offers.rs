//! What is free, and when it is offered.

use std::collections::BTreeSet;
use std::time::Duration;

use mesos_core::{Amount, Scalar, Time};
use mesos_wire::{Event, FrameworkId, Offer, OfferId, Resource, resource};

use super::{Master, Taken, agent};

/// Where no filter says otherwise, as in Mesos.
const REFUSAL: f64 = 5.0;

#[derive(Debug)]
pub(super) struct Offered {
    pub(super) id: String,
    pub(super) amount: Amount,
    pub(super) ports: BTreeSet<u32>,
}

impl Master {
    /// Takes what this machine's ports are in use for now, those of tasks among them. An offer that holds one that is not free
    /// any more is taken back, and one that has come free is offered whatever was refused before.
    pub(crate) fn handle_ports(&mut self, in_use: Taken, now: Time) {
        self.note_ports(in_use);
        let gone = |offered: &Offered| !offered.ports.is_disjoint(&self.taken);
        if self.offered.as_ref().is_some_and(gone) {
            self.rescind();
        }
        if self.connected {
            self.offer(now);
        }
    }

    /// The same without a new offer: what is to be launched now is held against it.
    pub(crate) fn note_ports(&mut self, mut in_use: Taken) {
        in_use.retain(|port| (self.whole.ports.0..=self.whole.ports.1).contains(port));
        for task in self.tasks.values().filter(|task| !task.over) {
            in_use.retain(|port| !task.ports.contains(port));
        }
        if !self.taken.is_subset(&in_use) {
            self.refused = None;
        }
        self.taken = in_use;
    }

    fn free(&self) -> (Amount, BTreeSet<u32>) {
        let (mut amount, mut ports) = (
            self.whole.amount,
            (self.whole.ports.0..=self.whole.ports.1)
                .filter(|port| !self.taken.contains(port))
                .collect::<BTreeSet<_>>(),
        );
        for task in self.tasks.values().filter(|task| !task.over) {
            amount = minus(amount, task.amount);
            for port in &task.ports {
                ports.remove(port);
            }
        }
        (amount, ports)
    }

    /// Offers what is free, if someone wants it.
    pub(super) fn offer(&mut self, now: Time) {
        if self.refused.as_ref().is_some_and(|(until, _)| *until <= now) {
            self.refused = None;
        }
        if !self.connected || self.suppressed || self.offered.is_some() {
            return;
        }
        let (amount, ports) = self.free();
        if amount.cpus <= Scalar::ZERO || amount.mem <= Scalar::ZERO {
            return;
        }
        if self
            .refused
            .as_ref()
            .is_some_and(|(_, refused)| refused.holds(amount))
        {
            return;
        }
        self.counter += 1;
        let id = format!("local-{:016x}-O{}", self.incarnation, self.counter);
        let mut resources = vec![
            Resource::scalar("cpus", amount.cpus.to_f64()),
            Resource::scalar("mem", amount.mem.to_f64()),
        ];
        if amount.disk > Scalar::ZERO {
            resources.push(Resource::scalar("disk", amount.disk.to_f64()));
        }
        if !ports.is_empty() {
            resources.push(Resource::ranges("ports", ranges(&ports)));
        }
        for resource in &mut resources {
            resource.allocation_info = Some(resource::AllocationInfo {
                role: Some(self.role.clone()),
            });
        }
        let offer = Offer {
            id: OfferId { value: id.clone() },
            framework_id: FrameworkId {
                value: self.framework.clone().unwrap_or_default(),
            },
            agent_id: agent(),
            hostname: self.whole.host.clone(),
            resources,
            allocation_info: Some(resource::AllocationInfo {
                role: Some(self.role.clone()),
            }),
            ..Offer::default()
        };
        self.offered = Some(Offered { id, amount, ports });
        self.event(Event::offers(vec![offer]));
    }

    pub(super) fn take_back(&mut self, ids: &[OfferId]) -> bool {
        self.offered
            .take_if(|offered| ids.iter().any(|id| id.value == offered.id))
            .is_some()
    }

    pub(super) fn rescind(&mut self) {
        if let Some(offered) = self.offered.take() {
            self.event(Event::rescind(OfferId { value: offered.id }));
        }
    }

    pub(super) fn refuse(&mut self, seconds: Option<f64>, now: Time) {
        let seconds = seconds.filter(|seconds| seconds.is_finite()).unwrap_or(REFUSAL);
        let length = Duration::from_secs_f64(seconds.clamp(0.0, 1e9));
        self.refused = (length > Duration::ZERO).then(|| (now + length, self.free().0));
    }
}

pub(super) fn minus(one: Amount, other: Amount) -> Amount {
    Amount {
        cpus: one.cpus - other.cpus,
        mem: one.mem - other.mem,
        disk: one.disk - other.disk,
        // None are given here.
        gpus: Scalar::ZERO,
    }
}

/// What a task has of this machine.
pub(crate) fn used(resources: &[Resource]) -> (Amount, Vec<u32>) {
    let (mut amount, mut ports) = (Amount::default(), Vec::new());
    for resource in resources {
        let scalar = resource
            .scalar
            .as_ref()
            .and_then(|scalar| Scalar::from_f64(scalar.value))
            .unwrap_or_default();
        match resource.name.as_str() {
            "cpus" => amount.cpus += scalar,
            "mem" => amount.mem += scalar,
            "disk" => amount.disk += scalar,
            "ports" => {
                for range in resource.ranges.iter().flat_map(|ranges| &ranges.range) {
                    // A range beyond all ports is cut: it is more than was offered in any case.
                    let end = range.end.min(70_000);
                    ports.extend((range.begin..=end).filter_map(|port| u32::try_from(port).ok()));
                }
            }
            _ => {}
        }
    }
    (amount, ports)
}

fn ranges(ports: &BTreeSet<u32>) -> Vec<(u64, u64)> {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for port in ports.iter().map(|port| u64::from(*port)) {
        match ranges.last_mut() {
            Some((_, end)) if *end + 1 == port => *end = port,
            _ => ranges.push((port, port)),
        }
    }
    ranges
}
