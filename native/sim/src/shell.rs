//! The shell around the framework: streams, calls and the disk, with all their delays.

use crate::brief;
use crate::faults::CrashPoint;
use crate::master::{Millis, Outgoing};
use crate::rule;
use crate::tamper::Tamper;
use crate::world::{Event, World};
use mesos_core::{
    AttemptId, CallError, CallId, Leader, MasterAddress, Notice, Output, StreamEnd, master::Scheme,
};
use mesos_wire::Call;
use std::collections::BTreeMap;

/// How long the shell waits for the answer to a call.
const CALL_TIMEOUT: Millis = 15_000;

/// An attempt, and the life of the JVM that made it: numbers begin anew in each.
type Name = (u64, AttemptId);

/// On the way.
pub(crate) enum Message {
    Connect(Name, MasterAddress, Box<Call>),
    Record(Name, Box<mesos_wire::Event>),
    /// With `forced` it is the client's own finding, and comes even where nothing passes.
    End {
        link: Name,
        end: StreamEnd,
        forced: bool,
    },
    /// With the time at which it was put out.
    Call(Name, CallId, Box<Call>, Millis),
    Answer(Name, CallId, Result<(), CallError>),
    /// The master notices that a stream is dead.
    Noticed(u64),
}

impl Message {
    /// Whether Jenkins is to hear it.
    pub(crate) fn is_inward(&self) -> bool {
        matches!(
            self,
            Message::Record(..) | Message::End { .. } | Message::Answer(..)
        )
    }
}

/// The connections of all lives.
#[derive(Debug, Default)]
pub(crate) struct Links(BTreeMap<Name, Link>);

#[derive(Debug)]
struct Link {
    /// The master's name for the stream, once it is open.
    stream: Option<u64>,
    /// The framework has not dropped it.
    wanted: bool,
    /// Nothing passes any more.
    dead: bool,
    /// Records and calls stay in order.
    inward_at: Millis,
    outward_at: Millis,
}

impl World {
    /// Does what the framework says.
    pub(crate) fn drain(&mut self) {
        while let Some(output) = self
            .framework
            .as_mut()
            .and_then(|framework| framework.poll_output())
        {
            match self.plan.tamper {
                None => self.obey(output),
                Some(tamper) => {
                    for output in self.tamper_with(tamper, output) {
                        self.obey(output);
                    }
                }
            }
            if self.violation().is_some() {
                return;
            }
        }
    }

    pub(crate) fn obey(&mut self, output: Output) {
        let now = self.now();
        self.outputs += 1;
        match output {
            Output::Connect {
                attempt,
                master,
                subscribe,
            } => {
                self.note(|| {
                    let info = subscribe
                        .subscribe
                        .as_ref()
                        .map(|s| (&s.framework_info.id, &s.suppressed_roles));
                    format!("→ Connect {} to {master} as {info:?}", attempt.0)
                });
                self.watch.connects(now, attempt, &subscribe);
                let name = (self.life, attempt);
                self.links.0.insert(
                    name,
                    Link {
                        stream: None,
                        wanted: true,
                        dead: false,
                        inward_at: now,
                        outward_at: now,
                    },
                );
                let delay = self.network_delay();
                self.schedule(delay, Event::Message(Message::Connect(name, master, subscribe)));
            }
            Output::Disconnect { attempt } => {
                self.note(|| format!("→ Disconnect {}", attempt.0));
                self.watch.attempt_over(attempt);
                self.hang_up((self.life, attempt));
            }
            Output::Call { id, attempt, call } => {
                self.note(|| format!("→ Call {} {}", id.0, brief::call(&call)));
                self.watch.calls(now, attempt, id, &call, &self.store);
                if call.accept.is_some() {
                    self.reaches(CrashPoint::BeforeAccept);
                }
                if self.framework.is_none() {
                    return;
                }
                let delay = self.network_delay();
                let name = (self.life, attempt);
                let cut = self.weather.outward_cut_until;
                if let Some(link) = self.links.0.get_mut(&name) {
                    link.outward_at = link.outward_at.max(now + delay).max(cut);
                    let at = link.outward_at;
                    self.schedule_at(at, Event::Message(Message::Call(name, id, call, now)));
                    if at > now + CALL_TIMEOUT {
                        let lost = Err(CallError::Failed("no answer".to_owned()));
                        self.answer(name, id, CALL_TIMEOUT, lost);
                    }
                }
            }
            Output::Persist { id, writes } => {
                self.note(|| format!("→ Persist {} {}", id.0, brief::writes(&writes)));
                self.store.begin(id, writes);
                let delay = match self.weather.disk_slow_until > now {
                    true => self.rng.between(300, 8_000),
                    false => self.rng.between(1, 15),
                };
                let stuck = self.weather.disk_stuck_until.saturating_sub(now);
                let life = self.life;
                self.schedule(delay + stuck, Event::Disk(life));
                self.reaches(CrashPoint::BeforeSync);
            }
            Output::Decision(_) => {}
            Output::Notice(notice) => {
                if !matches!(notice, Notice::Waiting { .. }) {
                    self.note(|| format!("→ {notice:?}"));
                }
                self.watch.tells(now, &notice, &self.store);
                self.hear(notice);
            }
        }
    }

    /// A batch is done, the oldest first.
    pub(crate) fn disk_turns(&mut self) {
        let works = self.weather.disk_full_until <= self.now();
        if let Some(id) = self.store.finish(works) {
            self.note(|| format!("disk: {} {}", id.0, if works { "synced" } else { "refused" }));
            self.reaches(CrashPoint::AfterSync);
            let result = match works {
                true => Ok(()),
                false => Err("no space left on device".to_owned()),
            };
            self.input(|framework, now| framework.handle_persisted(id, result, now));
        }
    }

    /// Records and ends from the master set out.
    pub(crate) fn relay(&mut self) {
        while let Some((stream, out)) = self.master.poll() {
            let delay = self.network_delay();
            let now = self.now();
            if self.twin_hears(stream, &out) {
                continue;
            }
            let Some((name, link)) = self
                .links
                .0
                .iter_mut()
                .find(|(_, link)| link.stream == Some(stream))
            else {
                continue;
            };
            let name = *name;
            link.inward_at = link.inward_at.max(now + delay).max(self.weather.inward_cut_until);
            let at = link.inward_at;
            let message = match out {
                Outgoing::Event(event) => Message::Record(name, event),
                Outgoing::Closed => Message::End {
                    link: name,
                    end: StreamEnd::Closed,
                    forced: false,
                },
            };
            self.schedule_at(at, Event::Message(message));
        }
    }

    pub(crate) fn deliver(&mut self, message: Message) {
        match message {
            Message::Connect(name, address, subscribe) => self.arrive(name, &address, &subscribe),
            Message::Record(name, event) => self.record(name, *event),
            Message::End { link, end, forced } => self.end(link, end, forced),
            Message::Call(name, id, call, sent) => self.arrive_call(name, id, &call, sent),
            Message::Answer((life, attempt), id, result) => {
                let wanted = self.links.0.get(&(life, attempt)).is_some_and(|link| link.wanted);
                if life == self.life && (wanted || self.rng.chance(25)) {
                    if let Err(error) = &result {
                        self.note(|| format!("← call {} {error:?}", id.0));
                    }
                    self.watch.answered(id, result.is_ok());
                    self.input(|framework, now| framework.handle_call_result(id, result, now));
                }
            }
            Message::Noticed(stream) => self.master.disconnect(stream),
        }
    }

    fn record(&mut self, (life, attempt): Name, event: mesos_wire::Event) {
        let Some(link) = self.links.0.get(&(life, attempt)) else {
            return;
        };
        // A record may have been read already when the framework drops its stream.
        if link.dead || life != self.life || !(link.wanted || self.rng.chance(25)) {
            return;
        }
        if event.r#type() != mesos_wire::event::Type::Heartbeat {
            self.note(|| format!("← {} {}", attempt.0, brief::event(&event)));
        }
        self.watch.hears(self.now(), attempt, &event);
        if let Some(tamper) = self.plan.tamper {
            self.tamper_at(tamper, attempt, &event);
        }
        let update = event.update.is_some();
        self.input(|framework, now| framework.handle_event(attempt, event, now));
        if update {
            self.reaches(CrashPoint::AfterUpdate);
        }
    }

    fn end(&mut self, (life, attempt): Name, end: StreamEnd, forced: bool) {
        let Some(link) = self.links.0.get_mut(&(life, attempt)) else {
            return;
        };
        if link.dead && !forced {
            return;
        }
        link.dead = true;
        if link.wanted && life == self.life {
            self.note(|| format!("← {} {end:?}", attempt.0));
            self.watch.attempt_over(attempt);
            self.input(|framework, now| framework.handle_stream_end(attempt, end, now));
        }
    }

    /// SUBSCRIBE reaches an address.
    fn arrive(&mut self, name: Name, address: &MasterAddress, subscribe: &Call) {
        let now = self.now();
        let Some(link) = self.links.0.get(&name).filter(|link| !link.dead) else {
            return;
        };
        // A SUBSCRIBE may still be read after its sender hung up; the master notices that later.
        let late = !link.wanted;
        if late && !self.rng.chance(40) {
            return;
        }
        let leads = self.master.is_up() && address.port == self.master.port();
        let end = if self.weather.redirect_until > now {
            Some(StreamEnd::Redirected(self.address(self.master.port())))
        } else if leads && self.weather.refuse_until > now {
            Some(StreamEnd::Refused {
                status: self.weather.refusal,
                body: "not now".to_owned(),
            })
        } else if leads {
            None
        } else if self.master.is_up() && self.rng.chance(50) {
            Some(StreamEnd::Redirected(self.address(self.master.port())))
        } else if self.rng.chance(30) {
            Some(StreamEnd::Refused {
                status: 503,
                body: "No leader elected".to_owned(),
            })
        } else {
            Some(StreamEnd::Failed("connection refused".to_owned()))
        };
        let end = match end {
            Some(end) => end,
            None => match self.master.subscribe(subscribe) {
                Ok(stream) => {
                    if let Some(link) = self.links.0.get_mut(&name) {
                        link.stream = Some(stream);
                    }
                    if late {
                        let delay = self.network_delay();
                        self.schedule(delay, Event::Message(Message::Noticed(stream)));
                    }
                    return;
                }
                Err(refusal) => {
                    self.watch.fail(now, rule::SUBSCRIBE_FAULTLESS, &refusal.body);
                    return;
                }
            },
        };
        let delay = self.network_delay();
        let message = Message::End {
            link: name,
            end,
            forced: true,
        };
        self.schedule(delay, Event::Message(message));
    }

    fn arrive_call(&mut self, name: Name, id: CallId, call: &Call, sent: Millis) {
        let failing = self.weather.calls_fail_until > self.now();
        // Whoever sent it has given it up.
        let late = self.now() > sent + CALL_TIMEOUT;
        let link = self.links.0.get(&name);
        let stream = link.filter(|link| !link.dead).and_then(|link| link.stream);
        // Calls are sent one after the other: some of those queued never left when the stream was dropped.
        let left = link.is_some_and(|link| link.wanted) || self.rng.chance(50);
        let Some(stream) = stream.filter(|_| left) else {
            if late {
                return;
            }
            return self.answer(
                name,
                id,
                CALL_TIMEOUT,
                Err(CallError::Failed("no answer".to_owned())),
            );
        };
        if failing && !late && self.rng.chance(50) {
            return self.answer(
                name,
                id,
                10,
                Err(CallError::Failed("connection reset".to_owned())),
            );
        }
        if let Some(accept) = &call.accept
            && std::mem::take(&mut self.weather.rescind_at_accept)
        {
            self.master.rescind(&accept.offer_ids);
        }
        let lost = call.decline.is_some() && self.plan.tamper == Some(Tamper::LosesDeclines);
        let result = match lost {
            true => Ok(()),
            false => self.master.call(stream, call),
        };
        if self.weather.calls_twice_until > self.now() && may_come_twice(call) {
            // The second answer is the one that is heard of.
            drop(self.master.call(stream, call));
        }
        if call.accept.is_some() && name.0 == self.life {
            self.reaches(CrashPoint::AfterAccept);
        }
        if late {
            return;
        }
        let result = result.map_err(|refusal| CallError::Refused {
            status: refusal.status,
            body: refusal.body,
        });
        let result = match failing {
            true => Err(CallError::Failed("connection reset".to_owned())),
            false => result,
        };
        let now = self.now();
        let delay = self
            .network_delay()
            .max(self.weather.inward_cut_until.saturating_sub(now));
        match now + delay > sent + CALL_TIMEOUT {
            true => {
                let lost = Err(CallError::Failed("no answer".to_owned()));
                self.answer(name, id, (sent + CALL_TIMEOUT).saturating_sub(now), lost);
            }
            false => self.answer(name, id, delay, result),
        }
    }

    fn answer(&mut self, name: Name, id: CallId, delay: Millis, result: Result<(), CallError>) {
        self.schedule(delay, Event::Message(Message::Answer(name, id, result)));
    }

    fn hang_up(&mut self, name: Name) {
        let delay = self.network_delay();
        let Some(link) = self.links.0.get_mut(&name) else {
            return;
        };
        link.wanted = false;
        // A dead connection carries no farewell: the master notices by itself, or when we subscribe again.
        if let Some(stream) = link.stream.filter(|_| !link.dead) {
            self.schedule(delay, Event::Message(Message::Noticed(stream)));
        }
    }

    /// The process died, and with it all its connections.
    pub(crate) fn drop_links(&mut self) {
        let names: Vec<Name> = self.links.0.keys().copied().collect();
        for name in names {
            self.hang_up(name);
        }
    }

    /// The stream that is open now breaks. The client finds `end` (or, without one, nothing), the master notices after
    /// that many milliseconds.
    pub fn break_stream(&mut self, end: Option<StreamEnd>, noticed: Millis) {
        let open: Vec<(Name, Option<u64>)> = self
            .links
            .0
            .iter_mut()
            .filter(|(_, link)| link.wanted && !link.dead)
            .map(|(name, link)| {
                link.dead = true;
                (*name, link.stream)
            })
            .collect();
        for (name, stream) in open {
            if let Some(end) = end.clone() {
                let message = Message::End {
                    link: name,
                    end,
                    forced: true,
                };
                self.schedule(5, Event::Message(message));
            }
            if let Some(stream) = stream {
                self.schedule(noticed, Event::Message(Message::Noticed(stream)));
            }
        }
    }

    /// A record with a number from the future, an empty one, and members without their type.
    pub(crate) fn strange_events(&mut self) {
        let Some((name, _)) = self
            .links
            .0
            .iter()
            .find(|(_, link)| link.stream.is_some() && link.wanted && !link.dead)
        else {
            return;
        };
        let name = *name;
        let strange = [
            mesos_wire::Event {
                r#type: Some(999),
                ..mesos_wire::Event::default()
            },
            mesos_wire::Event::default(),
            mesos_wire::Event {
                r#type: Some(mesos_wire::event::Type::Update.into()),
                ..mesos_wire::Event::default()
            },
            mesos_wire::Event::rescind("never-offered".into()),
            mesos_wire::Event::inverse_offers(Vec::new()),
        ];
        for event in strange {
            self.schedule(1, Event::Message(Message::Record(name, Box::new(event))));
        }
    }

    /// Whether records and calls pass at once on the stream that the framework has, and the master has no other.
    pub(crate) fn is_connected(&self) -> bool {
        let soon = self.now() + 1_000;
        let mut open =
            self.links.0.values().filter(|link| {
                link.wanted && !link.dead && link.inward_at <= soon && link.outward_at <= soon
            });
        open.any(|link| link.stream.is_some_and(|stream| self.master.serves(stream)))
    }

    /// What the detector sees.
    pub(crate) fn leader(&self) -> Leader {
        if self.weather.hidden_until > self.now() {
            self.weather.hidden_as.clone()
        } else if self.master.is_up() {
            Leader::Found(self.address(self.master.port()))
        } else {
            Leader::None
        }
    }

    pub(crate) fn announce_leader(&mut self) {
        let at = self.now() + self.rng.between(5, 500);
        self.announce_leader_at(at);
    }

    pub(crate) fn announce_leader_at(&mut self, at: Millis) {
        let life = self.life;
        self.schedule_at(at, Event::Leader(life));
    }

    pub(crate) fn address(&self, port: u16) -> MasterAddress {
        MasterAddress {
            scheme: Scheme::Http,
            host: "master".to_owned(),
            port,
        }
    }

    fn network_delay(&mut self) -> Millis {
        match self.weather.slow_until > self.now() {
            true => self.rng.between(100, 9_000),
            false => self.rng.between(1, 20),
        }
    }
}

/// What the client sends again by itself where a connection broke.
fn may_come_twice(call: &Call) -> bool {
    use mesos_wire::call::Type;
    matches!(
        call.r#type(),
        Type::Decline | Type::Revive | Type::Suppress | Type::Kill | Type::Acknowledge | Type::Reconcile
    )
}
