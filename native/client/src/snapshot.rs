//! The picture of the moment that `status` shows, published by the driver and read without waiting for it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use mesos_core::{ConnectionState, ConnectionStatus, Counters, OffersStatus, Status};

/// Holds the newest picture.
#[derive(Debug)]
pub(crate) struct Snapshot(Mutex<Arc<Taken>>);

#[derive(Debug)]
struct Taken {
    at: Instant,
    status: Status,
}

impl Snapshot {
    /// What is true before anything is known.
    pub(crate) fn new() -> Self {
        Snapshot(Mutex::new(Arc::new(Taken {
            at: Instant::now(),
            status: unknown(None),
        })))
    }

    /// Replaces the picture.
    pub(crate) fn publish(&self, status: Status) {
        let taken = Arc::new(Taken {
            at: Instant::now(),
            status,
        });
        // The lock is held for the exchange of a pointer only.
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = taken;
    }

    /// The newest picture, with its ages carried on to now.
    pub(crate) fn read(&self) -> Status {
        let taken = Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let since = u64::try_from(taken.at.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut status = taken.status.clone();
        let connection = &mut status.connection.since_millis;
        *connection = connection.saturating_add(since);
        for waiting in &mut status.waiting {
            waiting.since_millis = waiting.since_millis.saturating_add(since);
        }
        status
    }
}

/// A status without a framework; the message says why there is none.
pub(crate) fn unknown(message: Option<String>) -> Status {
    Status {
        v: 1,
        connection: ConnectionStatus {
            state: ConnectionState::Searching,
            leader: None,
            framework_id: None,
            message,
            since_millis: 0,
        },
        offers: OffersStatus::default(),
        suppressed: false,
        waiting: Vec::new(),
        tasks: Vec::new(),
        counters: Counters::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_go_on_after_the_picture_was_taken() {
        let snapshot = Snapshot::new();
        let mut status = unknown(None);
        status.connection.since_millis = 5000;
        snapshot.publish(status);
        let first = snapshot.read().connection.since_millis;
        assert!((5000..20_000).contains(&first), "{first}");
        while snapshot.read().connection.since_millis == first {
            std::hint::spin_loop();
        }
        assert!(snapshot.read().connection.since_millis > first);
    }
}
