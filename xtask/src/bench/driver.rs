//! `cargo xtask bench driver`: our driver and the C++ one of libmesos, taking turns on the same clusters.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use testbed::{AgentSpec, Cluster, ClusterSpec, MesosHome, tools};

use super::bars::Verdict;
use super::load;
use super::machine::machine;
use super::report::{self, line, short, table_head, table_row, verdicts};
use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::library;
use crate::progress::Progress;

/// Of the peer's processor time per offer.
const SHARE_OF_OFFERS: f64 = 1.0 / 3.0;
/// Of the peer's processor time per task.
const SHARE_OF_TASKS: f64 = 1.0;
/// Milliseconds from the start to SUBSCRIBED.
const REGISTERED: f64 = 20.0;
/// Bytes of the stripped library: decimal megabytes, the stricter reading.
const LIBRARY: f64 = 8e6;
/// Of the process with the driver and nothing else, at its peak.
const MEMORY: f64 = 15e6;
const TASKS: u32 = 3_000;

/// What is done on one kind of cluster.
struct Case {
    name: &'static str,
    interval: &'static str,
    agents: usize,
    agent: AgentSpec,
    work: Work,
}

#[derive(Clone, Copy)]
enum Work {
    Offers { seconds: u32 },
    Tasks,
}

impl Work {
    fn unit(self) -> &'static str {
        match self {
            Work::Offers { .. } => "offers",
            Work::Tasks => "tasks",
        }
    }
}

/// What one program printed of one run.
#[derive(Clone, Default)]
struct Run(BTreeMap<String, f64>);

impl Run {
    /// From a line of names and one of figures.
    fn read(output: &str) -> Option<Self> {
        let mut lines = output.lines().map(|line| line.split('\t'));
        let (names, figures) = (lines.next()?, lines.next()?);
        let run: BTreeMap<String, f64> = names
            .zip(figures)
            .filter_map(|(name, figure)| Some((name.to_owned(), figure.parse().ok()?)))
            .collect();
        run.contains_key("cpu_s").then_some(Self(run))
    }

    fn get(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or(f64::NAN)
    }

    /// Processor seconds for a thousand offers or tasks.
    fn cost(&self, work: Work) -> f64 {
        let units = match work {
            Work::Offers { .. } => self.get("offers"),
            Work::Tasks => f64::from(TASKS),
        };
        self.get("cpu_s") * 1e3 / units
    }
}

/// The turns of both on one cluster.
struct Row {
    name: &'static str,
    work: Work,
    ours: Vec<Run>,
    peer: Vec<Run>,
}

impl Row {
    /// The median of what `pick` says of each run.
    fn medians(&self, pick: impl Fn(&Run) -> f64) -> (f64, f64) {
        (
            median(self.ours.iter().map(&pick)),
            median(self.peer.iter().map(&pick)),
        )
    }

    fn costs(&self) -> (f64, f64) {
        self.medians(|run| run.cost(self.work))
    }
}

pub(super) fn run(root: &Path, words: &[String]) -> Result<(), Failure> {
    let mut arguments = Arguments::new(words);
    let quick = arguments.flag("--quick");
    let write = arguments.flag("--write");
    let only: Option<String> = arguments.option("--only")?;
    arguments.end()?;
    if write && only.is_some() {
        return Err(Failure::Usage(
            "--write goes with all cases, not with --only".into(),
        ));
    }
    let mut progress = Progress::start();
    let bench = Bench::build(root)?;
    let before = load();
    let mut rows = Vec::new();
    for case in cases(quick) {
        if only
            .as_ref()
            .is_some_and(|only| !case.name.contains(only.as_str()))
        {
            continue;
        }
        let row = bench.row(&case, if quick { 1 } else { 3 })?;
        let (ours, peer) = row.costs();
        progress.say(format!(
            "{}: ours {ours:.4}, libmesos {peer:.4} processor seconds for 1,000 {}",
            row.name,
            row.work.unit()
        ));
        rows.push(row);
    }
    let verdicts = bars(&rows, bench.library);
    let load = format!("{before} before, {} after", load());
    for verdict in &verdicts {
        println!("{}", report::told(verdict));
    }
    println!("load of this machine: {load}");
    if write {
        let text = markdown(&rows, &verdicts, &bench, &load, quick);
        report::write(root, "driver", &text)?;
    }
    report::outcome(&verdicts)
}

fn cases(quick: bool) -> Vec<Case> {
    let seconds = if quick { 5 } else { 20 };
    let offers = |name, interval| Case {
        name,
        interval,
        agents: 20,
        agent: AgentSpec::with(1.0, 1024),
        work: Work::Offers { seconds },
    };
    vec![
        offers("offers every 50 ms", "50ms"),
        offers("offers every 5 ms", "5ms"),
        Case {
            name: "3,000 tasks",
            interval: "50ms",
            agents: 4,
            agent: AgentSpec::with(8.0, 8192),
            work: Work::Tasks,
        },
    ]
}

/// The two programs, and what else is looked at.
struct Bench {
    ours: PathBuf,
    peer: PathBuf,
    executor: String,
    folder: PathBuf,
    /// Bytes.
    library: u64,
    peer_library: u64,
}

impl Bench {
    fn build(root: &Path) -> Result<Self, Failure> {
        let programs = MesosHome::ensure()?.programs();
        let home = programs.parent().unwrap_or(&programs);
        let folder = root.join("target/bench/driver");
        let peers = root.join("tests/peers/libmesos");
        let built = root.join("target/bench/libmesos");
        tools::run(
            Command::new("bash")
                .arg(peers.join("build.sh"))
                .arg(home)
                .arg(&built),
        )?;
        let target = root.join("target");
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        tools::run(
            Command::new(cargo)
                .args([
                    "build",
                    "--quiet",
                    "--release",
                    "-p",
                    "mesos-bench-driver",
                    "--target-dir",
                ])
                .arg(&target)
                .current_dir(root),
        )?;
        Ok(Self {
            ours: target.join("release/mesos-bench-driver"),
            peer: built.join("libmesos_bench"),
            executor: format!("exec python3 -ISu {}", peers.join("fast_executor.py").display()),
            folder,
            library: size(&library::package(root)?)?,
            peer_library: size(&home.join("lib/libmesos.so"))?,
        })
    }

    /// Both take turns, the peer first.
    fn row(&self, case: &Case, turns: usize) -> Result<Row, Failure> {
        let agent = AgentSpec {
            attributes: Some("rack:r1;zone:z1;os:debian12".into()),
            ..case.agent.clone()
        };
        let cluster = Cluster::start(&ClusterSpec {
            agents: vec![agent; case.agents],
            zookeeper: false,
            master_flags: vec![
                format!("--allocation_interval={}", case.interval),
                "--max_completed_frameworks=5".into(),
                "--max_completed_tasks_per_framework=100".into(),
            ],
            ..ClusterSpec::default()
        })?;
        let master = cluster.master();
        let mut row = Row {
            name: case.name,
            work: case.work,
            ours: Vec::new(),
            peer: Vec::new(),
        };
        for _ in 0..turns {
            row.peer.push(self.peer(case.work, &master)?);
            row.ours.push(self.ours(case.work, &master)?);
        }
        Ok(row)
    }

    fn peer(&self, work: Work, master: &str) -> Result<Run, Failure> {
        let mut command = Command::new(&self.peer);
        match work {
            Work::Offers { seconds } => command.args(["offers", master, &seconds.to_string()]),
            Work::Tasks => command.args(["tasks", master, &TASKS.to_string(), "0.1", "32", &self.executor]),
        };
        self.figures(&mut command)
    }

    fn ours(&self, work: Work, master: &str) -> Result<Run, Failure> {
        // A new cloud, with an empty ledger on the disk.
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder).map_err(|source| failed(&self.folder, source))?;
        }
        let folder = self.folder.display().to_string();
        let mut command = Command::new(&self.ours);
        match work {
            Work::Offers { seconds } => command.args(["offers", master, &folder, &seconds.to_string()]),
            Work::Tasks => command.args(["tasks", master, &folder, &TASKS.to_string(), &self.executor]),
        };
        self.figures(&mut command)
    }

    fn figures(&self, command: &mut Command) -> Result<Run, Failure> {
        let output = tools::run(command)?;
        Run::read(&output)
            .filter(|run| run.get("failed") == 0.0)
            .ok_or_else(|| Failure::Outcome(format!("{command:?} prints {output}")))
    }
}

fn bars(rows: &[Row], library: u64) -> Vec<Verdict> {
    let mut bars = Vec::new();
    for row in rows {
        let (ours, peer) = row.costs();
        let share = match row.work {
            Work::Offers { .. } => SHARE_OF_OFFERS,
            Work::Tasks => SHARE_OF_TASKS,
        };
        bars.push(Verdict {
            what: format!("{}: processor time, of libmesos's", row.name),
            measured: format!("{:.2} ({ours:.4} / {peer:.4} s)", ours / peer),
            bar: format!("≤ {share:.2}"),
            held: ours / peer <= share,
        });
    }
    let all = |name: &str| {
        rows.iter()
            .flat_map(|row| &row.ours)
            .map(|run| run.get(name))
            .collect::<Vec<_>>()
    };
    let registered = median(all("start_to_registered_ms").into_iter());
    bars.push(Verdict {
        what: "from the start to registered, median of all runs".into(),
        measured: format!("{registered:.1} ms"),
        bar: format!("≤ {REGISTERED} ms"),
        held: registered <= REGISTERED,
    });
    let memory = all("peak_rss_kb").into_iter().fold(0.0, f64::max) * 1024.0;
    bars.push(Verdict {
        what: "memory of the process at its peak, the most of all runs".into(),
        measured: format!("{:.1} MB", memory / 1e6),
        bar: format!("< {} MB", MEMORY / 1e6),
        held: memory < MEMORY,
    });
    let library = library as f64;
    bars.push(Verdict {
        what: "the library as packaged, stripped".into(),
        measured: format!("{:.2} MB", library / 1e6),
        bar: format!("< {} MB", LIBRARY / 1e6),
        held: library < LIBRARY,
    });
    bars
}

fn markdown(rows: &[Row], bars: &[Verdict], bench: &Bench, load: &str, quick: bool) -> String {
    let mut text = format!("{}; load {load}.{}\n\n", machine(), short(quick));
    table_head(
        &mut text,
        &[
            "case",
            "driver",
            "CPU s for 1,000",
            "offers/s",
            "tasks/s",
            "start to registered ms",
            "peak RSS MB",
            "library MB",
        ],
    );
    for row in rows {
        for (name, runs, library) in [
            ("libmesos", &row.peer, bench.peer_library),
            ("ours", &row.ours, bench.library),
        ] {
            let of = |pick: &dyn Fn(&Run) -> f64| median(runs.iter().map(pick));
            let tasks = match row.work {
                Work::Offers { .. } => String::new(),
                Work::Tasks => format!("{:.0}", of(&|run| f64::from(TASKS) / run.get("wall_s"))),
            };
            table_row(
                &mut text,
                &[
                    row.name.to_owned(),
                    name.to_owned(),
                    format!("{:.4}", of(&|run| run.cost(row.work))),
                    format!("{:.0}", of(&|run| run.get("offers") / run.get("wall_s"))),
                    tasks,
                    format!("{:.1}", of(&|run| run.get("start_to_registered_ms"))),
                    format!("{:.1}", of(&|run| run.get("peak_rss_kb") * 1024.0 / 1e6)),
                    format!("{:.1}", library as f64 / 1e6),
                ],
            );
        }
    }
    line(&mut text, "");
    verdicts(&mut text, bars);
    text
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn size(path: &Path) -> Result<u64, Failure> {
    fs::metadata(path)
        .map(|data| data.len())
        .map_err(|source| failed(path, source))
}

fn failed(path: &Path, source: std::io::Error) -> Failure {
    Failure::File {
        path: path.to_path_buf(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_by_their_names() {
        let run = Run::read("mode\tcpu_s\toffers\nx\t0.5\t1000\n").unwrap();
        assert_eq!(run.cost(Work::Offers { seconds: 1 }), 0.5);
        assert!(run.get("mode").is_nan());
        assert!(Run::read("error").is_none());
        assert!(Run::read("a\tb\n1\t2").is_none());
    }

    #[test]
    fn a_bar_is_held_by_the_median() {
        let run = |cpu: f64| {
            let figures = [
                ("cpu_s", cpu),
                ("offers", 1000.0),
                ("start_to_registered_ms", 5.0),
                ("peak_rss_kb", 10_000.0),
            ];
            Run(figures.map(|(name, value)| (name.to_owned(), value)).into())
        };
        let row = Row {
            name: "offers",
            work: Work::Offers { seconds: 1 },
            ours: [1.0, 2.0, 90.0].map(run).to_vec(),
            peer: [6.0, 6.0, 6.0].map(run).to_vec(),
        };
        let held = |library| {
            bars(std::slice::from_ref(&row), library)
                .iter()
                .map(|bar| bar.held)
                .collect::<Vec<_>>()
        };
        assert_eq!(held(7_999_999), [true, true, true, true]);
        assert_eq!(held(8_000_000), [true, true, true, false]);
    }
}
