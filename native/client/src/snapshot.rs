//! The picture of the moment that `status` shows, published by the driver and read without waiting for it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use mesos_core::{ConnectionState, ConnectionStatus, Counters, OffersStatus, Status};

/// Holds the newest picture, and whether it was looked at.
#[derive(Debug)]
pub(crate) struct Snapshot {
    newest: Mutex<Arc<Taken>>,
    seen: AtomicBool,
}

#[derive(Debug)]
struct Taken {
    at: Instant,
    status: Status,
}

impl Snapshot {
    /// What is true before anything is known.
    pub(crate) fn new() -> Self {
        Snapshot {
            newest: Mutex::new(Arc::new(Taken {
                at: Instant::now(),
                status: unknown(None),
            })),
            seen: AtomicBool::new(false),
        }
    }

    /// Whether anybody has looked since the newest picture was published.
    pub(crate) fn is_seen(&self) -> bool {
        self.seen.load(Ordering::Relaxed)
    }

    /// Replaces the picture.
    pub(crate) fn publish(&self, status: Status) {
        let taken = Arc::new(Taken {
            at: Instant::now(),
            status,
        });
        // Before the exchange: who looks at the new one is not forgotten.
        self.seen.store(false, Ordering::Relaxed);
        // The lock is held for the exchange of a pointer only.
        let old = std::mem::replace(
            &mut *self.newest.lock().unwrap_or_else(PoisonError::into_inner),
            taken,
        );
        drop(old);
    }

    /// The newest picture, with its ages carried on to now, and whether this is the first look at it.
    pub(crate) fn read(&self) -> (Status, bool) {
        let taken = Arc::clone(&self.newest.lock().unwrap_or_else(PoisonError::into_inner));
        let first = !self.seen.swap(true, Ordering::Relaxed);
        let since = u64::try_from(taken.at.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut status = taken.status.clone();
        let connection = &mut status.connection.since_millis;
        *connection = connection.saturating_add(since);
        for waiting in &mut status.waiting {
            waiting.since_millis = waiting.since_millis.saturating_add(since);
        }
        (status, first)
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
        let first = snapshot.read().0.connection.since_millis;
        assert!((5000..20_000).contains(&first), "{first}");
        while snapshot.read().0.connection.since_millis == first {
            std::hint::spin_loop();
        }
        assert!(snapshot.read().0.connection.since_millis > first);
    }

    #[test]
    fn the_first_look_at_a_picture_is_told_from_the_next() {
        let snapshot = Snapshot::new();
        assert!(!snapshot.is_seen());
        assert!(snapshot.read().1);
        assert!(snapshot.is_seen());
        assert!(!snapshot.read().1);
        snapshot.publish(unknown(None));
        assert!(!snapshot.is_seen());
        assert!(snapshot.read().1);
    }
}
