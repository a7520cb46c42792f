//! `cargo xtask demo`: a labelled job starts, an agent comes for it, the build runs there, the agent goes away. The agent
//! is one of this machine (the master `local`), or with `--mesos` one that a real cluster gave.

mod place;
mod report;
mod watch;

use std::path::Path;
use std::time::Duration;

use testbed::engine::IMAGE;
use testbed::seeds::{CloudSeed, TemplateSeed, freestyle};
use testbed::{AgentSpec, Cluster, ClusterSpec, Engine, Host, HostHome, HostSpec, MesosHome, paths, tools};

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::package;
use crate::progress::Progress;
use place::Place;

const JOB: &str = "demo";
const SCRIPT: &str =
    "echo \"hello from $NODE_NAME\"\nuname -srm\nfor i in 1 2 3; do echo \"step $i\"; sleep 1; done";

/// What the command line asks for.
struct Wishes {
    keep: bool,
    mesos: bool,
    masters: usize,
    docker: bool,
    image: Option<String>,
}

impl Wishes {
    fn read(words: &[String]) -> Result<Self, Failure> {
        let mut line = Arguments::new(words);
        let keep = line.flag("--keep");
        let mesos = line.flag("--mesos");
        let docker = line.flag("--docker");
        let masters = line.option("--masters")?;
        let image = line.option("--image")?;
        line.end()?;
        if masters.is_some() && !mesos {
            return Err(Failure::Usage("--masters goes with --mesos".into()));
        }
        if mesos && (docker || image.is_some()) {
            return Err(Failure::Usage(
                "--docker and --image do not go with --mesos".into(),
            ));
        }
        if docker && image.is_some() {
            return Err(Failure::Usage(
                "--docker starts an engine of its own, --image uses the machine's: give one of them".into(),
            ));
        }
        Ok(Self {
            keep,
            mesos,
            masters: masters.unwrap_or(1),
            docker,
            image,
        })
    }
}

pub(crate) fn run(root: &Path, words: &[String]) -> Result<(), Failure> {
    let wishes = Wishes::read(words)?;
    let mut progress = Progress::start();
    progress.say("checking this machine: a JDK, Maven, g++, python3 with pip");
    tools::ensure_jdk()?;
    tools::ensure(&[tools::GXX, tools::BINUTILS, tools::PIP, tools::MAVEN])?;
    progress.say("building the native library and the plugin (some minutes the first time)");
    package::package(root)?;
    progress.say("setting up the host");
    HostHome::ensure()?;
    // What is to stay is where `cargo xtask testbed` finds it again.
    let folder = |name| match wishes.keep {
        true => paths::lasting_run(name),
        false => paths::fresh_run(name),
    };
    let (mut place, master, image) = if wishes.mesos {
        let run = folder("mesos");
        Cluster::down(&run)?;
        let cluster = mesos(&wishes, &run, &mut progress)?;
        let master = cluster.master();
        (Place::Mesos(Box::new(cluster)), master, String::new())
    } else if wishes.docker {
        progress.say("starting a Docker engine of its own");
        let run = folder("docker");
        Engine::down(&run)?;
        let engine = Engine::start_in(&run)?;
        let master = format!("local://?docker=unix://{}", engine.socket().display());
        (
            Place::Local(Some(Box::new(engine))),
            master,
            format!("{IMAGE}:17"),
        )
    } else {
        (
            Place::Local(None),
            "local".to_owned(),
            wishes.image.clone().unwrap_or_default(),
        )
    };
    progress.say(format!(
        "starting the host with the plugin and a cloud for label mesos, master {master}"
    ));
    let template = TemplateSeed {
        jvm_args: "-Xms16m".into(),
        image,
        ..TemplateSeed::default()
    };
    let cloud = CloudSeed {
        master: master.clone(),
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

    let outcome = build(&host, &place, &mut progress);
    if wishes.keep {
        println!("\nstays up:\n  host    {}\n  master  {master}", host.url());
        println!("  logs    {}", host.folder().display());
        let mut ends = vec!["cargo xtask testbed host down"];
        host.keep()?;
        match &mut place {
            Place::Mesos(cluster) => {
                println!("          {}", cluster.folder().display());
                ends.push("cargo xtask testbed mesos down");
                cluster.keep()?;
            }
            Place::Local(Some(engine)) => {
                println!("          {}", engine.folder().display());
                ends.push("cargo xtask testbed docker down");
                engine.keep()?;
            }
            Place::Local(None) => {}
        }
        println!("  to end it: {}", ends.join("; "));
    }
    outcome
}

fn mesos(wishes: &Wishes, run: &Path, progress: &mut Progress) -> Result<Cluster, Failure> {
    progress.say("setting up Mesos 1.11 and ZooKeeper");
    MesosHome::ensure()?;
    let masters = wishes.masters;
    progress.say(format!(
        "starting ZooKeeper, {masters} Mesos master(s) and 2 agents"
    ));
    let spec = ClusterSpec {
        masters,
        ..ClusterSpec::with_agents(2, &AgentSpec::with(2.0, 2048))
    };
    let cluster = Cluster::start_in(&spec, run)?;
    progress.say(format!("Mesos is up: {}", cluster.master()));
    Ok(cluster)
}

fn build(host: &Host, place: &Place, progress: &mut Progress) -> Result<(), Failure> {
    host.create_job(JOB, &freestyle("mesos", SCRIPT))?;
    let seen = watch::until_released(host, place, progress, Duration::from_secs(420))?;
    report::print(&seen);
    report::verdict(&seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_exclude_each_other_are_refused() {
        let read = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            Wishes::read(&words).map(|wishes| wishes.masters)
        };
        assert_eq!(read(&["--mesos", "--masters", "3"]).ok(), Some(3));
        assert_eq!(read(&["--keep", "--image", "maven:3"]).ok(), Some(1));
        for words in [
            &["--masters", "3"][..],
            &["--mesos", "--docker"],
            &["--docker", "--image", "maven:3"],
            &["--dockr"],
        ] {
            assert!(matches!(read(words), Err(Failure::Usage(_))), "{words:?}");
        }
    }
}
