//! A Mesos 1.11 master with its agents, as the v1 scheduler API shows them.
//!
//! The rules are those of the scheduler HTTP API and the high-availability and reconciliation guides of Mesos: one
//! stream for each framework, offers that nobody else can use until they are answered, updates that an agent repeats
//! until they are acknowledged, and an agent's truth that may differ from the master's.

mod agents;
mod calls;
mod offers;
mod tasks;

pub use agents::{Agent, Link};
pub use calls::Refusal;
pub use tasks::Task;

use crate::rng::Rng;
use mesos_wire::{Call, Event, FrameworkInfo, MasterInfo, TaskStatus, framework_info, task_status};
use offers::{Filter, Offered};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// Milliseconds of simulated time.
pub type Millis = u64;

/// As Mesos: one pass of the allocator.
const ALLOCATION_INTERVAL: Millis = 1_000;
/// As Mesos.
const HEARTBEAT: Millis = 15_000;

/// What a stream carries to the scheduler.
#[derive(Debug, Clone, PartialEq)]
pub enum Outgoing {
    /// A record.
    Event(Box<Event>),
    /// The end.
    Closed,
}

/// The cluster.
#[derive(Debug)]
pub struct FakeMaster {
    rng: Rng,
    now: Millis,
    up: bool,
    /// How many masters have led; the leader's port follows from it.
    epoch: u16,
    frameworks: BTreeMap<String, Known>,
    /// Remembered by this leader only, as in Mesos.
    removed: BTreeSet<String>,
    agents: BTreeMap<String, Agent>,
    gone: BTreeSet<String>,
    offers: BTreeMap<String, Offered>,
    out: VecDeque<(u64, Outgoing)>,
    count: Counts,
    next_allocation: Millis,
    complaints: Vec<String>,
    launched: BTreeSet<String>,
    /// The last updates, to be heard again.
    told: VecDeque<(String, TaskStatus)>,
    /// Of a hundred updates from agents, how many get lost on the way.
    update_loss: u64,
    /// Of a hundred new tasks, how many fail, finish or hang by themselves.
    misfortune: u64,
    trusting: bool,
    /// Agents of which more is used or offered than when it was last looked.
    unchecked: BTreeSet<String>,
}

#[derive(Debug, Default)]
struct Counts {
    streams: u64,
    frameworks: u64,
    agents: u64,
    offers: u64,
    updates: u64,
}

const OTHER_PRINCIPAL: &str = "Changing framework's principal is not allowed.";

/// A framework as the master knows it.
#[derive(Debug)]
struct Known {
    role: String,
    failover_timeout: Millis,
    killing_state: bool,
    stream: Option<u64>,
    next_heartbeat: Millis,
    suppressed: bool,
    /// As it registered; what Mesos never changes is of then.
    info: FrameworkInfo,
    filters: Vec<Filter>,
    remove_at: Option<Millis>,
}

fn failover_timeout(info: &FrameworkInfo) -> Millis {
    (info.failover_timeout() * 1000.0) as Millis
}

impl FakeMaster {
    /// A leading master without agents.
    pub fn new(seed: u64) -> Self {
        Self {
            rng: Rng::new(seed),
            now: 0,
            up: true,
            epoch: 0,
            frameworks: BTreeMap::new(),
            removed: BTreeSet::new(),
            agents: BTreeMap::new(),
            gone: BTreeSet::new(),
            offers: BTreeMap::new(),
            out: VecDeque::new(),
            count: Counts::default(),
            next_allocation: 0,
            complaints: Vec::new(),
            launched: BTreeSet::new(),
            told: VecDeque::new(),
            update_loss: 0,
            misfortune: 0,
            trusting: false,
            unchecked: BTreeSet::new(),
        }
    }

    /// Lets time pass up to `now`, and does what is due.
    pub fn advance(&mut self, now: Millis) {
        self.now = self.now.max(now);
        self.advance_agents();
        self.advance_tasks();
        if !self.up {
            return;
        }
        let due: Vec<String> = self
            .frameworks
            .iter()
            .filter(|(_, known)| known.remove_at.is_some_and(|at| at <= self.now))
            .map(|(id, _)| id.clone())
            .collect();
        for id in due {
            self.remove_framework(&id);
        }
        for known in self.frameworks.values_mut() {
            if let Some(stream) = known.stream
                && known.next_heartbeat <= self.now
            {
                known.next_heartbeat = self.now + HEARTBEAT;
                self.out
                    .push_back((stream, Outgoing::Event(Box::new(Event::heartbeat()))));
            }
        }
        if self.next_allocation <= self.now {
            self.next_allocation = self.now + ALLOCATION_INTERVAL;
            self.allocate();
        }
    }

    /// When [`advance`](Self::advance) has something to do.
    pub fn next_due(&self) -> Millis {
        let mut next = Millis::MAX;
        if self.up {
            for known in self.frameworks.values() {
                if let Some(at) = known.remove_at {
                    next = next.min(at);
                }
                if known.stream.is_some() {
                    next = next.min(known.next_heartbeat);
                    if !known.suppressed {
                        next = next.min(self.next_allocation);
                    }
                }
            }
        }
        self.agents
            .values()
            .map(|agent| agent.next_due(self.up))
            .fold(next, Millis::min)
    }

    /// The next record or end of a stream.
    pub fn poll(&mut self) -> Option<(u64, Outgoing)> {
        self.out.pop_front()
    }

    /// Opens a stream. What is wrong with the framework itself is told on the stream, as Mesos does.
    ///
    /// # Errors
    /// When the call is malformed.
    pub fn subscribe(&mut self, call: &Call) -> Result<u64, Refusal> {
        let bad = |body: &str| Err(Refusal::new(400, body));
        let Some(subscribe) = &call.subscribe else {
            return bad("Expecting 'subscribe' to be present");
        };
        let info = &subscribe.framework_info;
        if call.framework_id != info.id {
            return bad("'framework_id' differs from 'subscribe.framework_info.id'");
        }
        let has = |capability| {
            info.capabilities
                .iter()
                .any(|c| c.r#type == Some(i32::from(capability)))
        };
        use framework_info::capability::Type;
        let [role] = info.roles.as_slice() else {
            return bad("this fake serves frameworks with exactly one role");
        };
        if !has(Type::MultiRole) || !has(Type::ReservationRefinement) || !has(Type::PartitionAware) {
            return bad("this fake serves MULTI_ROLE, RESERVATION_REFINEMENT and PARTITION_AWARE");
        }
        self.count.streams += 1;
        let stream = self.count.streams;
        let id = match &info.id {
            Some(id) if self.removed.contains(&id.value) => {
                self.send(stream, Event::error("Framework has been removed"));
                self.out.push_back((stream, Outgoing::Closed));
                return Ok(stream);
            }
            Some(id) => id.value.clone(),
            None => {
                self.count.frameworks += 1;
                format!("fw-{:04}", self.count.frameworks)
            }
        };
        let mut info = info.clone();
        if let Some(known) = self.frameworks.get(&id) {
            if known.info.principal != info.principal {
                self.send(stream, Event::error(OTHER_PRINCIPAL));
                self.out.push_back((stream, Outgoing::Closed));
                return Ok(stream);
            }
            info.user.clone_from(&known.info.user);
            info.checkpoint = known.info.checkpoint;
        }
        self.release_stream(&id, Some("Framework failed over"));
        let known = Known {
            role: role.clone(),
            failover_timeout: failover_timeout(&info),
            killing_state: has(Type::TaskKillingState),
            stream: Some(stream),
            next_heartbeat: self.now,
            suppressed: subscribe.suppressed_roles.contains(role),
            info,
            filters: Vec::new(),
            remove_at: None,
        };
        self.frameworks.insert(id.clone(), known);
        let master = MasterInfo {
            id: format!("master-{}", self.epoch),
            hostname: Some("master".to_owned()),
            port: u32::from(self.port()),
            version: Some("1.11.0".to_owned()),
            ..MasterInfo::default()
        };
        self.send(
            stream,
            Event::subscribed(id.into(), Duration::from_millis(HEARTBEAT), master),
        );
        Ok(stream)
    }

    /// The connection of a stream broke, and the master has noticed.
    pub fn disconnect(&mut self, stream: u64) {
        let id = self
            .frameworks
            .iter()
            .find(|(_, known)| known.stream == Some(stream))
            .map(|(id, _)| id.clone());
        if let Some(id) = id {
            self.release_stream(&id, None);
        }
    }

    /// Another scheduler takes the framework over, as a second copy of the plugin would.
    pub fn usurp(&mut self) {
        let ids: Vec<String> = self.frameworks.keys().cloned().collect();
        for id in ids {
            self.release_stream(&id, Some("Framework failed over"));
        }
    }

    /// Another scheduler subscribes as this framework, if it is there. Gives its stream.
    pub(crate) fn take_over(&mut self, id: &str) -> Option<u64> {
        if !self.up || !self.frameworks.contains_key(id) {
            return None;
        }
        self.release_stream(id, Some("Framework failed over"));
        self.count.streams += 1;
        let known = self.frameworks.get_mut(id)?;
        known.stream = Some(self.count.streams);
        known.remove_at = None;
        known.next_heartbeat = self.now;
        known.suppressed = false;
        known.stream
    }

    /// Whether the stream is that of a framework.
    pub(crate) fn serves(&self, stream: u64) -> bool {
        self.up && self.frameworks.values().any(|known| known.stream == Some(stream))
    }

    /// The login with which a framework was registered.
    pub(crate) fn principal_of(&self, id: &str) -> Option<String> {
        let known = self.frameworks.get(id)?;
        Some(known.info.principal.clone().unwrap_or_default())
    }

    /// An operator removes every framework with its tasks.
    pub fn remove_frameworks(&mut self) {
        let ids: Vec<String> = self.frameworks.keys().cloned().collect();
        for id in ids {
            self.remove_framework(&id);
        }
    }

    /// Takes the stream from a framework, with all that hangs on it.
    fn release_stream(&mut self, id: &str, last_word: Option<&str>) {
        let Some(known) = self.frameworks.get_mut(id) else {
            return;
        };
        known.filters.clear();
        known.remove_at = Some(self.now + known.failover_timeout);
        let stream = known.stream.take();
        self.offers.retain(|_, offered| offered.framework != id);
        if let Some(stream) = stream {
            if let Some(message) = last_word {
                self.send(stream, Event::error(message));
            }
            self.out.push_back((stream, Outgoing::Closed));
        }
    }

    fn remove_framework(&mut self, id: &str) {
        self.release_stream(id, None);
        self.frameworks.remove(id);
        self.removed.insert(id.to_owned());
        for agent in self.agents.values_mut().filter(|agent| agent.hears()) {
            agent.tasks.retain(|_, task| task.framework != id);
        }
    }

    fn send(&mut self, stream: u64, event: Event) {
        self.out.push_back((stream, Outgoing::Event(Box::new(event))));
    }

    /// To the framework, if it is there.
    fn tell(&mut self, framework: &str, event: Event) {
        if let Some(stream) = self.frameworks.get(framework).and_then(|known| known.stream)
            && self.up
        {
            self.send(stream, event);
        }
    }

    /// A status that the master makes by itself: it has no uuid.
    fn tell_status(&mut self, framework: &str, status: TaskStatus) {
        let status = TaskStatus {
            source: Some(task_status::Source::Master.into()),
            timestamp: Some(self.now as f64 / 1000.0),
            uuid: None,
            ..status
        };
        self.tell(framework, Event::update(status));
    }

    fn next_uuid(&mut self) -> Vec<u8> {
        self.count.updates += 1;
        u128::from(self.count.updates).to_be_bytes().to_vec()
    }

    /// The port at which the leader listens.
    pub fn port(&self) -> u16 {
        5050 + self.epoch
    }

    /// Whether a master leads.
    pub fn is_up(&self) -> bool {
        self.up
    }

    /// All agents that may still come back, by id.
    pub fn agents(&self) -> &BTreeMap<String, Agent> {
        &self.agents
    }

    /// Whether the framework with the open stream has suppressed offers; `None` if no stream is open.
    pub fn suppressed(&self) -> Option<bool> {
        self.frameworks
            .values()
            .find(|known| known.stream.is_some())
            .map(|known| known.suppressed)
    }

    /// Tasks that really run somewhere, with the agent.
    pub fn running(&self) -> impl Iterator<Item = (&str, &Task)> {
        self.agents
            .iter()
            .filter(|(_, agent)| !agent.dead)
            .flat_map(|(id, agent)| {
                agent
                    .tasks
                    .values()
                    .filter(|task| task.delivered && !task.is_terminal())
                    .map(move |task| (id.as_str(), task))
            })
    }

    /// What a master would call a scheduler's mistake, since the last time.
    pub fn take_complaints(&mut self) -> Vec<String> {
        std::mem::take(&mut self.complaints)
    }

    /// Of a hundred updates from agents to the master, how many get lost.
    pub fn lose_updates(&mut self, percent: u64) {
        self.update_loss = percent;
    }

    /// Of a hundred tasks launched from now on, how many fail, finish or hang by themselves.
    pub fn set_misfortune(&mut self, percent: u64) {
        self.misfortune = percent;
    }
}

#[cfg(test)]
mod tests;
