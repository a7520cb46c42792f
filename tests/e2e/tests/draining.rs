//! An operator drains a Mesos agent, and gives it back.

use e2e::ground::Ground;
use e2e::trial::unmet;
use e2e::{LATER, SOON};
use mesos_core::Notice;
use serde_json::{Value, json};
use testbed::http::Client;
use testbed::{Check, Cluster, ClusterSpec, RunError, until};

fn operate(cluster: &Cluster, call: &Value) -> Result<(), RunError> {
    let answer = cluster
        .leading_client()?
        .post("/api/v1", "application/json", &call.to_string())?;
    answer.good().map(drop)
}

/// The only Mesos agent, as the master shows it.
fn host(cluster: &Cluster) -> Result<Value, RunError> {
    let state = cluster.leading_client()?.json("/master/slaves")?;
    match state["slaves"].as_array().map(Vec::as_slice) {
        Some([agent]) => Ok(agent.clone()),
        other => Err(unmet("one Mesos agent", format!("{other:?}"))),
    }
}

#[test]
fn what_runs_on_a_drained_host_ends_with_that_reason_and_nothing_begins_there_until_it_is_back()
-> Result<(), RunError> {
    let ground = Ground::start(&ClusterSpec::default())?;
    let mut trial = ground.open(json!({"templates": [{"label": "mesos"}]}))?;
    let first = trial.submit(&ground.program, 1)?.remove(0);
    trial.running(std::slice::from_ref(&first))?;
    let agent = json!({"value": host(&ground.cluster)?["id"]});

    operate(
        &ground.cluster,
        &json!({"type": "DRAIN_AGENT", "drain_agent": {"agent_id": agent}}),
    )?;
    let (message, requested) = trial.notice("the end of the drained agent", SOON, |notice| match notice {
        Notice::Ended {
            name,
            message,
            requested,
            ..
        } if *name == first => Some((message.clone().unwrap_or_default(), *requested)),
        _ => None,
    })?;
    assert!(
        !requested && message.contains("an operator drains 127.0.0.1"),
        "{message}"
    );

    let second = trial.submit(&ground.program, 1)?.remove(0);
    until("the host is drained", LATER, || match host(&ground.cluster) {
        Ok(host) => {
            let drained = host["drain_info"]["state"] == "DRAINED" && host["deactivated"] == true;
            Check::when(drained, (), || host.to_string())
        }
        Err(error) => Check::NotYet(error.to_string()),
    })?;
    assert!(
        ground.cluster.tasks()?.is_empty(),
        "the next agent waits: {:?}",
        ground.cluster.tasks()
    );
    // The master calls a host drained by its tasks; the Mesos agent drops new ones until their executors have gone, too.
    let agents = Client::new(format!("http://127.0.0.1:{}", ground.cluster.port("agent1")?));
    until("the Mesos agent has drained", LATER, || {
        match agents.json("/state") {
            Ok(state) => Check::when(state["drain_config"].is_null(), (), || {
                state["drain_config"].to_string()
            }),
            Err(error) => Check::NotYet(error.to_string()),
        }
    })?;
    operate(
        &ground.cluster,
        &json!({"type": "REACTIVATE_AGENT", "reactivate_agent": {"agent_id": agent}}),
    )?;
    trial.running(std::slice::from_ref(&second))?;
    trial.release(&[second])?;
    trial.close(true)
}
