//! `cargo xtask test`: every check, from the cheapest to the dearest, and one summary.
//!
//! Steps run in two lanes beside each other. One that fails does not stop those that do not need it; the exit code tells.
//! `--only a,b` runs some of the steps, `--list` names them. `--host jenkins` chooses the cases on today's Jenkins instead,
//! `--faults` all real faults.

mod faults;
mod jenkins;
mod lanes;
mod optimized;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use lanes::{Ended, Lane};

/// What a step counted, as its tool printed it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Count {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Count {
    fn add(&mut self, other: Count) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

enum Outcome {
    Passed,
    Failed(String),
    /// Not run, with the step that it needed.
    Blocked(&'static str),
}

struct Step {
    name: &'static str,
    lane: Lane,
    /// The step without which this one says nothing.
    needs: Option<&'static str>,
    run: fn(&Path) -> Result<Count, String>,
}

/// In the order in which each lane runs them.
const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        lane: Lane::Work,
        needs: None,
        run: |root| tool(root, "cargo", &["fmt", "--all", "--check"]),
    },
    Step {
        name: "clippy",
        lane: Lane::Work,
        needs: None,
        run: clippy,
    },
    Step {
        name: "deny",
        lane: Lane::Work,
        needs: None,
        run: deny,
    },
    Step {
        name: "unit",
        lane: Lane::Work,
        needs: None,
        run: unit,
    },
    Step {
        name: "simulation",
        lane: Lane::Work,
        needs: None,
        run: simulation,
    },
    Step {
        name: "fuzz",
        lane: Lane::Work,
        needs: None,
        run: fuzz,
    },
    Step {
        name: "containers",
        lane: Lane::Work,
        needs: Some("package"),
        run: |root| end_to_end(root, &in_containers()),
    },
    Step {
        name: "package",
        lane: Lane::Beds,
        needs: None,
        run: package,
    },
    Step {
        name: "maven",
        lane: Lane::Beds,
        needs: Some("package"),
        run: maven,
    },
    Step {
        name: "wire-schema",
        lane: Lane::Beds,
        needs: None,
        run: wire_schema,
    },
    Step {
        name: "jni",
        lane: Lane::Beds,
        needs: Some("package"),
        run: jni,
    },
    Step {
        name: "testbed",
        lane: Lane::Beds,
        needs: None,
        run: testbed,
    },
    Step {
        name: "end-to-end",
        lane: Lane::Beds,
        needs: Some("package"),
        run: |root| end_to_end(root, &without_containers()),
    },
    Step {
        name: "faults",
        lane: Lane::Beds,
        needs: Some("testbed"),
        run: faults::quick,
    },
];

/// Seeds that every run of the suite simulates; a longer hunt is `cargo xtask sim`.
const SEEDS: &str = "20000";

/// Runs the steps that `arguments` choose.
pub(crate) fn run(root: &Path, arguments: &[String]) -> ExitCode {
    if let [first, words @ ..] = arguments
        && first == "--faults"
    {
        return faults::run(root, words);
    }
    let (arguments, today) = match host(arguments) {
        Ok(chosen) => chosen,
        Err(problem) => {
            eprintln!("xtask test: {problem}");
            return ExitCode::from(2);
        }
    };
    let steps = if today { jenkins::STEPS } else { STEPS };
    let mut chosen: Vec<&Step> = steps.iter().collect();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--list" => {
                for step in steps {
                    println!("{}", step.name);
                }
                return ExitCode::SUCCESS;
            }
            "--only" => {
                let names: Vec<&str> = rest
                    .next()
                    .map(|list| list.split(',').collect())
                    .unwrap_or_default();
                if let Some(wrong) = names
                    .iter()
                    .find(|name| steps.iter().all(|step| step.name != **name))
                {
                    eprintln!("xtask test: there is no step {wrong:?}; --list names them");
                    return ExitCode::from(2);
                }
                chosen.retain(|step| names.contains(&step.name));
            }
            other => {
                eprintln!(
                    "xtask test: unknown option {other:?}; known are --faults, --host jenkins, --list and --only STEP[,STEP]"
                );
                return ExitCode::from(2);
            }
        }
    }
    if let Some(problem) = today.then(jenkins::missing).flatten() {
        eprintln!("xtask test --host jenkins: {problem}");
        return ExitCode::from(2);
    }
    let begin = Instant::now();
    let results = lanes::run(root, &chosen);
    summary(&results, begin.elapsed())
}

/// Takes `--host` from the arguments: the rest, and whether it is today's Jenkins.
fn host(arguments: &[String]) -> Result<(Vec<String>, bool), String> {
    let mut rest = arguments.to_vec();
    let Some(at) = rest.iter().position(|word| word == "--host") else {
        return Ok((rest, false));
    };
    match rest.get(at + 1).map(String::as_str) {
        Some("jenkins") => {
            rest.drain(at..at + 2);
            Ok((rest, true))
        }
        other => Err(format!(
            "--host can be jenkins, not {:?}; without it the cases run in the old host",
            other.unwrap_or_default()
        )),
    }
}

fn summary(results: &[Ended], took: Duration) -> ExitCode {
    println!("\n=== summary");
    let mut total = Count::default();
    for Ended {
        name,
        outcome,
        count,
        took: time,
    } in results
    {
        let words = match outcome {
            Outcome::Passed => "ok".to_owned(),
            Outcome::Failed(why) => format!("FAILED: {why}"),
            Outcome::Blocked(needed) => format!("NOT RUN: {needed} failed"),
        };
        let tests = match count.passed + count.skipped {
            0 => String::new(),
            _ => format!("{} tests", count.passed),
        };
        println!("{name:<12} {:>7.1} s  {tests:>12}  {words}", time.as_secs_f64());
        // A check without tests of its own (fmt, clippy, …) counts as one.
        total.add(match outcome {
            Outcome::Passed if count.passed == 0 => Count { passed: 1, ..*count },
            Outcome::Passed => *count,
            _ => Count {
                failed: count.failed.max(1),
                ..*count
            },
        });
    }
    println!("in {:.0} s", took.as_secs_f64());
    println!(
        "{} passed, {} failed, {} skipped",
        total.passed, total.failed, total.skipped
    );
    if total.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn clippy(root: &Path) -> Result<Count, String> {
    tool(
        root,
        "cargo",
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--quiet",
            "--",
            "-D",
            "warnings",
        ],
    )
}

/// Licences, sources and bans; advisories need a network that a build machine may lack.
fn deny(root: &Path) -> Result<Count, String> {
    let tools = root.join("target/tools");
    let deny = tools.join("bin/cargo-deny");
    if !deny.exists() {
        println!("building cargo-deny (once, some minutes)");
        let tools = tools.to_string_lossy().into_owned();
        let install = [
            "install",
            "--quiet",
            // It reads some hundred manifests: an optimized build would take longer than it saves.
            "--debug",
            "cargo-deny",
            "--version",
            "0.20.2",
            "--locked",
            "--root",
            tools.as_str(),
        ];
        tool(root, "cargo", &install)?;
    }
    tool(
        root,
        &deny.to_string_lossy(),
        &["--log-level", "error", "check", "bans", "licenses", "sources"],
    )
}

fn unit(root: &Path) -> Result<Count, String> {
    tool(
        root,
        "cargo",
        &[
            "test",
            "--workspace",
            "--exclude",
            "e2e",
            "--exclude",
            "today",
            "--quiet",
            "--no-fail-fast",
        ],
    )
}

fn simulation(root: &Path) -> Result<Count, String> {
    let program = optimized::program(root, "mesos-sim")?;
    tool(root, &program, &["--seeds", SEEDS, "--from", "1"])
}

/// Each target for half a minute, two at a time; `cargo xtask fuzz` is longer.
fn fuzz(root: &Path) -> Result<Count, String> {
    let program = optimized::program(root, "mesos-fuzz")?;
    tool(root, &program, &["--seconds", "30"])
}

fn package(root: &Path) -> Result<Count, String> {
    crate::package::package(root)
        .map(|()| Count::default())
        .map_err(|error| error.to_string())
}

/// The tests in the host's own harness, and the link check. The signatures of a later Jenkins are no part of the
/// repository: without them the link check says that it was skipped.
fn maven(root: &Path) -> Result<Count, String> {
    let mut arguments = vec!["-B".to_owned(), "-ntp".to_owned(), "verify".to_owned()];
    let signatures = std::env::var_os("JENKINS_SIGNATURES").map_or_else(
        || root.join("../shared/reference/jenkins-api/signatures-2.541.3.txt"),
        std::path::PathBuf::from,
    );
    if signatures.is_file() {
        arguments.push(format!("-Dlinkcheck.signatures={}", signatures.display()));
    } else {
        println!("the link check will be skipped: JENKINS_SIGNATURES names no list of signatures");
    }
    if let Some(plugins) = std::env::var_os("JENKINS_PLUGINS") {
        arguments.push(format!(
            "-Dlinkcheck.plugins={}",
            std::path::Path::new(&plugins).display()
        ));
    }
    tool(
        root,
        "mvn",
        &arguments.iter().map(String::as_str).collect::<Vec<_>>(),
    )
}

/// Every field of our schema against the descriptors that Mesos itself ships.
fn wire_schema(root: &Path) -> Result<Count, String> {
    let file = root.join("target/wire-descriptors.bin");
    let file = file.to_string_lossy();
    tool(
        root,
        "cargo",
        &[
            "run",
            "--quiet",
            "-p",
            "mesos-wire",
            "--example",
            "descriptors",
            "--",
            &file,
        ],
    )?;
    tool(
        root,
        "mvn",
        &["-B", "-ntp", "-f", "tests/wire-schema/pom.xml", "test"],
    )
}

fn jni(root: &Path) -> Result<Count, String> {
    tool(root, "bash", &["tests/jni/run.sh"])
}

/// The real servers are set up before the cases, so that a case's time is its own.
fn testbed(root: &Path) -> Result<Count, String> {
    tool(root, "cargo", &["xtask", "testbed", "setup"])
}

/// The groups of cases in `tests/e2e/tests`, by the names of their files.
fn groups(chosen: fn(&str) -> bool) -> Vec<String> {
    let folder = testbed::paths::repository().join("tests/e2e/tests");
    let names = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut groups: Vec<String> = names
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".rs").map(str::to_owned))
        .filter(|name| chosen(name))
        .collect();
    groups.sort();
    groups
}

/// Those that need the Docker engine.
fn in_containers() -> Vec<String> {
    groups(|name| name.contains("containers"))
}

fn without_containers() -> Vec<String> {
    groups(|name| !name.contains("containers"))
}

fn end_to_end(root: &Path, groups: &[String]) -> Result<Count, String> {
    // The tests of what the cases share come with either half: they take no time.
    let mut arguments = vec!["test", "-p", "e2e", "--no-fail-fast", "--lib"];
    for group in groups {
        arguments.extend(["--test", group]);
    }
    arguments.extend(["--", "--test-threads=1", "--nocapture"]);
    tool(root, "cargo", &arguments)
}

/// Runs a tool, shows what it prints, and counts the tests that it says it ran.
fn tool(root: &Path, program: &str, arguments: &[&str]) -> Result<Count, String> {
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{program} does not start: {error}"))?;
    let mut count = Count::default();
    let step = thread::current().name().unwrap_or_default().to_owned();
    if let Some(output) = child.stdout.take() {
        let mut out = std::io::stdout();
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            count.add(counted(&line));
            // A closed standard output is no reason to stop the tests.
            let _ = writeln!(out, "[{step}] {line}");
        }
    }
    let status = child.wait().map_err(|error| format!("{program}: {error}"))?;
    if status.success() || count.failed > 0 {
        Ok(count)
    } else {
        Err(format!(
            "{program} {}: {status}",
            arguments.first().unwrap_or(&"")
        ))
    }
}

/// Reads the closing lines of `cargo test` («test result: ok. 3 passed; 0 failed; 1 ignored; …») and of Surefire
/// («Tests run: 3, Failures: 0, Errors: 0, Skipped: 0» without «Time elapsed», which closes each class).
fn counted(line: &str) -> Count {
    let number = |before: &str, after: &str| -> u64 {
        let part = match (before.is_empty(), line.split_once(before)) {
            (false, Some((_, rest))) => rest,
            _ => line,
        };
        let part = part.split(after).next().unwrap_or("");
        part.trim()
            .rsplit(' ')
            .next()
            .and_then(|digits| digits.parse().ok())
            .unwrap_or(0)
    };
    if line.starts_with("test result:") {
        Count {
            passed: number(". ", " passed"),
            failed: number("passed; ", " failed"),
            skipped: number("failed; ", " ignored"),
        }
    } else if line.contains("Tests run: ") && !line.contains("Time elapsed") {
        let field = |name: &str| number(name, ",");
        let bad = field("Failures: ") + field("Errors: ");
        let skipped = field("Skipped: ");
        Count {
            passed: field("Tests run: ").saturating_sub(bad + skipped),
            failed: bad,
            skipped,
        }
    } else {
        Count::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_line_of_cargo_test_is_counted() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        assert_eq!(
            counted(line),
            Count {
                passed: 12,
                failed: 3,
                skipped: 1
            }
        );
    }

    #[test]
    fn the_closing_line_of_surefire_is_counted_but_not_those_of_its_classes() {
        let all = "[ERROR] Tests run: 9, Failures: 1, Errors: 2, Skipped: 1";
        assert_eq!(
            counted(all),
            Count {
                passed: 5,
                failed: 3,
                skipped: 1
            }
        );
        let class = "Tests run: 4, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 1.2 s -- in demo.Test";
        assert_eq!(counted(class), Count::default());
    }

    #[test]
    fn the_host_is_taken_from_the_arguments() {
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(
            host(&words("--only a --host jenkins")),
            Ok((words("--only a"), true))
        );
        assert_eq!(host(&words("--list")), Ok((words("--list"), false)));
        assert!(host(&words("--host hudson")).is_err());
        assert!(host(&words("--host")).is_err());
    }

    #[test]
    fn every_group_of_cases_is_in_one_of_the_two_steps() {
        let (inside, outside) = (in_containers(), without_containers());
        assert!(inside.len() > 3 && outside.len() > 5, "{inside:?} {outside:?}");
        assert!(outside.contains(&"builds".to_owned()));
        assert!(inside.contains(&"local_containers".to_owned()));
    }

    #[test]
    fn a_line_that_is_neither_counts_nothing() {
        assert_eq!(counted("running 3 tests"), Count::default());
    }

    #[test]
    fn each_step_needs_only_what_its_lane_runs_before_it_or_what_another_lane_runs() {
        for steps in [STEPS, jenkins::STEPS] {
            for (index, step) in steps.iter().enumerate() {
                let Some(needed) = step.needs else { continue };
                let at = steps.iter().position(|other| other.name == needed);
                let at = at.unwrap_or_else(|| panic!("{} needs {needed}", step.name));
                assert!(steps[at].lane != step.lane || at < index, "{}", step.name);
                // No lane waits for one that waits for it.
                assert!(
                    steps[at].lane == Lane::Beds || steps[at].lane == step.lane,
                    "{}",
                    step.name
                );
            }
        }
    }
}
