//! The controller killed at the worst moments, and away for long.

use std::time::{Duration, Instant};

use testbed::{Check, RunError};

use super::Fault;
use super::ledger::delete;
use crate::bed::{Bed, SOON, TEN, Way, file};
use crate::files;
use crate::orders::{Folder, Record};
use crate::proxy::Point;

pub(super) const AFTER_SUBMIT: Fault = Fault {
    quick: true,
    ..Fault::new(
        "killed-after-submit",
        "controller killed (SIGKILL) after submit",
        |bed| {
            bed.order(|orders| {
                orders.builds += 3;
                orders.crash_after_submit = true;
            })?;
            bed.wait("the end of the controller", SOON, |bed| {
                Check::when(matches!(bed.controls(), Ok(false)), (), || "it runs".into())
            })?;
            bed.order(|orders| orders.crash_after_submit = false)?;
            bed.start_controller()?;
            Ok(Instant::now())
        },
    )
};

pub(super) const AFTER_INTENT: Fault = Fault {
    way: Way::ProxiedMaster,
    quick: true,
    ..Fault::new("killed-after-intent", "… after the intent was on disk", |bed| {
        killed_at(bed, Point::Accept)
    })
};

pub(super) const AFTER_ACCEPT: Fault = Fault {
    way: Way::ProxiedMaster,
    quick: true,
    ..Fault::new("killed-after-accept", "… after ACCEPT", |bed| {
        killed_at(bed, Point::Accepted)
    })
};

pub(super) const AFTER_UPDATE: Fault = Fault {
    way: Way::ProxiedMaster,
    quick: true,
    ..Fault::new("killed-after-update", "… after the first update", |bed| {
        killed_at(bed, Point::Acknowledge)
    })
};

/// As when a disk's image of a minute ago takes its place: a task lives that nobody can know any more.
pub(super) const FORGOTTEN: Fault = Fault {
    way: Way::ProxiedMaster,
    ..Fault::new(
        "killed-forgotten",
        "… after ACCEPT; then its ledger and its node of that task are lost",
        |bed| {
            springs(bed, Point::Accepted)?;
            bed.wait("a task beside those of the ten builds", SOON, |bed| {
                match bed.cluster.tasks() {
                    Ok(tasks) => Check::when(tasks.len() == TEN + 1, (), || format!("{} tasks", tasks.len())),
                    Err(error) => Check::NotYet(error.to_string()),
                }
            })?;
            let folder = bed.folder();
            forget(folder).map_err(file("forgetting below", folder.path()))?;
            bed.start_controller()?;
            Ok(Instant::now())
        },
    )
};

fn forget(folder: &Folder) -> std::io::Result<()> {
    let mut record: Record = files::load(&folder.record())?.unwrap_or_default();
    record.agents.retain(|_, agent| !agent.probe);
    files::save(&folder.record(), &record)?;
    delete(&folder.state())
}

fn killed_at(bed: &mut Bed, point: Point) -> Result<Instant, RunError> {
    springs(bed, point)?;
    bed.start_controller()?;
    Ok(Instant::now())
}

/// The next launch is that of a probe, beside the ten builds.
fn springs(bed: &mut Bed, point: Point) -> Result<(), RunError> {
    let process = bed.controller()?;
    bed.proxy()?.trap(point, process);
    bed.order(|orders| orders.probes += 1)?;
    bed.proxy()?.sprung(SOON)?;
    bed.wait("the end of the controller", SOON, |bed| {
        Check::when(matches!(bed.controls(), Ok(false)), (), || "it runs".into())
    })
}

pub(super) const DOWN: Fault = Fault {
    lasts: 300,
    ..Fault::new(
        "controller-down",
        "controller killed, back after 5 minutes",
        |bed| {
            bed.kill_controller()?;
            bed.holds_up(Duration::from_secs(300))?;
            bed.start_controller()?;
            Ok(Instant::now())
        },
    )
};
