//! What must hold at every step.

use crate::master::Millis;
use crate::rule;
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
    subscribed_at: Millis,
    /// The login was changed in this run: the framework may make way for another.
    other_principal: bool,
    /// The master has said that it takes no other login for this framework.
    id_may_go: bool,
    /// The framework id that the framework knows of, over all lives.
    last_id: Option<String>,
    held: BTreeMap<String, Millis>,
    answered: BTreeMap<String, Answered>,
    answers: BTreeMap<CallId, Vec<String>>,
    farewell: Option<CallId>,
    launched: BTreeSet<String>,
    accepted: BTreeSet<String>,
    delivered: BTreeMap<Vec<u8>, Heard>,
    last_heard: BTreeMap<String, Option<Vec<u8>>>,
    /// When an old sign of life of a task was last heard again, in the order of what is heard.
    stirred: BTreeMap<String, u64>,
    heard: u64,
    recent_calls: VecDeque<Millis>,
    recent_inputs: VecDeque<Millis>,
    recent_connects: VecDeque<Millis>,
    calls_in_all: u64,
    most_tasks_in_accept: usize,
    connects_in_all: u64,
}

/// An update with a uuid.
#[derive(Debug, Clone)]
struct Heard {
    name: String,
    state: TaskState,
    /// When it came last, in the order of what is heard.
    last: u64,
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

    /// As which framework it is subscribed, and since when.
    pub(crate) fn session(&self) -> Option<(&str, Millis)> {
        self.subscribed_as().map(|id| (id, self.subscribed_at))
    }

    pub(crate) fn principal_changes(&mut self) {
        self.other_principal = true;
    }

    /// As which framework it is subscribed.
    pub(crate) fn subscribed_as(&self) -> Option<&str> {
        self.subscribed_as.as_deref()
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
        self.accepted = restored.tasks.iter().map(|row| row.name.to_string()).collect();
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
            self.fail(now, rule::SUBSCRIBES_SLOWLY, &detail);
        }
        let id = subscribe.framework_id.as_ref().map(|id| id.value.clone());
        if id.is_none() && self.id_may_go {
            self.last_id = None;
        }
        if id != self.last_id {
            let detail = format!("subscribes as {id:?}, was {:?}", self.last_id);
            self.fail(now, rule::KEEPS_ITS_ID, &detail);
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
            self.subscribed_at = now;
            self.id_may_go = false;
            self.last_id = Some(id);
        }
        if let Some(error) = &event.error
            && error.message.contains("removed")
        {
            self.last_id = None;
        }
        if let Some(error) = &event.error
            && error.message.contains("principal")
        {
            self.id_may_go = true;
        }
        if let Some(offers) = &event.offers {
            self.held.extend(offers.ids().map(|id| (id.to_owned(), now)));
        }
        if let Some(rescind) = &event.rescind {
            self.held.remove(&rescind.offer_id.value);
        }
        if let Some(update) = &event.update {
            let status: &TaskStatus = &update.status;
            let (name, state) = (status.task_id.value.clone(), status.state());
            self.heard += 1;
            // A repetition that crossed its acknowledgement says nothing new.
            let repeated = status.uuid.as_ref().is_some_and(|uuid| {
                let heard = Heard {
                    name: name.clone(),
                    state,
                    last: self.heard,
                };
                self.delivered.insert(uuid.clone(), heard).is_some()
            });
            if !repeated {
                self.last_heard.insert(name, status.uuid.clone());
            } else if phase_of(state).is_some() {
                self.stirred.insert(name, self.heard);
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
            return self.fail(now, rule::CALLS_FOLLOW_SUBSCRIBED, &detail);
        }
        let said = call.framework_id.as_ref().map(|id| id.value.clone());
        if said != self.subscribed_as {
            let detail = format!("{said:?} instead of {:?}", self.subscribed_as);
            return self.fail(now, rule::CALLS_CARRY_THE_ID, &detail);
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
            self.fail(now, rule::NO_STORM, &detail);
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
                self.fail(now, rule::OFFER_ANSWERED_ONCE, &detail);
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
            self.fail(now, rule::ID_BEFORE_LAUNCH, &detail);
        }
        for task in tasks {
            let name = &task.task_id.value;
            if !self.launched.insert(name.clone()) {
                self.fail(now, rule::TASK_ID_ONCE, name);
            }
            let durable = store.task(name).is_some_and(|row| {
                row.agent_id.as_deref() == Some(task.agent_id.value.as_str())
                    && matches!(row.phase, TaskPhase::Intent | TaskPhase::Launched)
                    && row.ending.is_none()
            });
            if !durable {
                let detail = format!("{name}: {:?}", store.task(name));
                self.fail(now, rule::INTENT_BEFORE_ACCEPT, &detail);
            }
            self.accepted.insert(name.clone());
        }
    }

    /// The simulated clouds are never deleted: whoever tears down has nothing to do.
    fn check_farewell(&mut self, now: Millis, store: &FakeStore) {
        // Those that wait for the framework with the new login were never launched.
        let waiting: Vec<&str> = self
            .not_ended()
            .filter(|name| !self.other_principal || self.accepted.contains(*name))
            .collect();
        let live: Vec<&str> = store
            .tasks()
            .filter(|row| !row.phase.is_over())
            .map(|row| row.name.as_str())
            .collect();
        if !waiting.is_empty() || !live.is_empty() {
            let detail = format!("not ended: {waiting:?}, rows that may live: {live:?}");
            self.fail(now, rule::LEAVES_WHEN_IDLE, &detail);
        }
    }

    fn check_acknowledge(&mut self, now: Millis, ack: &call::Acknowledge, store: &FakeStore) {
        let Some(Heard { name, state, last }) = self.delivered.get(&ack.uuid).cloned() else {
            let detail = format!("{} with {:?}", ack.task_id, ack.uuid);
            return self.fail(now, rule::ACKNOWLEDGES_WHAT_IT_HEARD, &detail);
        };
        if name != ack.task_id.value {
            return self.fail(now, rule::ACKNOWLEDGES_BY_NAME, &name);
        }
        let Some(row) = store.task(&name) else {
            return;
        };
        let latest = self.last_heard.get(&name) == Some(&Some(ack.uuid.clone()));
        // By an old sign of life that came after its end, a task turns up again, to be killed. Its end stays written down.
        let stirred = phase_of(state).is_none()
            && row.ending.is_some()
            && self.stirred.get(&name).is_some_and(|at| *at > last);
        if !shows(row, state, latest) && !stirred {
            let detail = format!("{name} {}: {row:?}", state.as_str_name());
            self.fail(now, rule::UPDATE_BEFORE_ACKNOWLEDGE, &detail);
        }
    }

    pub(crate) fn tells(&mut self, now: Millis, notice: &Notice, store: &FakeStore) {
        match notice {
            Notice::Ended { name, .. } => match self.entitled.get_mut(name) {
                Some(ended) if !*ended => *ended = true,
                Some(_) => self.fail(now, rule::ENDED_ONCE, name),
                None => self.fail(now, rule::ENDED_OF_THIS_LIFE, name),
            },
            Notice::Accepted { name, .. } => {
                if !self.accepted.contains(name) {
                    self.fail(now, rule::ACCEPTED_FOLLOWS_ACCEPT, name);
                }
                self.must_be_live(now, name, "accepted");
            }
            Notice::State { name, state, .. } => {
                self.must_be_live(now, name, state);
                if store.task(name).is_none() {
                    let detail = format!("{name} {state}");
                    self.fail(now, rule::TOLD_IS_DURABLE, &detail);
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
            self.fail(now, rule::TOLD_WHILE_IT_LIVES, &detail);
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
            self.fail(now, rule::OFFER_ANSWERED_IN_TIME, &detail);
        }
    }
}

fn ids(offers: &[mesos_wire::OfferId]) -> Vec<String> {
    offers.iter().map(|id| id.value.clone()).collect()
}

/// Whether a durable row holds what an update of this state says. `latest`: nothing was heard of the task since.
fn shows(row: &TaskRecord, state: TaskState, latest: bool) -> bool {
    let over = row.phase.is_over();
    match phase_of(state) {
        Some(phase) => {
            over || row.ending.is_some()
                || row.phase >= phase && !(latest && row.phase == TaskPhase::Unreachable)
        }
        None => over || !latest,
    }
}

/// What an agent says of a task that lives; none for one that is over.
fn phase_of(state: TaskState) -> Option<TaskPhase> {
    match state {
        TaskState::TaskStaging => Some(TaskPhase::Staging),
        TaskState::TaskStarting => Some(TaskPhase::Starting),
        TaskState::TaskRunning => Some(TaskPhase::Running),
        TaskState::TaskKilling => Some(TaskPhase::Killing),
        _ => None,
    }
}
