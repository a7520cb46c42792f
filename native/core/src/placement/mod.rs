//! Which need goes to which host: arithmetic only, nothing of Mesos.
//!
//! Needs are dense where they can be: of all hosts that were touched in this pass the tightest one is taken, and when none
//! holds the need, a host is opened. Which one, and what counts as tight, is the [`Policy`]. Where all needs fit, they are
//! put in by size, largest first, which touches the fewest hosts; where they do not, the order of age decides, and what
//! is left of the room is then filled by exchanging a young need for smaller ones.

mod board;
mod exchange;
mod order;
mod pass;
mod policy;
mod search;
mod weights;

pub(crate) use board::{Board, HostId};
pub(crate) use pass::{Rules, Want};
pub use policy::Policy;

#[cfg(test)]
mod tests;
