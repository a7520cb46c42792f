//! A build whose agent is lost tells in its own log what became of it. Pipelines: see `pipelines`.

use testbed::ClusterSpec;
use testbed::seeds::CloudSeed;
use today::{Bed, Gate, SOON, kill_agent};

#[test]
fn a_build_whose_agent_is_killed_tells_which_event_of_mesos_ended_it() {
    let bed = Bed::start(&ClusterSpec::default(), CloudSeed::default()).unwrap();
    let gate = Gate::closed().unwrap();
    bed.build("one", "mesos", &gate.script()).unwrap();
    bed.console_with("one", "waiting at the gate").unwrap();
    let agent = bed.the_agent().unwrap();

    kill_agent(&agent).unwrap();

    let build = bed.end_of("one").unwrap();
    assert_eq!(build.result.as_deref(), Some("FAILURE"));
    let console = bed.jenkins.console("one", 1).unwrap();
    let told = format!("ERROR: Mesos: agent {agent} was lost: TASK_FAILED, ");
    assert_eq!(console.matches(&told).count(), 1, "{console}");
    assert!(console.contains("SIGKILL"), "{console}");
    let ended = bed.cluster.ended_tasks().unwrap();
    assert_eq!(ended.len(), 1, "{ended:?}");
    bed.nothing_left(SOON).unwrap();
}

#[test]
fn a_build_whose_mesos_agent_goes_tells_so() {
    let mut bed = Bed::start(&ClusterSpec::default(), CloudSeed::default()).unwrap();
    let gate = Gate::closed().unwrap();
    bed.build("one", "mesos", &gate.script()).unwrap();
    bed.console_with("one", "waiting at the gate").unwrap();
    let agent = bed.the_agent().unwrap();

    // the host with all that ran on it
    bed.cluster.kill("agent1").unwrap();
    kill_agent(&agent).unwrap();

    bed.end_of("one").unwrap();
    let console = bed.jenkins.console("one", 1).unwrap();
    assert!(
        console.contains(&format!("ERROR: Mesos: agent {agent} was lost: TASK_")),
        "{console}"
    );
}

#[test]
fn a_build_whose_node_is_deleted_tells_so() {
    let bed = Bed::start(&ClusterSpec::default(), CloudSeed::default()).unwrap();
    let gate = Gate::closed().unwrap();
    bed.build("one", "mesos", &gate.script()).unwrap();
    bed.console_with("one", "waiting at the gate").unwrap();
    let agent = bed.the_agent().unwrap();

    bed.jenkins.delete_node(&agent).unwrap();

    bed.end_of("one").unwrap();
    let console = bed.jenkins.console("one", 1).unwrap();
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
