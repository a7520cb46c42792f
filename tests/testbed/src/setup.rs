//! The programs, set up once per repository.

mod host;
mod mesos;
mod stamp;

pub use host::HostHome;
pub use mesos::MesosHome;
