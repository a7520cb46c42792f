//! Delays between tries.

use std::time::Duration;

/// A small generator for jitter (splitmix64). Its numbers guard against herds, not against people.
#[derive(Debug, Clone)]
pub(crate) struct Jitter(u64);

impl Jitter {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Evenly from zero to `most`.
    pub(crate) fn up_to(&mut self, most: Duration) -> Duration {
        let millis = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(self.next() % millis.saturating_add(1).max(1))
    }

    /// From half of `delay` to all of it.
    pub(crate) fn spread(&mut self, delay: Duration) -> Duration {
        delay / 2 + self.up_to(delay / 2)
    }
}

/// Delays that double up to a cap.
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    first: Duration,
    cap: Duration,
    next: Duration,
}

impl Backoff {
    pub(crate) fn new(first: Duration, cap: Duration) -> Self {
        Self {
            first,
            cap,
            next: first,
        }
    }

    /// The next delay, without jitter.
    pub(crate) fn advance(&mut self) -> Duration {
        let delay = self.next;
        self.next = (delay * 2).min(self.cap);
        delay
    }

    pub(crate) fn reset(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_cap_and_start_again() {
        let mut backoff = Backoff::new(Duration::from_secs(5), Duration::from_secs(15));
        let delays: Vec<u64> = (0..4).map(|_| backoff.advance().as_secs()).collect();
        assert_eq!(delays, [5, 10, 15, 15]);
        backoff.reset();
        assert_eq!(backoff.advance().as_secs(), 5);
    }

    #[test]
    fn jitter_keeps_at_least_half_and_differs_by_seed() {
        let delay = Duration::from_secs(10);
        let draw = |seed| {
            let mut jitter = Jitter::new(seed);
            (0..100).map(|_| jitter.spread(delay)).collect::<Vec<_>>()
        };
        assert!(draw(1).iter().all(|d| (delay / 2..=delay).contains(d)));
        assert_ne!(draw(1), draw(2));
        assert_eq!(Jitter::new(3).up_to(Duration::ZERO), Duration::ZERO);
    }
}
