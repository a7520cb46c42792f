//! Masters that die, hang, or want another password.

use std::time::{Duration, Instant};

use serde_json::Value;
use testbed::{Check, RunError};

use super::Fault;
use crate::bed::{Bed, OTHER, PRINCIPAL, Place, SOON, TEN};
use crate::story::unless;

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

/// Mesos never changes the principal of a framework: those that run end in theirs, those that wait go to the next one.
pub(super) const PRINCIPAL_CHANGED: Fault = Fault {
    place: Place::Guarded,
    lasts: 25,
    frameworks: 2,
    heal: |bed| principal_is(bed, OTHER.0),
    ..Fault::new(
        "principal-changed",
        "principal changed in the controller: another framework once the ten builds have ended",
        |bed| {
            bed.order(|orders| {
                orders.config["principal"] = OTHER.0.into();
                orders.config["secret"] = OTHER.1.into();
            })?;
            bed.wait("a word on the framework that is kept", SOON, |bed| {
                let troubles = bed.record().troubles;
                let told = troubles
                    .iter()
                    .any(|trouble| trouble.contains("the principal is changed"));
                Check::when(told, (), || format!("{troubles:?}"))
            })?;
            // Longer than a new subscription takes: nothing of the kind is to happen as long as the builds run.
            bed.lasts(Duration::from_secs(10))?;
            principal_is(bed, PRINCIPAL)?;
            bed.let_end()?;
            bed.wait("the end of the ten builds", SOON, |bed| {
                let done = bed.record().done();
                Check::when(done >= TEN, (), || format!("{done} are done"))
            })?;
            Ok(Instant::now())
        },
    )
};

fn principal_is(bed: &mut Bed, principal: &str) -> Result<(), RunError> {
    let state = bed.cluster.master_state()?;
    let frameworks = state["frameworks"].as_array().map_or(&[][..], Vec::as_slice);
    let principals: Vec<&Value> = frameworks
        .iter()
        .map(|framework| &framework["principal"])
        .collect();
    unless(
        principals == [principal],
        "one framework with the right principal",
        format!("{principals:?} in place of {principal}"),
    )
}

fn rejected(bed: &mut Bed) -> Result<(), RunError> {
    bed.wait("a refusal of the old password", SOON, |bed| {
        let connection = bed.record().connection;
        Check::when(connection.starts_with("Rejected"), (), || connection)
    })
}
