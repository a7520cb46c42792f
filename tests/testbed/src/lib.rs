//! Real parts for tests and for the demonstration: a Mesos 1.11 cluster with ZooKeeper, a Docker engine 20.10 with
//! registries, a host for the packaged plugin, and today's Jenkins where a war is given.
//!
//! [`MesosHome`], [`DockerHome`] and [`HostHome`] set the programs up (once, below `.testbed` in the repository, by package
//! clients only); [`Cluster`], [`Engine`] and [`Host`] start them on free ports of 127.0.0.1, stop, kill and restart them,
//! and answer what their HTTP interfaces say. All waiting is for a condition, with a deadline; a failure carries the last
//! reason and the end of the logs.
//!
//! Nothing survives its owner: a small [guard](guard) process notices the end of the owner, in whatever way it comes
//! (return, panic, Ctrl-C, SIGKILL), and ends all that was started, Mesos executors and tasks included.

pub mod archives;
pub mod browser;
pub mod cluster;
pub mod controller;
pub mod disk;
pub mod engine;
mod error;
pub mod forms;
pub mod guard;
pub mod host;
pub mod http;
pub mod jenkins;
pub mod lock;
pub mod paths;
pub mod ports;
pub mod process;
pub mod rest;
pub mod seeds;
pub mod setup;
pub mod tools;
pub mod wait;

pub use archives::Archives;
pub use browser::Browser;
pub use cluster::{AgentSpec, Cluster, ClusterSpec};
pub use disk::SmallDisk;
pub use engine::Engine;
pub use error::{RunError, SetupError};
pub use host::{Host, HostSpec};
pub use jenkins::{Jenkins, JenkinsSpec};
pub use setup::{DockerHome, HostHome, MesosHome};
pub use wait::{Check, until};
