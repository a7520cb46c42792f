//! Mesos agents that die: with their machine, or alone.

use std::time::{Duration, Instant};

use super::Fault;

/// Long enough for the master to call its tasks unreachable.
pub(super) const RECOVERED: Fault = Fault {
    quick: true,
    lasts: 15,
    ..Fault::new(
        "agent-recovered",
        "Mesos agent killed, back after 15 s (its tasks live on)",
        |bed| {
            bed.down("agent1")?;
            bed.lasts(Duration::from_secs(15))?;
            bed.up()?;
            Ok(Instant::now())
        },
    )
};

pub(super) const LOST: Fault = Fault {
    spoils: true,
    may_lose: 5,
    ..Fault::new(
        "agent-lost",
        "a machine lost for good, with five of the ten builds",
        |bed| {
            bed.lose_machine()?;
            bed.lost = 5;
            Ok(Instant::now())
        },
    )
};
