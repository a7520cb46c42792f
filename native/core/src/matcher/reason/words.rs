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
    let missing: Vec<String> = kinds()
        .filter(|(_, (need, largest))| need > largest)
        .map(|(kind, (need, largest))| format!("needs {need} {kind}, largest {what} has {largest}"))
        .collect();
    if !missing.is_empty() {
        return missing.join("; ");
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

/// Which host lacks least.
pub(super) fn nearest(hostname: &str, need: Amount, room: Amount) -> String {
    let misses: Vec<String> = KINDS
        .iter()
        .zip(by_kind(need).into_iter().zip(by_kind(room)))
        .filter(|(_, (need, room))| need > room)
        .map(|(kind, (need, room))| format!("{room} of {need} {kind}"))
        .collect();
    format!("nearest is {hostname} with {}", misses.join(" and "))
}

/// Of so many offers, how many lack what.
pub(super) fn detail(total: usize, lacking: &[(Lack, usize)], nearest: Option<String>) -> String {
    let mut parts: Vec<String> = lacking
        .iter()
        .map(|(lack, count)| format!("{count} {}", words_of(lack)))
        .collect();
    if let Some(first) = parts.first_mut() {
        *first = format!("of {total} offers {first}");
    }
    let counts = parts.join(", ");
    let all: Vec<String> = Some(counts)
        .filter(|counts| !counts.is_empty())
        .into_iter()
        .chain(nearest)
        .collect();
    if all.is_empty() {
        return String::new();
    }
    format!(" ({})", all.join("; "))
}

fn words_of(lack: &Lack) -> String {
    match lack {
        Lack::Place => "are from elsewhere".to_owned(),
        Lack::Constraint(text) => format!("lack {text}"),
        Lack::Maintenance => "are under maintenance too soon".to_owned(),
        Lack::Cpus => "are short of CPUs".to_owned(),
        Lack::Mem => "are short of memory".to_owned(),
        Lack::Disk => "are short of disk".to_owned(),
        Lack::Gpus => "are short of GPUs".to_owned(),
        Lack::Ports => "lack the ports".to_owned(),
        Lack::Other => "lack other resources".to_owned(),
        Lack::Limit => "have enough agents of its kind".to_owned(),
    }
}
