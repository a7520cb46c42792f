//! A ledger that cannot be written, or not be read.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use testbed::RunError;

use super::Fault;
use crate::bed::{Bed, Way, file};

/// The ledger, and what SQLite keeps beside it.
const FILES: [&str; 3] = ["state.db", "state.db-wal", "state.db-shm"];

pub(super) const DISK_FULL: Fault = Fault {
    way: Way::SmallDisk,
    lasts: 30,
    ..Fault::new("disk-full", "disk under the ledger full for 30 s", |bed| {
        bed.disk()?.fill()?;
        bed.holds_up(Duration::from_secs(30))?;
        bed.disk()?.free()?;
        Ok(Instant::now())
    })
};

pub(super) const TRUNCATED: Fault = Fault {
    quick: true,
    ..Fault::new(
        "ledger-truncated",
        "ledger truncated to half while the controller is down",
        |bed| {
            damaged(bed, |path, mut bytes| {
                bytes.truncate(bytes.len() / 2);
                fs::write(path, bytes)
            })
        },
    )
};

pub(super) const FLIPPED: Fault = Fault {
    quick: true,
    ..Fault::new(
        "ledger-flipped",
        "a bit flipped in every 512 bytes of the ledger",
        |bed| {
            damaged(bed, |path, mut bytes| {
                for byte in bytes.iter_mut().skip(300).step_by(512) {
                    *byte ^= 4;
                }
                fs::write(path, bytes)
            })
        },
    )
};

pub(super) const DELETED: Fault = Fault {
    quick: true,
    ..Fault::new(
        "ledger-deleted",
        "ledger deleted while the controller is down",
        |bed| damaged(bed, |path, _| fs::remove_file(path)),
    )
};

fn damaged(bed: &mut Bed, damage: fn(&Path, Vec<u8>) -> std::io::Result<()>) -> Result<Instant, RunError> {
    bed.kill_controller()?;
    for name in FILES {
        let path = bed.folder().state().join(name);
        if path.exists() {
            let bytes = fs::read(&path).map_err(file("reading", &path))?;
            damage(&path, bytes).map_err(file("damaging", &path))?;
        }
    }
    bed.start_controller()?;
    Ok(Instant::now())
}
