//! Counting over many hosts for many asks.

use super::Lack;
use crate::amount::{Amount, KINDS};
use crate::placement::HostId;
use crate::scalar::Scalar;
use std::collections::BTreeMap;

/// Whether that which is on offer is looked at, or all that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::matcher) enum What {
    Agent,
    Offer,
}

impl What {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            What::Agent => "agent",
            What::Offer => "offer",
        }
    }
}

/// So many questions are answered by looking at each host; then an index is worth its price.
const QUESTIONS: u32 = 6;

/// The hosts that a rule leaves, and why it does not leave the others. Kept from pass to pass where little changes.
#[derive(Debug)]
pub(in crate::matcher) struct Survey {
    pub(super) total: usize,
    pub(super) refused: BTreeMap<Lack, usize>,
    /// By place on the board.
    entries: Vec<Option<Entry>>,
    left: usize,
    questions: u32,
    index: Option<Index>,
}

/// What is thought of a host.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Entry {
    Room(Amount),
    Refused(Lack),
}

#[derive(Debug)]
struct Index {
    /// By kind, ascending.
    sorted: [Vec<i64>; KINDS],
    /// Hosts that no other host surpasses in every kind, in their order; none: to be found anew.
    front: Option<Vec<(Amount, HostId)>>,
}

impl Survey {
    pub(super) fn new(all: impl Iterator<Item = (HostId, Entry)>) -> Self {
        let mut survey = Self {
            total: 0,
            refused: BTreeMap::new(),
            entries: Vec::new(),
            left: 0,
            questions: 0,
            index: None,
        };
        for (host, entry) in all {
            survey.set(host, Some(entry));
        }
        survey
    }

    /// The host is another now, or gone.
    pub(super) fn set(&mut self, host: HostId, entry: Option<Entry>) {
        let place = host.index();
        if self.entries.len() <= place {
            self.entries.resize(place + 1, None);
        }
        if self.entries[place] == entry {
            return;
        }
        let old = std::mem::replace(&mut self.entries[place], entry.clone());
        match old {
            Some(Entry::Room(room)) => {
                self.left -= 1;
                if let Some(index) = &mut self.index {
                    index.remove(room, host);
                }
            }
            Some(Entry::Refused(lack)) => {
                if let Some(count) = self.refused.get_mut(&lack) {
                    *count -= 1;
                    if *count == 0 {
                        self.refused.remove(&lack);
                    }
                }
            }
            None => self.total += 1,
        }
        match entry {
            Some(Entry::Room(room)) => {
                self.left += 1;
                if let Some(index) = &mut self.index {
                    index.insert(room, host);
                }
            }
            Some(Entry::Refused(lack)) => *self.refused.entry(lack).or_insert(0) += 1,
            None => self.total -= 1,
        }
    }

    /// Whether no host is left.
    pub(super) fn is_empty(&self) -> bool {
        self.left == 0
    }

    pub(super) fn hosts(&self) -> impl Iterator<Item = (Amount, HostId)> {
        HostId::all(self.entries.len())
            .zip(&self.entries)
            .filter_map(|(host, entry)| match entry {
                Some(Entry::Room(room)) => Some((*room, host)),
                Some(Entry::Refused(_)) | None => None,
            })
    }

    /// Whether one host has all of it.
    pub(super) fn holds(&mut self, need: Amount) -> bool {
        match self.front() {
            Some(front) => front.iter().any(|(room, _)| room.holds(need)),
            None => self.hosts().any(|(room, _)| room.holds(need)),
        }
    }

    /// The most of each kind that any has.
    pub(super) fn largest(&mut self) -> Amount {
        let most = |most: Amount, room: Amount| most.most(room);
        match self.front() {
            Some(front) => front.iter().map(|(room, _)| *room).fold(Amount::ZERO, most),
            None => self.hosts().map(|(room, _)| room).fold(Amount::ZERO, most),
        }
    }

    /// The host that lacks least, as shares of what is needed; the first of several.
    pub(super) fn nearest(&mut self, need: Amount) -> Option<(Amount, HostId)> {
        let missing = |room: Amount| -> i64 {
            need.milli()
                .iter()
                .zip(room.milli())
                .filter(|(need, _)| **need > 0)
                .map(|(need, room)| (need - room).max(0).saturating_mul(1000) / need)
                .sum()
        };
        match self.front() {
            Some(front) => front
                .iter()
                .copied()
                .min_by_key(|(room, host)| (missing(*room), *host)),
            None => self.hosts().min_by_key(|(room, host)| (missing(*room), *host)),
        }
    }

    /// How many hosts are short of each kind, in the order of the kinds; those of which none is are left out.
    pub(super) fn short_of(&mut self, need: Amount) -> Vec<(Lack, usize)> {
        self.ask();
        let lacks = [Lack::Cpus, Lack::Mem, Lack::Disk, Lack::Gpus];
        let mut short = [0; KINDS];
        match &self.index {
            Some(index) => {
                for ((short, sorted), need) in short.iter_mut().zip(&index.sorted).zip(need.milli()) {
                    *short = sorted.partition_point(|room| *room < need);
                }
            }
            None => {
                for (room, _) in self.hosts() {
                    for ((short, room), need) in short.iter_mut().zip(room.milli()).zip(need.milli()) {
                        *short += usize::from(room < need);
                    }
                }
            }
        }
        lacks
            .into_iter()
            .zip(short)
            .filter(|(_, short)| *short > 0)
            .collect()
    }

    /// Hosts among which every question for the best finds its answer, where they are worth their price.
    fn front(&mut self) -> Option<&[(Amount, HostId)]> {
        self.ask();
        if self.index.as_ref().is_some_and(|index| index.front.is_none()) {
            let hosts: Vec<(Amount, HostId)> = self.hosts().collect();
            if let Some(index) = &mut self.index {
                index.front = Some(front(&hosts));
            }
        }
        self.index.as_ref()?.front.as_deref()
    }

    fn ask(&mut self) {
        self.questions = self.questions.saturating_add(1);
        if self.questions > QUESTIONS && self.index.is_none() {
            let hosts: Vec<(Amount, HostId)> = self.hosts().collect();
            self.index = Some(Index::new(&hosts));
        }
    }
}

impl Index {
    fn new(hosts: &[(Amount, HostId)]) -> Self {
        let sorted = std::array::from_fn(|kind| {
            let mut all: Vec<i64> = hosts.iter().map(|(room, _)| room.milli()[kind]).collect();
            all.sort_unstable();
            all
        });
        Self {
            sorted,
            front: Some(front(hosts)),
        }
    }

    fn insert(&mut self, room: Amount, host: HostId) {
        for (sorted, amount) in self.sorted.iter_mut().zip(room.milli()) {
            sorted.insert(sorted.partition_point(|other| *other < amount), amount);
        }
        if let Some(front) = &mut self.front
            && !front.iter().any(|(other, _)| other.holds(room))
        {
            front.retain(|(other, _)| !room.holds(*other));
            let place = front.partition_point(|(_, other)| *other < host);
            front.insert(place, (room, host));
        }
    }

    fn remove(&mut self, room: Amount, host: HostId) {
        for (sorted, amount) in self.sorted.iter_mut().zip(room.milli()) {
            if let Ok(place) = sorted.binary_search(&amount) {
                sorted.remove(place);
            }
        }
        if self
            .front
            .as_ref()
            .is_some_and(|front| front.iter().any(|(_, other)| *other == host))
        {
            // Those that it surpassed may come to the front.
            self.front = None;
        }
    }
}

/// In the order of their hosts.
fn front(hosts: &[(Amount, HostId)]) -> Vec<(Amount, HostId)> {
    // Roomy ones first: they surpass most others at once.
    let mut roomy: Vec<&(Amount, HostId)> = hosts.iter().collect();
    roomy.sort_unstable_by_key(|(room, host)| (std::cmp::Reverse(rough(*room)), *host));
    let mut front: Vec<(Amount, HostId)> = Vec::new();
    for (room, host) in roomy {
        if !front.iter().any(|(other, _)| other.holds(*room)) {
            front.push((*room, *host));
        }
    }
    front.sort_unstable_by_key(|(_, host)| *host);
    front
}

/// Who surpasses another in every kind has more of this, too.
fn rough(room: Amount) -> Scalar {
    room.cpus * 1000 + room.mem + room.disk + room.gpus
}
