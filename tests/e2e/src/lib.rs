//! What the end-to-end cases share: a host with the packaged plugin, under `-Xcheck:jni`, beside a real Mesos cluster.
//!
//! The cases are in `tests/`, one file for each group; they run one after the other (`--test-threads=1`). The plugin is
//! `java-shim/target/mesos.hpi`, made by `cargo xtask package`, or what the environment variable `MESOS_HPI` names.

mod gate;
pub mod ground;
pub mod inner_docker;
mod jni_check;
mod look;
pub mod mishaps;
pub mod pier;
pub mod quay;
pub mod recipes;
pub mod relay;
pub mod trial;

use std::path::PathBuf;
use std::time::Duration;

use testbed::host::{Build, Node};
use testbed::seeds::{CloudSeed, freestyle};
use testbed::{Cluster, ClusterSpec, Host, HostSpec, RunError, paths};

pub use gate::Gate;
pub use jni_check::complaints;
pub use look::{FORM, framework_id, is_agent_name};

/// For what takes a few seconds: a start of a host, an agent, a build.
pub const SOON: Duration = Duration::from_secs(90);
/// For what waits for idle minutes, or for many agents.
pub const LATER: Duration = Duration::from_secs(240);

/// A host and its cluster; both end when it is dropped.
#[derive(Debug)]
pub struct Bed {
    // Dropped before the cluster that its agents run on.
    /// The host.
    pub host: Host,
    /// The cluster.
    pub cluster: Cluster,
}

impl Bed {
    /// Starts a cluster, and a host whose one cloud has this cluster as its master.
    ///
    /// # Errors
    /// [`RunError`] of the one or the other.
    pub fn start(cluster: &ClusterSpec, cloud: CloudSeed) -> Result<Self, RunError> {
        let cluster = Cluster::start(cluster)?;
        let cloud = CloudSeed {
            master: cluster.master(),
            ..cloud
        };
        let host = start_host(vec![cloud])?;
        Ok(Self { host, cluster })
    }

    /// Creates a freestyle job and starts its first build.
    ///
    /// # Errors
    /// [`RunError::Http`].
    pub fn build(&self, job: &str, label: &str, script: &str) -> Result<(), RunError> {
        self.host.create_job(job, &freestyle(label, script))?;
        self.host.build(job)
    }

    /// Waits until the first build of a job has ended.
    ///
    /// # Errors
    /// [`RunError::Condition`] with the console, and the logs of host and cluster.
    pub fn end_of(&self, job: &str) -> Result<Build, RunError> {
        self.explain(self.host.await_end(job, 1, SOON))
    }

    /// Waits until the first build of a job runs.
    ///
    /// # Errors
    /// [`RunError::Condition`] with the queue, and the logs of host and cluster.
    pub fn start_of(&self, job: &str) -> Result<Build, RunError> {
        self.explain(self.host.await_start(job, 1, SOON))
    }

    /// Adds what the plugin and the cluster said to a failed wait.
    ///
    /// # Errors
    /// The error that was given.
    pub fn explain<T>(&self, result: Result<T, RunError>) -> Result<T, RunError> {
        result.map_err(|error| match error {
            RunError::Condition { what, reason } => {
                let nodes: Vec<Node> = self.host.nodes().unwrap_or_default();
                let logs: Vec<String> = nodes
                    .iter()
                    .map(|node| {
                        format!(
                            "--- {node:?} ---\n{}",
                            self.host.node_log(&node.name).unwrap_or_default()
                        )
                    })
                    .collect();
                let reason = format!("{reason}\n{}\n{}", logs.join("\n"), self.cluster.tails());
                RunError::Condition { what, reason }
            }
            other => other,
        })
    }
}

/// Starts a host with the packaged plugin and these clouds, under `-Xcheck:jni`.
///
/// # Errors
/// [`RunError::Member`] when there is no packaged plugin; else those of [`Host::start`].
pub fn start_host(clouds: Vec<CloudSeed>) -> Result<Host, RunError> {
    let spec = HostSpec::new(plugin()?, clouds);
    let host = Host::start(&HostSpec {
        jvm_args: vec!["-Xcheck:jni".into()],
        ..spec
    })?;
    match host.plugin_version("mesos")? {
        Some(_) => Ok(host),
        None => Err(RunError::Member {
            name: "plugin mesos".into(),
            problem: format!("is not active in the host\n{}", host.tail()),
        }),
    }
}

/// The packaged plugin.
///
/// # Errors
/// [`RunError::Member`] that says how to make it.
pub fn plugin() -> Result<PathBuf, RunError> {
    let named = std::env::var_os("MESOS_HPI").filter(|name| !name.is_empty());
    let file = named.map_or_else(
        || paths::repository().join("java-shim/target/mesos.hpi"),
        PathBuf::from,
    );
    if file.is_file() {
        return Ok(file);
    }
    Err(RunError::Member {
        name: file.display().to_string(),
        problem: "is not there; make it with: cargo xtask package".into(),
    })
}
