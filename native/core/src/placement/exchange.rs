//! Filling up: where not all wants fit, a young want may give its place to smaller ones that use the room better.

use super::board::HostId;
use super::pass::{Rules, Want};
use crate::amount::Amount;

/// Steps of one exchange; a few milliseconds. With tens of thousands of waiting wants it stops early.
const MOST_STEPS: u32 = 1_000_000;

/// Works on the outcome of a pass. Special wants and those that wait too long keep their places.
pub(super) struct Exchange<'a, R> {
    free: &'a mut [Amount],
    wants: &'a [Want],
    placed: &'a mut [Option<HostId>],
    rules: &'a R,
    /// Wants without a place, by CPUs.
    waiting: Vec<u32>,
    /// Hosts on which something was exchanged.
    changed: Vec<HostId>,
    /// Wants that gave their place away.
    displaced: Vec<bool>,
    steps: u32,
}

impl<'a, R: Rules> Exchange<'a, R> {
    pub(super) fn new(
        free: &'a mut [Amount],
        wants: &'a [Want],
        placed: &'a mut [Option<HostId>],
        rules: &'a R,
    ) -> Self {
        let mut waiting: Vec<u32> = (0u32..)
            .zip(placed.iter().zip(wants))
            .filter(|(_, (host, want))| host.is_none() && !want.special)
            .map(|(index, _)| index)
            .collect();
        waiting.sort_by_key(|index| (wants[*index as usize].need.cpus, *index));
        Self {
            displaced: vec![false; wants.len()],
            free,
            wants,
            placed,
            rules,
            waiting,
            changed: Vec::new(),
            steps: 0,
        }
    }

    pub(super) fn run(&mut self) {
        let mut on: Vec<(HostId, u32)> = self
            .placed
            .iter()
            .zip(self.wants)
            .zip(0u32..)
            .filter(|((_, want), _)| !want.special && !want.firm)
            .filter_map(|((host, _), index)| host.map(|host| (host, index)))
            .collect();
        // by host, youngest first
        on.sort_unstable_by_key(|(host, index)| (*host, u32::MAX - index));
        for (host, young) in on {
            if self.waiting.len() < 2 || self.steps > MOST_STEPS {
                break;
            }
            self.replace_by_two(host, young);
        }
        self.fill();
    }

    /// An exchange never leaves more CPUs, but may leave more of the rest; and who gave its place away may find another.
    fn fill(&mut self) {
        self.changed.dedup();
        if self.changed.is_empty() {
            return;
        }
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.sort_unstable();
        for index in waiting {
            let want = &self.wants[index as usize];
            let fits = |host: &HostId| {
                self.free[host.index()].holds(want.need) && self.rules.allowed(want.class, *host)
            };
            let host = if self.displaced[index as usize] {
                (0u32..).take(self.free.len()).map(HostId).find(fits)
            } else {
                self.changed.iter().copied().find(fits)
            };
            if let Some(host) = host {
                let free = &mut self.free[host.index()];
                *free = free.minus(want.need);
                self.placed[index as usize] = Some(host);
            }
        }
    }

    /// Two waiting wants take the place of one, if together they use at least its CPUs.
    fn replace_by_two(&mut self, host: HostId, young: u32) {
        let leaving = self.wants[young as usize];
        let room = self.free[host.index()].plus(leaving.need);
        let Some((first, second)) = self.best_pair(host, room, &leaving) else {
            return;
        };
        let (a, b) = (self.waiting[first], self.waiting[second]);
        self.waiting.remove(second);
        self.waiting.remove(first);
        self.placed[young as usize] = None;
        self.placed[a as usize] = Some(host);
        self.placed[b as usize] = Some(host);
        self.free[host.index()] = room
            .minus(self.wants[a as usize].need)
            .minus(self.wants[b as usize].need);
        let place = self
            .waiting
            .partition_point(|other| self.wants[*other as usize].need.cpus < leaving.need.cpus);
        self.waiting.insert(place, young);
        self.changed.push(host);
        self.displaced[young as usize] = true;
    }

    /// Positions in `waiting` of the two that fill the room best.
    fn best_pair(&mut self, host: HostId, room: Amount, leaving: &Want) -> Option<(usize, usize)> {
        let mut best = None;
        let mut most = leaving.need.cpus;
        let mut steps = 0;
        let need = |place: usize| self.wants[self.waiting[place] as usize].need;
        let fits = |place: usize, room: Amount| {
            let want = &self.wants[self.waiting[place] as usize];
            want.priority == leaving.priority && room.holds(want.need) && self.rules.allowed(want.class, host)
        };
        for first in 0..self.waiting.len() {
            steps += 1;
            if need(first).cpus > room.cpus {
                break;
            }
            if !fits(first, room) {
                continue;
            }
            let rest = room.minus(need(first));
            let end = self
                .waiting
                .partition_point(|other| self.wants[*other as usize].need.cpus <= rest.cpus);
            if end <= first + 1 {
                // Not even the next one; and those that follow leave no more for theirs.
                break;
            }
            for second in (first + 1..end).rev() {
                steps += 1;
                let together = need(first).cpus + need(second).cpus;
                if together < most || (together == most && best.is_some()) {
                    break;
                }
                if fits(second, rest) {
                    most = together;
                    best = Some((first, second));
                    break;
                }
            }
        }
        self.steps = self.steps.saturating_add(steps);
        best
    }
}
