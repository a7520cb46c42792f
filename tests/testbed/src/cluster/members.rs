use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use super::{ClusterSpec, Plan, Role, boxed, ports, zookeeper};
use crate::error::RunError;
use crate::process::Recipe;
use crate::setup::MesosHome;

// A master that is kept from its ZooKeeper for a session's length ends itself, and a machine that is busy with other
// cases has kept one for three seconds.
const QUICK_MASTER: [&str; 4] = [
    "--allocation_interval=50ms",
    "--agent_ping_timeout=1secs",
    "--max_agent_ping_timeouts=5",
    "--zk_session_timeout=6secs",
];
const QUICK_AGENT: [&str; 3] = [
    "--registration_backoff_factor=10ms",
    "--zk_session_timeout=6secs",
    "--recovery_timeout=1mins",
];

/// The members of a cluster, each on a free port.
pub(super) fn plan(spec: &ClusterSpec, home: &MesosHome, run: &Path) -> Result<Vec<Plan>, RunError> {
    if spec.masters > 1 && !spec.zookeeper {
        return Err(RunError::Member {
            name: "masters".into(),
            problem: "need ZooKeeper to be several".into(),
        });
    }
    let mut plans = Vec::new();
    let mut zk = None;
    if spec.zookeeper {
        let servers = zookeeper::ensemble(spec.zookeepers, spec.address)?;
        for server in &servers {
            plans.push(Plan {
                name: server.name.clone(),
                role: Role::ZooKeeper,
                address: spec.address,
                port: server.port,
                recipe: zookeeper::recipe(home, run, server, &servers)?,
            });
        }
        zk = Some(zookeeper::url(
            spec.address,
            servers.iter().map(|server| server.port),
        ));
    }
    let mut master = zk.clone();
    for number in 1..=spec.masters {
        let port = ports::free_port()?;
        let name = format!("master{number}");
        let mut flags = common(run, &name, spec.address, port);
        if let Some(zk) = &zk {
            flags.push(format!("--zk={zk}"));
            flags.push(format!("--quorum={}", spec.masters / 2 + 1));
        }
        if spec.quick {
            flags.extend(unless_given(&QUICK_MASTER, &spec.master_flags));
        }
        flags.extend(spec.master_flags.iter().cloned());
        master.get_or_insert_with(|| format!("{}:{port}", spec.address));
        let recipe = recipe(home, run, &name, "mesos-master", flags);
        plans.push(Plan {
            name,
            role: Role::Master,
            address: spec.address,
            port,
            recipe,
        });
    }
    let master = master.unwrap_or_default();
    for (index, agent) in spec.agents.iter().enumerate() {
        let port = ports::free_port()?;
        let name = format!("agent{}", index + 1);
        let mut flags = common(run, &name, Ipv4Addr::LOCALHOST, port);
        flags.extend([
            format!("--master={master}"),
            format!("--runtime_dir={}", run.join(&name).join("run").display()),
            format!("--launcher_dir={}", home.programs().display()),
            format!("--resources={}", agent.resources()),
            "--no-systemd_enable_support".into(),
            "--http_command_executor".into(),
        ]);
        match &agent.images {
            Some(images) => flags.extend(boxed::flags(images, run, &name)),
            // No cgroups, no root file systems: containers are process trees.
            None => flags.extend([
                "--launcher=posix".into(),
                "--isolation=posix/cpu,posix/mem".into(),
            ]),
        }
        if spec.quick {
            flags.extend(unless_given(&QUICK_AGENT, &agent.flags));
        }
        if let Some(attributes) = &agent.attributes {
            flags.push(format!("--attributes={attributes}"));
        }
        flags.extend(agent.flags.iter().cloned());
        let recipe = recipe(home, run, &name, "mesos-agent", flags);
        plans.push(Plan {
            name,
            role: Role::Agent,
            address: Ipv4Addr::LOCALHOST,
            port,
            recipe,
        });
    }
    Ok(plans)
}

fn common(run: &Path, name: &str, address: Ipv4Addr, port: u16) -> Vec<String> {
    let work: PathBuf = run.join(name).join("work");
    vec![
        format!("--ip={address}"),
        format!("--hostname={address}"),
        format!("--port={port}"),
        format!("--work_dir={}", work.display()),
    ]
}

fn recipe(home: &MesosHome, run: &Path, name: &str, program: &str, arguments: Vec<String>) -> Recipe {
    let sasl = home.sasl().display().to_string();
    Recipe {
        program: home.program(program),
        arguments,
        environment: BTreeMap::from([("SASL_PATH".to_owned(), sasl)]),
        folder: run.join(name),
        run: run.to_path_buf(),
    }
}

/// The flags whose names are not among those that were given: Mesos refuses a flag that comes twice.
fn unless_given(usual: &[&str], given: &[String]) -> Vec<String> {
    let name = |flag: &str| flag.split('=').next().unwrap_or_default().to_owned();
    let given: Vec<String> = given.iter().map(|flag| name(flag)).collect();
    usual
        .iter()
        .filter(|flag| !given.contains(&name(flag)))
        .map(|flag| (*flag).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_flag_takes_the_place_of_the_usual_one() {
        let flags = unless_given(&QUICK_MASTER, &["--allocation_interval=1secs".into()]);
        assert_eq!(flags, QUICK_MASTER[1..]);
    }
}
