//! Timers as data: a name for each thing that happens by itself, and when.

use crate::time::Time;

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Timer {
    /// Try to subscribe again.
    Connect,
    /// SUBSCRIBED should have come.
    Handshake,
    /// Too many heartbeats were missed.
    Heartbeat,
    /// Ask again for tasks whose state the master has not told.
    Explicit,
    /// Ask for all tasks, ours and those that the master knows.
    Everything,
    /// Some task's kill, launch timeout or row is due.
    Tasks,
    /// Some launch waits too long for the store.
    Launches,
    /// Revive.
    Demand,
    /// Send declines again that did not go through.
    Declines,
    /// Write again what the store did not take.
    Store,
    /// Some waiting agent's reason may be told again.
    Reasons,
    /// Leave the master, where nothing is to do.
    Rest,
}

const TIMERS: [Timer; 12] = [
    Timer::Connect,
    Timer::Handshake,
    Timer::Heartbeat,
    Timer::Explicit,
    Timer::Everything,
    Timer::Tasks,
    Timer::Launches,
    Timer::Demand,
    Timer::Declines,
    Timer::Store,
    Timer::Reasons,
    Timer::Rest,
];

/// When each timer is due.
#[derive(Debug, Default)]
pub(crate) struct Timers([Option<Time>; TIMERS.len()]);

impl Timers {
    pub(crate) fn set(&mut self, timer: Timer, at: Time) {
        self.0[timer as usize] = Some(at);
    }

    /// Sets it unless it is due earlier.
    pub(crate) fn at_latest(&mut self, timer: Timer, at: Time) {
        let slot = &mut self.0[timer as usize];
        *slot = Some(slot.map_or(at, |old| old.min(at)));
    }

    pub(crate) fn clear(&mut self, timer: Timer) {
        self.0[timer as usize] = None;
    }

    /// The earliest.
    pub(crate) fn next(&self) -> Option<Time> {
        self.0.iter().flatten().min().copied()
    }

    /// Takes this one if it is due.
    pub(crate) fn take(&mut self, timer: Timer, now: Time) -> bool {
        let due = self.0[timer as usize].is_some_and(|at| at <= now);
        if due {
            self.clear(timer);
        }
        due
    }

    /// Takes one that is due.
    pub(crate) fn expired(&mut self, now: Time) -> Option<Timer> {
        let due = TIMERS
            .into_iter()
            .find(|timer| self.0[*timer as usize].is_some_and(|at| at <= now))?;
        self.clear(due);
        Some(due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_lists_every_timer_at_its_place() {
        for (index, timer) in TIMERS.into_iter().enumerate() {
            assert_eq!(timer as usize, index);
        }
    }

    #[test]
    fn a_timer_goes_off_once_when_it_is_due() {
        let mut timers = Timers::default();
        timers.set(Timer::Demand, Time::from_millis(20));
        timers.at_latest(Timer::Demand, Time::from_millis(30));
        timers.at_latest(Timer::Store, Time::from_millis(10));
        assert_eq!(timers.next(), Some(Time::from_millis(10)));
        assert_eq!(timers.expired(Time::from_millis(9)), None);
        assert_eq!(timers.expired(Time::from_millis(20)), Some(Timer::Demand));
        assert_eq!(timers.expired(Time::from_millis(20)), Some(Timer::Store));
        assert_eq!(timers.expired(Time::from_millis(99)), None);
    }
}
