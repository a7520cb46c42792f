//! One pass over all that wait and all that stands.

use super::account::Account;
use super::cut::{Seated, bundle};
use super::reason::Explainer;
use super::{HeldBack, LATELY_MILLIS, LATELY_MOST, Matcher, Placement, RuleId};
use crate::amount::Amount;
use crate::constraints::Nearness;
use crate::placement::{HostId, Want};
use crate::resources::{Need, Other};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// What a waiting agent needs.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Different for each ask.
    pub name: &'a str,
    /// CPUs, memory, disk and GPUs in all.
    pub amount: Amount,
    /// Ports of the host, 1 to 65535; `None`: any.
    pub ports: &'a [Option<u32>],
    /// Resources of other names.
    pub others: &'a [Other],
    /// Whether resources will do that the master may take back at any time.
    pub revocable: bool,
    /// Which hosts will do; see [`Matcher::rule`].
    pub rule: RuleId,
    /// Higher ones first.
    pub priority: i32,
    /// How long it has waited.
    pub waited: Duration,
    /// When the agent is expected to end, in Unix milliseconds: maintenance must not begin before.
    pub until: i64,
}

/// A task that is there already, of a group whose rules have limits.
#[derive(Debug, Clone, Copy)]
pub struct Peer<'a> {
    /// As in [`Matcher::rule`].
    pub group: &'a str,
    /// Where it runs.
    pub hostname: &'a str,
    /// As its [`Assigned::spread`](super::Assigned::spread) said.
    pub spread: &'a BTreeMap<String, String>,
}

/// Asks that may go to the same hosts and need the same but for the amounts.
#[derive(Debug)]
pub(super) struct Class {
    pub(super) rule: usize,
    pub(super) until: i64,
    pub(super) special: bool,
    pub(super) favourites: Vec<HostId>,
    pub(super) shunned: HashSet<HostId>,
}

impl<'a> Ask<'a> {
    /// An ask for amounts only, that anything else does not matter to.
    pub fn new(name: &'a str, amount: Amount, rule: RuleId) -> Self {
        Self {
            name,
            amount,
            ports: &[],
            others: &[],
            revocable: false,
            rule,
            priority: 0,
            waited: Duration::ZERO,
            until: 0,
        }
    }

    pub(super) fn need(&self) -> Need<'a> {
        Need {
            amount: self.amount,
            ports: self.ports,
            others: self.others,
            revocable: self.revocable,
        }
    }
}

/// Asks by class.
pub(super) struct Classes {
    pub(super) classes: Vec<Class>,
    /// By ask.
    pub(super) class_of: Vec<u32>,
}

impl Matcher {
    /// Places asks, which are given oldest first, on what stands. What is used of the offers stands no longer. Same input,
    /// same answer. `peers` are the tasks of groups for which [`counts_peers`](Self::counts_peers).
    pub fn pass(&mut self, asks: &[Ask<'_>], unix_millis: i64, peers: &[Peer<'_>]) -> Placement {
        let Classes { classes, class_of } = self.classes(asks, unix_millis);
        self.look(&classes);
        let mut order: Vec<usize> = (0..asks.len()).collect();
        order.sort_by_key(|index| (-i64::from(asks[*index].priority), *index));
        let wants: Vec<Want> = order
            .iter()
            .map(|index| self.want(&asks[*index], class_of[*index], &classes))
            .collect();

        let mut account = Account {
            asks: order.iter().map(|index| &asks[*index]).collect(),
            class_of: order.iter().map(|index| class_of[*index]).collect(),
            classes: &classes,
            rules: &self.rules,
            seats: &self.seats,
            held: &self.held,
            symbols: &self.symbols,
            windows: self.windows > 0,
            now: unix_millis,
            before: counted(peers),
            counts: HashMap::new(),
            pools: HashMap::new(),
            ports: HashMap::new(),
            ports_only: asks.iter().all(|ask| ask.others.is_empty() && !ask.revocable),
            dead: Vec::new(),
            sequence: Vec::new(),
        };
        let (placed, holds) = self.board.place(&wants, &mut account);
        let mut seated = seated(&placed, &account.sequence);
        for one in &mut seated {
            one.ask = order[one.ask];
        }

        let mut placement = Placement::default();
        if placed.contains(&None) {
            let home = self.home.as_deref();
            let mut explainer = Explainer::new(&account, &self.board, home, &mut self.surveys);
            for (want, _) in placed.iter().enumerate().filter(|(_, host)| host.is_none()) {
                placement.reasons.push((order[want], explainer.explain(want)));
            }
            placement.reasons.sort_by_key(|(index, _)| *index);
        }
        self.holding.clear();
        for hold in holds {
            let index = order[hold.want];
            self.holding.insert(asks[index].name.to_owned(), hold.host);
            if placed[hold.want].is_none() {
                placement.holds.push(HeldBack {
                    ask: index,
                    hostname: self.hostname(hold.host),
                    amount: hold.amount,
                });
            }
            self.sum_up(hold.host);
        }
        for group in seated.chunk_by(|a, b| a.host == b.host) {
            self.use_host(group, asks, unix_millis, &mut placement);
        }
        placement
    }

    /// Cuts what goes to one host out of its offers.
    fn use_host(&mut self, group: &[Seated], asks: &[Ask<'_>], unix_millis: i64, placement: &mut Placement) {
        let Some(host) = group.first().map(|one| one.host) else {
            return;
        };
        let Some(seat) = self.seats.get_mut(host.index()).and_then(Option::as_mut) else {
            return;
        };
        let cut = bundle(seat, group, asks, &self.rules, &self.symbols, &mut self.held);
        let refused = cut.refused.into_iter();
        placement
            .reasons
            .extend(refused.map(|(ask, reason)| (ask, Arc::new(reason))));
        self.slots.extend(cut.slots);
        for one in cut.bundle.iter().flat_map(|bundle| &bundle.tasks) {
            let ask = &asks[one.ask];
            let rule = self.rules.get(ask.rule.0).and_then(Option::as_ref);
            if let Some(rule) = rule.filter(|rule| rule.constraints.nearness != Nearness::Any) {
                let used = self.lately.entry(rule.group.clone()).or_default();
                used.retain(|(other, _)| *other != host);
                used.push_back((host, unix_millis));
                if used.len() > LATELY_MOST {
                    used.pop_front();
                }
            }
        }
        placement.bundles.extend(cut.bundle);
        self.sum_up(host);
    }

    fn hostname(&self, host: HostId) -> String {
        self.seat(host)
            .map(|seat| seat.profile.hostname.clone())
            .unwrap_or_default()
    }

    pub(super) fn classes<'a>(&mut self, asks: &[Ask<'a>], now: i64) -> Classes {
        let mut classes: Vec<Class> = Vec::new();
        let mut numbers: HashMap<(usize, i64, Need<'a>), u32> = HashMap::new();
        let mut class_of = Vec::with_capacity(asks.len());
        let mut last: Option<((usize, i64, Need<'a>), u32)> = None;
        for ask in asks {
            let need = Need {
                amount: Amount::ZERO,
                ..ask.need()
            };
            // An end is of interest only where maintenance is planned.
            let until = if self.windows > 0 { ask.until } else { 0 };
            let key = (ask.rule.0, until, need);
            let number = match last {
                Some((same, number)) if same == key => number,
                _ => *numbers.entry(key).or_insert_with(|| {
                    classes.push(self.class(ask, until, now));
                    u32::try_from(classes.len() - 1).unwrap_or(u32::MAX)
                }),
            };
            last = Some((key, number));
            class_of.push(number);
        }
        Classes { classes, class_of }
    }

    fn class(&self, ask: &Ask<'_>, until: i64, now: i64) -> Class {
        let rule = self.rules.get(ask.rule.0).and_then(Option::as_ref);
        let nearness = rule.map_or(Nearness::Any, |rule| rule.constraints.nearness);
        let limited = rule.is_some_and(|rule| !rule.constraints.limits.is_empty());
        let lately = rule
            .filter(|_| nearness != Nearness::Any)
            .and_then(|rule| self.lately.get(&rule.group))
            .into_iter()
            .flatten()
            .filter(|(_, at)| now.saturating_sub(*at) < LATELY_MILLIS)
            .map(|(host, _)| *host);
        let (mut favourites, mut shunned) = (Vec::new(), HashSet::new());
        match nearness {
            Nearness::Near => favourites.extend(lately),
            Nearness::Avoid => shunned.extend(lately),
            Nearness::Any => {}
        }
        Class {
            rule: ask.rule.0,
            until,
            special: limited || ask.revocable || !ask.ports.is_empty() || !ask.others.is_empty(),
            favourites,
            shunned,
        }
    }

    /// Asks each rule about each host that it has not seen.
    pub(super) fn look(&mut self, classes: &[Class]) {
        let mut done = HashSet::new();
        for class in classes {
            if !done.insert(class.rule) {
                continue;
            }
            let Some(rule) = self.rules.get_mut(class.rule).and_then(Option::as_mut) else {
                continue;
            };
            for host in rule.unknown(self.seats.len()) {
                if let Some(seat) = self.seats.get(host).and_then(Option::as_ref) {
                    rule.look(host, &seat.profile, self.home.as_deref(), &self.symbols);
                }
            }
        }
    }

    fn want(&self, ask: &Ask<'_>, class: u32, classes: &[Class]) -> Want {
        let special = classes.get(class as usize).is_some_and(|class| class.special);
        let aged = ask.waited >= self.hold_back;
        Want {
            need: if ask.revocable { Amount::ZERO } else { ask.amount },
            class,
            special,
            priority: ask.priority,
            firm: aged,
            holds_back: aged && !ask.revocable,
            held: self.holding.get(ask.name).copied(),
        }
    }
}

/// What limits count, of the tasks that are there.
fn counted(peers: &[Peer<'_>]) -> HashMap<(String, String, String), u32> {
    let mut counts = HashMap::new();
    for peer in peers {
        let mut count = |subject: &str, value: &str| {
            let key = (peer.group.to_owned(), subject.to_owned(), value.to_owned());
            *counts.entry(key).or_default() += 1;
        };
        count("hostname", peer.hostname);
        for (subject, value) in peer.spread.iter().filter(|(subject, _)| *subject != "hostname") {
            count(subject, value);
        }
    }
    counts
}

/// Who sits where, host by host; special ones first and in the order in which they got their places. `ask` is the position
/// of the want.
fn seated(placed: &[Option<HostId>], sequence: &[usize]) -> Vec<Seated> {
    let mut rank = vec![usize::MAX; placed.len()];
    for (position, want) in sequence.iter().enumerate() {
        rank[*want] = position;
    }
    let mut seated: Vec<(HostId, usize, usize)> = placed
        .iter()
        .enumerate()
        .filter_map(|(want, host)| Some(((*host)?, rank[want], want)))
        .collect();
    seated.sort_unstable();
    seated
        .into_iter()
        .map(|(host, _, want)| Seated { host, ask: want })
        .collect()
}
