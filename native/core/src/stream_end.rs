//! Why a stream ended or was refused, and when it is tried again.

use crate::framework::{Framework, Teardown};
use crate::output::{AttemptId, StreamEnd};
use crate::session::Stage;
use crate::time::Time;

const HOPS: u32 = 5;

impl Framework {
    pub(crate) fn on_stream_end(&mut self, attempt: AttemptId, end: StreamEnd, now: Time) {
        if !self.is_current(attempt) {
            return;
        }
        let hops = match &self.session.stage {
            Stage::Connecting { hops, .. } => *hops,
            _ => 0,
        };
        self.stream_is_gone(now);
        match end {
            StreamEnd::Redirected(master) if hops < HOPS => self.connect(master, hops + 1, now),
            StreamEnd::Redirected(master) => self.retry(
                format!(
                    "the masters redirect to each other, last to {master}: check that they elect a leader"
                ),
                now,
            ),
            StreamEnd::Failed(message) => self.retry(message, now),
            StreamEnd::Closed => self.retry("the master closed the connection".to_owned(), now),
            StreamEnd::Garbage(message) => {
                self.trouble("protocol", format!("the master sent what is no event: {message}"));
                self.retry(message, now);
            }
            StreamEnd::Refused { status, body } => self.on_refused(status, &body, now),
        }
    }

    fn on_refused(&mut self, status: u16, body: &str, now: Time) {
        let body = body.trim();
        let said = if body.is_empty() {
            format!("HTTP status {status}")
        } else {
            body.to_owned()
        };
        match status {
            401 | 403 if self.retirement.is_some() && !self.something_is_left() => {
                // The login of the framework that nobody needs any more does not count any more either.
                self.retirement = None;
                self.retry(
                    format!("the master does not accept the principal before ({said}); the new one is tried"),
                    now,
                );
            }
            401 => self.reject(
                format!("the master does not accept the principal or its secret ({said}): check both in the credentials"),
                now,
            ),
            403 => self.reject(
                format!("the master does not allow this framework ({said}): check its role, user and principal"),
                now,
            ),
            400 | 404 | 405 | 406 | 415 => {
                self.reject(format!("the master does not take the subscription ({said}): check address and role"), now);
            }
            503 => self.retry(format!("the master is not ready ({said})"), now),
            _ => self.retry(format!("the master answers with HTTP status {status} ({said})"), now),
        }
    }

    /// The ERROR event; the master closes the stream after it.
    pub(crate) fn on_error(&mut self, message: &str, now: Time) {
        self.drop_stream(now);
        // Mesos has no code for it, only these words (also after a TEARDOWN).
        let removed = message.contains("has been removed") || message.contains("ompleted framework");
        let other_principal = message.contains("framework's principal");
        if removed && self.teardown != Teardown::No {
            self.on_teardown_taken();
        } else if removed && self.framework_id.is_some() {
            self.on_framework_removed(message, now);
            self.retry(
                format!("the master has removed the framework ({message}); a new one is started"),
                now,
            );
        } else if other_principal && self.framework_id.is_some() && !self.something_is_left() {
            // Nothing that is needed runs, so nothing is lost with the framework of the principal before.
            if let Some(id) = self
                .framework_id
                .as_deref()
                .filter(|_| self.ledger.live().next().is_some())
            {
                let text = format!(
                    "framework {id} of the principal before is given up: what it still runs ends with its failover \
                     timeout; end it with POST /master/teardown, frameworkId={id}"
                );
                self.trouble("credentials", text);
            }
            self.on_framework_removed(message, now);
            self.retry(
                format!("the master does not let a framework change its principal ({message}); a new one is started"),
                now,
            );
        } else if other_principal {
            self.reject(
                format!(
                    "the master does not let a framework with agents change its principal ({message}): choose the \
                     credentials with the principal before until they have ended, or delete the cloud, which ends them, \
                     and create it anew"
                ),
                now,
            );
        } else {
            self.reject(format!("the master says: {message}"), now);
        }
    }
}
