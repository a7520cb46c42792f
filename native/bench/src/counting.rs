//! An allocator that counts.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The system's allocator. It counts only while it is asked to: a shared counter would cost what is measured.
struct Counting;

static COUNTS: AtomicBool = AtomicBool::new(false);
static CALLS: AtomicU64 = AtomicU64::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn note() {
    if COUNTS.load(Ordering::Relaxed) {
        CALLS.fetch_add(1, Ordering::Relaxed);
    }
}

// SAFETY: every call goes on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note();
        // SAFETY: the caller's promise about `layout` is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note();
        // SAFETY: the caller's promise about `layout` is passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: `place` came from the system's allocator with this `layout`, as the caller promises of us.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note();
        // SAFETY: `place` came from the system's allocator with this `layout`, as the caller promises of us.
        unsafe { System.realloc(place, layout, size) }
    }
}

/// Does `work`, and tells how often it asked for memory, a larger piece for an old one included.
pub(crate) fn allocations<T>(work: impl FnOnce() -> T) -> (u64, T) {
    let before = CALLS.load(Ordering::Relaxed);
    COUNTS.store(true, Ordering::Relaxed);
    let result = work();
    COUNTS.store(false, Ordering::Relaxed);
    (CALLS.load(Ordering::Relaxed) - before, result)
}

#[cfg(test)]
mod tests {
    use super::allocations;

    #[test]
    fn what_asks_for_memory_is_counted() {
        // Other tests may run meanwhile, so that only a lower bound holds.
        let (count, made) = allocations(|| (0..100).map(|size| vec![0u8; size + 1]).collect::<Vec<_>>());
        assert!(count >= made.len() as u64, "{count}");
    }
}
