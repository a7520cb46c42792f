//! Mesos agents that die: with their machine, or alone.

use std::time::{Duration, Instant};

use super::Fault;
use crate::bed::SECOND;

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
    lasts: 20,
    spoils: true,
    may_lose: 5,
    ..Fault::new(
        "agent-lost",
        "a machine lost with five of the ten builds, marked gone after 20 s",
        |bed| {
            let id = bed.cluster.agent_id(SECOND)?;
            bed.lose_machine()?;
            bed.lasts(Duration::from_secs(20))?;
            bed.cluster.mark_gone(&id)?;
            bed.lost = 5;
            Ok(Instant::now())
        },
    )
};
