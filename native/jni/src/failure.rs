//! Everything that a native can fail with; its text is what Java's `NativeException` says.

use mesos_client::CloudError;
use mesos_core::{PlanError, ReviewError};

use crate::handles::Stale;
use crate::logs::UnknownLevel;
use crate::messages::MessageError;

/// Why a native gave no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Java passed null.
    #[error("{0} is null")]
    Null(&'static str),
    /// The handle is not open.
    #[error(transparent)]
    Stale(#[from] Stale),
    /// A message was not understood.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// A result has no JSON form.
    #[error("cannot write the answer as JSON: {0}")]
    Answer(#[from] serde_json::Error),
    /// No such log level.
    #[error(transparent)]
    Level(#[from] UnknownLevel),
    /// A relative folder would end up wherever the JVM was started.
    #[error("state folder `{0}` is not absolute: give the full path")]
    RelativeFolder(String),
    /// There are no threads for the clouds.
    #[error("cannot start the native library's threads ({0}): raise the limits on threads and open files")]
    Threads(#[source] std::io::Error),
    /// The cloud did not take it.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// There is no plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The situation is none.
    #[error(transparent)]
    Review(#[from] ReviewError),
    /// The JVM refused something.
    #[error("a call into the JVM failed: {0}")]
    Jni(#[from] jni::errors::Error),
}
