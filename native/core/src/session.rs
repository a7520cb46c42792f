//! The connection to the leading master.

use crate::backoff::Backoff;
use crate::calls::Sent;
use crate::demand::Demand;
use crate::framework::{Framework, Teardown};
use crate::journal::{After, Key};
use crate::master::MasterAddress;
use crate::matcher::Reason;
use crate::notice::{ConnectionState, Notice};
use crate::ondemand::Rest;
use crate::output::{AttemptId, CallId, Leader, Output};
use crate::time::Time;
use crate::timer::Timer;
use mesos_wire::{Call, FrameworkId, FrameworkInfo, OfferId, call, event};
use std::collections::BTreeMap;
use std::time::Duration;

const FIRST_RETRY: Duration = Duration::from_millis(500);
/// As the guide for highly available frameworks advises.
const RETRY_CAP: Duration = Duration::from_secs(15);
/// How long a session must have stood for the next retry to be quick again.
const HEALTHY: Duration = Duration::from_secs(30);
/// So that not all frameworks of a cluster meet a new leader at once; the C++ library has the same.
const NEW_LEADER_DELAY: Duration = Duration::from_millis(500);
const REJECTED_RETRY: Duration = Duration::from_secs(60);
const HANDSHAKE: Duration = Duration::from_secs(30);
const HEARTBEATS_MISSED: u32 = 5;
/// The master's own default.
const HEARTBEAT: f64 = 15.0;

#[derive(Debug)]
pub(crate) enum Stage {
    /// Nobody to talk to.
    Idle,
    /// Until [`Timer::Connect`].
    Pause,
    Connecting {
        attempt: AttemptId,
        master: MasterAddress,
        hops: u32,
        suppressed: bool,
    },
    Subscribed {
        attempt: AttemptId,
        master: MasterAddress,
        since: Time,
        heartbeat: Duration,
        demand: Demand,
    },
}

#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) stage: Stage,
    leader: Option<MasterAddress>,
    /// Why nobody is known to lead, as the detector has told it last.
    leaderless: Option<String>,
    /// What keeps us from being subscribed; shown until that is over.
    problem: Option<(ConnectionState, String)>,
    shown: (ConnectionState, Option<String>, Option<String>, Option<String>),
    pub(crate) since: Time,
    backoff: Backoff,
    attempts: u64,
    pub(crate) calls: u64,
    pub(crate) sent: BTreeMap<CallId, Sent>,
    pub(crate) undeclined: Vec<OfferId>,
    subscribed_before: bool,
    /// Which master subscribed us last.
    last_master: Option<String>,
    /// What the master was last told that the framework is.
    pub(crate) registered: FrameworkInfo,
    pub(crate) rest: Rest,
}

impl Session {
    pub(crate) fn new(now: Time, framework_id: Option<String>) -> Self {
        Self {
            stage: Stage::Idle,
            leader: None,
            leaderless: None,
            problem: None,
            shown: (ConnectionState::Searching, None, framework_id, None),
            since: now,
            backoff: Backoff::new(FIRST_RETRY, RETRY_CAP),
            attempts: 0,
            calls: 0,
            sent: BTreeMap::new(),
            undeclined: Vec::new(),
            subscribed_before: false,
            last_master: None,
            registered: FrameworkInfo::default(),
            rest: Rest::default(),
        }
    }

    pub(crate) fn subscribed(&self) -> Option<AttemptId> {
        match &self.stage {
            Stage::Subscribed { attempt, .. } => Some(*attempt),
            _ => None,
        }
    }

    fn attempt(&self) -> Option<AttemptId> {
        match &self.stage {
            Stage::Connecting { attempt, .. } | Stage::Subscribed { attempt, .. } => Some(*attempt),
            Stage::Idle | Stage::Pause => None,
        }
    }

    fn master(&self) -> Option<&MasterAddress> {
        match &self.stage {
            Stage::Connecting { master, .. } | Stage::Subscribed { master, .. } => Some(master),
            Stage::Idle | Stage::Pause => self.leader.as_ref(),
        }
    }

    pub(crate) fn knows_leader(&self) -> bool {
        self.leader.is_some()
    }

    pub(crate) fn forget_problem(&mut self) {
        self.problem = None;
    }

    pub(crate) fn is_suppressed(&self) -> bool {
        match &self.stage {
            Stage::Subscribed { demand, .. } => demand.is_suppressed(),
            Stage::Connecting { suppressed, .. } => *suppressed,
            Stage::Idle | Stage::Pause => false,
        }
    }

    pub(crate) fn shown(&self) -> &(ConnectionState, Option<String>, Option<String>, Option<String>) {
        &self.shown
    }
}

impl Framework {
    pub(crate) fn on_leader(&mut self, leader: Leader, now: Time) {
        match leader {
            Leader::Found(address) => self.on_leader_found(address, now),
            Leader::None => {
                self.on_no_leader(
                    "no Mesos master leads at the moment: start one, or check the path in ZooKeeper"
                        .to_owned(),
                    now,
                );
            }
            Leader::Unreachable(message) => self.on_no_leader(message, now),
        }
    }

    fn on_leader_found(&mut self, address: MasterAddress, now: Time) {
        let first = self.session.leader.is_none();
        let same = self.session.leader.as_ref() == Some(&address);
        let there = self.session.attempt().is_some() && self.session.master() == Some(&address);
        self.session.leader = Some(address);
        self.session.leaderless = None;
        if there || (same && !matches!(self.session.stage, Stage::Idle)) {
            return;
        }
        self.drop_stream(now);
        self.session.problem = None;
        self.session.backoff.reset();
        if (first && !self.session.subscribed_before) || self.may_rest() {
            self.connect_to_leader(now);
        } else {
            self.session.stage = Stage::Pause;
            let delay = self.jitter.up_to(NEW_LEADER_DELAY);
            self.timers.set(Timer::Connect, now + delay);
            self.show(now);
        }
    }

    /// A stream that stands is kept: a master that has lost ZooKeeper ends by itself.
    fn on_no_leader(&mut self, message: String, now: Time) {
        self.session.leader = None;
        self.session.leaderless = Some(message);
        if self.session.subscribed().is_some() {
            return;
        }
        self.drop_stream(now);
        self.timers.clear(Timer::Connect);
        self.await_leader(now);
    }

    /// There is nothing to be done before the detector names a leader; what it has said instead is told.
    fn await_leader(&mut self, now: Time) {
        self.session.stage = Stage::Idle;
        if let Some(message) = self.session.leaderless.clone() {
            self.session.problem = Some((ConnectionState::Searching, message));
        }
        self.show(now);
    }

    pub(crate) fn connect_to_leader(&mut self, now: Time) {
        match self.session.leader.clone() {
            Some(_) if self.may_rest() => {
                self.session.stage = Stage::Idle;
                self.session.problem = None;
                self.show(now);
            }
            Some(master) => self.connect(master, 0, now),
            None => self.await_leader(now),
        }
    }

    pub(crate) fn connect(&mut self, master: MasterAddress, hops: u32, now: Time) {
        self.session.attempts += 1;
        let attempt = AttemptId(self.session.attempts);
        // Otherwise the first offers after each start would be for nothing.
        let suppressed = self.waiting.is_empty();
        let info = self.identity();
        self.session.registered = info.clone();
        let subscribe = Call {
            framework_id: info.id.clone(),
            r#type: Some(call::Type::Subscribe as i32),
            subscribe: Some(call::Subscribe {
                framework_info: info,
                suppressed_roles: if suppressed {
                    self.config.roles().into_iter().map(str::to_owned).collect()
                } else {
                    Vec::new()
                },
                offer_constraints: None,
            }),
            ..Call::default()
        };
        self.output(Output::Connect {
            attempt,
            master: master.clone(),
            subscribe: Box::new(subscribe),
        });
        self.session.stage = Stage::Connecting {
            attempt,
            master,
            hops,
            suppressed,
        };
        self.timers.clear(Timer::Connect);
        self.timers.set(Timer::Handshake, now + HANDSHAKE);
        self.show(now);
    }

    pub(crate) fn on_subscribed(&mut self, attempt: AttemptId, subscribed: event::Subscribed, now: Time) {
        let Stage::Connecting {
            attempt: current,
            master,
            suppressed,
            ..
        } = &self.session.stage
        else {
            return;
        };
        if *current != attempt {
            return;
        }
        let (master, suppressed) = (master.clone(), *suppressed);
        let home = subscribed
            .master_info
            .as_ref()
            .and_then(|master| master.domain.as_ref());
        self.matcher.set_home(home);
        let id = subscribed.framework_id.value;
        if id.is_empty() {
            self.retry("the master's SUBSCRIBED has no framework id".to_owned(), now);
            return;
        }
        self.session.registered.id = Some(FrameworkId { value: id.clone() });
        // The address may be that of another process.
        let leader = subscribed
            .master_info
            .as_ref()
            .map_or_else(|| master.to_string(), |info| info.id.clone());
        // A new framework has no tasks; with a master that we have left for a moment only, nothing is new.
        let recovery = self.framework_id.as_deref() == Some(id.as_str())
            && self.session.last_master.as_ref() != Some(&leader);
        self.session.last_master = Some(leader);
        if self.framework_id.as_deref() != Some(id.as_str()) {
            let previous = self
                .framework_id
                .replace(id.clone())
                .or_else(|| self.removed_framework.take());
            let notice = Notice::Framework {
                framework_id: id,
                previous,
            };
            self.journal.changed_then(Key::FrameworkId, After::Notice(notice));
        }
        let seconds = subscribed
            .heartbeat_interval_seconds
            .filter(|s| s.is_finite())
            .unwrap_or(HEARTBEAT);
        let heartbeat = Duration::from_secs_f64(seconds.clamp(1.0, 3600.0));
        self.session.stage = Stage::Subscribed {
            attempt,
            master,
            since: now,
            heartbeat,
            demand: Demand::new(suppressed, now),
        };
        self.session.problem = None;
        self.on_accepted();
        if std::mem::replace(&mut self.session.subscribed_before, true) {
            self.counters.reconnects += 1;
        }
        self.timers.clear(Timer::Handshake);
        self.on_sign_of_life(now);
        self.show(now);
        self.explain_waiting();
        if self.teardown == Teardown::No {
            self.start_reconciliation(recovery, now);
        } else {
            self.send_teardown();
        }
    }

    /// Any event counts as a heartbeat.
    pub(crate) fn on_sign_of_life(&mut self, now: Time) {
        if let Stage::Subscribed { heartbeat, .. } = &self.session.stage {
            self.timers
                .set(Timer::Heartbeat, now + *heartbeat * HEARTBEATS_MISSED);
        }
    }

    pub(crate) fn is_current(&self, attempt: AttemptId) -> bool {
        self.session.attempt() == Some(attempt)
    }

    /// Tries again soon.
    pub(crate) fn retry(&mut self, message: String, now: Time) {
        self.drop_stream(now);
        self.session.stage = Stage::Pause;
        let delay = self.session.backoff.advance();
        self.timers.set(Timer::Connect, now + self.jitter.spread(delay));
        self.session.problem = Some((ConnectionState::Disconnected, message));
        self.show(now);
    }

    /// Tries again slowly: someone has to change something.
    pub(crate) fn reject(&mut self, message: String, now: Time) {
        self.drop_stream(now);
        self.session.stage = Stage::Pause;
        self.timers
            .set(Timer::Connect, now + self.jitter.spread(REJECTED_RETRY));
        self.session.problem = Some((ConnectionState::Rejected, message));
        self.show(now);
    }

    /// The connection is to be made anew because of the configuration. With another master the detector speaks first.
    pub(crate) fn reconnect(&mut self, other_master: bool, now: Time) {
        self.drop_stream(now);
        self.session.problem = None;
        self.session.backoff.reset();
        if other_master {
            self.session.leader = None;
            self.session.leaderless = None;
            self.session.stage = Stage::Idle;
            self.timers.clear(Timer::Connect);
            self.show(now);
        } else {
            self.connect_to_leader(now);
        }
    }

    /// Whether the master has refused us, so that a changed configuration is worth a try.
    pub(crate) fn is_troubled(&self) -> bool {
        matches!(self.session.stage, Stage::Pause) && self.session.problem.is_some()
    }

    /// Ends the stream from our side, if there is one.
    pub(crate) fn drop_stream(&mut self, now: Time) {
        if let Some(attempt) = self.session.attempt() {
            self.output(Output::Disconnect { attempt });
            self.stream_is_gone(now);
        }
    }

    /// Whatever hung on the stream is gone with it: offers, calls on their way, questions to the master.
    pub(crate) fn stream_is_gone(&mut self, now: Time) {
        if let Stage::Subscribed { since, .. } = &self.session.stage
            && now - *since >= HEALTHY
        {
            self.session.backoff.reset();
        }
        self.session.stage = Stage::Pause;
        self.session.rest.stream_is_gone();
        self.session.sent.clear();
        self.session.undeclined.clear();
        for timer in [
            Timer::Handshake,
            Timer::Heartbeat,
            Timer::Explicit,
            Timer::Everything,
            Timer::Launches,
            Timer::Demand,
            Timer::Declines,
            Timer::Rest,
        ] {
            self.timers.clear(timer);
        }
        self.void_all_launches();
        self.stop_reconciliation();
    }

    pub(crate) fn on_connect_due(&mut self, now: Time) {
        if matches!(self.session.stage, Stage::Pause) {
            self.connect_to_leader(now);
        }
    }

    pub(crate) fn on_handshake_due(&mut self, now: Time) {
        let seconds = HANDSHAKE.as_secs();
        self.retry(
            format!("the master did not answer the subscription within {seconds} s"),
            now,
        );
    }

    pub(crate) fn on_heartbeat_due(&mut self, now: Time) {
        self.retry("the master has fallen silent: no heartbeat came".to_owned(), now);
    }

    /// Ends the stream; what comes next is the caller's.
    pub(crate) fn leave_stream(&mut self, now: Time) {
        self.drop_stream(now);
        self.session.stage = Stage::Idle;
    }

    pub(crate) fn end_session(&mut self, now: Time) {
        self.drop_stream(now);
        self.session.leader = None;
        self.session.stage = Stage::Idle;
        self.timers.clear(Timer::Connect);
    }

    /// Why agents wait as far as the connection goes.
    pub(crate) fn idle_reason(&self) -> Reason {
        let text = match (&self.session.stage, &self.session.problem) {
            (Stage::Subscribed { .. }, _) => "waits for offers of the master".to_owned(),
            (_, Some((_, problem))) => format!("not connected to a Mesos master: {problem}"),
            (_, None) => "not connected to a Mesos master yet".to_owned(),
        };
        Reason::new(text)
    }

    pub(crate) fn explain_waiting(&mut self) {
        let idle = self.idle_reason();
        let matcher = &mut self.matcher;
        self.waiting.set_reasons(|waiter| {
            matcher
                .impossible(&waiter.bare_ask())
                .unwrap_or_else(|| idle.clone())
        });
    }

    /// Tells Java if anything of it changed.
    fn show(&mut self, now: Time) {
        let (state, message) = match (&self.session.stage, &self.session.problem) {
            (Stage::Idle, None) if self.is_resting() => (ConnectionState::Idle, None),
            (Stage::Subscribed { .. }, _) => (ConnectionState::Subscribed, None),
            (_, Some((state, message))) => (*state, Some(message.clone())),
            (Stage::Connecting { .. } | Stage::Pause, None) => (ConnectionState::Connecting, None),
            (Stage::Idle, None) => (ConnectionState::Searching, None),
        };
        let leader = self.session.master().map(ToString::to_string);
        let shown = (state, leader, self.framework_id.clone(), message);
        if shown == self.session.shown {
            return;
        }
        if shown.0 != self.session.shown.0 {
            self.session.since = now;
        }
        self.session.shown = shown.clone();
        let (state, leader, framework_id, message) = shown;
        self.output(Output::Notice(Notice::Connection {
            state,
            leader,
            framework_id,
            message,
        }));
        if state != ConnectionState::Subscribed {
            self.explain_waiting();
        }
    }
}
