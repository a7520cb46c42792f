//! One pass: wants × hosts.

use super::board::{Board, HostId};
use super::exchange::Exchange;
use super::policy::Policy;
use super::search;
use crate::amount::Amount;

/// What one waiting agent wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Want {
    /// All of it on one host. For a special want whatever is known to be needed; [`Rules::fits`] knows the rest.
    pub(crate) need: Amount,
    /// Wants of the same class may go to the same hosts and differ in `need` only.
    pub(crate) class: u32,
    /// Whether the class asks for more than amounts.
    pub(crate) special: bool,
    /// Higher ones first; a place is exchanged among wants of one priority only.
    pub(crate) priority: i32,
    /// A place once found is not exchanged.
    pub(crate) firm: bool,
    /// What it needs of a host is held back for it where it finds no place.
    pub(crate) holds_back: bool,
    /// The host that was held back for it the last time.
    pub(crate) held: Option<HostId>,
}

/// What the arithmetic asks about wants and hosts.
pub(crate) trait Rules {
    /// Whether wants of that class may go to that host at all.
    fn allowed(&self, class: u32, host: HostId) -> bool;

    /// Whether another host would be better for the class.
    fn shunned(&self, _class: u32, _host: HostId) -> bool {
        false
    }

    /// Whether [`shunned`](Self::shunned) is ever true for the class.
    fn shuns(&self, _class: u32) -> bool {
        false
    }

    /// Hosts that are better than others for the class.
    fn favourites(&self, _class: u32) -> &[HostId] {
        &[]
    }

    /// Whether a special want fits on a host that has this much left.
    fn fits(&mut self, _want: usize, _host: HostId, _free: Amount) -> bool {
        true
    }

    /// Gives a special want its place; what it takes of the host's amounts.
    fn take(&mut self, _want: usize, _host: HostId) -> Amount {
        Amount::ZERO
    }

    /// Nothing is taken any more.
    fn clear(&mut self) {}
}

/// What is held back of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hold {
    /// For this want.
    pub(crate) want: usize,
    /// Where.
    pub(crate) host: HostId,
    /// How much.
    pub(crate) amount: Amount,
}

/// More hosts than this are never held back.
const MOST_HOLDS: usize = 16;

/// A pass over a board.
struct Pass<'b, R> {
    board: &'b mut Board,
    rules: &'b mut R,
    /// Hosts that got something in this pass, with the room they have left; the tightest first.
    touched: Vec<(i64, u32)>,
    is_touched: Vec<bool>,
    /// By slot: how far the order is used up.
    begun: Vec<usize>,
    /// By slot: needs that found no place, none holding another.
    hopeless: Vec<Vec<Amount>>,
    holds: Vec<Hold>,
}

impl Board {
    /// Puts wants, in their order, on hosts. Gives the host of each, and what was held back; what they need is off `free`
    /// until the hosts are [`set`](Board::set) again.
    pub(crate) fn place(
        &mut self,
        wants: &[Want],
        rules: &mut impl Rules,
    ) -> (Vec<Option<HostId>>, Vec<Hold>) {
        let mut placed = vec![None; wants.len()];
        self.put_in_order();
        if wants.is_empty() || self.order.is_empty() {
            return (placed, Vec::new());
        }
        if self.policy() == Policy::Pack {
            let mut pass = Pass::new(self, rules, wants);
            if pass.all_by_size(wants, &mut placed) {
                return (placed, Vec::new());
            }
            let touched = pass.touched;
            self.reset(touched.into_iter().map(|(_, host)| host));
            rules.clear();
            placed.fill(None);
        }
        let mut pass = Pass::new(self, rules, wants);
        for (index, want) in wants.iter().enumerate() {
            placed[index] = pass.put(index, want);
            if placed[index].is_none() && want.holds_back {
                pass.hold_back(index, want);
            }
        }
        let holds = pass.holds;
        if self.policy() == Policy::Pack && placed.contains(&None) {
            let before = self.left_by(&placed);
            Exchange::new(&mut self.free, wants, &mut placed, rules).run();
            search::better(self, wants, rules, &mut placed);
            self.use_new_room(&before, wants, rules, &mut placed);
        }
        (placed, holds)
    }

    /// The hosts on which something was placed, in their order, with what is left of them: no other can have more
    /// after something was moved.
    fn left_by(&self, placed: &[Option<HostId>]) -> Vec<(HostId, Amount)> {
        let mut hosts: Vec<HostId> = placed.iter().flatten().copied().collect();
        hosts.sort_unstable();
        hosts.dedup();
        hosts.into_iter().map(|host| (host, self.free(host))).collect()
    }

    /// What was moved may have left more of one kind where it was: for those that found no place, also special ones.
    fn use_new_room(
        &mut self,
        before: &[(HostId, Amount)],
        wants: &[Want],
        rules: &mut impl Rules,
        placed: &mut [Option<HostId>],
    ) {
        let roomier: Vec<HostId> = before
            .iter()
            .filter(|(host, before)| !before.holds(self.free(*host)))
            .map(|(host, _)| *host)
            .collect();
        for (index, want) in wants.iter().enumerate().filter(|_| !roomier.is_empty()) {
            if placed[index].is_some() {
                continue;
            }
            let host = roomier.iter().copied().find(|host| {
                let free = self.free[host.index()];
                free.holds(want.need)
                    && rules.allowed(want.class, *host)
                    && (!want.special || rules.fits(index, *host, free))
            });
            if let Some(host) = host {
                let taken = if want.special {
                    rules.take(index, host)
                } else {
                    want.need
                };
                self.free[host.index()] = self.free[host.index()].minus(taken);
                placed[index] = Some(host);
            }
        }
    }
}

impl<'b, R: Rules> Pass<'b, R> {
    fn new(board: &'b mut Board, rules: &'b mut R, wants: &[Want]) -> Self {
        let classes = wants
            .iter()
            .map(|want| want.class as usize + 1)
            .max()
            .unwrap_or(0);
        Self {
            is_touched: vec![false; board.places()],
            touched: Vec::new(),
            begun: vec![0; 2 * classes],
            hopeless: vec![Vec::new(); 2 * classes],
            holds: Vec::new(),
            board,
            rules,
        }
    }

    /// Whether all found a place.
    fn all_by_size(&mut self, wants: &[Want], placed: &mut [Option<HostId>]) -> bool {
        let weights = self.board.weights;
        let mut by_size: Vec<(i64, u32)> = wants
            .iter()
            .zip(0u32..)
            .map(|(want, index)| (-weights.heaviest(want.need), index))
            .collect();
        by_size.sort_unstable();
        by_size.iter().all(|(_, index)| {
            let index = *index as usize;
            placed[index] = self.put(index, &wants[index]);
            placed[index].is_some()
        })
    }

    /// The host it goes to; its room is taken.
    fn put(&mut self, index: usize, want: &Want) -> Option<HostId> {
        let host = if self.rules.shuns(want.class) {
            self.find(index, want, true)
                .or_else(|| self.find(index, want, false))
        } else {
            self.find(index, want, false)
        }?;
        let taken = if want.special {
            self.rules.take(index, host)
        } else {
            want.need
        };
        let before = self.board.free[host.index()];
        self.leave(host, before.minus(taken));
        Some(host)
    }

    /// The host has so much left from now on, and is touched.
    fn leave(&mut self, host: HostId, left: Amount) {
        let weights = self.board.weights;
        let free = &mut self.board.free[host.index()];
        let old = (weights.sum(*free), host.0);
        *free = left;
        if self.is_touched[host.index()]
            && let Ok(place) = self.touched.binary_search(&old)
        {
            self.touched.remove(place);
        }
        self.is_touched[host.index()] = true;
        let new = (weights.sum(left), host.0);
        let place = self.touched.binary_search(&new).unwrap_or_else(|place| place);
        self.touched.insert(place, new);
    }

    fn find(&mut self, index: usize, want: &Want, strict: bool) -> Option<HostId> {
        let slot = 2 * want.class as usize + usize::from(strict);
        if self.hopeless[slot].iter().any(|less| want.need.holds(*less)) {
            return None;
        }
        let host = self.favourite(index, want).or_else(|| match self.board.policy() {
            Policy::Pack => self
                .best_touched(index, want, strict, false)
                .or_else(|| self.open(index, want, strict)),
            Policy::Spread => self.roomiest(index, want, strict),
            Policy::Balanced => self.most_balanced(index, want, strict),
        });
        // A want whose need only `Rules::fits` knows says nothing of others.
        if host.is_none() && want.need != Amount::ZERO {
            self.hopeless[slot].retain(|more| !more.holds(want.need));
            self.hopeless[slot].push(want.need);
        }
        host
    }

    /// Whether the host will do, but for its amounts.
    #[inline]
    fn usable(&self, class: u32, host: HostId, strict: bool) -> bool {
        self.rules.allowed(class, host) && !(strict && self.rules.shunned(class, host))
    }

    #[inline]
    fn fits(&mut self, index: usize, want: &Want, host: HostId) -> bool {
        !want.special || self.rules.fits(index, host, self.board.free[host.index()])
    }

    /// The tightest of the hosts that are better than others.
    fn favourite(&mut self, index: usize, want: &Want) -> Option<HostId> {
        let mut best = (i64::MAX, None);
        for at in 0..self.rules.favourites(want.class).len() {
            let Some(host) = self.rules.favourites(want.class).get(at).copied() else {
                break;
            };
            let free = self.board.free(host);
            if !self.board.stands(host) || !free.holds(want.need) {
                continue;
            }
            let left = self.board.weights.sum(free);
            if left < best.0 && self.rules.allowed(want.class, host) && self.fits(index, want, host) {
                best = (left, Some(host));
            }
        }
        best.1
    }

    /// The tightest touched host, or the roomiest.
    fn best_touched(&mut self, index: usize, want: &Want, strict: bool, roomiest: bool) -> Option<HostId> {
        let least = self.board.weights.sum(want.need);
        // Who holds it has at least its weight left.
        let begin = self.touched.partition_point(|(left, _)| *left < least);
        for step in 0..self.touched.len() - begin {
            let place = if roomiest {
                self.touched.len() - 1 - step
            } else {
                begin + step
            };
            let host = HostId(self.touched[place].1);
            if self.board.free[host.index()].holds(want.need)
                && self.usable(want.class, host, strict)
                && self.fits(index, want, host)
            {
                return Some(host);
            }
        }
        None
    }

    /// The first untouched one in order that holds it. What no want of this class can use is skipped once for all.
    fn open(&mut self, index: usize, want: &Want, strict: bool) -> Option<HostId> {
        let slot = 2 * want.class as usize + usize::from(strict);
        let mut skipping = true;
        let mut place = self.begun[slot];
        while let Some((at, host)) = self.board.order.next_with(place, want.need) {
            // What was left out for its amounts may do for another want.
            skipping &= self.board.order.next(place).is_some_and(|(next, _)| next == at);
            place = at + 1;
            let untouched = !self.is_touched[host.index()];
            if skipping {
                if !untouched || !self.usable(want.class, host, strict) {
                    self.begun[slot] = place;
                    continue;
                }
                skipping = false;
            }
            if untouched
                && self.board.free[host.index()].holds(want.need)
                && self.usable(want.class, host, strict)
                && self.fits(index, want, host)
            {
                return Some(host);
            }
        }
        None
    }

    fn roomiest(&mut self, index: usize, want: &Want, strict: bool) -> Option<HostId> {
        let touched = self.best_touched(index, want, strict, true);
        let untouched = self.open(index, want, strict);
        match (touched, untouched) {
            (Some(host), Some(other)) => {
                let room = |host| self.board.weights.sum(self.board.free(host));
                Some(if room(host) > room(other) { host } else { other })
            }
            (touched, untouched) => untouched.or(touched),
        }
    }

    fn most_balanced(&mut self, index: usize, want: &Want, strict: bool) -> Option<HostId> {
        let mut best = (i64::MAX, None);
        let mut place = 0;
        while let Some((at, host)) = self.board.order.next_with(place, want.need) {
            place = at + 1;
            let free = self.board.free[host.index()];
            if !free.holds(want.need) {
                continue;
            }
            let badness = self.board.skew(host, free.minus(want.need));
            if badness < best.0 && self.usable(want.class, host, strict) && self.fits(index, want, host) {
                best = (badness, Some(host));
            }
        }
        best.1
    }

    /// Takes off the board what a want that found no place needs of the host that is nearest to holding it.
    fn hold_back(&mut self, index: usize, want: &Want) {
        if self.holds.len() >= MOST_HOLDS || !self.board.could_hold(want.need) {
            return;
        }
        let could = |host: HostId| {
            self.board.stands(host)
                && self.board.capacity(host).holds(want.need)
                && self.rules.allowed(want.class, host)
                && self.holds.iter().all(|hold| hold.host != host)
        };
        let missing = |host: HostId| {
            let short = want.need.minus(self.board.free(host)).most(Amount::ZERO);
            self.board.weights.sum(short)
        };
        let host = want.held.filter(|host| could(*host)).or_else(|| {
            self.board
                .order
                .hosts()
                .filter(|host| could(*host))
                .min_by_key(|host| missing(*host))
        });
        let Some(host) = host else { return };
        let free = self.board.free[host.index()];
        let amount = free.least(want.need);
        self.leave(host, free.minus(amount));
        self.holds.push(Hold {
            want: index,
            host,
            amount,
        });
    }
}
