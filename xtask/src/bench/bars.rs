//! What the figures have to be.

use super::measured::{Row, Small};

/// What a figure is compared with, and the outcome.
#[derive(Debug, Clone)]
pub(super) struct Verdict {
    pub(super) what: String,
    pub(super) measured: String,
    pub(super) bar: String,
    pub(super) held: bool,
}

/// For the case of 10,000 hosts and 1,000 tasks by the peer's mode: least ratio of the full call, and of what it costs above
/// taking the offers in.
const LARGE: [(&str, f64, f64); 3] = [
    ("exhaustive", 300.0, 150.0),
    ("goodenough=0.1", 100.0, 10.0),
    ("constraint", 300.0, 200.0),
];
/// In every other case with so many hosts.
const ELSEWHERE: f64 = 30.0;
const ELSEWHERE_HOSTS: u32 = 2_000;
const INCREMENTAL: f64 = 20.0;
/// Of a pass that has as many offers as one wants; growing tables by doubling would still be seen.
const ALLOCATIONS: f64 = 0.001;

/// Of all cases that the peer was asked for.
pub(super) fn speed(rows: &[Row]) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for row in rows {
        for (mode, peer) in &row.peer {
            let full = peer.median / row.ours.median;
            let what = format!("{}, {mode}", row.case.name());
            let large = LARGE.iter().find(|(name, _, _)| name == mode);
            match large.filter(|_| row.case.is_the_large_one()) {
                Some((_, least_full, least_net)) => {
                    let net = peer.net() / row.ours.net();
                    verdicts.push(ratio(format!("{what}: full call"), full, *least_full));
                    verdicts.push(ratio(format!("{what}: less offers only"), net, *least_net));
                }
                None if row.case.hosts >= ELSEWHERE_HOSTS => {
                    verdicts.push(ratio(format!("{what}: full call"), full, ELSEWHERE));
                }
                None => {}
            }
        }
    }
    verdicts
}

fn ratio(what: String, ratio: f64, least: f64) -> Verdict {
    Verdict {
        what,
        measured: format!("{ratio:.0}×"),
        bar: format!("≥ {least:.0}×"),
        // a ratio that is no number holds nothing
        held: ratio >= least,
    }
}

/// Speed is not bought with quality.
pub(super) fn quality(rows: &[Row]) -> Vec<Verdict> {
    rows.iter()
        .filter(|row| !row.peer.is_empty())
        .map(compared)
        .collect()
}

fn compared(row: &Row) -> Verdict {
    let ours = &row.ours;
    let peers = || row.peer.iter().map(|(_, figures)| figures);
    let most_placed = peers().map(|peer| peer.placed).max().unwrap_or(0);
    let most_cpu = peers().map(|peer| peer.cpu).fold(0.0, f64::max);
    let what = format!("{}{}", row.case.name(), row.suffix());
    if ours.placed.max(most_placed) < row.case.tasks {
        return Verdict {
            what: format!("{what}: tasks placed, CPUs filled"),
            measured: format!("{}, {:.4}", ours.placed, ours.cpu),
            bar: format!("≥ {most_placed}, ≥ {most_cpu:.4}"),
            held: ours.placed >= most_placed && ours.cpu >= most_cpu,
        };
    }
    let least_hosts = peers()
        .filter(|peer| peer.placed == row.case.tasks)
        .map(|peer| peer.hosts)
        .min()
        .unwrap_or(u32::MAX);
    let at_least = row.least_hosts;
    Verdict {
        what: format!("{what}: hosts touched, all placed"),
        measured: ours.hosts.to_string(),
        bar: format!("< {least_hosts} (no fewer than {at_least} can do)"),
        held: ours.placed == row.case.tasks && (ours.hosts < least_hosts || ours.hosts == at_least),
    }
}

/// One new offer or one new request, and what is allocated.
pub(super) fn small(small: &Small) -> Vec<Verdict> {
    vec![
        ratio(
            "one new offer on 10,000 standing hosts, against a full pass".into(),
            small.full / small.one_offer,
            INCREMENTAL,
        ),
        ratio(
            "one new request on 10,000 standing hosts, against a full pass".into(),
            small.full / small.one_request,
            INCREMENTAL,
        ),
        Verdict {
            what: "allocations per offer in the steady state".into(),
            measured: format!("{:.4}", small.allocations_per_offer),
            bar: format!("< {ALLOCATIONS}"),
            held: small.allocations_per_offer < ALLOCATIONS,
        },
    ]
}

/// Hosts and the processor's time of a full pass over them: against the first, none may have grown faster than n log n.
pub(super) fn growth(times: &[(u32, f64)]) -> Vec<Verdict> {
    let Some(((first_hosts, first), others)) = times.split_first() else {
        return Vec::new();
    };
    let cost = |hosts: u32| f64::from(hosts) * f64::from(hosts).ln();
    others
        .iter()
        .map(|(hosts, time)| {
            let grown = time / first;
            let most = cost(*hosts) / cost(*first_hosts);
            Verdict {
                what: format!("cost of {hosts} hosts against {first_hosts}"),
                measured: format!("{grown:.1}×"),
                bar: format!("≤ {most:.1}× (n log n)"),
                held: grown <= most,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::cases::Case;
    use super::super::measured::Figures;
    use super::*;

    fn figures(median: f64, offers_only: f64, placed: u32, hosts: u32) -> Figures {
        Figures {
            median,
            offers_only,
            placed,
            hosts,
            cpu: 0.5,
            ..Figures::default()
        }
    }

    fn row(hosts: u32, ours: Figures, peer: &[(&'static str, Figures)]) -> Row {
        Row {
            case: Case {
                kind: "mixed",
                hosts,
                tasks: 1_000,
                without_peer: None,
                constraint: false,
            },
            constraint: false,
            least_hosts: 300,
            ours,
            peer: peer.to_vec(),
        }
    }

    #[test]
    fn the_large_case_has_bars_of_its_own() {
        let ours = figures(5.0, 4.0, 1_000, 350);
        let peer = [("exhaustive", figures(1_700.0, 700.0, 1_000, 500))];
        let verdicts = speed(&[
            row(10_000, ours.clone(), &peer),
            row(2_000, ours.clone(), &peer),
            row(200, ours, &peer),
        ]);
        let told: Vec<(&str, bool)> = verdicts.iter().map(|v| (v.measured.as_str(), v.held)).collect();
        assert_eq!(told, [("340×", true), ("1000×", true), ("340×", true)]);
    }

    #[test]
    fn what_is_no_number_holds_no_bar() {
        assert!(!ratio("x".into(), f64::NAN, 1.0).held);
    }

    #[test]
    fn where_all_can_be_placed_hosts_count_and_else_tasks() {
        let all = figures(1.0, 0.0, 1_000, 350);
        let some = figures(1.0, 0.0, 900, 200);
        let held = |ours: &Figures, peer: &Figures| {
            quality(&[row(2_000, ours.clone(), &[("exhaustive", peer.clone())])])[0].held
        };
        assert!(held(&all, &figures(1.0, 0.0, 1_000, 351)));
        assert!(!held(&all, &figures(1.0, 0.0, 1_000, 350)));
        assert!(
            held(&figures(1.0, 0.0, 1_000, 300), &figures(1.0, 0.0, 1_000, 300)),
            "none can do with fewer"
        );
        assert!(!held(&some, &all), "the peer placed all");
        assert!(held(&some, &figures(1.0, 0.0, 900, 100)));
        assert!(!held(&some, &figures(1.0, 0.0, 901, 100)));
    }

    #[test]
    fn cost_may_grow_with_n_log_n() {
        let times = |last: f64| [(1_000, 1.0), (10_000, last)];
        assert!(growth(&times(13.0))[0].held);
        assert!(!growth(&times(13.5))[0].held);
    }
}
