//! Our driver with nothing round it, to be measured beside the C++ one: see [`USAGE`].
//!
//! The way is the product's: a [`Cloud`] with its two threads, the protobuf stream, the core, the ledger synced to disk in
//! `FOLDER`, and one thread that takes events in batches and writes them as the JNI border does.

mod figures;
mod run;

use std::process::ExitCode;

use figures::Figures;

const USAGE: &str = "\
mesos-bench-driver offers MASTER FOLDER SECONDS
    declines every offer at once, since none is large enough for what waits
mesos-bench-driver tasks MASTER FOLDER COUNT EXECUTOR
    that many tasks, served by one executor on each Mesos agent, until all have ended
Prints a line of names and a line of figures, separated by tabs.";

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("not understood: {0}\n{USAGE}")]
    Usage(String),
    #[error("the configuration: {0}")]
    Config(#[from] serde_json::Error),
    #[error("{0}")]
    System(#[from] std::io::Error),
    #[error(transparent)]
    Cloud(#[from] mesos_client::CloudError),
    #[error("{0}")]
    Late(String),
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match measure(&words) {
        Ok(figures) => {
            println!("{figures}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("mesos-bench-driver: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn measure(words: &[&str]) -> Result<Figures, Failure> {
    let number = |text: &str| {
        text.parse::<u32>()
            .map_err(|_| Failure::Usage(format!("{text} is no number")))
    };
    match words {
        ["offers", master, folder, seconds] => run::offers(master, folder, number(seconds)?),
        ["tasks", master, folder, count, executor] => run::tasks(master, folder, number(count)?, executor),
        _ => Err(Failure::Usage(words.join(" "))),
    }
}
