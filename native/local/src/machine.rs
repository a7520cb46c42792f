//! What this machine has.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use mesos_core::local::LocalSource;
use mesos_core::{Amount, Scalar};

use crate::master::{Taken, Whole};

/// As on a Mesos agent whose operator says nothing else.
const PORTS: (u32, u32) = (31_000, 32_000);

/// All of this machine, or the part that is to be used. What the configuration gives is believed.
pub(crate) fn look(source: &LocalSource, folder: &Path) -> Whole {
    Whole {
        host: host(),
        amount: Amount {
            cpus: source.cpus.unwrap_or_else(cpus),
            mem: source.mem.unwrap_or_else(memory),
            disk: source.disk.unwrap_or_else(|| disk(folder)),
            ..Amount::default()
        },
        ports: PORTS,
    }
}

fn host() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "localhost".to_owned())
}

/// Those that this process may use.
fn cpus() -> Scalar {
    let count = thread::available_parallelism().map_or(1, usize::from);
    Scalar::from_milli(i64::try_from(count).unwrap_or(1).saturating_mul(1000))
}

/// Nine tenths of what this process may use, in MB: the controller needs some, too.
fn memory() -> Scalar {
    let whole = fs::read_to_string("/proc/meminfo")
        .ok()
        .and_then(|text| total(&text));
    let limits = [
        "/sys/fs/cgroup/memory.max",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    ];
    let limit = limits
        .into_iter()
        .filter_map(|path| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok())
        .map(|bytes| bytes / 1024 / 1024)
        .min();
    let mb = whole.into_iter().chain(limit).min().unwrap_or(1024);
    Scalar::from_milli(
        i64::try_from(mb / 10 * 9)
            .unwrap_or(i64::MAX / 1000)
            .saturating_mul(1000),
    )
}

/// MB of `/proc/meminfo`.
fn total(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kb: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kb / 1024)
}

/// The ports that programs of this machine (or of this container, if the controller is in one) listen on.
pub(crate) fn ports_in_use() -> Taken {
    ["tcp", "tcp6", "udp", "udp6"]
        .into_iter()
        .filter_map(|table| fs::read_to_string(format!("/proc/net/{table}")).ok())
        .flat_map(|text| listening(&text))
        .collect()
}

/// The local ports of a table of `/proc/net` that a server could not have besides.
fn listening(table: &str) -> Vec<u32> {
    // As numbers: a TCP socket that listens, and any UDP socket without a peer.
    const LISTEN: &str = "0A";
    const UNCONNECTED: &str = "07";
    let port = |line: &str| {
        let mut fields = line.split_ascii_whitespace().skip(1);
        let (local, _, state) = (fields.next()?, fields.next()?, fields.next()?);
        let (_, port) = local.rsplit_once(':')?;
        matches!(state, LISTEN | UNCONNECTED).then(|| u32::from_str_radix(port, 16).ok())?
    };
    table.lines().skip(1).filter_map(port).collect()
}

/// MB that are free where the folder is, or will be.
fn disk(folder: &Path) -> Scalar {
    let mut place: PathBuf = folder.to_path_buf();
    while !place.exists() {
        if !place.pop() {
            return Scalar::ZERO;
        }
    }
    rustix::fs::statvfs(&place)
        .ok()
        .and_then(|found| {
            Scalar::from_f64((found.f_bavail.saturating_mul(found.f_frsize) / 1024 / 1024) as f64)
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_something_and_what_is_said_is_believed() {
        let whole = look(&LocalSource::default(), Path::new("/nowhere/at/all"));
        assert!(whole.amount.cpus.as_milli() >= 1000, "{whole:?}");
        assert!(whole.amount.mem.whole() >= 100, "{whole:?}");
        assert!(
            whole.amount.disk > Scalar::ZERO && !whole.host.is_empty(),
            "{whole:?}"
        );
        let part = LocalSource {
            cpus: Some(Scalar::from_milli(500)),
            ..LocalSource::default()
        };
        assert_eq!(look(&part, Path::new("/")).amount.cpus.as_milli(), 500);
    }

    #[test]
    fn ports_that_are_listened_on_are_known() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let ports = [
            listener.local_addr().unwrap().port(),
            socket.local_addr().unwrap().port(),
        ];
        let in_use = ports_in_use();
        assert!(
            ports.iter().all(|port| in_use.contains(&u32::from(*port))),
            "{ports:?}"
        );
        let table = "  sl  local_address rem_address   st\n\
                     0: 0100007F:7918 00000000:0000 0A 0\n\
                     1: 0100007F:7919 0100007F:1F90 01 0\n\
                     2: 00000000000000000000000000000000:791A 00000000000000000000000000000000:0000 07 0\n\
                     garbage\n";
        assert_eq!(listening(table), [31_000, 31_002]);
    }

    #[test]
    fn the_total_of_memory_is_read() {
        assert_eq!(total("MemFree: 5 kB\nMemTotal:       2048000 kB\n"), Some(2000));
        assert_eq!(total("MemTotal: many"), None);
    }
}
