//! Tasks from their first status to their end: updates, kills, reconciliation, launch timeouts.

use crate::amount::Amount;
use crate::backoff::Backoff;
use crate::calls::Sent;
use crate::ending::{self, Sandbox, ending_of, reason_name};
use crate::framework::Framework;
use crate::journal::{After, Key};
use crate::ledger::{Ending, Ledger, TaskPhase, TaskRecord};
use crate::maintenance::Risk;
use crate::matcher::Holding;
use crate::notice::Notice;
use crate::output::{AttemptId, Output};
use crate::text::Text;
use crate::time::Time;
use crate::timer::Timer;
use mesos_wire::{AgentId, Call, TaskId, TaskState, TaskStatus, call, task_status};
use std::collections::HashMap;
use std::time::Duration;

const FIRST_KILL: Duration = Duration::from_secs(5);
const KILL_CAP: Duration = Duration::from_secs(30);
/// How long the master may take to answer for a task whose launch timeout is over.
pub(crate) const LAST_WORD: Duration = Duration::from_secs(30);
/// How long the row of an ended task is kept, so that its end can be told again if Java's process dies before it has
/// acted on it.
const KEEP_ENDED: Duration = Duration::from_secs(10 * 60);
/// So many launches of a template may be lost in a row before that counts against it.
const DROPS_MOST: u32 = 5;

/// What this process knows of a task beyond what is written down, until its end. What few have is boxed: there may be
/// thousands of tasks.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// When it should run at the latest.
    pub(crate) launch_due: Option<Time>,
    /// That time was over, and the master was asked.
    pub(crate) asked: bool,
    /// When the next kill is due.
    pub(crate) kill: Option<Box<(Time, Backoff)>>,
    /// A restored task of an owned node; Java has not heard yet that it is still there.
    known_due: bool,
    /// What was last said of how its start goes on.
    progress: Option<Box<str>>,
    /// What is said to threaten its host.
    pub(crate) risk: Option<Box<Risk>>,
    /// It is unreachable.
    absence: Option<Box<Absence>>,
}

/// An unreachable task may come back for a while.
#[derive(Debug)]
struct Absence {
    since: Time,
    /// It is not given up before, since the master was not heard for a while.
    hold: Time,
    /// The while was over, and the master was asked.
    asked: Option<Time>,
    /// The master answered that nothing has changed.
    confirmed: bool,
}

impl Watch {
    /// Of a row that the store held; Java is told that the task is still there if it owns the name.
    pub(crate) fn restored(owned: bool) -> Self {
        Self {
            known_due: owned,
            ..Self::default()
        }
    }

    /// A new session begins: what the master has to say of an absence may only come now.
    pub(crate) fn absence_is_heard_of_again(&mut self, now: Time) {
        if let Some(absence) = &mut self.absence {
            absence.hold = now + LAST_WORD;
            absence.asked = None;
            absence.confirmed = false;
        }
    }
}

/// What a status says of the task itself.
enum Meaning {
    Alive(TaskPhase),
    Over,
}

fn meaning(state: TaskState) -> Meaning {
    use TaskState::{
        TaskDropped, TaskError, TaskFailed, TaskFinished, TaskGone, TaskGoneByOperator, TaskKilled,
        TaskKilling, TaskLost, TaskRunning, TaskStaging, TaskStarting, TaskUnknown, TaskUnreachable,
    };
    match state {
        TaskStaging => Meaning::Alive(TaskPhase::Staging),
        TaskStarting => Meaning::Alive(TaskPhase::Starting),
        TaskRunning => Meaning::Alive(TaskPhase::Running),
        TaskKilling => Meaning::Alive(TaskPhase::Killing),
        TaskUnreachable => Meaning::Alive(TaskPhase::Unreachable),
        // UNKNOWN is the answer for a task whose agent the master does not know either: neither registered, nor
        // unreachable, nor to come back after a failover (it stays silent for those). Either the ACCEPT never arrived or
        // the agent was forgotten long ago. Should the task turn up all the same, it is killed as any that is over.
        TaskFinished | TaskFailed | TaskKilled | TaskError | TaskLost | TaskDropped | TaskGone
        | TaskGoneByOperator | TaskUnknown => Meaning::Over,
    }
}

impl Framework {
    pub(crate) fn on_update(&mut self, attempt: AttemptId, status: TaskStatus, now: Time) {
        let name = status.task_id.value.clone();
        // An update without uuid comes from the master itself or answers a question; it must not be acknowledged.
        let acknowledge = status
            .uuid
            .clone()
            .filter(|uuid| !uuid.is_empty())
            .zip(status.agent_id.clone())
            .map(|(uuid, agent_id)| After::Acknowledge {
                attempt,
                call: Box::new(Call {
                    r#type: Some(call::Type::Acknowledge as i32),
                    acknowledge: Some(call::Acknowledge {
                        agent_id,
                        task_id: status.task_id.clone(),
                        uuid,
                    }),
                    ..Call::default()
                }),
            });
        self.reconciliation.unanswered.remove(name.as_str());
        let Ok(state) = TaskState::try_from(status.state) else {
            self.trouble(
                "protocol",
                format!(
                    "agent {name} has a state that Mesos 1.11 does not have: {}",
                    status.state
                ),
            );
            self.after_task(&name, acknowledge);
            return;
        };
        match (self.ledger.get(&name), meaning(state)) {
            (None, Meaning::Over) => {
                // Its row is deleted, or it never had one; the deletion may still be on its way.
                if self.journal.is_unsettled(&Key::Task(name.as_str().into())) {
                    self.after_task(&name, acknowledge);
                } else if let Some(acknowledge) = acknowledge {
                    self.perform(acknowledge, now);
                }
            }
            (None, Meaning::Alive(phase)) => {
                self.counters.unknown_tasks_killed += 1;
                self.adopt_stranger(&name, &status, phase);
                self.after_task(&name, acknowledge);
            }
            (Some(row), Meaning::Over) if row.phase.is_over() => self.after_task(&name, acknowledge),
            (Some(row), Meaning::Over) => {
                let ending = ending_of(state, &status, row);
                self.task_is_over(&name, ending, now);
                self.after_task(&name, acknowledge);
            }
            (Some(_), Meaning::Alive(phase)) => {
                self.task_lives(&name, phase, state, &status, now);
                self.after_task(&name, acknowledge);
            }
        }
        self.unless_killed(&name, now);
    }

    /// A task that is to go and is not being killed yet is killed now.
    fn unless_killed(&mut self, name: &str, now: Time) {
        let doomed = self
            .ledger
            .get(name)
            .is_some_and(|row| !row.phase.is_over() && (row.released.is_some() || row.ending.is_some()));
        if doomed && self.watches.get(name).is_none_or(|watch| watch.kill.is_none()) {
            self.timers.at_latest(Timer::Tasks, now);
        }
    }

    /// Acknowledges once the row is durable.
    fn after_task(&mut self, name: &str, acknowledge: Option<After>) {
        if let Some(acknowledge) = acknowledge {
            let key = Key::Task(self.ledger.name(name));
            self.journal.changed_then(key, acknowledge);
        }
    }

    /// A task of our framework that nobody here knows: it gets a row, so that it is killed until it is gone.
    fn adopt_stranger(&mut self, name: &str, status: &TaskStatus, phase: TaskPhase) {
        self.ledger.insert(TaskRecord {
            agent_id: status.agent_id.as_ref().map(|id| Text::from(id.value.as_str())),
            phase,
            ran: phase == TaskPhase::Running,
            released: Some("no node of Jenkins is known for it".to_owned()),
            ..TaskRecord::unheard_of(name.into())
        });
        let name = self.ledger.name(name);
        self.watches.insert(name.clone(), Watch::default());
        self.journal.changed(Key::Task(name));
    }

    fn task_lives(&mut self, name: &str, phase: TaskPhase, state: TaskState, status: &TaskStatus, now: Time) {
        let Some(row) = self.ledger.get_mut(name) else {
            return;
        };
        let was = row.phase;
        // A status may be overtaken by a younger one; only an unreachable task may go back, and one thought over
        // (its agent had been given up) that turns up again, to be killed.
        let goes_on = phase >= was || was == TaskPhase::Unreachable || was.is_over();
        let agent_id = status.agent_id.as_ref().map(|id| Text::from(id.value.as_str()));
        let moved = row.agent_id.is_none() && agent_id.is_some();
        if moved {
            row.agent_id = agent_id;
        }
        let ran = row.ran || phase == TaskPhase::Running;
        let changed = goes_on && (phase != was || ran != row.ran);
        if changed {
            row.phase = phase;
            row.ran = ran;
        }
        let (host, given_up) = (row.host.as_deref().map(str::to_owned), row.ending.is_some());
        if ran {
            self.drops.remove(&row.template);
        }
        let watch = self.watches.entry(row.name.clone()).or_default();
        match (&mut watch.absence, row.phase) {
            (Some(absence), TaskPhase::Unreachable) => {
                absence.confirmed = absence.asked.is_some();
                self.timers.at_latest(Timer::Tasks, now);
            }
            (None, TaskPhase::Unreachable) => self.timers.at_latest(Timer::Tasks, now),
            (_, _) => watch.absence = None,
        }
        if was == TaskPhase::Unreachable && row.phase != was {
            // A kill that is due again in a minute can reach it now.
            watch.kill = None;
        }
        if ran {
            watch.launch_due = None;
            watch.asked = false;
        }
        let progress = progress_of(phase, status).filter(|text| {
            phase == was && watch.progress.replace(text.as_str().into()).as_deref() != Some(text.as_str())
        });
        let known = std::mem::take(&mut watch.known_due);
        if status.reason == Some(task_status::Reason::AgentDraining as i32) {
            self.drained(name);
        }
        let key = Key::Task(self.ledger.name(name));
        if changed || moved {
            self.journal.changed(key.clone());
        }
        if !self.names.is_expected(name) || given_up {
            return;
        }
        let notice = if known {
            Notice::Known {
                name: name.to_owned(),
                state: state.as_str_name().to_owned(),
                host,
            }
        } else if changed && phase != was {
            Notice::State {
                name: name.to_owned(),
                state: state.as_str_name().to_owned(),
                message: status.message.clone().filter(|message| !message.is_empty()),
                reason: reason_name(status),
                host,
            }
        } else {
            if let Some(message) = progress {
                // Nothing of it is written down: it is told at once.
                self.output(Output::Notice(Notice::State {
                    name: name.to_owned(),
                    state: state.as_str_name().to_owned(),
                    message: Some(message),
                    reason: None,
                    host,
                }));
            }
            return;
        };
        self.journal.changed_then(key, After::Notice(notice));
    }

    /// The cluster has nothing of it any more.
    pub(crate) fn task_is_over(&mut self, name: &str, ending: Ending, now: Time) {
        let Some(row) = self.ledger.get_mut(name) else {
            return;
        };
        let unheard_of = row.agent_id.is_none();
        row.phase = TaskPhase::Ended;
        self.counters.tasks_ended += 1;
        self.watches.remove(name);
        self.ledger.keep_until(name, now + KEEP_ENDED);
        self.timers.at_latest(Timer::Tasks, now + KEEP_ENDED);
        self.journal.changed(Key::Task(self.ledger.name(name)));
        self.reconciliation.unanswered.remove(name);
        self.conclude(name, if unheard_of { lost_by_restart() } else { ending });
    }

    /// Tells Java the end, once, when it is durable. The task itself may still have to be killed.
    pub(crate) fn conclude(&mut self, name: &str, mut ending: Ending) {
        ending.again = self.counts_as_bad_luck(name, ending.again);
        let Some(row) = self.ledger.get_mut(name) else {
            return;
        };
        let ending = row.ending.get_or_insert(ending).clone();
        let released = row.released.clone();
        let sandbox = Sandbox::of(row, &ending, self.framework_id.as_deref());
        let key = Key::Task(row.name.clone());
        self.journal.changed(key.clone());
        if self.names.told(name) {
            self.journal
                .changed_then(key, After::Notice(ended(name, ending, released, sandbox)));
        }
    }

    /// The master has removed the framework, and with it all its tasks.
    pub(crate) fn on_framework_removed(&mut self, message: &str, now: Time) {
        self.removed_framework = self.framework_id.take();
        self.retirement = None;
        self.accepted = None;
        self.registration = None;
        self.journal.changed(Key::FrameworkId);
        let names: Vec<Text> = self.ledger.live().map(|row| row.name.clone()).collect();
        for name in names {
            let ending = ending::removed(message);
            self.task_is_over(&name, ending, now);
        }
    }

    /// What is known of a task; nothing so far, if it was asked for nothing yet.
    pub(crate) fn watch(&mut self, name: &str) -> &mut Watch {
        let name = self.ledger.name(name);
        self.watches.entry(name).or_default()
    }

    /// The task is to go; it is killed until it is gone.
    pub(crate) fn kill_from_now_on(&mut self, name: &str, now: Time) {
        let watch = self.watch(name);
        watch.kill = Some(first_kill(now));
        self.timers.at_latest(Timer::Tasks, now);
    }

    /// ACCEPT was sent.
    pub(crate) fn launch_clock_starts(&mut self, name: &str, now: Time) {
        let due = now + self.launch_timeout_of(name);
        self.watch(name).launch_due = Some(due);
        self.timers.at_latest(Timer::Tasks, due);
    }

    /// The template's patience when the agent was submitted, or else the cloud's of today.
    pub(crate) fn launch_timeout_of(&self, name: &str) -> Duration {
        self.ledger
            .get(name)
            .and_then(|row| row.launch_timeout_seconds)
            .map_or(self.config.launch_timeout(), |seconds| {
                Duration::from_secs(u64::from(seconds))
            })
    }

    /// Sends the kills that are due, gives up launches, forgets old rows.
    pub(crate) fn on_tasks_due(&mut self, now: Time) {
        let connected = self.session.subscribed().is_some();
        let grace = self.config.unreachable_timeout();
        let (mut kills, mut questions, mut given_up) = (Vec::new(), Vec::new(), Vec::new());
        let (mut lost, mut safe) = (Vec::new(), Vec::new());
        let mut next: Option<Time> = None;
        let mut due_at = |at: Time| next = Some(next.map_or(at, |next: Time| next.min(at)));
        let forgotten = self.ledger.outdated(now, KEEP_ENDED, &mut due_at);
        for row in self.ledger.live() {
            let watch = match self.watches.get_mut(&row.name) {
                Some(watch) => watch,
                None => self.watches.entry(row.name.clone()).or_default(),
            };
            if !connected || self.launching.contains_key(&row.name) {
                continue;
            }
            match watch.risk.as_ref().and_then(|risk| risk.until) {
                Some(until) if until <= now => safe.push(row.name.clone()),
                Some(until) => due_at(until),
                None => {}
            }
            if row.released.is_some() || row.ending.is_some() {
                let (at, backoff) = &mut **watch.kill.get_or_insert_with(|| first_kill(now));
                if *at <= now {
                    kills.push((row.name.clone(), row.agent_id.clone()));
                    *at = now + backoff.advance();
                }
                due_at(*at);
            } else if let Some(due) = watch.launch_due.filter(|_| !row.ran) {
                if due > now {
                    due_at(due);
                } else if watch.asked {
                    given_up.push(row.name.clone());
                } else {
                    watch.asked = true;
                    watch.launch_due = Some(now + LAST_WORD);
                    due_at(now + LAST_WORD);
                    questions.push(row.name.clone());
                }
            } else if row.phase == TaskPhase::Unreachable {
                let absence = watch.absence.get_or_insert_with(|| {
                    Box::new(Absence {
                        since: now,
                        hold: now,
                        asked: None,
                        confirmed: false,
                    })
                });
                let due = (absence.since + grace).max(absence.hold);
                match absence.asked {
                    _ if due > now => due_at(due),
                    Some(asked) if absence.confirmed || asked + LAST_WORD <= now => {
                        lost.push(row.name.clone())
                    }
                    Some(asked) => due_at(asked + LAST_WORD),
                    None => {
                        absence.asked = Some(now);
                        due_at(now + LAST_WORD);
                        questions.push(row.name.clone());
                    }
                }
            }
        }
        if let Some(at) = next {
            self.timers.at_latest(Timer::Tasks, at);
        }
        for (name, agent_id) in kills {
            self.send_kill(&name, agent_id.as_deref());
        }
        if !questions.is_empty() {
            self.ask_again(questions, now);
        }
        for name in given_up {
            self.give_up_launch(&name, now);
        }
        for name in lost {
            self.give_up_unreachable(&name, grace, now);
        }
        for name in safe {
            self.no_longer_at_risk(&name);
        }
        for name in forgotten {
            self.forget_row(&name);
            self.names.forget(&name);
        }
    }

    /// Deletes the row of an ended task.
    pub(crate) fn forget_row(&mut self, name: &str) {
        let key = Key::Task(self.ledger.name(name));
        self.ledger.remove(name);
        self.watches.remove(name);
        self.journal.changed(key);
    }

    fn give_up_launch(&mut self, name: &str, now: Time) {
        let Some(row) = self.ledger.get(name) else { return };
        let seconds = self.launch_timeout_of(name).as_secs();
        let ending = if row.agent_id.is_none() {
            lost_by_restart()
        } else {
            Ending {
                state: "LAUNCH_TIMEOUT".to_owned(),
                reason: None,
                message: Some(format!(
                    "the task did not run within {seconds} s after its launch, last state {}",
                    row.phase
                )),
                again: false,
            }
        };
        self.conclude(name, ending);
        self.kill_from_now_on(name, now);
    }

    /// Its host has been away for too long: Java need not wait for it any more. Should it come back, it is killed.
    fn give_up_unreachable(&mut self, name: &str, grace: Duration, now: Time) {
        let Some(row) = self.ledger.get(name) else { return };
        let host = row.host.as_deref().unwrap_or("its host");
        let seconds = grace.as_secs();
        let ending = Ending {
            state: "UNREACHABLE_TIMEOUT".to_owned(),
            reason: None,
            message: Some(format!(
                "the master has not reached {host} for more than {seconds} s: the agent is given up, and killed should \
                 its host come back"
            )),
            again: false,
        };
        self.conclude(name, ending);
        self.kill_from_now_on(name, now);
    }

    /// Whether an end says nothing against its template, so that another agent may be asked for at once. Not for ever: where
    /// one launch after the other is lost, something else is wrong.
    fn counts_as_bad_luck(&mut self, name: &str, bad_luck: bool) -> bool {
        let Some(row) = self.ledger.get(name) else {
            return false;
        };
        if !bad_luck || row.ran || row.released.is_some() || row.ending.is_some() {
            return false;
        }
        let drops = self.drops.entry(row.template.clone()).or_default();
        *drops = drops.saturating_add(1);
        *drops <= DROPS_MOST
    }

    fn send_kill(&mut self, name: &str, agent_id: Option<&str>) {
        let call = Call {
            r#type: Some(call::Type::Kill as i32),
            kill: Some(call::Kill {
                task_id: TaskId {
                    value: name.to_owned(),
                },
                agent_id: agent_id.map(|id| AgentId { value: id.to_owned() }),
                kill_policy: None,
            }),
            ..Call::default()
        };
        self.send(call, Sent::Other);
    }
}

/// The first kill is due at once.
fn first_kill(now: Time) -> Box<(Time, Backoff)> {
    Box::new((now, Backoff::new(FIRST_KILL, KILL_CAP)))
}

/// What our own tasks hold, by agent.
pub(crate) fn used_by_agent(ledger: &Ledger) -> HashMap<&str, Holding> {
    let mut used: HashMap<&str, Holding> = HashMap::new();
    for row in ledger.live() {
        if let Some(agent_id) = &row.agent_id {
            let sum = used.entry(&**agent_id).or_default();
            sum.amount = sum.amount.plus(Amount {
                cpus: row.cpus,
                mem: row.mem,
                disk: row.disk,
                gpus: row.gpus,
            });
            sum.ports.extend(row.ports.iter().map(|port| port.host_port));
        }
    }
    used
}

/// The notice for an ending.
pub(crate) fn ended(
    name: &str,
    ending: Ending,
    released: Option<String>,
    sandbox: Option<Sandbox>,
) -> Notice {
    Notice::Ended {
        name: name.to_owned(),
        requested: released.is_some(),
        state: ending.state,
        reason: released.or(ending.reason),
        message: ending.message,
        again: ending.again,
        sandbox,
    }
}

/// Owned, but neither the store nor the master knows it.
pub(crate) fn lost_by_restart() -> Ending {
    Ending {
        state: "LOST_BY_RESTART".to_owned(),
        reason: None,
        message: Some("neither the ledger nor the Mesos master knows a task of this agent".to_owned()),
        again: false,
    }
}

/// What a status tells beside the state of a task that does not run yet: the master `local` says so how far a pull is.
/// Mesos's own statuses of that kind have a reason (they answer questions) or a `uuid` (they are repetitions).
fn progress_of(phase: TaskPhase, status: &TaskStatus) -> Option<String> {
    let early = matches!(phase, TaskPhase::Staging | TaskPhase::Starting);
    let unasked = status.reason.is_none() && status.uuid.as_ref().is_none_or(Vec::is_empty);
    status
        .message
        .clone()
        .filter(|message| early && unasked && !message.is_empty())
}
