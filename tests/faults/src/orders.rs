//! What the bed tells the controller, and what that tells of itself: two files in its folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the controller is to do. It looks for changes all the time.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Orders {
    /// The members of the core's configuration, but `owned`.
    pub config: Value,
    /// Where agents fetch their program: `http://host:port`.
    pub jars: String,
    /// How many builds there are in all.
    pub builds: u32,
    /// How long each of them takes.
    pub seconds: u32,
    /// No build begins; agents come.
    pub hold: bool,
    /// How many probes there are in all: small agents that only have to begin.
    pub probes: u32,
    /// Dies as soon as it has submitted something.
    pub crash_after_submit: bool,
    /// Takes its framework away and ends.
    pub close: bool,
}

/// What the controller keeps on disk, as Jenkins keeps nodes and builds.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Record {
    /// Where the connection stands, and what is wrong.
    pub connection: String,
    /// The framework ids that were assigned.
    pub frameworks: Vec<String>,
    /// By name.
    pub agents: BTreeMap<String, Agent>,
    /// By number, from 1.
    pub builds: BTreeMap<u32, Build>,
    /// How many probes have begun.
    pub probes: u32,
    /// One for each build that ended before its time.
    pub losses: Vec<String>,
    /// What a person should know.
    pub troubles: Vec<String>,
}

/// An agent that was requested and whose end has not been told.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Agent {
    /// Whether it only has to begin.
    pub probe: bool,
    /// A probe that has begun.
    pub begun: bool,
    /// Whether there is a node for it: Mesos has accepted it.
    pub node: bool,
    /// Its last state.
    pub state: String,
    /// The build that it does, or has done.
    pub build: Option<u32>,
}

/// A build.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Build {
    /// In the queue.
    Waiting,
    /// On this agent.
    Running(String),
    /// As it should.
    Done,
}

impl Record {
    /// How many builds are done.
    #[must_use]
    pub fn done(&self) -> usize {
        self.builds
            .values()
            .filter(|build| **build == Build::Done)
            .count()
    }

    /// How many builds run.
    #[must_use]
    pub fn running(&self) -> usize {
        let running = |build: &&Build| matches!(build, Build::Running(_));
        self.builds.values().filter(running).count()
    }

    /// How many builds wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.builds.len() - self.done() - self.running()
    }
}

/// The files of a controller's folder.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// A controller's folder.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self(path.to_path_buf())
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The file of [`Orders`].
    #[must_use]
    pub fn orders(&self) -> PathBuf {
        self.0.join("orders.json")
    }

    /// The file of [`Record`].
    #[must_use]
    pub fn record(&self) -> PathBuf {
        self.0.join("record.json")
    }

    /// The state folder of the cloud.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.0.join("state")
    }

    /// Where agents note what they do.
    #[must_use]
    pub fn notes(&self) -> PathBuf {
        self.0.join("computer")
    }

    /// No build ends while there is this file.
    #[must_use]
    pub fn held(&self) -> PathBuf {
        self.0.join("held")
    }

    /// A note of an agent: `online`, `go`, `begun` or `ended`.
    #[must_use]
    pub fn note(&self, agent: &str, word: &str) -> PathBuf {
        self.notes().join(agent).join(word)
    }
}
