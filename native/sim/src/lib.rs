//! Seeded simulation of `mesos_core::Framework` against a protocol-level fake of a Mesos master.
//!
//! A [`Plan`](plan::Plan) is drawn from a seed: what Jenkins asks for and what goes wrong. A [`World`](world::World)
//! runs it, and breaks off where a rule of [`watch`] is broken. [`run`] does so, lets all faults end, and checks that
//! everything comes right again. The same seed gives the same run.

mod brief;
pub mod faults;
pub mod jenkins;
mod liveness;
pub mod master;
pub mod plan;
pub mod rng;
pub mod rule;
pub mod settings;
mod shell;
pub mod shrink;
pub mod stock;
pub mod store;
mod stranger;
pub mod supply;
pub mod tamper;
mod twin;
pub mod watch;
pub mod world;

pub use liveness::{Outcome, run};
