//! Counting over many hosts for many asks.

use super::Lack;
use crate::amount::{Amount, KINDS};
use crate::placement::HostId;
use crate::scalar::Scalar;
use std::collections::BTreeMap;

/// Whether that which is on offer is looked at, or all that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum What {
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

/// The hosts that a rule leaves, and why it does not leave the others.
pub(super) struct Survey {
    pub(super) total: usize,
    pub(super) refused: BTreeMap<Lack, usize>,
    hosts: Vec<(Amount, HostId)>,
    questions: u32,
    index: Option<Index>,
}

struct Index {
    /// By kind, ascending.
    sorted: [Vec<i64>; KINDS],
    /// Hosts that no other host surpasses in every kind.
    front: Vec<(Amount, HostId)>,
}

impl Survey {
    pub(super) fn new(all: impl Iterator<Item = (Amount, HostId, Option<Lack>)>) -> Self {
        let (mut total, mut refused, mut hosts) = (0, BTreeMap::new(), Vec::new());
        for (room, host, lack) in all {
            total += 1;
            match lack {
                Some(lack) => *refused.entry(lack).or_insert(0) += 1,
                None => hosts.push((room, host)),
            }
        }
        Self {
            total,
            refused,
            hosts,
            questions: 0,
            index: None,
        }
    }

    /// Whether no host is left.
    pub(super) fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }

    pub(super) fn hosts(&self) -> impl Iterator<Item = (Amount, HostId)> {
        self.hosts.iter().copied()
    }

    /// Whether one host has all of it.
    pub(super) fn holds(&mut self, need: Amount) -> bool {
        self.best().iter().any(|(room, _)| room.holds(need))
    }

    /// The most of each kind that any has.
    pub(super) fn largest(&mut self) -> Amount {
        self.best()
            .iter()
            .fold(Amount::ZERO, |most, (room, _)| most.most(*room))
    }

    /// The host that lacks least, as shares of what is needed; the first of several.
    pub(super) fn nearest(&mut self, need: Amount) -> Option<(Amount, HostId)> {
        let missing = |room: &Amount| -> i64 {
            need.milli()
                .iter()
                .zip(room.milli())
                .filter(|(need, _)| **need > 0)
                .map(|(need, room)| (need - room).max(0).saturating_mul(1000) / need)
                .sum()
        };
        self.best()
            .iter()
            .min_by_key(|(room, host)| (missing(room), *host))
            .copied()
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
                for (room, _) in &self.hosts {
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

    /// Hosts among which every question for the best finds its answer.
    fn best(&mut self) -> &[(Amount, HostId)] {
        self.ask();
        match &self.index {
            Some(index) => &index.front,
            None => &self.hosts,
        }
    }

    fn ask(&mut self) {
        self.questions += 1;
        if self.questions > QUESTIONS && self.index.is_none() {
            self.index = Some(Index::new(&self.hosts));
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
            front: front(hosts),
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
