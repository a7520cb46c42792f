//! Measures the matcher and the way of offers to it, for `cargo xtask bench`; see [`USAGE`].

mod case;
mod decode;
mod figures;
mod generator;
mod matching;
mod offers;
mod serve;
mod small;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

pub use small::allocations_of_passes;

use case::CaseError;
use figures::Effort;
use generator::{Kind, generate};

const USAGE: &str = "\
mesos-bench generate KIND SEED HOSTS TASKS FILE
    KIND is mixed, nothing-fits, whale, ports, fixed-ports or full
mesos-bench serve [SECONDS]
    reads questions from standard input, one a line, and answers each with a line; fields are separated by tabs
    run MODE FILE ASSIGNMENTS     one pass over all offers and tasks of the file; MODE constraint: each task in its zone
    small FILE                    one new offer, one new request beside others that wait
    allocations FILE              in the steady state; mesos-bench-counted only
mesos-bench decode OFFERS [SECONDS]";

/// Does some work, and tells how often it asked for memory.
pub type Counter = fn(&mut dyn FnMut()) -> u64;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("not understood: {0}\n{USAGE}")]
    Usage(String),
    #[error(transparent)]
    Case(#[from] CaseError),
    #[error("{0}")]
    File(#[from] std::io::Error),
    #[error("an event that was encoded here cannot be decoded: {0}")]
    Decode(#[from] mesos_wire::DecodeError),
    #[error("not by this program, which does not count: {0}")]
    Uncounted(String),
    #[error("of the offers that were encoded here only {0} can be read")]
    Unreadable(usize),
}

/// Does what the command line says. Who has no counter cannot say how often memory is asked for; who has one is slower.
pub fn main(count: Option<Counter>) -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words.iter().map(String::as_str).collect::<Vec<_>>(), count) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("mesos-bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str], count: Option<Counter>) -> Result<(), Failure> {
    let usage = || Failure::Usage(words.join(" "));
    match words {
        ["generate", kind, seed, hosts, tasks, file] => {
            let kind = Kind::of(kind).ok_or_else(usage)?;
            let seed = seed.parse().map_err(|_| usage())?;
            let hosts = hosts.parse().map_err(|_| usage())?;
            let tasks = tasks.parse().map_err(|_| usage())?;
            std::fs::write(Path::new(file), generate(kind, seed, hosts, tasks))?;
            Ok(())
        }
        ["serve", rest @ ..] => serve::serve(effort(rest).ok_or_else(usage)?, count),
        ["decode", count, rest @ ..] => {
            let count = count.parse().map_err(|_| usage())?;
            decode::decode(count, effort(rest).ok_or_else(usage)?)
        }
        _ => Err(usage()),
    }
}

/// From the optional last word.
fn effort(words: &[&str]) -> Option<Effort> {
    let seconds = match words {
        [] => 2.0,
        [seconds] => seconds.parse().ok()?,
        _ => return None,
    };
    Some(Effort {
        time: Duration::try_from_secs_f64(seconds).ok()?,
        least: 20,
        most: 1000,
    })
}
