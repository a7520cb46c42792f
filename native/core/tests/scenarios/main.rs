//! The framework with a hand on every wire: scenario tests that play the master, the store, the clock and Java.

#![allow(clippy::unwrap_used)]

mod bench;
mod identity;
mod maintenance;
mod matching;
mod offers;
mod ondemand;
mod reconciliation;
mod restart;
mod session;
mod store;
mod tasks;
mod templates;
