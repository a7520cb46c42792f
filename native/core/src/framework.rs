//! The state machine.

use crate::config::{Config, LabelError};
use crate::ledger::{Ledger, Restored};
use crate::notice::ConnectionState;
use crate::output::{AttemptId, CallError, CallId, Leader, Output, PersistId, Start, StreamEnd};
use crate::request::{Release, Request};
use crate::status::{ConnectionStatus, Counters, OffersStatus, Status};
use crate::time::Time;
use mesos_wire::Event;
use std::collections::VecDeque;

/// A Mesos framework that runs Jenkins agents.
///
/// There are four kinds of methods: commands ([`submit`](Self::submit) …), inputs (`handle_…`), outputs
/// ([`poll_output`](Self::poll_output), [`poll_timeout`](Self::poll_timeout)) and [`status`](Self::status). After each
/// command or input, drain `poll_output` until it gives `None` and do what it says, in order; then ask `poll_timeout`, and
/// call [`handle_timeout`](Self::handle_timeout) at that time. Early and repeated calls of it are harmless.
///
/// `now` must not go backwards. Inputs of attempts, calls and batches that are over are ignored.
#[derive(Debug)]
pub struct Framework {
    config: Config,
    ledger: Ledger,
    framework_id: Option<String>,
    outputs: VecDeque<Output>,
    counters: Counters,
}

/// Why a request was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// The name cannot be a task id.
    #[error("agent name `{0}` cannot be used: names have 1 to 63 letters, digits and dashes")]
    BadName(String),
    /// The name was submitted before.
    #[error("agent {0} was submitted before: plan a new one, names are used once")]
    Duplicate(String),
    /// The label has no usable template.
    #[error(transparent)]
    Label(#[from] LabelError),
    /// The launch lacks something.
    #[error("agent {name} cannot be launched: {problem}")]
    Launch {
        /// The agent.
        name: String,
        /// What is wrong, and the cure.
        problem: String,
    },
    /// The cloud was deleted.
    #[error("the cloud was deleted: its framework is torn down")]
    TornDown,
}

impl Framework {
    /// A framework with what its store held. It waits for [`handle_leader`](Self::handle_leader).
    pub fn new(config: Config, restored: Restored, start: Start) -> Self {
        let _ = start;
        Self {
            config,
            ledger: Ledger::new(restored.tasks),
            framework_id: restored.framework_id,
            outputs: VecDeque::new(),
            counters: Counters::default(),
        }
    }

    /// The current configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Queues one agent. From here on Java owns its name, and will hear exactly one `ended` for it.
    ///
    /// # Errors
    /// When the request cannot be served; nothing was queued then, and no `ended` will come.
    pub fn submit(&mut self, request: Request, now: Time) -> Result<(), SubmitError> {
        let _ = (request, now);
        Err(SubmitError::TornDown)
    }

    /// Withdraws agents that wait and kills those that run, until they are gone. Unknown names are ignored.
    pub fn release(&mut self, release: Release, now: Time) {
        let _ = (release, now);
    }

    /// Takes a new configuration. The stream is opened anew where the master must be told; tasks that wait keep the sizes
    /// they were submitted with.
    pub fn reconfigure(&mut self, config: Config, now: Time) {
        let _ = now;
        self.config = config;
    }

    /// Ends the framework and all its tasks, because the cloud was deleted. See [`is_torn_down`](Self::is_torn_down).
    pub fn teardown(&mut self, now: Time) {
        let _ = now;
    }

    /// Whether the master has taken the TEARDOWN call and the store has forgotten all.
    pub fn is_torn_down(&self) -> bool {
        false
    }

    /// The detector's answer changed.
    pub fn handle_leader(&mut self, leader: Leader, now: Time) {
        let _ = (leader, now);
    }

    /// An event of the stream of `attempt`.
    pub fn handle_event(&mut self, attempt: AttemptId, event: Event, now: Time) {
        let _ = (attempt, event, now);
    }

    /// The stream of `attempt` ended, or could not be opened.
    pub fn handle_stream_end(&mut self, attempt: AttemptId, end: StreamEnd, now: Time) {
        let _ = (attempt, end, now);
    }

    /// The master took a call (202) or not.
    pub fn handle_call_result(&mut self, id: CallId, result: Result<(), CallError>, now: Time) {
        let _ = (id, result, now);
    }

    /// A batch is synced to disk, or failed; the message of a failure is for people.
    pub fn handle_persisted(&mut self, id: PersistId, result: Result<(), String>, now: Time) {
        let _ = (id, result, now);
    }

    /// The time of day, in milliseconds since the Unix epoch. Tell it when it may have jumped, or now and then.
    pub fn handle_wall_clock(&mut self, unix_millis: i64, now: Time) {
        let _ = (unix_millis, now);
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Time) {
        let _ = now;
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due; may lie in the past.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Time> {
        None
    }

    /// The next thing to do.
    #[must_use]
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// A picture of the moment.
    pub fn status(&self, now: Time) -> Status {
        Status {
            v: 1,
            connection: ConnectionStatus {
                state: ConnectionState::Searching,
                leader: None,
                framework_id: self.framework_id.clone(),
                message: None,
                since_millis: now.as_millis(),
            },
            offers: OffersStatus::default(),
            suppressed: false,
            waiting: Vec::new(),
            tasks: Vec::new(),
            counters: self.counters,
        }
    }
}
