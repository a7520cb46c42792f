//! Seeded simulation of `mesos_core::Framework` against a protocol-level fake of a Mesos master.

pub mod master;
pub mod rng;
pub mod stock;
