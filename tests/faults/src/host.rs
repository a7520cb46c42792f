//! The same with a real host: the packaged plugin, its agents, and freestyle builds or Pipelines.
//!
//! A freestyle build is in the host's own process, so it ends with that, whatever becomes of its agent. The host forgets
//! its queue when it is killed; what was forgotten is asked for again, as a person would. A Pipeline's steps are in the
//! task: they go on when Jenkins is back.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};

use e2e::{Gate, SOON, complaints, plugin, start_host};
use testbed::controller::Controller;
use testbed::host::Build;
use testbed::seeds::{CloudSeed, TemplateSeed, freestyle, pipeline};
use testbed::{AgentSpec, Check, Cluster, ClusterSpec, Host, Jenkins, JenkinsSpec, RunError};

use crate::bed::TEN;
use crate::list::{Fault, Scene};
use crate::story::{ORPHAN, Row, unless};
use crate::strangers::Strangers;

const FRAMEWORK: &str = "Jenkins Scheduler";
const LABEL: &str = "mesos";
const PROBE: &str = "probe";
/// Ten JVMs that start on a busy machine.
const STARTED: Duration = Duration::from_secs(240);
/// All builds, and then a minute for which agents idle.
const DONE: Duration = Duration::from_secs(300);

/// A cluster with a host.
#[derive(Debug)]
pub struct Hosted {
    // Dropped before the cluster that its agents run on.
    /// The host.
    pub site: Site,
    /// The cluster.
    pub cluster: Cluster,
}

/// Who has the builds.
#[derive(Debug)]
pub enum Site {
    /// Jenkins's ancestor.
    Host(Box<Host>),
    /// Today's Jenkins.
    Today(Box<Jenkins>),
}

impl Site {
    /// Starts it again with its old home, on its old port, and waits until it is up.
    ///
    /// # Errors
    /// [`RunError`] with the end of its log.
    pub fn start_again(&mut self) -> Result<(), RunError> {
        match self {
            Self::Host(host) => host.start_again(),
            Self::Today(jenkins) => jenkins.start_again(),
        }
    }

    fn job(&self, script: &str) -> String {
        match self {
            Self::Host(_) => freestyle(LABEL, script),
            Self::Today(_) => pipeline(&format!("node('{LABEL}') {{\n  sh '''{script}'''\n}}\n")),
        }
    }

    /// Whether a job's first build is at its step, and not only begun: a Pipeline has begun before it has a node.
    fn runs(&self, job: &str) -> bool {
        let building = matches!(self.find_build(job, 1), Ok(Some(build)) if build.building);
        building && matches!(self.console(job, 1), Ok(console) if console.contains("waiting at the gate\n"))
    }
}

impl Deref for Site {
    type Target = Controller;

    fn deref(&self) -> &Controller {
        match self {
            Self::Host(host) => host,
            Self::Today(jenkins) => jenkins,
        }
    }
}

impl DerefMut for Site {
    fn deref_mut(&mut self) -> &mut Controller {
        match self {
            Self::Host(host) => host,
            Self::Today(jenkins) => jenkins,
        }
    }
}

/// What is known of the jobs, each of which has to be built once.
struct Jobs {
    names: Vec<String>,
    /// Those whose first build ran when the fault struck.
    ran: Vec<String>,
    asked: BTreeMap<String, Instant>,
}

/// Plays a fault's story with a host.
///
/// # Errors
/// [`RunError`] with what was not as it should be, and the end of the host's log.
pub fn play(fault: &Fault) -> Result<Row, RunError> {
    let (strike, today) = match fault.scene {
        Scene::Host(strike) => (strike, false),
        Scene::Today(strike) => (strike, true),
        Scene::Controller => {
            return Err(RunError::Member {
                name: fault.key.into(),
                problem: "has no host".into(),
            });
        }
    };
    let begin = Instant::now();
    let mut bed = start(today)?;
    let result = played(&mut bed, fault, strike, begin);
    if result.is_err() {
        bed.cluster.keep_logs();
    }
    result.map_err(|error| RunError::Condition {
        what: format!("{}: {error}", fault.name),
        reason: format!("{}\n{}", bed.site.tail(), bed.cluster.tails()),
    })
}

/// Two Mesos agents, each with room for five agents and for the probe.
fn start(today: bool) -> Result<Hosted, RunError> {
    let cluster = Cluster::start(&ClusterSpec {
        masters: 3,
        zookeepers: 3,
        master_flags: vec!["--zk_session_timeout=4secs".into()],
        ..ClusterSpec::with_agents(2, &AgentSpec::with(1.1, 4096))
    })?;
    let probe = TemplateSeed {
        label: PROBE.into(),
        cpus: "0.02".into(),
        executor_cpus: "0.02".into(),
        ..TemplateSeed::default()
    };
    let clouds = vec![CloudSeed {
        master: cluster.master(),
        templates: vec![TemplateSeed::default(), probe],
        ..CloudSeed::default()
    }];
    let site = match today {
        false => Site::Host(Box::new(start_host(clouds)?)),
        true => Site::Today(Box::new(Jenkins::start(&JenkinsSpec::new(plugin()?, clouds)?)?)),
    };
    Ok(Hosted { site, cluster })
}

fn played(
    bed: &mut Hosted,
    fault: &Fault,
    strike: fn(&mut Hosted) -> Result<Instant, RunError>,
    begin: Instant,
) -> Result<Row, RunError> {
    let gate = Gate::closed()?;
    let mut jobs = ten_run_and_ten_wait(bed, &gate)?;
    let running = jobs.ran.len();
    let from = strike(bed)?;
    bed.site.create_job(PROBE, &freestyle(PROBE, "echo here"))?;
    bed.site.build(PROBE)?;
    let mut strangers = Strangers::default();
    let begun = bed
        .site
        .await_that("a build that was asked for after the fault", STARTED, || {
            // While no master tells, or the host is not up, there is nothing to be known.
            let _ = look_for(&mut strangers, bed);
            match bed.site.find_build(PROBE, 1) {
                Ok(Some(_)) => Check::Ready(Instant::now()),
                Ok(None) => Check::NotYet("it has not begun".into()),
                Err(error) => Check::NotYet(error.to_string()),
            }
        })?;
    let recovery = begun.duration_since(from);
    for name in bed.cluster.masters() {
        bed.cluster.launch(&name)?;
    }
    gate.open()?;
    all_done(bed, &mut jobs, &mut strangers)?;
    let orphan = strangers.oldest;
    let lost = lost(bed, &jobs)?;
    one_framework(bed)?;
    let said = complaints(&bed.site.log());
    unless(
        said.is_empty(),
        "nothing that the JVM's own checks of JNI say",
        format!("{said:?}"),
    )?;
    let row = Row {
        fault: fault.name,
        running,
        done: jobs.names.len(),
        lost: lost.len(),
        recovery: recovery.as_secs_f64(),
        orphan: orphan.as_secs_f64(),
        took: begin.elapsed().as_secs_f64(),
    };
    unless(running == TEN, "ten builds that ran", running)?;
    unless(row.lost <= fault.may_lose, "no build lost", format!("{lost:?}"))?;
    unless(
        orphan <= ORPHAN,
        "no task without an owner for more than 60 s",
        row.orphan,
    )?;
    Ok(row)
}

fn ten_run_and_ten_wait(bed: &Hosted, gate: &Gate) -> Result<Jobs, RunError> {
    let names: Vec<String> = (1..=2 * TEN).map(|number| format!("job{number}")).collect();
    for name in &names {
        bed.site.create_job(name, &bed.site.job(&gate.script()))?;
        bed.site.build(name)?;
    }
    let ran = bed
        .site
        .await_that("ten builds that run and ten that wait", STARTED, || {
            let ran: Vec<String> = names.iter().filter(|name| bed.site.runs(name)).cloned().collect();
            let waiting = bed.site.queue().map_or(0, |queue| queue.len());
            let found = (ran.len(), waiting);
            Check::when(found == (TEN, TEN), ran, || format!("{found:?}"))
        })?;
    Ok(Jobs {
        names,
        ran,
        asked: BTreeMap::new(),
    })
}

fn success(build: &Build) -> bool {
    !build.building && build.result.as_deref() == Some("SUCCESS")
}

/// The builds of a job: at most a lost one and another.
fn builds(bed: &Hosted, job: &str) -> Result<Vec<Build>, RunError> {
    let mut all = Vec::new();
    for number in 1..=3 {
        all.extend(bed.site.find_build(job, number)?);
    }
    Ok(all)
}

/// Those whose first build ran and did not end well.
fn lost(bed: &Hosted, jobs: &Jobs) -> Result<Vec<String>, RunError> {
    let mut lost = Vec::new();
    for name in &jobs.ran {
        let first = bed.site.find_build(name, 1)?;
        if !first.is_some_and(|build| success(&build)) {
            lost.push(name.clone());
        }
    }
    Ok(lost)
}

/// How many tasks the master has; those that the host has no node for are strangers.
fn look_for(strangers: &mut Strangers, bed: &Hosted) -> Result<usize, RunError> {
    let tasks = bed.cluster.tasks()?;
    let nodes = bed.site.nodes()?;
    strangers.look(&tasks, Instant::now(), |name| {
        nodes.iter().any(|node| node.name == name)
    });
    Ok(tasks.len())
}

/// Waits until each job was built and no task is left.
fn all_done(bed: &Hosted, jobs: &mut Jobs, strangers: &mut Strangers) -> Result<(), RunError> {
    bed.site
        .await_that("all builds, and the end of all agents", DONE, || {
            let mut look = |jobs: &mut Jobs| -> Result<(usize, usize), RunError> {
                let tasks = look_for(strangers, bed)?;
                Ok((ask_again(bed, jobs)?, tasks))
            };
            match look(jobs) {
                Ok(found) => Check::when(found == (0, 0), (), || {
                    format!("builds and tasks left: {found:?}")
                }),
                Err(error) => Check::NotYet(error.to_string()),
            }
        })
}

/// Asks for what the host has forgotten; how many jobs are still to be built.
fn ask_again(bed: &Hosted, jobs: &mut Jobs) -> Result<usize, RunError> {
    let queue = bed.site.queue()?;
    let mut left = 0;
    for name in &jobs.names {
        let builds = builds(bed, name)?;
        if builds.iter().any(success) {
            continue;
        }
        left += 1;
        let forgotten =
            !builds.iter().any(|build| build.building) && queue.iter().all(|item| item.job != *name);
        // Between the queue and the executor a build is in neither for a moment.
        let asked = jobs
            .asked
            .get(name)
            .is_some_and(|asked| asked.elapsed() < SOON / 3);
        if forgotten && !asked {
            bed.site.build(name)?;
            jobs.asked.insert(name.clone(), Instant::now());
        }
    }
    Ok(left)
}

fn one_framework(bed: &Hosted) -> Result<(), RunError> {
    let state = bed.cluster.master_state()?;
    let frameworks = bed.cluster.frameworks(FRAMEWORK)?;
    let ended = state["completed_frameworks"].as_array().map_or(0, Vec::len);
    unless(
        frameworks.len() == 1 && frameworks[0]["active"] == true && ended == 0,
        "one framework",
        format!("{} and {ended} that have ended", frameworks.len()),
    )
}
