//! Faults with a real host and real builds.

use std::thread;
use std::time::{Duration, Instant};

use testbed::RunError;

use super::{Fault, Scene};
use crate::host::Hosted;

/// A story with a host takes some minutes.
const LONG: u32 = 120;

/// Today's Jenkins starts slowly on a busy machine.
const VERY_LONG: u32 = 200;

const fn hosted(
    key: &'static str,
    name: &'static str,
    strike: fn(&mut Hosted) -> Result<Instant, RunError>,
) -> Fault {
    Fault {
        scene: Scene::Host(strike),
        lasts: LONG,
        ..Fault::new(key, name, |_| Ok(Instant::now()))
    }
}

const fn today(
    key: &'static str,
    name: &'static str,
    strike: fn(&mut Hosted) -> Result<Instant, RunError>,
) -> Fault {
    Fault {
        scene: Scene::Today(strike),
        lasts: VERY_LONG,
        ..Fault::new(key, name, |_| Ok(Instant::now()))
    }
}

fn leader_killed(bed: &mut Hosted) -> Result<Instant, RunError> {
    let leader = bed.cluster.leader()?;
    bed.cluster.kill(&leader.name)?;
    Ok(Instant::now())
}

fn killed(bed: &mut Hosted) -> Result<Instant, RunError> {
    bed.site.kill()?;
    bed.site.start_again()?;
    Ok(Instant::now())
}

pub(super) const LEADER_KILLED: Fault = hosted(
    "host-leader-killed",
    "host with freestyle builds: leading master killed",
    leader_killed,
);

pub(super) const TODAY_LEADER_KILLED: Fault = today(
    "today-leader-killed",
    "today's Jenkins with Pipelines: leading master killed",
    leader_killed,
);

/// The steps of a Pipeline go on in their tasks while Jenkins is away.
pub(super) const TODAY_KILLED: Fault = today(
    "today-killed",
    "today's Jenkins with Pipelines: killed (SIGKILL)",
    killed,
);

pub(super) const AGENT_RECOVERED: Fault = hosted(
    "host-agent-recovered",
    "host with freestyle builds: Mesos agent killed, back after 15 s",
    |bed| {
        bed.cluster.kill("agent1")?;
        // The fault's length; there is nothing to be seen by which it could end sooner.
        thread::sleep(Duration::from_secs(15));
        bed.cluster.launch("agent1")?;
        let struck = Instant::now();
        bed.cluster.await_agents(2)?;
        Ok(struck)
    },
);

/// Freestyle builds live in the host's process: they are lost with it. The agents are not.
pub(super) const KILLED: Fault = Fault {
    may_lose: 10,
    ..hosted(
        "host-killed",
        "host with freestyle builds: killed (SIGKILL), its builds with it",
        killed,
    )
};
