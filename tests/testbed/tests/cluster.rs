//! The Mesos test bed does what it says, on a real cluster.

use std::time::Duration;

use testbed::{AgentSpec, Check, Cluster, ClusterSpec, guard, until};

const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn three_masters_elect_another_leader_when_theirs_is_killed() {
    let spec = ClusterSpec {
        masters: 3,
        ..ClusterSpec::with_agents(2, &AgentSpec::with(2.0, 512))
    };
    let mut cluster = Cluster::start(&spec).unwrap();
    let state = cluster.master_state().unwrap();
    assert_eq!(state["slaves"].as_array().unwrap().len(), 2);
    assert_eq!(state["slaves"][0]["resources"]["mem"].as_f64(), Some(512.0));
    assert!(
        cluster
            .znodes("/mesos")
            .unwrap()
            .iter()
            .any(|node| node.starts_with("json.info_"))
    );
    let first = cluster.leader().unwrap();

    cluster.kill(&first.name).unwrap();

    assert!(!cluster.runs(&first.name).unwrap());
    let second = cluster.await_leader(Some(&first), LIMIT).unwrap();
    assert_ne!(second, first);
    cluster.await_agents(2).unwrap();
    assert_eq!(cluster.leader().unwrap(), second);
    cluster.restart(&first.name).unwrap();
    assert_eq!(cluster.leader().unwrap(), second);
}

#[test]
fn an_agent_comes_back_under_its_id() {
    let agent = AgentSpec {
        attributes: Some("rack:r1".into()),
        more_resources: Some("cpus(ci):1".into()),
        ..AgentSpec::with(1.5, 256)
    };
    let spec = ClusterSpec {
        zookeeper: false,
        ..ClusterSpec::with_agents(1, &agent)
    };
    let mut cluster = Cluster::start(&spec).unwrap();
    let before = cluster.master_state().unwrap()["slaves"][0].clone();
    assert_eq!(before["attributes"]["rack"], "r1");
    assert_eq!(before["reserved_resources"]["ci"]["cpus"].as_f64(), Some(1.0));

    cluster.kill("agent1").unwrap();
    until("the master to miss the agent", LIMIT, || {
        match cluster.master_state() {
            Ok(state) => Check::when(state["slaves"][0]["active"] != true, (), || "it is active".into()),
            Err(error) => Check::NotYet(error.to_string()),
        }
    })
    .unwrap();
    cluster.restart("agent1").unwrap();

    cluster.await_agents(1).unwrap();
    assert_eq!(cluster.master_state().unwrap()["slaves"][0]["id"], before["id"]);
}

#[test]
fn nodes_of_zookeeper_can_be_written_and_deleted() {
    let cluster = Cluster::start(&ClusterSpec::default()).unwrap();
    cluster.set_znode("/other", "one").unwrap();
    cluster.set_znode("/other", "two").unwrap();
    assert!(cluster.znodes("/").unwrap().contains(&"other".to_owned()));

    cluster.delete_znode("/other").unwrap();

    assert!(!cluster.znodes("/").unwrap().contains(&"other".to_owned()));
}

#[test]
fn a_kept_cluster_is_found_again_and_ends_when_told() {
    let run = testbed::paths::lasting_run("kept-by-a-test");
    let mut cluster = Cluster::start_in(
        &ClusterSpec {
            zookeeper: false,
            ..ClusterSpec::default()
        },
        &run,
    )
    .unwrap();
    let leader = cluster.leader().unwrap();
    cluster.keep().unwrap();
    drop(cluster);

    let mut same = Cluster::attach(&run).unwrap();
    assert_eq!(same.leader().unwrap(), leader);
    assert!(same.status().iter().all(|(_, _, pid)| pid.is_some()));
    Cluster::down(&run).unwrap();

    assert!(same.status().iter().all(|(_, _, pid)| pid.is_none()));
    assert!(guard::survivors(&run).is_empty());
    std::fs::remove_dir_all(&run).unwrap();
}
