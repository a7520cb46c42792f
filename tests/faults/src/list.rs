//! The faults.

mod agents;
mod controller;
mod hosted;
mod http;
mod ledger;
mod masters;
mod network;
mod zookeeper;

use std::time::Instant;

use testbed::RunError;

use crate::bed::{Bed, Place, Way};
use crate::host::Hosted;

/// Who has the builds.
#[derive(Debug, Clone, Copy)]
pub enum Scene {
    /// The small controller.
    Controller,
    /// Jenkins's ancestor with freestyle builds; the strike is its own.
    Host(fn(&mut Hosted) -> Result<Instant, RunError>),
    /// Today's Jenkins with Pipelines, which the environment names; the strike is its own.
    Today(fn(&mut Hosted) -> Result<Instant, RunError>),
}

/// Something that breaks.
#[derive(Debug)]
pub struct Fault {
    /// For command lines.
    pub key: &'static str,
    /// For people.
    pub name: &'static str,
    /// Who has the builds; with a host, the rest but `may_lose` and `lasts` says nothing.
    pub scene: Scene,
    /// What it needs.
    pub place: Place,
    /// How the controller gets to the masters.
    pub way: Way,
    /// How long a build takes, in seconds.
    pub seconds: u32,
    /// How long the fault itself lasts, about, in seconds: long ones begin first.
    pub lasts: u32,
    /// Whether it is part of every run of the tests.
    pub quick: bool,
    /// Whether the bed cannot be used again.
    pub spoils: bool,
    /// How many builds may be lost: those whose machine dies.
    pub may_lose: usize,
    /// How many tasks the master calls unreachable for ever: those of a machine that nobody has marked gone.
    pub unreachable: usize,
    /// How many frameworks there are, one after the other; one but where Mesos never lets one be what it is to be.
    pub frameworks: usize,
    /// Strikes. The answer is the moment from which on it could be as before: that of the fault where others take over,
    /// else its end.
    pub strike: fn(&mut Bed) -> Result<Instant, RunError>,
    /// What is left to be done after it is as before; members that are down come up by themselves.
    pub heal: fn(&mut Bed) -> Result<(), RunError>,
}

impl Fault {
    /// A fault of a moment, by ZooKeeper.
    const fn new(
        key: &'static str,
        name: &'static str,
        strike: fn(&mut Bed) -> Result<Instant, RunError>,
    ) -> Self {
        Self {
            key,
            name,
            scene: Scene::Controller,
            place: Place::Plain,
            way: Way::Election,
            seconds: 15,
            lasts: 0,
            quick: false,
            spoils: false,
            may_lose: 0,
            unreachable: 0,
            frameworks: 1,
            strike,
            heal: |_| Ok(()),
        }
    }
}

/// All, in the order of the table.
#[must_use]
pub fn all() -> &'static [&'static Fault] {
    ALL
}

const ALL: &[&Fault] = &[
    &masters::LEADER_KILLED,
    &masters::LEADER_PAUSED,
    &masters::TWO_KILLED,
    &masters::ALL_RESTARTED,
    &masters::PASSWORD_CHANGED,
    &masters::PRINCIPAL_CHANGED,
    &zookeeper::LEADER_KILLED,
    &zookeeper::ALL_DOWN,
    &zookeeper::SESSION_EXPIRED,
    &agents::RECOVERED,
    &agents::LOST,
    &agents::NEVER_GONE,
    &network::CUT,
    &network::CUT_TO_MASTERS,
    &network::CUT_FROM_MASTERS,
    &controller::AFTER_SUBMIT,
    &controller::AFTER_INTENT,
    &controller::AFTER_ACCEPT,
    &controller::AFTER_UPDATE,
    &controller::FORGOTTEN,
    &controller::DOWN,
    &ledger::DISK_FULL,
    &ledger::TORN,
    &ledger::TRUNCATED,
    &ledger::FLIPPED,
    &ledger::DELETED,
    &http::CUT,
    &http::GARBAGE,
    &http::HUGE,
    &http::SLOW,
    &hosted::LEADER_KILLED,
    &hosted::AGENT_RECOVERED,
    &hosted::KILLED,
    &hosted::TODAY_LEADER_KILLED,
    &hosted::TODAY_KILLED,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_names_are_unique() {
        for (index, fault) in ALL.iter().enumerate() {
            let same = |other: &&&Fault| other.key == fault.key || other.name == fault.name;
            assert_eq!(
                ALL[..index].iter().find(same).map(|other| other.key),
                None,
                "{}",
                fault.key
            );
        }
    }
}
