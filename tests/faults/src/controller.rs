//! A controller that is no Jenkins: nodes, builds and a cloud, in a process that may be killed at any time.

use std::collections::BTreeSet;
use std::io::{Error, Result};
use std::path::Path;
use std::time::Duration;

use mesos_client::{Cloud, Runtime};
use mesos_core::{Config, Demand, Launch, Notice, Protocol, Release, Request};
use rustix::process::{Signal, getpid, kill_process};

use crate::files;
use crate::orders::{Agent, Build, Folder, Orders, Record};

/// The template of builds.
pub const BUILD: &str = "build";
/// The template of probes, which fit in beside builds.
pub const PROBE: &str = "probe";

const LOOK: Duration = Duration::from_millis(100);
const CLOSED: Duration = Duration::from_secs(30);

/// Serves the orders in a folder until they say to close.
///
/// # Errors
/// Those of the folder, and a configuration that the core does not read.
pub fn run(folder: &Path) -> Result<()> {
    tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(std::io::stderr)
        .with_max_level(tracing::Level::DEBUG)
        .init();
    let folder = Folder::new(folder);
    let mut orders: Orders = files::load(&folder.orders())?.ok_or_else(|| Error::other("no orders"))?;
    let mut jenkins = Jenkins::load(folder.clone())?;
    files::save(&folder.record(), &jenkins.record)?;
    let runtime = Runtime::new().map_err(Error::other)?;
    let cloud = Cloud::open(config(&orders, &jenkins.record)?, folder.state(), &runtime);
    while !orders.close {
        let before = jenkins.record.clone();
        for event in cloud.poll(LOOK).events {
            jenkins.hear(event.notice);
        }
        jenkins.begin_and_end(&orders)?;
        // What begins is on disk before anybody acts upon it.
        jenkins.save(&before)?;
        jenkins.act(&cloud, &orders)?;
        let now: Orders = files::load(&folder.orders())?.unwrap_or_else(|| orders.clone());
        if now.config != orders.config {
            let config = config(&now, &jenkins.record)?;
            cloud.reconfigure(config).map_err(Error::other)?;
        }
        orders = now;
    }
    cloud.close(true);
    match cloud.wait_closed(CLOSED) {
        true => Ok(()),
        false => Err(Error::other("the cloud does not close")),
    }
}

fn config(orders: &Orders, record: &Record) -> Result<Config> {
    let mut config = orders.config.clone();
    let nodes = record.agents.iter().filter(|(_, agent)| agent.node);
    config["owned"] = nodes.map(|(name, _)| name.as_str()).collect();
    Ok(serde_json::from_value(config)?)
}

struct Jenkins {
    folder: Folder,
    record: Record,
    released: BTreeSet<String>,
}

impl Jenkins {
    /// After a crash only those agents are known for which there was a node.
    fn load(folder: Folder) -> Result<Self> {
        let mut record: Record = files::load(&folder.record())?.unwrap_or_default();
        record.agents.retain(|_, agent| agent.node);
        record.connection.clear();
        Ok(Self {
            folder,
            record,
            released: BTreeSet::new(),
        })
    }

    fn save(&self, before: &Record) -> Result<()> {
        if self.record == *before {
            return Ok(());
        }
        files::save(&self.folder.record(), &self.record)
    }

    fn noted(&self, agent: &str, word: &str) -> bool {
        self.folder.note(agent, word).exists()
    }

    fn hear(&mut self, notice: Notice) {
        match notice {
            Notice::Accepted { name, .. } => {
                self.in_state(&name, "ACCEPTED");
                if let Some(agent) = self.record.agents.get_mut(&name) {
                    agent.node = true;
                }
            }
            Notice::State { name, state, .. } | Notice::Known { name, state, .. } => {
                self.in_state(&name, &state);
            }
            Notice::Ended {
                name,
                state,
                reason,
                message,
                ..
            } => self.ended(&name, &format!("{state} {reason:?} {message:?}")),
            Notice::Connection { state, message, .. } => {
                self.record.connection = match message {
                    Some(message) => format!("{state:?}: {message}"),
                    None => format!("{state:?}"),
                };
            }
            Notice::Framework { framework_id, .. } => self.record.frameworks.push(framework_id),
            Notice::Trouble { subject, message } => {
                self.record.troubles.push(format!("{subject}: {message}"));
            }
            Notice::Waiting { name, reason, .. } => {
                self.in_state(&name, &reason);
                tracing::info!("{name} waits: {reason}");
            }
            Notice::Risk { name, message } => tracing::info!("{name} is at risk: {message:?}"),
        }
    }

    fn in_state(&mut self, name: &str, state: &str) {
        if let Some(agent) = self.record.agents.get_mut(name) {
            state.clone_into(&mut agent.state);
        }
    }

    /// An agent is gone: a build that ran on it and had not ended is lost, and waits again.
    fn ended(&mut self, name: &str, how: &str) {
        let Some(agent) = self.record.agents.remove(name) else {
            return;
        };
        let over = self.noted(name, "ended");
        let Some(number) = agent.build else { return };
        let Some(build) = self.record.builds.get_mut(&number) else {
            return;
        };
        if *build == Build::Running(name.to_owned()) {
            if over {
                *build = Build::Done;
            } else {
                *build = Build::Waiting;
                let loss = format!("build {number} on {name}: {how}");
                tracing::warn!("lost: {loss}");
                self.record.losses.push(loss);
            }
        }
    }

    /// Gives builds to agents that are there, and takes note of those that are done.
    fn begin_and_end(&mut self, orders: &Orders) -> Result<()> {
        for number in 1..=orders.builds {
            self.record.builds.entry(number).or_insert(Build::Waiting);
        }
        let names: Vec<String> = self.record.agents.keys().cloned().collect();
        for name in names {
            let online = self.noted(&name, "online");
            let over = self.noted(&name, "ended");
            let Some(agent) = self.record.agents.get_mut(&name) else {
                continue;
            };
            match agent.build {
                Some(number) if over => {
                    self.record.builds.insert(number, Build::Done);
                }
                Some(_) => {}
                None if agent.probe && agent.node && online && !agent.begun => {
                    agent.begun = true;
                    self.record.probes += 1;
                }
                None if !agent.probe && agent.node && online && !orders.hold => {
                    let waiting =
                        |(number, build): (&u32, &Build)| (*build == Build::Waiting).then_some(*number);
                    let Some(number) = self.record.builds.iter().find_map(waiting) else {
                        continue;
                    };
                    agent.build = Some(number);
                    self.record.builds.insert(number, Build::Running(name));
                }
                None => {}
            }
        }
        Ok(())
    }

    /// Tells agents to begin, releases those that are not needed, and asks for those that are missing.
    fn act(&mut self, cloud: &Cloud, orders: &Orders) -> Result<()> {
        let mut release = Vec::new();
        for (name, agent) in &self.record.agents {
            let build = agent.build.and_then(|number| self.record.builds.get(&number));
            match build {
                Some(Build::Running(on)) if on == name && !self.noted(name, "go") => {
                    files::replace(&self.folder.note(name, "go"), &orders.seconds.to_string())?;
                }
                Some(Build::Running(on)) if on == name => {}
                Some(_) => release.push(name.clone()),
                None if agent.begun => release.push(name.clone()),
                None => {}
            }
        }
        // What is not asked for twice: a build's agent that is on its way, or there without a build.
        let free = |agent: &&Agent| !agent.probe && agent.build.is_none();
        let free = self.record.agents.values().filter(free).count();
        let waiting = self.record.waiting();
        if free > waiting {
            let surplus = self.record.agents.iter();
            let surplus = surplus.filter(|(_, agent)| !agent.probe && agent.build.is_none());
            release.extend(surplus.map(|(name, _)| name.clone()).take(free - waiting));
        }
        release.retain(|name| self.released.insert(name.clone()));
        if !release.is_empty() {
            let release = Release::new(release, "its build is done");
            cloud.release(release).map_err(Error::other)?;
        }
        self.request(cloud, orders, BUILD, waiting.saturating_sub(free))?;
        let probing = |agent: &&Agent| agent.probe && !agent.begun;
        let probing = self.record.agents.values().filter(probing).count();
        let missing = usize::try_from(orders.probes.saturating_sub(self.record.probes)).unwrap_or(0);
        let submitted =
            self.request(cloud, orders, PROBE, missing.saturating_sub(probing))? || waiting > free;
        if orders.crash_after_submit && submitted {
            kill_process(getpid(), Signal::KILL)?;
        }
        Ok(())
    }

    fn request(&mut self, cloud: &Cloud, orders: &Orders, label: &str, count: usize) -> Result<bool> {
        if count == 0 {
            return Ok(false);
        }
        let before = self.record.clone();
        let count = u32::try_from(count).map_err(Error::other)?;
        let plan = cloud.plan(&Demand::new(label, count)).map_err(Error::other)?;
        let url = format!("{}{}", orders.jars, self.folder.path().display());
        for planned in plan.agents {
            let launch = Launch::new(Protocol::Jnlp, &url);
            let request = Request::new(&planned.name, &planned.label, planned.executors, launch);
            cloud.submit(request).map_err(Error::other)?;
            let agent = Agent {
                probe: label == PROBE,
                ..Agent::default()
            };
            self.record.agents.insert(planned.name, agent);
        }
        self.save(&before)?;
        Ok(true)
    }
}
