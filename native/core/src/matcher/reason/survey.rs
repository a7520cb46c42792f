//! Counting over many hosts for many asks.

use super::Lack;
use super::front::Fronts;
use crate::amount::{Amount, KINDS};
use crate::constraints::Refusal;
use crate::placement::HostId;

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

/// So many questions are answered by looking at each host; then sorting them is worth its price.
const QUESTIONS: u32 = 6;

/// The hosts that a rule leaves, and why it does not leave the others. Kept from pass to pass where little changes.
/// Allocates only to grow.
#[derive(Debug, Default)]
pub(in crate::matcher) struct Survey {
    pub(super) total: usize,
    refused: Vec<(Refused, usize)>,
    /// By place on the board.
    entries: Vec<Entry>,
    left: usize,
    fronts: Fronts,
    questions: u32,
    /// By kind, ascending; up to date only where enough was asked.
    sorted: [Vec<i64>; KINDS],
}

/// What is thought of a host.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) enum Entry {
    /// It is not there.
    #[default]
    Gone,
    Room(Amount),
    Refused(Refused),
}

/// Why a host will not do, whatever is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    By(Refusal),
    Maintenance,
}

impl Survey {
    /// Looks at all hosts anew.
    pub(super) fn fill(&mut self, all: impl Iterator<Item = Entry>) {
        self.entries.clear();
        self.entries.extend(all);
        (self.total, self.left, self.questions) = (0, 0, 0);
        self.refused.clear();
        self.fronts.renew();
        for at in 0..self.entries.len() {
            self.count_in(self.entries[at]);
        }
    }

    /// The host is another now, or gone.
    pub(super) fn set(&mut self, host: HostId, entry: Entry) {
        let place = host.index();
        if self.entries.len() <= place {
            self.entries.resize(place + 1, Entry::Gone);
        }
        let old = std::mem::replace(&mut self.entries[place], entry);
        if old == entry {
            return;
        }
        self.fronts.changed(place);
        self.count_out(old);
        self.count_in(entry);
        if self.questions <= QUESTIONS {
            return;
        }
        if let Entry::Room(room) = old {
            for (sorted, amount) in self.sorted.iter_mut().zip(room.milli()) {
                let end = sorted.partition_point(|other| *other <= amount);
                // it is there: the last of those that are alike, behind which least is to be moved
                sorted.remove(end - 1);
            }
        }
        if let Entry::Room(room) = entry {
            for (sorted, amount) in self.sorted.iter_mut().zip(room.milli()) {
                sorted.insert(sorted.partition_point(|other| *other <= amount), amount);
            }
        }
    }

    fn count_in(&mut self, entry: Entry) {
        self.total += usize::from(entry != Entry::Gone);
        match entry {
            Entry::Room(_) => self.left += 1,
            Entry::Refused(refused) => match self.refused.iter_mut().find(|(known, _)| *known == refused) {
                Some((_, count)) => *count += 1,
                None => self.refused.push((refused, 1)),
            },
            Entry::Gone => {}
        }
    }

    fn count_out(&mut self, entry: Entry) {
        self.total -= usize::from(entry != Entry::Gone);
        match entry {
            Entry::Room(_) => self.left -= 1,
            Entry::Refused(refused) => {
                if let Some((_, count)) = self.refused.iter_mut().find(|(known, _)| *known == refused) {
                    *count -= 1;
                }
                self.refused.retain(|(_, count)| *count > 0);
            }
            Entry::Gone => {}
        }
    }

    /// Whether no host is left.
    pub(super) fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// Why hosts will not do whatever is asked for, and how many.
    pub(super) fn refused(&self) -> &[(Refused, usize)] {
        &self.refused
    }

    pub(super) fn hosts(&self) -> impl Iterator<Item = (Amount, HostId)> {
        rooms(&self.entries)
    }

    /// Whether one host has all of it.
    pub(super) fn holds(&mut self, need: Amount) -> bool {
        match self.fronts.top(&self.entries) {
            Some(front) => front.iter().any(|(room, _)| room.holds(need)),
            None => rooms(&self.entries).any(|(room, _)| room.holds(need)),
        }
    }

    /// The most of each kind that any has.
    pub(super) fn largest(&mut self) -> Amount {
        let most = |most: Amount, (room, _): (Amount, HostId)| most.most(room);
        match self.fronts.top(&self.entries) {
            Some(front) => front.iter().copied().fold(Amount::ZERO, most),
            None => rooms(&self.entries).fold(Amount::ZERO, most),
        }
    }

    /// The host that lacks least, as shares of what is needed; of several, the first of those that none surpasses.
    pub(super) fn nearest(&mut self, need: Amount) -> Option<(Amount, HostId)> {
        let missing = |room: Amount| -> i64 {
            need.milli()
                .iter()
                .zip(room.milli())
                .filter(|(need, _)| **need > 0)
                .map(|(need, room)| (need - room).max(0).saturating_mul(1000) / need)
                .sum()
        };
        match self.fronts.top(&self.entries) {
            Some(front) => front
                .iter()
                .copied()
                .min_by_key(|(room, host)| (missing(*room), *host)),
            None => rooms(&self.entries).min_by_key(|(room, host)| (missing(*room), *host)),
        }
    }

    /// How many hosts are short of each kind, in the order of the kinds; those of which none is are left out.
    pub(super) fn short_of(&mut self, need: Amount) -> impl Iterator<Item = (Lack, usize)> + use<> {
        self.questions = self.questions.saturating_add(1);
        if self.questions == QUESTIONS + 1 {
            self.sort();
        }
        let mut short = [0; KINDS];
        if self.questions > QUESTIONS {
            for ((short, sorted), need) in short.iter_mut().zip(&self.sorted).zip(need.milli()) {
                *short = sorted.partition_point(|room| *room < need);
            }
        } else {
            for (room, _) in rooms(&self.entries) {
                for ((short, room), need) in short.iter_mut().zip(room.milli()).zip(need.milli()) {
                    *short += usize::from(room < need);
                }
            }
        }
        [Lack::Cpus, Lack::Mem, Lack::Disk, Lack::Gpus]
            .into_iter()
            .zip(short)
            .filter(|(_, short)| *short > 0)
    }

    fn sort(&mut self) {
        for (kind, sorted) in self.sorted.iter_mut().enumerate() {
            sorted.clear();
            sorted.extend(rooms(&self.entries).map(|(room, _)| room.milli()[kind]));
            sorted.sort_unstable();
        }
    }
}

fn rooms(entries: &[Entry]) -> impl Iterator<Item = (Amount, HostId)> {
    HostId::all(entries.len())
        .zip(entries)
        .filter_map(|(host, entry)| match entry {
            Entry::Room(room) => Some((*room, host)),
            Entry::Refused(_) | Entry::Gone => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::Scalar;
    use proptest::prelude::*;

    fn amount(cpus: i64, mem: i64) -> Amount {
        Amount::new(Scalar::from_milli(cpus), Scalar::from_milli(mem))
    }

    /// Mostly room, of few different sizes or (where the second is what the first leaves) of sizes none of which surpasses
    /// another.
    fn entries() -> impl Strategy<Value = Entry> {
        prop_oneof![
            1 => Just(Entry::Gone),
            1 => Just(Entry::Refused(Refused::Maintenance)),
            1 => (0u16..2).prop_map(|number| Entry::Refused(Refused::By(Refusal::Condition(number)))),
            8 => (0i64..20, 0i64..20).prop_map(|(cpus, mem)| Entry::Room(amount(cpus, mem))),
            8 => (0i64..4000).prop_map(|cpus| Entry::Room(amount(cpus, 4000 - cpus))),
        ]
    }

    fn answers(survey: &mut Survey, need: Amount) -> (bool, Amount, Vec<(Lack, usize)>) {
        (
            survey.holds(need),
            survey.largest(),
            survey.short_of(need).collect(),
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_kept_up_answers_as_what_is_looked_at_anew(
            first in prop::collection::vec(entries(), 0..700),
            changes in prop::collection::vec((0u32..800, entries()), 1..40),
            needs in prop::collection::vec((0i64..4100, 0i64..4100), 1..12),
        ) {
            let mut kept = Survey::default();
            let mut now = first.clone();
            kept.fill(first.into_iter());
            for (host, entry) in changes {
                kept.set(HostId::at(host), entry);
                now.resize(now.len().max(host as usize + 1), Entry::Gone);
                now[host as usize] = entry;
                for (cpus, mem) in &needs {
                    let need = amount(*cpus, *mem);
                    let mut anew = Survey::default();
                    anew.fill(now.iter().copied());
                    prop_assert_eq!(answers(&mut kept, need), answers(&mut anew, need));
                    prop_assert_eq!(kept.nearest(need), anew.nearest(need));
                    prop_assert_eq!((kept.total, kept.is_empty()), (anew.total, anew.is_empty()));
                    let rooms = || rooms(&now).map(|(room, _)| room);
                    prop_assert_eq!(kept.holds(need), rooms().any(|room| room.holds(need)));
                    prop_assert_eq!(kept.largest(), rooms().fold(Amount::ZERO, Amount::most));
                    let short = rooms().filter(|room| room.cpus < need.cpus).count();
                    let told = kept.short_of(need).find(|(lack, _)| *lack == Lack::Cpus);
                    prop_assert_eq!(told.map_or(0, |(_, count)| count), short);
                }
                let mut refused: Vec<usize> = kept.refused().iter().map(|(_, count)| *count).collect();
                refused.sort_unstable();
                let sum: usize = refused.iter().sum();
                prop_assert_eq!(sum, now.iter().filter(|entry| matches!(entry, Entry::Refused(_))).count());
            }
        }
    }
}
