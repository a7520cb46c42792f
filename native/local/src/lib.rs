//! The master `local`: this machine in place of a Mesos cluster.
//!
//! A [`Cluster`] takes the scheduler's calls and gives it events, as a Mesos master does over HTTP; so everything above it
//! is the same. Behind it, this machine is one agent: its tasks are containers of a Docker engine or, where a task wants no
//! image, processes.

mod archive;
mod cgroup;
mod cluster;
mod container;
mod engine;
mod inside;
mod machine;
mod master;
mod parameters;
mod probe;
mod process;
mod pull;
mod records;
mod runner;
mod sandbox;
mod spawn;
mod user;

pub use cluster::{Cluster, Settings, whole};
pub use probe::{Findings, probe};
pub use sandbox::{Fetch, FetchError, Fetched};
pub use spawn::{Detach, own_group};
