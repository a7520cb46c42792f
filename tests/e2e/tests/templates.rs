//! What templates ask for, on a real master and real agents: disk, ports, files, variables, places; and what hangs on the
//! cloud: registration on demand, and the question whether the cluster could hold an agent.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use e2e::ground::Ground;
use e2e::trial::{Trial, configured, folder, runtime, unmet};
use e2e::{LATER, SOON};
use mesos_client::Need;
use mesos_core::{ConnectionState, Notice, Port};
use testbed::cluster::TaskView;
use testbed::{AgentSpec, Check, Cluster, ClusterSpec, RunError, until};

fn one_agent(agent: AgentSpec) -> ClusterSpec {
    ClusterSpec {
        agents: vec![agent],
        ..ClusterSpec::default()
    }
}

fn task(tasks: Vec<TaskView>, name: &str) -> Option<TaskView> {
    tasks.into_iter().find(|task| task.id == name)
}

/// Every file of that name below a folder.
fn files(folder: &Path, name: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let path = entry.path();
        // Not through links: Mesos links to the latest run.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(files(&path, name));
        } else if path.file_name().is_some_and(|its| its == name) {
            found.push(path);
        }
    }
    found
}

#[test]
fn disk_is_asked_for_and_its_lack_is_told() -> Result<(), RunError> {
    let agent = AgentSpec {
        disk: 1000,
        ..AgentSpec::default()
    };
    let ground = Ground::start(&one_agent(agent))?;
    let templates = serde_json::json!({"templates": [{"label": "mesos", "disk": 600}]});
    let mut trial = ground.open(templates)?;
    let first = trial.submit(&ground.program, 1)?;
    trial.running(&first)?;
    let shown = task(ground.cluster.tasks()?, &first[0])
        .ok_or_else(|| unmet("the task", "it is not there".into()))?;
    assert_eq!(shown.json["resources"]["disk"].as_f64(), Some(600.0));
    let second = trial.submit(&ground.program, 1)?;
    trial.waits(&second[0], "needs 600 MB of disk, largest offer has 400")?;
    trial.release(&first)?;
    trial.running(&second)?;
    trial.release(&second)?;
    trial.close(true)
}

#[test]
fn files_and_variables_reach_the_sandbox() -> Result<(), RunError> {
    let ground = Ground::start(&ClusterSpec::default())?;
    let templates = serde_json::json!({"templates": [{
        "label": "mesos",
        "uris": [{"value": format!("{}tool", ground.program.url()), "executable": true, "extract": false}],
        "environment": [{"name": "TRIAL", "value": "two words; $HOME"}],
    }]});
    let mut trial = ground.open(templates)?;
    let names = trial.submit(&ground.program, 1)?;
    trial.running(&names)?;
    let seen = until("what the program saw", SOON, || {
        match files(ground.cluster.folder(), "seen.txt")
            .first()
            .map(fs::read_to_string)
        {
            Some(Ok(text)) => Check::Ready(text),
            Some(Err(error)) => Check::NotYet(error.to_string()),
            None => Check::NotYet("no file yet".to_owned()),
        }
    })?;
    assert_eq!(seen, "two words; $HOME true");
    trial.release(&names)?;
    trial.close(true)
}

/// The test bed's agents have no Docker: the tasks end at once, but the master has checked and booked what they took.
#[test]
fn ports_come_from_the_offer_and_a_fixed_one_is_given_once() -> Result<(), RunError> {
    let agent = AgentSpec {
        ports: (31_000, 31_003),
        ..AgentSpec::default()
    };
    let ground = Ground::start(&one_agent(agent))?;
    let templates = serde_json::json!({"templates": [
        {"label": "mesos", "container": {"image": "agent", "portMappings": [
            {"containerPort": 5900, "description": "VNC", "urlFormat": "vnc://{host}:{port}"},
            {"containerPort": 53, "hostPort": 31000, "protocol": "udp"}]}},
        {"label": "outside", "container": {"image": "agent", "portMappings": [{"containerPort": 1, "hostPort": 80}]}},
    ]});
    let mut trial = ground.open(templates)?;
    let (_, _) = trial.subscribed()?;
    let names = trial.submit(&ground.program, 2)?;
    let mut given = Vec::new();
    for wanted in &names {
        let ports = trial.notice("accepted", SOON, |notice| match notice {
            Notice::Accepted { name, ports, .. } if name == wanted => Some(ports.clone()),
            _ => None,
        })?;
        given.push(ports);
    }
    for ports in &given {
        let hosts: Vec<u32> = ports.iter().map(|port| port.host_port).collect();
        assert_eq!(hosts, [31_001, 31_000]);
        assert!(
            matches!(&ports[0], Port { url: Some(url), .. } if url.starts_with("vnc://") && url.ends_with(":31001")),
            "{ports:?}"
        );
    }
    for name in &names {
        let state = trial.notice("its end", SOON, |notice| match notice {
            Notice::Ended { name: its, state, .. } if its == name => Some(state.clone()),
            _ => None,
        })?;
        assert_eq!(state, "TASK_FAILED", "without Docker no such task runs");
        // Among those that ended only when the master knows that we know.
        let mut tasks = ground.cluster.tasks()?;
        tasks.extend(ground.cluster.ended_tasks()?);
        let ended =
            task(tasks, name).ok_or_else(|| unmet("the ended task", "the master does not show it".into()))?;
        assert_eq!(ended.json["resources"]["ports"], "[31000-31001]");
        let docker = &ended.json["container"]["docker"];
        assert_eq!(
            (&docker["image"], &docker["network"]),
            (&"agent".into(), &"BRIDGE".into())
        );
        assert_eq!(
            docker["port_mappings"],
            serde_json::json!([
                {"host_port": 31001, "container_port": 5900, "protocol": "tcp"},
                {"host_port": 31000, "container_port": 53, "protocol": "udp"}])
        );
        assert_eq!(ended.json["container"]["hostname"], name.as_str());
    }
    let outside = trial.submit_to("outside", &ground.program, 1)?;
    trial.waits(&outside[0], "needs port 80 of the host")?;
    trial.release(&outside)?;
    trial.close(true)
}

fn at(region: &str, zone: &str) -> String {
    let domain = serde_json::json!({"fault_domain": {"region": {"name": region}, "zone": {"name": zone}}});
    format!("--domain={domain}")
}

#[test]
fn agents_run_where_their_template_says() -> Result<(), RunError> {
    let agent = |region: &str, zone: &str| AgentSpec {
        cpus: 1.0,
        attributes: Some(format!("place:{region}")),
        flags: vec![at(region, zone)],
        ..AgentSpec::default()
    };
    let spec = ClusterSpec {
        agents: vec![agent("home", "a"), agent("far", "b")],
        master_flags: vec![at("home", "z")],
        ..ClusterSpec::default()
    };
    let ground = Ground::start(&spec)?;
    let templates = serde_json::json!({"templates": [
        {"label": "default", "cpus": 0.3},
        {"label": "far", "domain": {"mode": "match", "region": "far"}},
        {"label": "far-b", "domain": {"mode": "match", "region": "far", "zone": "b"}},
        {"label": "far-c", "domain": {"mode": "match", "region": "far", "zone": "c"}},
        {"label": "any", "domain": {"mode": "any"}, "attributes": {"place": "far"}},
    ]});
    let mut trial = ground.open(templates)?;
    let mut all = Vec::new();
    let places = |cluster: &Cluster, name: &str| -> Result<String, RunError> {
        let state = cluster.master_state()?;
        let shown =
            task(cluster.tasks()?, name).ok_or_else(|| unmet("the task", "it is not there".into()))?;
        let agents = state["slaves"].as_array().cloned().unwrap_or_default();
        let host = agents.iter().find(|agent| agent["id"] == shown.agent.as_str());
        Ok(host
            .map(|agent| agent["attributes"]["place"].to_string())
            .unwrap_or_default())
    };
    for (label, place) in [
        ("default", "home"),
        ("default", "home"),
        ("far", "far"),
        ("far-b", "far"),
        ("any", "far"),
    ] {
        let names = trial.submit_to(label, &ground.program, 1)?;
        trial.running(&names)?;
        assert_eq!(
            places(&ground.cluster, &names[0])?,
            format!("\"{place}\""),
            "{label}"
        );
        all.extend(names);
    }
    let nowhere = trial.submit_to("far-c", &ground.program, 1)?;
    trial.waits(&nowhere[0], "needs an agent in the region far, zone c")?;
    all.extend(nowhere);
    trial.release(&all)?;
    trial.close(true)
}

#[test]
fn a_framework_on_demand_is_with_the_master_only_while_there_is_work() -> Result<(), RunError> {
    let ground = Ground::start(&ClusterSpec::default())?;
    let members = serde_json::json!({"onDemandRegistration": true, "templates": [{"label": "mesos"}]});
    let mut trial = ground.open(members)?;
    let idle = |trial: &mut Trial| {
        trial.notice("the state idle", LATER, |notice| match notice {
            Notice::Connection {
                state: ConnectionState::Idle,
                ..
            } => Some(()),
            _ => None,
        })
    };
    idle(&mut trial)?;
    let mut ids = Vec::new();
    for _ in 0..2 {
        assert_eq!(ground.cluster.frameworks("trial")?.len(), 0);
        let names = trial.submit(&ground.program, 1)?;
        ids.push(trial.subscribed()?.1);
        trial.running(&names)?;
        // Its end may be told late; the minute begins with it.
        let released = Instant::now();
        trial.release(&names)?;
        idle(&mut trial)?;
        assert!(
            released.elapsed() >= Duration::from_secs(60),
            "{:?}",
            released.elapsed()
        );
    }
    assert_eq!(ground.cluster.frameworks("trial")?.len(), 0);
    assert_ne!(ids[0], ids[1]);
    trial.close(false)
}

#[test]
fn the_cluster_is_known_soon_after_the_first_question() -> Result<(), RunError> {
    let spec = ClusterSpec {
        agents: vec![AgentSpec::with(2.0, 1000), AgentSpec::with(1.0, 3000)],
        ..ClusterSpec::default()
    };
    let (cluster, runtime, folder) = (Cluster::start(&spec)?, runtime()?, folder());
    let members = serde_json::json!({"templates": [{"label": "mesos"}]});
    let trial = Trial::open(configured(&cluster.master(), members)?, &folder, &runtime);
    let need = |json| -> Result<Need, RunError> {
        serde_json::from_value(json).map_err(|error| unmet("the need", error.to_string()))
    };
    let both = need(serde_json::json!({"cpus": 1, "mem": 1000, "disk": 10_000}))?;
    let capacity = until("the cluster's size", SOON, || {
        let capacity = trial.cloud.capacity(&both);
        // The first offer may be of one of them only.
        let all = capacity.known && capacity.agents == 2;
        Check::when(all, capacity.clone(), || format!("{capacity:?}"))
    })?;
    assert_eq!(capacity.agents_that_fit, 2);
    let largest = capacity.largest;
    assert_eq!(
        (largest.cpus.whole(), largest.mem.whole(), largest.disk.whole()),
        (2, 3000, 10_240)
    );
    let one = need(serde_json::json!({"cpus": 2, "mem": 10}))?;
    assert_eq!(trial.cloud.capacity(&one).agents_that_fit, 1);
    let none = need(serde_json::json!({"cpus": 2, "mem": 2000}))?;
    assert_eq!(trial.cloud.capacity(&none).agents_that_fit, 0);
    trial.close(true)
}
