//! What is measured.

/// A file of hosts and tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Case {
    /// What `mesos-bench generate` calls it.
    pub(super) kind: &'static str,
    pub(super) hosts: u32,
    pub(super) tasks: u32,
    /// Why the peer is not asked, if it is not.
    pub(super) without_peer: Option<&'static str>,
    /// Whether it is also measured with each task in its zone.
    pub(super) constraint: bool,
}

impl Case {
    pub(super) fn name(&self) -> String {
        format!(
            "{} {} × {}",
            self.kind,
            thousands(self.hosts),
            thousands(self.tasks)
        )
    }

    pub(super) fn file(&self) -> String {
        format!("{}-h{}-t{}.tsv", self.kind, self.hosts, self.tasks)
    }
}

const NO_FIXED_PORTS: &str = "Fenzo gives any ports, never a certain one";
const TOO_LARGE: &str = "ours only, as agreed: Fenzo's time grows with the hosts";

/// All cases, or those of a short run.
pub(super) fn all(quick: bool) -> Vec<Case> {
    let case = |kind, hosts, tasks| Case {
        kind,
        hosts,
        tasks,
        without_peer: None,
        constraint: kind == "mixed",
    };
    let mut cases = Vec::new();
    let sizes: &[(u32, u32)] = if quick {
        &[(2_000, 1_000)]
    } else {
        &[
            (200, 200),
            (200, 1_000),
            (2_000, 200),
            (2_000, 1_000),
            (10_000, 200),
            (10_000, 1_000),
        ]
    };
    cases.extend(sizes.iter().map(|(hosts, tasks)| case("mixed", *hosts, *tasks)));
    let many: &[u32] = if quick { &[1_000] } else { &[200, 1_000] };
    cases.extend(many.iter().map(|tasks| Case {
        without_peer: Some(TOO_LARGE),
        ..case("mixed", 50_000, *tasks)
    }));
    let hosts: &[u32] = if quick { &[2_000] } else { &[2_000, 10_000] };
    for kind in ["nothing-fits", "whale", "ports", "full"] {
        cases.extend(hosts.iter().map(|hosts| case(kind, *hosts, 1_000)));
    }
    cases.extend(hosts.iter().map(|hosts| Case {
        without_peer: Some(NO_FIXED_PORTS),
        ..case("fixed-ports", *hosts, 1_000)
    }));
    cases
}

/// The hosts for which the growth of the cost is looked at, with a thousand tasks.
pub(super) const GROWTH: [u32; 6] = [1_000, 2_000, 5_000, 10_000, 20_000, 50_000];
/// See there.
pub(super) const GROWTH_TASKS: u32 = 1_000;

/// With a comma after the thousands.
pub(super) fn thousands(number: u32) -> String {
    let digits = number.to_string();
    match digits.len() {
        0..=3 => digits,
        length => format!("{},{}", &digits[..length - 3], &digits[length - 3..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_has_a_file_of_its_own_and_a_short_run_has_fewer() {
        let mut files: Vec<String> = all(false).iter().map(Case::file).collect();
        let count = files.len();
        files.sort();
        files.dedup();
        assert_eq!(files.len(), count);
        assert!(all(true).len() < count);
        assert_eq!(all(false)[5].name(), "mixed 10,000 × 1,000");
    }
}
