//! What a case of the driver on a real cluster stands on.

use std::path::PathBuf;

use mesos_client::Runtime;
use serde_json::Value;
use testbed::cluster::TaskView;
use testbed::{Cluster, ClusterSpec, RunError};

use crate::trial::{Program, Trial, configured, folder, runtime, unmet};

/// A cluster, the program of its agents, and where a cloud's state lies. Its trials are to end before it.
#[derive(Debug)]
pub struct Ground {
    /// For the state of the cloud; not made yet.
    pub folder: PathBuf,
    /// For the drivers of the case.
    pub runtime: Runtime,
    /// What agents run.
    pub program: Program,
    /// Where they run.
    pub cluster: Cluster,
}

impl Ground {
    /// Starts the cluster and serves the program.
    ///
    /// # Errors
    /// [`RunError`] of what does not start.
    pub fn start(spec: &ClusterSpec) -> Result<Self, RunError> {
        Ok(Self {
            folder: folder(),
            runtime: runtime()?,
            program: Program::serve()?,
            cluster: Cluster::start(spec)?,
        })
    }

    /// What it consists of, each to be dropped before what is named before it.
    #[must_use]
    pub fn into_parts(self) -> (Cluster, Program, Runtime, PathBuf) {
        (self.cluster, self.program, self.runtime, self.folder)
    }

    /// Opens a cloud on the cluster, with these members of its configuration.
    ///
    /// # Errors
    /// When the core does not read the members.
    pub fn open(&self, members: Value) -> Result<Trial, RunError> {
        let config = configured(&self.cluster.master(), members)?;
        Ok(Trial::open(config, &self.folder, &self.runtime))
    }

    /// Submits one agent of this template, and waits until it runs.
    ///
    /// # Errors
    /// [`RunError::Condition`] when it does not.
    pub fn run(&self, trial: &mut Trial, label: &str) -> Result<TaskView, RunError> {
        let names = trial.submit_to(label, &self.program, 1)?;
        trial.running(&names)?;
        self.task(&names[0])
    }

    /// Submits one agent of this template, and waits until it waits for that: its name.
    ///
    /// # Errors
    /// [`RunError::Condition`] when it waits for nothing of the kind.
    pub fn wait(&self, trial: &mut Trial, label: &str, words: &str) -> Result<String, RunError> {
        let name = trial.submit_to(label, &self.program, 1)?.remove(0);
        trial.waits(&name, words)?;
        Ok(name)
    }

    /// A task, live or ended, as the master shows it.
    ///
    /// # Errors
    /// [`RunError::Condition`] when the master shows none of that name.
    pub fn task(&self, name: &str) -> Result<TaskView, RunError> {
        let mut tasks = self.cluster.tasks()?;
        tasks.extend(self.cluster.ended_tasks()?);
        tasks
            .into_iter()
            .find(|task| task.id == name)
            .ok_or_else(|| unmet("the task", format!("{name} is not there")))
    }
}
