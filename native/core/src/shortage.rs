//! What an agent waits for, in words.

use crate::ports::PortSet;
use crate::resources::Amount;
use crate::scalar::Scalar;
use std::collections::BTreeSet;

/// Compared with the most of each that one `what` has.
pub(crate) fn amount_shortage(need: Amount, largest: Amount, what: &str) -> String {
    let kinds = [
        ("CPUs", need.cpus, largest.cpus),
        ("MB of memory", need.mem, largest.mem),
        ("MB of disk", need.disk, largest.disk),
    ];
    let missing: Vec<String> = kinds
        .iter()
        .filter(|(_, need, largest)| need > largest)
        .map(|(kind, need, largest)| format!("needs {need} {kind}, largest {what} has {largest}"))
        .collect();
    if !missing.is_empty() {
        return missing.join("; ");
    }
    let wanted: Vec<String> = kinds
        .iter()
        .filter(|(_, need, _)| *need > Scalar::ZERO)
        .map(|(kind, need, _)| format!("{need} {kind}"))
        .collect();
    match wanted.as_slice() {
        [cpus, mem] => format!("needs {cpus} and {mem}, no {what} has both"),
        _ => format!("needs {}, no {what} has all of it", wanted.join(", ")),
    }
}

/// `roomy` are the ports of those that have all else that is needed.
pub(crate) fn port_shortage(ports: &[Option<u32>], roomy: &[&PortSet], what: &str) -> String {
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
