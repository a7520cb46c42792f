//! Everything around one framework: cluster, disk, network, Jenkins, and the order in which things happen.

use crate::faults::{CrashPoint, Fault};
use crate::jenkins::Jenkins;
use crate::master::{FakeMaster, Millis};
use crate::plan::{Errand, PORTS, Plan};
use crate::rng::Rng;
use crate::rule;
use crate::shell::{Links, Message};
use crate::stock::Stock;
use crate::store::FakeStore;
use crate::stranger::Strangers;
use crate::tamper::Tamper;
use crate::twin::Twin;
use crate::watch::{Violation, Watch};
use mesos_core::{Framework, Leader, Start, Time};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// So many turns without a millisecond passing are a circle.
const TURNS_WITHOUT_TIME: u32 = 20_000;
/// How many lines of a trace are kept.
const TRACE_LINES: usize = 5_000;

/// The simulated world.
pub struct World {
    pub(crate) plan: Plan,
    pub(crate) rng: Rng,
    now: Millis,
    turns: u64,
    idle_turns: u32,
    sequence: u64,
    queue: BinaryHeap<Reverse<Scheduled>>,
    /// The cluster.
    pub master: FakeMaster,
    /// The disk.
    pub store: FakeStore,
    /// The other side of the JNI border.
    pub jenkins: Jenkins,
    /// What is checked all along.
    pub watch: Watch,
    pub(crate) framework: Option<Framework>,
    /// Which life of the JVM this is; what belongs to an earlier one is void.
    pub(crate) life: u64,
    pub(crate) links: Links,
    pub(crate) weather: Weather,
    pub(crate) orphans: u32,
    pub(crate) strangers: Strangers,
    pub(crate) twin: Twin,
    /// How many outputs the framework has made.
    pub(crate) outputs: u64,
    /// What the time of day was set off by.
    clock_offset: i64,
    trace: Option<Vec<String>>,
}

/// What holds for a while. All are simulated times at which it is over.
#[derive(Debug)]
pub(crate) struct Weather {
    pub(crate) calls_fail_until: Millis,
    pub(crate) slow_until: Millis,
    pub(crate) refuse_until: Millis,
    pub(crate) refusal: u16,
    pub(crate) redirect_until: Millis,
    pub(crate) hidden_until: Millis,
    pub(crate) hidden_as: Leader,
    pub(crate) updates_lost_until: Millis,
    pub(crate) disk_slow_until: Millis,
    pub(crate) disk_full_until: Millis,
    pub(crate) frozen_until: Millis,
    pub(crate) inward_cut_until: Millis,
    pub(crate) outward_cut_until: Millis,
    pub(crate) calls_twice_until: Millis,
    pub(crate) disk_stuck_until: Millis,
    pub(crate) rescind_at_accept: bool,
    /// Where Jenkins dies, and for how long.
    pub(crate) crash_at: Option<(CrashPoint, Millis)>,
}

impl Default for Weather {
    fn default() -> Self {
        Self {
            calls_fail_until: 0,
            slow_until: 0,
            refuse_until: 0,
            refusal: 503,
            redirect_until: 0,
            hidden_until: 0,
            hidden_as: Leader::None,
            updates_lost_until: 0,
            disk_slow_until: 0,
            disk_full_until: 0,
            frozen_until: 0,
            inward_cut_until: 0,
            outward_cut_until: 0,
            calls_twice_until: 0,
            disk_stuck_until: 0,
            rescind_at_accept: false,
            crash_at: None,
        }
    }
}

/// The wall clock at simulated time zero.
const WALL: i64 = 1_800_000_000_000;

/// What is going to happen.
pub(crate) enum Event {
    Errand(Errand),
    Fault(Fault),
    Message(Message),
    /// The leader that the detector of this life announces.
    Leader(u64),
    Disk(u64),
    NodeDeleted(u64, String),
    Restart,
    /// The detector finds this instead of the leader, up to a time.
    Hidden(Leader, Millis),
    /// The second copy of the plugin tries to subscribe.
    Twin,
    TwinGoes,
    Elect(Millis),
    Heal(String),
    MarkGone(String),
}

impl Event {
    /// Whether it can only happen while the machine of Jenkins is awake.
    fn waits_for_jenkins(&self) -> bool {
        match self {
            Event::Errand(_) | Event::Leader(_) | Event::Disk(_) | Event::NodeDeleted(..) => true,
            Event::Message(message) => message.is_inward(),
            _ => false,
        }
    }
}

struct Scheduled {
    at: Millis,
    sequence: u64,
    event: Event,
}

impl PartialEq for Scheduled {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.sequence) == (other.at, other.sequence)
    }
}

impl Eq for Scheduled {}

impl PartialOrd for Scheduled {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scheduled {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.sequence).cmp(&(other.at, other.sequence))
    }
}

impl World {
    /// A world at its beginning, with Jenkins started; with `traced` it keeps its last events for
    /// [`trace`](Self::trace).
    pub fn new(plan: Plan, traced: bool) -> Self {
        let mut master = FakeMaster::new(plan.seed ^ 0x6d61_7374);
        master.set_misfortune(plan.misfortune);
        for (stock, rack) in &plan.agents {
            master.add_agent(*stock, &[("rack", rack)]);
        }
        let mut jenkins = Jenkins::default();
        jenkins.settings.role.clone_from(&plan.role);
        let mut world = Self {
            rng: Rng::new(plan.seed ^ 0x776f_726c),
            now: 0,
            turns: 0,
            idle_turns: 0,
            sequence: 0,
            queue: BinaryHeap::new(),
            master,
            store: FakeStore::default(),
            jenkins,
            watch: Watch::default(),
            framework: None,
            life: 0,
            links: Links::default(),
            weather: Weather::default(),
            orphans: 0,
            strangers: Strangers::default(),
            twin: Twin::default(),
            outputs: 0,
            clock_offset: 0,
            trace: traced.then(Vec::new),
            plan,
        };
        for (at, errand) in world.plan.errands.clone() {
            world.schedule_at(at, Event::Errand(errand));
        }
        for (at, fault) in world.plan.faults.clone() {
            world.schedule_at(at, Event::Fault(fault));
        }
        world.start();
        world
    }

    /// Simulated milliseconds since the beginning.
    pub fn now(&self) -> Millis {
        self.now
    }

    /// How many things have happened.
    pub fn turns(&self) -> u64 {
        self.turns
    }

    /// The rule that was broken, if one was.
    pub fn violation(&self) -> Option<&Violation> {
        self.watch.violation()
    }

    /// The last events, oldest first.
    pub fn trace(&self) -> &[String] {
        self.trace.as_deref().unwrap_or_default()
    }

    /// The framework; `None` while Jenkins is down.
    pub fn framework(&self) -> Option<&Framework> {
        self.framework.as_ref()
    }

    pub(crate) fn time(&self) -> Time {
        Time::from_millis(self.now)
    }

    pub(crate) fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            if trace.len() >= 2 * TRACE_LINES {
                trace.drain(..TRACE_LINES);
            }
            let (seconds, millis) = (self.now / 1000, self.now % 1000);
            trace.push(format!("{seconds:6}.{millis:03} {}", line()));
        }
    }

    pub(crate) fn schedule(&mut self, delay: Millis, event: Event) {
        self.schedule_at(self.now + delay, event);
    }

    pub(crate) fn schedule_at(&mut self, at: Millis, event: Event) {
        self.sequence += 1;
        self.queue.push(Reverse(Scheduled {
            at: at.max(self.now),
            sequence: self.sequence,
            event,
        }));
    }

    /// Runs until the simulated time `until`, or until a rule is broken.
    pub fn run_until(&mut self, until: Millis) {
        while self.violation().is_none() && self.turn(until) {}
    }

    /// Runs until `done`, at most for `within` milliseconds. Says whether it came to that.
    pub fn run_while_not(&mut self, within: Millis, done: impl Fn(&World) -> bool) -> bool {
        let until = self.now + within;
        while self.violation().is_none() && !done(self) {
            if !self.turn(until) {
                return false;
            }
        }
        self.violation().is_none()
    }

    /// One thing happens. False: nothing is left to happen until then.
    fn turn(&mut self, until: Millis) -> bool {
        let queued = self.queue.peek().map_or(Millis::MAX, |Reverse(next)| next.at);
        let cluster = self.master.next_due();
        let timeout = self.framework_due();
        let next = queued.min(cluster).min(timeout).max(self.now);
        if next > until {
            self.now = self.now.max(until);
            return false;
        }
        self.turns += 1;
        if next > self.now {
            self.now = next;
            self.idle_turns = 0;
        } else {
            self.idle_turns += 1;
            if self.idle_turns > TURNS_WITHOUT_TIME {
                let detail = format!("queued {queued}, cluster {cluster}, framework {timeout}");
                self.watch.fail(self.now, rule::TIME_GOES_ON, &detail);
                return false;
            }
        }
        self.weather_changes();
        if cluster <= self.now {
            self.master.advance(self.now);
        } else if timeout <= self.now && (queued > self.now || self.rng.chance(50)) {
            self.input(|framework, now| framework.handle_timeout(now));
        } else if let Some(Reverse(next)) = self.queue.pop() {
            if self.weather.frozen_until > self.now && next.event.waits_for_jenkins() {
                // It keeps its place among those that wait.
                let at = self.weather.frozen_until;
                self.queue.push(Reverse(Scheduled { at, ..next }));
            } else {
                self.happen(next.event);
            }
        }
        self.relay();
        self.check();
        true
    }

    /// When the framework wants to be woken.
    fn framework_due(&self) -> Millis {
        if self.plan.tamper == Some(Tamper::NeverSleeps) {
            return self.now;
        }
        self.framework
            .as_ref()
            .and_then(Framework::poll_timeout)
            .map_or(Millis::MAX, |at| at.as_millis().max(self.weather.frozen_until))
    }

    fn weather_changes(&mut self) {
        if self.weather.updates_lost_until != 0 && self.weather.updates_lost_until <= self.now {
            self.weather.updates_lost_until = 0;
            self.master.lose_updates(0);
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Errand(errand) => self.run_errand(errand),
            Event::Fault(fault) => {
                self.note(|| format!("FAULT {fault:?}"));
                self.inflict(&fault);
            }
            Event::Message(message) => self.deliver(message),
            Event::Leader(life) if life == self.life => {
                let leader = self.leader();
                self.note(|| format!("leader {leader:?}"));
                self.input(|framework, now| framework.handle_leader(leader, now));
            }
            Event::Disk(life) if life == self.life => self.disk_turns(),
            Event::NodeDeleted(life, name) if life == self.life => {
                self.jenkins.nodes.remove(&name);
                if self.plan.caps.is_some() && self.framework.is_some() {
                    self.review();
                }
            }
            Event::Leader(_) | Event::Disk(_) | Event::NodeDeleted(..) => {}
            Event::Restart => self.start(),
            Event::Hidden(leader, until) => {
                self.weather.hidden_until = until;
                self.weather.hidden_as = leader;
                self.announce_leader();
            }
            Event::Twin => self.twin_subscribes(),
            Event::TwinGoes => self.twin_goes(),
            Event::Elect(spread) => {
                self.note(|| "a new master leads".to_owned());
                self.master.elect(spread);
                self.announce_leader();
            }
            Event::Heal(agent) => self.master.heal_agent(&agent),
            Event::MarkGone(agent) => self.master.mark_gone(&agent),
        }
    }

    /// Sometimes a node is missing after a restart: someone removed its file, or its release died with the process.
    fn lose_a_node(&mut self) {
        // Numbers of its own, so that a run goes on as before where nothing is lost.
        let mut rng = Rng::new(self.plan.seed ^ self.life.rotate_left(32));
        let names: Vec<String> = self.jenkins.nodes.keys().cloned().collect();
        if self.life > 0
            && !self.plan.faults.is_empty()
            && rng.chance(15)
            && let Some(name) = rng.pick(&names)
        {
            self.note(|| format!("the node {name} is not there any more"));
            self.jenkins.nodes.remove(name);
            self.jenkins.released.insert(name.clone());
        }
    }

    /// Jenkins starts.
    fn start(&mut self) {
        self.lose_a_node();
        let start = Start {
            now: self.time(),
            unix_millis: self.unix_millis(),
            seed: self.rng.number(),
        };
        let restored = match self.store.restored() {
            Ok(restored) => restored,
            Err(error) => {
                return self.watch.fail(self.now, rule::ROWS_SURVIVE, &error.to_string());
            }
        };
        let config = match self.jenkins.config(&self.plan) {
            Ok(config) => config,
            Err(error) => {
                return self
                    .watch
                    .fail(self.now, rule::CONFIGURATION_READABLE, &error.to_string());
            }
        };
        let life = self.life;
        self.note(|| {
            let rows = restored.tasks.len();
            format!(
                "Jenkins starts, life {life}: {rows} rows, owns {:?}",
                config.owned
            )
        });
        self.watch.life_begins(config.owned.iter().cloned(), &restored);
        self.framework = Some(Framework::new(config, restored, start));
        self.drain();
        self.announce_leader();
    }

    /// The time of day as the machine of Jenkins has it.
    fn unix_millis(&self) -> i64 {
        WALL.saturating_add_unsigned(self.now)
            .saturating_add(self.clock_offset)
    }

    /// Sets the time of day off.
    pub(crate) fn set_clock(&mut self, seconds: i64) {
        self.clock_offset = seconds.saturating_mul(1_000);
        let unix_millis = self.unix_millis();
        self.input(|framework, now| framework.handle_wall_clock(unix_millis, now));
    }

    /// Jenkins dies if it is to die at this point.
    pub(crate) fn reaches(&mut self, point: CrashPoint) {
        if let Some((_, down)) = self.weather.crash_at.take_if(|(at, _)| *at == point) {
            self.crash(down);
        }
    }

    /// Jenkins dies, and starts again after `down` milliseconds.
    pub fn crash(&mut self, down: Millis) {
        if self.framework.take().is_none() {
            return;
        }
        self.note(|| format!("Jenkins dies for {down} ms"));
        self.life += 1;
        self.store.crash(&mut self.rng);
        self.watch.life_ends();
        self.drop_links();
        self.schedule(down, Event::Restart);
    }

    /// Gives something to the framework, if Jenkins is up, and does what it says.
    pub(crate) fn input<T>(&mut self, give: impl FnOnce(&mut Framework, Time) -> T) -> Option<T> {
        let now = self.time();
        let answer = give(self.framework.as_mut()?, now);
        self.drain();
        Some(answer)
    }

    fn check(&mut self) {
        let now = self.now;
        for complaint in self.master.take_complaints() {
            self.watch.fail(now, rule::CALLS_FAULTLESS, &complaint);
        }
        for agent in self.master.newly_overdrawn() {
            self.watch
                .fail(now, rule::RESOURCES_ONCE, &format!("{agent} is overdrawn"));
        }
        self.look_for_strangers();
        let frozen = self.weather.frozen_until + 1_000 > now;
        self.watch.time_passes(now, frozen);
    }

    /// The leading master dies; the next one comes after `down` ms, agents come back to it within `spread` ms.
    pub fn depose(&mut self, down: Millis, spread: Millis) {
        if self.master.is_up() {
            self.master.depose();
            self.announce_leader();
            self.schedule(down, Event::Elect(spread));
        }
    }

    pub(crate) fn nth_agent(&self, nth: usize) -> Option<String> {
        let ids: Vec<&String> = self.master.agents().keys().collect();
        ids.get(nth.checked_rem(ids.len())?).map(|id| (*id).clone())
    }

    pub(crate) fn heal_later(&mut self, agent: String, delay: Millis) {
        self.schedule(delay, Event::Heal(agent));
    }

    pub(crate) fn mark_gone_later(&mut self, agent: String, delay: Millis) {
        self.schedule(delay, Event::MarkGone(agent));
    }

    pub(crate) fn add_agent_like(&mut self, nth: usize) {
        let like = nth
            .checked_rem(self.plan.agents.len())
            .and_then(|nth| self.plan.agents.get(nth));
        let (stock, rack) = like
            .copied()
            .unwrap_or((Stock::plain(2_000, 4_096_000).ports(PORTS), "a"));
        self.master.add_agent(stock, &[("rack", rack)]);
    }

    /// What was still planned does not happen.
    pub fn forget_plans(&mut self) {
        self.queue.retain(|Reverse(next)| {
            !matches!(next.event, Event::Errand(_) | Event::Fault(_) | Event::Hidden(..))
        });
        self.jenkins.builds.clear();
    }

    /// From now on all is well: everything works, whoever was away comes back, what is dead is declared dead, and the
    /// cluster has room for all.
    pub fn calm(&mut self) {
        self.note(|| "CALM".to_owned());
        self.weather = Weather {
            frozen_until: self.weather.frozen_until,
            ..Weather::default()
        };
        self.master.lose_updates(0);
        self.master.set_misfortune(0);
        self.master.elect(1_000);
        let agents: Vec<(String, bool)> = self
            .master
            .agents()
            .iter()
            .map(|(id, agent)| (id.clone(), agent.is_dead()))
            .collect();
        for (id, dead) in agents {
            match dead {
                true => self.master.mark_gone(&id),
                false => self.master.heal_agent(&id),
            }
        }
        let large = Stock::plain(400_000, 400_000_000).disk(400_000_000);
        self.master.add_agent(large, &[("rack", "a")]);
        // They share no host: all want the same port.
        let ported = self
            .jenkins
            .nodes
            .values()
            .filter(|node| node.label == "ported")
            .count();
        for _ in 0..ported {
            let small = Stock::plain(4_000, 4_096_000).ports(PORTS);
            self.master.add_agent(small, &[("rack", "b")]);
        }
        if self.framework.is_none() {
            self.queue
                .retain(|Reverse(next)| !matches!(next.event, Event::Restart));
            self.start();
        }
        self.twin_comes(0);
        self.settle_principal();
        self.announce_leader();
    }
}
