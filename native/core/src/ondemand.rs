//! Registration on demand: the framework is with the master only while there is work.
//!
//! It subscribes at the first need. When for a while nothing waits and no task may live, it tears itself down and forgets
//! its id, durably; the next need gets a new framework. As long as a row of the ledger may be a task, it stays, so a task
//! is never lost by leaving. What the master does not answer clearly is found out by subscribing again: it tells whether
//! it knows the id.

use crate::calls::Sent;
use crate::framework::{Framework, Teardown};
use crate::output::CallError;
use crate::session::Stage;
use crate::time::Time;
use crate::timer::Timer;
use mesos_wire::{Call, call};
use std::time::Duration;

/// How long there must have been nothing to do. In that time the master answers what it was asked about tasks at the
/// beginning of the subscription.
const IDLE: Duration = Duration::from_secs(60);
/// A master that has not answered by then is asked by a new subscription.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where it stands with leaving.
#[derive(Debug, Default)]
pub(crate) struct Rest {
    /// Subscribed, and nothing to do since then.
    idle_since: Option<Time>,
    /// TEARDOWN was sent at this time, and its result is awaited. Nothing else is sent meanwhile.
    leaving: Option<Time>,
}

impl Rest {
    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving.is_some()
    }

    /// The stream is gone, and the result with it.
    pub(crate) fn stream_is_gone(&mut self) {
        *self = Self::default();
    }
}

impl Framework {
    /// Whether the master is needed: something waits, or there may be a task.
    fn is_needed(&self) -> bool {
        !self.waiting.is_empty() || !self.launches.is_empty() || self.ledger.live().next().is_some()
    }

    /// Whether there is no reason to be with the master. With an id it is asked first what it knows under it.
    pub(crate) fn may_rest(&self) -> bool {
        self.config.on_demand_registration
            && self.teardown == Teardown::No
            && self.framework_id.is_none()
            && !self.is_needed()
    }

    /// Whether the connection rests because of that.
    pub(crate) fn is_resting(&self) -> bool {
        matches!(self.session.stage, Stage::Idle) && self.session.knows_leader() && self.may_rest()
    }

    /// Something waits, or the configuration is another: the rest may be over.
    pub(crate) fn wake(&mut self, now: Time) {
        if matches!(self.session.stage, Stage::Idle)
            && self.session.knows_leader()
            && !self.may_rest()
            && !matches!(self.teardown, Teardown::Taken | Teardown::Done)
        {
            self.connect_to_leader(now);
        }
    }

    /// After each input: begins to leave when it is time.
    pub(crate) fn step_rest(&mut self, now: Time) {
        if let Some(since) = self.session.rest.leaving {
            if now - since >= PATIENCE {
                self.retry("the master did not answer the farewell".to_owned(), now);
            }
            return;
        }
        let there = self.teardown == Teardown::No
            && self.session.subscribed().is_some()
            // What has ended is over only when that is durable, and Java has heard of it.
            && self.journal.is_idle();
        if there && self.may_retire() {
            return self.leave(now);
        }
        let idle = there && self.config.on_demand_registration && !self.is_needed();
        if !idle {
            self.session.rest.idle_since = None;
            self.timers.clear(Timer::Rest);
            return;
        }
        let since = *self.session.rest.idle_since.get_or_insert(now);
        if now - since < IDLE {
            self.timers.set(Timer::Rest, since + IDLE);
            return;
        }
        self.leave(now);
    }

    /// Tears the framework down, of which nothing lives; the next need gets another.
    fn leave(&mut self, now: Time) {
        self.send(
            Call {
                r#type: Some(call::Type::Teardown as i32),
                ..Call::default()
            },
            Sent::Farewell,
        );
        self.session.rest = Rest {
            idle_since: None,
            leaving: Some(now),
        };
        self.timers.set(Timer::Rest, now + PATIENCE);
    }

    /// The master's answer to the TEARDOWN of an idle framework.
    pub(crate) fn on_farewell(&mut self, result: Result<(), CallError>, now: Time) {
        self.session.rest = Rest::default();
        self.timers.clear(Timer::Rest);
        if self.teardown != Teardown::No {
            // Meanwhile the cloud was deleted.
            match result {
                Ok(()) => self.on_teardown_taken(),
                Err(_) => self.send_teardown(),
            }
            return;
        }
        match result {
            Ok(()) => {
                self.on_framework_removed("the framework has left the master: nothing was to do", now);
                // Not by the master, so that is no news for Java.
                self.removed_framework = None;
                self.session.forget_problem();
                self.leave_stream(now);
                self.connect_to_leader(now);
            }
            Err(error) => {
                let said = match error {
                    CallError::Failed(message) => message,
                    CallError::Refused { status, body } => format!("HTTP status {status}: {}", body.trim()),
                };
                self.retry(format!("the master did not take the farewell ({said})"), now);
            }
        }
    }
}
