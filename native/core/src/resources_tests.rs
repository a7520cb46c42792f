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
        ..Amount::ZERO
    }
}

fn pool(offered: &[Resource], role: &str) -> Pool {
    Pool::new([offered.to_vec()], role)
}

fn take(pool: &mut Pool, amount: Amount, ports: &[Option<u32>]) -> Option<(Vec<Resource>, Vec<u32>)> {
    let need = Need {
        amount,
        ports,
        ..Need::default()
    };
    let taken = pool.take(&need)?;
    let resources = taken.resources.into_iter().map(|(_, resource)| resource);
    Some((resources.collect(), taken.ports))
}

#[test]
fn reserved_and_free_resources_add_up_and_reserved_ones_go_first() {
    let offered = [
        scalar("cpus", 2.0),
        reserved("cpus", 4.0, "ci"),
        scalar("mem", 100.0),
    ];
    let mut pool = pool(&offered, "ci");
    assert_eq!(pool.free(), amount(6.0, 100.0));
    let taken = take(&mut pool, amount(5.0, 1.0), &[]).unwrap().0;
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
    assert_eq!(take(&mut pool, amount(1.001, 1.0), &[]), None);
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
        scalar("gpus", 0.9),
        scalar("cpus", f64::NAN),
    ];
    assert_eq!(pool(&others, "ci").free(), Amount::default());
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
    let mut pool = pool(&offered, "ci");
    let nothing = Amount::default();
    let wanted = [None, Some(5900), Some(8000), Some(8000)];
    let (taken, numbers) = take(&mut pool, nothing, &wanted).unwrap();
    assert_eq!(numbers, [31_000, 5900, 8000, 8000]);
    assert_eq!(ranges(&taken[0]), [(5900, 5900), (31_000, 31_000)]);
    assert_eq!(ranges(&taken[1]), [(8000, 8000)]);
    assert_eq!(taken[1].allocation_info, offered[1].allocation_info);
    assert_eq!(take(&mut pool, nothing, &[Some(8000)]), None, "it is given");
    assert_eq!(
        take(&mut pool, nothing, &[None, None, None]),
        None,
        "two are left"
    );
    assert_eq!(
        take(&mut pool, nothing, &[None, None]).unwrap().1,
        [31_001, 31_002]
    );
}

#[test]
fn disk_is_taken_like_memory_but_not_from_a_volume() {
    let volume = Resource {
        disk: Some(Vec::new()),
        ..scalar("disk", 1000.0)
    };
    let mut pool = pool(
        &[volume, scalar("disk", 100.0), reserved("disk", 50.0, "ci")],
        "ci",
    );
    let disk = |mb: i64| Amount {
        disk: Scalar::from_milli(mb * 1000),
        ..Amount::default()
    };
    assert_eq!(take(&mut pool, disk(151), &[]), None);
    let (taken, _) = take(&mut pool, disk(120), &[]).unwrap();
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
    assert_eq!(pool(&offered, "eng/ci").free().cpus, Scalar::from_milli(1000));
    assert_eq!(pool(&offered, "engine").free().cpus, Scalar::ZERO);
}
