//! Who else wants the cloud's roles: weights and quotas of a real master, and what each framework has.

use e2e::SOON;
use e2e::trial::{Program, Trial, configured, folder, runtime, unmet};
use mesos_client::RoleShare;
use mesos_core::Config;
use serde_json::{Value, json};
use testbed::{AgentSpec, Check, Cluster, ClusterSpec, RunError, until};

fn config(cluster: &Cluster, name: &str, role: &str, cpus: f64) -> Result<Config, RunError> {
    configured(
        &cluster.master(),
        json!({"frameworkName": name, "role": role, "templates": [
            {"label": "mesos", "cpus": cpus, "mem": 100, "executorCpus": 0, "executorMem": 0}]}),
    )
}

fn shown(roles: &[RoleShare]) -> Result<Value, RunError> {
    serde_json::to_value(roles).map_err(|error| unmet("the roles", error.to_string()))
}

#[test]
fn weights_quotas_and_the_other_frameworks_are_shown() -> Result<(), RunError> {
    let spec = ClusterSpec::with_agents(2, &AgentSpec::with(4.0, 2000));
    let (cluster, program) = (Cluster::start(&spec)?, Program::serve()?);
    let runtime = runtime()?;
    cluster.operate(
        &json!({"type": "UPDATE_WEIGHTS", "update_weights": {"weight_infos": [
            {"role": "eng", "weight": 3}, {"role": "eng/ci", "weight": 1.5}]}}),
        None,
    )?;
    let limits = json!({"cpus": {"value": 3.5}, "mem": {"value": 1024}});
    cluster.operate(
        &json!({"type": "UPDATE_QUOTA", "update_quota": {"force": true, "quota_configs": [
            {"role": "eng", "guarantees": {"cpus": {"value": 1}}, "limits": limits}]}}),
        None,
    )?;
    let ours = config(&cluster, "trial", "eng/ci", 1.0)?;
    let folders = [folder(), folder(), folder()];
    let mut trial = Trial::open(ours.clone(), &folders[0], &runtime);
    let mut other = Trial::open(config(&cluster, "other", "eng/qa", 0.5)?, &folders[1], &runtime);
    let mut third = Trial::open(config(&cluster, "third", "*", 2.0)?, &folders[2], &runtime);
    let names = trial.submit(&program, 2)?;
    let others = other.submit(&program, 1)?;
    let thirds = third.submit(&program, 1)?;
    trial.running(&names)?;
    other.running(&others)?;
    third.running(&thirds)?;

    let framework = |name: &str, ours: bool, cpus: f64, mem: f64| json!({"name": name, "ours": ours, "active": true, "used": {"cpus": cpus, "mem": mem}});
    let expected = |known: bool| {
        json!([
            {"role": "eng", "ours": false, "weight": 3.0, "share": 0.3125, "fairShare": 0.75,
             "used": {"cpus": 2.5, "mem": 300}, "guarantee": {"cpus": 1}, "limit": {"cpus": 3.5, "mem": 1024},
             "moreFrameworks": 0,
             "frameworks": if known {
                 [framework("trial", true, 2.0, 200.0), framework("other", false, 0.5, 100.0)]
             } else {
                 [framework("other", false, 0.5, 100.0), framework("trial", false, 2.0, 200.0)]
             }},
            {"role": "eng/ci", "ours": true, "weight": 1.5, "share": 0.25, "fairShare": 0.45,
             "used": {"cpus": 2, "mem": 200}, "guarantee": {}, "limit": {}, "moreFrameworks": 0,
             "frameworks": [framework("trial", known, 2.0, 200.0)]},
        ])
    };
    // Numbers come as whole ones where they are; compared as text they would differ.
    let same = |one: &Value, other: &Value| rounded(one) == rounded(other);

    let wanted = expected(true);
    until("the roles of the cloud", SOON, || {
        let roles = trial.cloud.roles();
        match shown(&roles.roles) {
            Ok(found) => Check::when(roles.known && same(&found, &wanted), (), || {
                format!("{found:#} instead of {wanted:#}; {:?}", roles.message)
            }),
            Err(error) => Check::Never(error.to_string()),
        }
    })?;
    let report = runtime.test_connection(&ours);
    assert!(report.ok && report.roles_message.is_none(), "{report:?}");
    let (found, wanted) = (shown(&report.roles)?, expected(false));
    assert!(same(&found, &wanted), "{found:#} instead of {wanted:#}");

    trial.release(&names)?;
    other.release(&others)?;
    third.release(&thirds)?;
    trial.close(true)?;
    other.close(true)?;
    third.close(true)
}

/// All numbers in thousandths.
fn rounded(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64().map(|number| (number * 1000.0).round())),
        Value::Array(list) => list.iter().map(rounded).collect(),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, value)| (name.clone(), rounded(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}
