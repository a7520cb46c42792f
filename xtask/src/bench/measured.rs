//! What came out.

use std::fs;
use std::path::Path;

use super::cases::Case;
use crate::failure::Failure;

/// Of one matcher on one case. Times in milliseconds.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Figures {
    pub(super) median: f64,
    pub(super) p99: f64,
    pub(super) offers_only: f64,
    /// How many were measured.
    pub(super) calls: u32,
    /// The full call and the reading of all offers before it; of ours only.
    pub(super) from_bytes: Option<f64>,
    /// What the call had of a processor; of ours only. It does not grow when others use the machine.
    pub(super) processor: Option<f64>,
    /// Tasks that have a host.
    pub(super) placed: u32,
    /// Of all hosts, which part of their CPUs is used then.
    pub(super) cpu: f64,
    pub(super) mem: f64,
    /// Hosts that got a task.
    pub(super) hosts: u32,
}

/// Places in our answer to `run`; the peer's is shorter.
const FROM_BYTES: usize = 6;
const PROCESSOR: usize = 7;

impl Figures {
    /// From the answers to `run` and to `check`.
    pub(super) fn of(run: &[f64], judged: &[f64]) -> Option<Self> {
        let ([median, p99, _, offers_only, calls, ..], [placed, cpu, mem, hosts, ..]) = (run, judged) else {
            return None;
        };
        Some(Self {
            median: *median,
            p99: *p99,
            offers_only: *offers_only,
            calls: *calls as u32,
            from_bytes: run.get(FROM_BYTES).copied(),
            processor: run.get(PROCESSOR).copied(),
            // counts, that came as text
            placed: *placed as u32,
            cpu: *cpu,
            mem: *mem,
            hosts: *hosts as u32,
        })
    }

    /// What the tasks cost above taking the offers in. Not below a thousandth of the whole: both are measured.
    pub(super) fn net(&self) -> f64 {
        (self.median - self.offers_only).max(self.median / 1_000.0)
    }
}

/// A case with or without constraint, ours and the peer's modes.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) case: Case,
    pub(super) constraint: bool,
    /// With fewer hosts nobody could place all tasks, even if tasks could be cut in pieces.
    pub(super) least_hosts: u32,
    pub(super) ours: Figures,
    pub(super) peer: Vec<(&'static str, Figures)>,
}

impl Row {
    pub(super) fn suffix(&self) -> &'static str {
        if self.constraint { ", constraint" } else { "" }
    }
}

impl Case {
    pub(super) fn is_the_large_one(&self) -> bool {
        self.kind == "mixed" && self.hosts == 10_000 && self.tasks == 1_000
    }
}

/// Passes over 10,000 standing hosts, in milliseconds of a processor.
#[derive(Debug, Clone, Default)]
pub(super) struct Small {
    pub(super) full: f64,
    pub(super) one_offer: f64,
    pub(super) one_request: f64,
    pub(super) allocations_per_offer: f64,
}

impl Small {
    /// From the answers to `small` and to `allocations`.
    pub(super) fn of(times: &[f64], allocations: &[f64]) -> Option<Self> {
        let ([full, one_offer, one_request], [allocations_per_offer]) = (times, allocations) else {
            return None;
        };
        Some(Self {
            full: *full,
            one_offer: *one_offer,
            one_request: *one_request,
            allocations_per_offer: *allocations_per_offer,
        })
    }
}

/// How many hosts hold all tasks at the least, if the roomiest are taken and tasks could be cut in pieces.
pub(super) fn least_hosts(file: &Path) -> Result<u32, Failure> {
    let text = fs::read_to_string(file).map_err(|source| Failure::File {
        path: file.to_owned(),
        source,
    })?;
    let mut needs = [0.0, 0.0];
    let mut free = [Vec::new(), Vec::new()];
    for line in text.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let number = |at: usize| {
            fields
                .get(at)
                .and_then(|field| field.parse::<f64>().ok())
                .unwrap_or(0.0)
        };
        for kind in 0..2 {
            match fields.first() {
                Some(&"H") => free[kind].push(number(2 + kind) - number(4 + kind)),
                Some(&"T") => needs[kind] += number(2 + kind),
                _ => {}
            }
        }
    }
    Ok(needs
        .iter()
        .zip(&mut free)
        .map(|(need, free)| hosts_for(*need, free))
        .max()
        .unwrap_or(0))
}

fn hosts_for(mut need: f64, free: &mut [f64]) -> u32 {
    free.sort_by(|a, b| b.total_cmp(a));
    let mut hosts = 0;
    for room in free {
        // sums of tenths are not exact
        if need <= 1e-6 {
            break;
        }
        need -= *room;
        hosts += 1;
    }
    hosts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_from_both_answers() {
        let figures = Figures::of(
            &[5.0, 7.0, 4.0, 3.0, 20.0, 1.0],
            &[900.0, 0.5, 0.4, 300.0, 0.9, 0.8],
        )
        .unwrap();
        assert_eq!((figures.placed, figures.hosts, figures.calls), (900, 300, 20));
        assert!((figures.net() - 2.0).abs() < 1e-9);
        assert!(Figures::of(&[1.0], &[]).is_none());
    }

    #[test]
    fn the_roomiest_hosts_are_the_fewest() {
        assert_eq!(hosts_for(10.0, &mut [1.0, 6.0, 4.0]), 2);
        assert_eq!(hosts_for(0.0, &mut [1.0]), 0);
    }
}
