//! A task of ours that no node of Jenkins owns is gone soon after everything works again.

use crate::master::{Agent, Millis};
use crate::rule;
use crate::world::World;
use std::collections::BTreeMap;

/// How long it may live once nothing keeps the framework from ending it.
const PATIENCE: Millis = 60_000;
/// How often it is looked.
const LOOK: Millis = 5_000;

/// What was seen at the last look.
#[derive(Debug, Default)]
pub(crate) struct Strangers {
    next: Millis,
    /// Since when each lives although it could be ended.
    since: BTreeMap<String, Millis>,
}

impl World {
    pub(crate) fn look_for_strangers(&mut self) {
        let now = self.now();
        if now < self.strangers.next {
            return;
        }
        self.strangers.next = now + LOOK;
        if self.plan.caps.is_some() {
            self.check_caps_of_cluster();
        }
        let before = std::mem::take(&mut self.strangers.since);
        let Some((framework, session)) = self.watch.session().filter(|_| self.all_is_well()) else {
            return;
        };
        let mut since = BTreeMap::new();
        for (agent, task) in self.master.running() {
            let id = task.id();
            if task.framework() != framework
                || self.jenkins.nodes.contains_key(id)
                // What a ledger never knew is asked for at the beginning of a session.
                || task.appeared_in_silence().is_some_and(|at| at >= session)
                || !self.master.agents().get(agent).is_some_and(Agent::hears)
            {
                continue;
            }
            let at = before.get(id).copied().filter(|at| *at >= session).unwrap_or(now);
            since.insert(id.to_owned(), at);
        }
        let late = since.iter().find(|(_, at)| **at + PATIENCE < now);
        let late = late.map(|(id, at)| format!("{id} lives on since {} s", at / 1_000));
        self.strangers.since = since;
        if let Some(detail) = late {
            self.watch.fail(now, rule::STRANGERS_GO, &detail);
        }
    }

    /// Nothing goes wrong between the framework and the master.
    fn all_is_well(&self) -> bool {
        let weather = &self.weather;
        let over = [
            weather.calls_fail_until,
            weather.slow_until,
            weather.updates_lost_until,
            weather.frozen_until,
            weather.inward_cut_until,
            weather.outward_cut_until,
        ];
        over.into_iter().all(|until| until <= self.now()) && self.is_connected()
    }
}
