//! Constraints as they are typed: one a line.

use super::{Condition, Constraints, Limit, Nearness, Pattern, Subject, Test, Word};
use crate::scalar::Scalar;

/// A line that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct ConstraintError {
    /// From 1.
    pub line: usize,
    /// What is wrong, and the cure.
    pub problem: String,
}

/// More lines than anyone means.
const MOST_LINES: usize = 100;
const EXAMPLE: &str = "write it as rack = a, rack in a, b, os matches ubuntu.*, cores at least 8, unique per hostname or at most 2 per rack";

/// What stands between subject and value, longest first where one begins as another.
const OPERATORS: [(&str, Operator); 18] = [
    ("not in", Operator::Not(&Operator::In)),
    ("not matches", Operator::Not(&Operator::Matches)),
    ("is not", Operator::Not(&Operator::Equals)),
    ("not", Operator::Not(&Operator::Equals)),
    ("in", Operator::In),
    ("matches", Operator::Matches),
    ("at least", Operator::AtLeast),
    ("at most", Operator::AtMost),
    ("equals", Operator::Equals),
    ("is", Operator::Equals),
    (">=", Operator::AtLeast),
    ("<=", Operator::AtMost),
    ("!=", Operator::Not(&Operator::Equals)),
    ("!~", Operator::Not(&Operator::Matches)),
    ("=~", Operator::Matches),
    ("~", Operator::Matches),
    ("==", Operator::Equals),
    ("=", Operator::Equals),
];

#[derive(Debug, Clone, Copy)]
enum Operator {
    Equals,
    In,
    Matches,
    AtLeast,
    AtMost,
    Not(&'static Operator),
}

pub(super) fn parse(text: &str, into: &mut Constraints) -> Result<(), ConstraintError> {
    for (number, line) in text.lines().enumerate() {
        let line_of = |problem| ConstraintError {
            line: number + 1,
            problem,
        };
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if number >= MOST_LINES {
            return Err(line_of(format!("more than {MOST_LINES} lines: use fewer")));
        }
        parse_line(line, into).map_err(line_of)?;
    }
    Ok(())
}

fn parse_line(line: &str, into: &mut Constraints) -> Result<(), String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["unique", "per", subject] => into.limits.push(Limit {
            subject: counted(subject),
            most: 1,
        }),
        ["at", "most", number, "per", subject] => into.limits.push(Limit {
            subject: counted(subject),
            most: number.parse().ok().filter(|most| *most > 0).ok_or_else(|| {
                format!(
                    "`{}` is no number from 1: write it as in at most 2 per rack",
                    short(number)
                )
            })?,
        }),
        [way @ ("near" | "avoid"), "hosts", "used", "lately"] => {
            if into.nearness != Nearness::Any {
                return Err(
                    "says a second time what is thought of hosts used lately: keep one of them".to_owned(),
                );
            }
            into.nearness = if *way == "near" {
                Nearness::Near
            } else {
                Nearness::Avoid
            };
        }
        _ => into.conditions.push(condition(line)?),
    }
    Ok(())
}

fn counted(name: &str) -> Subject {
    match name {
        "host" => Subject::Hostname,
        name => subject(name),
    }
}

fn subject(name: &str) -> Subject {
    match name {
        "hostname" => Subject::Hostname,
        "region" => Subject::Region,
        "zone" => Subject::Zone,
        name => Subject::Attribute(name.to_owned()),
    }
}

fn condition(line: &str) -> Result<Condition, String> {
    let end = line
        .find(|c: char| c.is_whitespace() || "=!<>~".contains(c))
        .unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    let rest = rest.trim_start();
    if name.is_empty() {
        return Err(format!("begins with no name: {EXAMPLE}"));
    }
    let (operator, value) = OPERATORS
        .iter()
        .find_map(|(text, operator)| {
            let value = rest.strip_prefix(text)?;
            let is_word = text.ends_with(|c: char| c.is_ascii_alphabetic());
            (!is_word || value.starts_with(char::is_whitespace)).then(|| (*operator, value.trim()))
        })
        .ok_or_else(|| format!("`{}` has no comparison: {EXAMPLE}", short(line)))?;
    if value.is_empty() {
        return Err(format!("`{}` is compared with nothing: {EXAMPLE}", short(name)));
    }
    let (negated, operator) = match operator {
        Operator::Not(operator) => (true, *operator),
        operator => (false, operator),
    };
    let test = match operator {
        Operator::Equals | Operator::Not(_) => Test::AnyOf(vec![Word::new(value)]),
        Operator::In => Test::AnyOf(list(value)?),
        Operator::Matches => Test::Matches(Pattern::new(value).map_err(|error| {
            format!(
                "`{}` is no regular expression ({error}): correct it",
                short(value)
            )
        })?),
        Operator::AtLeast => Test::AtLeast(number(value)?),
        Operator::AtMost => Test::AtMost(number(value)?),
    };
    Ok(Condition {
        subject: subject(name),
        negated,
        test,
        text: line.split_whitespace().collect::<Vec<_>>().join(" "),
    })
}

fn list(value: &str) -> Result<Vec<Word>, String> {
    let words: Vec<Word> = value
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .map(Word::new)
        .collect();
    if words.is_empty() {
        return Err("lists nothing: separate values by commas, as in rack in a, b".to_owned());
    }
    Ok(words)
}

fn number(value: &str) -> Result<Scalar, String> {
    value
        .parse()
        .ok()
        .and_then(Scalar::from_f64)
        .ok_or_else(|| format!("`{}` is no number: write it as in cores at least 8", short(value)))
}

fn short(text: &str) -> String {
    text.chars().take(60).collect()
}
