//! The state machine: its parts, its inputs and its outputs. What happens in each case stands in `session`, `launching`
//! and `tasks`.

use crate::amount::Amount;
use crate::backoff::Jitter;
use crate::blueprint::{Blueprint, Makings};
use crate::command::check_launch;
use crate::config::{Config, LabelError, normal_label};
use crate::identity::Retirement;
use crate::journal::{After, Journal, Key};
use crate::launching::Launch;
use crate::ledger::{Ledger, Registration, Restored, Write};
use crate::matcher::Matcher;
use crate::names::Names;
use crate::notice::Notice;
use crate::output::{AttemptId, CallError, CallId, Leader, Output, PersistId, Start, StreamEnd};
use crate::plan::is_agent_name;
use crate::reconcile::Reconciliation;
use crate::request::{Release, Request};
use crate::session::Session;
use crate::status::Counters;
use crate::tasks::Watch;
use crate::text::{Text, Texts};
use crate::time::Time;
use crate::timer::{Timer, Timers};
use crate::waiting::{TOLD_TOGETHER, Terms, Waiter, Waiting};
use mesos_wire::{Event, event};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

/// A Mesos framework that runs Jenkins agents.
///
/// There are four kinds of methods: commands ([`submit`](Self::submit) …), inputs (`handle_…`), outputs
/// ([`poll_output`](Self::poll_output), [`poll_timeout`](Self::poll_timeout)) and [`status`](Self::status). After each
/// command or input, or after all that came together, drain `poll_output` until it gives `None` and do what it says, in
/// order; then ask `poll_timeout`, and call [`handle_timeout`](Self::handle_timeout) at that time. Early and repeated calls
/// of it are harmless.
///
/// `now` must not go backwards. Inputs of attempts, calls and batches that are over are ignored.
#[derive(Debug)]
pub struct Framework {
    pub(crate) config: Config,
    pub(crate) session: Session,
    pub(crate) ledger: Ledger,
    pub(crate) watches: HashMap<Text, Watch>,
    pub(crate) journal: Journal,
    pub(crate) waiting: Waiting,
    pub(crate) matcher: Matcher,
    pub(crate) reconciliation: Reconciliation,
    /// By number; their intents are on the way to the store.
    pub(crate) launches: BTreeMap<u64, Launch>,
    /// Name to number of launch.
    pub(crate) launching: HashMap<Text, u64>,
    pub(crate) launches_made: u64,
    pub(crate) framework_id: Option<String>,
    /// The id before, after the master removed that framework.
    pub(crate) removed_framework: Option<String>,
    /// The framework of `framework_id` is to make way for another.
    pub(crate) retirement: Option<Retirement>,
    /// As what that framework was subscribed in this life.
    pub(crate) accepted: Option<Retirement>,
    /// The same as the store has it, or is about to.
    pub(crate) registration: Option<Registration>,
    /// By template: launches in a row that were lost without its fault.
    pub(crate) drops: HashMap<Text, u32>,
    pub(crate) names: Names,
    pub(crate) teardown: Teardown,
    /// What is the same in many agents that were submitted.
    texts: Texts,
    makings: Makings,
    pub(crate) timers: Timers,
    pub(crate) jitter: Jitter,
    /// The time of day, as of the last input.
    pub(crate) unix_millis: i64,
    clock: (Time, i64),
    /// The time of the last input.
    now: Time,
    outputs: VecDeque<Output>,
    pub(crate) counters: Counters,
}

/// How far the end of the framework has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Teardown {
    No,
    Wanted,
    Sent,
    /// The master has taken it; the store is to forget.
    Taken,
    Done,
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

/// How long an agent is expected to live whose template does not say: maintenance that begins within that time keeps it from
/// a host.
const LIFE_HOURS: u32 = 1;
const HOUR_MILLIS: i64 = 3_600_000;

/// Room for so many outputs is kept while there are none.
const OUTPUTS_KEPT: usize = 2 * TOLD_TOGETHER;

fn matcher_of(config: &Config) -> Matcher {
    let mut matcher = Matcher::new("");
    matcher.set_roles(config.roles());
    matcher.set_policy(config.policy());
    matcher.set_hold_back(config.hold_back());
    matcher
}

impl Framework {
    /// A framework with what its store held. It waits for [`handle_leader`](Self::handle_leader).
    pub fn new(config: Config, restored: Restored, start: Start) -> Self {
        let mut framework = Self {
            session: Session::new(start.now, restored.framework_id.clone()),
            ledger: Ledger::new(restored.tasks),
            watches: HashMap::new(),
            journal: Journal::new(),
            waiting: Waiting::default(),
            matcher: matcher_of(&config),
            reconciliation: Reconciliation::new(),
            launches: BTreeMap::new(),
            launching: HashMap::new(),
            launches_made: 0,
            framework_id: restored.framework_id,
            removed_framework: None,
            retirement: None,
            accepted: None,
            registration: restored.registration,
            drops: HashMap::new(),
            names: Names::owned(&config.owned),
            teardown: Teardown::No,
            texts: Texts::default(),
            makings: Makings::default(),
            timers: Timers::default(),
            jitter: Jitter::new(start.seed),
            unix_millis: start.unix_millis,
            clock: (start.now, start.unix_millis),
            now: start.now,
            outputs: VecDeque::new(),
            counters: Counters::default(),
            config,
        };
        framework.take_over(start.now);
        framework.retire_as_registered();
        framework.settle(start.now);
        framework
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
        self.tick(now);
        let name = request.name.clone();
        if self.teardown != Teardown::No {
            return Err(SubmitError::TornDown);
        }
        if !is_agent_name(&name) {
            return Err(SubmitError::BadName(name.to_string()));
        }
        if self.waiting.contains(&name) || self.ledger.get(&name).is_some() || self.names.was_submitted(&name)
        {
            return Err(SubmitError::Duplicate(name.to_string()));
        }
        let template = self
            .config
            .template(request.template.as_deref(), request.label.as_deref())?;
        let size = template.size()?;
        if let Err(problem) = check_launch(&request.launch) {
            let name = name.to_string();
            return Err(SubmitError::Launch { name, problem });
        }
        let template = self.makings.template(template);
        let launch = self.makings.launch(request.launch);
        let image = request.image.as_deref();
        let blueprint = match Blueprint::new(launch, image, Arc::clone(&template), size.heap()) {
            Ok(blueprint) => blueprint,
            Err(problem) => {
                let name = name.to_string();
                return Err(SubmitError::Launch { name, problem });
            }
        };
        let (cpus, mem) = size.total(request.executors);
        let label = self.texts.shared(&normal_label(&template.label));
        let group = self.texts.shared(&template.key());
        let mut waiter = Waiter::new(name.clone(), label, request.executors, blueprint, now);
        waiter.amount = Amount {
            cpus,
            mem,
            disk: size.disk,
            gpus: size.gpus,
        };
        waiter.terms = Terms {
            rule: self.matcher.rule(&group, &size.constraints),
            group,
            others: size.others,
            revocable: size.revocable,
            priority: size.priority,
            life_millis: i64::from(if size.max_hours > 0 {
                size.max_hours
            } else {
                LIFE_HOURS
            }) * HOUR_MILLIS,
        };
        waiter.launch_timeout_seconds = size.launch_timeout_seconds;
        let reason = self
            .matcher
            .impossible(&waiter.bare_ask())
            .unwrap_or_else(|| self.idle_reason());
        waiter.reason = self.waiting.shared(reason);
        self.waiting.put(waiter);
        self.names.submit(name);
        self.demand_grew(now);
        self.wake(now);
        self.settle(now);
        Ok(())
    }

    /// Withdraws agents that wait and kills those that run, until they are gone. Unknown names are ignored.
    pub fn release(&mut self, release: Release, now: Time) {
        self.tick(now);
        for name in &release.names {
            self.release_one(name, &release.reason, now);
        }
        self.settle(now);
    }

    /// Takes a new configuration. The master is told what it must know, if possible on the open stream (see `identity`); with
    /// another master, this waits for [`handle_leader`](Self::handle_leader). Agents that wait keep the sizes they were
    /// submitted with. A task that Java owned before and does not own now is killed.
    pub fn reconfigure(&mut self, config: Config, now: Time) {
        self.tick(now);
        let old = std::mem::replace(&mut self.config, config);
        self.makings.forget_templates();
        let gone: Vec<String> = old
            .owned
            .iter()
            .filter(|name| !self.config.owned.contains(*name) && !self.names.was_submitted(name))
            .cloned()
            .collect();
        for name in gone {
            self.release_one(&name, "its node is no longer in Jenkins", now);
        }
        let new = &self.config;
        let other_master = old.master.trim() != new.master.trim();
        if old.unreachable_timeout() != new.unreachable_timeout() {
            self.timers.at_latest(Timer::Tasks, now);
        }
        self.matcher.set_roles(new.roles());
        self.matcher.set_policy(new.policy());
        self.matcher.set_hold_back(new.hold_back());
        let launching = self.launches.values().flat_map(Launch::waiters);
        let rules = self
            .waiting
            .iter()
            .chain(launching)
            .map(|waiter| waiter.terms.rule);
        self.matcher.keep_rules(rules);
        match self.teardown {
            Teardown::No if other_master => self.reconnect(true, now),
            Teardown::No => self.on_other_identity(&old, now),
            _ => {}
        }
        self.wake(now);
        self.settle(now);
    }

    /// Ends the framework and all its tasks, because the cloud was deleted. See [`is_torn_down`](Self::is_torn_down); a
    /// shell gives it a while and then goes. No `ended` comes for the agents.
    pub fn teardown(&mut self, now: Time) {
        self.tick(now);
        if self.teardown == Teardown::No {
            self.teardown = Teardown::Wanted;
            self.void_all_launches();
            self.waiting.clear();
            self.names.expect_none();
            if self.framework_id.is_none() {
                self.on_teardown_taken();
            } else {
                self.send_teardown();
            }
        }
        self.settle(now);
    }

    pub(crate) fn on_teardown_taken(&mut self) {
        self.teardown = Teardown::Taken;
        self.framework_id = None;
        self.registration = None;
        let names: Vec<Text> = self.ledger.iter().map(|row| row.name.clone()).collect();
        for name in names {
            self.forget_row(&name);
        }
        self.journal.changed_then(Key::FrameworkId, After::TornDown);
    }

    /// Whether the master has taken the TEARDOWN call and the store has forgotten all.
    pub fn is_torn_down(&self) -> bool {
        self.teardown == Teardown::Done
    }

    /// The detector's answer changed.
    pub fn handle_leader(&mut self, leader: Leader, now: Time) {
        self.tick(now);
        if !matches!(self.teardown, Teardown::Taken | Teardown::Done) {
            self.on_leader(leader, now);
        }
        self.settle(now);
    }

    /// An event of the stream of `attempt`.
    pub fn handle_event(&mut self, attempt: AttemptId, event: Event, now: Time) {
        self.tick(now);
        if self.is_current(attempt) {
            self.on_event(attempt, event, now);
        }
        self.settle(now);
    }

    fn on_event(&mut self, attempt: AttemptId, event: Event, now: Time) {
        use event::Type;
        self.on_sign_of_life(now);
        let Some(Ok(kind)) = event.r#type.map(Type::try_from) else {
            return;
        };
        match kind {
            Type::Subscribed => {
                if let Some(subscribed) = event.subscribed {
                    self.on_subscribed(attempt, subscribed, now);
                }
            }
            Type::Error => {
                let message = event.error.map(|error| error.message).unwrap_or_default();
                self.on_error(&message, now);
            }
            // Nothing else comes before SUBSCRIBED.
            _ if self.session.subscribed().is_none() => {}
            Type::Offers => self.on_offers(event.offers.map(|offers| offers.offers).unwrap_or_default(), now),
            Type::Rescind => {
                if let Some(rescind) = event.rescind {
                    self.on_rescind(&rescind.offer_id, now);
                }
            }
            Type::Update => {
                if let Some(update) = event.update {
                    self.on_update(attempt, *update.status, now);
                }
            }
            Type::Failure => {
                if let Some(failure) = event.failure.filter(|failure| failure.executor_id.is_none())
                    && let Some(agent_id) = failure.agent_id
                {
                    self.matcher.forget(&agent_id.value);
                }
            }
            Type::InverseOffers => {
                let offers = event.inverse_offers.map(|offers| offers.inverse_offers);
                self.on_inverse_offers(offers.unwrap_or_default(), now);
            }
            Type::RescindInverseOffer => {
                if let Some(rescind) = event.rescind_inverse_offer {
                    self.on_rescind_inverse(&rescind.inverse_offer_id, now);
                }
            }
            Type::Unknown | Type::Message | Type::Heartbeat | Type::UpdateOperationStatus => {}
        }
    }

    /// The stream of `attempt` ended, or could not be opened.
    pub fn handle_stream_end(&mut self, attempt: AttemptId, end: StreamEnd, now: Time) {
        self.tick(now);
        self.on_stream_end(attempt, end, now);
        self.settle(now);
    }

    /// The master took a call (202) or not.
    pub fn handle_call_result(&mut self, id: CallId, result: Result<(), CallError>, now: Time) {
        self.tick(now);
        self.on_call_result(id, result, now);
        self.settle(now);
    }

    /// A batch is synced to disk, or failed; the message of a failure is for people.
    pub fn handle_persisted(&mut self, id: PersistId, result: Result<(), String>, now: Time) {
        self.tick(now);
        match result {
            Ok(()) => {
                for after in self.journal.confirmed(id) {
                    self.perform(after, now);
                }
            }
            Err(message) => {
                if let Some((launches, delay)) = self.journal.failed(id) {
                    self.trouble(
                        "ledger",
                        format!(
                            "the ledger cannot be written ({message}): check the disk of JENKINS_HOME; \
                             no agent is launched until it can"
                        ),
                    );
                    self.timers.at_latest(Timer::Store, now + delay);
                    self.void_failed(launches);
                }
            }
        }
        self.settle(now);
    }

    /// What waited for the store.
    pub(crate) fn perform(&mut self, after: After, now: Time) {
        match after {
            After::Accept(launch) => self.accept(launch, now),
            After::Acknowledge { attempt, call } => {
                // On another stream the agent repeats the update by itself.
                if self.session.subscribed() == Some(attempt) {
                    self.send(*call, crate::calls::Sent::Other);
                }
            }
            After::Notice(notice) => self.output(Output::Notice(notice)),
            After::TornDown => {
                self.teardown = Teardown::Done;
                self.end_session(now);
            }
        }
    }

    /// The time of day, in milliseconds since the Unix epoch. Tell it when it may have jumped, or now and then.
    pub fn handle_wall_clock(&mut self, unix_millis: i64, now: Time) {
        self.clock = (now, unix_millis);
        self.unix_millis = unix_millis;
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Time) {
        self.tick(now);
        while let Some(timer) = self.timers.expired(now) {
            match timer {
                Timer::Connect => self.on_connect_due(now),
                Timer::Handshake => self.on_handshake_due(now),
                Timer::Heartbeat => self.on_heartbeat_due(now),
                Timer::Explicit => self.on_explicit_due(now),
                Timer::Everything => self.ask_about_everything(now),
                Timer::Tasks => self.on_tasks_due(now),
                Timer::Launches => self.on_launches_due(now),
                // These are looked at in `settle`.
                Timer::Demand | Timer::Rest => {}
                Timer::Declines => self.on_declines_due(),
                Timer::Store => self.journal.unblock(),
                Timer::Reasons => self.waiting.look_again(),
            }
        }
        self.settle(now);
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due; may lie in the past.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Time> {
        self.timers.next()
    }

    /// The next thing to do. Last of all, what has changed since the last batch goes to the store
    /// together, so that inputs that come together cost one transaction.
    #[must_use]
    pub fn poll_output(&mut self) -> Option<Output> {
        if self.outputs.is_empty() {
            self.tell_waiting();
        }
        let output = self.outputs.pop_front();
        if self.outputs.is_empty() && self.outputs.capacity() > OUTPUTS_KEPT {
            // What a flood of them took is given back.
            self.outputs = VecDeque::new();
        }
        output.or_else(|| self.persist())
    }

    /// Tells Java why agents wait, or some of them.
    fn tell_waiting(&mut self) {
        let (notices, next) = self.waiting.tell(self.now);
        self.outputs.extend(notices.into_iter().map(Output::Notice));
        if let Some(next) = next {
            self.timers.at_latest(Timer::Reasons, next);
        }
    }

    /// The next batch for the store, made of what memory holds by now.
    fn persist(&mut self) -> Option<Output> {
        let (id, keys) = self.journal.next_batch(self.now)?;
        let mut writes = Vec::with_capacity(keys.len());
        for key in keys {
            match (key, &self.framework_id) {
                (Key::Task(name), _) => writes.push(self.ledger.write_of(&name)),
                (Key::FrameworkId, Some(framework_id)) => {
                    writes.push(Write::SetFrameworkId(framework_id.clone()));
                    writes.extend(self.registration.clone().map(Write::SetRegistration));
                }
                (Key::FrameworkId, None) => writes.push(Write::ClearFrameworkId),
            }
        }
        Some(Output::Persist { id, writes })
    }

    /// Before each input.
    fn tick(&mut self, now: Time) {
        self.now = now;
        let (then, unix_millis) = self.clock;
        let passed = i64::try_from((now - then).as_millis()).unwrap_or(i64::MAX);
        self.unix_millis = unix_millis.saturating_add(passed);
    }

    /// After each input: sends kills, tells the master what is wanted and Java why agents wait.
    fn settle(&mut self, now: Time) {
        if self.timers.take(Timer::Tasks, now) {
            self.on_tasks_due(now);
        }
        self.step_rest(now);
        self.step_demand(now);
        // Of thousands the others are told when those are.
        if self.outputs.len() < TOLD_TOGETHER {
            self.tell_waiting();
        }
    }

    pub(crate) fn output(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    pub(crate) fn trouble(&mut self, subject: &str, message: String) {
        self.output(Output::Notice(Notice::Trouble {
            subject: subject.to_owned(),
            message,
        }));
    }
}
