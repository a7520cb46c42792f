//! Builds get their agents from Mesos, and give them back.

use e2e::{Bed, Gate, LATER, SOON, complaints, is_agent_name};
use testbed::seeds::{CloudSeed, TemplateSeed, freestyle};
use testbed::{AgentSpec, Check, ClusterSpec};

#[test]
fn a_freestyle_job_builds_on_a_task_that_ends_when_it_is_idle() {
    let bed = Bed::start(&ClusterSpec::default(), CloudSeed::default()).unwrap();
    let gate = Gate::closed().unwrap();
    bed.build("one", "mesos", &format!("echo on $NODE_NAME\n{}", gate.script()))
        .unwrap();

    let running = bed.start_of("one").unwrap();

    assert!(is_agent_name(&running.node, "mesos"), "{running:?}");
    let tasks = bed.cluster.tasks().unwrap();
    assert_eq!(tasks.len(), 1, "{tasks:?}");
    assert_eq!(tasks[0].id, running.node);
    assert_eq!(tasks[0].state, "TASK_RUNNING");
    // The agent's 0.1 CPUs and 128 MB, and those of its one executor: 0.1 and 64.
    assert!((tasks[0].cpus - 0.2).abs() < 1e-9, "{tasks:?}");
    assert!((tasks[0].mem - 192.0).abs() < 1e-9, "{tasks:?}");

    gate.open().unwrap();
    let build = bed.end_of("one").unwrap();
    assert_eq!(build.result.as_deref(), Some("SUCCESS"));
    let console = bed.host.console("one", 1).unwrap();
    assert!(console.contains(&format!("on {}", running.node)), "{console}");

    let ended = bed
        .explain(bed.host.await_that(
            "the release of the agent",
            LATER,
            || match bed.cluster.ended_tasks() {
                Ok(mut tasks) if tasks.len() == 1 => Check::Ready(tasks.remove(0)),
                other => Check::NotYet(format!("ended tasks: {other:?}")),
            },
        ))
        .unwrap();
    assert_eq!(ended.id, running.node);
    assert!(
        ["TASK_KILLED", "TASK_FINISHED"].contains(&ended.state.as_str()),
        "{}",
        ended.state
    );
    bed.host
        .await_that("the node to be gone and all CPUs to be free", SOON, || {
            let left = (bed.host.nodes(), bed.cluster.cpus_used());
            let none = matches!(&left, (Ok(nodes), Ok(used)) if nodes.is_empty() && *used == 0.0);
            Check::when(none, (), || format!("{left:?}"))
        })
        .unwrap();
    assert_eq!(complaints(&bed.host.log()), [""; 0]);
}

#[test]
fn twenty_jobs_at_once_share_a_cluster_with_room_for_twelve_agents() {
    // An agent needs 0.2 CPUs: six fit on each.
    let spec = ClusterSpec::with_agents(2, &AgentSpec::with(1.2, 4096));
    let mut bed = Bed::start(&spec, CloudSeed::default()).unwrap();
    let gate = Gate::closed().unwrap();
    let jobs: Vec<String> = (1..=20).map(|number| format!("job{number}")).collect();
    for job in &jobs {
        bed.host
            .create_job(job, &freestyle("mesos", &gate.script()))
            .unwrap();
    }
    // The Mesos agents are away until enough is asked for, so that their offers find many requests.
    for agent in ["agent1", "agent2"] {
        bed.cluster.stop(agent).unwrap();
    }
    for job in &jobs {
        bed.host.build(job).unwrap();
    }
    let asked = bed
        .host
        .await_that("an agent to be asked for each of them", LATER, || {
            let page = bed.host.page("/mesos/").and_then(|page| page.good());
            let requests = page.map_or(0, |page| page.body.matches("mesos-jenkins-").count());
            Check::when(requests == 20, (), || format!("{requests} requests"))
        });
    bed.explain(asked).unwrap();
    assert_eq!(
        bed.host.nodes().unwrap().len(),
        0,
        "what Mesos has not accepted has no node"
    );
    for agent in ["agent1", "agent2"] {
        bed.cluster.restart(agent).unwrap();
    }

    let mut most = 0;
    let full = bed.host.await_that("twelve builds to run", LATER, || {
        let tasks = bed.cluster.tasks().map_or(0, |tasks| tasks.len());
        most = most.max(tasks);
        let running = jobs
            .iter()
            .filter(|job| matches!(bed.host.find_build(job, 1), Ok(Some(_))))
            .count();
        Check::when(running >= 12, running, || {
            format!("{running} builds run, {tasks} tasks")
        })
    });
    assert_eq!(bed.explain(full).unwrap(), 12);
    assert_eq!(bed.cluster.tasks().unwrap().len(), 12);
    assert!(bed.cluster.cpus_used().unwrap() <= 2.4 + 1e-9);
    assert!(!bed.host.queue().unwrap().is_empty());

    gate.open().unwrap();
    for job in &jobs {
        let end = bed.host.await_that(&format!("the end of {job}"), LATER, || {
            most = most.max(bed.cluster.tasks().map_or(0, |tasks| tasks.len()));
            match bed.host.find_build(job, 1) {
                Ok(Some(build)) if !build.building => Check::Ready(build),
                other => Check::NotYet(format!("{other:?}")),
            }
        });
        let build = bed.explain(end).unwrap();
        assert_eq!(build.result.as_deref(), Some("SUCCESS"), "{job}");
    }
    assert_eq!(most, 12);

    let log = bed.cluster.log("master1").unwrap();
    let accepts = log
        .lines()
        .filter(|line| line.contains("Processing ACCEPT call for offers"))
        .count();
    let launches = log
        .lines()
        .filter(|line| line.contains("Launching task mesos-jenkins-"))
        .count();
    assert!(launches >= 12, "{launches} launches");
    assert!(accepts <= launches / 2, "{accepts} ACCEPTs for {launches} tasks");
    assert_eq!(complaints(&bed.host.log()), [""; 0]);
}

#[test]
fn a_job_that_no_agent_can_ever_hold_waits_with_the_reason_while_others_build() {
    let big = TemplateSeed {
        label: "big".into(),
        cpus: "7.9".into(),
        ..TemplateSeed::default()
    };
    let templates = vec![big, TemplateSeed::default()];
    let bed = Bed::start(
        &ClusterSpec::default(),
        CloudSeed {
            templates,
            ..CloudSeed::default()
        },
    )
    .unwrap();
    bed.build("never", "big", "true").unwrap();

    let reason = bed.host.await_that("the reason on the page", SOON, || {
        let page = bed.host.page("/mesos/").and_then(|page| page.good());
        let page = page.map_or_else(|error| error.to_string(), |page| page.body);
        Check::when(page.contains("needs 8 CPUs"), page.clone(), || page)
    });
    let reason = bed.explain(reason).unwrap();
    assert!(reason.contains("has 4"), "{reason}");
    assert_eq!(
        bed.host.nodes().unwrap().len(),
        0,
        "it is not accepted, so it has no node"
    );

    bed.build("small", "mesos", "true").unwrap();
    assert_eq!(bed.end_of("small").unwrap().result.as_deref(), Some("SUCCESS"));
    let queue = bed.host.queue().unwrap();
    assert!(queue.iter().any(|item| item.job == "never"), "{queue:?}");
    assert_eq!(bed.host.find_build("never", 1).unwrap(), None);
    assert_eq!(complaints(&bed.host.log()), [""; 0]);
}
