//! A picture of the moment, for the cloud's page.

use crate::notice::ConnectionState;
use crate::scalar::Scalar;
use serde::Serialize;

/// The contract's Status. Every `sinceMillis` is an age: milliseconds from then until now.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Version of the contract.
    pub v: u32,
    /// The connection to the master.
    pub connection: ConnectionStatus,
    /// Offers in our hands.
    pub offers: OffersStatus,
    /// Whether the master was told to send no offers.
    pub suppressed: bool,
    /// Agents not placed yet, oldest first.
    pub waiting: Vec<WaitingStatus>,
    /// Tasks, by name.
    pub tasks: Vec<TaskStatus>,
    /// Since the framework was opened.
    pub counters: Counters,
}

/// The connection to the master.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionStatus {
    /// Where it stands.
    pub state: ConnectionState,
    /// `host:port` of the master.
    pub leader: Option<String>,
    /// As the master assigned it.
    pub framework_id: Option<String>,
    /// What is wrong, and the cure.
    pub message: Option<String>,
    /// Age of the state.
    pub since_millis: u64,
}

/// Offers in our hands.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct OffersStatus {
    /// How many.
    pub held: usize,
    /// CPUs in all.
    pub cpus: Scalar,
    /// MB in all.
    pub mem: Scalar,
}

/// An agent not placed yet.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WaitingStatus {
    /// The agent.
    pub name: String,
    /// Its template's label.
    pub label: String,
    /// CPUs in all.
    pub cpus: Scalar,
    /// MB in all.
    pub mem: Scalar,
    /// For people.
    pub reason: String,
    /// False: no agent the framework has seen offers of could ever hold it.
    pub possible: bool,
    /// Age of the request.
    pub since_millis: u64,
}

/// A task.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskStatus {
    /// The agent.
    pub name: String,
    /// Its template's label.
    pub label: String,
    /// Mesos's name of the state; `INTENT` and `LAUNCHED` before Mesos has said one.
    pub state: String,
    /// The Mesos agent's host name.
    pub host: Option<String>,
    /// The Mesos agent.
    pub agent_id: Option<String>,
    /// CPUs in all.
    pub cpus: Scalar,
    /// MB in all.
    pub mem: Scalar,
    /// Whether it is being killed.
    pub releasing: bool,
}

/// Counts since the framework was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counters {
    /// Offers that came.
    pub offers_received: u64,
    /// Offers used, at least in part.
    pub offers_accepted: u64,
    /// Offers given back.
    pub offers_declined: u64,
    /// Offers the master took back.
    pub offers_rescinded: u64,
    /// Tasks in ACCEPT calls.
    pub tasks_launched: u64,
    /// Tasks that ended.
    pub tasks_ended: u64,
    /// Subscriptions after the first.
    pub reconnects: u64,
    /// Tasks of our framework that nobody here knows, killed.
    pub unknown_tasks_killed: u64,
}
