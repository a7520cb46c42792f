use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use testbed::cluster::TaskView;
use testbed::{Cluster, Engine, Host};

use crate::failure::Failure;

/// Where the build's agent runs.
pub(super) enum Place {
    /// On a real cluster.
    Mesos(Box<Cluster>),
    /// On this machine: the state folders of the host's clouds tell of it; the engine, if there is one of ours.
    Local(Option<Box<Engine>>),
}

impl Place {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Mesos(_) => "Mesos",
            Self::Local(_) => "this machine",
        }
    }

    pub(super) fn tasks(&self, host: &Host) -> Result<Vec<TaskView>, Failure> {
        match self {
            Self::Mesos(cluster) => Ok(cluster.tasks()?),
            Self::Local(_) => Ok(records(&host.home())),
        }
    }

    /// Tasks that have ended; `seen` is one that was there.
    pub(super) fn ended_tasks(&self, host: &Host, seen: &TaskView) -> Result<Vec<TaskView>, Failure> {
        match self {
            Self::Mesos(cluster) => Ok(cluster.ended_tasks()?),
            Self::Local(_) => Ok(ending(&host.log(), &seen.id)
                .map(|state| TaskView {
                    json: json!({"id": seen.id, "name": seen.id, "state": state, "slave_id": "local",
                        "resources": seen.json["resources"], "statuses": [{"state": state, "timestamp": seconds()}]}),
                    state,
                    ..seen.clone()
                })
                .into_iter()
                .collect()),
        }
    }

    pub(super) fn cpus_used(&self, host: &Host) -> Result<f64, Failure> {
        match self {
            Self::Mesos(cluster) => Ok(cluster.cpus_used()?),
            Self::Local(_) => Ok(records(&host.home()).iter().map(|task| task.cpus).sum()),
        }
    }

    /// Ends of logs, for messages.
    pub(super) fn tails(&self) -> String {
        match self {
            Self::Mesos(cluster) => cluster.tails(),
            Self::Local(engine) => engine.as_ref().map(|engine| engine.tail()).unwrap_or_default(),
        }
    }
}

/// What the embedded clusters of a host have written down.
fn records(home: &Path) -> Vec<TaskView> {
    let folders = |folder: PathBuf| {
        fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
    };
    folders(home.join("mesos"))
        .flat_map(|state| folders(state.join("local/tasks")))
        .filter_map(|task| {
            let record: Value = serde_json::from_slice(&fs::read(task.join("task.json")).ok()?).ok()?;
            Some(view(task.file_name()?.to_str()?, &record))
        })
        .collect()
}

fn view(id: &str, record: &Value) -> TaskView {
    let amount = |key: &str| record[key].as_f64().unwrap_or_default() / 1000.0;
    let state = match record["ran"].as_bool() {
        Some(true) => "TASK_RUNNING",
        _ => "TASK_STARTING",
    };
    let kind = record["engine"].as_str().unwrap_or("processes");
    TaskView {
        id: id.to_owned(),
        state: state.to_owned(),
        cpus: amount("cpus"),
        mem: amount("mem"),
        agent: "local".to_owned(),
        json: json!({"id": id, "name": id, "state": state, "slave_id": format!("local, {kind}"),
            "resources": {"cpus": amount("cpus"), "mem": amount("mem")},
            "statuses": [{"state": state, "timestamp": seconds()}]}),
    }
}

/// The state in which a task has ended, as the log of the host has it.
fn ending(log: &str, id: &str) -> Option<String> {
    let line = log
        .lines()
        .find(|line| line.contains(id) && line.contains(" has ended "))?;
    let (_, state) = line.split_once(" TASK_")?;
    let state: String = state
        .chars()
        .take_while(|c| c.is_ascii_uppercase() || *c == '_')
        .collect();
    Some(format!("TASK_{state}"))
}

fn seconds() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_read_from_its_record_and_its_end_from_the_log() {
        let record = json!({"cpus": 200, "mem": 192_000, "ran": true, "engine": null});
        let task = view("agent-1", &record);
        assert_eq!(
            (task.cpus, task.mem, task.state.as_str()),
            (0.2, 192.0, "TASK_RUNNING")
        );
        let log =
            "INFO: agent-1 is TASK_RUNNING\nINFO: agent-1 has ended as asked, TASK_KILLED: killed as asked\n";
        assert_eq!(ending(log, "agent-1").as_deref(), Some("TASK_KILLED"));
        assert_eq!(ending(log, "agent-2"), None);
    }
}
