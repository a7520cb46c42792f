//! Calls on their way to the master, and what their results mean.

use crate::demand::Wish;
use crate::framework::{Framework, Teardown};
use crate::output::{CallError, CallId, Output};
use crate::session::Stage;
use crate::text::Text;
use crate::time::Time;
use crate::timer::Timer;
use mesos_wire::{Call, FrameworkId, OfferId, call};
use std::time::Duration;

/// A decline that did not go through is sent again after this.
const REDECLINE: Duration = Duration::from_secs(1);

/// A call whose result is awaited.
#[derive(Debug)]
pub(crate) enum Sent {
    Accept {
        offers: Vec<OfferId>,
        names: Vec<Text>,
    },
    Decline(Vec<OfferId>),
    Demand,
    /// UPDATE_FRAMEWORK.
    Identity,
    Teardown,
    /// The TEARDOWN of a framework that has nothing to do.
    Farewell,
    /// The question for all that the master knows.
    Everything,
    /// What is repeated anyway until it has worked.
    Other,
}

impl Framework {
    /// Sends a call on the current stream; nothing if there is none.
    pub(crate) fn send(&mut self, call: Call, sent: Sent) {
        let Some(attempt) = self.session.subscribed() else {
            return;
        };
        if self.session.rest.is_leaving() {
            return;
        }
        self.session.calls += 1;
        let id = CallId(self.session.calls);
        self.session.sent.insert(id, sent);
        let framework_id = self.framework_id.clone().map(|value| FrameworkId { value });
        self.output(Output::Call {
            id,
            attempt,
            call: Box::new(Call { framework_id, ..call }),
        });
    }

    pub(crate) fn on_call_result(&mut self, id: CallId, result: Result<(), CallError>, now: Time) {
        let Some(sent) = self.session.sent.remove(&id) else {
            return;
        };
        if matches!(sent, Sent::Farewell) {
            return self.on_farewell(result, now);
        }
        let error = match result {
            Ok(()) => {
                if matches!(sent, Sent::Teardown) {
                    self.on_teardown_taken();
                }
                return;
            }
            Err(error) => error,
        };
        match sent {
            Sent::Accept { offers, names } => {
                // It may have arrived or not. A second ACCEPT could launch or lose the tasks twice; giving the offers back
                // is harmless if they are used, and asking for the tasks tells which.
                self.session.undeclined.extend(offers);
                self.timers.at_latest(Timer::Declines, now + REDECLINE);
                self.ask_again(names, now);
            }
            Sent::Decline(offers) => {
                self.session.undeclined.extend(offers);
                self.timers.at_latest(Timer::Declines, now + REDECLINE);
            }
            Sent::Demand => {
                let waiting = !self.waiting.is_empty();
                if let Stage::Subscribed { demand, .. } = &mut self.session.stage {
                    demand.failed(now, waiting);
                }
            }
            // What only the master knows of would live on until the next question.
            Sent::Everything if matches!(error, CallError::Failed(_)) => self.asks_everything_soon(now),
            Sent::Identity => return self.on_identity_refused(now),
            Sent::Teardown | Sent::Farewell | Sent::Everything | Sent::Other => {}
        }
        if let CallError::Refused { status, body } = error {
            let body = body.trim();
            if status == 400 || status == 413 {
                self.trouble(
                    "protocol",
                    format!("the master did not take a call (HTTP status {status}): {body}"),
                );
            } else {
                // 403: the stream is no longer ours; 307 or 503: another master leads.
                self.retry(
                    format!("the master no longer takes calls (HTTP status {status}): {body}"),
                    now,
                );
            }
        }
    }

    pub(crate) fn on_declines_due(&mut self) {
        let offers = std::mem::take(&mut self.session.undeclined);
        self.send_decline(offers);
    }

    /// An agent was added to those that wait.
    pub(crate) fn demand_grew(&mut self, now: Time) {
        if let Stage::Subscribed { demand, .. } = &mut self.session.stage {
            demand.grew(now);
        }
    }

    pub(crate) fn demand_served(&mut self, now: Time) {
        if let Stage::Subscribed { demand, .. } = &mut self.session.stage {
            demand.served(now);
        }
    }

    pub(crate) fn step_demand(&mut self, now: Time) {
        if self.teardown != Teardown::No || self.session.rest.is_leaving() {
            return;
        }
        let waiting = !self.waiting.is_empty();
        let Stage::Subscribed { demand, .. } = &mut self.session.stage else {
            return;
        };
        let wish = demand.step(waiting, now);
        match demand.due() {
            Some(due) => self.timers.set(Timer::Demand, due),
            None => self.timers.clear(Timer::Demand),
        }
        let Some(wish) = wish else { return };
        let roles = self.config.roles().into_iter().map(str::to_owned).collect();
        let call = match wish {
            Wish::Revive => Call {
                r#type: Some(call::Type::Revive as i32),
                revive: Some(call::Revive { roles }),
                ..Call::default()
            },
            Wish::Suppress => Call {
                r#type: Some(call::Type::Suppress as i32),
                suppress: Some(call::Suppress { roles }),
                ..Call::default()
            },
        };
        self.send(call, Sent::Demand);
    }

    pub(crate) fn send_teardown(&mut self) {
        if self.session.subscribed().is_some() && !self.session.rest.is_leaving() {
            self.teardown = Teardown::Sent;
            self.send(
                Call {
                    r#type: Some(call::Type::Teardown as i32),
                    ..Call::default()
                },
                Sent::Teardown,
            );
        }
    }
}
