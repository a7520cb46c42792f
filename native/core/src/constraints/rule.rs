//! Constraints with what is known of the hosts they were asked about.

use super::profile::{Profile, Value};
use super::symbols::{Symbol, Symbols};
use super::{Constraints, Subject, Test};
use crate::config::DomainFilter;

/// Constraints that requests share. A host is looked at once, until it changes.
#[derive(Debug)]
pub(crate) struct Rule {
    /// Requests of the same group count against each other's limits.
    pub(crate) group: String,
    pub(crate) constraints: Constraints,
    /// By condition: the attribute's name, and what came out for each text.
    tests: Vec<Memo>,
    /// By host.
    states: Vec<State>,
    /// Of those, which were not looked at since they changed.
    changed: Vec<usize>,
}

#[derive(Debug)]
struct Memo {
    name: Option<Symbol>,
    texts: Vec<Option<bool>>,
}

/// What came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum State {
    #[default]
    Unknown,
    Good,
    Bad(Refusal),
}

/// Why a host will not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Refusal {
    Place,
    /// Which condition.
    Condition(u16),
    /// Which limit: the host does not have what is counted by.
    Limit(u16),
}

impl Rule {
    pub(crate) fn new(group: &str, constraints: Constraints, symbols: &mut Symbols) -> Self {
        let tests = constraints
            .conditions
            .iter()
            .map(|condition| Memo {
                name: attribute_of(&condition.subject).map(|name| symbols.intern(name)),
                texts: Vec::new(),
            })
            .collect();
        Self {
            group: group.to_owned(),
            constraints,
            tests,
            states: Vec::new(),
            changed: Vec::new(),
        }
    }

    /// Whether the host will do, if it was looked at.
    #[inline]
    pub(crate) fn state(&self, host: usize) -> State {
        self.states.get(host).copied().unwrap_or_default()
    }

    /// The host is another now, or stands somewhere else.
    pub(crate) fn forget(&mut self, host: usize) {
        if let Some(state) = self.states.get_mut(host) {
            *state = State::Unknown;
            self.changed.push(host);
        }
        if self.changed.len() > self.states.len() {
            // Nobody asks any more; whoever does again asks for all.
            self.forget_all();
        }
    }

    pub(crate) fn forget_all(&mut self) {
        self.states.clear();
        self.changed.clear();
    }

    /// Which of so many hosts are to be looked at.
    pub(crate) fn unknown(&mut self, hosts: usize) -> Vec<usize> {
        let mut unknown = std::mem::take(&mut self.changed);
        unknown.extend(self.states.len()..hosts);
        unknown
    }

    /// Looks at the host if it was not looked at.
    pub(crate) fn look(&mut self, host: usize, profile: &Profile, home: Option<&str>, symbols: &Symbols) {
        if self.states.len() <= host {
            self.states.resize(host + 1, State::Unknown);
        }
        if self.states[host] == State::Unknown {
            self.states[host] = match self.refusal(profile, home, symbols) {
                None => State::Good,
                Some(refusal) => State::Bad(refusal),
            };
        }
    }

    /// The first thing that keeps the host from being used.
    pub(crate) fn refusal(
        &mut self,
        profile: &Profile,
        home: Option<&str>,
        symbols: &Symbols,
    ) -> Option<Refusal> {
        if !is_there(profile, &self.constraints.domain, home, symbols) {
            return Some(Refusal::Place);
        }
        let failed = self
            .constraints
            .conditions
            .iter()
            .zip(&mut self.tests)
            .position(|(condition, memo)| {
                passes(&condition.subject, &condition.test, memo, profile, symbols) == condition.negated
            });
        if let Some(condition) = failed {
            return Some(Refusal::Condition(number(condition)));
        }
        self.constraints
            .limits
            .iter()
            .position(|limit| profile.common(&limit.subject, symbols).is_none())
            .map(|limit| Refusal::Limit(number(limit)))
    }
}

/// There are at most a hundred lines.
fn number(position: usize) -> u16 {
    u16::try_from(position).unwrap_or(u16::MAX)
}

fn attribute_of(subject: &Subject) -> Option<&str> {
    match subject {
        Subject::Hostname => None,
        Subject::Region => Some("region"),
        Subject::Zone => Some("zone"),
        Subject::Attribute(name) => Some(name),
    }
}

/// Whether one of the subject's values passes the test.
fn passes(subject: &Subject, test: &Test, memo: &mut Memo, profile: &Profile, symbols: &Symbols) -> bool {
    let place = match subject {
        Subject::Hostname => return test.passes_text(&profile.hostname),
        Subject::Region => profile.region,
        Subject::Zone => profile.zone,
        Subject::Attribute(_) => None,
    };
    if let Some(place) = place {
        return memo.passes(test, place, symbols);
    }
    let Some(name) = memo.name else { return false };
    profile.values(name).any(|value| match value {
        Value::Text(text) => memo.passes(test, *text, symbols),
        Value::Number(number) => test.passes_number(*number),
        Value::Ranges(ranges) => ranges.iter().any(|(begin, end)| test.passes_range(*begin, *end)),
        Value::Set(items) => items.iter().any(|item| memo.passes(test, *item, symbols)),
    })
}

impl Memo {
    fn passes(&mut self, test: &Test, text: Symbol, symbols: &Symbols) -> bool {
        if self.texts.len() <= text.index() {
            self.texts.resize(text.index() + 1, None);
        }
        *self.texts[text.index()].get_or_insert_with(|| test.passes_text(symbols.text(text)))
    }
}

/// Whether a host stands where it should.
fn is_there(profile: &Profile, wanted: &DomainFilter, home: Option<&str>, symbols: &Symbols) -> bool {
    let region = profile.region.map(|region| symbols.text(region));
    match wanted {
        DomainFilter::Any => true,
        DomainFilter::Home => match (region, home) {
            (Some(region), Some(home)) => region == home,
            // Mesos takes an agent that does not say where it is for one of the master's region.
            _ => true,
        },
        DomainFilter::Match {
            region: wanted,
            zone: wanted_zone,
        } => {
            let zone = profile.zone.map(|zone| symbols.text(zone));
            region == Some(wanted.as_str())
                && wanted_zone.as_deref().is_none_or(|wanted| zone == Some(wanted))
        }
    }
}
