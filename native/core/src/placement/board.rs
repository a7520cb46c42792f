//! The hosts as they stand.

use super::order::{Order, Rank};
use super::policy::Policy;
use super::weights::{Proportion, Weights};
use crate::amount::Amount;
use crate::scalar::Scalar;

/// A host's place on the board; a removed host's place is given to a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct HostId(pub(super) u32);

impl HostId {
    /// The first so many.
    pub(crate) fn all(count: usize) -> impl Iterator<Item = HostId> {
        (0u32..).take(count).map(HostId)
    }

    /// The one at this place.
    pub(crate) fn at(place: u32) -> HostId {
        HostId(place)
    }

    /// For tables beside the board.
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Hosts with what is offered of them, in the order in which they are opened. Changing one host costs a search and a move
/// in that order, changing most of them a sort; neither allocates once the board has its size.
#[derive(Debug, Clone)]
pub(crate) struct Board {
    /// What is left, in a pass.
    pub(super) free: Vec<Amount>,
    /// What was there before the pass.
    offered: Vec<Amount>,
    capacity: Vec<Amount>,
    proportions: Vec<Proportion>,
    pub(super) weights: Weights,
    policy: Policy,
    standing: Vec<bool>,
    vacant: Vec<u32>,
    largest: Amount,
    pub(super) order: Order,
    /// Where a host stands in `order`; out of date for those in `changed`.
    rank: Vec<Option<Rank>>,
    changed: Vec<u32>,
    sorted_for: Policy,
}

impl Default for Board {
    fn default() -> Self {
        Self {
            free: Vec::new(),
            offered: Vec::new(),
            capacity: Vec::new(),
            proportions: Vec::new(),
            weights: Weights::of(Amount::ZERO),
            policy: Policy::Pack,
            standing: Vec::new(),
            vacant: Vec::new(),
            largest: Amount::ZERO,
            order: Order::default(),
            rank: Vec::new(),
            changed: Vec::new(),
            sorted_for: Policy::Pack,
        }
    }
}

impl Board {
    /// One more than the greatest index of a host.
    pub(crate) fn places(&self) -> usize {
        self.free.len()
    }

    /// Says what is a good place from now on.
    pub(crate) fn set_policy(&mut self, policy: Policy) {
        self.policy = policy;
    }

    /// What is a good place.
    pub(crate) fn policy(&self) -> Policy {
        self.policy
    }

    /// All places that were ever taken.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = HostId> + use<> {
        (0u32..).take(self.free.len()).map(HostId)
    }

    /// Whether something of the host is on offer.
    pub(crate) fn stands(&self, host: HostId) -> bool {
        self.standing.get(host.index()).copied().unwrap_or(false)
    }

    /// What is left of a host in this pass.
    pub(crate) fn free(&self, host: HostId) -> Amount {
        self.free.get(host.index()).copied().unwrap_or_default()
    }

    /// What is offered of a host.
    pub(crate) fn offered(&self, host: HostId) -> Amount {
        self.offered.get(host.index()).copied().unwrap_or_default()
    }

    /// The most that the host was seen to have.
    pub(crate) fn capacity(&self, host: HostId) -> Amount {
        self.capacity.get(host.index()).copied().unwrap_or_default()
    }

    /// How far what is left would be from the proportion of the host's whole.
    #[inline]
    pub(super) fn skew(&self, host: HostId, left: Amount) -> i64 {
        self.proportions
            .get(host.index())
            .map_or(0, |proportion| proportion.skew(left))
    }

    /// A new host, of which nothing is on offer yet.
    pub(crate) fn add(&mut self) -> HostId {
        let host = self.vacant.pop().unwrap_or_else(|| {
            self.free.push(Amount::ZERO);
            self.offered.push(Amount::ZERO);
            self.capacity.push(Amount::ZERO);
            self.proportions.push(Proportion::default());
            self.standing.push(false);
            self.rank.push(None);
            // places are counted by u32 everywhere; a cluster has fewer hosts
            u32::try_from(self.free.len() - 1).unwrap_or(u32::MAX)
        });
        HostId(host)
    }

    /// So much of the host is on offer now; it has had at least `capacity` in all.
    pub(crate) fn set(&mut self, host: HostId, offered: Amount, capacity: Amount) {
        let index = host.index();
        if index >= self.free.len() {
            return;
        }
        self.standing[index] = true;
        self.free[index] = offered;
        self.offered[index] = offered;
        let whole = self.capacity[index].most(capacity).most(offered);
        if whole != self.capacity[index] {
            self.capacity[index] = whole;
            self.proportions[index] = Proportion::of(whole);
            self.largest = self.largest.most(whole);
        }
        self.changed.push(host.0);
    }

    /// Nothing of the host is on offer any more.
    pub(crate) fn withdraw(&mut self, host: HostId) {
        let index = host.index();
        if self.stands(host) {
            self.standing[index] = false;
            self.free[index] = Amount::ZERO;
            self.offered[index] = Amount::ZERO;
            self.changed.push(host.0);
        }
    }

    /// The host is gone.
    pub(crate) fn remove(&mut self, host: HostId) {
        if host.index() < self.free.len() {
            self.withdraw(host);
            self.capacity[host.index()] = Amount::ZERO;
            self.vacant.push(host.0);
        }
    }

    /// Whether some host was ever seen to have that much of each kind, though not one host of all.
    pub(super) fn could_hold(&self, need: Amount) -> bool {
        self.largest.holds(need)
    }

    /// Brings the order up to what stands.
    pub(super) fn put_in_order(&mut self) {
        let weights = Weights::of(self.largest);
        let all = weights != self.weights || self.sorted_for != self.policy;
        if all || self.changed.len() > self.free.len() / 32 {
            self.weights = weights;
            self.sorted_for = self.policy;
            self.sort();
        } else {
            self.move_changed();
        }
        self.changed.clear();
    }

    fn sort(&mut self) {
        let mut rank = std::mem::take(&mut self.rank);
        for (host, rank) in rank.iter_mut().enumerate() {
            *rank = self.rank_of(host);
        }
        self.order.fill(rank.iter().flatten().copied(), &self.free);
        self.rank = rank;
    }

    fn move_changed(&mut self) {
        if self.changed.is_empty() {
            return;
        }
        for at in 0..self.changed.len() {
            let host = self.changed[at] as usize;
            let rank = self.rank_of(host);
            let old = std::mem::replace(&mut self.rank[host], rank);
            if rank == old {
                if let Some(rank) = rank {
                    self.order.touch(rank);
                }
                continue;
            }
            if let Some(old) = old {
                self.order.remove(old);
            }
            if let Some(rank) = rank {
                self.order.insert(rank, &self.free);
            }
        }
        self.order.refresh(&self.free);
    }

    fn rank_of(&self, host: usize) -> Option<Rank> {
        let offered = self.offered[host];
        self.standing[host].then(|| {
            Rank::new(
                offered.gpus > Scalar::ZERO,
                self.policy == Policy::Pack && offered == self.capacity[host],
                self.weights.sum(offered),
                // there are no more places than u32 counts
                host as u32,
            )
        })
    }

    /// As before the pass.
    pub(super) fn reset(&mut self, touched: impl Iterator<Item = u32>) {
        for host in touched {
            self.free[host as usize] = self.offered[host as usize];
        }
    }
}
