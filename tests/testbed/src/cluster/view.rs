use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::{Cluster, Role};
use crate::error::RunError;
use crate::http::{Answer, Client};
use crate::wait::{Check, until};

const ANSWER: Duration = Duration::from_secs(5);

/// The master that leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leader {
    /// Its name in the cluster.
    pub name: String,
    /// Its port on 127.0.0.1.
    pub port: u16,
}

/// Whether a master that was asked who leads names the one at this port.
pub(super) fn leads_to(answer: &Answer, port: u16) -> bool {
    let location = answer.location.as_deref().unwrap_or_default();
    location.trim_end_matches('/').ends_with(&format!(":{port}"))
}

/// A task as the master shows it.
#[derive(Debug, Clone)]
pub struct TaskView {
    /// The task's id, which is the name of the Jenkins node.
    pub id: String,
    /// Its state, such as `TASK_RUNNING`.
    pub state: String,
    /// CPUs.
    pub cpus: f64,
    /// Memory in MB.
    pub mem: f64,
    /// The Mesos id of its agent.
    pub agent: String,
    /// All that the master says about it.
    pub json: Value,
}

impl TaskView {
    fn of(json: &Value) -> Self {
        let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
        let number = |key: &str| json["resources"][key].as_f64().unwrap_or(0.0);
        Self {
            id: text("id"),
            state: text("state"),
            cpus: number("cpus"),
            mem: number("mem"),
            agent: text("slave_id"),
            json: json.clone(),
        }
    }
}

impl Cluster {
    /// The leading master.
    ///
    /// # Errors
    /// [`RunError::Condition`] when none leads now.
    pub fn leader(&self) -> Result<Leader, RunError> {
        let mut seen = Vec::new();
        for member in self.members.iter().filter(|member| member.role == Role::Master) {
            let client = member.client().impatient(ANSWER);
            // A master that leads redirects to itself.
            match client.get("/master/redirect") {
                Ok(answer) => {
                    if leads_to(&answer, member.port) {
                        return Ok(Leader {
                            name: member.name.clone(),
                            port: member.port,
                        });
                    }
                    seen.push(format!("{} points to {:?}", member.name, answer.location));
                }
                Err(error) => seen.push(error.to_string()),
            }
        }
        Err(RunError::Condition {
            what: "a leading master".into(),
            reason: seen.join("; "),
        })
    }

    /// Waits until a master leads, other than `old` if that is given.
    ///
    /// # Errors
    /// [`RunError::Condition`] with the ends of all logs.
    pub fn await_leader(&self, old: Option<&Leader>, limit: Duration) -> Result<Leader, RunError> {
        let result = until("a new leading master", limit, || match self.leader() {
            Ok(leader) if Some(&leader) == old => Check::NotYet(format!("{} still leads", leader.name)),
            other => Check::from(other),
        });
        result.map_err(|error| self.explained(error))
    }

    /// Speaks to the leading master.
    ///
    /// # Errors
    /// [`RunError`] when none leads.
    pub fn leading_client(&self) -> Result<Client, RunError> {
        let leader = self.leader()?;
        Ok(self.member(&leader.name)?.client().impatient(ANSWER))
    }

    /// `/master/state` of the leading master.
    ///
    /// # Errors
    /// [`RunError`] when none leads or it does not answer.
    pub fn master_state(&self) -> Result<Value, RunError> {
        let leader = self.leader()?;
        self.member(&leader.name)?
            .client()
            .impatient(ANSWER)
            .json("/master/state")
    }

    /// `/metrics/snapshot` of the leading master.
    ///
    /// # Errors
    /// [`RunError`] when none leads or it does not answer.
    pub fn master_metrics(&self) -> Result<Value, RunError> {
        let leader = self.leader()?;
        self.member(&leader.name)?
            .client()
            .impatient(ANSWER)
            .json("/metrics/snapshot")
    }

    /// The agents as `/master/slaves` of the leading master shows them, reservations in full.
    ///
    /// # Errors
    /// [`RunError`] when none leads or it does not answer.
    pub fn agents(&self) -> Result<Vec<Value>, RunError> {
        let leader = self.leader()?;
        let slaves = self
            .member(&leader.name)?
            .client()
            .impatient(ANSWER)
            .json("/master/slaves")?;
        Ok(slaves["slaves"].as_array().cloned().unwrap_or_default())
    }

    /// A call of the operator API (`/api/v1`) of the leading master, with principal and secret if there are any; null where
    /// the answer has no body.
    ///
    /// # Errors
    /// [`RunError`] when none leads or it refuses.
    pub fn operate(&self, call: &Value, login: Option<(&str, &str)>) -> Result<Value, RunError> {
        let leader = self.leader()?;
        let mut client = self
            .member(&leader.name)?
            .client()
            .impatient(ANSWER)
            .with_header("Accept", "application/json");
        if let Some((principal, secret)) = login {
            let words = BASE64_STANDARD.encode(format!("{principal}:{secret}"));
            client = client.with_header("Authorization", &format!("Basic {words}"));
        }
        let answer = client
            .post("/api/v1", "application/json", &call.to_string())?
            .good()?;
        if answer.body.is_empty() {
            return Ok(Value::Null);
        }
        answer.json()
    }

    /// The id that the leading master knows a Mesos agent by.
    ///
    /// # Errors
    /// [`RunError`] when none leads or it does not know the agent.
    pub fn agent_id(&self, name: &str) -> Result<String, RunError> {
        let end = format!(":{}", self.port(name)?);
        let state = self.master_state()?;
        let agents = state["slaves"].as_array().into_iter().flatten();
        let mut found = agents.filter(|agent| agent["pid"].as_str().is_some_and(|pid| pid.ends_with(&end)));
        match found.next().and_then(|agent| agent["id"].as_str()) {
            Some(id) => Ok(id.to_owned()),
            None => Err(RunError::Member {
                name: name.into(),
                problem: "is not registered with the leading master".into(),
            }),
        }
    }

    /// Tells the leading master that the machine with this agent id is gone for good, as an operator does.
    ///
    /// # Errors
    /// [`RunError`] when none leads or it refuses.
    pub fn mark_gone(&self, agent_id: &str) -> Result<(), RunError> {
        let leader = self.leader()?;
        let call = serde_json::json!({"type": "MARK_AGENT_GONE", "mark_agent_gone": {"agent_id": {"value": agent_id}}});
        let client = self.member(&leader.name)?.client();
        client
            .post("/api/v1", "application/json", &call.to_string())?
            .good()
            .map(drop)
    }

    /// CPUs in use on all agents, as the leading master counts them.
    ///
    /// # Errors
    /// [`RunError`] when none leads or it does not answer.
    pub fn cpus_used(&self) -> Result<f64, RunError> {
        let metrics = self.master_metrics()?;
        metrics["master/cpus_used"]
            .as_f64()
            .ok_or_else(|| RunError::Http {
                request: "/metrics/snapshot".into(),
                answer: "master/cpus_used is not there".into(),
            })
    }

    /// The frameworks that are registered with this name (ended ones are not).
    ///
    /// # Errors
    /// [`RunError`] when none leads or it does not answer.
    pub fn frameworks(&self, name: &str) -> Result<Vec<Value>, RunError> {
        let state = self.master_state()?;
        let list = state["frameworks"].as_array().cloned().unwrap_or_default();
        Ok(list
            .into_iter()
            .filter(|framework| framework["name"] == name)
            .collect())
    }

    /// The live tasks of all frameworks.
    ///
    /// # Errors
    /// [`RunError`] when none leads or it does not answer.
    pub fn tasks(&self) -> Result<Vec<TaskView>, RunError> {
        self.tasks_in("tasks")
    }

    /// The ended tasks of all registered frameworks that the master remembers.
    ///
    /// # Errors
    /// [`RunError`] when none leads or it does not answer.
    pub fn ended_tasks(&self) -> Result<Vec<TaskView>, RunError> {
        self.tasks_in("completed_tasks")
    }

    fn tasks_in(&self, key: &str) -> Result<Vec<TaskView>, RunError> {
        let state = self.master_state()?;
        let frameworks = state["frameworks"].as_array().cloned().unwrap_or_default();
        let tasks = frameworks
            .iter()
            .filter_map(|framework| framework[key].as_array())
            .flatten();
        Ok(tasks.map(TaskView::of).collect())
    }
}
