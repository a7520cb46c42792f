//! Calls on an open stream.

use super::agents::{Link, status};
use super::{FakeMaster, OTHER_PRINCIPAL, failover_timeout};
use mesos_wire::{Call, TaskState, call, task_status};

/// An HTTP answer other than 200 and 202.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status}: {body}")]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// What the master says.
    pub body: String,
}

impl Refusal {
    pub(crate) fn new(status: u16, body: &str) -> Self {
        Self {
            status,
            body: body.to_owned(),
        }
    }
}

impl FakeMaster {
    /// A call with the id of a stream.
    ///
    /// # Errors
    /// What Mesos answers to calls without an open stream, of another stream, or without their member.
    pub fn call(&mut self, stream: u64, call: &Call) -> Result<(), Refusal> {
        let Some(id) = call.framework_id.as_ref().map(|id| id.value.clone()) else {
            self.complaints
                .push(format!("call without framework id: {call:?}"));
            return Err(Refusal::new(400, "Expecting 'framework_id' to be present"));
        };
        let Some(known) = self.frameworks.get_mut(&id) else {
            return Err(Refusal::new(400, "Framework cannot be found"));
        };
        match known.stream {
            None => return Err(Refusal::new(403, "Framework is not subscribed")),
            Some(open) if open != stream => {
                return Err(Refusal::new(
                    400,
                    "The stream ID included in this request didn't match",
                ));
            }
            Some(_) => {}
        }
        let role = known.role.clone();
        let for_us = |roles: &[String]| roles.is_empty() || roles.contains(&role);
        let complete = match call.r#type() {
            call::Type::Accept => call.accept.as_ref().map(|accept| self.accept(&id, accept)),
            call::Type::Decline => call.decline.as_ref().map(|decline| self.decline(&id, decline)),
            call::Type::Revive => {
                if for_us(call.revive.as_ref().map_or(&[], |revive| &revive.roles)) {
                    known.suppressed = false;
                    known.filters.clear();
                }
                Some(())
            }
            call::Type::Suppress => {
                known.suppressed |= for_us(call.suppress.as_ref().map_or(&[], |suppress| &suppress.roles));
                Some(())
            }
            call::Type::Kill => call.kill.as_ref().map(|kill| {
                self.kill(
                    &id,
                    &kill.task_id.value,
                    kill.agent_id.as_ref().map(|a| a.value.as_str()),
                )
            }),
            call::Type::Acknowledge => call.acknowledge.as_ref().map(|ack| {
                self.acknowledge(&ack.agent_id.value, &ack.task_id.value, &ack.uuid);
            }),
            call::Type::Reconcile => call
                .reconcile
                .as_ref()
                .map(|reconcile| self.reconcile(&id, reconcile)),
            call::Type::UpdateFramework => match &call.update_framework {
                Some(update) => return self.update_framework(&id, update),
                None => None,
            },
            call::Type::DeclineInverseOffers | call::Type::AcceptInverseOffers => Some(()),
            call::Type::Teardown => {
                self.remove_framework(&id);
                Some(())
            }
            other => {
                self.complaints
                    .push(format!("no scheduler of ours sends {other:?}"));
                None
            }
        };
        complete.ok_or_else(|| {
            self.complaints.push(format!("call without its member: {call:?}"));
            Refusal::new(400, "Expecting the member of the call's type to be present")
        })
    }

    /// As Mesos 1.11: all of the framework is replaced, but what cannot be.
    fn update_framework(&mut self, id: &str, update: &call::UpdateFramework) -> Result<(), Refusal> {
        let bad = |body: &str| Err(Refusal::new(400, body));
        let Some(known) = self.frameworks.get_mut(id) else {
            return bad("Framework cannot be found");
        };
        let info = &update.framework_info;
        if info.principal != known.info.principal {
            return bad(OTHER_PRINCIPAL);
        }
        if (&info.user, info.checkpoint) != (&known.info.user, known.info.checkpoint) {
            return bad("Updating 'FrameworkInfo.user' or 'FrameworkInfo.checkpoint' is unsupported");
        }
        let [role] = info.roles.as_slice() else {
            return bad("this fake serves frameworks with exactly one role");
        };
        let moved = known.role != *role;
        known.role.clone_from(role);
        known.failover_timeout = failover_timeout(info);
        known.suppressed = update.suppressed_roles.contains(role);
        known.info = info.clone();
        if moved {
            self.rescind_all(id);
        }
        Ok(())
    }

    fn kill(&mut self, framework: &str, task: &str, agent_hint: Option<&str>) {
        let place = self
            .agents
            .iter()
            .find(|(_, agent)| agent.is_in_books() && agent.tasks.contains_key(task))
            .map(|(id, _)| id.clone());
        let Some(agent_id) = place else {
            // As Mesos: a kill for a task that is not in the books is answered as a reconciliation.
            return self.answer(framework, task, agent_hint);
        };
        let Some(agent) = self.agents.get_mut(&agent_id) else {
            return;
        };
        if agent.hears() {
            self.kill_on(&agent_id, task);
        } else if agent.link == Link::Disconnected
            && let Some(task) = agent.tasks.get_mut(task)
        {
            task.kill_at_return = true;
        }
    }

    fn reconcile(&mut self, framework: &str, reconcile: &call::Reconcile) {
        for task in &reconcile.tasks {
            let agent = task.agent_id.as_ref().map(|id| id.value.as_str());
            self.answer(framework, &task.task_id.value, agent);
        }
        if reconcile.tasks.is_empty() {
            let all: Vec<(String, String)> = self
                .agents
                .iter()
                .filter(|(_, agent)| agent.is_in_books())
                .flat_map(|(id, agent)| agent.tasks.values().map(move |task| (id, task)))
                .filter(|(_, task)| task.framework == framework)
                .map(|(id, task)| (task.id.clone(), id.clone()))
                .collect();
            for (task, agent) in all {
                self.answer(framework, &task, Some(&agent));
            }
        }
    }

    /// What the master says of one task; nothing, where an agent may still come and tell.
    fn answer(&mut self, framework: &str, task_id: &str, agent_hint: Option<&str>) {
        let booked = self.agents.iter().filter(|(_, agent)| agent.is_in_books());
        let known = booked
            .flat_map(|(id, agent)| agent.tasks.get(task_id).map(|task| (id, task)))
            .find(|(_, task)| task.framework == framework)
            .map(|(id, task)| (id.clone(), task.reported));
        let (agent, state) = match known {
            Some(known) => known,
            None => {
                let state = match agent_hint {
                    None if self.agents.values().any(|agent| agent.link == Link::Recovering) => return,
                    None => TaskState::TaskUnknown,
                    Some(id) if self.gone.contains(id) => TaskState::TaskGoneByOperator,
                    Some(id) => match self.agents.get(id).map(|agent| agent.link) {
                        None => TaskState::TaskUnknown,
                        Some(Link::Recovering) => return,
                        Some(Link::Unreachable) => TaskState::TaskUnreachable,
                        Some(Link::Registered | Link::Disconnected) => TaskState::TaskGone,
                    },
                };
                (agent_hint.unwrap_or_default().to_owned(), state)
            }
        };
        let mut news = status(task_id, &agent, state, task_status::Reason::Reconciliation);
        news.agent_id = news.agent_id.filter(|id| !id.value.is_empty());
        self.tell_status(framework, news);
    }
}
