//! The Java side: its nodes, and what it does with notices.

use crate::plan::{Errand, Plan};
use crate::rule;
use crate::settings::Settings;
use crate::tamper::Tamper;
use crate::world::{Event, World};
use mesos_core::{Config, Launch, Notice, Protocol, Release, Request};
use std::collections::{BTreeMap, BTreeSet};

/// What Jenkins keeps. Nodes are on disk and outlive a crash.
#[derive(Debug, Default)]
pub struct Jenkins {
    /// Node by name.
    pub nodes: BTreeMap<String, Node>,
    /// What was released in this life or another, and is not to run for ever.
    pub released: BTreeSet<String>,
    /// How often `ended` came, over all lives.
    pub ended: BTreeMap<String, u32>,
    /// The last state that each agent was told to be in.
    pub states: BTreeMap<String, String>,
    /// What is set about the cloud now.
    pub settings: Settings,
    /// Builds that wait, by label, where agents are asked for by review.
    pub builds: BTreeMap<&'static str, u32>,
    /// How many agents reviews have asked for.
    pub(crate) requested: u32,
}

/// A node.
#[derive(Debug, Clone)]
pub struct Node {
    /// The template's label.
    pub label: &'static str,
    /// The life of the JVM in which it was submitted.
    life: u64,
    pub(crate) number: u32,
    pub(crate) executors: u32,
    /// In all, in thousandths, where a review asked for it.
    pub(crate) cpus: i64,
    /// Thousandths of a MB.
    pub(crate) mem: i64,
}

/// The port of its host that each agent of the template `ported` must have.
const PORTED: u32 = 31_001;

/// The name of an agent.
pub fn name_of(number: u32) -> String {
    format!("jenkins-{number:04}")
}

impl Jenkins {
    /// The configuration with the nodes there are.
    ///
    /// # Errors
    /// When the core cannot read it.
    pub fn config(&self, plan: &Plan) -> Result<Config, serde_json::Error> {
        let owned: Vec<&String> = self.nodes.keys().collect();
        let settings = &self.settings;
        let mut json = serde_json::json!({
            "v": 1,
            "cloudId": "sim",
            "master": "zk://zk:2181/mesos",
            "frameworkName": settings.name,
            "role": settings.role,
            "user": settings.user,
            "principal": settings.principal,
            "checkpoint": settings.checkpoint,
            "jenkinsUrl": "http://jenkins/",
            "failoverTimeoutSeconds": plan.failover_timeout,
            "launchTimeoutSeconds": plan.launch_timeout,
            "declineSeconds": plan.decline,
            "onDemandRegistration": plan.on_demand,
            "templates": [
                {"label": "small", "cpus": "0.25", "mem": 256, "maxExecutors": 4},
                {"label": "big", "cpus": 1.5, "mem": 1024, "executorCpus": 0.333, "maxExecutors": 4, "disk": "1500"},
                {"label": "racked", "cpus": 0.5, "mem": 64, "maxExecutors": 4, "attributes": {"rack": "a"}},
                {"label": "ported", "cpus": "0.25", "mem": 128, "maxExecutors": 4, "container": {"image": "agent",
                    "portMappings": [{"containerPort": 5900}, {"containerPort": 80, "hostPort": PORTED},
                        {"containerPort": 53, "protocol": "udp"}]}},
                {"label": "huge", "cpus": 1000, "mem": 64, "maxExecutors": 4},
            ],
            "owned": owned,
        });
        if let Some((cloud, template)) = &plan.caps {
            cloud.put(&mut json);
            for each in json["templates"].as_array_mut().into_iter().flatten() {
                template.put(each);
            }
        }
        serde_json::from_value(json)
    }

    /// Nodes whose end was not told.
    pub(crate) fn present(&self) -> impl Iterator<Item = (&String, &Node)> {
        self.nodes
            .iter()
            .filter(|(name, _)| !self.ended.contains_key(*name))
    }

    /// How far an agent is, in the words of a review.
    pub(crate) fn stand_of(&self, name: &str, life: u64) -> &'static str {
        match self.states.get(name).map(String::as_str) {
            // What an earlier life has asked for cannot just be withdrawn.
            None if self.nodes.get(name).is_some_and(|node| node.life == life) => "requested",
            Some("TASK_RUNNING" | "TASK_KILLING" | "TASK_UNREACHABLE") => "present",
            _ => "accepted",
        }
    }
}

impl World {
    /// Jenkins does something; while it is down, later.
    pub fn run_errand(&mut self, errand: Errand) {
        if self.framework.is_none() {
            let later = self.rng.between(1_000, 5_000);
            return self.schedule(later, Event::Errand(errand));
        }
        self.note(|| format!("Jenkins: {errand:?}"));
        match errand {
            Errand::Submit {
                number,
                label,
                executors,
            } => match self.plan.caps {
                None => self.submit(number, label, executors),
                Some(_) => self.builds_wait(label, executors),
            },
            Errand::Release { number, node_first } => {
                let number = self.present_number(number);
                self.release(number, node_first);
            }
            Errand::Forget { number } => {
                let number = self.present_number(number);
                let name = name_of(number);
                let life = self.jenkins.nodes.get(&name).map(|node| node.life);
                if life == Some(self.life) {
                    // What was submitted in this life is always released: a configuration may be older than it.
                    self.release(number, true);
                } else if self.jenkins.nodes.remove(&name).is_some() {
                    self.jenkins.released.insert(name);
                    // Jenkins tells the owned names only with the configuration.
                    self.reconfigure();
                }
            }
            Errand::Reconfigure => self.reconfigure(),
        }
    }

    /// Where reviews ask for agents, the numbers of a plan stand for those that there are.
    fn present_number(&self, number: u32) -> u32 {
        let nodes: Vec<&Node> = self.jenkins.nodes.values().collect();
        let nth = usize::try_from(number).unwrap_or(0).checked_rem(nodes.len());
        match (self.plan.caps, nth.and_then(|nth| nodes.get(nth))) {
            (Some(_), Some(node)) => node.number,
            _ => number,
        }
    }

    /// Asks for an agent.
    pub fn submit(&mut self, number: u32, label: &'static str, executors: u32) {
        let (name, life) = (name_of(number), self.life);
        let launch = Launch::new(Protocol::Jnlp, "http://jenkins/");
        let template = match self.plan.tamper {
            Some(Tamper::MisreadsRequests) => "unknown",
            _ => label,
        };
        let request = Request::new(name.clone(), template, executors, launch);
        self.watch.submits(self.now(), &name);
        let node = Node {
            label,
            life,
            number,
            executors,
            cpus: 0,
            mem: 0,
        };
        self.jenkins.nodes.insert(name.clone(), node);
        if let Some(Err(error)) = self.input(|framework, now| framework.submit(request, now)) {
            let detail = format!("{name}: {error}");
            self.watch.fail(self.now(), rule::REQUEST_TAKEN, &detail);
        }
    }

    /// Gives an agent up: its node goes at once, or when `ended` comes.
    pub fn release(&mut self, number: u32, node_first: bool) {
        let name = name_of(number);
        if !self.jenkins.nodes.contains_key(&name) {
            return;
        }
        if node_first {
            self.jenkins.nodes.remove(&name);
        }
        self.jenkins.released.insert(name.clone());
        if !node_first && self.plan.tamper == Some(Tamper::DeafToReleases) {
            return;
        }
        let release = Release::new([name], "idle");
        self.input(|framework, now| framework.release(release, now));
    }

    pub(crate) fn hear(&mut self, notice: Notice) {
        match notice {
            Notice::Ended { name, state, .. } => {
                *self.jenkins.ended.entry(name.clone()).or_default() += 1;
                self.jenkins.states.insert(name.clone(), state);
                let (life, delay) = (self.life, self.rng.between(0, 3_000));
                self.schedule(delay, Event::NodeDeleted(life, name));
            }
            Notice::Accepted { name, .. } => {
                self.jenkins.states.insert(name, "ACCEPTED".to_owned());
            }
            Notice::State { name, state, .. } | Notice::Known { name, state, .. } => {
                if state == "TASK_RUNNING"
                    && let Some(node) = self.jenkins.nodes.get(&name)
                    && let Some(builds) = self.jenkins.builds.get_mut(node.label)
                {
                    *builds = builds.saturating_sub(node.executors);
                }
                self.jenkins.states.insert(name, state);
            }
            _ => {}
        }
    }

    pub(crate) fn orphan_name(&mut self) -> String {
        self.orphans += 1;
        format!("orphan-{:03}", self.orphans)
    }
}
