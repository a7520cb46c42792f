//! What must outlive this process.

use crate::scalar::Scalar;
use crate::status::Port;
use crate::text::{Text, Texts};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// What the store held at start.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Restored {
    /// The id the master assigned to this framework.
    pub framework_id: Option<String>,
    /// As what that framework is registered; none if the store does not know.
    pub registration: Option<Registration>,
    /// All task rows, in any order.
    pub tasks: Vec<TaskRecord>,
}

/// What Mesos never changes of a framework once it is registered. The store keeps it as JSON beside the id, so that a
/// framework that makes way for another is served as it was registered by the next process too. The principal's secret is
/// not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Registration {
    /// Version of this record: 1. Members that are added later have defaults.
    pub v: u32,
    /// None: without a login.
    #[serde(default)]
    pub principal: Option<String>,
    /// Whether its tasks outlive a restart of their Mesos agent.
    pub checkpoint: bool,
}

impl Registration {
    /// As it is written today.
    #[must_use]
    pub fn new(principal: Option<String>, checkpoint: bool) -> Self {
        Self {
            v: 1,
            principal,
            checkpoint,
        }
    }
}

/// One change of the store. A batch is one synced transaction, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// Keep this framework id.
    SetFrameworkId(String),
    /// Keep as what the framework with that id is registered.
    SetRegistration(Registration),
    /// Forget the framework id, and as what it was registered.
    ClearFrameworkId,
    /// Keep this task under its name.
    PutTask(Box<TaskRecord>),
    /// Forget the task with this name; none may be there.
    DeleteTask(String),
}

/// A row of the ledger: one task that may exist on the cluster.
///
/// The store keeps it as JSON; members added later must have defaults. The agent's secret is not in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TaskRecord {
    /// The node's name, which is the task's id.
    pub name: Text,
    /// The template's label.
    #[serde(default)]
    pub label: Text,
    /// The template's key.
    #[serde(default)]
    pub template: Text,
    /// Executors of the agent.
    #[serde(default)]
    pub executors: u32,
    /// CPUs in all.
    #[serde(default)]
    pub cpus: Scalar,
    /// MB in all.
    #[serde(default)]
    pub mem: Scalar,
    /// MB of disk.
    #[serde(default)]
    pub disk: Scalar,
    /// GPUs.
    #[serde(default)]
    pub gpus: Scalar,
    /// What its template's limits count by, with the values of its host.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub spread: BTreeMap<String, String>,
    /// Ports of the host that lead into its container.
    #[serde(default)]
    pub ports: Vec<Port>,
    /// From ACCEPT to TASK_RUNNING; none: as the cloud says.
    #[serde(default)]
    pub launch_timeout_seconds: Option<u32>,
    /// The Mesos agent; none only for a task that Java owns and the store had lost.
    #[serde(default)]
    pub agent_id: Option<Text>,
    /// The Mesos agent's host name.
    #[serde(default)]
    pub host: Option<Text>,
    /// Where its API is: `scheme://host:port`.
    #[serde(default)]
    pub agent_api: Option<Text>,
    /// Where the task stands.
    pub phase: TaskPhase,
    /// Whether it has been seen running.
    #[serde(default)]
    pub ran: bool,
    /// Set: it was released, for this reason.
    #[serde(default)]
    pub released: Option<String>,
    /// How it ended, or what it was given up for. With this set Java is told `ended`; the row stays until the cluster
    /// has ended the task too, and for a while after.
    #[serde(default)]
    pub ending: Option<Ending>,
}

impl TaskRecord {
    /// A task of which nothing is known but its name.
    pub(crate) fn unheard_of(name: Text) -> Self {
        Self {
            name,
            label: Text::default(),
            template: Text::default(),
            executors: 0,
            cpus: Scalar::ZERO,
            mem: Scalar::ZERO,
            disk: Scalar::ZERO,
            gpus: Scalar::ZERO,
            spread: BTreeMap::new(),
            ports: Vec::new(),
            launch_timeout_seconds: None,
            agent_id: None,
            host: None,
            agent_api: None,
            phase: TaskPhase::Intent,
            ran: false,
            released: None,
            ending: None,
        }
    }
}

/// How a task ended, in Java's terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ending {
    /// Mesos's name of the state, or one of the contract's own.
    pub state: String,
    /// Mesos's name of the reason, or why it was released.
    #[serde(default)]
    pub reason: Option<String>,
    /// For people.
    #[serde(default)]
    pub message: Option<String>,
    /// It says nothing against its template: another agent may be asked for at once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
}

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TaskPhase {
    /// Written down; ACCEPT may or may not have been sent.
    Intent,
    /// ACCEPT was sent; nothing heard yet.
    Launched,
    /// TASK_STAGING.
    Staging,
    /// TASK_STARTING.
    Starting,
    /// TASK_RUNNING.
    Running,
    /// TASK_KILLING.
    Killing,
    /// TASK_UNREACHABLE: its agent is cut off; the task may come back.
    Unreachable,
    /// It is over; the cluster has nothing of it any more.
    Ended,
}

impl TaskPhase {
    /// The name for people and for the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            TaskPhase::Intent => "INTENT",
            TaskPhase::Launched => "LAUNCHED",
            TaskPhase::Staging => "TASK_STAGING",
            TaskPhase::Starting => "TASK_STARTING",
            TaskPhase::Running => "TASK_RUNNING",
            TaskPhase::Killing => "TASK_KILLING",
            TaskPhase::Unreachable => "TASK_UNREACHABLE",
            TaskPhase::Ended => "ENDED",
        }
    }

    /// Whether the cluster has nothing of the task any more.
    pub fn is_over(self) -> bool {
        self == TaskPhase::Ended
    }
}

impl fmt::Display for TaskPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The rows, as this process knows them: never behind the store.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Boxed: the nodes of a tree are half empty, and there may be thousands of rows.
    rows: BTreeMap<Text, Box<Row>>,
    /// What is the same in many rows.
    texts: Texts,
}

#[derive(Debug)]
struct Row {
    record: TaskRecord,
    /// When it is forgotten; for a task that is over.
    until: Option<Time>,
}

impl Ledger {
    pub(crate) fn new(rows: Vec<TaskRecord>) -> Self {
        let mut ledger = Self::default();
        for row in rows {
            ledger.insert(row);
        }
        ledger
    }

    pub(crate) fn get(&self, name: &str) -> Option<&TaskRecord> {
        self.rows.get(name).map(|row| &row.record)
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut TaskRecord> {
        self.rows.get_mut(name).map(|row| &mut row.record)
    }

    pub(crate) fn insert(&mut self, mut record: TaskRecord) {
        let texts = [Some(&mut record.label), Some(&mut record.template)];
        let agent = [&mut record.agent_id, &mut record.host, &mut record.agent_api];
        for text in texts.into_iter().chain(agent.map(Option::as_mut)).flatten() {
            *text = self.texts.shared(text);
        }
        let row = Row { record, until: None };
        self.rows.insert(row.record.name.clone(), Box::new(row));
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.rows.remove(name);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &TaskRecord> {
        self.rows.values().map(|row| &row.record)
    }

    /// The name as its row has it, which takes no memory of its own.
    pub(crate) fn name(&self, name: &str) -> Text {
        self.rows
            .get_key_value(name)
            .map_or_else(|| Text::from(name), |(name, _)| name.clone())
    }

    /// The task is over; its row may go at that time.
    pub(crate) fn keep_until(&mut self, name: &str, until: Time) {
        if let Some(row) = self.rows.get_mut(name) {
            row.until = Some(until);
        }
    }

    /// The rows that may go now. Those of which it is not known yet are kept for so long; `due_at` is told when the others
    /// may go.
    pub(crate) fn outdated(&mut self, now: Time, keep: Duration, mut due_at: impl FnMut(Time)) -> Vec<Text> {
        let mut outdated = Vec::new();
        for (name, row) in &mut self.rows {
            if row.record.phase.is_over() {
                match *row.until.get_or_insert(now + keep) {
                    until if until <= now => outdated.push(name.clone()),
                    until => due_at(until),
                }
            }
        }
        outdated
    }

    /// Tasks that may exist on the cluster.
    pub(crate) fn live(&self) -> impl Iterator<Item = &TaskRecord> {
        self.iter().filter(|row| !row.phase.is_over())
    }

    /// What the store must hold for `name` now.
    pub(crate) fn write_of(&self, name: &str) -> Write {
        match self.rows.get(name) {
            Some(row) => Write::PutTask(Box::new(row.record.clone())),
            None => Write::DeleteTask(name.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_the_first_version_reads_with_defaults() {
        let row: TaskRecord = serde_json::from_str(r#"{"name":"n","phase":"RUNNING"}"#).unwrap();
        assert_eq!(row.phase, TaskPhase::Running);
        assert_eq!((row.agent_id, row.released, row.ending), (None, None, None));
    }

    #[test]
    fn a_row_survives_the_store() {
        let row = TaskRecord {
            name: "n".into(),
            label: "l".into(),
            template: "t".into(),
            executors: 2,
            cpus: Scalar::from_milli(301),
            mem: Scalar::from_milli(768_000),
            disk: Scalar::from_milli(1_000),
            gpus: Scalar::from_milli(2_000),
            spread: BTreeMap::from([("rack".into(), "a".into())]),
            ports: vec![Port {
                container_port: 1,
                host_port: 2,
                protocol: "udp".into(),
                description: String::new(),
                url: None,
            }],
            launch_timeout_seconds: Some(9),
            agent_id: Some("a".into()),
            host: Some("h".into()),
            agent_api: Some("http://10.0.0.1:5051".into()),
            phase: TaskPhase::Ended,
            ran: true,
            released: Some("idle".into()),
            ending: Some(Ending {
                state: "TASK_KILLED".into(),
                reason: None,
                message: Some("m".into()),
                again: true,
            }),
        };
        let json = serde_json::to_string(&row).unwrap();
        assert_eq!(serde_json::from_str::<TaskRecord>(&json).unwrap(), row);
    }
}
