//! A build whose agent is lost tells in its own log what became of it. Pipelines: see `pipelines`.

use testbed::seeds::CloudSeed;
use testbed::{Check, ClusterSpec};
use today::{Bed, Gate, SOON, kill_agent};

#[test]
fn a_build_whose_agent_is_killed_tells_which_event_of_mesos_ended_it() {
    let bed = Bed::start(&ClusterSpec::default(), CloudSeed::default()).unwrap();
    let gate = Gate::closed().unwrap();
    bed.build("one", "mesos", &gate.script()).unwrap();
    bed.console_with("one", "waiting at the gate").unwrap();
    let agent = bed.the_agent().unwrap();

    kill_agent(&agent).unwrap();

    // a build counts as ended a moment before its log is complete
    let console = bed.console_with("one", "Finished: FAILURE").unwrap();
    let told = format!("ERROR: Mesos: agent {agent} was lost: TASK_FAILED, ");
    assert_eq!(console.matches(&told).count(), 1, "{console}");
    assert!(console.contains("SIGKILL"), "{console}");
    bed.nothing_left(SOON).unwrap();
    let ended = bed.cluster.ended_tasks().unwrap();
    assert_eq!(ended.len(), 1, "{ended:?}");
}

#[test]
fn a_build_whose_mesos_agent_is_cut_off_tells_so() {
    let mut bed = Bed::start(&ClusterSpec::default(), CloudSeed::default()).unwrap();
    let gate = Gate::closed().unwrap();
    bed.build("one", "mesos", &gate.script()).unwrap();
    bed.console_with("one", "waiting at the gate").unwrap();
    let agent = bed.the_agent().unwrap();

    // First the Mesos agent, then what ran on its host: no end of the task is known as long as the host may come back.
    bed.cluster.kill("agent1").unwrap();
    let told = bed
        .jenkins
        .await_that("TASK_UNREACHABLE", SOON, || match bed.jenkins.node_log(&agent) {
            Ok(log) => Check::when(log.contains("TASK_UNREACHABLE"), (), || log),
            Err(error) => Check::NotYet(error.to_string()),
        });
    bed.explain(told).unwrap();
    kill_agent(&agent).unwrap();

    let console = bed.console_with("one", "Finished: FAILURE").unwrap();
    let lost = format!(
        "ERROR: Mesos: the connection to agent {agent} was lost; Mesos has not told of an end of its task"
    );
    assert_eq!(console.matches(&lost).count(), 1, "{console}");
    assert!(console.contains("TASK_UNREACHABLE"), "{console}");
}

#[test]
fn a_build_whose_node_is_deleted_tells_so() {
    let bed = Bed::start(&ClusterSpec::default(), CloudSeed::default()).unwrap();
    let gate = Gate::closed().unwrap();
    bed.build("one", "mesos", &gate.script()).unwrap();
    bed.console_with("one", "waiting at the gate").unwrap();
    let agent = bed.the_agent().unwrap();

    bed.jenkins.delete_node(&agent).unwrap();

    let console = bed.console_with("one", "Finished: ").unwrap();
    let told = format!("ERROR: Mesos: agent {agent} was lost: ");
    assert_eq!(console.matches(&told).count(), 1, "{console}");
    assert!(console.contains("TASK_KILLED"), "{console}");
    bed.nothing_left(SOON).unwrap();
}

#[test]
fn a_build_that_ends_well_tells_of_no_loss() {
    let bed = Bed::start(&ClusterSpec::default(), CloudSeed::default()).unwrap();
    bed.build("one", "mesos", "true").unwrap();
    let console = bed.success_of("one").unwrap();
    assert!(
        console.contains("Mesos: agent ") && !console.contains("was lost"),
        "{console}"
    );
}
