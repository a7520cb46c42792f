//! The part of an offer that a task may use.

use crate::scalar::Scalar;
use mesos_wire::{Resource, value};

/// CPUs and memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Amount {
    pub(crate) cpus: Scalar,
    pub(crate) mem: Scalar,
}

impl Amount {
    pub(crate) fn holds(self, other: Amount) -> bool {
        self.cpus >= other.cpus && self.mem >= other.mem
    }

    pub(crate) fn plus(self, other: Amount) -> Amount {
        Amount {
            cpus: self.cpus + other.cpus,
            mem: self.mem + other.mem,
        }
    }

    pub(crate) fn most(self, other: Amount) -> Amount {
        Amount {
            cpus: self.cpus.max(other.cpus),
            mem: self.mem.max(other.mem),
        }
    }
}

/// What is left of one or more offers of an agent. Parts reserved for our role go first, so that what others could
/// use stays free.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pool {
    cpus: Vec<Part>,
    mem: Vec<Part>,
}

#[derive(Debug, Clone)]
struct Part {
    /// As offered: reservations, allocation and provider must be sent back unchanged.
    resource: Resource,
    left: Scalar,
}

impl Pool {
    /// The plain CPUs and memory among `resources` that `role` may use. Revocable resources can be taken back in the
    /// middle of a build, and are never used.
    pub(crate) fn new(resources: &[Resource], role: &str) -> Self {
        let mut pool = Pool::default();
        for resource in resources {
            let Some(left) = usable(resource, role) else {
                continue;
            };
            let part = Part {
                resource: resource.clone(),
                left,
            };
            match resource.name.as_str() {
                "cpus" => pool.cpus.push(part),
                "mem" => pool.mem.push(part),
                _ => {}
            }
        }
        pool.sort();
        pool
    }

    pub(crate) fn merge(&mut self, other: Pool) {
        self.cpus.extend(other.cpus);
        self.mem.extend(other.mem);
        self.sort();
    }

    fn sort(&mut self) {
        for parts in [&mut self.cpus, &mut self.mem] {
            parts.sort_by_key(|part| reserved_for(&part.resource).is_none());
        }
    }

    /// What is left.
    pub(crate) fn free(&self) -> Amount {
        let sum = |parts: &[Part]| parts.iter().map(|part| part.left).sum();
        Amount {
            cpus: sum(&self.cpus),
            mem: sum(&self.mem),
        }
    }

    /// Takes the amount out, or nothing.
    pub(crate) fn take(&mut self, amount: Amount) -> Option<Vec<Resource>> {
        if !self.free().holds(amount) {
            return None;
        }
        let mut taken = Vec::new();
        for (parts, mut need) in [(&mut self.cpus, amount.cpus), (&mut self.mem, amount.mem)] {
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
        Some(taken)
    }
}

/// How much of it a task may use; `None` if it is not for us.
fn usable(resource: &Resource, role: &str) -> Option<Scalar> {
    let plain = resource.r#type == value::Type::Scalar as i32
        && resource.revocable.is_none()
        && resource.disk.is_none()
        && resource.shared.is_none();
    let allocated_to_us = resource
        .allocation_info
        .as_ref()
        .and_then(|allocation| allocation.role.as_deref())
        .is_none_or(|allocated| allocated == role);
    // What is reserved for a role above ours (`eng` of `eng/ci`) is ours to use too.
    let reserved_to_us = reserved_for(resource).is_none_or(|owner| {
        owner == role || role.strip_prefix(owner).is_some_and(|rest| rest.starts_with('/'))
    });
    if !(plain && allocated_to_us && reserved_to_us) {
        return None;
    }
    Scalar::from_f64(resource.scalar.as_ref()?.value).filter(|amount| *amount > Scalar::ZERO)
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
        let taken = pool.take(amount(5.0, 1.0)).unwrap();
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
        assert_eq!(pool.take(amount(1.001, 1.0)), None);
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
