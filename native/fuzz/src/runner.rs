//! Runs a target on mutated inputs of its corpus, without a fuzzer's tools.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, io};

use crate::Target;
use crate::mutate::{Rng, mutate};

/// Inputs of new kinds are kept up to so many.
const POOL: usize = 4_096;
/// An input that takes longer is as bad as one that crashes.
const SLOW: Duration = Duration::from_secs(5);

/// How it went.
#[derive(Debug)]
pub struct Report {
    /// Inputs that were run.
    pub executions: u64,
    /// Inputs that were told apart by what the target says of them.
    pub kinds: usize,
    /// The input that broke a rule, and how.
    pub broken: Option<(Vec<u8>, String)>,
}

/// All files of a corpus, in the order of their names.
///
/// # Errors
/// When the folder cannot be read.
pub fn corpus(folder: &Path) -> io::Result<Vec<Vec<u8>>> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    files.iter().map(fs::read).collect()
}

/// Runs the corpus, and then mutated inputs for `time` or up to the first that breaks a rule.
pub fn fuzz(target: &Target, corpus: Vec<Vec<u8>>, seed: u64, time: Duration) -> Report {
    let mut rng = Rng::new(seed);
    let mut report = Report {
        executions: 0,
        kinds: 0,
        broken: None,
    };
    let mut kinds = HashSet::new();
    let mut pool = corpus;
    pool.push(Vec::new());
    for input in &pool {
        report.executions += 1;
        match tried(target, input) {
            Ok(kind) => drop(kinds.insert(kind)),
            Err(problem) => {
                report.broken = Some((input.clone(), problem));
                return report;
            }
        }
    }
    let end = Instant::now() + time;
    while Instant::now() < end {
        let mut input = pool[rng.below(pool.len())].clone();
        let other = rng.below(pool.len());
        mutate(&mut input, &pool[other], &mut rng);
        report.executions += 1;
        match tried(target, &input) {
            Ok(kind) if kinds.insert(kind) && pool.len() < POOL => pool.push(input),
            Ok(_) => {}
            Err(problem) => {
                report.broken = Some((input, problem));
                break;
            }
        }
    }
    report.kinds = kinds.len();
    report
}

fn tried(target: &Target, input: &[u8]) -> Result<u64, String> {
    let begin = Instant::now();
    let kind = catch_unwind(AssertUnwindSafe(|| (target.run)(input))).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .unwrap_or_else(|| "a panic without a text".to_owned())
    })?;
    match begin.elapsed() {
        took if took > SLOW => Err(format!("it takes {took:?}")),
        _ => Ok(kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_breaks_a_rule_is_found_and_given() {
        let target = Target {
            name: "test",
            run: |input| {
                assert!(input.first() != Some(&b'b'), "begins with b");
                input.len() as u64
            },
        };
        let report = fuzz(&target, vec![b"abc".to_vec()], 1, Duration::from_secs(20));
        let (input, problem) = report.broken.unwrap();
        assert_eq!((input[0], problem.as_str()), (b'b', "begins with b"));
        assert!(report.executions > 1);
    }
}
