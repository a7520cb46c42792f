//! How agents come, and who can read their secret.

use std::fs;
use std::path::Path;

use testbed::http::Client;
use testbed::seeds::{CloudSeed, TemplateSeed};
use testbed::{Check, ClusterSpec, JenkinsSpec, RunError, guard};
use today::{Bed, Gate, HeldSecrets, MesosEye, SOON};

/// Below Jenkins's address.
const ADDRESS: &str = "mesos-agent-secret/";

fn secret_of(bed: &Bed, node: &str) -> Result<String, RunError> {
    bed.jenkins.groovy(&format!(
        "println jenkins.slaves.JnlpAgentReceiver.SLAVE_SECRET.mac('{node}')"
    ))
}

/// What a person on an agent's host, or one who may look at Mesos, sees; with the logs of Jenkins and of the agent.
fn spied(bed: &Bed, node: &str) -> Result<MesosEye, RunError> {
    let mut eye = MesosEye::look(&bed.cluster)?;
    for pid in guard::survivors(bed.cluster.folder()) {
        for file in ["cmdline", "environ"] {
            let words = fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
            let words = String::from_utf8_lossy(&words).replace('\0', " ");
            eye.seen.push((format!("{file} of {pid}"), words));
        }
    }
    eye.seen.push(("log of Jenkins".into(), bed.jenkins.log()));
    // There is none before the node is.
    let log = bed.jenkins.node_log(node).unwrap_or_default();
    eye.seen.push(("log of the agent".into(), log));
    Ok(eye)
}

/// The address of an agent's secret below that of Jenkins, as somebody finds it in Mesos.
fn address_in(eye: &MesosEye, node: &str) -> Result<String, RunError> {
    let begin = format!("{ADDRESS}{node}/");
    let rest = eye
        .seen
        .iter()
        .find_map(|(_, text)| text.split_once(&begin))
        .map(|(_, rest)| rest)
        .ok_or_else(|| RunError::Condition {
            what: format!("{begin} in what Mesos shows"),
            reason: format!("{eye:?}"),
        })?;
    let code: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
    Ok(format!("{begin}{code}"))
}

/// A bed whose agents cannot have their secrets yet, and the name of the first of them, which is about to start.
fn starting(held: &HeldSecrets, job: &str, script: &str) -> Result<(Bed, String), RunError> {
    let cloud = CloudSeed {
        jenkins_url: held.url(),
        ..CloudSeed::default()
    };
    let bed = Bed::start(&ClusterSpec::default(), cloud)?;
    held.lead_to(&bed.jenkins.url());
    bed.build(job, "mesos", script)?;
    held.await_asked()?;
    match bed.cluster.tasks()?.as_slice() {
        [one] => {
            let name = one.id.clone();
            Ok((bed, name))
        }
        other => Err(RunError::Condition {
            what: "one task".into(),
            reason: format!("{other:?}"),
        }),
    }
}

#[test]
fn the_secret_of_an_agent_is_on_no_command_line_and_in_no_answer_of_mesos() {
    let bed = Bed::start(&ClusterSpec::default(), CloudSeed::default()).unwrap();
    let gate = Gate::closed().unwrap();
    bed.build("one", "mesos", &gate.script()).unwrap();
    let node = bed.start_of("one").unwrap().node;
    let secret = secret_of(&bed, &node).unwrap();
    assert_eq!(secret.len(), 64, "{secret}");

    let eye = spied(&bed, &node).unwrap();

    let agents = eye
        .seen
        .iter()
        .filter(|(place, line)| place.starts_with("cmdline") && line.contains("agent.jar"))
        .count();
    assert!(agents > 0, "no agent.jar in {:?}", eye.seen);
    for place in ["agent1 GET_STATE", "agent1 GET_EXECUTORS", "log of the agent"] {
        assert!(
            eye.places_of(&node).contains(&place),
            "{:?}",
            eye.places_of(&node)
        );
    }
    let read = eye.places_of("Fetching '");
    assert!(
        read.iter().any(|place| place.starts_with("/files/read of")),
        "no sandbox was read: {read:?}"
    );
    assert_eq!(eye.places_of(&secret), [""; 0]);
    let used = address_in(&eye, &node).unwrap();
    let again = Client::new(bed.jenkins.url()).get(&format!("/{used}")).unwrap();
    assert_eq!(again.status, 410, "{}", again.body);
    assert!(again.body.contains("already handed out"), "{}", again.body);

    gate.open().unwrap();
    let console = bed.success_of("one").unwrap();
    assert!(console.contains("Secret handed out to 127.0.0.1"), "{console}");
}

#[test]
fn whoever_fetches_an_agents_secret_before_mesos_is_seen_and_has_won_nothing() {
    let held = HeldSecrets::new().unwrap();
    let (bed, first) = starting(&held, "one", "echo built").unwrap();
    let secret = secret_of(&bed, &first).unwrap();
    let eye = spied(&bed, &first).unwrap();
    assert_eq!(eye.places_of(&secret), [""; 0], "while it starts");

    let address = address_in(&eye, &first).unwrap();
    let thief = Client::new(bed.jenkins.url());
    let wrong = format!("/{ADDRESS}{first}/{}", "0".repeat(64));
    assert_eq!(thief.get(&wrong).unwrap().status, 404);
    let stolen = thief.get(&format!("/{address}")).unwrap();
    assert_eq!((stolen.status, stolen.body.as_str()), (200, secret.as_str()));
    let second = thief.get(&format!("/{address}")).unwrap();
    assert_eq!(second.status, 410);
    assert!(!second.body.contains(&secret), "{}", second.body);
    held.give();

    let console = bed.success_of("one").unwrap();
    let said = format!("The last agent of this template failed: {first}: TASK_FAILED");
    assert!(
        console.contains(&said) && console.contains("already handed out to 127.0.0.1"),
        "{console}"
    );
    let log = bed.jenkins.log();
    assert!(log.contains("its secret was asked for again"), "{log}");
    assert!(!log.contains(&secret) && !console.contains(&secret), "{console}");
    // Not even its address, which is worth nothing any more.
    assert!(!log.contains(&address) && !console.contains(&address), "{log}");
    let after = thief.get(&format!("/{address}")).unwrap();
    assert_eq!(after.status, 410);
    assert!(after.body.contains("No agent"), "{}", after.body);
}

#[test]
fn an_agent_that_starts_while_jenkins_is_restarted_gets_its_secret() {
    let held = HeldSecrets::new().unwrap();
    let gate = Gate::closed().unwrap();
    let (mut bed, node) = starting(&held, "one", &gate.script()).unwrap();
    bed.jenkins
        .await_that("the node to be there", SOON, || match bed.jenkins.nodes() {
            Ok(nodes) if nodes.iter().any(|each| each.name == node) => Check::Ready(()),
            other => Check::NotYet(format!("{other:?}")),
        })
        .unwrap();
    let address = address_in(&MesosEye::look(&bed.cluster).unwrap(), &node).unwrap();

    bed.jenkins.stop().unwrap();
    bed.jenkins.start_again().unwrap();
    held.give();

    assert_eq!(bed.start_of("one").unwrap().node, node);
    // What was handed out is known after the next start too, before the agent is back and after.
    bed.jenkins.stop().unwrap();
    bed.jenkins.start_again().unwrap();
    let thief = Client::new(bed.jenkins.url());
    let late = thief.get(&format!("/{address}")).unwrap();
    assert_eq!(late.status, 410);
    assert!(late.body.contains("already handed out"), "{}", late.body);
    gate.open().unwrap();
}

#[test]
fn the_file_of_a_secret_that_an_agent_left_is_removed_when_it_is_online() {
    let mut bed = Bed::start(&ClusterSpec::default(), CloudSeed::default()).unwrap();
    let gate = Gate::closed().unwrap();
    let script = format!("echo sandbox $MESOS_SANDBOX.\n{}", gate.script());
    bed.build("one", "mesos", &script).unwrap();
    let node = bed.start_of("one").unwrap().node;
    let console = bed.console_with("one", "waiting at the gate").unwrap();
    let sandbox = console
        .lines()
        .find_map(|line| line.strip_prefix("sandbox ")?.strip_suffix('.'))
        .unwrap();
    let file = Path::new(sandbox).join(".agent-secret");
    assert!(!file.exists());

    // As one that runs in an image without a shell, and comes after a restart.
    bed.jenkins.stop().unwrap();
    fs::write(&file, "left").unwrap();
    bed.jenkins.start_again().unwrap();

    bed.jenkins
        .await_that("the file to be gone", SOON, || match file.exists() {
            true => Check::NotYet(format!("{node}: {:?}", bed.jenkins.nodes())),
            false => Check::Ready(()),
        })
        .unwrap();
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
