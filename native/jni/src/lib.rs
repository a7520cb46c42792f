//! The native library of the Jenkins plugin: what `docs/jni-contract.md` promises to Java, and nothing else.
//!
//! [`entry`](self) holds the natives; `clouds` what is behind a handle; `barrier` turns failures and panics into
//! exceptions; `logs` and `ring` carry `tracing` records to Java.

mod barrier;
mod clouds;
mod detach;
mod entry;
mod failure;
#[cfg(feature = "fault-injection")]
mod faults;
mod handles;
mod logs;
mod messages;
mod ring;
