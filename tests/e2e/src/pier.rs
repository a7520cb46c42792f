//! A Mesos cluster whose agent runs containers, with the driver and its agents: on a real Docker engine, or by Mesos itself.

use std::collections::BTreeMap;
use std::fs;
use std::ops::{Deref, DerefMut};
use std::path::PathBuf;

use mesos_client::Runtime;
use mesos_core::Notice;
use serde_json::{Value, json};
use testbed::{AgentSpec, Check, Cluster, ClusterSpec, Engine, RunError, until};

use crate::SOON;
use crate::trial::{Program, Trial, configured, folder, runtime, unmet};

/// A cluster with one agent of 8 CPUs and 8 GB, and a driver. What is declared first ends first.
#[derive(Debug)]
pub struct Berth {
    /// The driver.
    pub trial: Trial,
    /// The cluster.
    pub cluster: Cluster,
    /// What the agents run.
    pub program: Program,
    _runtime: Runtime,
}

/// The same on a Docker engine.
#[derive(Debug)]
pub struct Pier {
    berth: Berth,
    /// The engine.
    pub engine: Engine,
}

impl Deref for Pier {
    type Target = Berth;

    fn deref(&self) -> &Berth {
        &self.berth
    }
}

impl DerefMut for Pier {
    fn deref_mut(&mut self) -> &mut Berth {
        &mut self.berth
    }
}

impl Berth {
    /// Starts a cluster with this agent, and a driver with these containers as templates.
    ///
    /// # Errors
    /// [`RunError`] of what does not start.
    pub fn start(agent: AgentSpec, containers: Value) -> Result<Self, RunError> {
        let templates = sized(containers);
        let cluster = Cluster::start(&ClusterSpec {
            agents: vec![agent],
            zookeeper: false,
            ..ClusterSpec::default()
        })?;
        let runtime = runtime()?;
        let config = configured(&cluster.master(), json!({ "templates": templates }))?;
        let problems = mesos_core::validate(&config).problems;
        if let Some(problem) = problems
            .iter()
            .find(|problem| problem.severity == mesos_core::Severity::Error)
        {
            return Err(unmet("good templates", format!("{problem:?}")));
        }
        let mut trial = Trial::open(config, &folder(), &runtime);
        trial.subscribed()?;
        Ok(Self {
            trial,
            cluster,
            program: Program::serve()?,
            _runtime: runtime,
        })
    }

    /// Starts an agent of each of these templates, and waits until all run: their names by label.
    ///
    /// # Errors
    /// [`RunError::Condition`] with what the driver told, and the sandboxes.
    pub fn run(&mut self, labels: &[&str]) -> Result<BTreeMap<String, String>, RunError> {
        let mut names = BTreeMap::new();
        for label in labels {
            let submitted = self.trial.submit_to(label, &self.program, 1)?;
            names.extend(submitted.into_iter().map(|name| ((*label).to_owned(), name)));
        }
        let all: Vec<String> = names.values().cloned().collect();
        self.trial.running(&all)?;
        Ok(names)
    }

    /// The agent's sandbox.
    ///
    /// # Errors
    /// [`RunError`] when the master does not know the task.
    pub fn sandbox(&self, name: &str) -> Result<PathBuf, RunError> {
        let mut tasks = self.cluster.tasks()?;
        tasks.extend(self.cluster.ended_tasks()?);
        let task = tasks
            .into_iter()
            .find(|task| task.id == name)
            .ok_or_else(|| unmet("the task", format!("{name} is not there")))?;
        let framework = task.json["framework_id"].as_str().unwrap_or_default().to_owned();
        Ok(self
            .cluster
            .folder()
            .join("agent1/work/slaves")
            .join(&task.agent)
            .join("frameworks")
            .join(framework)
            .join("executors")
            .join(name)
            .join("runs/latest"))
    }

    /// The ends of the files in the sandbox, for messages.
    fn words(&self, name: &str) -> String {
        let Ok(sandbox) = self.sandbox(name) else {
            return String::new();
        };
        let tail = |file: &str| format!("{file}: {}", testbed::process::tail_of(&sandbox.join(file)));
        format!("{}\n{}", tail("stdout"), tail("stderr"))
    }

    /// Waits for a file of the sandbox in which something is, and gives its text.
    ///
    /// # Errors
    /// [`RunError::Condition`].
    pub fn file(&self, agent: &str, name: &str) -> Result<String, RunError> {
        let path = self.sandbox(agent)?.join(name);
        until(path.display(), SOON, || match fs::read_to_string(&path) {
            // A shell makes a file before it writes to it.
            Ok(text) => Check::when(!text.is_empty(), text.clone(), || "it is empty".to_owned()),
            Err(error) => Check::NotYet(error.to_string()),
        })
    }

    /// Waits for the end of an agent that nobody released: Mesos's state, and the message.
    ///
    /// # Errors
    /// [`RunError::Condition`] with what the driver told.
    pub fn end(&mut self, agent: &str) -> Result<(String, String), RunError> {
        self.trial
            .notice(&format!("the end of {agent}"), SOON, |notice| match notice {
                Notice::Ended {
                    name,
                    state,
                    message,
                    requested: false,
                    ..
                } if name == agent => Some((state.clone(), message.clone().unwrap_or_default())),
                _ => None,
            })
    }
}

impl Pier {
    /// Starts everything, after `prepare` has had the engine for itself and has said which templates there are.
    ///
    /// # Errors
    /// [`RunError`] of what does not start.
    pub fn start(prepare: impl FnOnce(&mut Engine) -> Result<Value, RunError>) -> Result<Self, RunError> {
        let mut engine = Engine::start()?;
        let containers = prepare(&mut engine)?;
        let agent = AgentSpec {
            flags: engine.agent_flags(),
            ..AgentSpec::with(8.0, 8192)
        };
        Ok(Self {
            berth: Berth::start(agent, containers)?,
            engine,
        })
    }

    /// The agent's container as `docker inspect` shows it.
    ///
    /// # Errors
    /// [`RunError`] when there is none, or more than one.
    pub fn container(&self, name: &str) -> Result<Value, RunError> {
        let filter = format!("label=org.jenkinsci.plugins.mesos.agent={name}");
        let ids = self.engine.docker(&["ps", "-aq", "--filter", &filter])?;
        match ids.lines().collect::<Vec<_>>()[..] {
            [one] => self.engine.inspect(one),
            _ => Err(unmet(
                "one container",
                format!("{name} has {ids:?}\n{}", self.words(name)),
            )),
        }
    }

    /// What a command in the agent's container prints.
    ///
    /// # Errors
    /// [`RunError`] with its words when it fails.
    pub fn inside(&self, name: &str, command: &str) -> Result<String, RunError> {
        let container = self.container(name)?;
        let id = container["Id"].as_str().unwrap_or_default();
        let text = self.engine.docker(&["exec", id, "/bin/sh", "-c", command])?;
        Ok(text.trim_end().to_owned())
    }

    /// Releases all of these, waits for their ends, and until the engine has nothing of them any more.
    ///
    /// # Errors
    /// [`RunError::Condition`] with what is left.
    pub fn release(&mut self, names: &[String]) -> Result<(), RunError> {
        self.trial.release(names)?;
        self.gone()
    }

    /// Waits until the engine has no container any more.
    ///
    /// # Errors
    /// [`RunError::Condition`] with what is left.
    pub fn gone(&self) -> Result<(), RunError> {
        until("no container of an agent", SOON, || {
            match self.engine.containers() {
                Ok(left) => Check::when(left.is_empty(), (), || format!("{left:?}")),
                Err(error) => Check::NotYet(error.to_string()),
            }
        })
    }
}

/// Templates by label; each gets the memory that a JVM in a container needs.
fn sized(containers: Value) -> Vec<Value> {
    let templates = containers.as_object().cloned().unwrap_or_default();
    templates
        .into_iter()
        .map(|(label, container)| {
            let mut template = json!({"label": label, "mem": 64, "executorMem": 96,
                "jvmArgs": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"});
            // A whole template has its container in it.
            match container.get("container").is_some() {
                true => template
                    .as_object_mut()
                    .into_iter()
                    .for_each(|all| all.extend(container.as_object().cloned().unwrap_or_default())),
                false => template["container"] = container,
            }
            template
        })
        .collect()
}
