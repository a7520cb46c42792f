//! Jenkins asks for agents as it does in earnest: by a review of what waits, under the caps of the cloud and its templates.

use crate::jenkins::{Node, name_of};
use crate::plan::LABEL_NAMES;
use crate::rng::Rng;
use crate::rule;
use crate::tamper::Tamper;
use crate::world::World;
use mesos_core::{Review, Scalar, Situation, review};

/// Where the numbers of agents begin that a review has asked for.
const FIRST: u32 = 100;

/// What there may be at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Caps {
    /// Agents.
    pub agents: Option<u32>,
    /// CPUs in thousandths.
    pub cpus: Option<i64>,
    /// MB.
    pub mem: Option<i64>,
}

impl Caps {
    pub(crate) fn draw(rng: &mut Rng) -> Self {
        let mut some = |least: u64, most: u64| {
            let number = rng.between(least, most);
            rng.chance(50).then_some(number)
        };
        Self {
            agents: some(1, 8).and_then(|agents| u32::try_from(agents).ok()),
            cpus: some(1_000, 12_000).and_then(|cpus| i64::try_from(cpus).ok()),
            mem: some(700, 12_000).and_then(|mem| i64::try_from(mem).ok()),
        }
    }

    /// As settings.
    pub(crate) fn put(&self, into: &mut serde_json::Value) {
        if let Some(agents) = self.agents {
            into["maxAgents"] = agents.into();
        }
        if let Some(cpus) = self.cpus {
            into["maxCpus"] = Scalar::from_milli(cpus).to_string().into();
        }
        if let Some(mem) = self.mem {
            into["maxMem"] = mem.into();
        }
    }

    fn broken_by(&self, used: &Used) -> bool {
        self.agents.is_some_and(|most| used.agents > most)
            || self.cpus.is_some_and(|most| used.cpus > most)
            || self.mem.is_some_and(|most| used.mem > most * 1_000)
    }
}

/// What there is; CPUs and MB in thousandths.
#[derive(Debug, Default)]
struct Used {
    agents: u32,
    cpus: i64,
    mem: i64,
}

impl Used {
    fn add(&mut self, cpus: i64, mem: i64) {
        self.agents += 1;
        self.cpus += cpus;
        self.mem += mem;
    }
}

impl World {
    /// Builds of a label wait for executors.
    pub(crate) fn builds_wait(&mut self, label: &'static str, builds: u32) {
        *self.jenkins.builds.entry(label).or_default() += builds;
        self.review();
    }

    /// Asks for what is missing, withdraws what nobody needs.
    pub(crate) fn review(&mut self) {
        let Some(reviewed) = self.reviewed() else {
            return;
        };
        let twice = self.plan.tamper == Some(Tamper::OverlooksCaps);
        for name in reviewed.withdraw {
            if let Some(number) = self.jenkins.nodes.get(&name).map(|node| node.number) {
                self.release(number, false);
            }
        }
        for agent in reviewed.request {
            for _ in 0..=u8::from(twice) {
                let number = FIRST + self.jenkins.requested;
                self.jenkins.requested += 1;
                let label = LABEL_NAMES.into_iter().find(|label| *label == agent.template);
                self.submit(number, label.unwrap_or("small"), agent.executors);
                if let Some(node) = self.jenkins.nodes.get_mut(&name_of(number)) {
                    node.cpus = agent.cpus.as_milli();
                    node.mem = agent.mem.as_milli();
                }
            }
        }
        let nodes = self.jenkins.present();
        let asked: Vec<(&'static str, i64, i64)> =
            nodes.map(|(_, node)| (node.label, node.cpus, node.mem)).collect();
        self.check_caps(&asked, "asked for");
    }

    fn reviewed(&mut self) -> Option<Review> {
        let waiting: Vec<_> = LABEL_NAMES
            .iter()
            .enumerate()
            .map(|(kind, label)| {
                let builds = self.jenkins.builds.get(label).copied().unwrap_or(0);
                serde_json::json!({"kind": kind, "builds": builds})
            })
            .collect();
        let kinds: Vec<_> = LABEL_NAMES
            .iter()
            .enumerate()
            .map(|(kind, label)| serde_json::json!({"template": label, "serves": [kind]}))
            .collect();
        let agents: Vec<_> = self
            .jenkins
            .present()
            .map(|(name, node)| {
                serde_json::json!({
                    "name": name,
                    "kind": LABEL_NAMES.iter().position(|label| *label == node.label),
                    "state": self.jenkins.stand_of(name, self.life),
                    "executors": node.executors,
                    "cpus": Scalar::from_milli(node.cpus),
                    "mem": Scalar::from_milli(node.mem),
                })
            })
            .collect();
        let situation = serde_json::json!({"waiting": waiting, "kinds": kinds, "agents": agents});
        let config = self.framework()?.config();
        let mut unique = 0;
        let reviewed = serde_json::from_value::<Situation>(situation)
            .map_err(|error| error.to_string())
            .and_then(|situation| {
                let unique = || {
                    unique += 1;
                    unique
                };
                review(config, &situation, unique).map_err(|error| error.to_string())
            });
        match reviewed {
            Ok(reviewed) => Some(reviewed),
            Err(problem) => {
                self.watch.fail(self.now(), rule::REQUEST_TAKEN, &problem);
                None
            }
        }
    }

    /// What runs for Jenkins is within the caps.
    pub(crate) fn check_caps_of_cluster(&mut self) {
        let tasks = self.master.running();
        let used: Vec<(&'static str, i64, i64)> = tasks
            .filter_map(|(_, task)| {
                let node: &Node = self.jenkins.nodes.get(task.id())?;
                let ended = self.jenkins.ended.contains_key(task.id());
                (!ended).then(|| (node.label, task.stock().cpus(), task.stock().mem()))
            })
            .collect();
        self.check_caps(&used, "running");
    }

    fn check_caps(&mut self, agents: &[(&'static str, i64, i64)], what: &str) {
        let Some((cloud, template)) = self.plan.caps else {
            return;
        };
        let sum = |label: Option<&str>| {
            let mut used = Used::default();
            for (of, cpus, mem) in agents {
                if label.is_none_or(|label| label == *of) {
                    used.add(*cpus, *mem);
                }
            }
            used
        };
        let all = sum(None);
        if cloud.broken_by(&all) {
            let detail = format!("{what}: {all:?}, the cloud may have {cloud:?}");
            self.watch.fail(self.now(), rule::CAPS_KEPT, &detail);
        }
        for label in LABEL_NAMES {
            let used = sum(Some(label));
            if template.broken_by(&used) {
                let detail = format!("{what}: {used:?} of {label}, of which there may be {template:?}");
                self.watch.fail(self.now(), rule::CAPS_KEPT, &detail);
            }
        }
    }
}
