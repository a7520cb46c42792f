//! Deliberate mistakes, put between the framework and the world around it: each must break the rule that it is there for,
//! so that it is known of each rule that it can be broken.

use crate::master::Millis;
use crate::world::World;
use mesos_core::{CallId, Notice, Output, StreamEnd, TaskPhase, Write};
use mesos_wire::{Call, Event, call, event};

/// How often something is said by one that cannot stop.
const STORM: usize = 200;
/// In milliseconds.
const DROP_EVERY: Millis = 300_000;
const HEARTBEAT: Millis = 15_000;
/// A call that the framework does not know of.
const OF_NOBODY: CallId = CallId(u64::MAX);

/// What is done wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tamper {
    /// A try to subscribe is a hundred.
    HammersTheMaster,
    /// Each SUBSCRIBE is that of a new framework.
    SubscribesAsNew,
    /// SUBSCRIBE names the role twice.
    SubscribesWithTwoRoles,
    /// Calls go to a stream that is not open.
    CallsOnAnotherStream,
    /// Calls name another framework.
    CallsAsAnother,
    /// A REVIVE is two hundred.
    RepeatsRevive,
    /// It does not revive.
    NeverRevives,
    /// It does not suppress.
    NeverSuppresses,
    /// A DECLINE is two.
    AnswersOffersTwice,
    /// It declines nothing.
    KeepsOffers,
    /// The master takes a DECLINE and forgets it.
    LosesDeclines,
    /// The store drops the framework's id.
    LosesItsId,
    /// The store keeps the id of a framework that has left.
    KeepsAnOldId,
    /// The store drops intents.
    LosesIntents,
    /// The store drops ends.
    LosesEnds,
    /// The store drops deletions.
    KeepsRows,
    /// An update is acknowledged as it comes.
    AcknowledgesAtOnce,
    /// It acknowledges what nobody said.
    AcknowledgesWhatWasNotSaid,
    /// It acknowledges for another task.
    AcknowledgesForAnother,
    /// ACCEPT launches each task twice.
    LaunchesTwice,
    /// ACCEPT launches more than was offered.
    LaunchesTooMuch,
    /// The same, and the master does not look.
    LaunchesTooMuchUnseen,
    /// It tears itself down where it should revive.
    LeavesEarly,
    /// It kills nothing.
    NeverKills,
    /// An end is told twice.
    EndsTwice,
    /// The end of somebody else is told too.
    EndsAnother,
    /// No end is told.
    EndsInSilence,
    /// A state is told after the end.
    TellsAfterTheEnd,
    /// What waits is told to be accepted.
    AcceptsInWordsOnly,
    /// What waits is told to run.
    RunsInWordsOnly,
    /// It wants to be woken all the time.
    NeverSleeps,
    /// It asks for all tasks with each heartbeat.
    AsksAllTheTime,
    /// It leaves its stream every five minutes.
    DropsItsStream,
    /// Each agent that a review asks for is two.
    OverlooksCaps,
    /// Saving what is there already makes it subscribe anew.
    AlwaysStartsAnew,
    /// It does not hear that an agent is given up whose node is still there.
    DeafToReleases,
    /// Requests lose their template on the way to it.
    MisreadsRequests,
}

impl World {
    /// What becomes of an output.
    pub(crate) fn tamper_with(&mut self, tamper: Tamper, mut output: Output) -> Vec<Output> {
        if tamper == Tamper::LaunchesTooMuchUnseen {
            self.master.trust();
        }
        let times = match &mut output {
            Output::Connect { subscribe, .. } => tamper.with_subscribe(subscribe),
            Output::Call { attempt, call, .. } => {
                if tamper == Tamper::CallsOnAnotherStream {
                    attempt.0 += 1;
                }
                tamper.with_call(call)
            }
            Output::Persist { writes, .. } => {
                writes.retain(|write| !tamper.loses(write));
                1
            }
            Output::Notice(notice) => return tamper.with_notice(notice.clone()),
            _ => 1,
        };
        vec![output; times]
    }

    /// After an event was heard, and before the framework hears of it.
    pub(crate) fn tamper_at(&mut self, tamper: Tamper, attempt: mesos_core::AttemptId, event: &Event) {
        let heartbeat = event.r#type() == event::Type::Heartbeat;
        let framework_id = self.watch.subscribed_as().map(Into::into);
        let say = |call: Call| Output::Call {
            id: OF_NOBODY,
            attempt,
            call: Box::new(Call { framework_id, ..call }),
        };
        match tamper {
            Tamper::AsksAllTheTime if heartbeat => self.obey(say(Call {
                r#type: Some(call::Type::Reconcile.into()),
                reconcile: Some(call::Reconcile::default()),
                ..Call::default()
            })),
            Tamper::DropsItsStream if heartbeat && self.now() % DROP_EVERY < HEARTBEAT => {
                self.break_stream(Some(StreamEnd::Closed), 0);
            }
            Tamper::AcknowledgesAtOnce => {
                let status = event.update.as_ref().map(|update| &update.status);
                if let Some(status) = status
                    && let (Some(uuid), Some(agent_id)) = (status.uuid.clone(), status.agent_id.clone())
                {
                    let task_id = status.task_id.clone();
                    self.obey(say(Call {
                        r#type: Some(call::Type::Acknowledge.into()),
                        acknowledge: Some(call::Acknowledge {
                            agent_id,
                            task_id,
                            uuid,
                        }),
                        ..Call::default()
                    }));
                }
            }
            _ => {}
        }
    }
}

impl Tamper {
    /// How often it is said.
    fn with_subscribe(self, call: &mut Call) -> usize {
        let Some(subscribe) = &mut call.subscribe else {
            return 1;
        };
        match self {
            Tamper::HammersTheMaster => return STORM,
            Tamper::SubscribesAsNew => {
                subscribe.framework_info.id = None;
                call.framework_id = None;
            }
            Tamper::SubscribesWithTwoRoles => subscribe.framework_info.roles.push("other".to_owned()),
            _ => {}
        }
        1
    }

    /// How often it is said.
    fn with_call(self, call: &mut Call) -> usize {
        match (self, call.r#type()) {
            (Tamper::CallsAsAnother, _) => call.framework_id = Some("somebody-else".into()),
            (Tamper::RepeatsRevive, call::Type::Revive) => return STORM,
            (Tamper::NeverRevives, call::Type::Revive)
            | (Tamper::NeverSuppresses, call::Type::Suppress)
            | (Tamper::KeepsOffers, call::Type::Decline)
            | (Tamper::NeverKills, call::Type::Kill) => return 0,
            (Tamper::AnswersOffersTwice, call::Type::Decline) => return 2,
            (Tamper::LeavesEarly, call::Type::Revive) => {
                call.r#type = Some(call::Type::Teardown.into());
                call.revive = None;
            }
            _ => {}
        }
        if let Some(ack) = &mut call.acknowledge {
            match self {
                Tamper::AcknowledgesWhatWasNotSaid => ack.uuid.push(0),
                Tamper::AcknowledgesForAnother => ack.task_id = "another".into(),
                _ => {}
            }
        }
        let operations = call.accept.iter_mut().flat_map(|accept| &mut accept.operations);
        for launch in operations.filter_map(|operation| operation.launch.as_mut()) {
            match self {
                Tamper::LaunchesTwice => launch.task_infos.extend(launch.task_infos.clone()),
                Tamper::LaunchesTooMuch | Tamper::LaunchesTooMuchUnseen => {
                    let resources = launch.task_infos.iter_mut().flat_map(|task| &mut task.resources);
                    for scalar in resources.filter_map(|resource| resource.scalar.as_mut()) {
                        scalar.value *= 1_000.0;
                    }
                }
                _ => {}
            }
        }
        1
    }

    /// Whether the store drops it.
    fn loses(self, write: &Write) -> bool {
        match (self, write) {
            (Tamper::LosesItsId, Write::SetFrameworkId(_))
            | (Tamper::KeepsAnOldId, Write::ClearFrameworkId)
            | (Tamper::KeepsRows, Write::DeleteTask(_)) => true,
            (Tamper::LosesIntents, Write::PutTask(row)) => row.phase == TaskPhase::Intent,
            (Tamper::LosesEnds, Write::PutTask(row)) => row.phase.is_over(),
            _ => false,
        }
    }

    fn with_notice(self, notice: Notice) -> Vec<Output> {
        let runs = |name: &str| Notice::State {
            name: name.to_owned(),
            state: "TASK_RUNNING".to_owned(),
            message: None,
            reason: None,
            host: None,
        };
        let notices = match (self, &notice) {
            (Tamper::EndsTwice, Notice::Ended { .. }) => vec![notice.clone(), notice],
            (Tamper::EndsInSilence, Notice::Ended { .. }) => Vec::new(),
            (Tamper::TellsAfterTheEnd, Notice::Ended { name, .. }) => {
                let after = runs(name);
                vec![notice, after]
            }
            (Tamper::EndsAnother, Notice::Ended { .. }) => {
                let mut other = notice.clone();
                if let Notice::Ended { name, .. } = &mut other {
                    *name = "another".to_owned();
                }
                vec![notice, other]
            }
            (Tamper::RunsInWordsOnly, Notice::Waiting { name, .. }) => vec![runs(name)],
            (Tamper::AcceptsInWordsOnly, Notice::Waiting { name, .. }) => vec![Notice::Accepted {
                name: name.clone(),
                host: "nowhere".to_owned(),
                agent_id: "none".to_owned(),
                cpus: mesos_core::Scalar::ZERO,
                mem: mesos_core::Scalar::ZERO,
                disk: mesos_core::Scalar::ZERO,
                ports: Vec::new(),
                tasks_in_offer: 1,
            }],
            _ => vec![notice],
        };
        notices.into_iter().map(Output::Notice).collect()
    }
}
