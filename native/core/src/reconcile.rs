//! Asking the master for the state of tasks.

use crate::backoff::Backoff;
use crate::calls::Sent;
use crate::framework::Framework;
use crate::tasks::LAST_WORD;
use crate::text::Text;
use crate::time::Time;
use crate::timer::Timer;
use mesos_wire::call::reconcile;
use mesos_wire::{AgentId, Call, TaskId, call};
use std::collections::BTreeSet;
use std::time::Duration;

const FIRST_QUESTION: Duration = Duration::from_secs(5);
const QUESTION_CAP: Duration = Duration::from_secs(60);
const EVERYTHING: Duration = Duration::from_secs(15 * 60);
/// How often the master is asked what it knows of ours while its Mesos agents may still come back to it.
const RECOVERY_QUESTION: Duration = Duration::from_secs(30);
/// For how long they may: a new leader gives them ten minutes unless it is told otherwise.
const RECOVERY: Duration = Duration::from_secs(15 * 60);

/// Questions to the master.
#[derive(Debug)]
pub(crate) struct Reconciliation {
    pub(crate) unanswered: BTreeSet<Text>,
    backoff: Backoff,
    /// Until then tasks may turn up that nobody here knows.
    recovery: Option<Time>,
    /// When all are asked for by name again.
    named: Option<Time>,
}

impl Reconciliation {
    pub(crate) fn new() -> Self {
        Self {
            unanswered: BTreeSet::new(),
            backoff: Backoff::new(FIRST_QUESTION, QUESTION_CAP),
            recovery: None,
            named: None,
        }
    }
}

impl Framework {
    /// After each subscription: asks for each task that may live, then for all the master knows; kills start anew.
    ///
    /// `recovery`: the ledger may lack a task that the master does not know yet either, as its Mesos agent is not back. It
    /// would run for nobody until the next question for all, so that is asked often for a while.
    pub(crate) fn start_reconciliation(&mut self, recovery: bool, now: Time) {
        let grace = now + LAST_WORD;
        for row in self.ledger.live() {
            let patience = now + self.launch_timeout_of(&row.name);
            let watch = self.watches.entry(row.name.clone()).or_default();
            watch.kill = None;
            watch.absence_is_heard_of_again(now);
            if let Some(risk) = &mut watch.risk {
                risk.is_heard_of_again(now);
            }
            if !row.ran {
                // While there was no connection nothing could be heard.
                watch.launch_due = Some(watch.launch_due.map_or(patience, |due| due.max(grace)));
                watch.asked = false;
            }
        }
        if recovery {
            self.reconciliation.recovery = Some(now + RECOVERY);
        }
        self.ask_about_everything(now);
        self.timers.at_latest(Timer::Tasks, now);
    }

    pub(crate) fn stop_reconciliation(&mut self) {
        // A master that is left for a moment goes on waiting for its agents.
        self.reconciliation = Reconciliation {
            recovery: self.reconciliation.recovery,
            ..Reconciliation::new()
        };
    }

    /// Asks for these until each is answered.
    pub(crate) fn ask_again(&mut self, names: Vec<Text>, now: Time) {
        if names.is_empty() || self.session.subscribed().is_none() {
            return;
        }
        self.reconciliation.unanswered.extend(names.iter().cloned());
        self.reconciliation.backoff.reset();
        self.send_questions(names);
        let delay = self.reconciliation.backoff.advance();
        self.timers.set(Timer::Explicit, now + self.jitter.spread(delay));
    }

    pub(crate) fn on_explicit_due(&mut self, now: Time) {
        let ledger = &self.ledger;
        self.reconciliation
            .unanswered
            .retain(|name| ledger.get(name).is_some_and(|row| !row.phase.is_over()));
        if self.reconciliation.unanswered.is_empty() {
            return;
        }
        self.send_questions(self.reconciliation.unanswered.iter().cloned().collect());
        let delay = self.reconciliation.backoff.advance();
        self.timers.set(Timer::Explicit, now + self.jitter.spread(delay));
    }

    /// Asks for each task that may live: the master tells of those that it lost sight of only when asked by name. Then
    /// for all that it knows, with an empty question: those that only the master knows are found by it.
    pub(crate) fn ask_about_everything(&mut self, now: Time) {
        let by_name = self.reconciliation.named.is_none_or(|at| at <= now);
        if by_name {
            self.reconciliation.named = Some(now + EVERYTHING);
            self.ask_about_each(now);
        }
        self.send_question(Vec::new(), Sent::Everything);
        let next = match self.reconciliation.recovery {
            Some(end) if now + RECOVERY_QUESTION <= end => RECOVERY_QUESTION,
            _ => EVERYTHING,
        };
        self.timers.set(Timer::Everything, now + next);
    }

    fn ask_about_each(&mut self, now: Time) {
        let names = self
            .ledger
            .live()
            // Before its ACCEPT was sent, a task is rightly unknown.
            .filter(|row| !self.launching.contains_key(&row.name))
            .map(|row| row.name.clone())
            .collect();
        self.ask_again(names, now);
    }

    /// The question for all did not get through.
    pub(crate) fn asks_everything_soon(&mut self, now: Time) {
        self.timers.at_latest(Timer::Everything, now + FIRST_QUESTION);
    }

    fn send_questions(&mut self, names: Vec<Text>) {
        self.send_question(names, Sent::Other);
    }

    fn send_question(&mut self, names: Vec<Text>, sent: Sent) {
        let tasks = names
            .into_iter()
            .map(|name| reconcile::Task {
                agent_id: self
                    .ledger
                    .get(&name)
                    .and_then(|row| row.agent_id.as_deref())
                    .map(|id| AgentId { value: id.to_owned() }),
                task_id: TaskId {
                    value: name.to_string(),
                },
            })
            .collect();
        let call = Call {
            r#type: Some(call::Type::Reconcile as i32),
            reconcile: Some(call::Reconcile { tasks }),
            ..Call::default()
        };
        self.send(call, sent);
    }
}
