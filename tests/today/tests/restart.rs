//! What runs on Mesos goes on while Jenkins is away.

use testbed::seeds::CloudSeed;
use testbed::{Check, ClusterSpec};
use today::{Bed, Gate, SOON};

/// A Pipeline that says what it does before and after the gate, and on which node.
fn gated(gate: &Gate) -> String {
    format!(
        "node('mesos') {{\n  sh 'echo before on $NODE_NAME'\n  sh '''{}'''\n  sh 'echo after on $NODE_NAME'\n}}\n",
        gate.script()
    )
}

#[test]
fn a_running_pipeline_goes_on_after_a_restart_on_the_agent_that_it_had() {
    let mut bed = Bed::start(&ClusterSpec::default(), CloudSeed::default()).unwrap();
    let gate = Gate::closed().unwrap();
    bed.run_pipeline("pipe", &gated(&gate)).unwrap();
    bed.console_with("pipe", "waiting at the gate").unwrap();
    let task = bed.the_agent().unwrap();

    bed.jenkins.stop().unwrap();
    bed.jenkins.start_again().unwrap();

    bed.jenkins
        .await_that("the agent to be back", SOON, || match bed.jenkins.nodes() {
            Ok(nodes) if nodes.iter().any(|node| node.name == task && node.online) => Check::Ready(()),
            other => Check::NotYet(format!("{other:?}")),
        })
        .unwrap();
    assert_eq!(bed.the_agent().unwrap(), task);
    gate.open().unwrap();
    let console = bed.success_of("pipe").unwrap();
    for words in ["before on ", "after on "] {
        assert!(console.contains(&format!("{words}{task}")), "{console}");
    }
    let ended = bed.cluster.ended_tasks().unwrap();
    assert!(ended.is_empty(), "{ended:?}");
}

#[test]
fn a_running_pipeline_goes_on_after_jenkins_was_killed() {
    let mut bed = Bed::start(&ClusterSpec::default(), CloudSeed::default()).unwrap();
    let gate = Gate::closed().unwrap();
    bed.run_pipeline("pipe", &gated(&gate)).unwrap();
    bed.console_with("pipe", "waiting at the gate").unwrap();
    let task = bed.the_agent().unwrap();

    bed.jenkins.kill().unwrap();
    gate.open().unwrap();
    bed.jenkins.start_again().unwrap();

    let console = bed.success_of("pipe").unwrap();
    assert!(console.contains(&format!("after on {task}")), "{console}");
    let ended = bed.cluster.ended_tasks().unwrap();
    assert!(ended.is_empty(), "{ended:?}");
}
