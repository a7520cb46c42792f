//! Why an ask was not placed.

mod front;
mod survey;
mod words;

use super::Matcher;
use super::account::Account;
use super::pass::{Ask, Classes};
use super::seat::Seat;
use crate::amount::{Amount, KINDS};
use crate::constraints::{Refusal, Rule, State};
use crate::placement::{Board, HostId, Rules};
use crate::resources::holds_ports;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use survey::{Entry, Refused, Survey, What};

/// Why an ask was not placed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reason {
    /// For people. Whoever tells or shows it shares it.
    pub text: Arc<str>,
    /// False: no agent seen so far could ever hold it.
    pub possible: bool,
    /// Agents of which something was on offer.
    pub offers: usize,
    /// How many of those lacked what; one may lack several things.
    pub lacking: Vec<(Lack, usize)>,
}

/// What an offer lacked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lack {
    /// It is from somewhere else.
    Place,
    /// A constraint, as it was typed.
    Constraint(String),
    /// Maintenance begins before the agent would end.
    Maintenance,
    /// Enough CPUs.
    Cpus,
    /// Enough memory.
    Mem,
    /// Enough disk.
    Disk,
    /// Enough GPUs.
    Gpus,
    /// The ports, though the rest was there.
    Ports,
    /// Another resource, though the rest was there.
    Other,
    /// Room for one more agent of its kind, though the rest was there.
    Limit,
}

impl Reason {
    /// Something that may change.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self {
            text: text.into(),
            possible: true,
            ..Self::default()
        }
    }
}

/// By rule, expected end, whether revocable resources count, and what is looked at.
type Key = (usize, i64, bool, What);

/// Where more hosts than one of so many have changed, all are looked at anew.
const CHANGED: usize = 32;
/// Where so few have changed, they are not too many.
const FEW: usize = 64;
/// Surveys whose memory is kept for others.
const SPARE: usize = 8;

/// What was found out about hosts, for asks that found no place.
#[derive(Debug, Default)]
pub(super) struct Surveys {
    surveys: HashMap<Key, Survey>,
    /// Hosts that have changed since.
    changed: Vec<HostId>,
    hosts: usize,
    spare: Vec<(What, Survey)>,
}

impl Surveys {
    pub(super) fn clear(&mut self) {
        let room = SPARE.saturating_sub(self.spare.len());
        self.spare.extend(
            self.surveys
                .drain()
                .map(|(key, survey)| (key.3, survey))
                .take(room),
        );
        self.changed.clear();
    }

    /// A host is another now, or gone.
    pub(super) fn changed(&mut self, host: HostId) {
        if self.surveys.is_empty() {
            return;
        }
        self.hosts = self.hosts.max(host.index() + 1);
        self.changed.push(host);
        if self.changed.len() > FEW.max(self.hosts / CHANGED) {
            self.clear();
        }
    }
}

/// Finds the reasons of a pass.
pub(super) struct Explainer<'a> {
    account: &'a Account<'a>,
    board: &'a Board,
    home: Option<&'a str>,
    surveys: &'a mut Surveys,
    known: HashMap<(u32, Amount), Arc<Reason>>,
}

impl<'a> Explainer<'a> {
    pub(super) fn new(
        account: &'a Account<'a>,
        board: &'a Board,
        home: Option<&'a str>,
        surveys: &'a mut Surveys,
    ) -> Self {
        if account.windows {
            // What is away depends on the time.
            surveys.clear();
        }
        let changed = std::mem::take(&mut surveys.changed);
        for ((number, _, revocable, what), survey) in &mut surveys.surveys {
            let rule = account.rules.get(*number).and_then(Option::as_ref);
            for host in &changed {
                let entry = entry(account, board, rule, *host, *revocable, *what, 0);
                survey.set(*host, entry);
            }
        }
        Self {
            account,
            board,
            home,
            surveys,
            known: HashMap::new(),
        }
    }

    /// Why the want has no place.
    pub(super) fn explain(&mut self, want: usize) -> Arc<Reason> {
        let (Some(ask), Some(class)) = (
            self.account.asks.get(want).copied(),
            self.account.class_of.get(want).copied(),
        ) else {
            return Arc::default();
        };
        if let Some(known) = self.known.get(&(class, ask.amount)) {
            return Arc::clone(known);
        }
        let reason = self
            .impossible(ask, class)
            .unwrap_or_else(|| self.shortage(ask, class, What::Offer));
        let reason = Arc::new(reason);
        self.known.insert((class, ask.amount), Arc::clone(&reason));
        reason
    }

    /// Why no agent that was seen could ever hold it; none if one could, or none was seen.
    pub(super) fn impossible(&mut self, ask: &Ask<'_>, class: u32) -> Option<Reason> {
        if ask.revocable {
            return None;
        }
        let account = self.account;
        let survey = self.survey(ask, What::Agent);
        let possible = survey.total == 0
            || if ask.ports.is_empty() {
                survey.holds(ask.amount)
            } else {
                survey.hosts().any(|(room, host)| {
                    room.holds(ask.amount)
                        && seat(account, host).is_some_and(|seat| holds_ports(&seat.seen_ports, ask.ports))
                })
            };
        if possible {
            return None;
        }
        let mut reason = self.shortage(ask, class, What::Agent);
        reason.text = format!("{}; no agent seen so far could ever hold it", reason.text).into();
        reason.possible = false;
        Some(reason)
    }

    fn survey(&mut self, ask: &Ask<'_>, what: What) -> &mut Survey {
        let (account, board) = (self.account, self.board);
        let Surveys { surveys, spare, .. } = &mut *self.surveys;
        let until = match what {
            What::Offer if account.windows => ask.until,
            What::Offer | What::Agent => 0,
        };
        surveys
            .entry((ask.rule.0, until, ask.revocable, what))
            .or_insert_with(|| {
                let rule = rule(account, ask);
                // One that was asked the same has grown to what is needed.
                let like = spare.iter().position(|(other, _)| *other == what);
                let mut survey = like.map(|at| spare.swap_remove(at).1).unwrap_or_default();
                survey.fill(
                    board
                        .hosts()
                        .map(|host| entry(account, board, rule, host, ask.revocable, what, until)),
                );
                survey
            })
    }

    /// What is missing, compared with all that are known, or on offer.
    fn shortage(&mut self, ask: &Ask<'_>, class: u32, what: What) -> Reason {
        let (account, home) = (self.account, self.home);
        let survey = self.survey(ask, what);
        let refused = lacks_of(survey.refused(), rule(account, ask));
        let holds = survey.holds(ask.amount);
        let mut special = None;
        let mut text = if survey.is_empty() {
            words::unsuitable(survey.total, &refused, ask, rule(account, ask), home, what)
        } else if !holds {
            let largest = survey.largest();
            words::amount_shortage(ask.amount, largest, what)
        } else {
            let roomy: Vec<(&Seat, HostId)> = if account.is_special(class) {
                survey
                    .hosts()
                    .filter(|(room, _)| room.holds(ask.amount))
                    .filter_map(|(_, host)| Some((seat(account, host)?, host)))
                    .collect()
            } else {
                Vec::new()
            };
            let (lack, text) = special_shortage(account, ask, class, &roomy, what);
            special = lack.map(|lack| (lack, roomy.len()));
            text
        };
        let mut lacking = Vec::with_capacity(refused.len() + KINDS + 1);
        lacking.extend(refused);
        lacking.extend(survey.short_of(ask.amount));
        lacking.extend(special);
        let total = survey.total;
        let nearest = (what == What::Offer && total > 1 && !holds)
            .then(|| survey.nearest(ask.amount))
            .flatten()
            .and_then(|(room, host)| {
                let hostname = seat(account, host)?.profile.hostname.as_str();
                Some((hostname, ask.amount, room))
            });
        if what == What::Offer && total > 1 {
            words::add_detail(&mut text, total, &lacking, nearest);
        }
        Reason {
            text: text.into(),
            possible: true,
            offers: if what == What::Offer { total } else { 0 },
            lacking,
        }
    }
}

/// What is thought of a host.
fn entry(
    account: &Account<'_>,
    board: &Board,
    rule: Option<&Rule>,
    host: HostId,
    revocable: bool,
    what: What,
    until: i64,
) -> Entry {
    let Some(seat) = seat(account, host) else {
        return Entry::Gone;
    };
    let room = match what {
        What::Agent => board.capacity(host),
        What::Offer if !board.stands(host) => return Entry::Gone,
        What::Offer if revocable => board.offered(host).most(seat.revocable),
        What::Offer => board.offered(host),
    };
    match rule.map(|rule| rule.state(host.index())) {
        Some(State::Bad(refusal)) => Entry::Refused(Refused::By(refusal)),
        _ if what == What::Offer && seat.is_away(account.now, until) => Entry::Refused(Refused::Maintenance),
        _ => Entry::Room(room),
    }
}

/// What is missing where the amounts are there.
fn special_shortage(
    account: &Account<'_>,
    ask: &Ask<'_>,
    class: u32,
    roomy: &[(&Seat, HostId)],
    what: What,
) -> (Option<Lack>, String) {
    let ports = |seat: &Seat| match what {
        What::Agent => holds_ports(&seat.seen_ports, ask.ports),
        What::Offer => holds_ports(&seat.ports, ask.ports),
    };
    if !ask.ports.is_empty() && !roomy.iter().any(|(seat, _)| ports(seat)) {
        let sets: Vec<_> = roomy
            .iter()
            .map(|(seat, _)| match what {
                What::Agent => &seat.seen_ports,
                What::Offer => &seat.ports,
            })
            .collect();
        return (Some(Lack::Ports), words::port_shortage(ask.ports, &sets, what));
    }
    let limited = !roomy.is_empty() && roomy.iter().all(|(_, host)| !account.within_limits(class, *host));
    if limited {
        let limits = rule(account, ask)
            .map(|rule| rule.constraints.limits.as_slice())
            .unwrap_or_default();
        return (Some(Lack::Limit), words::limit(limits));
    }
    let others = ask.others.is_empty()
        || roomy.iter().any(|(seat, _)| {
            let need = crate::resources::Need {
                others: ask.others,
                ..crate::resources::Need::default()
            };
            super::account::pool_of(seat, account.held).holds(&need)
        });
    if !others {
        return (Some(Lack::Other), words::others(ask.others, what));
    }
    let text = "fits, but agents that wait longer take the offered room first".to_owned();
    (None, text)
}

fn seat<'a>(account: &'a Account<'_>, host: HostId) -> Option<&'a Seat> {
    account.seats.get(host.index())?.as_ref()
}

fn rule<'a>(account: &'a Account<'_>, ask: &Ask<'_>) -> Option<&'a Rule> {
    account.rules.get(ask.rule.0)?.as_ref()
}

/// In words, in an order of their own, each once.
fn lacks_of(refused: &[(Refused, usize)], rule: Option<&Rule>) -> BTreeMap<Lack, usize> {
    let mut lacks = BTreeMap::new();
    for (refused, count) in refused {
        *lacks.entry(lack_of(rule, *refused)).or_insert(0) += count;
    }
    lacks
}

fn lack_of(rule: Option<&Rule>, refused: Refused) -> Lack {
    let Refused::By(refusal) = refused else {
        return Lack::Maintenance;
    };
    let text = match (rule, refusal) {
        (Some(rule), Refusal::Condition(number)) => rule
            .constraints
            .conditions
            .get(usize::from(number))
            .map(|condition| condition.text.clone()),
        (Some(rule), Refusal::Limit(number)) => rule
            .constraints
            .limits
            .get(usize::from(number))
            .map(|limit| limit.subject.to_string()),
        _ => return Lack::Place,
    };
    Lack::Constraint(text.unwrap_or_default())
}

impl Matcher {
    /// Why an ask waits while there are no offers; `None` if some agent could hold it.
    pub fn impossible(&mut self, ask: &Ask<'_>) -> Option<Reason> {
        let asks = [*ask];
        let Classes { classes, class_of } = self.classes(&asks, 0);
        self.look(&classes);
        let account = Account {
            asks: vec![ask],
            class_of,
            classes: &classes,
            rules: &self.rules,
            seats: &self.seats,
            held: &self.held,
            symbols: &self.symbols,
            windows: false,
            now: 0,
            before: HashMap::new(),
            counts: HashMap::new(),
            pools: HashMap::new(),
            ports: HashMap::new(),
            ports_only: false,
            dead: Vec::new(),
            sequence: Vec::new(),
        };
        let holds = |host: HostId| {
            self.board.capacity(host).holds(ask.amount)
                && account.allowed(0, host)
                && self
                    .seat(host)
                    .is_some_and(|seat| ask.ports.is_empty() || holds_ports(&seat.seen_ports, ask.ports))
        };
        if self.board.hosts().any(holds) {
            return None;
        }
        let mut surveys = Surveys::default();
        Explainer::new(&account, &self.board, self.home.as_deref(), &mut surveys).impossible(ask, 0)
    }
}
