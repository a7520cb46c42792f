//! How agents come, and who can read their secret.

use std::fs;

use testbed::http::Client;
use testbed::seeds::{CloudSeed, TemplateSeed};
use testbed::{ClusterSpec, JenkinsSpec, guard};
use today::{Bed, Gate};

/// Answers of a Mesos master and of an agent in which a framework's tasks can be read.
const MASTER_PAGES: [&str; 3] = ["/master/state", "/master/tasks", "/master/frameworks"];
const AGENT_PAGES: [&str; 2] = ["/state", "/containers"];
const MASTER_CALLS: [&str; 3] = ["GET_STATE", "GET_TASKS", "GET_FRAMEWORKS"];
// Not among them: GET_STATE and GET_EXECUTORS of an agent, which show the environment of a task, and the secret in it.
const AGENT_CALLS: [&str; 1] = ["GET_TASKS"];

#[test]
fn the_secret_of_an_agent_is_on_no_command_line_and_in_no_answer_that_lists_tasks() {
    let bed = Bed::start(&ClusterSpec::default(), CloudSeed::default()).unwrap();
    let gate = Gate::closed().unwrap();
    bed.build("one", "mesos", &gate.script()).unwrap();
    let node = bed.start_of("one").unwrap().node;
    let secret = bed
        .jenkins
        .groovy(&format!("println Jenkins.get().getComputer('{node}').jnlpMac"))
        .unwrap();
    assert_eq!(secret.len(), 64, "{secret}");

    let mut seen: Vec<(String, String)> = Vec::new();
    for pid in guard::survivors(bed.cluster.folder()) {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        seen.push((format!("command line of {pid}"), line));
    }
    let agents = seen.iter().filter(|(_, line)| line.contains("agent.jar")).count();
    assert!(agents > 0, "no agent.jar in {seen:?}");
    for (name, pages, calls) in [
        ("master1", &MASTER_PAGES[..], &MASTER_CALLS[..]),
        ("agent1", &AGENT_PAGES[..], &AGENT_CALLS[..]),
    ] {
        let port = bed.cluster.port(name).unwrap();
        let client = Client::new(format!("http://127.0.0.1:{port}"));
        for page in pages {
            let answer = client.get(page).unwrap().good().unwrap();
            seen.push((format!("{name} {page}"), answer.body));
        }
        for call in calls {
            let body = format!("{{\"type\":\"{call}\"}}");
            let answer = client
                .post("/api/v1", "application/json", &body)
                .unwrap()
                .good()
                .unwrap();
            seen.push((format!("{name} {call}"), answer.body));
        }
        seen.push((format!("log of {name}"), bed.cluster.log(name).unwrap()));
    }
    seen.push(("log of Jenkins".into(), bed.jenkins.log()));
    seen.push(("log of the agent".into(), bed.jenkins.node_log(&node).unwrap()));
    let told = seen.iter().filter(|(_, text)| text.contains(&node)).count();
    assert!(told > 8, "the agent is in {told} of {} texts", seen.len());
    let leaks: Vec<&str> = seen
        .iter()
        .filter(|(_, text)| text.contains(&secret))
        .map(|(place, _)| place.as_str())
        .collect();
    assert_eq!(leaks, [""; 0]);

    gate.open().unwrap();
    bed.success_of("one").unwrap();
}

#[test]
fn agents_come_by_tcp_where_the_port_for_agents_is_open() {
    let bed = Bed::start_with(&ClusterSpec::default(), CloudSeed::default(), |spec| {
        JenkinsSpec {
            agent_port: true,
            ..spec
        }
    })
    .unwrap();
    let gate = Gate::closed().unwrap();
    bed.build("one", "mesos", &gate.script()).unwrap();
    let node = bed.start_of("one").unwrap().node;

    let protocol = bed.jenkins.node_log(&node).unwrap();

    assert!(protocol.contains("JNLP4-connect"), "{protocol}");
    gate.open().unwrap();
    bed.success_of("one").unwrap();
    assert_eq!(bed.jenkins.complaints(), [""; 0]);
}

#[test]
fn words_of_the_jvm_and_of_the_agent_reach_its_command_line() {
    let template = TemplateSeed {
        jvm_args: "-Dgreeting='good morning' -XX:+UseSerialGC".into(),
        jnlp_args: "-noReconnect -headless".into(),
        ..TemplateSeed::default()
    };
    let cloud = CloudSeed {
        templates: vec![template],
        ..CloudSeed::default()
    };
    let bed = Bed::start(&ClusterSpec::default(), cloud).unwrap();
    bed.build("one", "mesos", "tr '\\0' '|' < /proc/$PPID/cmdline")
        .unwrap();

    let console = bed.success_of("one").unwrap();

    assert!(
        console.contains("|-Dgreeting=good morning|-XX:+UseSerialGC|"),
        "{console}"
    );
    assert!(console.contains("|-headless|"), "{console}");
    // With it an agent would not outlive a restart of Jenkins.
    assert!(!console.contains("noReconnect"), "{console}");
    assert!(console.contains("|-webSocket|"), "{console}");
}
