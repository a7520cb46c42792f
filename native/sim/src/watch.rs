//! What must hold at every step.

use crate::master::Millis;
use crate::store::FakeStore;
use mesos_core::{AttemptId, CallId, Notice, Restored, TaskPhase, TaskRecord};
use mesos_wire::{Call, Event, TaskState, TaskStatus, call, event};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

/// An offer must be answered within this many simulated milliseconds, however slow the disk is.
const OFFER_BOUND: Millis = 90_000;
/// Calls within a second, beside what the last events call for.
const CALLS_A_SECOND: usize = 60;
/// Some tries, each led around by six redirections; a new leader begins them anew.
const CONNECTS_IN_TEN_SECONDS: usize = 80;

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// When, in simulated milliseconds.
    pub at: Millis,
    /// What should hold.
    pub rule: &'static str,
    /// What was seen instead.
    pub detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.at as f64 / 1000.0;
        write!(f, "rule «{}» broken at {seconds} s: {}", self.rule, self.detail)
    }
}

/// Looks over the framework's shoulder, and knows of the past only what a bystander would.
#[derive(Debug, Default)]
pub struct Watch {
    violation: Option<Violation>,
    /// Names of this life, with whether `ended` came.
    entitled: BTreeMap<String, bool>,
    attempt: Option<AttemptId>,
    subscribed_as: Option<String>,
    /// The framework id that the framework knows of, over all lives.
    last_id: Option<String>,
    held: BTreeMap<String, Millis>,
    answered: BTreeMap<String, Answered>,
    answers: BTreeMap<CallId, Vec<String>>,
    farewell: Option<CallId>,
    launched: BTreeSet<String>,
    accepted: BTreeSet<String>,
    delivered: BTreeMap<Vec<u8>, (String, TaskState)>,
    last_heard: BTreeMap<String, Option<Vec<u8>>>,
    /// Tasks of which old updates were heard again: by an old sign of life one that is over may be killed once more.
    stirred: BTreeSet<String>,
    recent_calls: VecDeque<Millis>,
    recent_inputs: VecDeque<Millis>,
    recent_connects: VecDeque<Millis>,
    calls_in_all: u64,
    most_tasks_in_accept: usize,
    connects_in_all: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answered {
    Accepted,
    Declined,
    /// The call failed: nobody knows.
    Unclear,
}

impl Watch {
    /// The first rule that was broken.
    pub fn violation(&self) -> Option<&Violation> {
        self.violation.as_ref()
    }

    /// Calls so far, SUBSCRIBE not counted.
    pub fn calls_so_far(&self) -> u64 {
        self.calls_in_all
    }

    /// Tries to subscribe so far.
    pub fn connects_so_far(&self) -> u64 {
        self.connects_in_all
    }

    /// The most tasks that one ACCEPT launched.
    pub fn most_tasks_in_accept(&self) -> usize {
        self.most_tasks_in_accept
    }

    /// Names of this life that still have `ended` before them.
    pub fn not_ended(&self) -> impl Iterator<Item = &str> {
        self.entitled
            .iter()
            .filter(|(_, ended)| !**ended)
            .map(|(name, _)| name.as_str())
    }

    pub(crate) fn fail(&mut self, at: Millis, rule: &'static str, detail: &str) {
        self.violation.get_or_insert_with(|| Violation {
            at,
            rule,
            detail: detail.to_owned(),
        });
    }

    pub(crate) fn life_begins(&mut self, owned: impl Iterator<Item = String>, restored: &Restored) {
        self.entitled = owned.map(|name| (name, false)).collect();
        self.last_id = restored.framework_id.clone();
        self.accepted = restored.tasks.iter().map(|row| row.name.clone()).collect();
    }

    pub(crate) fn life_ends(&mut self) {
        self.forget_stream();
        self.recent_inputs.clear();
    }

    pub(crate) fn submits(&mut self, now: Millis, name: &str) {
        self.entitled.insert(name.to_owned(), false);
        self.recent_inputs.push_back(now);
    }

    pub(crate) fn connects(&mut self, now: Millis, attempt: AttemptId, subscribe: &Call) {
        self.forget_stream();
        self.attempt = Some(attempt);
        self.connects_in_all += 1;
        self.recent_connects.push_back(now);
        self.recent_connects.retain(|at| at + 10_000 > now);
        if self.recent_connects.len() > CONNECTS_IN_TEN_SECONDS {
            let detail = format!("{} in ten seconds", self.recent_connects.len());
            self.fail(now, "subscribing is tried again slowly", &detail);
        }
        let id = subscribe.framework_id.as_ref().map(|id| id.value.clone());
        if id != self.last_id {
            let detail = format!("subscribes as {id:?}, was {:?}", self.last_id);
            self.fail(now, "the framework keeps its id", &detail);
        }
    }

    pub(crate) fn attempt_over(&mut self, attempt: AttemptId) {
        if self.attempt == Some(attempt) {
            self.forget_stream();
        }
    }

    fn forget_stream(&mut self) {
        self.attempt = None;
        self.subscribed_as = None;
        self.farewell = None;
        self.held.clear();
        self.recent_calls.clear();
    }

    pub(crate) fn hears(&mut self, now: Millis, attempt: AttemptId, event: &Event) {
        if self.attempt != Some(attempt) {
            return;
        }
        let weight = match event.r#type() {
            event::Type::Subscribed => 1,
            _ => event.offers.as_ref().map_or(1, |offers| offers.offers.len()),
        };
        self.recent_inputs.extend(std::iter::repeat_n(now, weight));
        if let Some(subscribed) = &event.subscribed {
            let id = subscribed.framework_id.value.clone();
            self.subscribed_as = Some(id.clone());
            self.last_id = Some(id);
        }
        if let Some(error) = &event.error
            && error.message.contains("removed")
        {
            self.last_id = None;
        }
        if let Some(offers) = &event.offers {
            self.held.extend(offers.ids().map(|id| (id.to_owned(), now)));
        }
        if let Some(rescind) = &event.rescind {
            self.held.remove(&rescind.offer_id.value);
        }
        if let Some(update) = &event.update {
            let status: &TaskStatus = &update.status;
            let name = status.task_id.value.clone();
            // A repetition that crossed its acknowledgement says nothing new.
            let repeated = status.uuid.as_ref().is_some_and(|uuid| {
                let what = (name.clone(), status.state());
                self.delivered.insert(uuid.clone(), what).is_some()
            });
            if repeated {
                self.stirred.insert(name);
            } else {
                self.last_heard.insert(name, status.uuid.clone());
            }
        }
    }

    pub(crate) fn answered(&mut self, id: CallId, taken: bool) {
        if self.farewell == Some(id) && taken {
            self.last_id = None;
        }
        for offer in self.answers.remove(&id).unwrap_or_default() {
            if !taken {
                self.answered.insert(offer, Answered::Unclear);
            }
        }
    }

    pub(crate) fn calls(
        &mut self,
        now: Millis,
        attempt: AttemptId,
        id: CallId,
        call: &Call,
        store: &FakeStore,
    ) {
        self.calls_in_all += 1;
        if self.attempt != Some(attempt) || self.subscribed_as.is_none() {
            let detail = format!("{:?} on attempt {}", call.r#type(), attempt.0);
            return self.fail(now, "calls follow SUBSCRIBED on their stream", &detail);
        }
        let said = call.framework_id.as_ref().map(|id| id.value.clone());
        if said != self.subscribed_as {
            let detail = format!("{said:?} instead of {:?}", self.subscribed_as);
            return self.fail(now, "calls carry the framework's id", &detail);
        }
        self.count_call(now, call, store);
        if let Some(accept) = &call.accept {
            let offers = ids(&accept.offer_ids);
            self.answer_offers(now, id, offers, Answered::Accepted);
            self.check_accept(now, accept, store);
        }
        if let Some(decline) = &call.decline {
            let offers = ids(&decline.offer_ids);
            self.answer_offers(now, id, offers, Answered::Declined);
        }
        if call.r#type() == call::Type::Teardown {
            self.farewell = Some(id);
            self.check_farewell(now, store);
        }
        if let Some(ack) = &call.acknowledge {
            self.check_acknowledge(now, ack, store);
        }
    }

    fn count_call(&mut self, now: Millis, call: &Call, store: &FakeStore) {
        self.recent_calls.push_back(now);
        self.recent_calls.retain(|at| at + 1_000 > now);
        self.recent_inputs.retain(|at| at + 5_000 > now);
        let due = CALLS_A_SECOND + 3 * self.recent_inputs.len() + 3 * store.tasks().count();
        if self.recent_calls.len() > due {
            let detail = format!(
                "{} calls within a second, the last is {:?}",
                self.recent_calls.len(),
                call.r#type()
            );
            self.fail(now, "no storm of calls", &detail);
        }
    }

    fn answer_offers(&mut self, now: Millis, call: CallId, offers: Vec<String>, how: Answered) {
        for offer in &offers {
            let held = self.held.remove(offer).is_some();
            let before = self.answered.insert(offer.clone(), how);
            let fine = match (how, before) {
                (_, None) => held,
                // Whether the decline arrived is not known: it does no harm twice.
                (Answered::Declined, Some(Answered::Unclear)) => true,
                _ => false,
            };
            if !fine {
                let detail = format!("{offer} is {how:?}, before {before:?}, held: {held}");
                self.fail(now, "each offer is answered once", &detail);
            }
        }
        self.answers.insert(call, offers);
    }

    fn check_accept(&mut self, now: Millis, accept: &call::Accept, store: &FakeStore) {
        let tasks: Vec<_> = accept
            .operations
            .iter()
            .filter_map(|operation| operation.launch.as_ref())
            .flat_map(|launch| &launch.task_infos)
            .collect();
        self.most_tasks_in_accept = self.most_tasks_in_accept.max(tasks.len());
        if store.framework_id() != self.subscribed_as.as_deref() {
            let detail = format!("{:?} instead of {:?}", store.framework_id(), self.subscribed_as);
            self.fail(now, "the framework id is durable before a launch", &detail);
        }
        for task in tasks {
            let name = &task.task_id.value;
            if !self.launched.insert(name.clone()) {
                self.fail(now, "no task id is used twice", name);
            }
            let durable = store.task(name).is_some_and(|row| {
                row.agent_id.as_deref() == Some(task.agent_id.value.as_str())
                    && matches!(row.phase, TaskPhase::Intent | TaskPhase::Launched)
                    && row.ending.is_none()
            });
            if !durable {
                let detail = format!("{name}: {:?}", store.task(name));
                self.fail(now, "an intent is durable before its ACCEPT", &detail);
            }
            self.accepted.insert(name.clone());
        }
    }

    /// The simulated clouds are never deleted: whoever tears down has nothing to do.
    fn check_farewell(&mut self, now: Millis, store: &FakeStore) {
        let waiting: Vec<&str> = self.not_ended().collect();
        let live: Vec<&str> = store
            .tasks()
            .filter(|row| !row.phase.is_over())
            .map(|row| row.name.as_str())
            .collect();
        if !waiting.is_empty() || !live.is_empty() {
            let detail = format!("not ended: {waiting:?}, rows that may live: {live:?}");
            self.fail(now, "a framework leaves only when nothing is to do", &detail);
        }
    }

    fn check_acknowledge(&mut self, now: Millis, ack: &call::Acknowledge, store: &FakeStore) {
        let Some((name, state)) = self.delivered.get(&ack.uuid).cloned() else {
            let detail = format!("{} with {:?}", ack.task_id, ack.uuid);
            return self.fail(now, "only what was heard with a uuid is acknowledged", &detail);
        };
        if name != ack.task_id.value {
            return self.fail(now, "an acknowledgement names its task", &name);
        }
        let Some(row) = store.task(&name) else {
            return;
        };
        let latest = self.last_heard.get(&name) == Some(&Some(ack.uuid.clone()));
        let concluded = row.ending.is_some() && self.stirred.contains(&name);
        if !shows(row, state, latest) && !concluded {
            let detail = format!("{name} {}: {row:?}", state.as_str_name());
            self.fail(now, "an update is durable before it is acknowledged", &detail);
        }
    }

    pub(crate) fn tells(&mut self, now: Millis, notice: &Notice, store: &FakeStore) {
        match notice {
            Notice::Ended { name, .. } => match self.entitled.get_mut(name) {
                Some(ended) if !*ended => *ended = true,
                Some(_) => self.fail(now, "ended comes once for each name", name),
                None => self.fail(now, "ended comes only for names of this life", name),
            },
            Notice::Accepted { name, .. } => {
                if !self.accepted.contains(name) {
                    self.fail(now, "accepted follows ACCEPT", name);
                }
                self.must_be_live(now, name, "accepted");
            }
            Notice::State { name, state, .. } => {
                self.must_be_live(now, name, state);
                if store.task(name).is_none() {
                    let detail = format!("{name} {state}");
                    self.fail(now, "Java hears only what is durable", &detail);
                }
            }
            Notice::Known { name, .. } => self.must_be_live(now, name, "known"),
            Notice::Risk { name, .. } => self.must_be_live(now, name, "risk"),
            Notice::Waiting { name, .. } => self.must_be_live(now, name, "waiting"),
            Notice::Connection { .. } | Notice::Framework { .. } | Notice::Trouble { .. } => {}
        }
    }

    fn must_be_live(&mut self, now: Millis, name: &str, what: &str) {
        if self.entitled.get(name) != Some(&false) {
            let detail = format!("{what} for {name}");
            self.fail(
                now,
                "nothing is told of a name before it is there or after ended",
                &detail,
            );
        }
    }

    pub(crate) fn time_passes(&mut self, now: Millis, frozen: bool) {
        if frozen {
            // Nobody can answer while the machine sleeps.
            self.held.values_mut().for_each(|since| *since = now);
        }
        let stale = self
            .held
            .iter()
            .find(|(_, since)| **since + OFFER_BOUND < now)
            .map(|(offer, since)| format!("{offer} is held since {} s", since / 1000));
        if let Some(detail) = stale {
            self.fail(now, "each offer is answered in time", &detail);
        }
    }
}

fn ids(offers: &[mesos_wire::OfferId]) -> Vec<String> {
    offers.iter().map(|id| id.value.clone()).collect()
}

/// Whether a durable row holds what an update of this state says. `latest`: nothing was heard of the task since.
fn shows(row: &TaskRecord, state: TaskState, latest: bool) -> bool {
    let over = row.phase.is_over();
    match state {
        TaskState::TaskStaging
        | TaskState::TaskStarting
        | TaskState::TaskRunning
        | TaskState::TaskKilling => {
            let phase = match state {
                TaskState::TaskStaging => TaskPhase::Staging,
                TaskState::TaskStarting => TaskPhase::Starting,
                TaskState::TaskRunning => TaskPhase::Running,
                _ => TaskPhase::Killing,
            };
            over || row.ending.is_some()
                || row.phase >= phase && (row.phase == phase || !latest || row.phase == TaskPhase::Killing)
        }
        _ => over || !latest,
    }
}
