//! Offers as a master makes them.

use mesos_core::Scalar;
use mesos_wire::domain_info::FaultDomain;
use mesos_wire::domain_info::fault_domain::{RegionInfo, ZoneInfo};
use mesos_wire::resource::{AllocationInfo, ReservationInfo, reservation_info};
use mesos_wire::{
    Address, AgentId, Attribute, Bytes, DomainInfo, Event, FrameworkId, Message as _, Offer, OfferId,
    Parameter, Resource, Url, value,
};

use crate::case::{Case, Host};

/// The role that is offered to.
pub(crate) const ROLE: &str = "jenkins";
const FRAMEWORK: &str = "3f0e4b3c-6d0a-4a46-a1b8-9d9f6d2b7a10-0001";

/// What each host of the case has free, as it comes in an event.
pub(crate) fn of_case(case: &Case) -> Vec<Bytes> {
    case.hosts.iter().map(of_host).collect()
}

/// What a host has free, in as few words as the peer's leases have: CPUs, memory, ports, and its zone as attribute.
pub(crate) fn of_host(host: &Host) -> Bytes {
    let mut resources = vec![
        scalar("cpus", host.cpus - host.cpus_used),
        scalar("mem", host.mem - host.mem_used),
    ];
    resources.extend(host.ports.map(|(begin, end)| ports(begin, end)));
    let offer = Offer {
        id: OfferId {
            value: format!("offer-{}", host.name),
        },
        framework_id: FrameworkId {
            value: FRAMEWORK.to_owned(),
        },
        agent_id: AgentId {
            value: agent_id(&host.name),
        },
        hostname: host.name.clone(),
        resources,
        attributes: vec![text("zone", &host.zone)],
        allocation_info: Some(allocation()),
        ..Offer::default()
    };
    offer.encode_to_vec().into()
}

/// The agent that offers what this host has.
pub(crate) fn agent_id(host: &str) -> String {
    format!("agent-{host}")
}

/// An OFFERS event of `count` offers with all that real ones carry: ids of full length, a URL, five attributes, a fault
/// domain, disk, ports with holes, and CPUs and memory that are reserved for the role on one host of four.
pub(crate) fn event(count: u32) -> Event {
    Event::offers((0..count).map(real).collect())
}

fn real(index: u32) -> Offer {
    let agent = format!("9a1c7d52-2f6e-4d0b-8a55-0c6f1b0e4d77-S{index}");
    let hostname = format!("node-{index:05}.cluster.example.org");
    let tenths = |tenths: u32| Scalar::from_milli(i64::from(tenths) * 100);
    let mut resources = vec![
        scalar("cpus", tenths(20 + index % 41)),
        scalar(
            "mem",
            Scalar::from_milli(i64::from(8_192 + index % 129 * 128) * 1000),
        ),
        scalar(
            "disk",
            Scalar::from_milli(i64::from(100_000 + index % 1000) * 1000),
        ),
        Resource {
            ranges: Some(value::Ranges {
                range: vec![
                    range(31_000, 31_099),
                    range(31_101 + u64::from(index % 7), 32_000),
                ],
            }),
            ..ports(31_000, 32_000)
        },
    ];
    if index.is_multiple_of(4) {
        resources.push(reserved(scalar("cpus", tenths(10))));
        resources.push(reserved(scalar("mem", Scalar::from_milli(2_048_000))));
    }
    Offer {
        id: OfferId {
            value: format!("9a1c7d52-2f6e-4d0b-8a55-0c6f1b0e4d77-O{}", 1_000_000 + index),
        },
        framework_id: FrameworkId {
            value: FRAMEWORK.to_owned(),
        },
        agent_id: AgentId { value: agent.clone() },
        hostname: hostname.clone(),
        resources,
        attributes: vec![
            text("rack", &format!("rack-{}", index % 200)),
            text("os", "debian12"),
            text("kernel", "6.1"),
            text("disk", if index.is_multiple_of(3) { "ssd" } else { "hdd" }),
            Attribute {
                name: "generation".to_owned(),
                r#type: value::Type::Scalar as i32,
                scalar: Some(value::Scalar {
                    value: f64::from(index % 5),
                }),
                ..Attribute::default()
            },
        ],
        url: Some(Box::new(Url {
            scheme: "http".to_owned(),
            address: Address {
                hostname: Some(hostname),
                ip: Some(format!("10.{}.{}.{}", index >> 16, index >> 8 & 255, index & 255)),
                port: 5051,
            },
            path: Some(format!("/slave({index})")),
            query: Vec::<Parameter>::new(),
            ..Url::default()
        })),
        allocation_info: Some(allocation()),
        domain: Some(Box::new(DomainInfo {
            fault_domain: Some(FaultDomain {
                region: RegionInfo {
                    name: "eu-west".to_owned(),
                },
                zone: ZoneInfo {
                    name: format!("eu-west-{}", index % 3),
                },
            }),
        })),
        ..Offer::default()
    }
}

fn scalar(name: &str, amount: Scalar) -> Resource {
    Resource {
        name: name.to_owned(),
        r#type: value::Type::Scalar as i32,
        scalar: Some(value::Scalar {
            value: amount.to_f64(),
        }),
        allocation_info: Some(allocation()),
        ..Resource::default()
    }
}

fn ports(begin: u64, end: u64) -> Resource {
    Resource {
        name: "ports".to_owned(),
        r#type: value::Type::Ranges as i32,
        ranges: Some(value::Ranges {
            range: vec![range(begin, end)],
        }),
        allocation_info: Some(allocation()),
        ..Resource::default()
    }
}

fn range(begin: u64, end: u64) -> value::Range {
    value::Range { begin, end }
}

fn reserved(resource: Resource) -> Resource {
    Resource {
        reservations: vec![ReservationInfo {
            role: Some(ROLE.to_owned()),
            r#type: Some(reservation_info::Type::Static as i32),
            ..ReservationInfo::default()
        }],
        ..resource
    }
}

fn allocation() -> AllocationInfo {
    AllocationInfo {
        role: Some(ROLE.to_owned()),
    }
}

fn text(name: &str, words: &str) -> Attribute {
    Attribute {
        name: name.to_owned(),
        r#type: value::Type::Text as i32,
        text: Some(value::Text {
            value: words.to_owned(),
        }),
        ..Attribute::default()
    }
}
