//! The same with an allocator that counts, which costs time.

use std::process::ExitCode;

/// Does `work`, and tells how often this thread asked for memory, a larger piece for an old one included.
fn count(work: &mut dyn FnMut()) -> u64 {
    allocation_counter::measure(work).count_total
}

fn main() -> ExitCode {
    mesos_bench::main(Some(count))
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn what_asks_for_memory_is_counted() {
        let mut made = Vec::new();
        let counted = count(&mut || made = (1..=100).map(|size| vec![0u8; size]).collect::<Vec<_>>());
        assert_eq!((counted, made.len()), (101, 100));
        assert_eq!(count(&mut || made.clear()), 0);
    }

    #[test]
    fn in_the_steady_state_nothing_is_allocated_for_an_offer() {
        let (few, many) = mesos_bench::allocations_of_passes(2_000, 4_000, count);
        assert!(many < few + 20, "{few} for 2,000 offers, {many} for 4,000");
    }
}
