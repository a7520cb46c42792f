//! Mesos agents that die: with their machine, or alone.

use std::time::{Duration, Instant};

use testbed::Check;

use super::Fault;
use crate::bed::{SECOND, SOON, TEN};
use crate::story::unless;

/// For how long what is unreachable may come back, where nobody says that it will not.
const GRACE: Duration = Duration::from_secs(30);

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

pub(super) const NEVER_GONE: Fault = Fault {
    lasts: 40,
    spoils: true,
    may_lose: TEN / 2,
    unreachable: TEN / 2,
    ..Fault::new(
        "agent-never-gone",
        "a machine lost with five of the ten builds, never marked gone; given up after 30 s",
        |bed| {
            bed.order(|orders| orders.config["unreachableTimeoutSeconds"] = GRACE.as_secs().into())?;
            bed.lose_machine()?;
            bed.wait("five agents that are unreachable", SOON, |bed| {
                let agents = bed.record().agents;
                let states = agents.values().filter(|agent| agent.state == "TASK_UNREACHABLE");
                let count = states.count();
                Check::when(count == TEN / 2, (), || format!("{count}"))
            })?;
            let since = Instant::now();
            bed.lasts(GRACE / 2)?;
            let losses = bed.record().losses;
            unless(
                losses.is_empty(),
                "no build given up before its time",
                format!("{losses:?}"),
            )?;
            bed.lost = TEN / 2;
            Ok(since + GRACE)
        },
    )
};
