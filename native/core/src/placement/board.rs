//! The hosts as they stand.

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

    /// For tables beside the board.
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Hosts of the order that are skipped at once where none of them holds a need.
pub(super) const BLOCK: usize = 64;

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
    order: Vec<Rank>,
    /// The most of each kind in each [`BLOCK`] of the order.
    blocks: Vec<Amount>,
    /// Where a host stands in `order`; out of date for those in `changed`.
    rank: Vec<Option<Rank>>,
    changed: Vec<u32>,
    sorted_for: Policy,
}

/// Hosts without GPUs come first, and where wants are to be packed, hosts that someone works on before whole ones; then
/// the roomy before the full. Ties by place: same input, same answer. One number, since thousands are sorted at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank(u128);

impl Rank {
    fn new(gpus: bool, whole: bool, room: i64, host: u32) -> Self {
        // Room is never negative here; the roomiest is to have the least rank.
        let fullness = i64::MAX.abs_diff(room);
        Self(u128::from(gpus) << 97 | u128::from(whole) << 96 | u128::from(fullness) << 32 | u128::from(host))
    }

    pub(super) fn host(self) -> HostId {
        // the lowest 32 bits
        HostId(self.0 as u32)
    }
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
            order: Vec::new(),
            blocks: Vec::new(),
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

    /// The hosts in the order in which they are opened, as it was when [`Board::put_in_order`] was called.
    pub(super) fn order(&self) -> &[Rank] {
        &self.order
    }

    /// Whether some host from this place of the order to the end of its block may have that much.
    pub(super) fn block_may_hold(&self, place: usize, need: Amount) -> bool {
        self.blocks.get(place / BLOCK).is_none_or(|most| most.holds(need))
    }

    pub(super) fn put_in_order(&mut self) {
        let weights = Weights::of(self.largest);
        let all = weights != self.weights || self.sorted_for != self.policy;
        if !all && self.changed.is_empty() {
            return;
        }
        if all || self.changed.len() > self.free.len() / 32 {
            self.weights = weights;
            self.sorted_for = self.policy;
            self.sort();
        } else {
            self.insert_changed();
        }
        self.changed.clear();
        self.blocks.clear();
        for block in self.order.chunks(BLOCK) {
            let most = block.iter().fold(Amount::ZERO, |most, rank| {
                most.most(self.free[rank.host().index()])
            });
            self.blocks.push(most);
        }
    }

    fn sort(&mut self) {
        self.order.clear();
        for host in 0..self.free.len() {
            let rank = self.rank_of(host);
            self.rank[host] = rank;
            self.order.extend(rank);
        }
        self.order.sort_unstable();
    }

    fn insert_changed(&mut self) {
        for at in 0..self.changed.len() {
            let host = self.changed[at] as usize;
            let rank = self.rank_of(host);
            if rank == self.rank[host] {
                continue;
            }
            if let Some(place) = self.rank[host].and_then(|old| self.order.binary_search(&old).ok()) {
                self.order.remove(place);
            }
            if let Some(rank) = rank {
                let place = self.order.binary_search(&rank).unwrap_or_else(|place| place);
                self.order.insert(place, rank);
            }
            self.rank[host] = rank;
        }
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
