//! The hosts among which every question for the best finds its answer.

use super::survey::Entry;
use crate::amount::Amount;
use crate::placement::HostId;

/// Of so many hosts the front is found by comparing them.
const BLOCK: usize = 64;
/// Of so many fronts the front is found by comparing what is in them.
const FRONTS: usize = 16;
/// A front that would be wider is none: comparing would cost more than looking at each host.
const WIDEST: usize = 128;

/// Hosts that no other surpasses in every kind; of those that have the same, the first. Found block by block, and of the
/// blocks' fronts level by level, so that a host that changes is looked at with its neighbours only. Allocates only to grow.
#[derive(Debug, Default)]
pub(super) struct Fronts {
    levels: Vec<Level>,
    /// Blocks that are not up to date; ascending where `all` are not.
    stale: Vec<usize>,
    all: bool,
    top: Option<Vec<(Amount, HostId)>>,
    spare: Vec<(Amount, HostId)>,
}

#[derive(Debug, Default)]
struct Level {
    /// Hosts by place on the board, front by front.
    hosts: Vec<u32>,
    /// Of each front, where it ends in its part of `hosts`; none: it is too wide.
    used: Vec<Option<u8>>,
    widest: usize,
}

impl Fronts {
    /// All hosts are others now.
    pub(super) fn renew(&mut self) {
        self.stale.clear();
        self.all = true;
    }

    /// A host is another now.
    pub(super) fn changed(&mut self, place: usize) {
        if !self.all && !self.stale.contains(&(place / BLOCK)) {
            self.stale.push(place / BLOCK);
        }
    }

    /// In the order of the hosts; none if too many are in it.
    pub(super) fn top(&mut self, entries: &[Entry]) -> Option<&[(Amount, HostId)]> {
        if self.all || !self.stale.is_empty() {
            self.refresh(entries);
        }
        self.top.as_deref()
    }

    fn refresh(&mut self, entries: &[Entry]) {
        let mut count = entries.len().div_ceil(BLOCK).max(1);
        let first = self.levels.first().map_or(0, |level| level.used.len());
        if self.all || first != count {
            self.stale.clear();
            self.stale.extend(0..count);
        }
        self.all = false;
        let mut number = 0;
        loop {
            if self.levels.len() == number {
                self.levels.push(Level::default());
            }
            let widest = if number == 0 { BLOCK } else { WIDEST };
            self.levels[number].grow(count, widest);
            for at in 0..self.stale.len() {
                self.find(number, self.stale[at], entries);
            }
            if count == 1 {
                break;
            }
            for stale in &mut self.stale {
                *stale /= FRONTS;
            }
            self.stale.sort_unstable();
            self.stale.dedup();
            count = count.div_ceil(FRONTS);
            number += 1;
        }
        self.levels.truncate(number + 1);
        self.stale.clear();
        let mut top = self.top.take().unwrap_or_default();
        top.clear();
        self.top = self.levels.last().and_then(|level| {
            top.extend(
                level
                    .front(0)?
                    .iter()
                    .map(|place| (room(entries, *place), host(*place))),
            );
            Some(top)
        });
    }

    /// One front, from the hosts of its block or the fronts below it.
    fn find(&mut self, number: usize, front: usize, entries: &[Entry]) {
        let mut found = std::mem::take(&mut self.spare);
        found.clear();
        let mut narrow = true;
        if number == 0 {
            let begin = front * BLOCK;
            for (place, entry) in (0u32..).zip(entries).skip(begin).take(BLOCK) {
                if let Entry::Room(room) = entry {
                    add(&mut found, *room, host(place));
                }
            }
        } else {
            let below = &self.levels[number - 1];
            let begin = front * FRONTS;
            for front in begin..(begin + FRONTS).min(below.used.len()) {
                let Some(places) = below.front(front) else {
                    narrow = false;
                    break;
                };
                for place in places {
                    add(&mut found, room(entries, *place), host(*place));
                    if found.len() > WIDEST {
                        narrow = false;
                        break;
                    }
                }
            }
        }
        let level = &mut self.levels[number];
        level.used[front] = narrow.then(|| u8::try_from(found.len()).ok()).flatten();
        if level.used[front].is_some() {
            let begin = front * level.widest;
            for (slot, (_, host)) in level.hosts[begin..].iter_mut().zip(&found) {
                // of at most as many hosts as u32 counts
                *slot = host.index() as u32;
            }
        }
        self.spare = found;
    }
}

impl Level {
    fn grow(&mut self, count: usize, widest: usize) {
        self.widest = widest;
        self.used.resize(count, None);
        self.hosts.resize(count * widest, 0);
    }

    fn front(&self, front: usize) -> Option<&[u32]> {
        let used = usize::from((*self.used.get(front)?)?);
        self.hosts.get(front * self.widest..front * self.widest + used)
    }
}

/// Hosts come in their order, so that the first of those that have the same stays.
fn add(front: &mut Vec<(Amount, HostId)>, room: Amount, host: HostId) {
    if !front.iter().any(|(other, _)| other.holds(room)) {
        front.retain(|(other, _)| !room.holds(*other));
        front.push((room, host));
    }
}

fn room(entries: &[Entry], place: u32) -> Amount {
    match entries.get(place as usize) {
        Some(Entry::Room(room)) => *room,
        Some(Entry::Refused(_) | Entry::Gone) | None => Amount::ZERO,
    }
}

fn host(place: u32) -> HostId {
    HostId::at(place)
}
