//! Real faults: a cluster of three masters, three ZooKeeper servers and two agents, a controller in a process of its own,
//! and something that breaks while ten builds run and ten wait.
//!
//! The controller ([`controller`]) is a small program that uses `mesos-client` as the plugin does: it has nodes, which it
//! keeps on disk as Jenkins does, and builds, each on an agent of its own. A build is an [`agent`] that notes in files
//! when it begins and when it ends. So a controller can be killed at any time, and what was lost can be counted.
//!
//! [`story`] is what happens around each fault, [`list`] names the faults, [`table`] shows what came of them.

pub mod agent;
pub mod bed;
pub mod controller;
pub mod files;
pub mod host;
pub mod jar;
pub mod lanes;
pub mod link;
pub mod list;
pub mod orders;
pub mod proxy;
pub mod story;
pub mod strangers;
pub mod table;
