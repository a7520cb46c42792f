//! What the cases on today's Jenkins share: a Jenkins with the packaged plugin beside a real Mesos cluster.
//!
//! The cases are in `tests/`, one file for each group; they run one after the other (`--test-threads=1`) by
//! `JENKINS_WAR=<file> JENKINS_PLUGINS=<folder> cargo xtask test --host jenkins`. Without these variables each of them
//! fails and says so.

mod agents;
mod cli;
mod held_secrets;
mod jdks;
mod mesos_eye;
mod pipelines;
mod visitor;

use std::time::Duration;

use testbed::host::{Build, Node};
use testbed::seeds::{CloudSeed, freestyle, pipeline};
use testbed::{Check, Cluster, ClusterSpec, Jenkins, JenkinsSpec, RunError};

pub use agents::kill_agent;
pub use cli::cli;
pub use held_secrets::HeldSecrets;
pub use jdks::jdks;
pub use mesos_eye::MesosEye;
pub use pipelines::bed_for_pipelines;
pub use visitor::Visitor;

pub use e2e::{Gate, LATER, SOON, framework_id, is_agent_name, plugin};

/// A Jenkins and its cluster; both end when it is dropped.
#[derive(Debug)]
pub struct Bed {
    // Dropped before the cluster that its agents run on.
    /// The Jenkins.
    pub jenkins: Jenkins,
    /// The cluster.
    pub cluster: Cluster,
}

impl Bed {
    /// Starts a cluster, and a Jenkins whose one cloud has this cluster as its master.
    ///
    /// # Errors
    /// [`RunError`] of the one or the other.
    pub fn start(cluster: &ClusterSpec, cloud: CloudSeed) -> Result<Self, RunError> {
        Self::start_with(cluster, cloud, |spec| spec)
    }

    /// The same with changes to the Jenkins.
    ///
    /// # Errors
    /// [`RunError`] of the one or the other.
    pub fn start_with(
        cluster: &ClusterSpec,
        cloud: CloudSeed,
        change: impl FnOnce(JenkinsSpec) -> JenkinsSpec,
    ) -> Result<Self, RunError> {
        // What is missing is said before anything starts.
        let spec = JenkinsSpec::new(plugin()?, Vec::new())?;
        let cluster = Cluster::start(cluster)?;
        let master = cluster.master();
        let spec = JenkinsSpec {
            clouds: vec![CloudSeed { master, ..cloud }],
            ..spec
        };
        let jenkins = Jenkins::start(&change(spec))?;
        Ok(Self { jenkins, cluster })
    }

    /// Creates a freestyle job and starts its first build.
    ///
    /// # Errors
    /// [`RunError::Http`].
    pub fn build(&self, job: &str, label: &str, script: &str) -> Result<(), RunError> {
        self.jenkins.create_job(job, &freestyle(label, script))?;
        self.jenkins.build(job)
    }

    /// Creates a Pipeline job and starts its first build.
    ///
    /// # Errors
    /// [`RunError::Http`].
    pub fn run_pipeline(&self, job: &str, script: &str) -> Result<(), RunError> {
        self.jenkins.create_job(job, &pipeline(script))?;
        self.jenkins.build(job)
    }

    /// Waits until the first build of a job runs.
    ///
    /// # Errors
    /// [`RunError::Condition`] with the queue, and the logs of Jenkins and cluster.
    pub fn start_of(&self, job: &str) -> Result<Build, RunError> {
        self.explain(self.jenkins.await_start(job, 1, SOON))
    }

    /// Waits until the first build of a job has ended.
    ///
    /// # Errors
    /// [`RunError::Condition`] with the console, and the logs of Jenkins and cluster.
    pub fn end_of(&self, job: &str) -> Result<Build, RunError> {
        self.explain(self.jenkins.await_end(job, 1, SOON))
    }

    /// Waits until the first build of a job has ended, and gives its console.
    ///
    /// # Errors
    /// [`RunError::Condition`], also when its result is not `SUCCESS`.
    pub fn success_of(&self, job: &str) -> Result<String, RunError> {
        let build = self.end_of(job)?;
        let console = self.jenkins.console(job, 1)?;
        if build.result.as_deref() == Some("SUCCESS") {
            return Ok(console);
        }
        self.explain(Err(RunError::Condition {
            what: format!("the success of {job}"),
            reason: format!("{build:?}; its console:\n{console}\n{}", self.jenkins.tail()),
        }))
    }

    /// Waits until the console of a job's first build has these words, and gives the console.
    ///
    /// # Errors
    /// [`RunError::Condition`] with the console, and the logs of Jenkins and cluster.
    pub fn console_with(&self, job: &str, words: &str) -> Result<String, RunError> {
        let what = format!("`{words}` in the console of {job}");
        let found = self
            .jenkins
            .await_that(&what, SOON, || match self.jenkins.console(job, 1) {
                Ok(console) if console.contains(words) => Check::Ready(console),
                Ok(console) => Check::NotYet(console),
                Err(error) => Check::NotYet(format!("{error}; the queue: {:?}", self.jenkins.queue())),
            });
        self.explain(found)
    }

    /// Waits until Jenkins has no nodes and the cluster no tasks.
    ///
    /// # Errors
    /// [`RunError::Condition`] with the logs of Jenkins and cluster.
    pub fn nothing_left(&self, limit: Duration) -> Result<(), RunError> {
        let gone = self
            .jenkins
            .await_that("no node and no task to be left", limit, || {
                let left = (self.jenkins.nodes(), self.cluster.tasks());
                match &left {
                    (Ok(nodes), Ok(tasks)) if nodes.is_empty() && tasks.is_empty() => Check::Ready(()),
                    _ => Check::NotYet(format!("{left:?}")),
                }
            });
        self.explain(gone)
    }

    /// Adds what the plugin and the cluster said to a failed wait.
    ///
    /// # Errors
    /// The error that was given.
    pub fn explain<T>(&self, result: Result<T, RunError>) -> Result<T, RunError> {
        result.map_err(|error| match error {
            RunError::Condition { what, reason } => {
                let nodes: Vec<Node> = self.jenkins.nodes().unwrap_or_default();
                let logs: Vec<String> = nodes
                    .iter()
                    .map(|node| {
                        let log = self.jenkins.node_log(&node.name).unwrap_or_default();
                        format!("--- {node:?} ---\n{log}")
                    })
                    .collect();
                let reason = format!("{reason}\n{}\n{}", logs.join("\n"), self.cluster.tails());
                RunError::Condition { what, reason }
            }
            other => other,
        })
    }
}
