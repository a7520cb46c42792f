//! The controller killed at the worst moments, and away for long.

use std::time::{Duration, Instant};

use testbed::{Check, RunError};

use super::Fault;
use crate::bed::{Bed, SOON, Way};
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

/// The next launch is that of a probe, beside the ten builds.
fn killed_at(bed: &mut Bed, point: Point) -> Result<Instant, RunError> {
    let process = bed.controller()?;
    bed.proxy()?.trap(point, process);
    bed.order(|orders| orders.probes += 1)?;
    bed.proxy()?.sprung(SOON)?;
    bed.wait("the end of the controller", SOON, |bed| {
        Check::when(matches!(bed.controls(), Ok(false)), (), || "it runs".into())
    })?;
    bed.start_controller()?;
    Ok(Instant::now())
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
