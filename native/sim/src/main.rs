//! Runs many seeds, and shows the first that breaks a rule.

use mesos_sim::plan::Plan;
use mesos_sim::{Outcome, run, shrink::shrink};
use std::process::ExitCode;
use std::time::Instant;

const USAGE: &str = "usage: mesos-sim [--seeds N] [--from S] [--steps K] [--all] [--trace SEED] [--lines L]
  --seeds N     how many seeds to run (default 1000)
  --from S      the first of them (default 0)
  --steps K     at most so many things happen in a run before its calm (default 20000)
  --all         do not stop at the first that breaks a rule: list them all, without their traces
  --trace SEED  run only this seed, and show its last events
  --lines L     how many events are shown (default 150)";

struct Options {
    seeds: u64,
    from: u64,
    steps: u64,
    all: bool,
    trace: Option<u64>,
    lines: usize,
}

fn main() -> ExitCode {
    let options = match options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("{problem}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match options.trace {
        Some(seed) => show(Plan::from_seed(seed), &options),
        None => search(&options),
    }
}

fn options(mut words: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options {
        seeds: 1_000,
        from: 0,
        steps: 20_000,
        all: false,
        trace: None,
        lines: 150,
    };
    while let Some(word) = words.next() {
        let mut number = || {
            let text = words.next().ok_or_else(|| format!("{word} needs a number"))?;
            text.parse::<u64>()
                .map_err(|_| format!("{word} needs a number, not {text}"))
        };
        match word.as_str() {
            "--seeds" => options.seeds = number()?,
            "--from" => options.from = number()?,
            "--steps" => options.steps = number()?,
            "--lines" => options.lines = usize::try_from(number()?).unwrap_or(usize::MAX),
            "--all" => options.all = true,
            "--trace" => options.trace = Some(number()?),
            _ => return Err(format!("unknown option {word}")),
        }
    }
    Ok(options)
}

fn search(options: &Options) -> ExitCode {
    let began = Instant::now();
    let (mut turns, mut broken) = (0, 0_u64);
    for seed in options.from..options.from.saturating_add(options.seeds) {
        let plan = Plan::from_seed(seed);
        let outcome = run(plan.clone(), options.steps, false);
        turns += outcome.turns;
        let Some(violation) = &outcome.violation else {
            continue;
        };
        println!("seed {seed}: {violation}");
        broken += 1;
        if !options.all {
            return show_small(&plan, &outcome, options);
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    let verdict = match broken {
        0 => "no rule broken".to_owned(),
        some => format!("{some} seeds broke a rule"),
    };
    println!(
        "{} seeds from {} on, {turns} steps in {seconds:.1} s: {:.0} seeds/s, {:.0} steps/s, {verdict}",
        options.seeds,
        options.from,
        options.seeds as f64 / seconds,
        turns as f64 / seconds
    );
    match broken {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Makes a failing plan smaller, and shows its trace.
fn show_small(plan: &Plan, outcome: &Outcome, options: &Options) -> ExitCode {
    let small = shrink(plan, outcome, options.steps);
    println!(
        "smaller: {} errands, {} faults (seed {} has {} and {})",
        small.errands.len(),
        small.faults.len(),
        plan.seed,
        plan.errands.len(),
        plan.faults.len()
    );
    println!("errands {:?}\nfaults {:?}", small.errands, small.faults);
    show(small, options)
}

/// Runs a plan with its trace.
fn show(plan: Plan, options: &Options) -> ExitCode {
    let outcome = run(plan, options.steps, true);
    let from = outcome.trace.len().saturating_sub(options.lines);
    for line in &outcome.trace[from..] {
        println!("{line}");
    }
    match &outcome.violation {
        Some(violation) => {
            println!("{violation}");
            ExitCode::FAILURE
        }
        None => {
            println!("{} steps, no rule broken", outcome.turns);
            ExitCode::SUCCESS
        }
    }
}
