//! Masters that die, hang, or want another password.

use std::time::{Duration, Instant};

use testbed::{Check, RunError};

use super::Fault;
use crate::bed::{Bed, Place, SOON};

const SECOND_SECRET: &str = "second secret";

pub(super) const LEADER_KILLED: Fault = Fault {
    quick: true,
    ..Fault::new("leader-killed", "leading master killed", |bed| {
        let leader = bed.cluster.leader()?;
        bed.down(&leader.name)?;
        Ok(Instant::now())
    })
};

pub(super) const LEADER_PAUSED: Fault = Fault {
    lasts: 60,
    heal: |bed| {
        bed.lasts(Duration::from_secs(60))?;
        for name in bed.cluster.masters() {
            bed.cluster.resume(&name)?;
        }
        Ok(())
    },
    ..Fault::new(
        "leader-paused",
        "leading master stopped for 60 s (SIGSTOP)",
        |bed| {
            let leader = bed.cluster.leader()?;
            bed.cluster.pause(&leader.name)?;
            Ok(Instant::now())
        },
    )
};

pub(super) const TWO_KILLED: Fault = Fault {
    lasts: 20,
    ..Fault::new(
        "two-masters-killed",
        "two of three masters killed, back after 20 s",
        |bed| {
            let leader = bed.cluster.leader()?.name;
            let other = bed.cluster.masters().into_iter().find(|name| *name != leader);
            for name in other.iter().chain([&leader]) {
                bed.down(name)?;
            }
            bed.holds_up(Duration::from_secs(20))?;
            bed.up()?;
            Ok(Instant::now())
        },
    )
};

pub(super) const ALL_RESTARTED: Fault = Fault::new("masters-restarted", "all masters restarted", |bed| {
    for name in bed.cluster.masters() {
        bed.down(&name)?;
    }
    bed.up()?;
    Ok(Instant::now())
});

pub(super) const PASSWORD_CHANGED: Fault = Fault {
    place: Place::Guarded,
    spoils: true,
    lasts: 20,
    ..Fault::new(
        "password-changed",
        "password changed at the masters, then in the controller",
        |bed| {
            bed.change_password(SECOND_SECRET)?;
            rejected(bed)?;
            bed.order(|orders| orders.config["secret"] = SECOND_SECRET.into())?;
            Ok(Instant::now())
        },
    )
};

fn rejected(bed: &mut Bed) -> Result<(), RunError> {
    bed.wait("a refusal of the old password", SOON, |bed| {
        let connection = bed.record().connection;
        Check::when(connection.starts_with("Rejected"), (), || connection)
    })
}
