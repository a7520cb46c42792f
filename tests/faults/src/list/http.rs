//! A proxy before the leading master that does it badly.

use std::time::{Duration, Instant};

use testbed::RunError;

use super::Fault;
use crate::bed::{Bed, Way};
use crate::proxy::Manner;

/// What a controller may have at its peak while it is sent events of 1 GB, in kB: they are refused by their length.
const MOST_MEMORY: u64 = 200 << 10;

const fn proxied(
    key: &'static str,
    name: &'static str,
    strike: fn(&mut Bed) -> Result<Instant, RunError>,
) -> Fault {
    Fault {
        way: Way::ProxiedMaster,
        lasts: 20,
        ..Fault::new(key, name, strike)
    }
}

pub(super) const CUT: Fault = Fault {
    quick: true,
    ..proxied("http-cut", "HTTP answers cut in the middle, for 20 s", |bed| {
        behaves(bed, Manner::Cut, 20)
    })
};

pub(super) const GARBAGE: Fault = Fault {
    quick: true,
    ..proxied(
        "http-garbage",
        "garbage in place of HTTP answers and events, for 20 s",
        |bed| behaves(bed, Manner::Garbage, 20),
    )
};

pub(super) const HUGE: Fault = proxied("http-huge", "events of 1 GB, for 20 s", |bed| {
    let from = behaves(bed, Manner::Huge, 20)?;
    let peak = bed.memory()?;
    if peak > MOST_MEMORY {
        return Err(RunError::Condition {
            what: "a controller that does not take in what is too large".into(),
            reason: format!("it had {peak} kB"),
        });
    }
    Ok(from)
});

pub(super) const SLOW: Fault = Fault {
    lasts: 60,
    ..proxied("http-slow", "HTTP answers at 1 byte/s, for 60 s", |bed| {
        behaves(bed, Manner::Slow, 60)
    })
};

fn behaves(bed: &mut Bed, manner: Manner, seconds: u64) -> Result<Instant, RunError> {
    bed.proxy()?.behave(manner);
    bed.holds_up(Duration::from_secs(seconds))?;
    bed.proxy()?.behave(Manner::Good);
    Ok(Instant::now())
}
