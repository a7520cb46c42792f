//! Which waiting agent goes into which offer.
//!
//! [`Matcher`] keeps what stands on offer and what it has seen of the cluster. Its life, pass by pass:
//! [`read`](Matcher::read) offers as they come, say what our own tasks use ([`set_used`](Matcher::set_used)),
//! [`take_in`](Matcher::take_in) what was read, [`pass`](Matcher::pass) over all that wait, use the [`Bundle`]s, and
//! [`give_back`](Matcher::give_back) what is not to be kept. Offers may also stay: a pass after one new offer or one new
//! request costs a small part of a pass over everything.

mod account;
mod cut;
mod lease;
mod pass;
mod reason;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod reference_kinds;
mod seat;
#[cfg(test)]
mod tests;

pub use lease::Lease;
pub use pass::{Ask, Peer};
use reason::Surveys;
pub use reason::{Lack, Reason};

use crate::amount::Amount;
use crate::constraints::{Constraints, Rule, Symbols};
use crate::placement::{Board, HostId, Policy};
use mesos_wire::{DomainInfo, OfferId, Resource};
use seat::Seat;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// Constraints that the matcher has compiled; of one matcher only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct RuleId(usize);

/// What our own tasks hold on an agent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holding {
    /// CPUs, memory, disk and GPUs.
    pub amount: Amount,
    /// Ports of the host.
    pub ports: Vec<u32>,
}

/// The outcome of one pass. `ask` is a position in the list that [`Matcher::pass`] was given.
#[derive(Debug, Default)]
pub struct Placement {
    /// What to accept.
    pub bundles: Vec<Bundle>,
    /// Why each ask that was not placed was not; those that are alike have the same.
    pub reasons: Vec<(usize, Arc<Reason>)>,
    /// What was held back for whom.
    pub holds: Vec<HeldBack>,
}

/// Offers of one agent to one role and the tasks they are used for: one ACCEPT.
#[derive(Debug)]
pub struct Bundle {
    /// Never empty; several only where one alone was not enough.
    pub offers: Vec<OfferId>,
    /// Whose they are.
    pub agent_id: mesos_wire::AgentId,
    /// Its host name.
    pub hostname: String,
    /// The Mesos agent's own address.
    pub url: Option<Box<mesos_wire::Url>>,
    /// What the offers had before.
    pub free: Amount,
    /// Never empty.
    pub tasks: Vec<Assigned>,
}

/// An ask with its resources, cut out of the offers.
#[derive(Debug)]
pub struct Assigned {
    /// Which ask.
    pub ask: usize,
    /// For its TaskInfo.
    pub resources: Vec<Resource>,
    /// In the order in which they were asked for.
    pub ports: Vec<u32>,
    /// What its limits count by, with the values of this host; for [`Peer::spread`].
    pub spread: BTreeMap<String, String>,
}

/// Room that nobody younger or of lower priority may use in this pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldBack {
    /// For whom.
    pub ask: usize,
    /// Where.
    pub hostname: String,
    /// How much.
    pub amount: Amount,
}

/// Hosts used this recently are near, or to be avoided.
const LATELY_MILLIS: i64 = 60 * 60 * 1000;
/// Of one group; the oldest are forgotten first.
const LATELY_MOST: usize = 256;

/// Places waiting agents.
#[derive(Debug)]
pub struct Matcher {
    roles: Vec<String>,
    /// The master's region; none if it does not say.
    home: Option<String>,
    hold_back: Duration,
    board: Board,
    /// By place on the board; none where a host is gone.
    seats: Vec<Option<Seat>>,
    by_agent: HashMap<String, Vec<HostId>>,
    /// Where our own tasks hold something.
    used: Vec<HostId>,
    /// Offers that stand, by slot.
    held: Vec<Option<Lease>>,
    slots: Vec<usize>,
    symbols: Symbols,
    rules: Vec<Option<Rule>>,
    /// By group: the hosts used lately and when, the latest last.
    lately: HashMap<String, VecDeque<(HostId, i64)>>,
    /// By ask's name: the host that is held back for it.
    holding: HashMap<String, HostId>,
    /// How many seats have a maintenance window.
    windows: usize,
    surveys: Surveys,
}

impl Matcher {
    /// For offers to this role. Packs, and holds back what an agent needs when it has waited for five minutes.
    pub fn new(role: &str) -> Self {
        Self {
            roles: vec![role.to_owned()],
            home: None,
            hold_back: Duration::from_secs(300),
            board: Board::default(),
            seats: Vec::new(),
            by_agent: HashMap::new(),
            used: Vec::new(),
            held: Vec::new(),
            slots: Vec::new(),
            symbols: Symbols::default(),
            rules: Vec::new(),
            lately: HashMap::new(),
            holding: HashMap::new(),
            windows: 0,
            surveys: Surveys::default(),
        }
    }

    /// Changes the roles. The first is taken for the role of an offer that does not name one; offers to any other than
    /// these are not used.
    pub fn set_roles<'r>(&mut self, roles: impl IntoIterator<Item = &'r str>) {
        self.roles = roles.into_iter().map(str::to_owned).collect();
        self.surveys.clear();
    }

    /// Says what a good place is.
    pub fn set_policy(&mut self, policy: Policy) {
        self.board.set_policy(policy);
    }

    /// How long an ask waits before what it needs is held back for it.
    pub fn set_hold_back(&mut self, after: Duration) {
        self.hold_back = after;
    }

    /// Learns where the master stands.
    pub fn set_home(&mut self, master: Option<&DomainInfo>) {
        let home = crate::constraints::place_of(master).map(|(region, _)| region.to_owned());
        if home != self.home {
            self.home = home;
            self.surveys.clear();
            for rule in self.rules.iter_mut().flatten() {
                rule.forget_all();
            }
        }
    }

    /// Compiles constraints, or finds those that are equal. Asks of the same `group` (a template) count against each other's
    /// limits and share the memory of hosts used lately.
    pub fn rule(&mut self, group: &str, constraints: &Constraints) -> RuleId {
        let known = self.rules.iter().position(|rule| {
            rule.as_ref()
                .is_some_and(|rule| rule.group == group && rule.constraints == *constraints)
        });
        if let Some(known) = known {
            return RuleId(known);
        }
        let rule = Rule::new(group, constraints.clone(), &mut self.symbols);
        match self.rules.iter().position(Option::is_none) {
            Some(vacant) => {
                self.rules[vacant] = Some(rule);
                RuleId(vacant)
            }
            None => {
                self.rules.push(Some(rule));
                RuleId(self.rules.len() - 1)
            }
        }
    }

    /// Forgets all constraints but these.
    pub fn keep_rules(&mut self, used: impl IntoIterator<Item = RuleId>) {
        self.surveys.clear();
        let mut keep = vec![false; self.rules.len()];
        for RuleId(rule) in used {
            if let Some(keep) = keep.get_mut(rule) {
                *keep = true;
            }
        }
        for (rule, keep) in self.rules.iter_mut().zip(keep) {
            if !keep {
                *rule = None;
            }
        }
    }

    /// Whether asks of this rule are counted against those that run, which [`pass`](Self::pass) needs to be told of then.
    pub fn counts_peers(&self, RuleId(rule): RuleId) -> bool {
        self.rules
            .get(rule)
            .and_then(Option::as_ref)
            .is_some_and(|rule| !rule.constraints.limits.is_empty())
    }

    /// The most that each agent was seen to have, offered and used by us together.
    pub fn seen_capacities(&self) -> impl Iterator<Item = Amount> {
        self.board
            .hosts()
            .zip(&self.seats)
            .filter(|(_, seat)| seat.is_some())
            .map(|(host, _)| self.board.capacity(host))
    }

    /// How many offers stand.
    pub fn standing(&self) -> usize {
        self.held.len() - self.slots.len()
    }

    /// Says what our own tasks hold, by agent id, and nothing on others. Of agents of which no offer was read yet, it is not
    /// kept.
    pub fn set_used<'u>(&mut self, used: impl IntoIterator<Item = (&'u str, &'u Holding)>) {
        for host in std::mem::take(&mut self.used) {
            if let Some(seat) = self.seat_mut(host) {
                seat.ours = Amount::ZERO;
            }
        }
        for (agent_id, holding) in used {
            for host in self.by_agent.get(agent_id).into_iter().flatten() {
                let Some(seat) = self.seats.get_mut(host.index()).and_then(Option::as_mut) else {
                    continue;
                };
                seat.ours = holding.amount;
                for port in &holding.ports {
                    seat.seen_ports.insert(*port);
                }
                self.used.push(*host);
            }
        }
    }

    /// Puts offers that were read on the board; they stand until they are used, given back or rescinded. Allocates only to
    /// grow.
    pub fn take_in(&mut self, leases: Vec<Lease>) {
        if self.standing() == 0 {
            self.slots.clear();
            for (slot, lease) in leases.iter().enumerate() {
                self.stand(lease, slot);
            }
            // in the memory that they have
            self.held = leases.into_iter().map(Some).collect();
            return;
        }
        for lease in leases {
            let slot = self.slots.pop().unwrap_or(self.held.len());
            self.stand(&lease, slot);
            match self.held.get_mut(slot) {
                Some(vacant) => *vacant = Some(lease),
                None => self.held.push(Some(lease)),
            }
        }
    }

    /// Takes an offer off that the master has withdrawn; whether it stood.
    pub fn rescind(&mut self, offer_id: &OfferId) -> bool {
        let slot = self
            .held
            .iter()
            .position(|held| held.as_ref().is_some_and(|lease| lease.id() == offer_id.value));
        let Some(lease) = slot.and_then(|slot| self.held.get_mut(slot)?.take()) else {
            return false;
        };
        self.slots.extend(slot);
        if let Some(seat) = self.seat_mut(lease.host) {
            seat.offers.retain(|other| Some(*other) != slot);
        }
        self.sum_up(lease.host);
        true
    }

    /// Takes all offers off that stand; for DECLINE.
    pub fn give_back(&mut self) -> Vec<OfferId> {
        self.surveys.clear();
        for host in self.board.hosts() {
            if self.board.stands(host) {
                self.board.withdraw(host);
                if let Some(seat) = self.seat_mut(host) {
                    seat.offers.clear();
                }
            }
        }
        self.slots.clear();
        std::mem::take(&mut self.held)
            .into_iter()
            .flatten()
            .map(|lease| OfferId {
                value: lease.id().to_owned(),
            })
            .collect()
    }

    /// The agent was removed from the cluster.
    pub fn forget(&mut self, agent_id: &str) {
        for host in self.by_agent.remove(agent_id).unwrap_or_default() {
            let Some(seat) = self.seats.get_mut(host.index()).and_then(Option::take) else {
                continue;
            };
            for slot in seat.offers {
                self.held[slot] = None;
                self.slots.push(slot);
            }
            self.windows -= usize::from(seat.window.is_some());
            self.board.remove(host);
            self.surveys.changed(host);
            for rule in self.rules.iter_mut().flatten() {
                rule.forget(host.index());
            }
            for used in self.lately.values_mut() {
                used.retain(|(other, _)| *other != host);
            }
            self.holding.retain(|_, held| *held != host);
        }
    }

    fn seat(&self, host: HostId) -> Option<&Seat> {
        self.seats.get(host.index())?.as_ref()
    }

    fn seat_mut(&mut self, host: HostId) -> Option<&mut Seat> {
        self.seats.get_mut(host.index())?.as_mut()
    }

    /// One more offer of its host, in this slot.
    fn stand(&mut self, lease: &Lease, slot: usize) {
        let host = lease.host;
        self.surveys.changed(host);
        let Some(seat) = self.seats.get_mut(host.index()).and_then(Option::as_mut) else {
            return;
        };
        if seat.window != lease.window {
            self.windows -= usize::from(seat.window.is_some());
            self.windows += usize::from(lease.window.is_some());
            seat.window = lease.window;
        }
        let before = if seat.offers.is_empty() {
            seat.ports.clear();
            seat.revocable = Amount::ZERO;
            Amount::ZERO
        } else {
            self.board.offered(host)
        };
        let offered = before.plus(lease.amount);
        seat.add(lease);
        seat.offers.push(slot);
        self.board.set(host, offered, offered.plus(seat.ours));
    }

    /// What is on offer of the host, from its offers that still stand.
    fn sum_up(&mut self, host: HostId) {
        self.surveys.changed(host);
        let Some(seat) = self.seats.get_mut(host.index()).and_then(Option::as_mut) else {
            return;
        };
        if seat.offers.is_empty() {
            self.board.withdraw(host);
            return;
        }
        let slots = std::mem::take(&mut seat.offers);
        seat.ports.clear();
        seat.revocable = Amount::ZERO;
        let mut offered = Amount::ZERO;
        for lease in slots.iter().filter_map(|slot| self.held.get(*slot)?.as_ref()) {
            offered = offered.plus(lease.amount);
            seat.add(lease);
        }
        seat.offers = slots;
        let capacity = self.board.capacity(host);
        self.board.set(host, offered, capacity);
    }
}
