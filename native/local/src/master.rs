//! The part of a Mesos master and its only agent that a scheduler sees, as a state machine: calls and what becomes of tasks
//! go in, events and what is to be done with tasks come out. No I/O and no clock.

mod offers;
mod tasks;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use mesos_core::{Amount, Time};
use mesos_wire::{AgentId, Call, Event, FrameworkId, MasterInfo, TaskInfo, TaskState, call, task_status};

use self::offers::Offered;
pub(crate) use self::offers::used;
use self::tasks::Task;

const HEARTBEAT: Duration = Duration::from_secs(15);
/// Between the polite signal and the hard one, where the task has no policy; as in Mesos.
const GRACE: Duration = Duration::from_secs(5);
/// The id of this machine among agents; there is no other.
pub(crate) const AGENT: &str = "local";

/// What this machine gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Whole {
    pub(crate) host: String,
    pub(crate) amount: Amount,
    /// Both ends belong to it.
    pub(crate) ports: (u32, u32),
}

/// What something else than tasks listens on, of the ports of this machine.
pub(crate) type Taken = BTreeSet<u32>;

/// What the shell is to do.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Effect {
    /// Give this to the scheduler.
    Event(Box<Event>),
    /// Start this.
    Launch(Box<TaskInfo>),
    /// End this; it may have ended already, or be about to.
    Kill { task: String, grace: Duration },
    /// The scheduler knows its end: nothing of it needs to be kept.
    Forget { task: String },
    /// Close the scheduler's stream.
    Close,
}

/// A task that a former process has started.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) name: String,
    pub(crate) amount: Amount,
    pub(crate) ports: Vec<u32>,
    pub(crate) ran: bool,
}

/// How a task ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct End {
    pub(crate) state: TaskState,
    pub(crate) reason: Option<task_status::Reason>,
    pub(crate) message: String,
}

#[derive(Debug)]
pub(crate) struct Master {
    whole: Whole,
    /// Makes ids that no former process has used.
    incarnation: u64,
    counter: u64,
    framework: Option<String>,
    role: String,
    /// Whom tasks run as that do not say it.
    user: String,
    suppressed: bool,
    connected: bool,
    torn_down: bool,
    offered: Option<Offered>,
    /// What is free is not offered until then, unless it has grown.
    refused: Option<(Time, Amount)>,
    heartbeat: Option<Time>,
    /// Ports that are not to be offered.
    taken: Taken,
    tasks: BTreeMap<String, Task>,
    effects: VecDeque<Effect>,
}

impl Master {
    pub(crate) fn new(whole: Whole, incarnation: u64) -> Self {
        Self {
            whole,
            incarnation,
            counter: 0,
            framework: None,
            role: String::new(),
            user: String::new(),
            suppressed: false,
            connected: false,
            torn_down: false,
            offered: None,
            refused: None,
            heartbeat: None,
            taken: Taken::new(),
            tasks: BTreeMap::new(),
            effects: VecDeque::new(),
        }
    }

    pub(crate) fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    pub(crate) fn poll_timeout(&self) -> Option<Time> {
        let refused = self.refused.as_ref().map(|(until, _)| *until);
        let repeats = self.tasks.values().filter_map(|task| task.repeat);
        repeats
            .chain(self.heartbeat)
            .chain(refused)
            .filter(|_| self.connected)
            .min()
    }

    pub(crate) fn handle_timeout(&mut self, now: Time) {
        if !self.connected {
            return;
        }
        if self.heartbeat.is_some_and(|due| due <= now) {
            self.heartbeat = Some(now + HEARTBEAT);
            self.event(Event::heartbeat());
        }
        let late: Vec<String> = self
            .tasks
            .iter()
            .filter(|(_, task)| task.repeat.is_some_and(|due| due <= now))
            .map(|(name, _)| name.clone())
            .collect();
        for name in late {
            self.send_first(&name, now);
        }
        self.offer(now);
    }

    /// Whether a task is here that has not ended.
    pub(crate) fn is_busy(&self) -> bool {
        self.tasks.values().any(|task| !task.over)
    }

    /// Takes over what a former process has left.
    pub(crate) fn restore(&mut self, found: Found) {
        let state = if found.ran {
            TaskState::TaskRunning
        } else {
            TaskState::TaskStarting
        };
        let task = Task {
            amount: found.amount,
            ports: found.ports,
            state,
            message: String::new(),
            reason: None,
            grace: GRACE,
            updates: VecDeque::new(),
            repeat: None,
            over: false,
        };
        self.tasks.insert(found.name, task);
    }

    /// The stream has ended; what runs runs on.
    pub(crate) fn disconnected(&mut self) {
        self.connected = false;
        self.offered = None;
        self.refused = None;
        self.heartbeat = None;
        for task in self.tasks.values_mut() {
            task.repeat = None;
        }
    }

    /// A call of the scheduler.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn handle_call(&mut self, call: Call, now: Time) -> Result<(), String> {
        let kind = call.r#type();
        if kind == call::Type::Subscribe {
            return self.subscribe(call, now);
        }
        if !self.connected || call.framework_id.map(|id| id.value) != self.framework {
            return Err("this framework is not subscribed".to_owned());
        }
        match kind {
            call::Type::Accept => {
                let accept = call.accept.unwrap_or_default();
                self.accept(accept, now);
            }
            call::Type::Decline => {
                let decline = call.decline.unwrap_or_default();
                if self.take_back(&decline.offer_ids) {
                    self.refuse(decline.filters.map(|filters| filters.refuse_seconds()), now);
                }
            }
            call::Type::Revive => {
                self.suppressed = false;
                self.refused = None;
            }
            call::Type::Suppress => self.suppressed = true,
            call::Type::Kill => {
                let kill = call.kill.unwrap_or_default();
                let grace = kill.kill_policy.and_then(|policy| policy.grace_period);
                self.kill(
                    &kill.task_id.value,
                    grace.map(|grace| duration(grace.nanoseconds)),
                    now,
                );
            }
            call::Type::Acknowledge => {
                let acknowledge = call.acknowledge.unwrap_or_default();
                self.acknowledge(&acknowledge.task_id.value, &acknowledge.uuid, now);
            }
            call::Type::Reconcile => {
                let wanted = call.reconcile.unwrap_or_default().tasks;
                let names: Vec<String> = match wanted.is_empty() {
                    true => self.tasks.keys().cloned().collect(),
                    false => wanted.into_iter().map(|task| task.task_id.value).collect(),
                };
                for name in names {
                    self.answer(&name);
                }
            }
            call::Type::UpdateFramework => {
                let update = call.update_framework.unwrap_or_default();
                let info = update.framework_info;
                self.user = info.user;
                let role = info.roles.into_iter().next().unwrap_or_else(|| "*".to_owned());
                self.suppressed = update.suppressed_roles.contains(&role);
                if role != self.role {
                    self.role = role;
                    self.rescind();
                }
            }
            call::Type::Teardown => self.teardown(),
            // There are no inverse offers, executors and operations here.
            _ => {}
        }
        self.offer(now);
        Ok(())
    }

    fn subscribe(&mut self, call: Call, now: Time) -> Result<(), String> {
        let subscribe = call.subscribe.unwrap_or_default();
        let info = subscribe.framework_info;
        self.disconnected();
        // A scheduler that comes with an id may have it: it keeps its state with ours.
        let id = match call.framework_id.map(|id| id.value).filter(|id| !id.is_empty()) {
            Some(id) => id,
            None => {
                self.counter += 1;
                format!("local-{:016x}-{:04}", self.incarnation, self.counter)
            }
        };
        self.role = info.roles.into_iter().next().unwrap_or_else(|| "*".to_owned());
        self.user = info.user;
        self.suppressed = subscribe.suppressed_roles.contains(&self.role);
        self.framework = Some(id.clone());
        self.connected = true;
        self.torn_down = false;
        self.heartbeat = Some(now + HEARTBEAT);
        let master = MasterInfo {
            id: AGENT.to_owned(),
            hostname: Some(self.whole.host.clone()),
            ..MasterInfo::default()
        };
        self.event(Event::subscribed(FrameworkId { value: id }, HEARTBEAT, master));
        let names: Vec<String> = self.tasks.keys().cloned().collect();
        for name in names {
            self.send_first(&name, now);
        }
        self.offer(now);
        Ok(())
    }

    /// The scheduler is gone for good, and its tasks with it.
    pub(crate) fn teardown(&mut self) {
        self.connected = false;
        self.torn_down = true;
        self.framework = None;
        self.offered = None;
        self.heartbeat = None;
        self.refused = None;
        for (name, task) in &mut self.tasks {
            task.updates.clear();
            task.repeat = None;
            if !task.over {
                self.effects.push_back(Effect::Kill {
                    task: name.clone(),
                    grace: Duration::ZERO,
                });
            }
        }
        let over = self.tasks.iter().filter(|(_, task)| task.over);
        let over: Vec<String> = over.map(|(name, _)| name.clone()).collect();
        for name in over {
            self.forget(&name);
        }
        self.effects.push_back(Effect::Close);
    }

    fn event(&mut self, event: Event) {
        if self.connected {
            self.effects.push_back(Effect::Event(Box::new(event)));
        }
    }
}

pub(crate) fn agent() -> AgentId {
    AgentId {
        value: AGENT.to_owned(),
    }
}

fn duration(nanoseconds: i64) -> Duration {
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(0))
}

#[cfg(test)]
#[path = "master_tests.rs"]
mod tests;
