//! What is known of an agent as one of our roles sees it.

use super::lease::Lease;
use crate::amount::Amount;
use crate::constraints::Profile;
use crate::ports::PortSet;

/// An agent and a role. What is on offer of it and what it was seen to have in all is on the board.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) agent_id: String,
    pub(super) role: String,
    /// What the profile was made of.
    pub(super) identity: Vec<u8>,
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
    pub(super) fn new(agent_id: &str, role: &str) -> Self {
        Self {
            agent_id: agent_id.to_owned(),
            role: role.to_owned(),
            identity: Vec::new(),
            profile: Profile::default(),
            ports: PortSet::default(),
            seen_ports: PortSet::default(),
            revocable: Amount::ZERO,
            window: None,
            offers: Vec::new(),
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
