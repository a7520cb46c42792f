//! What can go wrong.

use crate::master::Millis;
use crate::rng::Rng;
use crate::settings::Change;
use crate::world::{Event, World};
use mesos_core::{Leader, StreamEnd};
use mesos_wire::TaskState;

/// One thing that goes wrong. Lengths are in milliseconds; `nth` picks among what is there, around and around.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The stream breaks, and both sides notice; with `garbage` in the middle of a record.
    Reset {
        /// Whether half a record is read.
        garbage: bool,
    },
    /// The stream and the calls on it hang without a sign; the master notices after this long.
    Silence(Millis),
    /// Calls fail, having arrived or not.
    CallsFail(Millis),
    /// Everything takes seconds.
    Slow(Millis),
    /// The leading master answers SUBSCRIBE with this status.
    Refuse {
        /// HTTP status.
        status: u16,
        /// How long.
        length: Millis,
    },
    /// Masters redirect in a circle.
    RedirectLoop(Millis),
    /// The leader dies; after `down` the next leads, to which agents come back within `spread`.
    Failover {
        /// Without any leader.
        down: Millis,
        /// For all agents to come back.
        spread: Millis,
    },
    /// ZooKeeper says nothing useful.
    LeaderHidden {
        /// Whether the detector fails, instead of finding nobody.
        broken: bool,
        /// How long.
        length: Millis,
    },
    /// ZooKeeper's session expired: the same leader is found again.
    LeaderAgain,
    /// An agent is cut off.
    AgentCut {
        /// Which.
        nth: usize,
        /// How long.
        length: Millis,
    },
    /// An agent's process restarts.
    AgentRestart {
        /// Which.
        nth: usize,
    },
    /// An agent burns down; another comes in its place.
    AgentLost {
        /// Which.
        nth: usize,
        /// How long until an operator says that it is gone.
        marked_after: Millis,
    },
    /// A running task ends by itself.
    TaskEnds {
        /// Which.
        nth: usize,
        /// As it ends.
        failed: bool,
    },
    /// The master takes an offer back.
    Rescind,
    /// Updates from agents get lost.
    LoseUpdates(Millis),
    /// Updates come twice.
    RepeatUpdates,
    /// A task of ours runs that nobody wrote down.
    Orphan {
        /// On which agent.
        nth: usize,
        /// Whether only the master's list shows it.
        silent: bool,
    },
    /// Jenkins dies and starts again after this long.
    Crash(Millis),
    /// The disk is slow.
    DiskSlow(Millis),
    /// The disk is full.
    DiskFull(Millis),
    /// An operator tears the framework down.
    Teardown,
    /// A second copy of the plugin takes the subscription over.
    Usurp,
    /// The machine sleeps: for this long Jenkins does nothing, and then all comes at once.
    Freeze(Millis),
    /// An event of a kind that nobody knows, and one that is empty.
    StrangeEvents,
    /// Nothing comes from the master any more, while calls still reach it; then all comes at once.
    CutInward(Millis),
    /// Calls do not reach the master; then all come at once, long after they were given up.
    CutOutward(Millis),
    /// Calls that may be repeated are.
    CallsTwice(Millis),
    /// Old updates come again, whatever was heard since.
    EchoUpdates {
        /// How many.
        count: usize,
    },
    /// The time of day is set to another.
    ClockJump {
        /// By so many seconds.
        seconds: i64,
    },
    /// Jenkins dies at just this point, and starts again after `down`.
    CrashAt {
        /// When.
        point: CrashPoint,
        /// For how long.
        down: Millis,
    },
    /// The master takes the offers of the next ACCEPT back while that is on its way.
    RescindAtAccept,
    /// The disk does not move.
    DiskStuck(Millis),
    /// A person saves the cloud.
    Save(Change),
    /// A second copy of the plugin is there, and takes the subscription over again and again.
    Twin(Millis),
    /// What is at the leader's place in ZooKeeper is no good.
    Znode {
        /// What is there.
        content: Znode,
        /// How long.
        length: Millis,
    },
    /// The master wants an agent back.
    Maintenance {
        /// Which.
        nth: usize,
    },
}

/// What can be in ZooKeeper where the leading master should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Znode {
    /// Nothing at all.
    Empty,
    /// What is no address.
    Garbage,
    /// An address at which no master is.
    Elsewhere,
    /// Now this, now that.
    Changing,
}

/// The steps between a request and a task that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrashPoint {
    /// The next batch was given to the store, and is not on the disk.
    BeforeSync,
    /// It is on the disk, and the framework has not heard so.
    AfterSync,
    /// The next ACCEPT was put out, and has not left.
    BeforeAccept,
    /// It has arrived, and no answer came.
    AfterAccept,
    /// The next update was heard, and nothing of it is written.
    AfterUpdate,
}

impl Fault {
    /// Draws one.
    pub fn draw(rng: &mut Rng) -> Self {
        let nth = usize::try_from(rng.below(16)).unwrap_or(0);
        let short = rng.between(500, 30_000);
        let long = rng.between(5_000, 400_000);
        match rng.below(30) {
            0 | 1 => Fault::Reset {
                garbage: rng.chance(30),
            },
            2 | 3 => Fault::Silence(long),
            4 | 5 => Fault::CallsFail(short),
            6 => Fault::Slow(long),
            7 => Fault::Refuse {
                status: *rng.pick(&[503, 403, 401, 500, 400]).unwrap_or(&503),
                length: short,
            },
            8 => Fault::RedirectLoop(short),
            9 | 10 => Fault::Failover {
                down: rng.between(100, 60_000),
                spread: long,
            },
            11 => Fault::LeaderHidden {
                broken: rng.chance(50),
                length: short,
            },
            12 => Fault::LeaderAgain,
            13 | 14 => Fault::AgentCut { nth, length: long },
            15 => Fault::AgentRestart { nth },
            16 => Fault::AgentLost {
                nth,
                marked_after: long,
            },
            17 => Fault::TaskEnds {
                nth,
                failed: rng.chance(50),
            },
            18 => Fault::Rescind,
            19 => Fault::LoseUpdates(long),
            20 => Fault::RepeatUpdates,
            21 => Fault::Orphan {
                nth,
                silent: nth % 2 == 0,
            },
            22..=24 => Fault::Crash(rng.between(10, 100_000)),
            25 => Fault::DiskSlow(long),
            26 => Fault::DiskFull(short),
            27 => match rng.chance(40) {
                true => Fault::Teardown,
                false => Fault::Usurp,
            },
            28 => Fault::Freeze(rng.between(1_000, 200_000)),
            _ => Fault::StrangeEvents,
        }
    }
}

impl Fault {
    /// Draws one of those that were added later; see [`Plan::from_seed`](crate::plan::Plan::from_seed).
    pub(crate) fn draw_later(rng: &mut Rng) -> Self {
        use CrashPoint::{AfterAccept, AfterSync, AfterUpdate, BeforeAccept, BeforeSync};
        let nth = usize::try_from(rng.below(16)).unwrap_or(0);
        let long = rng.between(5_000, 120_000);
        match rng.below(14) {
            0 => Fault::CutInward(long),
            1 => Fault::CutOutward(long),
            2 => Fault::CallsTwice(long),
            3 | 4 => Fault::EchoUpdates { count: nth + 1 },
            5 => Fault::ClockJump {
                seconds: *rng
                    .pick(&[-90_000, -3_600, -1, 1, 3_600, 90_000, 40_000_000])
                    .unwrap_or(&1),
            },
            6..=9 => Fault::CrashAt {
                point: *rng
                    .pick(&[BeforeSync, AfterSync, BeforeAccept, AfterAccept, AfterUpdate])
                    .unwrap_or(&BeforeSync),
                down: rng.between(10, 100_000),
            },
            10 | 11 => Fault::RescindAtAccept,
            12 => Fault::DiskStuck(long),
            _ => Fault::Maintenance { nth },
        }
    }
}

impl Fault {
    /// Draws one of the latest kinds.
    pub(crate) fn draw_latest(rng: &mut Rng) -> Self {
        use Znode::{Changing, Elsewhere, Empty, Garbage};
        let long = rng.between(5_000, 200_000);
        let content = *rng.pick(&[Empty, Garbage, Elsewhere, Changing]).unwrap_or(&Empty);
        match rng.below(8) {
            0..=4 => Fault::Save(Change::draw(rng)),
            5 => Fault::Twin(long),
            _ => Fault::Znode {
                content,
                length: long,
            },
        }
    }
}

impl World {
    /// Lets a fault happen now.
    pub fn inflict(&mut self, fault: &Fault) {
        let now = self.now();
        match fault {
            Fault::Reset { garbage } => {
                let end = match garbage {
                    true => StreamEnd::Garbage("the stream ended inside a record".to_owned()),
                    false => StreamEnd::Closed,
                };
                self.break_stream(Some(end), 0);
            }
            Fault::Silence(noticed) => self.break_stream(None, *noticed),
            Fault::CallsFail(length) => self.weather.calls_fail_until = now + length,
            Fault::Slow(length) => self.weather.slow_until = now + length,
            Fault::Refuse { status, length } => {
                self.weather.refusal = *status;
                self.weather.refuse_until = now + length;
                // So that there is someone to be refused.
                self.break_stream(Some(StreamEnd::Closed), 0);
            }
            Fault::RedirectLoop(length) => {
                self.weather.redirect_until = now + length;
                self.break_stream(Some(StreamEnd::Closed), 0);
            }
            Fault::Failover { down, spread } => self.depose(*down, *spread),
            Fault::LeaderHidden { broken, length } => {
                self.weather.hidden_until = now + length;
                self.weather.hidden_as = match broken {
                    true => Leader::Unreachable("ZooKeeper does not answer".to_owned()),
                    false => Leader::None,
                };
                self.announce_leader();
                self.announce_leader_at(now + length);
            }
            Fault::LeaderAgain => self.announce_leader(),
            Fault::AgentCut { nth, length } => {
                if let Some(agent) = self.nth_agent(*nth) {
                    self.master.cut_agent(&agent);
                    self.heal_later(agent, *length);
                }
            }
            Fault::AgentRestart { nth } => {
                if let Some(agent) = self.nth_agent(*nth) {
                    self.master.restart_agent(&agent);
                }
            }
            Fault::AgentLost { nth, marked_after } => {
                if let Some(agent) = self.nth_agent(*nth) {
                    self.master.destroy_agent(&agent);
                    self.mark_gone_later(agent, *marked_after);
                    self.add_agent_like(*nth);
                }
            }
            Fault::TaskEnds { nth, failed } => {
                let state = match failed {
                    true => TaskState::TaskFailed,
                    false => TaskState::TaskFinished,
                };
                let tasks: Vec<String> = self.master.running().map(|(_, t)| t.id().to_owned()).collect();
                if !tasks.is_empty() {
                    self.master.end_task(&tasks[nth % tasks.len()], state);
                }
            }
            Fault::Rescind => self.master.rescind_one(),
            Fault::LoseUpdates(length) => {
                self.master.lose_updates(60);
                self.weather.updates_lost_until = now + length;
            }
            Fault::RepeatUpdates => self.master.repeat_updates(),
            Fault::Orphan { nth, silent } => {
                if let Some(agent) = self.nth_agent(*nth) {
                    let name = self.orphan_name();
                    self.master.plant_orphan(&agent, &name, silent.then_some(now));
                }
            }
            Fault::Crash(down) => self.crash(*down),
            Fault::DiskSlow(length) => self.weather.disk_slow_until = now + length,
            Fault::DiskFull(length) => self.weather.disk_full_until = now + length,
            Fault::Teardown => self.master.remove_frameworks(),
            Fault::Usurp => self.master.usurp(),
            Fault::Freeze(length) => self.weather.frozen_until = now + length,
            Fault::StrangeEvents => self.strange_events(),
            Fault::CutInward(length) => self.weather.inward_cut_until = now + length,
            Fault::CutOutward(length) => self.weather.outward_cut_until = now + length,
            Fault::CallsTwice(length) => self.weather.calls_twice_until = now + length,
            Fault::EchoUpdates { count } => self.master.echo_updates(*count),
            Fault::ClockJump { seconds } => self.set_clock(*seconds),
            Fault::CrashAt { point, down } => self.weather.crash_at = Some((*point, *down)),
            Fault::RescindAtAccept => self.weather.rescind_at_accept = true,
            Fault::DiskStuck(length) => self.weather.disk_stuck_until = now + length,
            Fault::Save(change) => self.change(change),
            Fault::Twin(length) => self.twin_comes(*length),
            Fault::Znode { content, length } => self.znode_is(*content, now + length),
            Fault::Maintenance { nth } => {
                if let Some(agent) = self.nth_agent(*nth) {
                    self.master.plan_maintenance(&agent);
                }
            }
        }
    }

    fn znode_is(&mut self, content: Znode, until: Millis) {
        let unreadable =
            |problem: &str| Leader::Unreachable(format!("/mesos/json.info_0 of ZooKeeper: {problem}"));
        let seen = match content {
            Znode::Empty => vec![unreadable("it is empty")],
            Znode::Garbage => vec![unreadable("not the JSON of a MasterInfo")],
            Znode::Elsewhere => vec![Leader::Found(self.address(1))],
            Znode::Changing => vec![
                Leader::Found(self.address(1)),
                unreadable("it is empty"),
                Leader::None,
                Leader::Found(self.address(2)),
            ],
        };
        let (now, count) = (self.now(), seen.len() as u64);
        let each = until.saturating_sub(now) / count;
        for (at, leader) in (0..count).zip(seen) {
            self.schedule_at(now + at * each, Event::Hidden(leader, until));
        }
        self.announce_leader_at(until);
    }
}
