//! What a host is.

use super::symbols::{Symbol, Symbols};
use super::{Subject, Test};
use crate::scalar::Scalar;
use mesos_wire::{Attribute, DomainInfo, Offer, value};

/// A host's name, place and attributes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Profile {
    pub(crate) hostname: String,
    pub(crate) region: Option<Symbol>,
    pub(crate) zone: Option<Symbol>,
    attributes: Vec<(Symbol, Value)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(Symbol),
    Number(Scalar),
    /// Both ends belong to a range.
    Ranges(Vec<(u64, u64)>),
    Set(Vec<Symbol>),
}

impl Profile {
    pub(crate) fn new(offer: &Offer, symbols: &mut Symbols) -> Self {
        let place = place_of(offer.domain.as_deref());
        Self {
            hostname: offer.hostname.clone(),
            region: place.map(|(region, _)| symbols.intern(region)),
            zone: place.map(|(_, zone)| symbols.intern(zone)),
            attributes: offer
                .attributes
                .iter()
                .map(|attribute| (symbols.intern(&attribute.name), Value::new(attribute, symbols)))
                .collect(),
        }
    }

    /// The values of an attribute; a name may occur several times.
    pub(crate) fn values(&self, name: Symbol) -> impl Iterator<Item = &Value> {
        self.attributes
            .iter()
            .filter(move |(own, _)| *own == name)
            .map(|(_, value)| value)
    }

    /// What hosts with the same value of the subject have in common; none: the host has no such value.
    pub(crate) fn common(&self, subject: &Subject, symbols: &Symbols) -> Option<String> {
        let attribute = |name: &str| {
            let (_, value) = self
                .attributes
                .iter()
                .find(|(own, _)| symbols.text(*own) == name)?;
            Some(value.text(symbols))
        };
        match subject {
            Subject::Hostname => Some(self.hostname.clone()),
            Subject::Region => match self.region {
                Some(region) => Some(symbols.text(region).to_owned()),
                None => attribute("region"),
            },
            Subject::Zone => match self.zone {
                Some(zone) => Some(symbols.text(zone).to_owned()),
                None => attribute("zone"),
            },
            Subject::Attribute(name) => attribute(name),
        }
    }
}

impl Value {
    fn new(attribute: &Attribute, symbols: &mut Symbols) -> Self {
        match value::Type::try_from(attribute.r#type) {
            Ok(value::Type::Scalar) => Value::Number(number(attribute)),
            Ok(value::Type::Ranges) => Value::Ranges(ranges(attribute).collect()),
            Ok(value::Type::Set) => Value::Set(items(attribute).map(|item| symbols.intern(item)).collect()),
            Ok(value::Type::Text) | Err(_) => Value::Text(symbols.intern(text(attribute))),
        }
    }

    /// As Mesos writes it.
    fn text(&self, symbols: &Symbols) -> String {
        match self {
            Value::Text(symbol) => symbols.text(*symbol).to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Ranges(ranges) => {
                let list: Vec<String> = ranges
                    .iter()
                    .map(|(begin, end)| format!("{begin}-{end}"))
                    .collect();
                format!("[{}]", list.join(", "))
            }
            Value::Set(items) => {
                let list: Vec<&str> = items.iter().map(|item| symbols.text(*item)).collect();
                format!("{{{}}}", list.join(", "))
            }
        }
    }
}

impl Test {
    pub(crate) fn passes_text(&self, text: &str) -> bool {
        let number = || text.parse().ok().and_then(Scalar::from_f64);
        match self {
            Test::AnyOf(words) => words.iter().any(|word| word.text == text),
            Test::Matches(pattern) => pattern.matches(text),
            Test::AtLeast(least) => number().is_some_and(|number| number >= *least),
            Test::AtMost(most) => number().is_some_and(|number| number <= *most),
        }
    }

    pub(crate) fn passes_number(&self, number: Scalar) -> bool {
        match self {
            Test::AnyOf(words) => words.iter().any(|word| word.number == Some(number)),
            Test::Matches(pattern) => pattern.matches(&number.to_string()),
            Test::AtLeast(least) => number >= *least,
            Test::AtMost(most) => number <= *most,
        }
    }

    /// Whether some whole number of the range passes. A pattern is compared with the range as Mesos writes it.
    pub(crate) fn passes_range(&self, begin: u64, end: u64) -> bool {
        let milli = |whole: u64| i64::try_from(whole).unwrap_or(i64::MAX).saturating_mul(1000);
        match self {
            Test::AnyOf(words) => words.iter().any(|word| {
                word.number.is_some_and(|number| {
                    number.as_milli() % 1000 == 0 && (milli(begin)..=milli(end)).contains(&number.as_milli())
                })
            }),
            Test::Matches(pattern) => pattern.matches(&format!("{begin}-{end}")),
            Test::AtLeast(least) => milli(end) >= least.as_milli(),
            Test::AtMost(most) => milli(begin) <= most.as_milli(),
        }
    }
}

/// Region and zone.
pub(crate) fn place_of(domain: Option<&DomainInfo>) -> Option<(&str, &str)> {
    let place = domain?.fault_domain.as_ref()?;
    Some((place.region.name.as_str(), place.zone.name.as_str()))
}

fn number(attribute: &Attribute) -> Scalar {
    attribute
        .scalar
        .as_ref()
        .and_then(|scalar| Scalar::from_f64(scalar.value))
        .unwrap_or_default()
}

fn ranges(attribute: &Attribute) -> impl Iterator<Item = (u64, u64)> {
    attribute
        .ranges
        .iter()
        .flat_map(|ranges| &ranges.range)
        .map(|range| (range.begin, range.end))
}

fn items(attribute: &Attribute) -> impl Iterator<Item = &str> {
    attribute.set.iter().flat_map(|set| &set.item).map(String::as_str)
}

fn text(attribute: &Attribute) -> &str {
    attribute.text.as_ref().map_or("", |text| text.value.as_str())
}
