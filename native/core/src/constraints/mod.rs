//! Which hosts will do for an agent, as it was typed and as it is evaluated.

mod parse;
mod pattern;
mod profile;
mod rule;
mod symbols;
#[cfg(test)]
mod tests;

pub use parse::ConstraintError;
pub(crate) use pattern::Pattern;
pub(crate) use profile::{Profile, place_of};
pub(crate) use rule::{Refusal, Rule, State};
pub(crate) use symbols::Symbols;

use crate::config::DomainFilter;
use crate::scalar::Scalar;
use std::fmt;

/// All that a host must be and have beside its resources.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Constraints {
    /// Where the host stands.
    pub(crate) domain: DomainFilter,
    /// Each must hold.
    pub(crate) conditions: Vec<Condition>,
    /// How the agents that share them are kept apart.
    pub(crate) limits: Vec<Limit>,
    /// What is thought of hosts that the agents that share them used lately.
    pub(crate) nearness: Nearness,
}

/// One thing that must hold of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    pub(crate) subject: Subject,
    /// Whether no value of the subject may pass the test, instead of at least one.
    pub(crate) negated: bool,
    pub(crate) test: Test,
    /// As people read it.
    pub(crate) text: String,
}

/// What of a host is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    Hostname,
    /// Of the fault domain, or the attribute of this name of a host that is in none.
    Region,
    Zone,
    Attribute(String),
}

/// What a value is tested for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Test {
    AnyOf(Vec<Word>),
    Matches(Pattern),
    AtLeast(Scalar),
    AtMost(Scalar),
}

/// A value to compare with: a text, and a number if it reads as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) number: Option<Scalar>,
}

/// No more than `most` agents where the subject is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Limit {
    pub(crate) subject: Subject,
    pub(crate) most: u32,
}

/// Whether hosts that were used lately are better or worse than others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Nearness {
    #[default]
    Any,
    Near,
    Avoid,
}

impl Constraints {
    /// Text attributes that must be equal, and a place.
    pub fn of_attributes<'a>(
        attributes: impl IntoIterator<Item = (&'a String, &'a String)>,
        domain: DomainFilter,
    ) -> Self {
        let conditions = attributes
            .into_iter()
            .map(|(name, text)| Condition {
                subject: Subject::Attribute(name.clone()),
                negated: false,
                test: Test::AnyOf(vec![Word::new(text)]),
                text: format!("{name}={text}"),
            })
            .collect();
        Self {
            domain,
            conditions,
            ..Self::default()
        }
    }

    /// Adds what was typed: one constraint a line, as the help of the field lists them.
    ///
    /// # Errors
    /// The first line that cannot be read.
    pub fn and(mut self, text: &str) -> Result<Self, ConstraintError> {
        parse::parse(text, &mut self)?;
        Ok(self)
    }
}

impl Word {
    pub(crate) fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            number: text.parse().ok().and_then(Scalar::from_f64),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Subject::Hostname => "hostname",
            Subject::Region => "region",
            Subject::Zone => "zone",
            Subject::Attribute(name) => name,
        })
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.most {
            1 => write!(f, "unique per {}", self.subject),
            most => write!(f, "at most {most} per {}", self.subject),
        }
    }
}
