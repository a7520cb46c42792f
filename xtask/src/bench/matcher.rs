//! `cargo xtask bench matcher`: our matcher and Netflix Fenzo in a warmed-up JVM, taking turns on the same files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use testbed::tools;

use super::asked::Asked;
use super::bars;
use super::cases::{self, Case};
use super::load;
use super::measured::{Figures, Row, Small, least_hosts};
use super::ours;
use super::report::{self, Report};
use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::progress::Progress;

const SEED: &str = "42";
/// Fenzo evaluates on as many threads as the JVM sees processors.
const PROCESSORS: &str = "-XX:ActiveProcessorCount=2";

/// What takes turns.
struct Rivals {
    folder: PathBuf,
    program: PathBuf,
    ours: Asked,
    peer: Asked,
}

pub(super) fn run(root: &Path, words: &[String]) -> Result<(), Failure> {
    let mut arguments = Arguments::new(words);
    let quick = arguments.flag("--quick");
    let write = arguments.flag("--write");
    arguments.end()?;
    let mut progress = Progress::start();
    let before = load();
    let mut rivals = Rivals::start(root, quick)?;
    let mut rows = Vec::new();
    for case in cases::all(quick) {
        let file = rivals.generate(&case)?;
        rows.push(rivals.row(&case, &file, false)?);
        if case.constraint {
            rows.push(rivals.row(&case, &file, true)?);
        }
        if let Some(row) = rows.last() {
            progress.say(format!("{}: ours {:.3} ms", case.name(), row.ours.median));
        }
    }
    let small = rivals.small()?;
    let growth = rivals.growth()?;
    let verdicts = [
        bars::speed(&rows),
        bars::quality(&rows),
        bars::small(&small),
        bars::growth(&growth),
    ]
    .concat();
    let report = Report {
        load: format!("{before} before, {} after", load()),
        rows,
        small,
        growth,
        verdicts,
    };
    println!("{}", report.text());
    if write {
        report::write(root, "matcher", &report.markdown(quick))?;
    }
    report.outcome()
}

impl Rivals {
    fn start(root: &Path, quick: bool) -> Result<Self, Failure> {
        let folder = root.join("target/bench");
        let data = folder.join("data");
        fs::create_dir_all(&data).map_err(|source| Failure::File { path: data, source })?;
        let program = ours::build(root)?;
        let fenzo = folder.join("fenzo");
        let pom = root.join("tests/peers/fenzo/pom.xml");
        let mut maven = tools::maven(&pom);
        maven.arg(format!("-Dbench.folder={}", fenzo.display()));
        tools::run(maven.arg("process-classes"))?;
        // Where a call takes seconds, few are made: the table tells how many.
        let (seconds, least) = if quick { ("1", "2") } else { ("5", "3") };
        let mut java = Command::new(java());
        java.args(["-Xms4g", "-Xmx4g", "-XX:+UseParallelGC", PROCESSORS])
            .args([
                format!("-Dseconds={seconds}"),
                format!("-Dmin={least}"),
                "-cp".into(),
            ])
            .arg(format!("{0}/classes:{0}/lib/*", fenzo.display()))
            .arg("peers.fenzo.FenzoBench")
            .stderr(std::process::Stdio::null());
        let mut own = Command::new(&program);
        own.args(["serve", if quick { "0.5" } else { "1" }]);
        Ok(Self {
            ours: Asked::start("mesos-bench", &mut own, 1)?,
            peer: Asked::start("FenzoBench", &mut java, 2)?,
            folder,
            program,
        })
    }

    fn generate(&self, case: &Case) -> Result<PathBuf, Failure> {
        let file = self.folder.join("data").join(case.file());
        let mut command = Command::new(&self.program);
        command.args(["generate", case.kind, SEED]);
        command
            .args([case.hosts.to_string(), case.tasks.to_string()])
            .arg(&file);
        tools::run(&mut command)?;
        Ok(file)
    }

    /// The peer's modes, and ours in between.
    fn row(&mut self, case: &Case, file: &Path, constraint: bool) -> Result<Row, Failure> {
        let modes: &[&'static str] = match (case.without_peer, constraint) {
            (Some(_), _) => &[],
            (None, true) => &["constraint"],
            (None, false) => &["exhaustive", "goodenough=0.1"],
        };
        let mut peer = Vec::new();
        let mut ours = None;
        for mode in modes {
            let figures = figures(&mut self.peer, None, mode, file, &self.folder.join("fenzo.tsv"))?;
            peer.push((*mode, figures));
            if ours.is_none() {
                ours = Some(self.own(file, constraint)?);
            }
        }
        Ok(Row {
            case: *case,
            constraint,
            least_hosts: least_hosts(file)?,
            ours: match ours {
                Some(ours) => ours,
                None => self.own(file, constraint)?,
            },
            peer,
        })
    }

    fn own(&mut self, file: &Path, constraint: bool) -> Result<Figures, Failure> {
        let mode = if constraint { "constraint" } else { "exhaustive" };
        let assignments = self.folder.join("ours.tsv");
        figures(&mut self.ours, Some(&mut self.peer), mode, file, &assignments)
    }

    fn small(&mut self) -> Result<Small, Failure> {
        let file = self.generate(&large())?;
        let file = file.display().to_string();
        let times = self.ours.numbers(&["small", &file])?;
        let mut counted = Command::new(ours::counted(&self.program));
        let mut counted = Asked::start("mesos-bench-counted", counted.arg("serve"), 1)?;
        let allocations = counted.numbers(&["allocations", &file])?;
        Small::of(&times, &allocations)
            .ok_or_else(|| Failure::Outcome(format!("mesos-bench answers {times:?}, {allocations:?}")))
    }

    fn growth(&mut self) -> Result<Vec<(u32, f64)>, Failure> {
        let mut times = Vec::new();
        for hosts in cases::GROWTH {
            let case = Case {
                hosts,
                tasks: cases::GROWTH_TASKS,
                ..large()
            };
            let file = self.generate(&case)?;
            let figures = self.own(&file, false)?;
            times.push((hosts, figures.processor.unwrap_or(f64::NAN)));
        }
        Ok(times)
    }
}

/// Ten thousand hosts and a thousand tasks.
fn large() -> Case {
    Case {
        kind: "mixed",
        hosts: 10_000,
        tasks: 1_000,
        without_peer: None,
        constraint: true,
    }
}

/// Lets `asked` measure, and `judge` (or itself) judge what it did.
fn figures(
    asked: &mut Asked,
    judge: Option<&mut Asked>,
    mode: &str,
    file: &Path,
    assignments: &Path,
) -> Result<Figures, Failure> {
    let (file, assignments) = (file.display().to_string(), assignments.display().to_string());
    let run = asked.numbers(&["run", mode, &file, &assignments])?;
    let judged = judge
        .unwrap_or(asked)
        .numbers(&["check", mode, &file, &assignments])?;
    Figures::of(&run, &judged)
        .ok_or_else(|| Failure::Outcome(format!("answers without figures: {run:?}, {judged:?}")))
}

/// The one of `JAVA_HOME`, or else of the search path.
fn java() -> PathBuf {
    std::env::var_os("JAVA_HOME").map_or_else(|| "java".into(), |home| Path::new(&home).join("bin/java"))
}
