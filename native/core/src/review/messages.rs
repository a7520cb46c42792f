//! What a review is given, and what it says.

use crate::plan::PlannedAgent;
use crate::scalar::Scalar;
use serde::{Deserialize, Serialize};

/// What waits and what is there, as Jenkins sees it at one moment.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Situation {
    /// Groups of waiting builds that the same agents may serve; the first in the queue first. They are referred to by
    /// their place in this list.
    pub waiting: Vec<WaitingBuilds>,
    /// The kinds of agents that are there or may be requested; referred to by their place in this list.
    pub kinds: Vec<Kind>,
    /// Executors that a waiting build can have at once, of whatever node.
    pub free: Vec<FreeExecutors>,
    /// All agents of this cloud whose end has not been told, the oldest first.
    pub agents: Vec<PresentAgent>,
    /// Templates that no agent is requested of for a while.
    pub paused: Vec<Pause>,
}

/// Builds that wait for an executor.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WaitingBuilds {
    /// The kind of agent that is requested for them; none: they only take part in what is there and coming.
    #[serde(default)]
    pub kind: Option<usize>,
    /// Whether each wants an agent that never had a build, for itself alone.
    #[serde(default)]
    pub fresh: bool,
    /// How many.
    pub builds: u32,
}

/// A kind of agent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Kind {
    /// The template's key.
    #[serde(default)]
    pub template: String,
    /// The container image that its builds asked for; none: the template's.
    #[serde(default)]
    pub image: Option<String>,
    /// The groups of builds that an agent of this kind may serve.
    #[serde(default)]
    pub serves: Vec<usize>,
}

/// Executors without a build on nodes that are online.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FreeExecutors {
    /// How many.
    pub executors: u32,
    /// Whether builds that want an unused agent may have them.
    #[serde(default)]
    pub fresh: bool,
    /// The groups of builds that may have them.
    #[serde(default)]
    pub serves: Vec<usize>,
}

/// An agent of this cloud.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PresentAgent {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: usize,
    /// How far it is.
    pub state: AgentState,
    /// Its executors.
    pub executors: u32,
    /// Whether it takes one build only.
    #[serde(default)]
    pub single_use: bool,
    /// CPUs in all.
    #[serde(default)]
    pub cpus: Scalar,
    /// MB in all.
    #[serde(default)]
    pub mem: Scalar,
}

/// How far an agent is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AgentState {
    /// Waits for an offer; can be withdrawn without a trace.
    Requested,
    /// Mesos has a task for it, which is not online yet.
    Accepted,
    /// It is or was online, or is being ended; its free executors are told apart.
    Present,
}

/// A template that no agent is requested of for a while, since its last ones failed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Pause {
    /// The template's key.
    pub template: String,
    /// For how many more seconds.
    pub seconds: u64,
}

/// What to do so that each waiting build gets an executor.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Review {
    /// Version of the contract.
    pub v: u32,
    /// Agents to be requested, in this order.
    pub request: Vec<PlannedAgent>,
    /// Names of requested agents that nobody needs any more.
    pub withdraw: Vec<String>,
    /// Builds that get no agent, and why.
    pub held: Vec<Held>,
    /// Whether more agents are to be requested by another review, after this one was carried out.
    pub more: bool,
}

/// Builds that get no agent for the time being.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    /// Which builds, by the place of their group in the list.
    pub group: usize,
    /// How many of them.
    pub builds: u32,
    /// The setting that is the reason: `maxAgents`, `maxCpus` or `maxMem`; none when it is not a cap.
    pub field: Option<&'static str>,
    /// Whether that setting is the template's; else it is the cloud's.
    pub of_template: bool,
    /// For people.
    pub message: String,
}

/// Why a situation cannot be reviewed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReviewError {
    /// A reference beyond its list.
    #[error("the situation refers to {what} {number}, and there are {there}")]
    NoSuch {
        /// What kind of thing.
        what: &'static str,
        /// Its number.
        number: usize,
        /// How many there are.
        there: usize,
    },
}
