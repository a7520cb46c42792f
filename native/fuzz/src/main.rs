//! The targets on the stable toolchain.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use mesos_fuzz::{TARGETS, Target, runner};

const USAGE: &str = "usage: mesos-fuzz [--seconds N] [--seed S] [--corpus FOLDER] [--input FILE] [TARGET ...]
  --seconds N      for each target (default 30)
  --seed S         for the mutations (default 1)
  --corpus FOLDER  a folder for each target (default native/fuzz/corpus)
  --input FILE     run only this input of the one target
Two targets run at a time. An input that breaks a rule is written to target/fuzz.";

struct Options {
    seconds: u64,
    seed: u64,
    corpus: PathBuf,
    input: Option<PathBuf>,
    targets: Vec<Target>,
}

fn main() -> ExitCode {
    let options = match options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("{problem}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    if let Some(input) = &options.input {
        return single(&options.targets, input);
    }
    // What a target panics with is told with its input.
    std::panic::set_hook(Box::new(|_| {}));
    let all = options.targets.chunks(2).map(|pair| {
        std::thread::scope(|scope| {
            let runs: Vec<_> = pair
                .iter()
                .map(|target| scope.spawn(|| one(target, &options)))
                .collect();
            runs.into_iter().all(|run| run.join().unwrap_or(false))
        })
    });
    // Each pair is run, whatever became of the one before.
    match all.fold(true, |good, pair| good & pair) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn options(mut words: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options {
        seconds: 30,
        seed: 1,
        corpus: Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus"),
        input: None,
        targets: Vec::new(),
    };
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        let number = |text: String| text.parse::<u64>().map_err(|_| format!("{text} is no number"));
        match word.as_str() {
            "--seconds" => options.seconds = number(value()?)?,
            "--seed" => options.seed = number(value()?)?,
            "--corpus" => options.corpus = value()?.into(),
            "--input" => options.input = Some(value()?.into()),
            name => match TARGETS.iter().find(|target| target.name == name) {
                Some(target) => options.targets.push(*target),
                None => return Err(format!("there is no target {name}")),
            },
        }
    }
    if options.input.is_some() && options.targets.len() != 1 {
        return Err("--input goes with one target".to_owned());
    }
    if options.targets.is_empty() {
        options.targets = TARGETS.to_vec();
    }
    Ok(options)
}

/// With the panic as it is, and where it comes from.
fn single(targets: &[Target], input: &Path) -> ExitCode {
    match std::fs::read(input) {
        Ok(bytes) => {
            for target in targets {
                println!("{}: kind {:016x}", target.name, (target.run)(&bytes));
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{}: {error}", input.display());
            ExitCode::FAILURE
        }
    }
}

/// False where a rule is broken.
fn one(target: &Target, options: &Options) -> bool {
    let folder = options.corpus.join(target.name);
    let corpus = match runner::corpus(&folder) {
        Ok(corpus) => corpus,
        Err(error) => {
            println!(
                "{:<14} its corpus {} cannot be read: {error}",
                target.name,
                folder.display()
            );
            return false;
        }
    };
    let begin = Instant::now();
    let report = runner::fuzz(target, corpus, options.seed, Duration::from_secs(options.seconds));
    let seconds = begin.elapsed().as_secs_f64();
    println!(
        "{:<14} {:>9} executions in {seconds:.0} s, {:.0}/s, {} kinds of inputs",
        target.name,
        report.executions,
        report.executions as f64 / seconds,
        report.kinds
    );
    let Some((input, problem)) = report.broken else {
        return true;
    };
    println!("{:<14} BROKEN: {problem}", target.name);
    match keep(target, &input) {
        Ok(file) => println!("{:<14} by {}: --input runs it again", target.name, file.display()),
        Err(error) => println!(
            "{:<14} its input cannot be written ({error}): {input:?}",
            target.name
        ),
    }
    false
}

fn keep(target: &Target, input: &[u8]) -> std::io::Result<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/fuzz");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{}-broken", target.name));
    std::fs::write(&file, input)?;
    Ok(file)
}
