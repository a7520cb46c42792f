//! A Mesos agent that is away for longer than the cloud waits for it.

use e2e::ground::Ground;
use e2e::{LATER, SOON};
use mesos_core::Notice;
use serde_json::json;
use testbed::{Check, ClusterSpec, RunError, until};

#[test]
fn an_agent_whose_host_stays_away_is_given_up_and_its_task_is_killed_when_the_host_is_back()
-> Result<(), RunError> {
    let mut ground = Ground::start(&ClusterSpec::default())?;
    let mut trial =
        ground.open(json!({"unreachableTimeoutSeconds": 3, "templates": [{"label": "mesos"}]}))?;
    let name = trial.submit(&ground.program, 1)?.remove(0);
    trial.running(std::slice::from_ref(&name))?;

    ground.cluster.kill("agent1")?;
    trial.notice("that it is unreachable", SOON, |notice| match notice {
        Notice::State { name: its, state, .. } if *its == name && state == "TASK_UNREACHABLE" => Some(()),
        _ => None,
    })?;
    let message = trial.notice("its end", SOON, |notice| match notice {
        Notice::Ended {
            name: its,
            state,
            message,
            ..
        } if *its == name && state == "UNREACHABLE_TIMEOUT" => message.clone(),
        _ => None,
    })?;
    assert!(
        message.contains("not reached 127.0.0.1 for more than 3 s"),
        "{message}"
    );

    ground.cluster.restart("agent1")?;
    ground.cluster.await_agents(1)?;
    until("nothing to run there", LATER, || {
        match (ground.cluster.tasks(), ground.task(&name)) {
            (Ok(tasks), Ok(task)) => Check::when(tasks.is_empty() && task.state == "TASK_KILLED", (), || {
                format!("{task:?}")
            }),
            (tasks, task) => Check::NotYet(format!("{tasks:?} {task:?}")),
        }
    })?;
    trial.close(true)
}
