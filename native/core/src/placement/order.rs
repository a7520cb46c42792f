//! The hosts in the order in which they are opened.

use super::board::HostId;
use crate::amount::Amount;

/// So many hosts are skipped at once where none of them holds a need.
const FILLED: usize = 64;
/// A block may grow to this before all are laid out anew.
const BLOCK: usize = 2 * FILLED;

/// Hosts without GPUs come first, and where wants are to be packed, hosts that someone works on before whole ones; then
/// the roomy before the full. Ties by place: same input, same answer. One number, since thousands are sorted at a time;
/// rooms that differ by less than a millionth of the largest host are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Rank(u64);

/// Room is a sum of shares of less than 2^42 in all; of that, so many bits are kept.
const ROOM_BITS: u32 = 30;
const ROOM_DROPPED: u32 = 42 - ROOM_BITS;

impl Rank {
    pub(super) fn new(gpus: bool, whole: bool, room: i64, host: u32) -> Self {
        let most = (1u64 << ROOM_BITS) - 1;
        // The roomiest is to have the least rank.
        let fullness = most - (u64::try_from(room).unwrap_or(0) >> ROOM_DROPPED).min(most);
        Self(u64::from(gpus) << 63 | u64::from(whole) << 62 | fullness << 32 | u64::from(host))
    }

    pub(super) fn host(self) -> HostId {
        // the lowest 32 bits
        HostId(self.0 as u32)
    }
}

/// Changing one host costs a search and a move within a block, laying all out a sort; neither allocates once the order has
/// its size. A place is a number that grows along the order; not every number is one.
#[derive(Debug, Clone, Default)]
pub(super) struct Order {
    /// Block by block; of each its first so many are used.
    slots: Vec<Rank>,
    blocks: Vec<Block>,
    sorted: Vec<Rank>,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    /// None of its hosts comes before it, and none of the next block's after the next one's.
    begin: Rank,
    used: usize,
    /// At least the most of each kind that one of its hosts has.
    most: Amount,
    stale: bool,
}

impl Order {
    /// Lays all out; what the hosts have is told by `free`, in places of their own.
    pub(super) fn fill(&mut self, ranks: impl Iterator<Item = Rank>, free: &[Amount]) {
        self.sorted.clear();
        self.sorted.extend(ranks);
        self.sorted.sort_unstable();
        self.lay_out(free);
    }

    fn lay_out(&mut self, free: &[Amount]) {
        self.slots.clear();
        self.blocks.clear();
        for ranks in self.sorted.chunks(FILLED) {
            let begin = if self.blocks.is_empty() {
                Rank::default()
            } else {
                ranks.first().copied().unwrap_or_default()
            };
            self.slots.extend_from_slice(ranks);
            self.slots
                .resize((self.blocks.len() + 1) * BLOCK, Rank::default());
            self.blocks.push(Block {
                begin,
                used: ranks.len(),
                most: most_of(ranks, free),
                stale: false,
            });
        }
    }

    /// Takes a host out; it is there.
    pub(super) fn remove(&mut self, rank: Rank) {
        let Some(number) = self.block_of(rank) else {
            return;
        };
        let block = &mut self.blocks[number];
        let slots = &mut self.slots[number * BLOCK..number * BLOCK + block.used];
        if let Ok(at) = slots.binary_search(&rank) {
            slots.copy_within(at + 1.., at);
            block.used -= 1;
            block.stale = true;
        }
    }

    /// Puts a host in that is not there.
    pub(super) fn insert(&mut self, rank: Rank, free: &[Amount]) {
        let full = |block: &Block| block.used == BLOCK;
        let number = match self.block_of(rank) {
            Some(number) if !full(&self.blocks[number]) => number,
            Some(_) | None => {
                self.sorted.clear();
                for (block, slots) in self.blocks.iter().zip(self.slots.chunks(BLOCK)) {
                    self.sorted.extend_from_slice(&slots[..block.used]);
                }
                let at = self.sorted.binary_search(&rank).unwrap_or_else(|at| at);
                self.sorted.insert(at, rank);
                self.lay_out(free);
                return;
            }
        };
        let block = &mut self.blocks[number];
        let slots = &mut self.slots[number * BLOCK..=number * BLOCK + block.used];
        let last = slots.len() - 1;
        let at = slots[..last].binary_search(&rank).unwrap_or_else(|at| at);
        slots.copy_within(at..last, at + 1);
        slots[at] = rank;
        block.used += 1;
        block.stale = true;
    }

    /// A host has another amount now, and stays where it is.
    pub(super) fn touch(&mut self, rank: Rank) {
        if let Some(number) = self.block_of(rank) {
            self.blocks[number].stale = true;
        }
    }

    /// Looks at the hosts of those blocks again in which something has changed.
    pub(super) fn refresh(&mut self, free: &[Amount]) {
        for (block, slots) in self.blocks.iter_mut().zip(self.slots.chunks(BLOCK)) {
            if block.stale {
                block.most = most_of(&slots[..block.used], free);
                block.stale = false;
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.blocks.iter().all(|block| block.used == 0)
    }

    /// The first host at this place or after it, and its place.
    #[inline]
    pub(super) fn next(&self, place: usize) -> Option<(usize, HostId)> {
        let mut number = place / BLOCK;
        let mut within = place % BLOCK;
        loop {
            let block = self.blocks.get(number)?;
            if within < block.used {
                let place = number * BLOCK + within;
                return self.slots.get(place).map(|rank| (place, rank.host()));
            }
            number += 1;
            within = 0;
        }
    }

    /// The first host at this place or after it, and its place; blocks in which none has that much are left out.
    #[inline]
    pub(super) fn next_with(&self, place: usize, need: Amount) -> Option<(usize, HostId)> {
        let mut number = place / BLOCK;
        let mut within = place % BLOCK;
        loop {
            let block = self.blocks.get(number)?;
            if within < block.used && block.most.holds(need) {
                let place = number * BLOCK + within;
                return self.slots.get(place).map(|rank| (place, rank.host()));
            }
            number += 1;
            within = 0;
        }
    }

    pub(super) fn hosts(&self) -> impl Iterator<Item = HostId> {
        self.blocks
            .iter()
            .zip(self.slots.chunks(BLOCK))
            .flat_map(|(block, slots)| &slots[..block.used])
            .map(|rank| rank.host())
    }

    /// Hosts of those blocks in which one may have what is asked for.
    pub(super) fn hosts_where(&self, may_have: impl Fn(Amount) -> bool) -> impl Iterator<Item = HostId> {
        self.blocks
            .iter()
            .zip(self.slots.chunks(BLOCK))
            .filter(move |(block, _)| may_have(block.most))
            .flat_map(|(block, slots)| &slots[..block.used])
            .map(|rank| rank.host())
    }

    fn block_of(&self, rank: Rank) -> Option<usize> {
        self.blocks
            .partition_point(|block| block.begin <= rank)
            .checked_sub(1)
    }
}

fn most_of(ranks: &[Rank], free: &[Amount]) -> Amount {
    ranks.iter().fold(Amount::ZERO, |most, rank| {
        most.most(free.get(rank.host().index()).copied().unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::Scalar;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn amount(milli: i64) -> Amount {
        Amount::new(Scalar::from_milli(milli), Scalar::ZERO)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_changes_one_by_one_is_as_what_is_laid_out_at_once(
            steps in prop::collection::vec((0u32..300, 0i64..50), 1..600),
            first in 0usize..300,
            need in 0i64..50,
        ) {
            let mut free = vec![Amount::ZERO; 300];
            let mut rooms = vec![None; 300];
            let rank = |host: u32, room: i64| Rank::new(false, false, room << ROOM_DROPPED, host);
            let mut order = Order::default();
            for (number, (host, room)) in steps.into_iter().enumerate() {
                let index = host as usize;
                free[index] = amount(room);
                let old = rooms[index].replace(room);
                if number < first {
                    continue;
                }
                if number == first {
                    let ranks = (0u32..).zip(&rooms).filter_map(|(host, room)| Some(rank(host, (*room)?)));
                    order.fill(ranks, &free);
                } else if old == Some(room) {
                    order.remove(rank(host, room));
                    rooms[index] = None;
                } else {
                    if let Some(old) = old {
                        order.remove(rank(host, old));
                    }
                    order.insert(rank(host, room), &free);
                    order.touch(rank(host, room));
                }
                order.refresh(&free);
                let wanted: BTreeSet<Rank> =
                    (0u32..).zip(&rooms).filter_map(|(host, room)| Some(rank(host, (*room)?))).collect();
                let wanted: Vec<HostId> = wanted.into_iter().map(Rank::host).collect();
                prop_assert_eq!(order.hosts().collect::<Vec<_>>(), &wanted[..]);
                prop_assert_eq!(order.is_empty(), wanted.is_empty());
                let mut walked = Vec::new();
                let mut place = 0;
                while let Some((at, host)) = order.next(place) {
                    walked.push(host);
                    place = at + 1;
                }
                prop_assert_eq!(walked, &wanted[..]);
                let holds = |host: &HostId| free[host.index()].holds(amount(need));
                let holding: Vec<HostId> = wanted.into_iter().filter(holds).collect();
                let (mut found, mut place) = (Vec::new(), 0);
                while let Some((at, host)) = order.next_with(place, amount(need)) {
                    found.extend(Some(host).filter(holds));
                    place = at + 1;
                }
                prop_assert_eq!(&found, &holding);
                let seen: Vec<HostId> =
                    order.hosts_where(|most| most.holds(amount(need))).filter(holds).collect();
                prop_assert_eq!(seen, holding);
            }
        }
    }
}
