//! The part of an offer that a task may use.

use crate::ports::PortSet;
use crate::scalar::Scalar;
use mesos_wire::{Resource, value};

/// CPUs, memory and disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Amount {
    /// CPUs.
    pub cpus: Scalar,
    /// MB of memory.
    pub mem: Scalar,
    /// MB of disk.
    pub disk: Scalar,
}

impl Amount {
    /// Whether the other fits into it.
    pub fn holds(self, other: Amount) -> bool {
        self.cpus >= other.cpus && self.mem >= other.mem && self.disk >= other.disk
    }

    pub(crate) fn plus(self, other: Amount) -> Amount {
        Amount {
            cpus: self.cpus + other.cpus,
            mem: self.mem + other.mem,
            disk: self.disk + other.disk,
        }
    }

    pub(crate) fn most(self, other: Amount) -> Amount {
        Amount {
            cpus: self.cpus.max(other.cpus),
            mem: self.mem.max(other.mem),
            disk: self.disk.max(other.disk),
        }
    }
}

/// What is left of one or more offers of an agent. Parts reserved for our role go first, so that what others could
/// use stays free.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pool {
    cpus: Vec<Part>,
    mem: Vec<Part>,
    disk: Vec<Part>,
    ports: Vec<PortPart>,
}

#[derive(Debug, Clone)]
struct Part {
    /// As offered: reservations, allocation and provider must be sent back unchanged.
    resource: Resource,
    left: Scalar,
}

#[derive(Debug, Clone)]
struct PortPart {
    resource: Resource,
    left: PortSet,
}

impl Pool {
    /// The plain CPUs, memory, disk and ports among `resources` that `role` may use. Revocable resources can be taken back
    /// in the middle of a build, and are never used.
    pub(crate) fn new(resources: &[Resource], role: &str) -> Self {
        let mut pool = Pool::default();
        for resource in resources.iter().filter(|resource| is_ours(resource, role)) {
            if resource.name == "ports" {
                let left = ports_of(resource);
                if !left.is_empty() {
                    pool.ports.push(PortPart {
                        resource: resource.clone(),
                        left,
                    });
                }
                continue;
            }
            let parts = match resource.name.as_str() {
                "cpus" => &mut pool.cpus,
                "mem" => &mut pool.mem,
                "disk" => &mut pool.disk,
                _ => continue,
            };
            if let Some(left) = amount_of(resource) {
                parts.push(Part {
                    resource: resource.clone(),
                    left,
                });
            }
        }
        pool.sort();
        pool
    }

    pub(crate) fn merge(&mut self, other: Pool) {
        self.cpus.extend(other.cpus);
        self.mem.extend(other.mem);
        self.disk.extend(other.disk);
        self.ports.extend(other.ports);
        self.sort();
    }

    fn sort(&mut self) {
        for parts in [&mut self.cpus, &mut self.mem, &mut self.disk] {
            parts.sort_by_key(|part| reserved_for(&part.resource).is_none());
        }
        self.ports
            .sort_by_key(|part| reserved_for(&part.resource).is_none());
    }

    /// What is left, but for the ports.
    pub(crate) fn free(&self) -> Amount {
        let sum = |parts: &[Part]| parts.iter().map(|part| part.left).sum();
        Amount {
            cpus: sum(&self.cpus),
            mem: sum(&self.mem),
            disk: sum(&self.disk),
        }
    }

    /// The ports that are left.
    pub(crate) fn free_ports(&self) -> PortSet {
        let mut all = PortSet::default();
        for part in &self.ports {
            all.merge(&part.left);
        }
        all
    }

    /// Whether [`take`](Self::take) would give something.
    pub(crate) fn holds(&self, amount: Amount, ports: &[Option<u32>]) -> bool {
        self.free().holds(amount) && (ports.is_empty() || holds_ports(&self.free_ports(), ports))
    }

    /// Takes the amount and the ports out, or nothing. A port that is `None` is any; one that is named twice is taken
    /// once. With the resources come the numbers, in the order of `ports`.
    pub(crate) fn take(
        &mut self,
        amount: Amount,
        ports: &[Option<u32>],
    ) -> Option<(Vec<Resource>, Vec<u32>)> {
        if !self.holds(amount, ports) {
            return None;
        }
        let mut taken = Vec::new();
        for (parts, mut need) in [
            (&mut self.cpus, amount.cpus),
            (&mut self.mem, amount.mem),
            (&mut self.disk, amount.disk),
        ] {
            for part in parts.iter_mut() {
                let bite = part.left.min(need);
                if bite > Scalar::ZERO {
                    part.left -= bite;
                    need -= bite;
                    taken.push(Resource {
                        scalar: Some(value::Scalar { value: bite.to_f64() }),
                        ..part.resource.clone()
                    });
                }
            }
        }
        let numbers = self.take_ports(ports, &mut taken);
        Some((taken, numbers))
    }

    /// The named ones first: what is any must not be one of them.
    fn take_ports(&mut self, ports: &[Option<u32>], taken: &mut Vec<Resource>) -> Vec<u32> {
        let mut bites: Vec<PortSet> = vec![PortSet::default(); self.ports.len()];
        for port in ports.iter().flatten() {
            for (part, bite) in self.ports.iter_mut().zip(&mut bites) {
                if part.left.remove(*port) {
                    bite.insert(*port);
                    break;
                }
            }
        }
        let numbers = ports
            .iter()
            .filter_map(|wanted| {
                let Some(port) = wanted else {
                    return self.ports.iter_mut().zip(&mut bites).find_map(|(part, bite)| {
                        let port = part.left.first()?;
                        part.left.remove(port);
                        bite.insert(port);
                        Some(port)
                    });
                };
                Some(*port)
            })
            .collect();
        for (part, bite) in self.ports.iter().zip(bites) {
            if !bite.is_empty() {
                taken.push(Resource {
                    ranges: Some(bite.to_ranges()),
                    ..part.resource.clone()
                });
            }
        }
        numbers
    }
}

/// Whether these ports can be had at once.
pub(crate) fn holds_ports(free: &PortSet, ports: &[Option<u32>]) -> bool {
    let mut named = PortSet::default();
    let mut any = 0;
    for port in ports {
        match port {
            Some(port) if free.contains(*port) => named.insert(*port),
            Some(_) => return false,
            None => any += 1,
        }
    }
    named.len() + any <= free.len()
}

/// Whether a task of ours may use it.
fn is_ours(resource: &Resource, role: &str) -> bool {
    let plain = resource.revocable.is_none() && resource.disk.is_none() && resource.shared.is_none();
    let allocated_to_us = resource
        .allocation_info
        .as_ref()
        .and_then(|allocation| allocation.role.as_deref())
        .is_none_or(|allocated| allocated == role);
    // What is reserved for a role above ours (`eng` of `eng/ci`) is ours to use too.
    let reserved_to_us = reserved_for(resource).is_none_or(|owner| {
        owner == role || role.strip_prefix(owner).is_some_and(|rest| rest.starts_with('/'))
    });
    plain && allocated_to_us && reserved_to_us
}

fn amount_of(resource: &Resource) -> Option<Scalar> {
    let scalar = resource
        .scalar
        .as_ref()
        .filter(|_| resource.r#type == value::Type::Scalar as i32)?;
    Scalar::from_f64(scalar.value).filter(|amount| *amount > Scalar::ZERO)
}

fn ports_of(resource: &Resource) -> PortSet {
    resource
        .ranges
        .as_ref()
        .filter(|_| resource.r#type == value::Type::Ranges as i32)
        .map(PortSet::from_ranges)
        .unwrap_or_default()
}

/// The role it is reserved for, in today's format (the last of the stack) or in the one before.
fn reserved_for(resource: &Resource) -> Option<&str> {
    if let Some(last) = resource.reservations.last() {
        return Some(last.role.as_deref().unwrap_or("*"));
    }
    resource.role.as_deref().filter(|role| *role != "*")
}

#[cfg(test)]
mod tests {
    use super::*;
    use mesos_wire::resource::{AllocationInfo, ReservationInfo};

    pub(crate) fn scalar(name: &str, value: f64) -> Resource {
        Resource {
            name: name.to_owned(),
            r#type: value::Type::Scalar as i32,
            scalar: Some(value::Scalar { value }),
            allocation_info: Some(AllocationInfo {
                role: Some("ci".to_owned()),
            }),
            ..Resource::default()
        }
    }

    fn reserved(name: &str, value: f64, role: &str) -> Resource {
        Resource {
            reservations: vec![ReservationInfo {
                role: Some(role.to_owned()),
                ..ReservationInfo::default()
            }],
            ..scalar(name, value)
        }
    }

    fn amount(cpus: f64, mem: f64) -> Amount {
        Amount {
            cpus: Scalar::from_f64(cpus).unwrap(),
            mem: Scalar::from_f64(mem).unwrap(),
            disk: Scalar::ZERO,
        }
    }

    #[test]
    fn reserved_and_free_resources_add_up_and_reserved_ones_go_first() {
        let offered = [
            scalar("cpus", 2.0),
            reserved("cpus", 4.0, "ci"),
            scalar("mem", 100.0),
        ];
        let mut pool = Pool::new(&offered, "ci");
        assert_eq!(pool.free(), amount(6.0, 100.0));
        let taken = pool.take(amount(5.0, 1.0), &[]).unwrap().0;
        assert_eq!(
            taken[0],
            Resource {
                scalar: Some(value::Scalar { value: 4.0 }),
                ..offered[1].clone()
            }
        );
        assert_eq!(
            taken[1],
            Resource {
                scalar: Some(value::Scalar { value: 1.0 }),
                ..offered[0].clone()
            }
        );
        assert_eq!(pool.free(), amount(1.0, 99.0));
        assert_eq!(pool.take(amount(1.001, 1.0), &[]), None);
        assert_eq!(pool.free(), amount(1.0, 99.0), "a refusal takes nothing");
    }

    #[test]
    fn what_is_revocable_shared_or_of_another_role_is_left_alone() {
        let others = [
            Resource {
                revocable: Some(Vec::new()),
                ..scalar("cpus", 8.0)
            },
            Resource {
                shared: Some(Vec::new()),
                ..scalar("cpus", 8.0)
            },
            Resource {
                disk: Some(Vec::new()),
                ..scalar("mem", 8.0)
            },
            Resource {
                allocation_info: Some(AllocationInfo {
                    role: Some("x".into()),
                }),
                ..scalar("cpus", 8.0)
            },
            Resource {
                role: Some("x".to_owned()),
                ..scalar("cpus", 8.0)
            },
            reserved("cpus", 8.0, "c"),
            scalar("gpus", 8.0),
            scalar("cpus", f64::NAN),
        ];
        assert_eq!(Pool::new(&others, "ci").free(), Amount::default());
    }

    fn ports(ranges: &[(u64, u64)]) -> Resource {
        Resource {
            name: "ports".to_owned(),
            r#type: value::Type::Ranges as i32,
            scalar: None,
            ranges: Some(value::Ranges {
                range: ranges
                    .iter()
                    .map(|(begin, end)| value::Range {
                        begin: *begin,
                        end: *end,
                    })
                    .collect(),
            }),
            ..scalar("ports", 0.0)
        }
    }

    fn ranges(resource: &Resource) -> Vec<(u64, u64)> {
        let ranges = resource.ranges.as_ref().unwrap();
        ranges
            .range
            .iter()
            .map(|range| (range.begin, range.end))
            .collect()
    }

    #[test]
    fn ports_are_given_once_and_named_ones_are_kept_from_those_that_are_any() {
        let offered = [ports(&[(31_000, 31_002), (5900, 5900)]), ports(&[(8000, 8000)])];
        let mut pool = Pool::new(&offered, "ci");
        let nothing = Amount::default();
        let wanted = [None, Some(5900), Some(8000), Some(8000)];
        let (taken, numbers) = pool.take(nothing, &wanted).unwrap();
        assert_eq!(numbers, [31_000, 5900, 8000, 8000]);
        assert_eq!(ranges(&taken[0]), [(5900, 5900), (31_000, 31_000)]);
        assert_eq!(ranges(&taken[1]), [(8000, 8000)]);
        assert_eq!(taken[1].allocation_info, offered[1].allocation_info);
        assert_eq!(pool.take(nothing, &[Some(8000)]), None, "it is given");
        assert_eq!(pool.take(nothing, &[None, None, None]), None, "two are left");
        assert_eq!(pool.take(nothing, &[None, None]).unwrap().1, [31_001, 31_002]);
    }

    #[test]
    fn disk_is_taken_like_memory_but_not_from_a_volume() {
        let volume = Resource {
            disk: Some(Vec::new()),
            ..scalar("disk", 1000.0)
        };
        let mut pool = Pool::new(
            &[volume, scalar("disk", 100.0), reserved("disk", 50.0, "ci")],
            "ci",
        );
        let disk = |mb: i64| Amount {
            disk: Scalar::from_milli(mb * 1000),
            ..Amount::default()
        };
        assert_eq!(pool.take(disk(151), &[]), None);
        let (taken, _) = pool.take(disk(120), &[]).unwrap();
        let amounts: Vec<f64> = taken
            .iter()
            .map(|one| one.scalar.as_ref().unwrap().value)
            .collect();
        assert_eq!(amounts, [50.0, 70.0]);
        assert_eq!(pool.free(), disk(30));
    }

    #[test]
    fn a_reservation_of_a_role_above_ours_is_used() {
        let offered = [Resource {
            allocation_info: None,
            ..reserved("cpus", 1.0, "eng")
        }];
        assert_eq!(
            Pool::new(&offered, "eng/ci").free().cpus,
            Scalar::from_milli(1000)
        );
        assert_eq!(Pool::new(&offered, "engine").free().cpus, Scalar::ZERO);
    }
}
