//! ZooKeeper servers that die, and a session that ends without a word.

use std::time::{Duration, Instant};

use super::Fault;
use crate::bed::{SOON, Way};
use crate::proxy::Manner;

pub(super) const LEADER_KILLED: Fault = Fault {
    quick: true,
    ..Fault::new(
        "zookeeper-leader-killed",
        "leading ZooKeeper server killed",
        |bed| {
            let leader = bed.cluster.zookeeper_leader()?;
            bed.down(&leader)?;
            Ok(Instant::now())
        },
    )
};

pub(super) const ALL_DOWN: Fault = Fault {
    lasts: 60,
    ..Fault::new("zookeeper-down", "all ZooKeeper servers down for 60 s", |bed| {
        for name in bed.cluster.zookeepers() {
            bed.down(&name)?;
        }
        bed.holds_up(Duration::from_secs(60))?;
        bed.up()?;
        Ok(Instant::now())
    })
};

/// Longer than a session, which is 10 s. Then the masters elect another leader, which only a new session tells of.
pub(super) const SESSION_EXPIRED: Fault = Fault {
    way: Way::ProxiedZooKeeper,
    lasts: 25,
    heal: |bed| bed.has_said("the session expired"),
    ..Fault::new(
        "session-expired",
        "ZooKeeper session expired, then leading master killed",
        |bed| {
            bed.proxy()?.behave(Manner::Silent);
            bed.lasts(Duration::from_secs(25))?;
            bed.proxy()?.behave(Manner::Good);
            let old = bed.cluster.leader()?;
            bed.down(&old.name)?;
            let struck = Instant::now();
            bed.cluster.await_leader(Some(&old), SOON)?;
            Ok(struck)
        },
    )
};
