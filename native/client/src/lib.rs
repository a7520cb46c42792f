//! The tokio shell round `mesos-core`: a [`Cloud`] finds the leading master (ZooKeeper, a fixed address, or this machine
//! itself), holds the event stream, sends the calls in order, keeps the ledger in SQLite and collects the notices for Java.
//!
//! ```no_run
//! # use std::time::Duration;
//! let runtime = mesos_client::Runtime::new()?;
//! let config = serde_json::from_str(r#"{"v":1,"name":"demo","master":"zk://127.0.0.1:2181/mesos"}"#)?;
//! let cloud = mesos_client::Cloud::open(config, "/var/lib/jenkins/mesos/demo".into(), &runtime);
//! let batch = cloud.poll(Duration::from_secs(10));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod auth;
mod backoff;
mod barrier;
mod calls;
mod capacity;
mod cloud;
mod connect;
mod detector;
mod driver;
mod era;
mod events;
mod fetch;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod http;
mod pace;
mod pipe;
mod probe;
mod runtime;
mod sandbox;
mod shares;
mod snapshot;
mod store;
mod stream;

#[cfg(test)]
mod certificates;
#[cfg(test)]
mod fake_master;

pub use capacity::{Capacity, Largest, Need};
pub use cloud::{Cloud, CloudError};
pub use events::{BATCH, Batch, Event};
pub use mesos_local::{Detach, own_group};
pub use probe::{DEADLINE, Report};
pub use runtime::Runtime;
pub use shares::{Amounts, FrameworkShare, RoleShare, Roles};
