//! Seeded simulation of `mesos_core::Framework` against a protocol-level fake of a Mesos master.
//!
//! Being written by its own engineer since 09:21; the core need not write it.
