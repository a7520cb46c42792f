//! What a master writes about itself into ZooKeeper: a node `json.info_<sequence>` with a MasterInfo in JSON.

use std::net::Ipv4Addr;

use mesos_core::master::{DEFAULT_MASTER_PORT, MasterAddress, Scheme};
use serde::Deserialize;

const LABEL: &str = "json.info_";
const OLD_LABEL: &str = "info_";

/// The child of the masters' node that belongs to the leader: the one with the smallest sequence number.
///
/// Others than `json.info_…` are not candidates: `log_replicas` belongs to the replicated log, `info_…` to masters
/// before 1.0.
pub(crate) fn leading_child(children: &[String]) -> Option<&str> {
    children
        .iter()
        .filter_map(|child| Some((sequence(child.strip_prefix(LABEL)?)?, child)))
        .min()
        .map(|(_, child)| child.as_str())
}

/// Whether only masters older than Mesos 1.0 are registered.
pub(super) fn only_old_masters(children: &[String]) -> bool {
    leading_child(children).is_none()
        && children
            .iter()
            .any(|child| child.strip_prefix(OLD_LABEL).and_then(sequence).is_some())
}

fn sequence(digits: &str) -> Option<i64> {
    // ZooKeeper counts in 32 bits and becomes negative after the largest number.
    digits.parse::<i32>().map(i64::from).ok()
}

#[derive(Deserialize)]
struct MasterInfo {
    address: Option<Address>,
    hostname: Option<String>,
    ip: Option<u32>,
    port: Option<u32>,
}

#[derive(Deserialize)]
struct Address {
    hostname: Option<String>,
    ip: Option<String>,
    port: i64,
}

/// The address in a MasterInfo.
///
/// The IP address goes before the host name, as in Mesos's own library: it needs no DNS on this side.
///
/// # Errors
/// Says what is wrong with the content.
pub(crate) fn parse(content: &[u8]) -> Result<MasterAddress, String> {
    if content.is_empty() {
        return Err("it is empty".to_owned());
    }
    let info: MasterInfo =
        serde_json::from_slice(content).map_err(|error| format!("not the JSON of a MasterInfo: {error}"))?;
    let usable = |host: &String| !matches!(host.as_str(), "" | "0.0.0.0" | "::");
    let (host, port) = match info.address {
        Some(address) => (
            address
                .ip
                .filter(usable)
                .or(address.hostname)
                .or(info.hostname)
                .filter(usable),
            address.port,
        ),
        None => {
            // In network byte order, read as a number of this machine's order: the first octet is the lowest byte.
            let ip = info.ip.map(|ip| Ipv4Addr::from(ip.to_le_bytes()).to_string());
            let port = info.port.map_or(i64::from(DEFAULT_MASTER_PORT), i64::from);
            (ip.filter(usable).or(info.hostname).filter(usable), port)
        }
    };
    let host = host.ok_or("it names no address")?;
    let port = u16::try_from(port)
        .ok()
        .filter(|port| *port > 0)
        .ok_or_else(|| format!("{port} is not a port"))?;
    Ok(MasterAddress {
        scheme: Scheme::Http,
        host,
        port,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn children(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_smallest_sequence_leads_whatever_the_order() {
        let names = children(&[
            "log_replicas",
            "json.info_0000000012",
            "json.info_0000000003",
            "info_0000000001",
        ]);
        assert_eq!(leading_child(&names), Some("json.info_0000000003"));
    }

    #[test]
    fn sequences_are_compared_as_numbers_even_after_they_turned_negative() {
        let names = children(&["json.info_0000000002", "json.info_-2147483647"]);
        assert_eq!(leading_child(&names), Some("json.info_-2147483647"));
    }

    #[test]
    fn nobody_leads_without_a_registered_master() {
        assert_eq!(
            leading_child(&children(&["log_replicas", "json.info_", "json.info_x"])),
            None
        );
        assert!(!only_old_masters(&children(&["log_replicas"])));
    }

    #[test]
    fn masters_before_one_dot_zero_are_recognised() {
        assert!(only_old_masters(&children(&["info_0000000001", "log_replicas"])));
        assert!(!only_old_masters(&children(&[
            "info_0000000001",
            "json.info_0000000001"
        ])));
    }

    #[test]
    fn a_master_of_1_11_is_read() {
        let content = br#"{"address":{"hostname":"m1.example","ip":"10.0.0.1","port":5051},"capabilities":[],
            "hostname":"m1.example","id":"6c","ip":16777226,"pid":"master@10.0.0.1:5051","port":5051,"version":"1.11.0"}"#;
        assert_eq!(parse(content).unwrap().to_string(), "10.0.0.1:5051");
    }

    #[test]
    fn an_older_master_without_an_address_member_is_read() {
        let content =
            br#"{"hostname":"m1","id":"6c","ip":16777226,"pid":"master@10.0.0.1:5050","port":5050}"#;
        assert_eq!(parse(content).unwrap().to_string(), "10.0.0.1:5050");
    }

    #[test]
    fn a_master_bound_to_every_address_is_reached_by_its_name() {
        let content = br#"{"address":{"hostname":"m1","ip":"0.0.0.0","port":5050}}"#;
        assert_eq!(parse(content).unwrap().to_string(), "m1:5050");
    }

    #[test]
    fn garbage_is_refused_with_its_reason() {
        for (content, part) in [
            ("", "empty"),
            ("\u{8}\u{1}", "not the JSON"),
            ("[]", "not the JSON"),
            ("{}", "names no address"),
            (r#"{"address":{"ip":"10.0.0.1","port":0}}"#, "not a port"),
            (r#"{"address":{"ip":"10.0.0.1","port":70000}}"#, "not a port"),
        ] {
            let problem = parse(content.as_bytes()).unwrap_err();
            assert!(problem.contains(part), "{content}: {problem}");
        }
    }
}
