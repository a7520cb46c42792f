//! Offers in the form in which they are matched.

use super::Matcher;
use super::seat::Seat;
use crate::amount::Amount;
use crate::constraints::Profile;
use crate::placement::HostId;
use crate::ports::PortSet;
use crate::resources::sum_up;
use mesos_wire::{Bytes, Message, Offer, OfferView};

/// An offer that was read: whose it is and how much of it is ours. The rest stays as it came until it is used.
#[derive(Debug, Clone)]
pub struct Lease {
    pub(super) host: HostId,
    pub(super) amount: Amount,
    /// What the master may take back.
    pub(super) revocable: Amount,
    /// Begin and end of the planned maintenance, in Unix milliseconds.
    pub(super) window: Option<(i64, i64)>,
    /// Allocates only where there are ports.
    pub(super) ports: PortSet,
    pub(super) bytes: Bytes,
}

impl Lease {
    /// The whole offer; one that was read before can be decoded unless it is odd beyond what matters here.
    pub(super) fn offer(&self) -> Offer {
        Offer::decode(self.bytes.clone()).unwrap_or_default()
    }

    pub(super) fn id(&self) -> &str {
        OfferView::new(&self.bytes).map_or("", |view| view.id)
    }
}

impl Matcher {
    /// Reads offers as they come in an event, and learns who their agents are; how many could not be read is told besides.
    /// The order of the offers does not matter. What is said of an agent that is known costs a comparison.
    pub fn read(&mut self, offers: impl IntoIterator<Item = Bytes>) -> (Vec<Lease>, usize) {
        let offers = offers.into_iter();
        let mut leases = Vec::with_capacity(offers.size_hint().0);
        let (mut new, mut unreadable) = (Vec::new(), 0);
        for bytes in offers {
            match self.read_known(&bytes) {
                Ok(Some(lease)) => leases.push(lease),
                Ok(None) => new.push(bytes),
                Err(_) => unreadable += 1,
            }
        }
        if !new.is_empty() {
            self.seat_new(&new);
            leases.extend(
                new.iter()
                    .filter_map(|bytes| self.read_known(bytes).ok().flatten()),
            );
        }
        (leases, unreadable)
    }

    /// `None`: the agent has no seat yet.
    fn read_known(&mut self, bytes: &Bytes) -> Result<Option<Lease>, mesos_wire::OfferError> {
        let view = OfferView::new(bytes)?;
        let Some(host) = self.find_seat(&view) else {
            return Ok(None);
        };
        let Some(seat) = self.seats.get_mut(host.index()).and_then(Option::as_mut) else {
            return Ok(None);
        };
        if !view.has_identity(&seat.identity) {
            view.write_identity(&mut seat.identity);
            let offer = Offer::decode(bytes.clone()).map_err(|_| mesos_wire::OfferError)?;
            seat.profile = Profile::new(&offer, &mut self.symbols);
            for rule in self.rules.iter_mut().flatten() {
                rule.forget(host.index());
            }
        }
        let mut ports = PortSet::default();
        let mut broken = false;
        let resources = view.resources().map_while(|resource| {
            broken |= resource.is_err();
            resource.ok()
        });
        let (amount, revocable) = sum_up(resources, &seat.role, &mut ports);
        if broken {
            return Err(mesos_wire::OfferError);
        }
        let ours = self.roles.contains(&seat.role);
        Ok(Some(Lease {
            host,
            amount: if ours { amount } else { Amount::ZERO },
            revocable: if ours { revocable } else { Amount::ZERO },
            window: view.unavailability.map(window),
            ports: if ours { ports } else { PortSet::default() },
            bytes: bytes.clone(),
        }))
    }

    /// Of the offer's agent and role.
    fn find_seat(&self, view: &OfferView<'_>) -> Option<HostId> {
        let role = self.role_of(view);
        self.by_agent
            .get(view.agent_id)?
            .iter()
            .copied()
            .find(|host| self.seat(*host).is_some_and(|seat| seat.role == role))
    }

    /// For which role it was made.
    fn role_of<'o>(&'o self, view: &OfferView<'o>) -> &'o str {
        view.role
            .or_else(|| view.resources().flatten().find_map(|resource| resource.allocated))
            .or(self.roles.first().map(String::as_str))
            .unwrap_or("*")
    }

    /// Gives seats to agents that were not seen before, in an order of their own.
    fn seat_new(&mut self, offers: &[Bytes]) {
        let mut new: Vec<(String, String)> = offers
            .iter()
            .filter_map(|bytes| OfferView::new(bytes).ok())
            .map(|view| (view.agent_id.to_owned(), self.role_of(&view).to_owned()))
            .collect();
        new.sort_unstable();
        new.dedup();
        for (agent, role) in new {
            let host = self.board.add();
            if self.seats.len() <= host.index() {
                self.seats.resize_with(host.index() + 1, || None);
            }
            self.seats[host.index()] = Some(Seat::new(&role));
            self.by_agent.entry(agent).or_default().push(host);
        }
    }
}

/// In milliseconds; without a length it is for good.
fn window((begin, length): (i64, Option<i64>)) -> (i64, i64) {
    let begin = begin / 1_000_000;
    let end = length.map_or(i64::MAX, |length| begin.saturating_add(length / 1_000_000));
    (begin, end)
}
