//! When the master is to send offers, and when not.

use crate::backoff::Backoff;
use crate::time::Time;
use std::time::Duration;

/// Revives are not sent more often than this while something waits.
const DEBOUNCE: Duration = Duration::from_secs(5);
/// A revive may be overtaken by an older decline, or be lost; it is repeated, and now and then even while offers come.
const CAP: Duration = Duration::from_secs(60);

/// What to tell the master.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    Suppress,
    Revive,
}

/// What the master has been told. Lives as long as a stream.
#[derive(Debug)]
pub(crate) struct Demand {
    suppressed: bool,
    revived: Option<Time>,
    due: Option<Time>,
    repeat: Backoff,
}

impl Demand {
    /// After SUBSCRIBE, which said whether offers are wanted.
    pub(crate) fn new(suppressed: bool, now: Time) -> Self {
        Self {
            suppressed,
            revived: None,
            // Filters of the stream before may still hold offers back.
            due: Some(now),
            repeat: Backoff::new(DEBOUNCE, CAP),
        }
    }

    pub(crate) fn is_suppressed(&self) -> bool {
        self.suppressed
    }

    /// One more agent waits.
    pub(crate) fn grew(&mut self, now: Time) {
        let earliest = self.revived.map_or(now, |revived| revived + DEBOUNCE);
        self.due = Some(self.due.map_or(earliest, |due| due.min(earliest)));
        self.repeat.reset();
    }

    /// The master sends offers.
    pub(crate) fn served(&mut self, now: Time) {
        // Without a revive, what is due is a suppress that was lost; offers must not put it off.
        if self.due.is_none_or(|due| due > now) && !self.suppressed && self.revived.is_some() {
            self.due = Some(now + CAP);
        }
    }

    /// A call did not go through: what the master believes is not known.
    pub(crate) fn failed(&mut self, now: Time, waiting: bool) {
        self.suppressed = false;
        self.due = Some(now + DEBOUNCE);
        if !waiting {
            // Said again by the next step after the delay, not at once: the road may be down.
            self.revived = None;
        }
    }

    /// When [`step`](Self::step) may have something to say.
    pub(crate) fn due(&self) -> Option<Time> {
        self.due
    }

    /// What to tell the master now.
    pub(crate) fn step(&mut self, waiting: bool, now: Time) -> Option<Wish> {
        let due = self.due.is_some_and(|due| due <= now);
        if !waiting {
            if self.suppressed {
                // Nothing is to be said until something waits: a due time left here would wake us over and over.
                self.due = None;
                return None;
            }
            let held_back = self.due.is_some() && !due && self.revived.is_none();
            if held_back {
                return None;
            }
            self.suppressed = true;
            self.due = None;
            self.repeat.reset();
            return Some(Wish::Suppress);
        }
        if !self.suppressed && !due {
            return None;
        }
        self.suppressed = false;
        self.revived = Some(now);
        self.due = Some(now + self.repeat.advance());
        Some(Wish::Revive)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Time {
        Time::from_millis(seconds * 1000)
    }

    #[test]
    fn the_first_request_after_idling_revives_at_once() {
        let mut demand = Demand::new(true, at(0));
        assert_eq!(demand.step(false, at(0)), None);
        demand.grew(at(1));
        assert_eq!(demand.step(true, at(1)), Some(Wish::Revive));
        assert_eq!(demand.step(false, at(2)), Some(Wish::Suppress));
        assert_eq!(demand.step(false, at(2)), None);
        demand.grew(at(3));
        assert_eq!(demand.step(true, at(3)), Some(Wish::Revive));
    }

    #[test]
    fn nothing_is_due_while_suppressed() {
        let mut demand = Demand::new(true, at(0));
        assert_eq!(demand.step(false, at(0)), None);
        assert_eq!(demand.due(), None);
    }

    #[test]
    fn further_requests_share_a_revive_five_seconds_later() {
        let mut demand = Demand::new(true, at(0));
        demand.grew(at(0));
        assert_eq!(demand.step(true, at(0)), Some(Wish::Revive));
        demand.served(at(1));
        demand.grew(at(2));
        demand.grew(at(3));
        assert_eq!(demand.step(true, at(3)), None);
        assert_eq!(demand.due(), Some(at(5)));
        assert_eq!(demand.step(true, at(5)), Some(Wish::Revive));
    }

    #[test]
    fn revives_are_repeated_less_and_less_until_offers_come() {
        let mut demand = Demand::new(false, at(0));
        let mut times = Vec::new();
        for now in 0..200 {
            if demand.step(true, at(now)) == Some(Wish::Revive) {
                times.push(now);
            }
        }
        assert_eq!(times, [0, 5, 15, 35, 75, 135, 195]);
        demand.served(at(200));
        assert_eq!(demand.due(), Some(at(260)));
    }

    #[test]
    fn a_lost_suppress_is_said_again_after_a_while() {
        let mut demand = Demand::new(false, at(0));
        assert_eq!(demand.step(false, at(0)), Some(Wish::Suppress));
        demand.failed(at(1), false);
        assert_eq!(demand.step(false, at(1)), None);
        demand.served(at(5));
        assert_eq!(demand.step(false, at(6)), Some(Wish::Suppress));
    }
}
