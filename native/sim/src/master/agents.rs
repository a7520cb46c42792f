//! Agents: what they have, and how they go and come back.

use super::tasks::Task;
use super::{FakeMaster, Millis};
use crate::stock::Stock;
use mesos_wire::{AgentId, Attribute, Event, OfferId, TaskState, TaskStatus, task_status, value};
use std::collections::BTreeMap;

/// Five pings of 15 s, as Mesos.
const UNREACHABLE_AFTER: Millis = 75_000;
/// What a new master gives its agents to come back, as Mesos.
const REREGISTER_TIMEOUT: Millis = 600_000;

/// How the master sees an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// All is well, or nothing was noticed yet.
    Registered,
    /// Its process restarts.
    Disconnected,
    /// A new master waits for it to come back.
    Recovering,
    /// It did not come back in time.
    Unreachable,
}

/// A machine of the cluster.
#[derive(Debug)]
pub struct Agent {
    pub(super) host: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) total: Stock,
    pub(super) link: Link,
    /// Nothing passes between it and the master.
    pub(super) cut: bool,
    /// It burnt down.
    pub(super) dead: bool,
    pub(super) unreachable_at: Option<Millis>,
    pub(super) return_at: Option<Millis>,
    pub(super) tasks: BTreeMap<String, Task>,
}

impl Agent {
    /// How the master sees it.
    pub fn link(&self) -> Link {
        self.link
    }

    /// Whether it is lost for good.
    pub fn is_dead(&self) -> bool {
        self.dead
    }

    /// Its tasks that are not acknowledged to the end, by id.
    pub fn tasks(&self) -> &BTreeMap<String, Task> {
        &self.tasks
    }

    /// What tasks hold, as far as the master knows.
    pub fn used(&self) -> Stock {
        self.tasks
            .values()
            .filter(|task| !task.freed)
            .fold(Stock::default(), |sum, task| sum.plus(task.stock))
    }

    /// Whether messages of the master reach it.
    pub(crate) fn hears(&self) -> bool {
        self.link == Link::Registered && !self.cut
    }

    /// Whether the master has its tasks in its books.
    pub(super) fn is_in_books(&self) -> bool {
        matches!(self.link, Link::Registered | Link::Disconnected)
    }

    pub(super) fn next_due(&self, up: bool) -> Millis {
        let tasks = match self.dead {
            true => Millis::MAX,
            false => {
                let hears = self.hears() && up;
                self.tasks
                    .values()
                    .map(|task| task.next_due(hears))
                    .fold(Millis::MAX, Millis::min)
            }
        };
        let agent = match up {
            true => self.unreachable_at.into_iter().chain(self.return_at).min(),
            false => None,
        };
        tasks.min(agent.unwrap_or(Millis::MAX))
    }
}

impl FakeMaster {
    /// A new machine registers. Gives its id.
    pub fn add_agent(&mut self, total: Stock, attributes: &[(&str, &str)]) -> String {
        self.count.agents += 1;
        let id = format!("agent-{:03}", self.count.agents);
        self.agents.insert(
            id.clone(),
            Agent {
                host: format!("host-{:03}", self.count.agents),
                attributes: attributes
                    .iter()
                    .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
                    .collect(),
                total,
                link: Link::Registered,
                cut: false,
                dead: false,
                unreachable_at: None,
                return_at: None,
                tasks: BTreeMap::new(),
            },
        );
        id
    }

    /// The network between master and agent breaks.
    pub fn cut_agent(&mut self, id: &str) {
        let now = self.now;
        if let Some(agent) = self.agents.get_mut(id)
            && !agent.cut
        {
            agent.cut = true;
            agent.return_at = None;
            if agent.link == Link::Registered {
                agent.unreachable_at = Some(now + UNREACHABLE_AFTER);
            }
        }
    }

    /// The network between master and agent works again; it registers again soon.
    pub fn heal_agent(&mut self, id: &str) {
        let back = self.now + self.rng.between(100, 3_000);
        if let Some(agent) = self.agents.get_mut(id)
            && agent.cut
            && !agent.dead
        {
            agent.cut = false;
            agent.return_at = Some(back);
        }
    }

    /// The agent's process restarts; its tasks go on.
    pub fn restart_agent(&mut self, id: &str) {
        let (now, back) = (self.now, self.now + self.rng.between(500, 20_000));
        if let Some(agent) = self.agents.get_mut(id)
            && agent.hears()
        {
            agent.link = Link::Disconnected;
            agent.return_at = Some(back);
            agent.unreachable_at = Some(now + UNREACHABLE_AFTER);
            self.rescind_of(id);
        }
    }

    /// The machine is lost, with its tasks.
    pub fn destroy_agent(&mut self, id: &str) {
        self.cut_agent(id);
        if let Some(agent) = self.agents.get_mut(id) {
            agent.dead = true;
        }
    }

    /// An operator says that the machine will never come back.
    pub fn mark_gone(&mut self, id: &str) {
        self.rescind_of(id);
        let Some(agent) = self.agents.remove(id) else {
            return;
        };
        self.gone.insert(id.to_owned());
        if agent.link == Link::Recovering {
            return;
        }
        for task in agent.tasks.into_values() {
            if !task.reported_terminal() {
                self.tell_status(
                    &task.framework.clone(),
                    status(
                        &task.id,
                        id,
                        TaskState::TaskGoneByOperator,
                        task_status::Reason::AgentRemovedByOperator,
                    ),
                );
            }
        }
    }

    /// The leader dies; the next one comes with [`elect`](Self::elect).
    pub fn depose(&mut self) {
        let ids: Vec<String> = self.frameworks.keys().cloned().collect();
        for id in ids {
            self.release_stream(&id, None);
        }
        self.up = false;
        self.offers.clear();
        self.removed.clear();
        for known in self.frameworks.values_mut() {
            known.suppressed = false;
        }
        for agent in self.agents.values_mut() {
            // Agents that are unreachable stay so: that is in the registry.
            if agent.link != Link::Unreachable {
                agent.link = Link::Recovering;
                agent.return_at = None;
                agent.unreachable_at = None;
            }
        }
    }

    /// A new leader begins; agents come back to it one by one within `spread` milliseconds.
    pub fn elect(&mut self, spread: Millis) {
        if self.up {
            return;
        }
        self.up = true;
        self.epoch = (self.epoch + 1) % 1000;
        for agent in self.agents.values_mut() {
            let back = self.now + self.rng.between(200, spread.max(200));
            if !agent.cut {
                agent.return_at = Some(back);
            }
            if agent.link == Link::Recovering {
                agent.unreachable_at = Some(self.now + REREGISTER_TIMEOUT);
            }
        }
    }

    pub(super) fn advance_agents(&mut self) {
        if !self.up {
            return;
        }
        let now = self.now;
        let due = |at: Option<Millis>| at.is_some_and(|at| at <= now);
        let ids: Vec<String> = self
            .agents
            .iter()
            .filter(|(_, agent)| due(agent.return_at) || due(agent.unreachable_at))
            .map(|(id, _)| id.clone())
            .collect();
        for id in ids {
            if self.agents.get(&id).is_some_and(|agent| due(agent.return_at)) {
                self.reregister(&id);
            } else {
                self.mark_unreachable(&id);
            }
        }
    }

    fn mark_unreachable(&mut self, id: &str) {
        self.rescind_of(id);
        let Some(agent) = self.agents.get_mut(id) else {
            return;
        };
        let in_books = agent.is_in_books();
        agent.link = Link::Unreachable;
        agent.unreachable_at = None;
        if !in_books {
            return;
        }
        let mut told = Vec::new();
        for task in agent.tasks.values_mut().filter(|task| !task.reported_terminal()) {
            task.reported = TaskState::TaskUnreachable;
            told.push((task.framework.clone(), task.id.clone()));
        }
        for (framework, task) in told {
            let news = status(
                &task,
                id,
                TaskState::TaskUnreachable,
                task_status::Reason::AgentRemoved,
            );
            self.tell_status(&framework, news);
        }
        let frameworks: Vec<String> = self.frameworks.keys().cloned().collect();
        for framework in frameworks {
            self.tell(&framework, Event::failure(AgentId::from(id), None, None));
        }
    }

    fn reregister(&mut self, id: &str) {
        let now = self.now;
        // The agent's books are taken over; offers on the old ones are not good any more.
        self.rescind_of(id);
        let Some(agent) = self.agents.get_mut(id) else {
            return;
        };
        let was = agent.link;
        agent.link = Link::Registered;
        agent.return_at = None;
        agent.unreachable_at = None;
        let removed = &self.removed;
        agent.tasks.retain(|_, task| !removed.contains(&task.framework));
        let mut told = Vec::new();
        let mut kill = Vec::new();
        agent.tasks.retain(|_, task| {
            if !task.delivered {
                if was != Link::Recovering {
                    told.push((
                        task.framework.clone(),
                        status(
                            &task.id,
                            id,
                            TaskState::TaskDropped,
                            task_status::Reason::Reconciliation,
                        ),
                    ));
                }
                return false;
            }
            task.came_back(now);
            if was == Link::Unreachable && !task.reported_terminal() {
                told.push((
                    task.framework.clone(),
                    status(
                        &task.id,
                        id,
                        task.reported,
                        task_status::Reason::AgentReregistered,
                    ),
                ));
            }
            if std::mem::take(&mut task.kill_at_return) {
                kill.push(task.id.clone());
            }
            true
        });
        for (framework, news) in told {
            self.tell_status(&framework, news);
        }
        for task in kill {
            self.kill_on(id, &task);
        }
    }

    pub(super) fn rescind_of(&mut self, agent: &str) {
        let ids: Vec<(String, String)> = self
            .offers
            .iter()
            .filter(|(_, offered)| offered.agent == agent)
            .map(|(id, offered)| (id.clone(), offered.framework.clone()))
            .collect();
        for (id, framework) in ids {
            self.offers.remove(&id);
            self.tell(&framework, Event::rescind(OfferId::from(id)));
        }
    }
}

pub(super) fn status(task: &str, agent: &str, state: TaskState, reason: task_status::Reason) -> TaskStatus {
    TaskStatus {
        task_id: task.into(),
        agent_id: Some(agent.into()),
        state: state.into(),
        reason: Some(reason.into()),
        ..TaskStatus::default()
    }
}

pub(super) fn attribute(name: &str, text: &str) -> Attribute {
    Attribute {
        name: name.to_owned(),
        r#type: value::Type::Text.into(),
        text: Some(value::Text {
            value: text.to_owned(),
        }),
        ..Attribute::default()
    }
}
