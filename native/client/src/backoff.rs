//! Growing delays between attempts, with jitter so that many clients do not come back at one moment.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// Doubles from `first` to `cap`; each delay is drawn from the upper half of its step.
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    first: Duration,
    cap: Duration,
    next: Duration,
}

impl Backoff {
    pub(crate) fn new(first: Duration, cap: Duration) -> Self {
        Backoff {
            first,
            cap,
            next: first,
        }
    }

    /// How long to wait now; the next one will be longer.
    pub(crate) fn delay(&mut self) -> Duration {
        let step = self.next;
        self.next = (step * 2).min(self.cap);
        // The standard library's only source of randomness; it is seeded by the system.
        let random = RandomState::new().build_hasher().finish();
        let share = 0.5 + 0.5 * (random as f64 / u64::MAX as f64);
        step.mul_f64(share)
    }

    /// Begins with the first delay again.
    pub(crate) fn reset(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_cap_and_begin_again_after_a_reset() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_millis(350));
        for step in [100, 200, 350, 350] {
            let step = Duration::from_millis(step);
            let delay = backoff.delay();
            assert!(delay >= step / 2 && delay <= step, "{delay:?} for {step:?}");
        }
        backoff.reset();
        assert!(backoff.delay() <= Duration::from_millis(100));
    }

    #[test]
    fn two_clients_do_not_wait_equally_long() {
        let delays: std::collections::BTreeSet<_> = (0..20)
            .map(|_| Backoff::new(Duration::from_secs(1), Duration::from_secs(1)).delay())
            .collect();
        assert!(delays.len() > 10, "{delays:?}");
    }
}
