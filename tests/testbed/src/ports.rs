//! Free TCP ports of 127.0.0.1.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::RunError;

// Below the range that the kernel gives to outgoing connections, and apart from what Mesos agents offer (31000 up).
const FIRST: u16 = 20_000;
const COUNT: u16 = 10_000;

static GIVEN: Mutex<Vec<u16>> = Mutex::new(Vec::new());

/// A port on which nobody listens, and which this process has not been given before: a killed member can be started
/// again on its own.
///
/// # Errors
/// [`RunError::Condition`] when all ports are taken.
pub fn free_port() -> Result<u16, RunError> {
    let mut given = GIVEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    // Processes that start at the same time are to look in different places.
    let nanos = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.subsec_nanos());
    let mut seed =
        (u64::from(nanos) ^ (u64::from(std::process::id()) << 20)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    for _ in 0..COUNT {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let offset = u16::try_from((seed >> 33) % u64::from(COUNT)).unwrap_or(0);
        let port = FIRST + offset;
        if !given.contains(&port) && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            given.push(port);
            return Ok(port);
        }
    }
    Err(RunError::Condition {
        what: "a free port".into(),
        reason: format!("all ports from {FIRST} to {} are taken", FIRST + COUNT - 1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_free_and_given_once() {
        let ports: Vec<u16> = (0..50).map(|_| free_port().unwrap()).collect();
        let mut unique = ports.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), ports.len(), "{ports:?}");
        for port in ports {
            assert!(
                TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok(),
                "{port} is taken"
            );
        }
    }

    #[test]
    fn a_taken_port_is_not_given() {
        let port = free_port().unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        GIVEN.lock().unwrap().retain(|given| *given != port);
        let others: Vec<u16> = (0..200).map(|_| free_port().unwrap()).collect();
        assert!(!others.contains(&port));
        drop(listener);
    }
}
