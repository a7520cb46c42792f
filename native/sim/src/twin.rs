//! A second copy of the plugin with the same folder, as where a plugin was loaded twice: it takes the subscription over, again
//! and again, answers offers, and acknowledges updates that the framework then never hears of.

use crate::master::{Millis, Outgoing};
use crate::world::{Event, World};
use mesos_wire::{Call, FrameworkId, call, event};

/// The second copy.
#[derive(Debug, Default)]
pub(crate) struct Twin {
    until: Millis,
    stream: Option<u64>,
    id: Option<FrameworkId>,
}

impl World {
    /// It is there for so long.
    pub(crate) fn twin_comes(&mut self, length: Millis) {
        self.twin.until = self.now() + length;
        self.schedule(0, Event::Twin);
        self.schedule(length, Event::TwinGoes);
    }

    /// It subscribes, if it may.
    pub(crate) fn twin_subscribes(&mut self) {
        let id = self.store.framework_id().map(str::to_owned);
        if self.now() >= self.twin.until || self.twin.stream.is_some() {
            return;
        }
        let stream = id.as_deref().and_then(|id| self.master.take_over(id));
        self.note(|| format!("the second copy subscribes: {}", stream.is_some()));
        self.twin.id = id.map(Into::into);
        self.twin.stream = stream;
        if stream.is_none() {
            self.twin_tries_again();
        }
    }

    fn twin_tries_again(&mut self) {
        let later = self.rng.between(1_000, 30_000);
        self.schedule(later, Event::Twin);
    }

    /// It ends.
    pub(crate) fn twin_goes(&mut self) {
        if self.now() >= self.twin.until
            && let Some(stream) = self.twin.stream.take()
        {
            self.note(|| "the second copy ends".to_owned());
            self.master.disconnect(stream);
        }
    }

    /// Whether it was for the second copy.
    pub(crate) fn twin_hears(&mut self, stream: u64, out: &Outgoing) -> bool {
        if self.twin.stream != Some(stream) {
            return false;
        }
        let event = match out {
            Outgoing::Event(event) => event,
            Outgoing::Closed => {
                self.twin.stream = None;
                self.twin_tries_again();
                return true;
            }
        };
        let mut answer = Call {
            framework_id: self.twin.id.clone(),
            ..Call::default()
        };
        match event.r#type() {
            event::Type::Offers => {
                let offers = event.offers.as_ref().map(|offers| offers.ids());
                answer.r#type = Some(call::Type::Decline.into());
                answer.decline = Some(call::Decline {
                    offer_ids: offers.into_iter().flatten().map(Into::into).collect(),
                    filters: None,
                });
            }
            event::Type::Update => {
                let status = event.update.as_ref().map(|update| &update.status);
                let Some((status, uuid)) = status.and_then(|status| Some((status, status.uuid.clone()?)))
                else {
                    return true;
                };
                let Some(agent_id) = status.agent_id.clone().filter(|_| self.rng.chance(70)) else {
                    return true;
                };
                answer.r#type = Some(call::Type::Acknowledge.into());
                answer.acknowledge = Some(call::Acknowledge {
                    agent_id,
                    task_id: status.task_id.clone(),
                    uuid,
                });
            }
            _ => return true,
        }
        // Who is not subscribed any more is told so: that is nobody's fault.
        drop(self.master.call(stream, &answer));
        true
    }
}
