//! An agent that takes only so many builds, or builds for only so many hours.

use testbed::seeds::{CloudSeed, freestyle};
use testbed::{Check, ClusterSpec, RunError};
use today::{Bed, SOON};

/// Sets a field of the one template.
fn set(bed: &Bed, assignment: &str) -> Result<(), RunError> {
    bed.jenkins
        .groovy(&format!(
            "Jenkins.get().clouds[0].slaveInfos[0].{assignment}; Jenkins.get().save()"
        ))
        .map(drop)
}

/// Runs the next build of a job and gives the node that it ran on.
fn build(bed: &Bed, job: &str, number: u64) -> Result<String, RunError> {
    bed.jenkins.build(job)?;
    let build = bed.explain(bed.jenkins.await_end(job, number, SOON))?;
    assert_eq!(build.result.as_deref(), Some("SUCCESS"), "{build:?}");
    Ok(build.node)
}

/// Waits until the node of an agent is gone, long before its idle minutes are over, and its task killed.
fn await_end_of(bed: &Bed, agent: &str) -> Result<(), RunError> {
    let gone = bed.jenkins.await_that(&format!("the end of {agent}"), SOON, || {
        let nodes = bed.jenkins.nodes();
        let ended = bed.cluster.ended_tasks();
        match (&nodes, &ended) {
            (Ok(nodes), Ok(ended))
                if nodes.iter().all(|node| node.name != agent)
                    && ended
                        .iter()
                        .any(|task| task.id == agent && task.state == "TASK_KILLED") =>
            {
                Check::Ready(())
            }
            _ => Check::NotYet(format!("{nodes:?}, {ended:?}")),
        }
    });
    bed.explain(gone)
}

/// A cloud whose agents stay for an hour without work.
fn patient() -> CloudSeed {
    let mut cloud = CloudSeed::default();
    cloud.templates[0].idle_minutes = 60;
    cloud
}

#[test]
fn an_agent_ends_with_the_last_of_its_builds() {
    let bed = Bed::start(&ClusterSpec::default(), patient()).unwrap();
    set(&bed, "maxBuilds = '2'").unwrap();
    bed.jenkins
        .create_job("one", &freestyle("mesos", "true"))
        .unwrap();

    let first = build(&bed, "one", 1).unwrap();
    let second = build(&bed, "one", 2).unwrap();
    await_end_of(&bed, &first).unwrap();
    let third = build(&bed, "one", 3).unwrap();

    assert_eq!(second, first);
    assert_ne!(third, first);
    let console = bed.jenkins.console("one", 2).unwrap();
    assert!(
        console.contains(&format!("Mesos: build 2 on agent {first}")),
        "{console}"
    );
    assert!(!console.contains("was lost"), "{console}");
    let left = bed.jenkins.nodes().unwrap();
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(bed.jenkins.complaints(), [""; 0]);
}

#[test]
fn an_agent_takes_no_build_after_its_hours() {
    let bed = Bed::start(&ClusterSpec::default(), patient()).unwrap();
    set(&bed, "maxHours = '1'").unwrap();
    bed.jenkins
        .create_job("one", &freestyle("mesos", "true"))
        .unwrap();
    let first = build(&bed, "one", 1).unwrap();
    assert_eq!(build(&bed, "one", 2).unwrap(), first);

    // as if it had been made an hour ago
    bed.jenkins
        .groovy(&format!(
            "def node = Jenkins.get().getNode('{first}')\n\
             def made = node.class.getDeclaredField('createdAt')\n\
             made.accessible = true\n\
             made.setLong(node, node.createdAt - 3600 * 1000L)\n"
        ))
        .unwrap();

    let other = build(&bed, "one", 3).unwrap();
    assert_ne!(other, first);
    await_end_of(&bed, &first).unwrap();
    assert_eq!(bed.jenkins.complaints(), [""; 0]);
}
