//! A network that loses packets between the controller and the rest.

use std::time::{Duration, Instant};

use testbed::RunError;

use super::Fault;
use crate::bed::{Bed, Place};
use crate::link::Cut;

const LONG: Duration = Duration::from_secs(90);

pub(super) const CUT: Fault = Fault {
    place: Place::Apart,
    lasts: 90,
    ..Fault::new("network-cut", "network to the controller cut for 90 s", |bed| {
        cut(bed, &[Cut::ToMasters, Cut::FromMasters])
    })
};

pub(super) const CUT_TO_MASTERS: Fault = Fault {
    place: Place::Apart,
    lasts: 90,
    ..Fault::new(
        "network-cut-from",
        "the same, only what the controller sends",
        |bed| cut(bed, &[Cut::ToMasters]),
    )
};

pub(super) const CUT_FROM_MASTERS: Fault = Fault {
    place: Place::Apart,
    lasts: 90,
    ..Fault::new(
        "network-cut-to",
        "the same, only what is sent to the controller",
        |bed| cut(bed, &[Cut::FromMasters]),
    )
};

fn cut(bed: &mut Bed, directions: &[Cut]) -> Result<Instant, RunError> {
    for direction in directions {
        bed.link()?.cut(*direction)?;
    }
    bed.holds_up(LONG)?;
    for direction in directions {
        bed.link()?.mend(*direction)?;
    }
    Ok(Instant::now())
}
