//! Running builds survive what happens to the host and to Mesos.

use std::fs;

use e2e::{Bed, Gate, LATER, SOON, complaints, framework_id};
use testbed::seeds::{CloudSeed, TemplateSeed};
use testbed::{AgentSpec, Check, ClusterSpec};

const FRAMEWORK: &str = "Jenkins Scheduler";

fn success(result: Option<&str>) -> bool {
    result == Some("SUCCESS")
}

#[test]
fn a_restarted_host_knows_its_tasks_and_ends_those_without_a_node() {
    let template = |label: &str| TemplateSeed {
        label: label.into(),
        idle_minutes: 10,
        ..TemplateSeed::default()
    };
    let templates = vec![template("kept"), template("orphan")];
    let mut bed = Bed::start(
        &ClusterSpec::default(),
        CloudSeed {
            templates,
            ..CloudSeed::default()
        },
    )
    .unwrap();
    let gate = Gate::closed().unwrap();
    bed.build("keeper", "kept", &gate.script()).unwrap();
    bed.build("orphaner", "orphan", &gate.script()).unwrap();
    let kept = bed.start_of("keeper").unwrap().node;
    let orphan = bed.start_of("orphaner").unwrap().node;
    let framework = framework_id(&bed.cluster, FRAMEWORK).unwrap();

    bed.host.kill().unwrap();
    // The host was stopped before it could note what it had begun: this node is not in its file.
    let file = bed.host.home().join("config.xml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, without_node(&text, &orphan)).unwrap();
    bed.host.start_again().unwrap();

    let killed = bed.host.await_that("the end of the orphan's task", SOON, || {
        match bed.cluster.ended_tasks() {
            Ok(tasks) => Check::when(tasks.iter().any(|task| task.id == orphan), (), || {
                format!("{tasks:?}")
            }),
            Err(error) => Check::NotYet(error.to_string()),
        }
    });
    bed.explain(killed).unwrap();
    let tasks: Vec<String> = bed
        .cluster
        .tasks()
        .unwrap()
        .into_iter()
        .map(|task| task.id)
        .collect();
    assert_eq!(tasks, [kept.as_str()]);
    assert_eq!(framework_id(&bed.cluster, FRAMEWORK).unwrap(), framework);
    let known = bed
        .host
        .await_that("the kept agent to be known and online", SOON, || {
            let nodes = bed.host.nodes().unwrap_or_default();
            let online = nodes.len() == 1 && nodes[0].name == kept && nodes[0].online;
            Check::when(online, (), || format!("{nodes:?}"))
        });
    bed.explain(known).unwrap();

    // The agent comes back by itself, whether Mesos has told of it yet or not.
    let told = bed
        .host
        .await_that("what Mesos knows in the agent's log", SOON, || {
            match bed.host.node_log(&kept) {
                Ok(log) => Check::when(log.contains("Known to Mesos after the restart"), (), || {
                    log.clone()
                }),
                Err(error) => Check::NotYet(error.to_string()),
            }
        });
    bed.explain(told).unwrap();

    gate.open().unwrap();
    bed.build("after", "kept", "echo hello again").unwrap();
    let build = bed.end_of("after").unwrap();
    assert!(success(build.result.as_deref()), "{build:?}");
    assert_eq!(build.node, kept);
    let state = bed.cluster.master_state().unwrap();
    let completed = state["completed_frameworks"].as_array().map_or(0, Vec::len);
    assert_eq!(completed, 0, "{}", state["completed_frameworks"]);
    assert_eq!(complaints(&bed.host.log()), [""; 0]);
}

/// A host's configuration without one of its nodes.
fn without_node(configuration: &str, name: &str) -> String {
    let element = "org.jenkinsci.plugins.mesos.MesosSlave";
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    let mut kept = String::new();
    let mut rest = configuration;
    while let Some((before, after)) = rest.split_once(&open) {
        kept.push_str(before);
        let Some((node, behind)) = after.split_once(&close) else {
            break;
        };
        if !node.contains(name) {
            kept.push_str(&format!("{open}{node}{close}"));
        }
        rest = behind;
    }
    kept + rest
}

#[test]
fn a_build_outlives_the_leading_master_and_the_next_one_is_served() {
    let spec = ClusterSpec {
        masters: 3,
        ..ClusterSpec::with_agents(2, &AgentSpec::default())
    };
    let mut bed = Bed::start(&spec, CloudSeed::default()).unwrap();
    let gate = Gate::closed().unwrap();
    bed.build("during", "mesos", &gate.script()).unwrap();
    let during = bed.start_of("during").unwrap();
    let framework = framework_id(&bed.cluster, FRAMEWORK).unwrap();
    let old = bed.cluster.leader().unwrap();

    bed.cluster.kill(&old.name).unwrap();

    let new = bed.cluster.await_leader(Some(&old), SOON).unwrap();
    assert_ne!(new, old);
    let back = bed
        .host
        .await_that("the framework and its task at the new leader", SOON, || {
            let active = bed.cluster.frameworks(FRAMEWORK).unwrap_or_default();
            let active = active
                .iter()
                .any(|one| one["active"] == true && one["id"] == framework.as_str());
            let tasks = bed.cluster.tasks().unwrap_or_default();
            let task = tasks
                .iter()
                .any(|task| task.id == during.node && task.state == "TASK_RUNNING");
            Check::when(active && task, (), || {
                format!("active: {active}, tasks: {tasks:?}")
            })
        });
    bed.explain(back).unwrap();
    bed.build("next", "mesos", "echo served").unwrap();
    let next = bed.end_of("next").unwrap();
    assert!(success(next.result.as_deref()), "{next:?}");
    assert_ne!(next.node, during.node);

    gate.open().unwrap();
    let during = bed.end_of("during").unwrap();
    assert!(success(during.result.as_deref()), "{during:?}");
    assert_eq!(framework_id(&bed.cluster, FRAMEWORK).unwrap(), framework);
    assert_eq!(complaints(&bed.host.log()), [""; 0]);
}

#[test]
fn a_build_outlives_its_mesos_agent_when_that_checkpoints() {
    let mut bed = Bed::start(&ClusterSpec::default(), CloudSeed::default()).unwrap();
    let gate = Gate::closed().unwrap();
    bed.build("during", "mesos", &gate.script()).unwrap();
    let node = bed.start_of("during").unwrap().node;

    bed.cluster.kill("agent1").unwrap();
    let missed = bed.host.await_that("the master to miss its agent", SOON, || {
        match bed.cluster.master_state() {
            Ok(state) => Check::when(state["slaves"][0]["active"] != true, (), || "it is active".into()),
            Err(error) => Check::NotYet(error.to_string()),
        }
    });
    bed.explain(missed).unwrap();
    bed.cluster.restart("agent1").unwrap();
    bed.cluster.await_agents(1).unwrap();

    gate.open().unwrap();
    let build = bed.end_of("during").unwrap();
    assert!(success(build.result.as_deref()), "{build:?}");
    assert_eq!(build.node, node);
    let released = bed.host.await_that("the task to be killed when idle", LATER, || {
        let used = bed.cluster.cpus_used();
        Check::when(matches!(used, Ok(0.0)), (), || format!("{used:?}"))
    });
    bed.explain(released).unwrap();
    assert_eq!(complaints(&bed.host.log()), [""; 0]);
}
