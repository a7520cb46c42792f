//! How often the thread wakes up under load.
//!
//! Most of what an event costs is the way to it: the kernel wakes the thread, the thread looks what there is, does
//! something short and sleeps again. So beyond a certain rate it sleeps a little longer first, and finds everything that has
//! come meanwhile at once: events go through the core together, into one transaction, and their acknowledgements out in one
//! piece.

use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// What one wake-up pays, and so the time between two of them under lasting load.
const INTERVAL: Duration = Duration::from_millis(5);
/// Savings of this length are kept: a dialogue of so many wake-ups is never held up.
const SAVINGS: Duration = Duration::from_millis(5 * 32);

/// For one thread.
#[derive(Debug)]
pub(crate) struct Pace {
    /// Up to when wake-ups are paid for; in the past, if there are savings.
    paid: Mutex<Instant>,
}

impl Pace {
    /// Begins with savings: the way to the first master is not held up.
    pub(crate) fn new() -> Self {
        let now = Instant::now();
        Self {
            paid: Mutex::new(now.checked_sub(SAVINGS).unwrap_or(now)),
        }
    }

    /// To be called before the thread waits for something to do: holds it up for at most [`INTERVAL`].
    pub(crate) fn rest(&self) {
        let pause = self.pay(Instant::now());
        if !pause.is_zero() {
            thread::sleep(pause);
        }
    }

    /// How long to rest after the wake-up that was.
    fn pay(&self, now: Instant) -> Duration {
        let mut paid = self.paid.lock().unwrap_or_else(PoisonError::into_inner);
        let saved = now.checked_sub(SAVINGS).map_or(*paid, |least| least.max(*paid));
        *paid = saved + INTERVAL;
        paid.saturating_duration_since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dialogue_is_not_held_up() {
        let pace = Pace::new();
        // The first, and the next after a while.
        let begin = *pace.paid.lock().unwrap() + SAVINGS;
        for begin in [begin, begin + Duration::from_secs(1)] {
            for turn in 0..32 {
                assert_eq!(pace.pay(begin), Duration::ZERO, "turn {turn}");
            }
            assert_eq!(pace.pay(begin), INTERVAL);
        }
    }

    #[test]
    fn lasting_load_gets_one_turn_in_each_interval() {
        let pace = Pace::new();
        let (begin, mut turns) = (Instant::now() + Duration::from_secs(1), 0);
        let mut now = begin;
        while now < begin + Duration::from_secs(10) {
            turns += 1;
            // Something is always there when the thread looks.
            now += pace.pay(now) + Duration::from_micros(100);
        }
        assert!((1990..2040).contains(&turns), "{turns}");
    }

    #[test]
    fn what_comes_more_seldom_is_never_held_up() {
        let pace = Pace::new();
        let mut now = Instant::now() + Duration::from_secs(1);
        for _ in 0..1000 {
            now += INTERVAL;
            assert_eq!(pace.pay(now), Duration::ZERO);
        }
    }
}
