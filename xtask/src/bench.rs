//! `cargo xtask bench provision`: how long builds wait for new agents, beside what no provisioning can beat. `matcher`,
//! `decode` and `driver` stand in modules of their own.

mod asked;
mod bars;
mod cases;
mod decode;
mod driver;
mod floor;
mod jobs;
pub(crate) mod machine;
mod matcher;
mod measured;
mod ours;
mod report;

use std::fs;
use std::path::Path;

use testbed::seeds::{CloudSeed, TemplateSeed};
use testbed::{AgentSpec, Check, Cluster, ClusterSpec, Jenkins, JenkinsSpec, until};

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::package;
use jobs::{LIMIT, Run};

/// What the measured Jenkins had: the plugins that an inbound agent needs, and its own periods.
const SETTLED: std::time::Duration = std::time::Duration::from_secs(10);
const MANY: usize = 20;
/// Over the floor, in seconds: offers that come when Mesos has room, and offers of its own one-second round.
const OVER_QUICK: f64 = 1.5;
const OVER_SLOW: f64 = 2.5;
const TIMES_MANY: f64 = 1.5;

/// A line of the table.
struct Line {
    case: String,
    value: String,
    bar: String,
    held: bool,
}

/// All about offers: what needs no cluster. The second is measured also where the first misses a bar.
fn matching(root: &Path, words: &[String]) -> Result<(), Failure> {
    let decode = decode::run(root, words);
    if let Err(failure) = &decode {
        println!("decode: {failure}");
    }
    let matcher = matcher::run(root, words);
    println!("besides, on test beds: cargo xtask bench driver, cargo xtask bench provision");
    decode.and(matcher)
}

pub(crate) fn run(root: &Path, words: &[String]) -> Result<(), Failure> {
    let (what, rest) = words
        .split_first()
        .map_or(("", [].as_slice()), |(what, rest)| (what.as_str(), rest));
    match what {
        "" | "--quick" | "--write" => return matching(root, words),
        "provision" => {}
        "matcher" => return matcher::run(root, rest),
        "decode" => return decode::run(root, rest),
        "driver" => return driver::run(root, rest),
        _ => {
            let there_is = "bench what? There are: provision, matcher, decode, driver; without a word: decode and matcher";
            return Err(Failure::Usage(there_is.into()));
        }
    }
    let mut arguments = Arguments::new(rest);
    let times: usize = arguments.option("--times")?.unwrap_or(5);
    arguments.end()?;
    if times == 0 {
        return Err(Failure::Usage("--times 0 measures nothing".into()));
    }
    let plugin = package::plugin(root);
    let spec = JenkinsSpec::new(plugin, Vec::new())?;
    let load = load();
    println!("load of this machine before: {load}");

    let mut lines = Vec::new();
    let (floor_one, floor_many) = floors(&spec, times)?;
    lines.push(told("1 bare agent JVM online", floor_one));
    lines.push(told(
        &format!("{MANY} bare agent JVMs online, the last"),
        floor_many,
    ));
    for (quick, over) in [(true, OVER_QUICK), (false, OVER_SLOW)] {
        let interval = if quick { "50 ms" } else { "1 s" };
        let bed = Bed::start(&spec, quick, times)?;
        // Ten seconds after Jenkins is up, its own provisioning does nothing yet.
        std::thread::sleep(SETTLED);
        let mut starts = Vec::new();
        for round in 0..times {
            let run = bed.run(&format!("one-{round}"), 1, 1)?;
            println!(
                "  one job, offers every {interval}: {:.2} s, {} agents",
                run.last(),
                run.agents
            );
            if round == 0 {
                lines.push(bar(
                    &format!("1 job 10 s after the start, offers every {interval}"),
                    run.last(),
                    floor_one + over,
                    "floor",
                    over,
                ));
            }
            starts.push(run.last());
        }
        let middle = median(&mut starts);
        let case = format!("1 job, offers every {interval}, median of {times}");
        lines.push(bar(&case, middle, floor_one + over, "floor", over));
        if !quick {
            many(&bed, floor_many, &mut lines)?;
        }
    }
    table(&lines);
    println!(
        "stock Jenkins 2.541.3, as measured before: 1 job 17 s, 97 s just after the start; 20 jobs: 29 agents, last 77 s"
    );
    println!("load of this machine before: {load}, after: {}", self::load());
    let missed = lines.iter().filter(|line| !line.held).count();
    if missed == 0 {
        return Ok(());
    }
    Err(Failure::Outcome(format!("{missed} of the bars are missed")))
}

/// Twenty builds of a minute at once.
fn many(bed: &Bed, floor: f64, lines: &mut Vec<Line>) -> Result<(), Failure> {
    let run = bed.run("many", MANY, 60)?;
    if run.agents != MANY {
        for line in &run.decisions {
            println!("  {line}");
        }
    }
    lines.push(Line {
        case: format!("{MANY} jobs of a minute: agents"),
        value: run.agents.to_string(),
        bar: format!("exactly {MANY}"),
        held: run.agents == MANY,
    });
    lines.push(Line {
        case: format!("{MANY} jobs of a minute: last agent requested"),
        value: format!("{:.2} s", run.requested),
        bar: "at most 1 s".into(),
        held: run.requested <= 1.0,
    });
    let apart = run.requested - run.first_requested;
    lines.push(Line {
        case: format!("{MANY} jobs of a minute: first to last request"),
        value: format!("{apart:.2} s"),
        bar: "at most 1 s".into(),
        held: apart <= 1.0,
    });
    let limit = TIMES_MANY * floor;
    lines.push(Line {
        case: format!("{MANY} jobs of a minute: last started"),
        value: format!("{:.2} s", run.last()),
        bar: format!("at most {limit:.2} s ({TIMES_MANY} x floor)"),
        held: run.last() <= limit,
    });
    Ok(())
}

/// A Jenkins with a cluster that has room for all. Each run has a label of its own, so that none finds the agents or
/// the statistics of another.
struct Bed {
    jenkins: Jenkins,
    cluster: Cluster,
}

impl Bed {
    fn start(spec: &JenkinsSpec, quick: bool, times: usize) -> Result<Self, Failure> {
        let cluster = Cluster::start(&ClusterSpec {
            agents: vec![AgentSpec::with(40.0, 16_384)],
            quick,
            ..ClusterSpec::default()
        })?;
        let labels = (0..times)
            .map(|round| format!("one-{round}"))
            .chain(["many".to_owned()]);
        let cloud = CloudSeed {
            master: cluster.master(),
            templates: labels
                .map(|label| TemplateSeed {
                    label,
                    ..TemplateSeed::default()
                })
                .collect(),
            ..CloudSeed::default()
        };
        let jenkins = Jenkins::start(&JenkinsSpec {
            clouds: vec![cloud],
            quick: false,
            ..spec.clone().plain()
        })?;
        Ok(Self { jenkins, cluster })
    }

    /// Starts builds of this label, waits until each has begun, then takes their agents away.
    fn run(&self, label: &str, count: usize, seconds: u32) -> Result<Run, Failure> {
        let run = jobs::run(&self.jenkins, label, count, seconds)?;
        jobs::clean(&self.jenkins)?;
        until("the cluster to be empty", LIMIT, || match self.cluster.tasks() {
            Ok(tasks) => Check::when(tasks.is_empty(), (), || format!("{} tasks", tasks.len())),
            Err(error) => Check::NotYet(error.to_string()),
        })?;
        Ok(run)
    }
}

/// Seconds until one bare agent JVM is online (median), and until the last of many is.
fn floors(spec: &JenkinsSpec, times: usize) -> Result<(f64, f64), Failure> {
    let jenkins = Jenkins::start(&spec.clone().plain())?;
    let mut one = Vec::new();
    // The first warms the controller up.
    for round in 0..=times {
        let took = floor::online(&jenkins, &spec.programs, 1)?;
        if round > 0 {
            println!("  1 bare agent JVM: {took:.2} s");
            one.push(took);
        }
    }
    let mut many = Vec::new();
    for _ in 0..2 {
        let took = floor::online(&jenkins, &spec.programs, MANY)?;
        println!("  {MANY} bare agent JVMs: {took:.2} s");
        many.push(took);
    }
    Ok((median(&mut one), median(&mut many)))
}

fn told(case: &str, seconds: f64) -> Line {
    Line {
        case: case.to_owned(),
        value: format!("{seconds:.2} s"),
        bar: "the floor".into(),
        held: true,
    }
}

fn bar(case: &str, seconds: f64, limit: f64, base: &str, over: f64) -> Line {
    Line {
        case: case.to_owned(),
        value: format!("{seconds:.2} s"),
        bar: format!("at most {limit:.2} s ({base} + {over} s)"),
        held: seconds <= limit,
    }
}

fn table(lines: &[Line]) {
    println!();
    for line in lines {
        let verdict = if line.held { "ok" } else { "MISSED" };
        println!("{:<52} {:>9}  {:<32} {verdict}", line.case, line.value, line.bar);
    }
    println!();
}

/// The middle value, or the mean of the two in the middle.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// The load averages, since others on the machine change every figure.
fn load() -> String {
    fs::read_to_string("/proc/loadavg").map_or_else(
        |_| "unknown".to_owned(),
        |text| text.split(' ').take(3).collect::<Vec<_>>().join(" "),
    )
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_is_in_the_middle() {
        assert!((median(&mut [3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(&mut [4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
    }
}
