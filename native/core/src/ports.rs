//! Sets of port numbers.

use mesos_wire::value;

/// Port numbers, as sorted ranges that neither touch nor overlap; both ends belong to a range.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct PortSet(Vec<(u32, u32)>);

impl PortSet {
    /// What Mesos calls ranges; what lies beyond 65535 is no port.
    #[cfg(test)]
    pub(crate) fn from_ranges(ranges: &value::Ranges) -> Self {
        let mut set = Self::default();
        set.take_in(ranges.range.iter().map(|range| (range.begin, range.end)));
        set
    }

    /// Adds what Mesos calls ranges; what lies beyond 65535 is no port. Allocates only to grow.
    pub(crate) fn take_in(&mut self, ranges: impl Iterator<Item = (u64, u64)>) {
        for (begin, end) in ranges {
            if begin <= end && begin <= u64::from(u16::MAX) {
                self.0.push((port(begin), port(end)));
            }
        }
        self.normalize();
    }

    /// Takes all out.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// As Mesos writes it.
    pub(crate) fn to_ranges(&self) -> value::Ranges {
        value::Ranges {
            range: self
                .0
                .iter()
                .map(|(begin, end)| value::Range {
                    begin: u64::from(*begin),
                    end: u64::from(*end),
                })
                .collect(),
        }
    }

    fn normalize(&mut self) {
        let normal = self
            .0
            .windows(2)
            .all(|pair| matches!(pair, [left, right] if left.1.saturating_add(1) < right.0));
        if normal {
            return;
        }
        self.0.sort_unstable();
        self.0.dedup_by(|later, earlier| {
            let joined = later.0 <= earlier.1.saturating_add(1);
            if joined {
                earlier.1 = earlier.1.max(later.1);
            }
            joined
        });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many ports.
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|(begin, end)| (end - begin) as usize + 1).sum()
    }

    pub(crate) fn contains(&self, port: u32) -> bool {
        self.0.iter().any(|(begin, end)| (*begin..=*end).contains(&port))
    }

    /// The lowest.
    pub(crate) fn first(&self) -> Option<u32> {
        self.0.first().map(|(begin, _)| *begin)
    }

    /// Takes all of the other in.
    pub(crate) fn merge(&mut self, other: &PortSet) {
        if !other.is_empty() && self != other {
            self.0.extend_from_slice(&other.0);
            self.normalize();
        }
    }

    pub(crate) fn insert(&mut self, port: u32) {
        self.merge(&Self(vec![(port, port)]));
    }

    /// Whether it was there.
    pub(crate) fn remove(&mut self, port: u32) -> bool {
        let Some(at) = self
            .0
            .iter()
            .position(|(begin, end)| (*begin..=*end).contains(&port))
        else {
            return false;
        };
        let (begin, end) = self.0.remove(at);
        if port < end {
            self.0.insert(at, (port + 1, end));
        }
        if begin < port {
            self.0.insert(at, (begin, port - 1));
        }
        true
    }
}

fn port(number: u64) -> u32 {
    u32::from(u16::try_from(number).unwrap_or(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn set(ranges: &[(u64, u64)]) -> PortSet {
        PortSet::from_ranges(&value::Ranges {
            range: ranges
                .iter()
                .map(|(begin, end)| value::Range {
                    begin: *begin,
                    end: *end,
                })
                .collect(),
        })
    }

    #[test]
    fn ranges_are_joined_and_what_is_no_port_is_dropped() {
        let ports = set(&[(5, 6), (1, 2), (3, 4), (9, 8), (70_000, 70_001), (65_535, 99_999)]);
        assert_eq!(ports, set(&[(1, 6), (65_535, 65_535)]));
        assert_eq!((ports.len(), ports.first()), (7, Some(1)));
    }

    proptest! {
        #[test]
        fn it_is_a_set(
            ranges in prop::collection::vec((0u64..40, 0u64..40), 0..6),
            steps in prop::collection::vec((any::<bool>(), 0u32..40), 0..40),
        ) {
            let mut ports = set(&ranges);
            let mut model: BTreeSet<u32> =
                ranges.iter().flat_map(|(begin, end)| *begin as u32..=*end as u32).collect();
            for (add, port) in steps {
                if add {
                    ports.insert(port);
                    model.insert(port);
                } else {
                    prop_assert_eq!(ports.remove(port), model.remove(&port));
                }
                prop_assert_eq!(ports.len(), model.len());
                prop_assert_eq!(ports.first(), model.first().copied());
            }
            for port in 0..40 {
                prop_assert_eq!(ports.contains(port), model.contains(&port));
            }
            prop_assert_eq!(PortSet::from_ranges(&ports.to_ranges()), ports);
        }
    }
}
