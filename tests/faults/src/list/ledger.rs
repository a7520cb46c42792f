//! A ledger that cannot be written, or not be read.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use testbed::RunError;

use super::Fault;
use crate::bed::{Bed, Way, file};

const LEDGER: &str = "state.db";

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

pub(super) const TORN: Fault = Fault::new(
    "ledger-torn",
    "second half of the ledger's last writes lost while the controller is down",
    |bed| {
        damaged(bed, |folder| {
            let log = folder.join("state.db-wal");
            let bytes = fs::read(&log)?;
            fs::write(&log, &bytes[..bytes.len() / 2])
        })
    },
);

pub(super) const TRUNCATED: Fault = Fault {
    quick: true,
    heal: told,
    ..Fault::new(
        "ledger-truncated",
        "ledger truncated to half while the controller is down",
        |bed| {
            damaged(bed, |folder| {
                let bytes = folded(folder)?;
                fs::write(folder.join(LEDGER), &bytes[..bytes.len() / 2])
            })
        },
    )
};

pub(super) const FLIPPED: Fault = Fault {
    quick: true,
    heal: told,
    ..Fault::new(
        "ledger-flipped",
        "a bit flipped in every 512 bytes of the ledger",
        |bed| {
            damaged(bed, |folder| {
                let mut bytes = folded(folder)?;
                for byte in bytes.iter_mut().skip(300).step_by(512) {
                    *byte ^= 4;
                }
                fs::write(folder.join(LEDGER), bytes)
            })
        },
    )
};

pub(super) const DELETED: Fault = Fault {
    quick: true,
    ..Fault::new(
        "ledger-deleted",
        "ledger deleted while the controller is down",
        |bed| damaged(bed, delete),
    )
};

/// All files of the ledger.
pub(super) fn delete(folder: &Path) -> std::io::Result<()> {
    for name in [LEDGER, "state.db-wal", "state.db-shm"] {
        let path = folder.join(name);
        if path.exists() {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// That the ledger was damaged, and what became of it.
fn told(bed: &mut Bed) -> Result<(), RunError> {
    let troubles = bed.record().troubles;
    if troubles
        .iter()
        .any(|trouble| trouble.contains("state.db.damaged-"))
    {
        return Ok(());
    }
    Err(RunError::Condition {
        what: "a word on the damaged ledger".into(),
        reason: format!("{troubles:?}"),
    })
}

/// What is in SQLite's log of last writes is put into the database itself: else there would be little in it to damage.
fn folded(folder: &Path) -> std::io::Result<Vec<u8>> {
    let path = folder.join(LEDGER);
    let fold = || -> rusqlite::Result<()> {
        let database = Connection::open(&path)?;
        database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
    };
    fold().map_err(std::io::Error::other)?;
    fs::read(&path)
}

fn damaged(bed: &mut Bed, damage: fn(&Path) -> std::io::Result<()>) -> Result<Instant, RunError> {
    bed.kill_controller()?;
    let folder = bed.folder().state();
    damage(&folder).map_err(file("damaging the ledger in", &folder))?;
    bed.start_controller()?;
    Ok(Instant::now())
}
