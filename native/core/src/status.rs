//! A picture of the moment, for the cloud's page.

use crate::amount::Amount;
use crate::config::PortMapping;
use crate::framework::Framework;
use crate::notice::ConnectionState;
use crate::scalar::Scalar;
use crate::text::Text;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

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
    pub name: Text,
    /// Its template's label.
    pub label: Text,
    /// CPUs in all.
    pub cpus: Scalar,
    /// MB in all.
    pub mem: Scalar,
    /// MB of disk.
    pub disk: Scalar,
    /// For people.
    #[serde(serialize_with = "crate::notice::as_text")]
    pub reason: Arc<str>,
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
    pub name: Text,
    /// Its template's label.
    pub label: Text,
    /// Mesos's name of the state; `INTENT` and `LAUNCHED` before Mesos has said one.
    pub state: String,
    /// The Mesos agent's host name.
    pub host: Option<Text>,
    /// The Mesos agent.
    pub agent_id: Option<Text>,
    /// CPUs in all.
    pub cpus: Scalar,
    /// MB in all.
    pub mem: Scalar,
    /// MB of disk.
    pub disk: Scalar,
    /// Ports of the host that lead into its container.
    pub ports: Vec<Port>,
    /// Whether it is being killed.
    pub releasing: bool,
    /// What is planned for its host that its builds may not survive.
    pub risk: Option<String>,
}

/// A port of the host that leads into a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Port {
    /// In the container.
    pub container_port: u32,
    /// On the host.
    pub host_port: u32,
    /// `tcp` or `udp`.
    pub protocol: String,
    /// As configured.
    #[serde(default)]
    pub description: String,
    /// The address by the configured format; none without one.
    #[serde(default)]
    pub url: Option<String>,
}

impl Port {
    /// What the mapping has become on a host.
    pub(crate) fn new(mapping: &PortMapping, host: &str, host_port: u32) -> Self {
        let format = mapping.url_format.trim();
        Self {
            container_port: mapping.container_port_number(),
            host_port,
            protocol: mapping
                .protocol()
                .map_or("tcp", |protocol| protocol.as_str())
                .to_owned(),
            description: mapping.description.trim().to_owned(),
            url: (!format.is_empty()).then(|| {
                format
                    .replace("{host}", host)
                    .replace("{port}", &host_port.to_string())
            }),
        }
    }
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

impl Framework {
    /// The most that each Mesos agent was seen to have, offered and used by this framework together.
    pub fn seen_agents(&self) -> Vec<Amount> {
        self.matcher.seen_capacities().collect()
    }

    /// A picture of the moment.
    pub fn status(&self, now: Time) -> Status {
        let (state, leader, framework_id, message) = self.session.shown().clone();
        let tasks = self.ledger.live().map(|row| TaskStatus {
            name: row.name.clone(),
            label: row.label.clone(),
            state: row.phase.as_str().to_owned(),
            host: row.host.clone(),
            agent_id: row.agent_id.clone(),
            cpus: row.cpus,
            mem: row.mem,
            disk: row.disk,
            ports: row.ports.clone(),
            releasing: row.released.is_some() || row.ending.is_some(),
            risk: self
                .watches
                .get(&row.name)
                .and_then(|watch| watch.risk.as_ref())
                .map(|risk| risk.message.clone()),
        });
        Status {
            v: 1,
            connection: ConnectionStatus {
                state,
                leader,
                framework_id,
                message,
                since_millis: u64::try_from((now - self.session.since).as_millis()).unwrap_or(u64::MAX),
            },
            offers: self.offers_status(),
            suppressed: self.session.is_suppressed(),
            waiting: self.waiting.status(now),
            tasks: tasks.collect(),
            counters: self.counters,
        }
    }
}
