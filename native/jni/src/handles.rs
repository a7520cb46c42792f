//! What Java holds in place of a pointer: an index with a generation, so that a stale one is an error and never a crash.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The highest generation: one bit is left free so that a handle is always positive.
const LAST_GENERATION: u32 = i32::MAX as u32;

/// The handle names nothing that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cloud handle {0} is closed; open the cloud again")]
pub(crate) struct Stale(pub(crate) i64);

/// A table of open things. Its lock is held for a look-up only, never while one of them works or waits.
#[derive(Debug)]
pub(crate) struct Handles<T> {
    table: Mutex<Table<T>>,
}

#[derive(Debug)]
struct Table<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
}

#[derive(Debug)]
struct Slot<T> {
    generation: u32,
    value: Option<Arc<T>>,
}

impl<T> Handles<T> {
    pub(crate) const fn new() -> Self {
        Self {
            table: Mutex::new(Table {
                slots: Vec::new(),
                free: Vec::new(),
            }),
        }
    }

    /// Takes `value` in and names it. The name is positive and is not given again in the life of the library.
    pub(crate) fn insert(&self, value: T) -> i64 {
        let mut table = self.lock();
        let value = Some(Arc::new(value));
        let index = match table.free.pop() {
            Some(index) => {
                table.slots[index as usize].value = value;
                index
            }
            None => {
                table.slots.push(Slot { generation: 1, value });
                (table.slots.len() - 1) as u32
            }
        };
        pack(index, table.slots[index as usize].generation)
    }

    /// The open thing behind `handle`.
    pub(crate) fn get(&self, handle: i64) -> Result<Arc<T>, Stale> {
        let table = self.lock();
        let (index, generation) = unpack(handle).ok_or(Stale(handle))?;
        let slot = table
            .slots
            .get(index)
            .filter(|slot| slot.generation == generation);
        slot.and_then(|slot| slot.value.clone()).ok_or(Stale(handle))
    }

    /// Takes the thing out; from here on `handle` is stale. Calls that hold it already finish with it.
    pub(crate) fn remove(&self, handle: i64) -> Result<Arc<T>, Stale> {
        let mut table = self.lock();
        let (index, generation) = unpack(handle).ok_or(Stale(handle))?;
        let slot = table
            .slots
            .get_mut(index)
            .filter(|slot| slot.generation == generation)
            .ok_or(Stale(handle))?;
        let value = slot.value.take().ok_or(Stale(handle))?;
        // A slot whose generations are used up is left out of use rather than wrapped around.
        if slot.generation < LAST_GENERATION {
            slot.generation += 1;
            table.free.push(index as u32);
        }
        Ok(value)
    }

    fn lock(&self) -> MutexGuard<'_, Table<T>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn pack(index: u32, generation: u32) -> i64 {
    (i64::from(generation) << 32) | i64::from(index)
}

fn unpack(handle: i64) -> Option<(usize, u32)> {
    let generation = u32::try_from(handle >> 32)
        .ok()
        .filter(|generation| *generation > 0)?;
    Some(((handle & i64::from(u32::MAX)) as usize, generation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_handle_finds_its_thing_and_only_its_own() {
        let handles = Handles::new();
        let first = handles.insert("first");
        let second = handles.insert("second");
        assert_ne!(first, second);
        assert_eq!(*handles.get(first).unwrap(), "first");
        assert_eq!(*handles.get(second).unwrap(), "second");
    }

    #[test]
    fn a_closed_handle_stays_stale_even_when_its_slot_is_used_again() {
        let handles = Handles::new();
        let old = handles.insert(1);
        assert_eq!(*handles.remove(old).unwrap(), 1);
        assert_eq!(handles.get(old), Err(Stale(old)));
        assert_eq!(handles.remove(old), Err(Stale(old)));

        let new = handles.insert(2);
        assert_eq!(new & 0xffff_ffff, old & 0xffff_ffff, "the slot is used again");
        assert_eq!(handles.get(old), Err(Stale(old)));
        assert_eq!(*handles.get(new).unwrap(), 2);
    }

    #[test]
    fn numbers_that_were_never_handed_out_are_stale() {
        let handles = Handles::new();
        let good = handles.insert(());
        for wrong in [0, -1, 1, i64::MIN, i64::MAX, good + 1, good - 1, good | (1 << 62)] {
            assert_eq!(handles.get(wrong), Err(Stale(wrong)));
        }
    }

    #[test]
    fn a_thing_taken_out_lives_on_for_the_call_that_holds_it() {
        let handles = Handles::new();
        let handle = handles.insert(String::from("busy"));
        let held = handles.get(handle).unwrap();
        handles.remove(handle).unwrap();
        assert_eq!(*held, "busy");
    }

    #[test]
    fn a_slot_whose_generations_are_used_up_is_not_used_again() {
        let handles = Handles::new();
        let first = handles.insert(());
        handles.lock().slots[0].generation = LAST_GENERATION;
        let last = pack(0, LAST_GENERATION);
        assert!(last > 0);
        handles.remove(last).unwrap();
        let next = handles.insert(());
        assert_eq!(unpack(next), Some((1, 1)));
        assert_eq!(handles.get(first), Err(Stale(first)));
    }
}
