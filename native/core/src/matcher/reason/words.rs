//! What an agent waits for, in words.

use super::Lack;
use super::survey::What;
use crate::amount::Amount;
use crate::config::DomainFilter;
use crate::constraints::{Limit, Rule};
use crate::matcher::Ask;
use crate::ports::PortSet;
use crate::resources::{Other, Share};
use crate::scalar::Scalar;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Most reasons are shorter.
const LENGTH: usize = 256;
const KINDS: [&str; 4] = ["CPUs", "MB of memory", "MB of disk", "GPUs"];

fn by_kind(amount: Amount) -> [Scalar; 4] {
    [amount.cpus, amount.mem, amount.disk, amount.gpus]
}

/// No host is left to compare with.
pub(super) fn unsuitable(
    total: usize,
    refused: &BTreeMap<Lack, usize>,
    ask: &Ask<'_>,
    rule: Option<&Rule>,
    home: Option<&str>,
    what: What,
) -> String {
    let what_name = what.as_str();
    let Some(rule) = rule else {
        return "waits for offers of the master".to_owned();
    };
    if total == 0 {
        return "waits for offers of the master".to_owned();
    }
    if refused.contains_key(&Lack::Maintenance) {
        return if ask.until > 0 {
            "waits for an agent that is not under maintenance before it would end".to_owned()
        } else {
            "waits for an agent that is not under maintenance".to_owned()
        };
    }
    let only_place = refused.keys().all(|lack| *lack == Lack::Place);
    let constraints = &rule.constraints;
    if only_place {
        let place = match (&constraints.domain, home) {
            (DomainFilter::Home, Some(_)) | (DomainFilter::Any | DomainFilter::Match { .. }, _) => {
                constraints.domain.to_string()
            }
            (DomainFilter::Home, None) => DomainFilter::Home.to_string(),
        };
        return format!("needs an agent {place}, no {what_name} is from there");
    }
    let mut wanted: Vec<String> = constraints
        .conditions
        .iter()
        .map(|condition| condition.text.clone())
        .collect();
    wanted.extend(constraints.limits.iter().map(|limit| limit.subject.to_string()));
    format!(
        "needs the attributes {}, no {what_name} has them",
        wanted.join(", ")
    )
}

/// Compared with the most of each that one has.
pub(super) fn amount_shortage(need: Amount, largest: Amount, what: What) -> String {
    let what = what.as_str();
    let kinds = || KINDS.iter().zip(by_kind(need).into_iter().zip(by_kind(largest)));
    let mut missing = String::with_capacity(LENGTH);
    for (kind, (need, largest)) in kinds().filter(|(_, (need, largest))| need > largest) {
        let separator = if missing.is_empty() { "" } else { "; " };
        // writing to a String cannot fail
        let _ = write!(
            missing,
            "{separator}needs {need} {kind}, largest {what} has {largest}"
        );
    }
    if !missing.is_empty() {
        return missing;
    }
    let wanted: Vec<String> = kinds()
        .filter(|(_, (need, _))| *need > Scalar::ZERO)
        .map(|(kind, (need, _))| format!("{need} {kind}"))
        .collect();
    match wanted.as_slice() {
        [cpus, mem] => format!("needs {cpus} and {mem}, no {what} has both"),
        _ => format!("needs {}, no {what} has all of it", wanted.join(", ")),
    }
}

/// `roomy` are the ports of those that have all else that is needed.
pub(super) fn port_shortage(ports: &[Option<u32>], roomy: &[&PortSet], what: What) -> String {
    let what = what.as_str();
    let nowhere: BTreeSet<u32> = ports
        .iter()
        .flatten()
        .copied()
        .filter(|port| !roomy.iter().any(|free| free.contains(*port)))
        .collect();
    let list = |ports: &BTreeSet<u32>| ports.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    let with_room = format!("{what} with enough CPUs and memory");
    if !nowhere.is_empty() {
        return format!(
            "needs port {} of the host, no {with_room} has it free",
            list(&nowhere)
        );
    }
    let named: BTreeSet<u32> = ports.iter().flatten().copied().collect();
    let any = ports.iter().filter(|port| port.is_none()).count();
    let most = roomy.iter().map(|free| free.len()).max().unwrap_or(0);
    if named.len() + any > most {
        return format!(
            "needs {} ports of the host, the {with_room} that has the most has {most}",
            named.len() + any
        );
    }
    format!(
        "needs the ports {} of one host, no {with_room} has all of them free",
        list(&named)
    )
}

/// The limits are reached wherever there is room.
pub(super) fn limit(limits: &[Limit]) -> String {
    let limits: Vec<String> = limits.iter().map(ToString::to_string).collect();
    format!(
        "is to be {}, and every offer with enough room is where there are enough agents of its kind",
        limits.join(" and ")
    )
}

/// No host with enough room has them.
pub(super) fn others(others: &[Other], what: What) -> String {
    let wanted: Vec<String> = others
        .iter()
        .map(|other| match &other.share {
            Share::Count(count) => format!("{count} of {}", other.name),
            Share::Items(items) => format!("{} of {}", items.join(", "), other.name),
        })
        .collect();
    format!(
        "needs {}, no {} with enough CPUs and memory has them",
        wanted.join(" and "),
        what.as_str()
    )
}

/// Adds how many of so many offers lack what, and the host that lacks least: its name, what is needed and what it has.
pub(super) fn add_detail(
    text: &mut String,
    total: usize,
    lacking: &[(Lack, usize)],
    nearest: Option<(&str, Amount, Amount)>,
) {
    // writing to a String cannot fail
    for (number, (lack, count)) in lacking.iter().enumerate() {
        let _ = match number {
            0 => write!(text, " (of {total} offers {count} "),
            _ => write!(text, ", {count} "),
        };
        match lack {
            Lack::Constraint(wanted) => {
                let _ = write!(text, "lack {wanted}");
            }
            lack => text.push_str(words_of(lack)),
        }
    }
    if let Some((hostname, need, room)) = nearest {
        let opening = if lacking.is_empty() { " (" } else { "; " };
        let _ = write!(text, "{opening}nearest is {hostname} with ");
        let misses = KINDS.iter().zip(by_kind(need).into_iter().zip(by_kind(room)));
        for (number, (kind, (need, room))) in misses.filter(|(_, (need, room))| need > room).enumerate() {
            let separator = if number == 0 { "" } else { " and " };
            let _ = write!(text, "{separator}{room} of {need} {kind}");
        }
    }
    if !lacking.is_empty() || nearest.is_some() {
        text.push(')');
    }
}

fn words_of(lack: &Lack) -> &'static str {
    match lack {
        Lack::Place => "are from elsewhere",
        Lack::Constraint(_) => "lack a constraint",
        Lack::Maintenance => "are under maintenance too soon",
        Lack::Cpus => "are short of CPUs",
        Lack::Mem => "are short of memory",
        Lack::Disk => "are short of disk",
        Lack::Gpus => "are short of GPUs",
        Lack::Ports => "lack the ports",
        Lack::Other => "lack other resources",
        Lack::Limit => "have enough agents of its kind",
    }
}
