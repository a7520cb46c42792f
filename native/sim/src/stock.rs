//! Amounts of an agent's resources, exact and by reservation, and their form on the wire.

use mesos_core::Scalar;
use mesos_wire::{Resource, resource, value};

const NAMES: [&str; 3] = ["cpus", "mem", "disk"];
/// Mesos's allocator does not offer less than one of these: thousandths of a CPU, thousandths of a MB.
const ALLOCATABLE_CPUS: i64 = 10;
const ALLOCATABLE_MEM: i64 = 32_000;

/// The port that stands for the lowest bit of a set.
const FIRST_PORT: u64 = 31_000;

/// CPUs, memory and disk in thousandths, each unreserved and reserved for the framework's role; and ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stock {
    amounts: [i64; 2 * NAMES.len()],
    /// A bit for each of 64.
    ports: u64,
    /// A port was put in twice, or taken where it was not.
    clash: bool,
}

impl Stock {
    /// CPUs and MB in thousandths, unreserved.
    pub fn plain(cpus: i64, mem: i64) -> Self {
        Self {
            amounts: [cpus, 0, mem, 0, 0, 0],
            ..Self::default()
        }
    }

    /// The same with that much of it reserved for the framework's role.
    #[must_use]
    pub fn reserved(mut self, cpus: i64, mem: i64) -> Self {
        let [free_cpus, our_cpus, free_mem, our_mem, ..] = &mut self.amounts;
        *our_cpus += cpus;
        *free_cpus -= cpus;
        *our_mem += mem;
        *free_mem -= mem;
        self
    }

    /// The same with that many thousandths of a MB of disk.
    #[must_use]
    pub fn disk(mut self, disk: i64) -> Self {
        self.amounts[4] += disk;
        self
    }

    /// The same with the ports from 31000 on, at most 64.
    #[must_use]
    pub fn ports(mut self, count: u32) -> Self {
        self.ports = u64::MAX.checked_shr(64 - count.min(64)).unwrap_or(0);
        self
    }

    /// Both together.
    #[must_use]
    pub fn plus(mut self, other: Stock) -> Stock {
        for (mine, theirs) in self.amounts.iter_mut().zip(other.amounts) {
            *mine += theirs;
        }
        self.clash |= other.clash || self.ports & other.ports != 0;
        self.ports |= other.ports;
        self
    }

    /// This without the other; members may come out negative.
    #[must_use]
    pub fn minus(mut self, other: Stock) -> Stock {
        for (mine, theirs) in self.amounts.iter_mut().zip(other.amounts) {
            *mine -= theirs;
        }
        self.clash |= other.clash || other.ports & !self.ports != 0;
        self.ports &= !other.ports;
        self
    }

    /// Whether the other is contained, member by member.
    pub fn holds(&self, other: &Stock) -> bool {
        let amounts = self.amounts.iter().zip(other.amounts);
        amounts.into_iter().all(|(mine, theirs)| *mine >= theirs) && other.ports & !self.ports == 0
    }

    /// Whether a member is below zero, or a port was given twice.
    pub fn is_overdrawn(&self) -> bool {
        self.clash || self.amounts.iter().any(|amount| *amount < 0)
    }

    /// What anyone may use.
    #[must_use]
    pub fn without_reserved(mut self) -> Self {
        for (at, amount) in self.amounts.iter_mut().enumerate() {
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
        self.amounts[0] + self.amounts[1]
    }

    /// MB in thousandths.
    pub fn mem(&self) -> i64 {
        self.amounts[2] + self.amounts[3]
    }

    /// As an offer for `role` carries it to a framework with RESERVATION_REFINEMENT and MULTI_ROLE.
    pub fn to_resources(self, role: &str) -> Vec<Resource> {
        let mut resources: Vec<Resource> = self
            .amounts
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
        let ports = (0..64).filter(|bit| self.ports & (1 << bit) != 0);
        let ports: Vec<(u64, u64)> = ports.map(|bit| (FIRST_PORT + bit, FIRST_PORT + bit)).collect();
        if !ports.is_empty() {
            resources.push(Resource::ranges("ports", ports));
        }
        for one in &mut resources {
            one.allocation_info = Some(allocation(role));
        }
        resources
    }

    /// What a task asks for. Sets are not for tasks of ours.
    ///
    /// # Errors
    /// What the master would say of resources that it did not offer in this form.
    pub fn of_task(resources: &[Resource], role: &str) -> Result<Self, String> {
        let mut stock = Stock::default();
        for one in resources {
            let name = &one.name;
            if name == "ports" {
                stock = stock.plus(ports_of(one, role)?);
                continue;
            }
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
            stock.amounts[2 * at + reserved] += amount.as_milli();
        }
        match stock.clash {
            true => Err("a port is asked for twice".to_owned()),
            false => Ok(stock),
        }
    }
}

fn ports_of(resource: &Resource, role: &str) -> Result<Stock, String> {
    if resource.allocation_info.as_ref() != Some(&allocation(role)) || !resource.reservations.is_empty() {
        return Err("the ports are not as they were offered".to_owned());
    }
    let ranges = resource
        .ranges
        .as_ref()
        .filter(|_| resource.r#type == i32::from(value::Type::Ranges))
        .ok_or("the ports are no ranges")?;
    let mut stock = Stock::default();
    for port in ranges.range.iter().flat_map(|range| range.begin..=range.end) {
        let bit = port
            .checked_sub(FIRST_PORT)
            .filter(|bit| *bit < 64)
            .ok_or_else(|| format!("port {port} was not offered"))?;
        stock = stock.plus(Stock {
            ports: 1 << bit,
            ..Stock::default()
        });
    }
    match stock.ports {
        0 => Err("the ports are no port".to_owned()),
        _ => Ok(stock),
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
    fn what_was_offered_reads_back() {
        let stock = Stock::plain(4_000, 8_000_000)
            .reserved(1_500, 1_000_000)
            .disk(5_000)
            .ports(3);
        assert_eq!(Stock::of_task(&stock.to_resources("ci"), "ci"), Ok(stock));
    }

    #[test]
    fn a_port_is_there_once() {
        let (three, two) = (Stock::default().ports(3), Stock::default().ports(2));
        assert!(three.holds(&two) && !two.holds(&three));
        let rest = three.minus(two);
        assert!(!rest.is_overdrawn() && !rest.holds(&two));
        assert!(rest.minus(two).is_overdrawn(), "it is not there any more");
        assert!(two.plus(two).is_overdrawn(), "two tasks have it");
        let twice = [two.to_resources("ci"), two.to_resources("ci")].concat();
        assert!(Stock::of_task(&twice, "ci").is_err());
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
