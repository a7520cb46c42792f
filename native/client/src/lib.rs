//! The tokio shell round `mesos-core`.

mod auth;
mod backoff;
mod calls;
mod connect;
mod detector;
mod http;
mod store;
mod stream;
