//! What becomes of tasks, and the updates of it until they are acknowledged.

use std::collections::VecDeque;
use std::time::Duration;

use mesos_core::{Amount, Time};
use mesos_wire::{Event, TaskId, TaskState, TaskStatus, call, task_status};

use super::offers::{minus, used};
use super::{Effect, End, GRACE, Master, agent, duration};

/// An update that is not acknowledged is sent again after this.
const REPEAT: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Task {
    pub(super) amount: Amount,
    pub(super) ports: Vec<u32>,
    pub(super) state: TaskState,
    pub(super) message: String,
    pub(super) reason: Option<task_status::Reason>,
    pub(super) grace: Duration,
    /// Not acknowledged yet, the oldest first.
    pub(super) updates: VecDeque<TaskStatus>,
    /// When the first of them is sent again.
    pub(super) repeat: Option<Time>,
    pub(super) over: bool,
}

impl Master {
    pub(super) fn accept(&mut self, accept: call::Accept, now: Time) {
        let filters = accept.filters.map(|filters| filters.refuse_seconds());
        let offered = self
            .offered
            .take_if(|offered| accept.offer_ids.iter().any(|id| id.value == offered.id));
        let infos = accept
            .operations
            .into_iter()
            .filter_map(|operation| operation.launch)
            .flat_map(|launch| launch.task_infos);
        let Some(mut left) = offered else {
            for info in infos {
                self.refuse_task(
                    &info.task_id.value,
                    TaskState::TaskDropped,
                    task_status::Reason::InvalidOffers,
                    "its offer is no longer good",
                );
            }
            return;
        };
        for mut info in infos {
            if let Some(command) = info.command.as_mut().filter(|_| !self.user.is_empty()) {
                command.user.get_or_insert_with(|| self.user.clone());
            }
            let name = info.task_id.value.clone();
            let (amount, ports) = used(&info.resources);
            let problem = if self.tasks.contains_key(&name) {
                Some("a task of this name is here already")
            } else if !is_plain(&name) {
                Some("its name cannot be that of a folder")
            } else if !left.amount.holds(amount) || !ports.iter().all(|port| left.ports.contains(port)) {
                Some("it wants more than was offered")
            } else {
                None
            };
            if let Some(problem) = problem {
                let reason = task_status::Reason::TaskInvalid;
                self.refuse_task(&name, TaskState::TaskError, reason, problem);
                continue;
            }
            if let Some(port) = ports.iter().find(|port| self.taken.contains(port)) {
                let message = format!(
                    "port {port} of this machine is taken by something else: end that, or choose another host port in the \
                     template's port mapping, or none for any"
                );
                let reason = task_status::Reason::ContainerLaunchFailed;
                self.refuse_task(&name, TaskState::TaskFailed, reason, &message);
                continue;
            }
            left.amount = minus(left.amount, amount);
            left.ports.retain(|port| !ports.contains(port));
            let policy = info
                .kill_policy
                .as_ref()
                .and_then(|policy| policy.grace_period.as_ref());
            let task = Task {
                amount,
                ports,
                state: TaskState::TaskStaging,
                message: String::new(),
                reason: None,
                grace: policy.map_or(GRACE, |grace| duration(grace.nanoseconds)),
                updates: VecDeque::new(),
                repeat: None,
                over: false,
            };
            self.tasks.insert(name.clone(), task);
            self.effects.push_back(Effect::Launch(Box::new(info)));
            self.update(&name, TaskState::TaskStarting, None, "", now);
        }
        self.refuse(filters, now);
    }

    /// A task that never was.
    fn refuse_task(&mut self, name: &str, state: TaskState, reason: task_status::Reason, message: &str) {
        let status = TaskStatus {
            source: Some(task_status::Source::Master.into()),
            reason: Some(reason.into()),
            ..status(name, state, message)
        };
        self.event(Event::update(status));
    }

    pub(super) fn kill(&mut self, name: &str, grace: Option<Duration>, now: Time) {
        let Some(task) = self.tasks.get(name).filter(|task| !task.over) else {
            self.answer(name);
            return;
        };
        self.effects.push_back(Effect::Kill {
            task: name.to_owned(),
            grace: grace.unwrap_or(task.grace),
        });
        if task.state == TaskState::TaskRunning {
            self.update(name, TaskState::TaskKilling, None, "", now);
        }
    }

    pub(super) fn acknowledge(&mut self, name: &str, uuid: &[u8], now: Time) {
        let Some(task) = self.tasks.get_mut(name) else {
            return;
        };
        if task.updates.front().and_then(|status| status.uuid.as_deref()) != Some(uuid) {
            return;
        }
        task.updates.pop_front();
        task.repeat = None;
        if task.updates.is_empty() && task.over {
            self.forget(name);
        } else {
            self.send_first(name, now);
        }
    }

    pub(super) fn forget(&mut self, name: &str) {
        self.tasks.remove(name);
        self.effects.push_back(Effect::Forget {
            task: name.to_owned(),
        });
    }

    /// What is known of a task, without a `uuid`.
    pub(super) fn answer(&mut self, name: &str) {
        let known = match self.tasks.get(name) {
            Some(task) => TaskStatus {
                reason: Some(task.reason.unwrap_or(task_status::Reason::Reconciliation).into()),
                ..status(name, task.state, &task.message)
            },
            None => TaskStatus {
                reason: Some(task_status::Reason::Reconciliation.into()),
                ..status(name, TaskState::TaskGone, "this machine has no such task")
            },
        };
        let known = TaskStatus {
            source: Some(task_status::Source::Master.into()),
            ..known
        };
        self.event(Event::update(known));
    }

    /// How far the start of a task is.
    pub(crate) fn progress(&mut self, name: &str, message: &str) {
        let Some(task) = self.tasks.get(name).filter(|task| !task.over && self.connected) else {
            return;
        };
        if task.state == TaskState::TaskStarting {
            let status = status(name, task.state, message);
            self.event(Event::update(status));
        }
    }

    /// A task runs.
    pub(crate) fn running(&mut self, name: &str, message: &str, now: Time) {
        if self
            .tasks
            .get(name)
            .is_some_and(|task| !task.over && task.state == TaskState::TaskStarting)
        {
            self.update(name, TaskState::TaskRunning, None, message, now);
        }
    }

    /// Nothing of a task is left.
    pub(crate) fn ended(&mut self, name: &str, end: End, now: Time) {
        let Some(task) = self.tasks.get_mut(name).filter(|task| !task.over) else {
            return;
        };
        task.over = true;
        if self.torn_down {
            // There is nobody to tell.
            self.forget(name);
            return;
        }
        self.update(name, end.state, end.reason, &end.message, now);
        self.offer(now);
    }

    fn update(
        &mut self,
        name: &str,
        state: TaskState,
        reason: Option<task_status::Reason>,
        message: &str,
        now: Time,
    ) {
        self.counter += 1;
        let mut uuid = self.incarnation.to_be_bytes().to_vec();
        uuid.extend(self.counter.to_be_bytes());
        let Some(task) = self.tasks.get_mut(name) else {
            return;
        };
        task.state = state;
        task.reason = reason;
        message.clone_into(&mut task.message);
        let first = task.updates.is_empty();
        task.updates.push_back(TaskStatus {
            uuid: Some(uuid),
            source: Some(task_status::Source::Agent.into()),
            reason: reason.map(Into::into),
            ..status(name, state, message)
        });
        if first {
            self.send_first(name, now);
        }
    }

    pub(super) fn send_first(&mut self, name: &str, now: Time) {
        if !self.connected {
            return;
        }
        let Some(task) = self.tasks.get_mut(name) else {
            return;
        };
        if let Some(status) = task.updates.front() {
            task.repeat = Some(now + REPEAT);
            let event = Event::update(status.clone());
            self.event(event);
        }
    }
}

fn status(name: &str, state: TaskState, message: &str) -> TaskStatus {
    TaskStatus {
        task_id: TaskId {
            value: name.to_owned(),
        },
        state: state.into(),
        message: Some(message.to_owned()).filter(|message| !message.is_empty()),
        agent_id: Some(agent()),
        ..TaskStatus::default()
    }
}

/// Names become names of folders and containers.
fn is_plain(name: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && name.len() <= 200 && name.chars().all(good) && !name.starts_with('.')
}
