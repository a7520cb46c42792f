//! A bounded queue of log records between Rust threads, which never wait, and the Java thread that polls.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use serde::Serialize;

/// The most bytes of one message; the rest is cut off, so that the ring's memory is bounded too.
pub(crate) const MAX_MESSAGE: usize = 8 * 1024;

/// The most records of one batch.
pub(crate) const MAX_BATCH: usize = 1024;

/// One log record as Java gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Record {
    /// Unix time in milliseconds.
    pub(crate) at: u64,
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub(crate) level: &'static str,
    /// The full name of the Java logger.
    pub(crate) logger: String,
    /// The text, at most [`MAX_MESSAGE`] bytes and a mark of the cut.
    pub(crate) message: String,
}

/// What one poll takes out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    /// How many records were pushed out by newer ones since the last batch.
    pub(crate) dropped: u64,
    pub(crate) records: Vec<Record>,
}

/// A queue that forgets its oldest record when it is full, and counts what it forgot.
#[derive(Debug)]
pub(crate) struct Ring {
    queue: Mutex<Queue>,
    filled: Condvar,
    capacity: usize,
}

#[derive(Debug)]
struct Queue {
    records: VecDeque<Record>,
    dropped: u64,
}

impl Ring {
    /// A ring for `capacity` records (at least one).
    pub(crate) const fn new(capacity: usize) -> Self {
        Self {
            queue: Mutex::new(Queue {
                records: VecDeque::new(),
                dropped: 0,
            }),
            filled: Condvar::new(),
            capacity,
        }
    }

    /// Adds a record; never waits for a reader.
    pub(crate) fn push(&self, record: Record) {
        self.add(self.lock(), record);
    }

    /// Adds a record unless some thread is at the ring just now. For the panic hook: the thread that panics may be the
    /// one that holds the lock.
    pub(crate) fn push_unless_busy(&self, record: Record) {
        match self.queue.try_lock() {
            Ok(queue) => self.add(queue, record),
            Err(TryLockError::Poisoned(poisoned)) => self.add(poisoned.into_inner(), record),
            Err(TryLockError::WouldBlock) => {}
        }
    }

    /// Takes out up to [`MAX_BATCH`] records, the oldest first; waits up to `timeout` for the first one.
    pub(crate) fn take(&self, timeout: Duration) -> Batch {
        let deadline = Instant::now() + timeout;
        let mut queue = self.lock();
        while queue.records.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            queue = self
                .filled
                .wait_timeout(queue, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        let count = queue.records.len().min(MAX_BATCH);
        let dropped = std::mem::take(&mut queue.dropped);
        Batch {
            dropped,
            records: queue.records.drain(..count).collect(),
        }
    }

    fn add(&self, mut queue: MutexGuard<'_, Queue>, mut record: Record) {
        cut(&mut record.message);
        if queue.records.len() >= self.capacity {
            queue.records.pop_front();
            queue.dropped += 1;
        }
        queue.records.push_back(record);
        drop(queue);
        self.filled.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cut(message: &mut String) {
    if message.len() > MAX_MESSAGE {
        let end = message.floor_char_boundary(MAX_MESSAGE);
        message.truncate(end);
        message.push_str(" … (cut)");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(message: &str) -> Record {
        Record {
            at: 1,
            level: "info",
            logger: "a.b".to_owned(),
            message: message.to_owned(),
        }
    }

    fn messages(batch: &Batch) -> Vec<&str> {
        batch
            .records
            .iter()
            .map(|record| record.message.as_str())
            .collect()
    }

    #[test]
    fn records_come_out_in_order_and_once() {
        let ring = Ring::new(10);
        ring.push(record("one"));
        ring.push(record("two"));
        let batch = ring.take(Duration::ZERO);
        assert_eq!(messages(&batch), ["one", "two"]);
        assert_eq!(batch.dropped, 0);
        assert_eq!(
            ring.take(Duration::ZERO),
            Batch {
                dropped: 0,
                records: vec![]
            }
        );
    }

    #[test]
    fn a_full_ring_forgets_the_oldest_and_says_how_many_once() {
        let ring = Ring::new(3);
        for n in 0..5 {
            ring.push(record(&n.to_string()));
        }
        let batch = ring.take(Duration::ZERO);
        assert_eq!(messages(&batch), ["2", "3", "4"]);
        assert_eq!(batch.dropped, 2);
        ring.push(record("later"));
        assert_eq!(ring.take(Duration::ZERO).dropped, 0);
    }

    #[test]
    fn a_batch_is_bounded_and_the_rest_waits() {
        let ring = Ring::new(MAX_BATCH + 2);
        for n in 0..MAX_BATCH + 2 {
            ring.push(record(&n.to_string()));
        }
        assert_eq!(ring.take(Duration::ZERO).records.len(), MAX_BATCH);
        assert_eq!(messages(&ring.take(Duration::ZERO)), ["1024", "1025"]);
    }

    #[test]
    fn a_waiting_reader_is_woken_by_a_record_long_before_its_timeout() {
        let ring = Ring::new(4);
        let start = Instant::now();
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| ring.take(Duration::from_secs(60)));
            ring.push(record("wake"));
            assert_eq!(messages(&reader.join().unwrap()), ["wake"]);
        });
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_long_message_is_cut_at_a_character() {
        let ring = Ring::new(1);
        ring.push(record(&"ä".repeat(MAX_MESSAGE)));
        ring.push(record(&format!("x{}", "ä".repeat(MAX_MESSAGE))));
        let batch = ring.take(Duration::ZERO);
        let message = &batch.records[0].message;
        assert!(
            message.ends_with("ä … (cut)"),
            "{}",
            &message[message.len() - 20..]
        );
        assert!(message.len() < MAX_MESSAGE + 20);
    }

    #[test]
    fn the_panic_hook_gives_up_rather_than_waits_for_a_held_ring() {
        let ring = Ring::new(4);
        let held = ring.lock();
        ring.push_unless_busy(record("lost"));
        drop(held);
        ring.push_unless_busy(record("kept"));
        assert_eq!(messages(&ring.take(Duration::ZERO)), ["kept"]);
    }
}
