//! Tables and verdicts, on the screen and in `docs/performance.md`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::bars::Verdict;
use super::cases::thousands;
use super::machine::machine;
use super::measured::{Figures, Row, Small};
use crate::failure::Failure;

/// What a run has found.
pub(super) struct Report {
    pub(super) load: String,
    pub(super) rows: Vec<Row>,
    pub(super) small: Small,
    pub(super) growth: Vec<(u32, f64)>,
    pub(super) verdicts: Vec<Verdict>,
}

const HEAD: [&str; 12] = [
    "case",
    "matcher",
    "median ms",
    "p99 ms",
    "net ms",
    "calls",
    "full ratio",
    "net ratio",
    "placed",
    "CPU",
    "memory",
    "hosts",
];

impl Report {
    /// For a terminal.
    pub(super) fn text(&self) -> String {
        let mut text = String::from("\n");
        for cells in std::iter::once(HEAD.map(str::to_owned)).chain(self.cells()) {
            let [case, matcher, rest @ ..] = cells;
            line(&mut text, &format!("{case:<34} {matcher:<15} {}", aligned(&rest)));
        }
        line(&mut text, "");
        for told in self.besides() {
            line(&mut text, &told);
        }
        line(&mut text, "");
        for verdict in &self.verdicts {
            line(&mut text, &told(verdict));
        }
        line(&mut text, &format!("\nload of this machine: {}", self.load));
        text
    }

    /// A section of `docs/performance.md`.
    pub(super) fn markdown(&self, quick: bool) -> String {
        let mut text = format!("{}; load {}.{}\n\n", machine(), self.load, short(quick));
        table_head(&mut text, &HEAD);
        for cells in self.cells() {
            table_row(&mut text, &cells);
        }
        line(&mut text, "");
        for told in self.besides() {
            line(&mut text, &format!("- {told}"));
        }
        line(&mut text, "");
        verdicts(&mut text, &self.verdicts);
        text
    }

    /// An error if a bar is missed.
    pub(super) fn outcome(&self) -> Result<(), Failure> {
        outcome(&self.verdicts)
    }

    fn cells(&self) -> Vec<[String; 12]> {
        let mut cells = Vec::new();
        for row in &self.rows {
            let case = format!("{}{}", row.case.name(), row.suffix());
            for (mode, peer) in &row.peer {
                let full = peer.median / row.ours.median;
                let net = peer.net() / row.ours.net();
                cells.push(figures(
                    &case,
                    &format!("Fenzo {}", short_mode(mode)),
                    peer,
                    Some((full, net)),
                ));
            }
            cells.push(figures(&case, "ours", &row.ours, None));
        }
        cells
    }

    fn besides(&self) -> Vec<String> {
        let mut told: Vec<String> = Vec::new();
        let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
        for row in self.rows.iter().filter(|row| !row.constraint) {
            if let Some(reason) = row.case.without_peer {
                match reasons.iter_mut().find(|(known, _)| *known == reason) {
                    Some((_, names)) => names.push(row.case.name()),
                    None => reasons.push((reason, vec![row.case.name()])),
                }
            }
        }
        told.extend(
            reasons
                .iter()
                .map(|(reason, names)| format!("without Fenzo: {} ({reason})", names.join("; "))),
        );
        let from_bytes: Vec<String> = self
            .rows
            .iter()
            .filter(|row| row.case.kind == "mixed" && !row.constraint)
            .filter_map(|row| Some((row.case.name(), row.ours.from_bytes?)))
            .map(|(name, time)| format!("{name} {} ms", millis(time)))
            .collect();
        told.push(format!(
            "ours with the reading of all offers, of agents that are all new (in no ratio): {}",
            from_bytes.join("; ")
        ));
        let small = &self.small;
        told.push(format!(
            "10,000 standing hosts, processor's time: all offers and 1,000 requests anew {:.3} ms; with 100 requests that wait in vain, each told why: one new offer {:.4} ms, one new request {:.4} ms",
            small.full, small.one_offer, small.one_request
        ));
        let growth: Vec<String> = self
            .growth
            .iter()
            .map(|(hosts, time)| format!("{} hosts {time:.3} ms", thousands(*hosts)))
            .collect();
        told.push(format!(
            "growth with 1,000 tasks, processor's time: {}",
            growth.join(", ")
        ));
        told
    }
}

/// An error if a bar is missed.
pub(super) fn outcome(verdicts: &[Verdict]) -> Result<(), Failure> {
    match verdicts.iter().filter(|verdict| !verdict.held).count() {
        0 => Ok(()),
        missed => Err(Failure::Outcome(format!(
            "{missed} of {} bars are missed",
            verdicts.len()
        ))),
    }
}

/// A table of bars.
pub(super) fn verdicts(text: &mut String, verdicts: &[Verdict]) {
    table_head(text, &["bar", "measured", "at stake", "verdict"]);
    for verdict in verdicts {
        let cells = [&verdict.what, &verdict.measured, &verdict.bar].map(String::clone);
        let [what, measured, bar] = cells;
        table_row(text, &[what, measured, bar, word(verdict).to_owned()]);
    }
}

/// Puts a section into `docs/performance.md`, in place of what stood there.
pub(super) fn write(root: &Path, section: &str, markdown: &str) -> Result<(), Failure> {
    let path = root.join("docs/performance.md");
    let failed = |source| Failure::File {
        path: path.clone(),
        source,
    };
    let text = fs::read_to_string(&path).map_err(failed)?;
    let new = replaced(&text, section, markdown)
        .ok_or_else(|| Failure::Outcome(format!("docs/performance.md has no place for {section}")))?;
    fs::write(&path, new).map_err(failed)
}

/// The text with everything between the section's two marks replaced.
fn replaced(text: &str, section: &str, markdown: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- {section} -->\n"), format!("<!-- /{section} -->\n"));
    let (before, rest) = text.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}{markdown}{end}{after}"))
}

fn figures(case: &str, matcher: &str, figures: &Figures, ratios: Option<(f64, f64)>) -> [String; 12] {
    let ratio = |pick: fn((f64, f64)) -> f64| {
        ratios.map_or_else(String::new, |ratios| format!("{:.0}×", pick(ratios)))
    };
    [
        case.to_owned(),
        matcher.to_owned(),
        millis(figures.median),
        millis(figures.p99),
        millis(figures.net()),
        figures.calls.to_string(),
        ratio(|(full, _)| full),
        ratio(|(_, net)| net),
        figures.placed.to_string(),
        format!("{:.4}", figures.cpu),
        format!("{:.4}", figures.mem),
        figures.hosts.to_string(),
    ]
}

/// Three figures that count.
pub(super) fn millis(value: f64) -> String {
    let decimals = match value {
        value if value >= 100.0 => 0,
        value if value >= 10.0 => 1,
        value if value >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.decimals$}")
}

fn short_mode(mode: &str) -> &str {
    match mode {
        "goodenough=0.1" => "good enough",
        other => other,
    }
}

pub(super) fn short(quick: bool) -> &'static str {
    if quick { " A short run." } else { "" }
}

/// A verdict as a line for a terminal.
pub(super) fn told(verdict: &Verdict) -> String {
    format!(
        "{:<66} {:>26}  {:<40} {}",
        verdict.what,
        verdict.measured,
        verdict.bar,
        word(verdict)
    )
}

fn word(verdict: &Verdict) -> &'static str {
    if verdict.held { "ok" } else { "**MISSED**" }
}

fn aligned(cells: &[String]) -> String {
    cells
        .iter()
        .map(|cell| format!("{cell:>10}"))
        .collect::<Vec<_>>()
        .join(" ")
}

pub(super) fn table_head(text: &mut String, cells: &[&str]) {
    line(text, &format!("| {} |", cells.join(" | ")));
    line(text, &format!("|{}", "---|".repeat(cells.len())));
}

pub(super) fn table_row(text: &mut String, cells: &[String]) {
    line(text, &format!("| {} |", cells.join(" | ")));
}

pub(super) fn line(text: &mut String, words: &str) {
    // writing to a String cannot fail
    let _ = writeln!(text, "{words}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_replaced_and_the_rest_stays() {
        let text = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n<!-- y -->\n<!-- /y -->\n";
        let new = replaced(text, "x", "new\n").unwrap();
        assert_eq!(
            new,
            "a\n<!-- x -->\nnew\n<!-- /x -->\nb\n<!-- y -->\n<!-- /y -->\n"
        );
        assert!(replaced(text, "z", "").is_none());
    }

    #[test]
    fn times_have_three_figures() {
        let told: Vec<String> = [1690.4, 56.25, 5.678, 0.4321].map(millis).to_vec();
        assert_eq!(told, ["1690", "56.2", "5.68", "0.432"]);
    }
}
