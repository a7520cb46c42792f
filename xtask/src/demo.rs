//! `cargo xtask demo`: a labelled job starts, Mesos gives an agent for it, the build runs there, the agent goes away.

mod report;
mod watch;

use std::path::Path;
use std::time::Duration;

use testbed::seeds::{CloudSeed, TemplateSeed, freestyle};
use testbed::{AgentSpec, Cluster, ClusterSpec, Host, HostHome, HostSpec, MesosHome, paths, tools};

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::package;
use crate::progress::Progress;

const JOB: &str = "demo";
const SCRIPT: &str =
    "echo \"hello from $NODE_NAME\"\nuname -srm\nfor i in 1 2 3; do echo \"step $i\"; sleep 1; done";

pub(crate) fn run(root: &Path, words: &[String]) -> Result<(), Failure> {
    let mut line = Arguments::new(words);
    let keep = line.flag("--keep");
    let masters = line.option("--masters")?.unwrap_or(1);
    line.end()?;
    let mut progress = Progress::start();

    progress.say("checking this machine: a JDK, Maven, g++, python3 with pip");
    tools::ensure_jdk()?;
    tools::ensure(&[tools::GXX, tools::BINUTILS, tools::PIP, tools::MAVEN])?;
    progress.say("building the native library and the plugin (some minutes the first time)");
    package::package(root)?;
    progress.say("setting up Mesos 1.11 and ZooKeeper");
    MesosHome::ensure()?;
    progress.say("setting up the host");
    HostHome::ensure()?;

    progress.say(format!(
        "starting ZooKeeper, {masters} Mesos master(s) and 2 agents"
    ));
    let spec = ClusterSpec {
        masters,
        ..ClusterSpec::with_agents(2, &AgentSpec::with(2.0, 2048))
    };
    // What is to stay is where `cargo xtask testbed` finds it again.
    let folder = |name| {
        if keep {
            paths::lasting_run(name)
        } else {
            paths::fresh_run(name)
        }
    };
    let run = folder("mesos");
    Cluster::down(&run)?;
    let mut cluster = Cluster::start_in(&spec, &run)?;
    progress.say(format!("Mesos is up: {}", cluster.master()));
    progress.say("starting the host with the plugin and a cloud for label mesos");
    let template = TemplateSeed {
        jvm_args: "-Xms16m".into(),
        ..TemplateSeed::default()
    };
    let cloud = CloudSeed {
        master: cluster.master(),
        templates: vec![template],
        ..CloudSeed::default()
    };
    let run = folder("host");
    Host::down(&run)?;
    let mut host = Host::start_in(&HostSpec::new(package::plugin(root), vec![cloud]), &run)?;
    let version = host.plugin_version("mesos")?;
    let version =
        version.ok_or_else(|| Failure::Outcome(format!("the plugin is not active\n{}", host.tail())))?;
    progress.say(format!(
        "the host is up with plugin mesos {version}: {}",
        host.url()
    ));

    let outcome = build(&host, &cluster, &mut progress);
    if keep {
        println!(
            "\nstays up:\n  host    {}\n  master  {}",
            host.url(),
            cluster.master()
        );
        println!(
            "  logs    {}\n          {}",
            host.folder().display(),
            cluster.folder().display()
        );
        println!("  to end it: cargo xtask testbed host down; cargo xtask testbed mesos down");
        host.keep()?;
        cluster.keep()?;
    }
    outcome
}

fn build(host: &Host, cluster: &Cluster, progress: &mut Progress) -> Result<(), Failure> {
    host.create_job(JOB, &freestyle("mesos", SCRIPT))?;
    let seen = watch::until_released(host, cluster, progress, Duration::from_secs(420))?;
    report::print(&seen);
    report::verdict(&seen)
}
