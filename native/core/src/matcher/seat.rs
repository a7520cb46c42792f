//! What is known of an agent as one of our roles sees it.

use crate::amount::Amount;
use crate::constraints::Profile;
use crate::ports::PortSet;
use crate::resources::sum_up;
use mesos_wire::Offer;

/// An agent and a role. What is on offer of it and what it was seen to have in all is on the board.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) role: String,
    pub(super) profile: Profile,
    /// On offer.
    pub(super) ports: PortSet,
    /// Ever on offer, or ours.
    pub(super) seen_ports: PortSet,
    /// On offer, until the master takes it back.
    pub(super) revocable: Amount,
    /// Begin and end of the planned maintenance, in Unix milliseconds.
    pub(super) window: Option<(i64, i64)>,
    /// Slots of the offers that stand.
    pub(super) offers: Vec<usize>,
}

impl Seat {
    pub(super) fn new(role: &str) -> Self {
        Self {
            role: role.to_owned(),
            profile: Profile::default(),
            ports: PortSet::default(),
            seen_ports: PortSet::default(),
            revocable: Amount::ZERO,
            window: None,
            offers: Vec::new(),
        }
    }

    /// Adds what an offer has; its amount is the answer.
    pub(super) fn add(&mut self, offer: &Offer) -> Amount {
        let (plain, revocable) = sum_up(&offer.resources, &self.role, &mut self.ports);
        self.revocable = self.revocable.plus(revocable);
        self.seen_ports.merge(&self.ports);
        plain
    }

    /// Whether maintenance begins before an agent that is launched now would end.
    pub(super) fn is_away(&self, now: i64, until: i64) -> bool {
        self.window
            .is_some_and(|(begin, end)| begin <= until.max(now) && now < end)
    }
}

/// Begin and end of the planned maintenance; without a length it is for good.
pub(super) fn window_of(offer: &Offer) -> Option<(i64, i64)> {
    let window = offer.unavailability.as_ref()?;
    let begin = window.start.nanoseconds / 1_000_000;
    let end = window.duration.as_ref().map_or(i64::MAX, |duration| {
        begin.saturating_add(duration.nanoseconds / 1_000_000)
    });
    Some((begin, end))
}
