//! What is known of an agent as one of our roles sees it.

use super::lease::Lease;
use crate::amount::Amount;
use crate::constraints::Profile;
use crate::ports::PortSet;

/// An agent and a role. What is on offer of it and what it was seen to have in all is on the board.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) role: String,
    /// What the profile was made of.
    pub(super) identity: Vec<u8>,
    pub(super) profile: Profile,
    /// On offer.
    pub(super) ports: PortSet,
    /// Ever on offer, or ours.
    pub(super) seen_ports: PortSet,
    /// What our own tasks hold.
    pub(super) ours: Amount,
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
            identity: Vec::new(),
            profile: Profile::default(),
            ports: PortSet::default(),
            seen_ports: PortSet::default(),
            ours: Amount::ZERO,
            revocable: Amount::ZERO,
            window: None,
            // Agents have one at a time, as a rule.
            offers: Vec::with_capacity(1),
        }
    }

    /// Adds what an offer has beside its amount.
    pub(super) fn add(&mut self, lease: &Lease) {
        self.revocable = self.revocable.plus(lease.revocable);
        if !lease.ports.is_empty() {
            self.ports.merge(&lease.ports);
            self.seen_ports.merge(&lease.ports);
        }
    }

    /// Whether maintenance begins before an agent that is launched now would end.
    pub(super) fn is_away(&self, now: i64, until: i64) -> bool {
        self.window
            .is_some_and(|(begin, end)| begin <= until.max(now) && now < end)
    }
}
