//! The border of the state machine: what comes in beside commands and events, and what goes out.

use crate::decision::Decision;
use crate::ledger::Write;
use crate::master::MasterAddress;
use crate::notice::Notice;
use crate::time::Time;
use mesos_wire::Call;

/// The circumstances of a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// Now, on the caller's monotonic clock.
    pub now: Time,
    /// Now, in milliseconds since the Unix epoch: maintenance windows are told in it.
    pub unix_millis: i64,
    /// For the jitter of retries. Randomness is the caller's, so that a run can be repeated exactly; two controllers
    /// must not share it.
    pub seed: u64,
}

/// What the detector knows of the leading master.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leader {
    /// This one leads; also for a static address.
    Found(MasterAddress),
    /// Nobody leads.
    None,
    /// It cannot be told; the message says why, and the cure.
    Unreachable(String),
}

/// One try to subscribe, and the stream that came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptId(pub u64);

/// One call but SUBSCRIBE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u64);

/// One batch of writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersistId(pub u64);

/// How a stream, or the try to open one, ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamEnd {
    /// No connection, or no answer in time; the message is for people.
    Failed(String),
    /// An answer other than 200 and a redirect.
    Refused {
        /// HTTP status.
        status: u16,
        /// The beginning of the body, for people.
        body: String,
    },
    /// Another master leads.
    Redirected(MasterAddress),
    /// The stream ended.
    Closed,
    /// The stream held what is no event; the message is for people.
    Garbage(String),
}

/// Why the master did not take a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    /// It may or may not have arrived.
    Failed(String),
    /// An answer other than 202.
    Refused {
        /// HTTP status.
        status: u16,
        /// The beginning of the body, for people.
        body: String,
    },
}

/// What the shell is to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Open a stream with this SUBSCRIBE, and report under `attempt`.
    Connect {
        /// Names the stream.
        attempt: AttemptId,
        /// Where.
        master: MasterAddress,
        /// The call.
        subscribe: Box<Call>,
    },
    /// Drop that stream and the calls queued for it. Nothing of it needs to be reported any more.
    Disconnect {
        /// Names the stream.
        attempt: AttemptId,
    },
    /// Send this call, after all calls before it, with the stream id of `attempt`.
    Call {
        /// For [`handle_call_result`](crate::Framework::handle_call_result).
        id: CallId,
        /// Names the stream.
        attempt: AttemptId,
        /// The call.
        call: Box<Call>,
    },
    /// Write these in one synced transaction, after all before it.
    Persist {
        /// For [`handle_persisted`](crate::Framework::handle_persisted).
        id: PersistId,
        /// In order.
        writes: Vec<Write>,
    },
    /// Tell Java.
    Notice(Notice),
    /// For the log at debug level.
    Decision(Decision),
}
