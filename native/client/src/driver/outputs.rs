//! Doing what the core says.

use mesos_core::{CallError, Framework, Notice, Output};

use tracing::Instrument;

use super::Driver;
use super::streams::Streams;
use crate::auth::Authorization;
use crate::sandbox;

impl Driver {
    /// Does everything that the core has put out, and what it puts out in answer.
    pub(super) fn drain(&mut self, framework: &mut Framework, streams: &mut Streams) {
        while let Some(output) = framework.poll_output() {
            match output {
                Output::Connect {
                    attempt,
                    master,
                    subscribe,
                } => {
                    tracing::debug!("connecting to {master}, attempt {}", attempt.0);
                    let (principal, secret) = framework.login();
                    let authorization = Authorization::basic(principal, secret);
                    streams.connect(attempt, master, authorization, &subscribe);
                }
                Output::Disconnect { attempt } => streams.disconnect(attempt),
                Output::Call { id, attempt, call } => {
                    tracing::debug!("call {}: {:?}", id.0, call.r#type());
                    if !streams.call(attempt, id, call) {
                        let error = CallError::Failed("there is no event stream for this call".to_owned());
                        framework.handle_call_result(id, Err(error), self.clock.now());
                    }
                }
                Output::Persist { id, writes } => {
                    if !self.store.as_ref().is_some_and(|store| store.persist(id, writes)) {
                        let error = "the store has ended".to_owned();
                        framework.handle_persisted(id, Err(error), self.clock.now());
                    }
                }
                Output::Decision(decision) => tracing::debug!("{decision}"),
                Output::Notice(notice) => {
                    if let Notice::Ended { name, .. } = &notice {
                        self.names.remove(name.as_str());
                    }
                    self.tell(notice);
                }
            }
        }
    }
}

impl Driver {
    /// Tells Java, at once or when it is known what an agent that failed said last.
    fn tell(&self, notice: Notice) {
        if !matches!(notice, Notice::Ended { sandbox: Some(_), .. }) {
            log(&notice);
            self.shared.events.push(notice);
            return;
        }
        let (shared, connector) = (self.shared.clone(), self.connector.clone());
        let span = tracing::Span::current();
        tokio::spawn(
            async move {
                let notice = sandbox::explained(&connector, notice, sandbox::PATIENCE).await;
                log(&notice);
                shared.events.push(notice);
            }
            .instrument(span),
        );
    }
}

/// What Java is told is in the log, too.
fn log(notice: &Notice) {
    let text = |text: &Option<String>| {
        text.as_deref()
            .map(|text| format!(": {text}"))
            .unwrap_or_default()
    };
    match notice {
        Notice::Connection {
            state,
            leader,
            message,
            ..
        } => {
            let leader = leader
                .as_deref()
                .map(|leader| format!(", master {leader}"))
                .unwrap_or_default();
            let name = format!("{state:?}").to_lowercase();
            match message {
                Some(message) => tracing::warn!("{name}{leader}: {message}"),
                None => tracing::info!("{name}{leader}"),
            }
        }
        Notice::Waiting { name, reason, .. } => tracing::debug!("{name} waits: {reason}"),
        Notice::Accepted {
            name,
            host,
            cpus,
            mem,
            ..
        } => {
            tracing::info!("{name} is launched on {host} with {cpus} CPUs and {mem} MB");
        }
        Notice::State {
            name, state, message, ..
        } => tracing::info!("{name} is {state}{}", text(message)),
        Notice::Ended {
            name,
            state,
            message,
            requested: true,
            ..
        } => {
            tracing::info!("{name} has ended as asked, {state}{}", text(message));
        }
        Notice::Ended {
            name, state, message, ..
        } => {
            tracing::warn!("{name} has ended unasked, {state}{}", text(message));
        }
        Notice::Risk {
            name,
            message: Some(message),
        } => tracing::warn!("{name}: {message}"),
        Notice::Risk { name, message: None } => tracing::info!("{name} is not at risk any more"),
        Notice::Known { name, state, .. } => tracing::info!("{name} is still there, {state}"),
        Notice::Framework {
            framework_id,
            previous: None,
        } => {
            tracing::info!("registered as framework {framework_id}");
        }
        Notice::Framework {
            framework_id,
            previous: Some(previous),
        } => {
            tracing::warn!("registered as framework {framework_id}, the master had removed {previous}");
        }
        Notice::Trouble { subject, message } => tracing::warn!("{subject}: {message}"),
    }
}
