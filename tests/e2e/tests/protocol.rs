//! What only a real master decides: which changes it takes, what it says when a framework is removed, who may log in.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use e2e::ground::Ground;
use e2e::trial::{Trial, config, configured, folder, runtime, unmet};
use e2e::{LATER, SOON};
use mesos_core::{Config, Notice};
use serde_json::{Value, json};
use testbed::{Check, Cluster, ClusterSpec, RunError, paths, until};

/// The only framework that is registered now.
fn only(cluster: &Cluster) -> Result<Value, RunError> {
    let state = cluster.master_state()?;
    match state["frameworks"].as_array().map(Vec::as_slice) {
        Some([framework]) => Ok(framework.clone()),
        other => Err(unmet("one framework", format!("{other:?}"))),
    }
}

fn await_framework(cluster: &Cluster, what: &str, like: impl Fn(&Value) -> bool) -> Result<Value, RunError> {
    until(what, SOON, || match only(cluster) {
        Ok(framework) if like(&framework) => Check::Ready(framework),
        Ok(framework) => Check::NotYet(framework.to_string()),
        Err(error) => Check::NotYet(error.to_string()),
    })
}

fn principal(name: &'static str) -> impl Fn(&mut Config) {
    move |config| {
        config.principal = Some(name.to_owned());
        config.secret = Some(mesos_core::Secret::new("open"));
    }
}

/// A master that lets in `one` and `two`, both with the secret `open`.
fn guarded() -> Result<ClusterSpec, RunError> {
    let logins = paths::fresh_run("logins").with_extension("json");
    let login = |name: &str| json!({"principal": name, "secret": "open"});
    let text = json!({"credentials": [login("one"), login("two")]});
    fs::write(&logins, text.to_string()).map_err(|error| unmet("the logins", error.to_string()))?;
    Ok(ClusterSpec {
        master_flags: vec![
            "--authenticate_http_frameworks".to_owned(),
            "--http_framework_authenticators=basic".to_owned(),
            format!("--credentials={}", logins.display()),
        ],
        ..ClusterSpec::default()
    })
}

#[test]
fn a_changed_framework_is_told_on_the_open_stream() -> Result<(), RunError> {
    let (cluster, program, runtime, folder) = Ground::start(&ClusterSpec::default())?.into_parts();
    let mut trial = Trial::open(config(&cluster.master(), &[])?, &folder, &runtime);
    let first = trial.submit(&program, 1)?;
    let (_, id) = trial.subscribed()?;
    trial.running(&first)?;
    let before = only(&cluster)?;
    let labels = before["labels"].to_string();
    assert!(
        labels.contains("mesos.cloud-id") && labels.contains("trial"),
        "{labels}"
    );
    assert!(before["hostname"].as_str().is_some_and(|host| !host.is_empty()));

    trial.change(|config| {
        "others".clone_into(&mut config.framework_name);
        "ci/others".clone_into(&mut config.role);
        "http://controller/".clone_into(&mut config.webui_url);
        config.failover_timeout_seconds = "900".into();
    })?;
    let after = await_framework(&cluster, "the changed framework", |it| it["name"] == "others")?;
    assert_eq!(
        (&after["roles"], &after["webui_url"], &after["failover_timeout"]),
        (&json!(["ci/others"]), &json!("http://controller/"), &json!(900.0))
    );
    assert_eq!(
        (after["id"].as_str(), &after["reregistered_time"]),
        (Some(id.as_str()), &before["reregistered_time"])
    );

    // What ran goes on, and the next comes in the new role.
    let second = trial.submit(&program, 1)?;
    trial.running(&second)?;
    let roles: Vec<String> = cluster
        .tasks()?
        .iter()
        .filter(|task| second.contains(&task.id))
        .map(|task| task.json["role"].to_string())
        .collect();
    assert_eq!(roles, ["\"ci/others\""]);

    // Saved as it is: nothing reaches the master.
    let count = |cluster: &Cluster| -> Result<f64, RunError> {
        let metrics = cluster.master_metrics()?;
        let of = |name: &str| metrics[name].as_f64().unwrap_or(0.0);
        Ok(of("master/messages_update_framework") + of("master/messages_reregister_framework"))
    };
    let calls = count(&cluster)?;
    trial.change(|_| ())?;
    let third = trial.submit(&program, 1)?;
    trial.running(&third)?;
    assert_eq!(count(&cluster)?, calls);
    trial.release(&[first, second, third].concat())?;
    trial.close(true)
}

#[test]
fn another_principal_has_its_own_framework_once_the_agents_have_ended() -> Result<(), RunError> {
    let (cluster, program, runtime, folder) = Ground::start(&guarded()?)?.into_parts();
    let mut trial = Trial::open(config(&cluster.master(), &[])?, &folder, &runtime);
    trial.complaint("does not accept the principal")?;
    trial.change(principal("one"))?;
    let (_, id) = trial.subscribed()?;
    let first = trial.submit(&program, 1)?;
    trial.running(&first)?;

    trial.change(principal("two"))?;
    let second = trial.submit(&program, 1)?;
    trial.waits(
        &second[0],
        "until 1 agents of the framework with the principal before have ended",
    )?;
    assert_eq!(only(&cluster)?["principal"], "one");
    trial.release(&first)?;
    let (_, new) = trial.subscribed()?;
    assert_ne!(new, id);
    trial.running(&second)?;
    let framework = only(&cluster)?;
    assert_eq!(
        (framework["principal"].as_str(), framework["id"].as_str()),
        (Some("two"), Some(new.as_str()))
    );
    trial.release(&second)?;
    trial.close(true)
}

#[test]
fn a_framework_that_an_operator_removes_is_told_and_begun_anew_once() -> Result<(), RunError> {
    let (cluster, program, runtime, folder) = Ground::start(&ClusterSpec::default())?.into_parts();
    let mut trial = Trial::open(config(&cluster.master(), &[])?, &folder, &runtime);
    let first = trial.submit(&program, 1)?;
    let (_, id) = trial.subscribed()?;
    trial.running(&first)?;
    cluster
        .leading_client()?
        .post_form("/master/teardown", &[("frameworkId", &id)])?
        .good()?;
    let (state, message) = trial.notice("the end of the agent", SOON, |notice| match notice {
        Notice::Ended {
            name, state, message, ..
        } if *name == first[0] => Some((state.clone(), message.clone().unwrap_or_default())),
        _ => None,
    })?;
    assert!(
        message.contains("removed") || message.contains("killed"),
        "{state}: {message}"
    );
    let (_, new) = trial.subscribed()?;
    assert_ne!(new, id);
    let second = trial.submit(&program, 1)?;
    trial.running(&second)?;
    assert_eq!(only(&cluster)?["id"].as_str(), Some(new.as_str()));
    trial.release(&second)?;
    trial.close(true)
}

#[test]
fn two_controllers_share_a_cluster_and_do_not_know_each_other() -> Result<(), RunError> {
    let (cluster, program, runtime, _) = Ground::start(&ClusterSpec::default())?.into_parts();
    let named = |name: &str| {
        configured(
            &cluster.master(),
            json!({"cloudId": name, "templates": [{"label": "mesos"}]}),
        )
    };
    let mut one = Trial::open(named("one")?, &folder(), &runtime);
    let mut other = Trial::open(named("other")?, &folder(), &runtime);
    let (mine, theirs) = (one.submit(&program, 2)?, other.submit(&program, 2)?);
    one.running(&mine)?;
    other.running(&theirs)?;
    let (_, id) = one.subscribed()?;
    assert_ne!(other.subscribed()?.1, id);
    one.release(&mine)?;
    one.close(true)?;
    let mut left: Vec<String> = cluster.tasks()?.into_iter().map(|task| task.id).collect();
    left.sort();
    let mut theirs_sorted = theirs.clone();
    theirs_sorted.sort();
    assert_eq!(left, theirs_sorted);
    other.release(&theirs)?;
    other.close(true)
}

/// `jenkins` with the password `pass:w@rd` may read, as ZooKeeper writes it.
const READER: &str = "digest:jenkins:oobTdRfKqK3do5AMZ7ykyHGxpQo=:r";

#[test]
fn a_login_opens_a_guarded_path_of_zookeeper() -> Result<(), RunError> {
    let (cluster, runtime, folder) = (Cluster::start(&ClusterSpec::default())?, runtime()?, folder());
    let port = cluster.leader()?.port;
    let info = json!({"address": {"ip": "127.0.0.1", "hostname": "localhost", "port": port}}).to_string();
    for node in ["/clusters", "/clusters/ci"] {
        cluster.set_znode(node, "")?;
    }
    cluster.create_guarded_znode("/clusters/ci/masters", "-", READER)?;
    // Who may only read cannot put a node below it.
    let open = "/clusters/ci/open";
    cluster.set_znode(open, "")?;
    cluster.create_guarded_znode(&format!("{open}/json.info_0000000007"), &info, READER)?;

    let at = |login: &str, path: &str| {
        cluster
            .master()
            .replace("zk://", &format!("zk://{login}"))
            .replace("/mesos", path)
    };
    let mut trial = Trial::open(config(&at("", "/clusters/ci/masters"), &[])?, &folder, &runtime);
    let told = trial.complaint("does not let us read /clusters/ci/masters")?;
    assert!(told.contains("zk://user:password@"), "{told}");
    trial.move_to(&at("jenkins:wrong@", open))?;
    let told = trial.complaint(&format!("does not let us read {open}"))?;
    assert!(
        told.contains("user or password in Mesos master is wrong") && !told.contains("wrong@"),
        "{told}"
    );
    trial.move_to(&at("jenkins:pass:w@rd@", "/clusters/ci/masters"))?;
    trial.notice("nobody leads there", SOON, |notice| match notice {
        Notice::Connection {
            message: Some(message),
            ..
        } if message.contains("no Mesos master leads") => Some(()),
        _ => None,
    })?;
    trial.move_to(&at("jenkins:pass:w@rd@", open))?;
    trial.subscribed()?;
    trial.close(true)
}

#[test]
fn planned_maintenance_is_told_and_answered() -> Result<(), RunError> {
    let (cluster, program, runtime, folder) = Ground::start(&ClusterSpec::default())?.into_parts();
    let mut trial = Trial::open(config(&cluster.master(), &[])?, &folder, &runtime);
    let first = trial.submit(&program, 1)?;
    trial.running(&first)?;

    let master = cluster.leading_client()?;
    let soon = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_err(|error| unmet("the time of day", error.to_string()))?
        + Duration::from_secs(1800);
    let plan = json!({"windows": [{
        "machine_ids": [{"hostname": "127.0.0.1", "ip": "127.0.0.1"}],
        "unavailability": {
            "start": {"nanoseconds": soon.as_secs() * 1_000_000_000},
            "duration": {"nanoseconds": 3_600_000_000_000_u64},
        },
    }]});
    master
        .post("/maintenance/schedule", "application/json", &plan.to_string())?
        .good()?;
    let message = trial.notice("the risk of the agent", SOON, |notice| match notice {
        Notice::Risk {
            name,
            message: Some(message),
        } if *name == first[0] => Some(message.clone()),
        _ => None,
    })?;
    assert!(
        message.starts_with("127.0.0.1 is under maintenance from ") && message.contains("for 1 h"),
        "{message}"
    );
    let answered = |answer: &str| {
        until(format!("the answer {answer}"), LATER, || {
            match master.json("/maintenance/status") {
                Ok(status) => {
                    let found = &status["draining_machines"][0]["statuses"][0]["status"];
                    Check::when(found == answer, (), || status.to_string())
                }
                Err(error) => Check::NotYet(error.to_string()),
            }
        })
    };
    answered("DECLINE")?;

    // An agent would live on into it.
    let second = trial.submit(&program, 1)?;
    trial.waits(&second[0], "maintenance")?;
    trial.release(&[first, second].concat())?;
    trial.close(true)
}

#[test]
fn a_plugin_that_is_loaded_again_takes_over_from_the_copy_before() -> Result<(), RunError> {
    let (cluster, program, one, folder) = Ground::start(&ClusterSpec::default())?.into_parts();
    // Each copy of the library has a runtime of its own.
    let other = runtime()?;
    let mut before = Trial::open(config(&cluster.master(), &[])?, &folder, &one);
    let names = before.submit(&program, 1)?;
    let (_, id) = before.subscribed()?;
    before.running(&names)?;

    let mut after = Trial::open(config(&cluster.master(), &names)?, &folder, &other);
    after.notice("that the folder is in use", SOON, |notice| match notice {
        Notice::Trouble { subject, .. } if subject == "ledger" => Some(()),
        _ => None,
    })?;
    before.close(false)?;
    assert_eq!(after.subscribed()?.1, id);
    after.known_to_run(&names)?;
    assert_eq!(only(&cluster)?["id"].as_str(), Some(id.as_str()));
    after.release(&names)?;
    after.close(true)
}
