//! `cargo xtask bench decode`: from the bytes of an OFFERS event to what the matcher can use.

use std::path::Path;
use std::process::Command;

use testbed::tools;

use super::bars::Verdict;
use super::cases::thousands;
use super::machine::machine;
use super::report::{self, millis, short, verdicts};
use super::{load, ours};
use crate::arguments::Arguments;
use crate::failure::Failure;

/// Offers of an event; the last has a bar.
const OFFERS: [u32; 3] = [100, 1_000, 10_000];
/// Microseconds an offer.
const MOST: f64 = 3.0;

/// Of one event; times in milliseconds.
struct Event {
    offers: u32,
    bytes: f64,
    median: f64,
    p99: f64,
    parsing: f64,
    /// What the thread had of a processor: less than the median where others use the machine.
    processor: f64,
    /// The same when the agents are seen for the first time.
    strange: f64,
}

impl Event {
    /// Microseconds an offer.
    fn each(&self, millis: f64) -> f64 {
        millis * 1_000.0 / f64::from(self.offers)
    }
}

pub(super) fn run(root: &Path, words: &[String]) -> Result<(), Failure> {
    let mut arguments = Arguments::new(words);
    let quick = arguments.flag("--quick");
    let write = arguments.flag("--write");
    arguments.end()?;
    let before = load();
    let program = ours::build(root)?;
    let mut events = Vec::new();
    for offers in OFFERS {
        let mut command = Command::new(&program);
        command.args(["decode", &offers.to_string(), if quick { "0.5" } else { "5" }]);
        events.push(event(offers, &tools::run(&mut command)?)?);
    }
    let verdicts: Vec<Verdict> = events.last().map(bar).into_iter().collect();
    let load = format!("{before} before, {} after", load());
    for event in &events {
        println!("{}", told(event));
    }
    for verdict in &verdicts {
        println!("{}", report::told(verdict));
    }
    println!("load of this machine: {load}");
    if write {
        report::write(root, "decode", &markdown(&events, &verdicts, &load, quick))?;
    }
    report::outcome(&verdicts)
}

/// From the second line that the program prints.
fn event(offers: u32, output: &str) -> Result<Event, Failure> {
    let numbers: Vec<f64> = output
        .lines()
        .nth(1)
        .unwrap_or_default()
        .split('\t')
        .filter_map(|field| field.parse().ok())
        .collect();
    match numbers.as_slice() {
        [_, bytes, median, p99, parsing, processor, strange] => Ok(Event {
            offers,
            bytes: *bytes,
            median: *median,
            p99: *p99,
            parsing: *parsing,
            processor: *processor,
            strange: *strange,
        }),
        _ => Err(Failure::Outcome(format!("mesos-bench decode prints {output}"))),
    }
}

fn bar(event: &Event) -> Verdict {
    let each = event.each(event.median);
    Verdict {
        what: format!(
            "an OFFERS event of {} offers, from bytes to matchable",
            thousands(event.offers)
        ),
        measured: format!("{each:.2} µs an offer"),
        bar: format!("< {MOST} µs an offer"),
        held: each < MOST,
    }
}

fn told(event: &Event) -> String {
    format!(
        "{} offers, {:.0} bytes each: {} ms, p99 {} ms; {:.2} µs an offer, {:.2} of it taking the event \
         apart; processor {:.2}; {:.2} when the agents are new",
        thousands(event.offers),
        event.bytes / f64::from(event.offers),
        millis(event.median),
        millis(event.p99),
        event.each(event.median),
        event.each(event.parsing),
        event.each(event.processor),
        event.each(event.strange)
    )
}

fn markdown(events: &[Event], bars: &[Verdict], load: &str, quick: bool) -> String {
    let mut text = format!("{}; load {load}.{}\n\n", machine(), short(quick));
    for event in events {
        text.push_str(&format!("- {}\n", told(event)));
    }
    text.push('\n');
    verdicts(&mut text, bars);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_figures_is_read() {
        let read = event(
            10_000,
            "offers\tbytes\n10000\t5000000\t25.0\t30.0\t20.0\t24.0\t40.0\n",
        )
        .unwrap();
        let verdict = bar(&read);
        assert_eq!(
            (verdict.measured.as_str(), verdict.held),
            ("2.50 µs an offer", true)
        );
        assert!(event(10, "nothing").is_err());
    }
}
