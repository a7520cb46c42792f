//! What the arithmetic of placement cannot know: constraints, ports, limits.

use super::lease::Lease;
use super::pass::{Ask, Class};
use super::seat::Seat;
use crate::amount::Amount;
use crate::constraints::{Rule, State};
use crate::placement::{HostId, Rules};
use crate::resources::{Need, Pool, PortsLeft, holds_ports};
use mesos_wire::{Offer, OfferView};
use std::collections::HashMap;

/// The rules of one pass, and what special asks have taken so far.
pub(super) struct Account<'a> {
    /// In the order of the wants.
    pub(super) asks: Vec<&'a Ask<'a>>,
    /// In the same order.
    pub(super) class_of: Vec<u32>,
    pub(super) classes: &'a [Class],
    pub(super) rules: &'a [Option<Rule>],
    pub(super) seats: &'a [Option<Seat>],
    pub(super) held: &'a [Option<Lease>],
    pub(super) symbols: &'a crate::constraints::Symbols,
    /// Whether any host has a maintenance window.
    pub(super) windows: bool,
    pub(super) now: i64,
    /// How many there were before the pass: by group, what is counted by, and its value.
    pub(super) before: HashMap<(String, String, String), u32>,
    /// The same of this pass.
    pub(super) counts: HashMap<(String, String, String), u32>,
    /// Where some want needs more than amounts and ports.
    pub(super) pools: HashMap<HostId, Pool>,
    /// Where none does: it takes less to make, and to look at.
    pub(super) ports: HashMap<HostId, PortsLeft>,
    /// Whether `ports` are enough for this pass, and no pools are made.
    pub(super) ports_only: bool,
    /// By class: hosts that have not, or no longer, what it needs beside amounts.
    pub(super) dead: Vec<Vec<bool>>,
    /// The special wants that have a place, in the order in which they got it.
    pub(super) sequence: Vec<usize>,
}

impl Account<'_> {
    fn rule(&self, class: u32) -> Option<&Rule> {
        let class = self.classes.get(class as usize)?;
        self.rules.get(class.rule)?.as_ref()
    }

    pub(super) fn is_special(&self, class: u32) -> bool {
        self.classes
            .get(class as usize)
            .is_some_and(|class| class.special)
    }

    fn seat(&self, host: HostId) -> Option<&Seat> {
        self.seats.get(host.index())?.as_ref()
    }

    /// What is counted on a host for each limit of a class.
    fn limits(&self, class: u32, host: HostId) -> Vec<((String, String, String), u32)> {
        let (Some(rule), Some(seat)) = (self.rule(class), self.seat(host)) else {
            return Vec::new();
        };
        rule.constraints
            .limits
            .iter()
            .map(|limit| {
                let value = seat
                    .profile
                    .common(&limit.subject, self.symbols)
                    .unwrap_or_default();
                ((rule.group.clone(), limit.subject.to_string(), value), limit.most)
            })
            .collect()
    }

    /// Whether one more of the class may be on the host.
    pub(super) fn within_limits(&self, class: u32, host: HostId) -> bool {
        let unlimited = self
            .rule(class)
            .is_none_or(|rule| rule.constraints.limits.is_empty());
        unlimited
            || self.limits(class, host).iter().all(|(key, most)| {
                let before = self.before.get(key).copied().unwrap_or(0);
                let now = self.counts.get(key).copied().unwrap_or(0);
                before + now < *most
            })
    }

    /// What a special want would take of the host's amounts; `None`: something else that it needs is not there any more.
    fn plain_part(&mut self, host: HostId, need: &Need<'_>) -> Option<Amount> {
        if !self.ports_only {
            return self.pool(host)?.plain_part(need);
        }
        // Of a host from which nothing was taken, the seat's ports were looked at before.
        let hold = need.ports.is_empty() || self.ports.get(&host).is_none_or(|left| left.hold(need.ports));
        hold.then_some(need.amount)
    }

    fn ports_left(&mut self, host: HostId) -> Option<&mut PortsLeft> {
        let (seats, held) = (self.seats, self.held);
        let seat = seats.get(host.index())?.as_ref()?;
        Some(self.ports.entry(host).or_insert_with(|| {
            let views = seat
                .offers
                .iter()
                .filter_map(|slot| OfferView::new(&held.get(*slot)?.as_ref()?.bytes).ok());
            PortsLeft::new(views.flat_map(|view| view.resources().flatten()), &seat.role)
        }))
    }

    fn pool(&mut self, host: HostId) -> Option<&mut Pool> {
        let (seats, held) = (self.seats, self.held);
        let seat = seats.get(host.index())?.as_ref()?;
        Some(self.pools.entry(host).or_insert_with(|| pool_of(seat, held)))
    }
}

/// All that stands of a seat.
pub(super) fn pool_of(seat: &Seat, held: &[Option<Lease>]) -> Pool {
    let offers = offers_of(seat, held);
    Pool::new(offers.into_iter().map(|offer| offer.resources), &seat.role)
}

/// The offers that stand of a seat, in the order of its slots.
pub(super) fn offers_of(seat: &Seat, held: &[Option<Lease>]) -> Vec<Offer> {
    seat.offers
        .iter()
        .map(|slot| held.get(*slot).and_then(Option::as_ref))
        .map(|lease| lease.map(Lease::offer).unwrap_or_default())
        .collect()
}

impl Rules for Account<'_> {
    #[inline]
    fn allowed(&self, class: u32, host: HostId) -> bool {
        let Some(class) = self.classes.get(class as usize) else {
            return false;
        };
        let good = self
            .rules
            .get(class.rule)
            .and_then(Option::as_ref)
            .is_some_and(|rule| rule.state(host.index()) == State::Good);
        good && !(self.windows
            && self
                .seat(host)
                .is_some_and(|seat| seat.is_away(self.now, class.until)))
    }

    fn shunned(&self, class: u32, host: HostId) -> bool {
        self.classes
            .get(class as usize)
            .is_some_and(|class| class.shunned.contains(&host))
    }

    fn shuns(&self, class: u32) -> bool {
        self.classes
            .get(class as usize)
            .is_some_and(|class| !class.shunned.is_empty())
    }

    fn favourites(&self, class: u32) -> &[HostId] {
        self.classes
            .get(class as usize)
            .map(|class| class.favourites.as_slice())
            .unwrap_or_default()
    }

    fn fits(&mut self, want: usize, host: HostId, free: Amount) -> bool {
        let (Some(ask), Some(class)) = (self.asks.get(want), self.class_of.get(want).copied()) else {
            return false;
        };
        let need = ask.need();
        let index = host.index();
        let is_dead = |dead: &Vec<bool>| dead.get(index).copied().unwrap_or(false);
        if self.dead.get(class as usize).is_some_and(is_dead) {
            return false;
        }
        let ports = need.ports.is_empty()
            || self
                .seat(host)
                .is_some_and(|seat| holds_ports(&seat.ports, need.ports));
        let plain = if ports && self.within_limits(class, host) {
            self.plain_part(host, &need)
        } else {
            None
        };
        if plain.is_none() {
            // Within a pass it only gets worse.
            if self.dead.len() <= class as usize {
                self.dead.resize(class as usize + 1, Vec::new());
            }
            let dead = &mut self.dead[class as usize];
            if dead.len() <= index {
                dead.resize(index + 1, false);
            }
            dead[index] = true;
        }
        plain.is_some_and(|plain| {
            // Of offers to a role that is not ours the seat has nothing, whatever their bytes say.
            let spare = || self.seat(host).map(|seat| seat.revocable).unwrap_or_default();
            free.holds(plain) && (!need.revocable || spare().holds(need.amount.minus(plain)))
        })
    }

    fn take(&mut self, want: usize, host: HostId) -> Amount {
        let (Some(ask), Some(class)) = (self.asks.get(want), self.class_of.get(want).copied()) else {
            return Amount::ZERO;
        };
        let need = ask.need();
        for (key, _) in self.limits(class, host) {
            *self.counts.entry(key).or_default() += 1;
        }
        self.sequence.push(want);
        if self.ports_only {
            if let Some(left) = self.ports_left(host).filter(|_| !need.ports.is_empty()) {
                left.take(need.ports);
            }
            return need.amount;
        }
        self.pool(host)
            .map(|pool| pool.take_beside(&need))
            .unwrap_or_default()
    }

    fn clear(&mut self) {
        self.counts.clear();
        self.pools.clear();
        self.ports.clear();
        self.dead.clear();
        self.sequence.clear();
    }
}
