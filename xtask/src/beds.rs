//! `cargo xtask testbed`.

use std::path::{Path, PathBuf};

use testbed::seeds::CloudSeed;
use testbed::{
    AgentSpec, Cluster, ClusterSpec, DockerHome, Engine, Host, HostHome, HostSpec, MesosHome, paths,
};

use crate::arguments::{self, Arguments};
use crate::failure::Failure;
use crate::package;

pub(crate) fn run(root: &Path, words: &[String]) -> Result<(), Failure> {
    let (bed, verb, rest) = match words {
        [setup, rest @ ..] if setup == "setup" => return arguments::none(rest).and_then(|()| set_up()),
        [bed, verb, rest @ ..] => (bed.as_str(), verb.as_str(), rest),
        _ => return Err(Failure::Usage("testbed needs a bed and a verb, or setup".into())),
    };
    match (bed, verb) {
        ("mesos", "up") => mesos_up(rest),
        ("mesos", "status") => arguments::none(rest).and_then(|()| mesos_status()),
        ("mesos", "down") => arguments::none(rest).and_then(|()| Ok(Cluster::down(&mesos())?)),
        ("docker", "up") => arguments::none(rest).and_then(|()| docker_up()),
        ("docker", "status") => arguments::none(rest).and_then(|()| docker_status()),
        ("docker", "down") => arguments::none(rest).and_then(|()| Ok(Engine::down(&docker())?)),
        ("host", "up") => host_up(root, rest),
        ("host", "status") => arguments::none(rest).and_then(|()| host_status()),
        ("host", "down") => arguments::none(rest).and_then(|()| Ok(Host::down(&host())?)),
        _ => Err(Failure::Usage(format!("testbed does not know {bed} {verb}"))),
    }
}

fn mesos() -> PathBuf {
    paths::lasting_run("mesos")
}

fn docker() -> PathBuf {
    paths::lasting_run("docker")
}

fn host() -> PathBuf {
    paths::lasting_run("host")
}

fn set_up() -> Result<(), Failure> {
    MesosHome::ensure()?;
    println!(
        "Mesos and ZooKeeper are in {}",
        paths::home().join("mesos").display()
    );
    DockerHome::ensure()?;
    println!(
        "the Docker engine is in {}",
        paths::home().join("docker").display()
    );
    HostHome::ensure()?;
    println!("the host is in {}", paths::home().join("host").display());
    Ok(())
}

fn mesos_up(words: &[String]) -> Result<(), Failure> {
    let mut line = Arguments::new(words);
    let mut usual = AgentSpec::default();
    if line.flag("--docker") {
        usual.flags = Engine::attach(&docker())
            .map_err(|_| Failure::Usage("start an engine first: cargo xtask testbed docker up".into()))?
            .agent_flags();
    }
    let agent = AgentSpec {
        cpus: line.option("--cpus")?.unwrap_or(usual.cpus),
        mem: line.option("--mem")?.unwrap_or(usual.mem),
        ..usual
    };
    let spec = ClusterSpec {
        masters: line.option("--masters")?.unwrap_or(1),
        zookeeper: !line.flag("--no-zookeeper"),
        quick: !line.flag("--slow"),
        ..ClusterSpec::with_agents(line.option("--agents")?.unwrap_or(1), &agent)
    };
    line.end()?;
    // One that still runs is not to be left without its files.
    Cluster::down(&mesos())?;
    let mut cluster = Cluster::start_in(&spec, &mesos())?;
    cluster.keep()?;
    show_cluster(&mut cluster);
    Ok(())
}

fn docker_up() -> Result<(), Failure> {
    Engine::down(&docker())?;
    let mut engine = Engine::start_in(&docker())?;
    engine.keep()?;
    show_engine(&mut engine)
}

fn docker_status() -> Result<(), Failure> {
    show_engine(&mut Engine::attach(&docker())?)
}

fn show_engine(engine: &mut Engine) -> Result<(), Failure> {
    println!("engine     {}", words_for(engine.pid()));
    println!("export DOCKER_HOST=unix://{}", engine.socket().display());
    println!("log: {}", engine.folder().join("log").display());
    if engine.pid().is_some() {
        print!("{}", engine.docker(&["ps", "-a"])?);
    }
    Ok(())
}

fn mesos_status() -> Result<(), Failure> {
    show_cluster(&mut Cluster::attach(&mesos())?);
    Ok(())
}

fn show_cluster(cluster: &mut Cluster) {
    println!("master: {}", cluster.master());
    for (name, address, pid) in cluster.status() {
        println!("{name:<10} {address:<16} {}", words_for(pid));
    }
    match cluster.leader() {
        Ok(leader) => println!(
            "{} leads: http://127.0.0.1:{}/master/state",
            leader.name, leader.port
        ),
        Err(_) => println!("no master leads"),
    }
    println!("logs: {}", cluster.folder().join("*/log").display());
}

fn host_up(root: &Path, words: &[String]) -> Result<(), Failure> {
    let mut line = Arguments::new(words);
    let plugin = line.option("--hpi")?.unwrap_or_else(|| package::plugin(root));
    let master = match line.option("--master")? {
        Some(master) => master,
        None => Cluster::attach(&mesos())
            .map_err(|_| {
                Failure::Usage("give --master, or start one with: cargo xtask testbed mesos up".into())
            })?
            .master(),
    };
    let quick = !line.flag("--slow");
    line.end()?;
    Host::down(&host())?;
    let spec = HostSpec {
        quick,
        ..HostSpec::new(
            plugin,
            vec![CloudSeed {
                master,
                ..CloudSeed::default()
            }],
        )
    };
    let mut started = Host::start_in(&spec, &host())?;
    started.keep()?;
    host_status()
}

fn host_status() -> Result<(), Failure> {
    let mut host = Host::attach(&host())?;
    let pid = host.pid();
    println!("host       {:<16} {}", host.url(), words_for(pid));
    println!("log: {}", host.folder().join("log").display());
    Ok(())
}

fn words_for(pid: Option<u32>) -> String {
    pid.map_or_else(|| "does not run".into(), |pid| format!("runs, process {pid}"))
}
