//! The language of a Mesos 1.11 master: the messages of its v1 scheduler API and the RecordIO framing of its event
//! stream. No I/O.
//!
//! The messages are generated from this crate's own `.proto` files, which hold what a Jenkins cloud needs. They stand
//! at the crate's root ([`Offer`], [`TaskStatus`], [`offer::Operation`] …), with [`Call`] and [`Event`] and their
//! members in [`call`] and [`event`].
//!
//! # What decoding does not tell
//!
//! - A missing required member decodes to its default, without an error: check at the border to your own types.
//! - Enum members are `i32`. The accessor (`status.state()`) turns a number it does not know into the default, which is
//!   the first in the schema and not the zero: an unknown or missing state reads as [`TaskState::TaskStaging`], though
//!   zero is `TASK_STARTING`. `TaskState::try_from(status.state)` tells an unknown one.
//! - Members that are not in our schema are dropped when a message is encoded again. [`Resource`], which an ACCEPT
//!   must echo, lacks none, and is encoded in the order of member numbers, as Mesos does.
//! - Accessors give the default of the schema when a member is unset: `filters.refuse_seconds()` is 5, a framework's
//!   `failover_timeout()` is 0 (which kills its tasks when the stream breaks), `checkpoint()` is false, a command's
//!   `shell()` is true, a URI's `extract()` is true, a Docker `network()` is `Host`.
//! - A `Vec<u8>` where Mesos has a message is carried, not read.

mod calls;
mod events;
mod generated {
    #![allow(missing_docs, clippy::all, clippy::unwrap_used)]

    include!(concat!(env!("OUT_DIR"), "/mesos.v1.rs"));

    pub mod scheduler {
        include!(concat!(env!("OUT_DIR"), "/mesos.v1.scheduler.rs"));
    }
}
mod ids;
mod offer_view;
pub mod recordio;
mod redact;
mod values;

pub use bytes::Bytes;
pub use generated::scheduler::{Call, Event, call, event};
pub use generated::*;
pub use offer_view::{OfferError, OfferView, ResourceView};
pub use prost::{DecodeError, Message};
