//! What is on its way to the store, and what must wait for it.

use crate::backoff::Backoff;
use crate::notice::Notice;
use crate::output::{AttemptId, PersistId};
use crate::text::Text;
use crate::time::Time;
use mesos_wire::Call;
use std::collections::BTreeSet;
use std::time::Duration;

/// A batch that takes longer than this is a store in trouble.
pub(crate) const STORE_PATIENCE: Duration = Duration::from_secs(5);

/// Something the store keeps.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    FrameworkId,
    Task(Text),
}

/// What may happen only once a write is durable.
#[derive(Debug)]
pub(crate) enum After {
    /// The ACCEPT of a launch.
    Accept(u64),
    /// An acknowledgement, if the stream it came by still stands.
    Acknowledge {
        attempt: AttemptId,
        call: Box<Call>,
    },
    Notice(Notice),
    TornDown,
}

#[derive(Debug)]
struct Batch {
    id: PersistId,
    keys: BTreeSet<Key>,
    after: Vec<After>,
    since: Time,
}

/// Keys that changed, in batches. A batch is made of what memory holds when it goes out, which is never older than
/// the change that asked for it; so a batch that failed is not repeated as it was, its keys are just written again.
///
/// One batch is on its way at a time, and the next takes all that has gathered meanwhile. With several, what waits for
/// one that failed would be overtaken by what waits for a later one, and Java would hear of a task after its end.
#[derive(Debug)]
pub(crate) struct Journal {
    dirty: BTreeSet<Key>,
    after: Vec<After>,
    in_flight: Option<Batch>,
    next_id: u64,
    backoff: Backoff,
    blocked: bool,
}

impl Journal {
    pub(crate) fn new() -> Self {
        Self {
            dirty: BTreeSet::new(),
            after: Vec::new(),
            in_flight: None,
            next_id: 1,
            backoff: Backoff::new(Duration::from_secs(1), Duration::from_secs(30)),
            blocked: false,
        }
    }

    /// The key changed in memory.
    pub(crate) fn changed(&mut self, key: Key) {
        self.dirty.insert(key);
    }

    /// The key changed in memory (or its last change may still be on its way); then do this.
    pub(crate) fn changed_then(&mut self, key: Key, after: After) {
        self.dirty.insert(key);
        self.after.push(after);
    }

    /// Whether the last change of the key may not be durable yet.
    pub(crate) fn is_unsettled(&self, key: &Key) -> bool {
        self.dirty.contains(key)
            || self
                .in_flight
                .as_ref()
                .is_some_and(|batch| batch.keys.contains(key))
    }

    /// Whether all that changed is durable.
    pub(crate) fn is_idle(&self) -> bool {
        self.dirty.is_empty() && self.in_flight.is_none()
    }

    /// The next batch, if there is one and the store takes any.
    pub(crate) fn next_batch(&mut self, now: Time) -> Option<(PersistId, Vec<Key>)> {
        if self.blocked || self.in_flight.is_some() || self.dirty.is_empty() {
            return None;
        }
        let id = PersistId(self.next_id);
        self.next_id += 1;
        let keys = std::mem::take(&mut self.dirty);
        let listed = keys.iter().cloned().collect();
        self.in_flight = Some(Batch {
            id,
            keys,
            after: std::mem::take(&mut self.after),
            since: now,
        });
        Some((id, listed))
    }

    /// What may happen now, in the order in which it was asked for.
    pub(crate) fn confirmed(&mut self, id: PersistId) -> Vec<After> {
        let Some(batch) = self.in_flight.take_if(|batch| batch.id == id) else {
            return Vec::new();
        };
        self.backoff.reset();
        batch.after
    }

    /// The keys are written again after the delay; what waited for them goes on waiting, but for ACCEPTs, which are
    /// returned: an offer cannot be held that long.
    pub(crate) fn failed(&mut self, id: PersistId) -> Option<(Vec<u64>, Duration)> {
        let batch = self.in_flight.take_if(|batch| batch.id == id)?;
        self.dirty.extend(batch.keys);
        let mut launches = Vec::new();
        let mut later = Vec::new();
        for after in batch.after {
            match after {
                After::Accept(launch) => launches.push(launch),
                other => later.push(other),
            }
        }
        later.append(&mut self.after);
        self.after = later;
        self.blocked = true;
        Some((launches, self.backoff.advance()))
    }

    /// The delay is over.
    pub(crate) fn unblock(&mut self) {
        self.blocked = false;
    }

    /// Whether writes go through in good time, as far as is known.
    pub(crate) fn is_prompt(&self, now: Time) -> bool {
        !self.blocked
            && self
                .in_flight
                .as_ref()
                .is_none_or(|batch| now - batch.since < STORE_PATIENCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_millis(0);

    #[test]
    fn what_changes_together_is_written_together() {
        let mut journal = Journal::new();
        journal.changed(Key::Task("a".into()));
        journal.changed_then(Key::Task("a".into()), After::Accept(1));
        journal.changed(Key::FrameworkId);
        let (id, keys) = journal.next_batch(NOW).unwrap();
        assert_eq!(keys, [Key::FrameworkId, Key::Task("a".into())]);
        assert!(journal.next_batch(NOW).is_none());
        assert!(matches!(journal.confirmed(id)[..], [After::Accept(1)]));
        assert!(journal.confirmed(id).is_empty(), "once");
    }

    #[test]
    fn a_failed_batch_is_written_again_with_what_came_since() {
        let mut journal = Journal::new();
        journal.changed_then(Key::Task("a".into()), After::Accept(1));
        journal.changed_then(Key::Task("b".into()), After::TornDown);
        let (id, _) = journal.next_batch(NOW).unwrap();
        let (launches, delay) = journal.failed(id).unwrap();
        assert_eq!(
            (launches.as_slice(), delay),
            ([1].as_slice(), Duration::from_secs(1))
        );
        journal.changed(Key::Task("c".into()));
        assert!(journal.next_batch(NOW).is_none(), "the store rests");
        assert!(!journal.is_prompt(NOW));
        journal.unblock();
        let (id, keys) = journal.next_batch(NOW).unwrap();
        assert_eq!(keys, ["a", "b", "c"].map(|name| Key::Task(name.into())));
        assert!(matches!(journal.confirmed(id)[..], [After::TornDown]));
    }

    #[test]
    fn the_next_batch_waits_for_the_one_before_and_keeps_the_order() {
        let mut journal = Journal::new();
        journal.changed_then(Key::Task("a".into()), After::TornDown);
        let (first, _) = journal.next_batch(NOW).unwrap();
        journal.changed_then(Key::Task("a".into()), After::Accept(2));
        assert!(journal.next_batch(NOW).is_none());
        journal.failed(first).unwrap();
        journal.unblock();
        let (second, _) = journal.next_batch(NOW).unwrap();
        assert!(matches!(
            journal.confirmed(second)[..],
            [After::TornDown, After::Accept(2)]
        ));
    }

    #[test]
    fn a_hanging_store_is_not_prompt() {
        let mut journal = Journal::new();
        journal.changed(Key::FrameworkId);
        assert!(journal.next_batch(NOW).is_some());
        assert!(journal.is_prompt(NOW));
        assert!(!journal.is_prompt(NOW + STORE_PATIENCE));
    }
}
