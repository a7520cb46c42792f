//! The disk: what was confirmed stays, what was not may be lost.

use crate::rng::Rng;
use mesos_core::{PersistId, Registration, Restored, TaskRecord, Write};
use std::collections::{BTreeMap, VecDeque};

/// A store that writes one batch after the other.
#[derive(Debug, Default)]
pub struct FakeStore {
    framework_id: Option<String>,
    registration: Option<Registration>,
    tasks: BTreeMap<String, TaskRecord>,
    pending: VecDeque<(PersistId, Vec<Write>)>,
}

impl FakeStore {
    /// Queues a batch.
    pub fn begin(&mut self, id: PersistId, writes: Vec<Write>) {
        self.pending.push_back((id, writes));
    }

    /// The oldest batch is on disk, or (with `works` false) was refused as a whole.
    pub fn finish(&mut self, works: bool) -> Option<PersistId> {
        let (id, writes) = self.pending.pop_front()?;
        if works {
            self.apply(writes);
        }
        Some(id)
    }

    /// The process dies: some of the queued batches, from the oldest on, had reached the disk without being confirmed.
    pub fn crash(&mut self, rng: &mut Rng) {
        let survive = rng.below(self.pending.len() as u64 + 1);
        for (_, writes) in std::mem::take(&mut self.pending)
            .into_iter()
            .take(usize::try_from(survive).unwrap_or(0))
        {
            self.apply(writes);
        }
    }

    fn apply(&mut self, writes: Vec<Write>) {
        for write in writes {
            match write {
                Write::SetFrameworkId(id) => self.framework_id = Some(id),
                Write::SetRegistration(registration) => self.registration = Some(registration),
                Write::ClearFrameworkId => (self.framework_id, self.registration) = (None, None),
                Write::PutTask(row) => {
                    self.tasks.insert(row.name.to_string(), *row);
                }
                Write::DeleteTask(name) => {
                    self.tasks.remove(&name);
                }
            }
        }
    }

    /// What a new process reads.
    ///
    /// # Errors
    /// When a row does not survive its form on disk.
    pub fn restored(&self) -> Result<Restored, serde_json::Error> {
        let tasks = self
            .tasks
            .values()
            .map(|row| serde_json::from_value(serde_json::to_value(row)?))
            .collect::<Result<Vec<TaskRecord>, _>>()?;
        Ok(Restored {
            framework_id: self.framework_id.clone(),
            registration: self.registration.clone(),
            tasks,
        })
    }

    /// The durable row of a task.
    pub fn task(&self, name: &str) -> Option<&TaskRecord> {
        self.tasks.get(name)
    }

    /// All durable rows.
    pub fn tasks(&self) -> impl Iterator<Item = &TaskRecord> {
        self.tasks.values()
    }

    /// The durable framework id.
    pub fn framework_id(&self) -> Option<&str> {
        self.framework_id.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_confirmed_survives_a_crash_and_a_refused_batch_leaves_nothing() {
        let mut store = FakeStore::default();
        store.begin(PersistId(1), vec![Write::SetFrameworkId("a".into())]);
        store.begin(PersistId(2), vec![Write::SetFrameworkId("b".into())]);
        assert_eq!(store.finish(true), Some(PersistId(1)));
        assert_eq!(store.finish(false), Some(PersistId(2)));
        store.crash(&mut Rng::new(1));
        assert_eq!(store.framework_id(), Some("a"));
        assert_eq!(store.finish(true), None);
    }

    #[test]
    fn what_was_not_confirmed_is_sometimes_there_after_a_crash_and_sometimes_not() {
        let after = |seed| {
            let mut store = FakeStore::default();
            store.begin(PersistId(1), vec![Write::SetFrameworkId("a".into())]);
            store.crash(&mut Rng::new(seed));
            store.framework_id().is_some()
        };
        let kept = (0..40).filter(|seed| after(*seed)).count();
        assert!((5..=35).contains(&kept), "{kept}");
    }
}
