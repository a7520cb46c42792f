//! Any constraints and any attributes of an offer: constraints are read or refused with a message, and what was read is
//! evaluated. The part before the first zero byte is what a person typed, the rest is an offer's bytes.

use mesos_core::{Amount, Ask, Constraints, DomainFilter, Matcher, Scalar};
use mesos_wire::{Attribute, Bytes, Message as _, Offer, value};

use crate::shape::{about, shape, words};

fn scalar(number: f64) -> Scalar {
    Scalar::from_f64(number).unwrap_or_default()
}

/// An offer whose attributes are lines of `name:value`, for inputs that hold no encoded one.
fn typed_offer(text: &str) -> Offer {
    let attributes = text.lines().filter_map(|line| line.split_once(':'));
    Offer {
        id: "o-typed".to_owned().into(),
        framework_id: "f".to_owned().into(),
        agent_id: "agent-typed".into(),
        hostname: "host-typed".to_owned(),
        attributes: attributes
            .map(|(name, text)| match text.parse() {
                Ok(value) => Attribute {
                    name: name.to_owned(),
                    r#type: value::Type::Scalar.into(),
                    scalar: Some(value::Scalar { value }),
                    ..Attribute::default()
                },
                Err(_) => Attribute {
                    name: name.to_owned(),
                    r#type: value::Type::Text.into(),
                    text: Some(value::Text {
                        value: text.to_owned(),
                    }),
                    ..Attribute::default()
                },
            })
            .collect(),
        ..Offer::default()
    }
}

pub(crate) fn run(input: &[u8]) -> u64 {
    let (typed, rest) = match input.iter().position(|byte| *byte == 0) {
        Some(at) => (&input[..at], &input[at + 1..]),
        None => (input, &[][..]),
    };
    let typed = String::from_utf8_lossy(typed);
    let rack = [("rack".to_owned(), "a".to_owned())];
    let attributes = rack.iter().map(|(name, text)| (name, text));
    let constraints = match Constraints::of_attributes(attributes, DomainFilter::default()).and(&typed) {
        Ok(constraints) => constraints,
        Err(error) => return shape((0, words(&error.to_string()))),
    };
    let mut matcher = Matcher::new("*");
    let rule = matcher.rule("fuzz", &constraints);
    let text = String::from_utf8_lossy(rest);
    let offers = [
        Bytes::copy_from_slice(rest),
        Bytes::from(typed_offer(&text).encode_to_vec()),
    ];
    let (leases, unreadable) = matcher.read(offers);
    let leased = leases.len();
    matcher.take_in(leases);
    let amount = Amount {
        cpus: scalar(0.0),
        mem: scalar(0.0),
        ..Amount::default()
    };
    let asks: Vec<Ask<'_>> = ["a", "b", "c"].map(|name| Ask::new(name, amount, rule)).to_vec();
    let placement = matcher.pass(&asks, 1_800_000_000_000, &[]);
    let placed: usize = placement.bundles.iter().map(|bundle| bundle.tasks.len()).sum();
    let back = matcher.give_back().len();
    let used: usize = placement.bundles.iter().map(|bundle| bundle.offers.len()).sum();
    assert!(placed <= asks.len(), "more placed than asked for");
    assert!(used + back <= leased, "offers out of nothing");
    let reason = placement.reasons.first().map(|(_, reason)| words(&reason.text));
    shape((1, unreadable, about(placed), about(back), reason))
}
