//! Tasks on agents: what they do, and the updates that are repeated until they are acknowledged.

use super::{FakeMaster, Millis};
use crate::stock::Stock;
use mesos_wire::{Event, TaskState, TaskStatus, task_status};
use std::collections::VecDeque;

/// An agent repeats an update after this long at first, and doubles it up to the other, as Mesos.
const RETRY_LEAST: Millis = 10_000;
const RETRY_MOST: Millis = 600_000;

/// So many updates are remembered.
const ECHOES: usize = 64;

/// A task as its agent has it, and what the master knows of it.
#[derive(Debug)]
pub struct Task {
    pub(super) id: String,
    pub(super) framework: String,
    pub(super) stock: Stock,
    /// Whether the launch has reached the agent.
    pub(super) delivered: bool,
    /// What is true.
    pub(super) state: TaskState,
    /// What the master would answer.
    pub(super) reported: TaskState,
    /// The master knows that it is over: its resources are offered again.
    pub(super) freed: bool,
    /// The agent was away when the kill came; the master remembers.
    pub(super) kill_at_return: bool,
    /// How long until which state, one after the other.
    script: VecDeque<(Millis, TaskState)>,
    next_at: Option<Millis>,
    updates: VecDeque<Update>,
    resend_at: Option<Millis>,
    interval: Millis,
    /// When it was planted without a word.
    silent_since: Option<Millis>,
}

#[derive(Debug, Clone)]
struct Update {
    state: TaskState,
    uuid: Vec<u8>,
}

impl Task {
    pub(super) fn new(
        id: String,
        framework: String,
        stock: Stock,
        delivered: bool,
        script: VecDeque<(Millis, TaskState)>,
        now: Millis,
    ) -> Self {
        Self {
            id,
            framework,
            stock,
            delivered,
            state: TaskState::TaskStaging,
            reported: TaskState::TaskStaging,
            freed: false,
            kill_at_return: false,
            next_at: script.front().filter(|_| delivered).map(|(delay, _)| now + delay),
            script,
            updates: VecDeque::new(),
            resend_at: None,
            interval: RETRY_LEAST,
            silent_since: None,
        }
    }

    /// When it appeared, if nothing tells of it but the master's list.
    pub(crate) fn appeared_in_silence(&self) -> Option<Millis> {
        self.silent_since
    }

    /// What it holds.
    pub(crate) fn stock(&self) -> &Stock {
        &self.stock
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The framework that launched it.
    pub fn framework(&self) -> &str {
        &self.framework
    }

    /// What is true on the agent.
    pub fn state(&self) -> TaskState {
        self.state
    }

    /// Whether it is over.
    pub fn is_terminal(&self) -> bool {
        is_terminal(self.state)
    }

    pub(super) fn reported_terminal(&self) -> bool {
        is_terminal(self.reported)
    }

    pub(super) fn next_due(&self, hears: bool) -> Millis {
        let send = self.resend_at.filter(|_| hears);
        self.next_at.into_iter().chain(send).min().unwrap_or(Millis::MAX)
    }

    /// The master takes the agent's word for it, and the agent says again what was not acknowledged.
    pub(super) fn came_back(&mut self, now: Millis) {
        self.reported = self.updates.front().map_or(self.state, |update| update.state);
        if self.is_terminal() {
            self.freed = true;
        }
        if !self.updates.is_empty() {
            self.interval = RETRY_LEAST;
            self.resend_at = Some(now);
        }
    }

    fn enter(&mut self, state: TaskState, uuid: Vec<u8>, now: Millis) {
        self.state = state;
        self.updates.push_back(Update { state, uuid });
        if self.updates.len() == 1 {
            self.interval = RETRY_LEAST;
            self.resend_at = Some(now);
        }
    }
}

impl FakeMaster {
    pub(super) fn script(&mut self) -> VecDeque<(Millis, TaskState)> {
        let starting = (self.rng.between(50, 2_000), TaskState::TaskStarting);
        let running = (self.rng.between(50, 5_000), TaskState::TaskRunning);
        let later = self.rng.between(1_000, 300_000);
        let mut script = VecDeque::from([starting, running]);
        if self.rng.chance(self.misfortune) {
            match self.rng.below(5) {
                0 => script = VecDeque::from([(self.rng.between(10, 3_000), TaskState::TaskFailed)]),
                1 => script.push_back((later, TaskState::TaskFailed)),
                2 => script.push_back((later, TaskState::TaskFinished)),
                // It hangs before it starts, or before it runs.
                3 => script.clear(),
                _ => script.truncate(1),
            }
        }
        script
    }

    pub(super) fn advance_tasks(&mut self) {
        let (now, up) = (self.now, self.up);
        let mut moves = Vec::new();
        let mut sends = Vec::new();
        for (agent_id, agent) in self.agents.iter().filter(|(_, agent)| !agent.dead) {
            let hears = agent.hears() && up;
            for task in agent.tasks.values() {
                if task.next_at.is_some_and(|at| at <= now) {
                    moves.push((agent_id.clone(), task.id.clone()));
                }
                if hears && task.resend_at.is_some_and(|at| at <= now) {
                    sends.push((agent_id.clone(), task.id.clone()));
                }
            }
        }
        for (agent, id) in moves {
            let uuid = self.next_uuid();
            let Some(task) = self.task_mut(&agent, &id) else {
                continue;
            };
            let Some((_, state)) = task.script.pop_front() else {
                task.next_at = None;
                continue;
            };
            task.enter(state, uuid, now);
            task.next_at = task.script.front().map(|(delay, _)| now + delay);
            sends.push((agent, id));
        }
        for (agent, id) in sends {
            self.forward(&agent, &id);
        }
    }

    /// The agent sends the first update that is not acknowledged, if it can and it is time.
    fn forward(&mut self, agent_id: &str, id: &str) {
        let (now, up) = (self.now, self.up);
        let lost = self.rng.chance(self.update_loss);
        let Some(agent) = self.agents.get_mut(agent_id) else {
            return;
        };
        let hears = agent.hears() && up;
        let Some(task) = agent.tasks.get_mut(id) else {
            return;
        };
        if !hears || task.resend_at.is_none_or(|at| at > now) {
            return;
        }
        let Some(update) = task.updates.front().cloned() else {
            task.resend_at = None;
            return;
        };
        task.resend_at = Some(now + task.interval);
        task.interval = (task.interval * 2).min(RETRY_MOST);
        if lost {
            return;
        }
        task.reported = update.state;
        task.freed |= task.is_terminal();
        let framework = task.framework.clone();
        let status = TaskStatus {
            task_id: id.into(),
            agent_id: Some(agent_id.into()),
            state: update.state.into(),
            source: Some(task_status::Source::Executor.into()),
            timestamp: Some(now as f64 / 1000.0),
            uuid: Some(update.uuid),
            ..TaskStatus::default()
        };
        if self.told.len() >= ECHOES {
            self.told.pop_front();
        }
        self.told.push_back((framework.clone(), status.clone()));
        self.tell(&framework, Event::update(status));
    }

    /// Old updates are heard again, in any order, as an agent's may be after a failover.
    pub fn echo_updates(&mut self, count: usize) {
        for _ in 0..count {
            let pick = usize::try_from(self.rng.below(ECHOES as u64)).unwrap_or(0);
            let Some((framework, status)) = self.told.get(pick).cloned() else {
                continue;
            };
            self.tell(&framework, Event::update(status));
        }
    }

    /// Repeats updates at once that are not acknowledged.
    pub fn repeat_updates(&mut self) {
        let now = self.now;
        for task in self
            .agents
            .values_mut()
            .flat_map(|agent| agent.tasks.values_mut())
        {
            if !task.updates.is_empty() {
                task.resend_at = Some(now);
            }
        }
    }

    pub(super) fn acknowledge(&mut self, agent_id: &str, id: &str, uuid: &[u8]) {
        let now = self.now;
        let Some(agent) = self.agents.get_mut(agent_id).filter(|agent| agent.hears()) else {
            return;
        };
        let Some(task) = agent.tasks.get_mut(id) else {
            return;
        };
        if task.updates.front().is_none_or(|update| update.uuid != uuid) {
            return;
        }
        task.updates.pop_front();
        task.interval = RETRY_LEAST;
        task.resend_at = task.updates.front().map(|_| now);
        if task.updates.is_empty() && task.is_terminal() {
            agent.tasks.remove(id);
        }
    }

    /// The agent got a kill for the task.
    pub(super) fn kill_on(&mut self, agent_id: &str, id: &str) {
        let now = self.now;
        let grace = self.rng.between(20, 3_000);
        let uuid = self.next_uuid();
        let killing_state = |framework: &str| {
            self.frameworks
                .get(framework)
                .is_some_and(|known| known.killing_state)
        };
        let Some(task) = self.agents.get(agent_id).and_then(|agent| agent.tasks.get(id)) else {
            return;
        };
        if task.is_terminal() || task.state == TaskState::TaskKilling {
            return;
        }
        let polite = task.state != TaskState::TaskStaging && killing_state(&task.framework);
        if let Some(task) = self.task_mut(agent_id, id) {
            if polite {
                task.enter(TaskState::TaskKilling, uuid, now);
            }
            task.script = VecDeque::from([(grace, TaskState::TaskKilled)]);
            task.next_at.get_or_insert(now + grace);
            task.next_at = task.next_at.map(|at| at.min(now + grace));
        }
    }

    /// A task ends by itself.
    pub fn end_task(&mut self, id: &str, state: TaskState) {
        let (now, uuid) = (self.now, self.next_uuid());
        let task = self
            .agents
            .values_mut()
            .filter(|agent| !agent.dead)
            .find_map(|agent| agent.tasks.get_mut(id))
            .filter(|task| task.delivered && !task.is_terminal());
        if let Some(task) = task {
            task.script.clear();
            task.next_at = None;
            task.enter(state, uuid, now);
        }
    }

    /// A task runs on the agent under the framework's id that its scheduler never wrote down. A `silent` one, planted at
    /// that time, has said all it had to say to an earlier life of the scheduler.
    pub fn plant_orphan(&mut self, agent_id: &str, name: &str, silent: Option<Millis>) {
        let Some(framework) = self
            .frameworks
            .iter()
            .find(|(_, known)| known.stream.is_some())
            .map(|(id, _)| id.clone())
        else {
            return;
        };
        let stock = Stock::plain(100, 64_000);
        let (now, free) = (self.now, self.free_on(agent_id));
        if let Some(agent) = self.agents.get_mut(agent_id)
            && agent.hears()
            && free.holds(&stock)
        {
            let script = match silent {
                Some(_) => VecDeque::new(),
                None => VecDeque::from([(500, TaskState::TaskRunning)]),
            };
            let mut task = Task::new(name.to_owned(), framework, stock, true, script, now);
            if silent.is_some() {
                task.state = TaskState::TaskRunning;
                task.reported = TaskState::TaskRunning;
                task.silent_since = silent;
            }
            self.launched.insert(name.to_owned());
            self.unchecked.insert(agent_id.to_owned());
            agent.tasks.insert(name.to_owned(), task);
        }
    }

    fn task_mut(&mut self, agent: &str, id: &str) -> Option<&mut Task> {
        self.agents.get_mut(agent)?.tasks.get_mut(id)
    }
}

pub(crate) fn is_terminal(state: TaskState) -> bool {
    matches!(
        state,
        TaskState::TaskFinished
            | TaskState::TaskFailed
            | TaskState::TaskKilled
            | TaskState::TaskError
            | TaskState::TaskDropped
            | TaskState::TaskGone
            | TaskState::TaskGoneByOperator
    )
}
