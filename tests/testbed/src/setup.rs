//! The programs, set up once per repository.

mod mesos;
mod stamp;

pub use mesos::MesosHome;
