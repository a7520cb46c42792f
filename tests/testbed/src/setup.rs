//! The programs, set up once per repository.

mod debian;
mod docker;
mod host;
mod image;
mod mesos;
mod stamp;

pub use docker::DockerHome;
pub use host::HostHome;
pub use mesos::MesosHome;
