//! Amounts of an agent's resources, exact and by reservation, and their form on the wire.

use mesos_core::Scalar;
use mesos_wire::{Resource, resource, value};

const NAMES: [&str; 3] = ["cpus", "mem", "disk"];
/// Mesos's allocator does not offer less than one of these: thousandths of a CPU, thousandths of a MB.
const ALLOCATABLE_CPUS: i64 = 10;
const ALLOCATABLE_MEM: i64 = 32_000;

/// CPUs, memory and disk in thousandths, each unreserved and reserved for the framework's role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stock([i64; 2 * NAMES.len()]);

impl Stock {
    /// CPUs and MB in thousandths, unreserved.
    pub fn plain(cpus: i64, mem: i64) -> Self {
        Self([cpus, 0, mem, 0, 0, 0])
    }

    /// The same with that much of it reserved for the framework's role.
    #[must_use]
    pub fn reserved(mut self, cpus: i64, mem: i64) -> Self {
        self.0[1] += cpus;
        self.0[0] -= cpus;
        self.0[3] += mem;
        self.0[2] -= mem;
        self
    }

    /// The same with that many thousandths of a MB of disk.
    #[must_use]
    pub fn disk(mut self, disk: i64) -> Self {
        self.0[4] += disk;
        self
    }

    /// Both together.
    #[must_use]
    pub fn plus(mut self, other: Stock) -> Stock {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
        self
    }

    /// This without the other; members may come out negative.
    #[must_use]
    pub fn minus(mut self, other: Stock) -> Stock {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine -= theirs;
        }
        self
    }

    /// Whether the other is contained, member by member.
    pub fn holds(&self, other: &Stock) -> bool {
        self.0.iter().zip(other.0).all(|(mine, theirs)| *mine >= theirs)
    }

    /// Whether a member is below zero.
    pub fn is_overdrawn(&self) -> bool {
        self.0.iter().any(|amount| *amount < 0)
    }

    /// What anyone may use.
    #[must_use]
    pub fn without_reserved(mut self) -> Self {
        for (at, amount) in self.0.iter_mut().enumerate() {
            if at % 2 == 1 {
                *amount = 0;
            }
        }
        self
    }

    /// Whether the allocator would offer it.
    pub fn is_allocatable(&self) -> bool {
        self.cpus() >= ALLOCATABLE_CPUS || self.mem() >= ALLOCATABLE_MEM
    }

    /// CPUs in thousandths.
    pub fn cpus(&self) -> i64 {
        self.0[0] + self.0[1]
    }

    /// MB in thousandths.
    pub fn mem(&self) -> i64 {
        self.0[2] + self.0[3]
    }

    /// As an offer for `role` carries it to a framework with RESERVATION_REFINEMENT and MULTI_ROLE.
    pub fn to_resources(self, role: &str) -> Vec<Resource> {
        let mut resources: Vec<Resource> = self
            .0
            .iter()
            .enumerate()
            .filter(|(_, amount)| **amount > 0)
            .map(|(at, amount)| {
                let mut one = Resource::scalar(NAMES[at / 2], Scalar::from_milli(*amount).to_f64());
                if at % 2 == 1 {
                    one.reservations = vec![reservation(role)];
                }
                one
            })
            .collect();
        resources.push(Resource::ranges("ports", [(31_000, 32_000)]));
        for one in &mut resources {
            one.allocation_info = Some(allocation(role));
        }
        resources
    }

    /// What a task asks for. Ranges and sets are not for tasks of ours.
    ///
    /// # Errors
    /// What the master would say of resources that it did not offer in this form.
    pub fn of_task(resources: &[Resource], role: &str) -> Result<Self, String> {
        let mut stock = Stock::default();
        for one in resources {
            let name = &one.name;
            let at = NAMES
                .iter()
                .position(|known| known == name)
                .ok_or_else(|| format!("resource {name} was not offered as a scalar"))?;
            if one.allocation_info.as_ref() != Some(&allocation(role)) {
                return Err(format!("resource {name} lacks the allocation to role {role}"));
            }
            let reserved = match one.reservations.as_slice() {
                [] => 0,
                [only] if *only == reservation(role) => 1,
                _ => {
                    return Err(format!(
                        "resource {name} has another reservation than was offered"
                    ));
                }
            };
            let amount = one
                .scalar
                .as_ref()
                .filter(|_| one.r#type == i32::from(value::Type::Scalar))
                .and_then(|scalar| Scalar::from_f64(scalar.value))
                .filter(|amount| *amount > Scalar::ZERO)
                .ok_or_else(|| format!("resource {name} has no positive amount"))?;
            stock.0[2 * at + reserved] += amount.as_milli();
        }
        Ok(stock)
    }
}

fn allocation(role: &str) -> resource::AllocationInfo {
    resource::AllocationInfo {
        role: Some(role.to_owned()),
    }
}

fn reservation(role: &str) -> resource::ReservationInfo {
    resource::ReservationInfo {
        role: Some(role.to_owned()),
        r#type: Some(resource::reservation_info::Type::Static.into()),
        ..resource::ReservationInfo::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_offered_reads_back_but_for_the_ports() {
        let stock = Stock::plain(4_000, 8_000_000)
            .reserved(1_500, 1_000_000)
            .disk(5_000);
        let mut resources = stock.to_resources("ci");
        assert_eq!(resources.pop().unwrap().name, "ports");
        assert_eq!(Stock::of_task(&resources, "ci"), Ok(stock));
    }

    #[test]
    fn a_resource_that_lost_its_reservation_or_allocation_is_another_one() {
        let resources = Stock::plain(2_000, 0).reserved(1_000, 0).to_resources("ci");
        let mut unreserved = resources[1].clone();
        unreserved.reservations.clear();
        let read = Stock::of_task(&[unreserved], "ci").unwrap();
        assert_eq!(read, Stock::plain(1_000, 0));
        let mut unallocated = resources[0].clone();
        unallocated.allocation_info = None;
        assert!(Stock::of_task(&[unallocated], "ci").is_err());
    }

    #[test]
    fn holding_goes_member_by_member() {
        let mixed = Stock::plain(4_000, 0).reserved(1_000, 0);
        assert!(mixed.holds(&Stock::plain(3_000, 0)));
        assert!(!mixed.holds(&Stock::plain(3_001, 0)));
        assert!(mixed.minus(Stock::plain(3_001, 0)).is_overdrawn());
    }
}
