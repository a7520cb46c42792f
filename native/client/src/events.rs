//! The queue of notices for Java, which takes them out in batches.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mesos_core::Notice;
use serde::Serialize;

/// The most events in one batch.
pub const BATCH: usize = 256;
/// From here on, notices that only describe a moment are dropped, the oldest first. No `ended` is ever dropped.
const CROWDED: usize = 10_000;

/// A batch of the contract: Events.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Batch {
    /// Version of the contract.
    pub v: u32,
    /// Nothing will come after this batch: the cloud is closed.
    pub closed: bool,
    /// In order, at most [`BATCH`].
    pub events: Vec<Event>,
}

/// A notice with its time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// Unix milliseconds.
    pub at: i64,
    /// What happened.
    #[serde(flatten)]
    pub notice: Notice,
}

/// One writer, any number of waiting readers.
#[derive(Debug, Default)]
pub(crate) struct EventQueue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// In pieces of at most [`BATCH`], as they are taken: thousands in one would be moved as they become more.
    batches: VecDeque<Vec<Event>>,
    /// In all of them.
    count: usize,
    dropped: u64,
    closed: bool,
}

impl State {
    fn add(&mut self, event: Event) {
        self.count += 1;
        match self.batches.back_mut() {
            Some(batch) if batch.len() < BATCH => batch.push(event),
            _ => self.batches.push_back(vec![event]),
        }
    }

    /// Drops the oldest that only describes a moment; false if there is none.
    fn drop_outdated(&mut self) -> bool {
        let momentary =
            |event: &Event| matches!(event.notice, Notice::Waiting { .. } | Notice::Connection { .. });
        for number in 0..self.batches.len() {
            let Some(batch) = self.batches.get_mut(number) else {
                break;
            };
            if let Some(at) = batch.iter().position(momentary) {
                batch.remove(at);
                if batch.is_empty() {
                    self.batches.remove(number);
                }
                self.count -= 1;
                return true;
            }
        }
        false
    }
}

impl EventQueue {
    /// Adds a notice with the present time; after [`close`](Self::close) it is lost.
    pub(crate) fn push(&self, notice: Notice) {
        let mut state = self.lock();
        if state.closed {
            return;
        }
        if state.count >= CROWDED && state.drop_outdated() {
            state.dropped += 1;
            if state.dropped.is_power_of_two() {
                tracing::warn!(
                    "nobody takes events; {} outdated ones were dropped so far",
                    state.dropped
                );
            }
        }
        state.add(Event {
            at: unix_millis(),
            notice,
        });
        self.changed.notify_all();
    }

    /// Says that nothing will come any more; what is in the queue can still be taken.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Takes what is there, or waits for something up to `patience`; at once if closed.
    pub(crate) fn take(&self, patience: Duration) -> Batch {
        let mut state = self.lock();
        let deadline = Instant::now().checked_add(patience);
        while state.batches.is_empty() && !state.closed {
            let left = match deadline {
                Some(deadline) => deadline.saturating_duration_since(Instant::now()),
                None => patience,
            };
            if left.is_zero() {
                break;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        let events = state.batches.pop_front().unwrap_or_default();
        state.count -= events.len();
        Batch {
            v: 1,
            closed: state.closed && state.batches.is_empty(),
            events,
        }
    }

    /// Waits up to `patience` for [`close`](Self::close); false if it did not come.
    pub(crate) fn wait_closed(&self, patience: Duration) -> bool {
        let state = self.lock();
        let (state, _) = self
            .changed
            .wait_timeout_while(state, patience, |state| !state.closed)
            .unwrap_or_else(PoisonError::into_inner);
        state.closed
    }

    /// No code panics under this lock; and a queue is better used than lost.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Milliseconds since the Unix epoch.
pub(crate) fn unix_millis() -> i64 {
    let age = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(age.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    fn waiting(name: &str) -> Notice {
        Notice::Waiting {
            name: name.to_owned(),
            reason: "no offers".into(),
            possible: true,
        }
    }

    fn ended(name: &str) -> Notice {
        Notice::Ended {
            name: name.to_owned(),
            state: "TASK_FINISHED".to_owned(),
            reason: None,
            message: None,
            requested: true,
            again: false,
            sandbox: None,
        }
    }

    #[test]
    fn an_event_has_the_shape_of_the_contract() {
        let queue = EventQueue::default();
        queue.push(waiting("a"));
        let json = serde_json::to_value(queue.take(Duration::ZERO)).unwrap();
        let at = json["events"][0]["at"].as_i64().unwrap();
        assert!(at > 1_700_000_000_000, "{at}");
        let event = serde_json::json!(
            {"at": at, "type": "waiting", "name": "a", "reason": "no offers", "possible": true});
        assert_eq!(
            json,
            serde_json::json!({"v": 1, "closed": false, "events": [event]})
        );
    }

    #[test]
    fn a_reader_that_waits_is_woken_by_the_first_event() {
        let queue = Arc::new(EventQueue::default());
        let reader = thread::spawn({
            let queue = Arc::clone(&queue);
            move || queue.take(LONG)
        });
        queue.push(waiting("a"));
        assert_eq!(reader.join().unwrap().events.len(), 1);
    }

    #[test]
    fn an_empty_queue_gives_an_empty_batch_after_the_patience() {
        let begin = Instant::now();
        let batch = EventQueue::default().take(Duration::from_millis(30));
        assert!(begin.elapsed() >= Duration::from_millis(30));
        assert_eq!((batch.events.len(), batch.closed), (0, false));
    }

    #[test]
    fn batches_are_bounded_and_keep_the_order() {
        let queue = EventQueue::default();
        for number in 0..300 {
            queue.push(waiting(&number.to_string()));
        }
        let (first, second) = (queue.take(LONG), queue.take(LONG));
        assert_eq!((first.events.len(), second.events.len()), (256, 44));
        assert_eq!(second.events[0].notice, waiting("256"));
    }

    #[test]
    fn closing_wakes_readers_and_is_told_with_the_last_batch() {
        let queue = Arc::new(EventQueue::default());
        let reader = thread::spawn({
            let queue = Arc::clone(&queue);
            move || queue.take(LONG)
        });
        for number in 0..300 {
            queue.push(waiting(&number.to_string()));
        }
        queue.close();
        queue.push(waiting("too late"));
        let mut taken = reader.join().unwrap().events.len();
        loop {
            let batch = queue.take(LONG);
            taken += batch.events.len();
            if batch.closed {
                break;
            }
        }
        assert_eq!(taken, 300);
        assert!(queue.wait_closed(Duration::ZERO));
    }

    #[test]
    fn a_queue_that_nobody_reads_drops_reasons_but_no_endings() {
        let queue = EventQueue::default();
        for number in 0..CROWDED {
            queue.push(ended(&number.to_string()));
            queue.push(waiting(&number.to_string()));
        }
        let mut endings = 0;
        let mut reasons = 0;
        loop {
            let batch = queue.take(Duration::ZERO);
            if batch.events.is_empty() {
                break;
            }
            for event in batch.events {
                match event.notice {
                    Notice::Ended { name, .. } => {
                        assert_eq!(name, endings.to_string());
                        endings += 1;
                    }
                    _ => reasons += 1,
                }
            }
        }
        assert_eq!(endings, CROWDED);
        assert!(reasons <= 1, "{reasons} reasons are left");
    }
}
