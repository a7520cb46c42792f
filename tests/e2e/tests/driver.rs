//! The driver on a real master and a real ZooKeeper, without a host.

use std::fs;

use e2e::ground::Ground;
use e2e::trial::{Trial, config, folder, runtime, unmet};
use e2e::{LATER, SOON};
use mesos_core::Notice;
use testbed::cluster::ZOOKEEPER;
use testbed::{AgentSpec, Check, Cluster, ClusterSpec, RunError, until};

/// That ZooKeeper may be away for longer than it takes to start again, also on a machine that has much else to do.
fn patient_master() -> ClusterSpec {
    ClusterSpec {
        master_flags: vec!["--zk_session_timeout=15secs".to_owned()],
        ..ClusterSpec::default()
    }
}

fn three_masters() -> ClusterSpec {
    ClusterSpec {
        masters: 3,
        ..ClusterSpec::default()
    }
}

fn running_tasks(cluster: &Cluster) -> Result<Vec<String>, RunError> {
    let mut tasks: Vec<_> = cluster
        .tasks()?
        .into_iter()
        .filter(|task| task.state == "TASK_RUNNING")
        .collect();
    tasks.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(tasks.into_iter().map(|task| task.id).collect())
}

fn await_running(cluster: &Cluster, names: &[String]) -> Result<(), RunError> {
    let mut names = names.to_vec();
    names.sort();
    until(
        "these tasks running and no others",
        SOON,
        || match running_tasks(cluster) {
            Ok(running) => Check::when(running == names, (), || {
                format!("{running:?} instead of {names:?}")
            }),
            Err(error) => Check::NotYet(error.to_string()),
        },
    )
}

fn await_free(cluster: &Cluster) -> Result<(), RunError> {
    until("all CPUs free", SOON, || match cluster.cpus_used() {
        Ok(used) => Check::when(used == 0.0, (), || format!("{used} used")),
        Err(error) => Check::NotYet(error.to_string()),
    })
}

#[test]
fn several_agents_are_launched_in_one_offer_and_killed() -> Result<(), RunError> {
    let (cluster, program, runtime, folder) = Ground::start(&ClusterSpec::default())?.into_parts();
    // All are asked for before there is an offer.
    let mut trial = Trial::open(config("", &[])?, &folder, &runtime);
    let names = trial.submit(&program, 3)?;
    trial.move_to(&cluster.master())?;
    for wanted in &names {
        let together = trial.notice("accepted", SOON, |notice| match notice {
            Notice::Accepted {
                name, tasks_in_offer, ..
            } if name == wanted => Some(*tasks_in_offer),
            _ => None,
        })?;
        assert_eq!(together, 3);
    }
    trial.running(&names)?;
    await_running(&cluster, &names)?;
    for task in cluster.tasks()? {
        assert_eq!((task.cpus, task.mem), (0.2, 64.0), "{task:?}");
    }
    trial.release(&names)?;
    await_free(&cluster)?;
    trial.close(true)?;
    assert_eq!(cluster.frameworks("trial")?.len(), 0);
    fs::remove_dir_all(&folder).map_err(|error| unmet("the folder", error.to_string()))
}

#[test]
fn a_task_survives_its_leading_master_and_the_next_one_serves_on() -> Result<(), RunError> {
    let (mut cluster, program, runtime, folder) = Ground::start(&three_masters())?.into_parts();
    let mut trial = Trial::open(config(&cluster.master(), &[])?, &folder, &runtime);
    let first = trial.submit(&program, 1)?;
    let (leader, id) = trial.subscribed()?;
    trial.running(&first)?;

    let old = cluster.leader()?;
    assert_eq!(leader, format!("127.0.0.1:{}", old.port));
    cluster.kill(&old.name)?;
    let (leader, same_id) = trial.subscribed()?;
    let new = cluster.await_leader(Some(&old), SOON)?;
    assert_eq!((leader, same_id), (format!("127.0.0.1:{}", new.port), id));

    let second = trial.submit(&program, 1)?;
    trial.running(&second)?;
    let both = [first, second].concat();
    await_running(&cluster, &both)?;
    trial.release(&both)?;
    trial.close(true)
}

#[test]
fn any_master_s_address_leads_to_the_leader_also_to_the_next_one() -> Result<(), RunError> {
    let (mut cluster, runtime, folder) = (Cluster::start(&three_masters())?, runtime()?, folder());
    let old = cluster.leader()?;
    let other = ["master1", "master2", "master3"]
        .into_iter()
        .find(|name| *name != old.name);
    let port = cluster.port(other.unwrap_or_default())?;
    let mut trial = Trial::open(config(&format!("127.0.0.1:{port}"), &[])?, &folder, &runtime);
    let (leader, id) = trial.subscribed()?;
    assert_eq!(leader, format!("127.0.0.1:{}", old.port));

    cluster.kill(&old.name)?;
    let (leader, same_id) = trial.subscribed()?;
    let new = cluster.await_leader(Some(&old), SOON)?;
    assert_eq!((leader, same_id), (format!("127.0.0.1:{}", new.port), id));
    trial.close(true)
}

#[test]
fn a_new_process_knows_its_tasks_and_kills_those_that_nobody_owns() -> Result<(), RunError> {
    let (cluster, program, runtime, folder) = Ground::start(&ClusterSpec::default())?.into_parts();
    let mut trial = Trial::open(config(&cluster.master(), &[])?, &folder, &runtime);
    let names = trial.submit(&program, 2)?;
    let (_, id) = trial.subscribed()?;
    trial.running(&names)?;
    trial.close(false)?;
    await_running(&cluster, &names)?;

    let (owned, orphan) = names.split_at(1);
    let mut trial = Trial::open(config(&cluster.master(), owned)?, &folder, &runtime);
    assert_eq!(trial.subscribed()?.1, id);
    trial.known_to_run(owned)?;
    await_running(&cluster, owned)?;
    // The master shows a task among those that ended when it knows that we know.
    until("the end of the task that nobody owns", SOON, || {
        match cluster.ended_tasks() {
            Ok(ended) => Check::when(
                ended
                    .iter()
                    .any(|task| task.id == orphan[0] && task.state == "TASK_KILLED"),
                (),
                || format!("{ended:?}"),
            ),
            Err(error) => Check::NotYet(error.to_string()),
        }
    })?;
    assert_eq!(cluster.frameworks("trial")?.len(), 1);
    trial.release(owned)?;
    trial.close(true)
}

#[test]
fn a_damaged_state_is_told_and_the_tasks_that_jenkins_owns_go_on() -> Result<(), RunError> {
    let (cluster, program, runtime, folder) = Ground::start(&ClusterSpec::default())?.into_parts();
    let mut trial = Trial::open(config(&cluster.master(), &[])?, &folder, &runtime);
    let names = trial.submit(&program, 2)?;
    let (_, id) = trial.subscribed()?;
    trial.running(&names)?;
    trial.close(false)?;
    fs::write(folder.join("state.db"), "no database").map_err(|error| unmet("damage", error.to_string()))?;

    let (owned, _orphan) = names.split_at(1);
    let mut trial = Trial::open(config(&cluster.master(), owned)?, &folder, &runtime);
    let message = trial.notice("trouble", SOON, |notice| match notice {
        Notice::Trouble { subject, message } if subject == "ledger" => Some(message.clone()),
        _ => None,
    })?;
    assert!(message.contains("state.db.damaged-"), "{message}");
    assert_eq!(trial.subscribed()?.1, id);
    trial.known_to_run(owned)?;
    await_running(&cluster, owned)?;
    trial.release(owned)?;
    await_free(&cluster)?;
    trial.close(true)
}

#[test]
fn zookeeper_may_restart_and_be_away_for_long() -> Result<(), RunError> {
    let (mut cluster, program, runtime, folder) = Ground::start(&patient_master())?.into_parts();
    let mut trial = Trial::open(config(&cluster.master(), &[])?, &folder, &runtime);
    let (_, id) = trial.subscribed()?;

    // Shorter than a session: nobody has to notice.
    cluster.stop(ZOOKEEPER)?;
    cluster.restart(ZOOKEEPER)?;
    let names = trial.submit(&program, 1)?;
    trial.running(&names)?;

    // Long enough for all sessions to expire; the master ends itself.
    cluster.stop(ZOOKEEPER)?;
    until("the end of the master", LATER, || match cluster.runs("master1") {
        Ok(runs) => Check::when(!runs, (), || "it runs".to_owned()),
        Err(error) => Check::NotYet(error.to_string()),
    })?;
    trial.complaint("connection refused")?;
    cluster.restart(ZOOKEEPER)?;
    cluster.restart("master1")?;
    let (_, same_id) = trial.subscribed()?;
    assert_eq!(same_id, id);
    let more = trial.submit(&program, 1)?;
    trial.running(&more)?;
    trial.release(&[names, more].concat())?;
    trial.close(true)
}

#[test]
fn what_is_wrong_in_zookeeper_is_told_and_heals_by_itself() -> Result<(), RunError> {
    let (cluster, runtime, folder) = (Cluster::start(&ClusterSpec::default())?, runtime()?, folder());
    let right = cluster.master();
    let wrong = right.replace("/mesos", "/nowhere");
    let mut trial = Trial::open(config(&wrong, &[])?, &folder, &runtime);
    trial.complaint("has no node /nowhere")?;

    // The masters' node appears, first without masters, then with garbage, then with the address of the real one.
    cluster.set_znode("/nowhere", "")?;
    trial.notice("nobody leads", SOON, |notice| match notice {
        Notice::Connection {
            message: Some(message),
            ..
        } if !message.contains("/nowhere") => Some(()),
        _ => None,
    })?;
    cluster.set_znode("/nowhere/json.info_0000000001", "garbage")?;
    trial.complaint("/nowhere/json.info_0000000001")?;
    cluster.delete_znode("/nowhere/json.info_0000000001")?;
    let port = cluster.leader()?.port;
    let info = format!(r#"{{"address":{{"ip":"127.0.0.1","hostname":"localhost","port":{port}}}}}"#);
    cluster.set_znode("/nowhere/json.info_0000000002", &info)?;
    trial.subscribed()?;

    trial.move_to(&right)?;
    trial.subscribed()?;
    trial.close(true)
}

#[test]
fn test_connection_speaks_to_the_leader_from_any_address() -> Result<(), RunError> {
    let spec = ClusterSpec {
        agents: vec![AgentSpec::with(2.5, 1000); 2],
        ..three_masters()
    };
    let (cluster, runtime) = (Cluster::start(&spec)?, runtime()?);
    let leader = cluster.leader()?;
    let leading = format!("127.0.0.1:{}", leader.port);
    let mut addresses = vec![cluster.master()];
    for name in ["master1", "master2", "master3"] {
        addresses.push(format!("127.0.0.1:{}", cluster.port(name)?));
    }
    for address in addresses {
        let report = runtime.test_connection(&config(&address, &[])?);
        assert!(report.ok, "{address}: {report:?}");
        assert_eq!(
            (report.leader.as_deref(), report.version.as_deref()),
            (Some(leading.as_str()), Some("1.11.0"))
        );
        let free = (
            report.agents,
            report.cpus_free.map(|cpus| cpus.to_f64()),
            report.mem_free.map(|mem| mem.to_f64()),
        );
        assert_eq!(free, (Some(2), Some(5.0), Some(2000.0)));
    }
    let agent = runtime.test_connection(&config(&format!("127.0.0.1:{}", cluster.port("agent1")?), &[])?);
    assert!(agent.message.contains("is a Mesos agent"), "{}", agent.message);
    let path = runtime.test_connection(&config(&cluster.master().replace("/mesos", "/nowhere"), &[])?);
    assert!(path.message.contains("has no node /nowhere"), "{}", path.message);
    Ok(())
}
