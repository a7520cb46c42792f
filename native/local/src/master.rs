//! The part of a Mesos master and its only agent that a scheduler sees, as a state machine: calls and what becomes of tasks
//! go in, events and what is to be done with tasks come out. No I/O and no clock.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use mesos_core::{Amount, Scalar, Time};
use mesos_wire::{
    AgentId, Call, Event, FrameworkId, MasterInfo, Offer, OfferId, Resource, TaskId, TaskInfo, TaskState,
    TaskStatus, call, resource, task_status,
};

const HEARTBEAT: Duration = Duration::from_secs(15);
/// An update that is not acknowledged is sent again after this.
const REPEAT: Duration = Duration::from_secs(10);
/// Where no filter says otherwise, as in Mesos.
const REFUSAL: f64 = 5.0;
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
struct Task {
    amount: Amount,
    ports: Vec<u32>,
    state: TaskState,
    message: String,
    reason: Option<task_status::Reason>,
    grace: Duration,
    /// Not acknowledged yet, the oldest first.
    updates: VecDeque<TaskStatus>,
    /// When the first of them is sent again.
    repeat: Option<Time>,
    over: bool,
}

#[derive(Debug)]
struct Offered {
    id: String,
    amount: Amount,
    ports: BTreeSet<u32>,
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

    /// Takes what this machine's ports are in use for now, those of tasks among them. An offer that holds one that is not free
    /// any more is taken back, and one that has come free is offered whatever was refused before.
    pub(crate) fn handle_ports(&mut self, in_use: Taken, now: Time) {
        self.note_ports(in_use);
        let gone = |offered: &Offered| !offered.ports.is_disjoint(&self.taken);
        if self.offered.as_ref().is_some_and(gone) {
            self.rescind();
        }
        if self.connected {
            self.offer(now);
        }
    }

    /// The same without a new offer: what is to be launched now is held against it.
    pub(crate) fn note_ports(&mut self, mut in_use: Taken) {
        in_use.retain(|port| (self.whole.ports.0..=self.whole.ports.1).contains(port));
        for task in self.tasks.values().filter(|task| !task.over) {
            in_use.retain(|port| !task.ports.contains(port));
        }
        if !self.taken.is_subset(&in_use) {
            self.refused = None;
        }
        self.taken = in_use;
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

    fn accept(&mut self, accept: call::Accept, now: Time) {
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

    fn kill(&mut self, name: &str, grace: Option<Duration>, now: Time) {
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

    fn acknowledge(&mut self, name: &str, uuid: &[u8], now: Time) {
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

    fn forget(&mut self, name: &str) {
        self.tasks.remove(name);
        self.effects.push_back(Effect::Forget {
            task: name.to_owned(),
        });
    }

    /// What is known of a task, without a `uuid`.
    fn answer(&mut self, name: &str) {
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

    fn send_first(&mut self, name: &str, now: Time) {
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

    fn free(&self) -> (Amount, BTreeSet<u32>) {
        let (mut amount, mut ports) = (
            self.whole.amount,
            (self.whole.ports.0..=self.whole.ports.1)
                .filter(|port| !self.taken.contains(port))
                .collect::<BTreeSet<_>>(),
        );
        for task in self.tasks.values().filter(|task| !task.over) {
            amount = minus(amount, task.amount);
            for port in &task.ports {
                ports.remove(port);
            }
        }
        (amount, ports)
    }

    /// Offers what is free, if someone wants it.
    fn offer(&mut self, now: Time) {
        if self.refused.as_ref().is_some_and(|(until, _)| *until <= now) {
            self.refused = None;
        }
        if !self.connected || self.suppressed || self.offered.is_some() {
            return;
        }
        let (amount, ports) = self.free();
        if amount.cpus <= Scalar::ZERO || amount.mem <= Scalar::ZERO {
            return;
        }
        if self
            .refused
            .as_ref()
            .is_some_and(|(_, refused)| refused.holds(amount))
        {
            return;
        }
        self.counter += 1;
        let id = format!("local-{:016x}-O{}", self.incarnation, self.counter);
        let mut resources = vec![
            Resource::scalar("cpus", amount.cpus.to_f64()),
            Resource::scalar("mem", amount.mem.to_f64()),
        ];
        if amount.disk > Scalar::ZERO {
            resources.push(Resource::scalar("disk", amount.disk.to_f64()));
        }
        if !ports.is_empty() {
            resources.push(Resource::ranges("ports", ranges(&ports)));
        }
        for resource in &mut resources {
            resource.allocation_info = Some(resource::AllocationInfo {
                role: Some(self.role.clone()),
            });
        }
        let offer = Offer {
            id: OfferId { value: id.clone() },
            framework_id: FrameworkId {
                value: self.framework.clone().unwrap_or_default(),
            },
            agent_id: agent(),
            hostname: self.whole.host.clone(),
            resources,
            allocation_info: Some(resource::AllocationInfo {
                role: Some(self.role.clone()),
            }),
            ..Offer::default()
        };
        self.offered = Some(Offered { id, amount, ports });
        self.event(Event::offers(vec![offer]));
    }

    fn take_back(&mut self, ids: &[OfferId]) -> bool {
        self.offered
            .take_if(|offered| ids.iter().any(|id| id.value == offered.id))
            .is_some()
    }

    fn rescind(&mut self) {
        if let Some(offered) = self.offered.take() {
            self.event(Event::rescind(OfferId { value: offered.id }));
        }
    }

    fn refuse(&mut self, seconds: Option<f64>, now: Time) {
        let seconds = seconds.filter(|seconds| seconds.is_finite()).unwrap_or(REFUSAL);
        let length = Duration::from_secs_f64(seconds.clamp(0.0, 1e9));
        self.refused = (length > Duration::ZERO).then(|| (now + length, self.free().0));
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

fn duration(nanoseconds: i64) -> Duration {
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(0))
}

/// Names become names of folders and containers.
fn is_plain(name: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && name.len() <= 200 && name.chars().all(good) && !name.starts_with('.')
}

fn minus(one: Amount, other: Amount) -> Amount {
    Amount {
        cpus: one.cpus - other.cpus,
        mem: one.mem - other.mem,
        disk: one.disk - other.disk,
        // None are given here.
        gpus: Scalar::ZERO,
    }
}

/// What a task has of this machine.
pub(crate) fn used(resources: &[Resource]) -> (Amount, Vec<u32>) {
    let (mut amount, mut ports) = (Amount::default(), Vec::new());
    for resource in resources {
        let scalar = resource
            .scalar
            .as_ref()
            .and_then(|scalar| Scalar::from_f64(scalar.value))
            .unwrap_or_default();
        match resource.name.as_str() {
            "cpus" => amount.cpus += scalar,
            "mem" => amount.mem += scalar,
            "disk" => amount.disk += scalar,
            "ports" => {
                for range in resource.ranges.iter().flat_map(|ranges| &ranges.range) {
                    // A range beyond all ports is cut: it is more than was offered in any case.
                    let end = range.end.min(70_000);
                    ports.extend((range.begin..=end).filter_map(|port| u32::try_from(port).ok()));
                }
            }
            _ => {}
        }
    }
    (amount, ports)
}

fn ranges(ports: &BTreeSet<u32>) -> Vec<(u64, u64)> {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for port in ports.iter().map(|port| u64::from(*port)) {
        match ranges.last_mut() {
            Some((_, end)) if *end + 1 == port => *end = port,
            _ => ranges.push((port, port)),
        }
    }
    ranges
}

#[cfg(test)]
#[path = "master_tests.rs"]
mod tests;
