//! The master `local` in a host: agents share no socket with its JVM, and outlive it without being forgotten.

use std::collections::BTreeSet;
use std::fs;

use e2e::{Gate, SOON, complaints, start_host};
use testbed::guard::survivors;
use testbed::seeds::{CloudSeed, freestyle};
use testbed::{Check, Host, RunError};

/// The sockets that a process has, as the kernel numbers them.
fn sockets(process: u32) -> BTreeSet<String> {
    let files = fs::read_dir(format!("/proc/{process}/fd"))
        .into_iter()
        .flatten()
        .flatten();
    let targets =
        files.filter_map(|file| Some(fs::read_link(file.path()).ok()?.to_string_lossy().into_owned()));
    targets.filter(|target| target.starts_with("socket:")).collect()
}

/// Waits until the only node is online, and gives its name.
fn agent(host: &Host) -> Result<String, RunError> {
    host.await_that("an agent that is online", SOON, || match host.nodes() {
        Ok(nodes) if nodes.len() == 1 && nodes[0].online => Check::Ready(nodes[0].name.clone()),
        other => Check::NotYet(format!("{other:?}")),
    })
}

#[test]
fn an_agent_shares_no_socket_with_the_host_and_is_found_again_after_its_death() {
    let cloud = CloudSeed {
        master: "local://?cpus=2&mem=2048&docker=none".into(),
        ..CloudSeed::default()
    };
    let mut host = start_host(vec![cloud]).unwrap();
    let gate = Gate::closed().unwrap();
    host.create_job("one", &freestyle("mesos", &gate.script()))
        .unwrap();
    host.build("one").unwrap();
    host.await_start("one", 1, SOON).unwrap();
    let name = agent(&host).unwrap();

    let folder = host.home().join("mesos");
    let processes = survivors(&folder);
    let of_host = sockets(host.pid().unwrap());
    let of_agent: BTreeSet<String> = processes.iter().flat_map(|process| sockets(*process)).collect();
    // The shell that waits for it, Java, and the build's shell.
    assert!(processes.len() >= 2, "{processes:?}");
    // The one listens, the other has a connection to it.
    assert!(
        !of_host.is_empty() && !of_agent.is_empty(),
        "{of_host:?}, {of_agent:?}"
    );
    let shared: Vec<&String> = of_host.intersection(&of_agent).collect();
    assert_eq!(shared, Vec::<&String>::new());

    host.kill().unwrap();
    assert!(!survivors(&folder).is_empty(), "the agent has gone with the host");
    host.start_again().unwrap();
    assert_eq!(agent(&host).unwrap(), name);
    assert!(!survivors(&folder).is_empty());
    gate.open().unwrap();
    host.delete_node(&name).unwrap();
    host.await_that("no process of an agent", SOON, || {
        let left = survivors(&folder);
        Check::when(left.is_empty(), (), || format!("{left:?} are left"))
    })
    .unwrap();
    assert_eq!(complaints(&host.log()), [""; 0]);
}
