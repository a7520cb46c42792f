//! What is taken out of offers, on a real master and real agents: reservations, several roles, attributes, resources of other
//! names, ports. The master checks each task, and shows what it has booked for it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use e2e::SOON;
use e2e::ground::Ground;
use mesos_core::Notice;
use serde_json::{Value, json};
use testbed::cluster::TaskView;
use testbed::{AgentSpec, Check, Cluster, ClusterSpec, RunError, until};

/// The value of an attribute of the agent that the task is on.
fn attribute(cluster: &Cluster, task: &TaskView, name: &str) -> Result<Value, RunError> {
    let agents = cluster.agents()?;
    let agent = agents.iter().find(|agent| agent["id"] == task.agent.as_str());
    Ok(agent
        .map(|agent| agent["attributes"][name].clone())
        .unwrap_or_default())
}

/// That the master has found nothing wrong with any task.
fn no_task_was_refused(cluster: &Cluster) -> Result<(), RunError> {
    let metrics = cluster.master_metrics()?;
    let errors = metrics["master/tasks_error"].as_f64();
    let invalid = metrics["master/invalid_framework_to_executor_messages"].as_f64();
    assert_eq!((errors, invalid), (Some(0.0), Some(0.0)));
    Ok(())
}

fn agents(agents: Vec<AgentSpec>) -> ClusterSpec {
    ClusterSpec {
        agents,
        ..ClusterSpec::default()
    }
}

/// Of one CPU, 100 MB and one executor that is nothing; `change` sets more.
fn template(label: &str, cpus: f64, change: &[(&str, Value)]) -> Value {
    let mut template = json!({"label": label, "cpus": cpus, "mem": 100, "executorCpus": 0, "executorMem": 0});
    for (name, value) in change {
        template[*name] = value.clone();
    }
    template
}

/// What the master has given away of the only agent's CPUs, in thousandths, by whom they are reserved for.
fn cpus_by_owner(cluster: &Cluster) -> Result<BTreeMap<String, i64>, RunError> {
    let mut sums = BTreeMap::new();
    for resource in cluster
        .agents()?
        .iter()
        .flat_map(|agent| {
            agent["used_resources_full"]
                .as_array()
                .cloned()
                .unwrap_or_default()
        })
        .filter(|resource| resource["name"] == "cpus")
    {
        let owners: Vec<String> = resource["reservations"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|reservation| reservation["role"].as_str().unwrap_or_default().to_owned())
            .collect();
        let milli = resource["scalar"]["value"].as_f64().unwrap_or(0.0) * 1000.0;
        *sums.entry(owners.join(">")).or_default() += milli.round() as i64;
    }
    Ok(sums)
}

fn sums<const N: usize>(pairs: [(&str, i64); N]) -> BTreeMap<String, i64> {
    pairs
        .into_iter()
        .map(|(owner, milli)| (owner.to_owned(), milli))
        .collect()
}

fn await_owners<const N: usize>(cluster: &Cluster, wanted: [(&str, i64); N]) -> Result<(), RunError> {
    let wanted = sums(wanted);
    until("the CPUs in use by owner", SOON, || {
        match cpus_by_owner(cluster) {
            Ok(owners) => Check::when(owners == wanted, (), || {
                format!("{owners:?} instead of {wanted:?}")
            }),
            Err(error) => Check::NotYet(error.to_string()),
        }
    })
}

/// Reserves CPUs of the only agent by the operator API: `owners` from the outermost role to the role that gets them.
fn reserve(cluster: &Cluster, cpus: f64, owners: &[(&str, &str)]) -> Result<(), RunError> {
    let agent = cluster
        .agents()?
        .first()
        .map(|agent| agent["id"].clone())
        .unwrap_or_default();
    let reservations: Vec<Value> = owners
        .iter()
        .map(|(kind, role)| match *kind {
            "DYNAMIC" => json!({"type": kind, "role": role, "principal": "operator"}),
            _ => json!({"type": kind, "role": role}),
        })
        .collect();
    cluster.operate(
        &json!({"type": "RESERVE_RESOURCES", "reserve_resources": {
            "agent_id": {"value": agent},
            "resources": [
                {"name": "cpus", "type": "SCALAR", "scalar": {"value": cpus}, "reservations": reservations}]}}),
        Some(("operator", "a secret")),
    )?;
    Ok(())
}

#[test]
fn own_reservations_go_first_then_those_of_the_roles_above_then_what_is_free() -> Result<(), RunError> {
    let credentials = testbed::paths::fresh_run("credentials");
    let file = |source| RunError::File {
        doing: "writing",
        path: credentials.clone(),
        source,
    };
    fs::create_dir_all(&credentials).map_err(file)?;
    let logins = credentials.join("logins.json");
    fs::write(
        &logins,
        json!({"credentials": [{"principal": "operator", "secret": "a secret"}]}).to_string(),
    )
    .map_err(file)?;
    let spec = ClusterSpec {
        agents: vec![AgentSpec {
            more_resources: Some("cpus(eng):2;mem(eng):64;cpus(ops):8;cpus(eng/qa):8".to_owned()),
            ..AgentSpec::with(2.0, 2048)
        }],
        master_flags: vec![
            "--authenticate_http_readwrite".to_owned(),
            format!("--credentials={}", logins.display()),
        ],
        ..ClusterSpec::default()
    };
    let ground = Ground::start(&spec)?;
    // One CPU of the parent's static reservation is refined for our role, half a free one is reserved for it besides.
    reserve(&ground.cluster, 1.0, &[("STATIC", "eng"), ("DYNAMIC", "eng/ci")])?;
    reserve(&ground.cluster, 0.5, &[("DYNAMIC", "eng/ci")])?;

    let mut trial = ground.open(json!({"role": "eng/ci", "templates": [
        template("first", 1.201, &[]),
        template("second", 1.0, &[]),
        template("third", 1.0, &[]),
        template("whale", 4.001, &[]),
    ]}))?;
    let whale = ground.wait(
        &mut trial,
        "whale",
        "needs 4.001 CPUs, largest agent has 4; no agent seen so far could ever hold it",
    )?;
    trial.release(&[whale])?;

    // Of 1.5 CPUs of our own; the memory of the parent goes before the free one.
    let first = ground.run(&mut trial, "first")?;
    assert_eq!((first.cpus, first.mem), (1.201, 100.0));
    let owners = cpus_by_owner(&ground.cluster)?;
    assert_eq!(owners.values().sum::<i64>(), 1201, "{owners:?}");
    assert!(owners.keys().all(|owner| owner.ends_with("eng/ci")), "{owners:?}");
    let mem: BTreeMap<String, f64> = ground.cluster.agents()?[0]["used_resources_full"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|resource| resource["name"] == "mem")
        .map(|resource| {
            let owner = resource["reservations"][0]["role"].as_str().unwrap_or_default();
            (
                owner.to_owned(),
                resource["scalar"]["value"].as_f64().unwrap_or(0.0),
            )
        })
        .collect();
    assert_eq!(
        mem,
        BTreeMap::from([("eng".to_owned(), 64.0), (String::new(), 36.0)])
    );

    // The rest of our own, and the parent's; then what is left of that, and what is free.
    let second = ground.run(&mut trial, "second")?;
    await_owners(
        &ground.cluster,
        [("eng>eng/ci", 1000), ("eng/ci", 500), ("eng", 701)],
    )?;
    let third = ground.run(&mut trial, "third")?;
    await_owners(
        &ground.cluster,
        [("eng>eng/ci", 1000), ("eng/ci", 500), ("eng", 1000), ("", 701)],
    )?;
    assert_eq!((second.cpus, third.cpus), (1.0, 1.0));
    no_task_was_refused(&ground.cluster)?;

    // What is given back comes again as it was.
    trial.release(&[first.id, second.id])?;
    let again = ground.run(&mut trial, "first")?;
    assert_eq!(again.cpus, 1.201);
    let owners = cpus_by_owner(&ground.cluster)?;
    assert_eq!(owners.values().sum::<i64>(), 2201, "{owners:?}");
    trial.release(&[again.id, third.id])?;
    no_task_was_refused(&ground.cluster)?;
    trial.close(true)?;
    fs::remove_dir_all(&credentials).map_err(file)
}

#[test]
fn agents_of_several_roles_use_what_is_reserved_for_each() -> Result<(), RunError> {
    let spec = agents(vec![AgentSpec {
        more_resources: Some(
            "cpus(ci):1.001;mem(ci):512;cpus(qa):1;mem(qa):512;cpus(ops):8;mem(ops):512".to_owned(),
        ),
        ..AgentSpec::with(0.5, 64)
    }]);
    let ground = Ground::start(&spec)?;
    let mut trial = ground.open(json!({"role": "ci, qa", "templates": [template("mesos", 1.0, &[])]}))?;
    let tasks = [ground.run(&mut trial, "mesos")?, ground.run(&mut trial, "mesos")?];
    let mut roles: Vec<_> = tasks.iter().map(|task| task.json["role"].as_str()).collect();
    roles.sort_unstable();
    assert_eq!(roles, [Some("ci"), Some("qa")]);
    await_owners(&ground.cluster, [("ci", 1000), ("qa", 1000)])?;
    let framework = ground.cluster.frameworks("trial")?.remove(0);
    assert_eq!(framework["roles"], json!(["ci", "qa"]));
    // 0.5 CPUs are free and 0.001 are left of one role: never enough for one task, whatever the other roles have.
    let third = ground.wait(&mut trial, "mesos", "needs 1 CPUs, largest offer has ")?;
    no_task_was_refused(&ground.cluster)?;
    trial.release(&[tasks[0].id.clone()])?;
    trial.running(std::slice::from_ref(&third))?;
    assert_eq!(ground.task(&third)?.json["role"], tasks[0].json["role"]);
    trial.release(&[tasks[1].id.clone(), third])?;
    trial.close(true)
}

#[test]
fn attributes_of_all_kinds_choose_the_agent() -> Result<(), RunError> {
    let agent = |attributes: &str| AgentSpec {
        attributes: Some(attributes.to_owned()),
        ..AgentSpec::default()
    };
    let ground = Ground::start(&agents(vec![
        agent("rack:r1;os:ubuntu-22.04;cores:4;slots:[1-5,10-12]"),
        agent("rack:r2;os:debian-12;cores:7.5;slots:[20-30]"),
        agent("rack:r3;os:ubuntu-24.04;cores:16"),
    ]))?;
    let choices = [
        ("text", "rack = r2", "r2"),
        ("not", "rack != r1\nrack is not r3", "r2"),
        ("in", "rack in r3, r9", "r3"),
        ("not-in", "rack not in r1, r2", "r3"),
        ("pattern", "os matches ubuntu-.*\nrack not matches r[2-9]", "r1"),
        ("scalar", "cores at least 5\ncores at most 7.5", "r2"),
        ("number", "cores = 4", "r1"),
        ("range", "slots = 11", "r1"),
        ("ranges", "slots at least 21", "r2"),
    ];
    let mut templates: Vec<Value> = choices
        .iter()
        .map(|(label, lines, _)| template(label, 0.1, &[("constraints", json!(lines))]))
        .collect();
    templates.push(template(
        "old",
        0.1,
        &[("attributes", json!({"rack": "r3", "cores": "16"}))],
    ));
    templates.push(template(
        "none",
        0.1,
        &[("constraints", json!("rack = r2\ncores at least 8"))],
    ));
    let mut trial = ground.open(json!({ "templates": templates }))?;
    let mut names = Vec::new();
    for (label, rack) in choices
        .iter()
        .map(|(label, _, rack)| (*label, *rack))
        .chain([("old", "r3")])
    {
        let task = ground.run(&mut trial, label)?;
        assert_eq!(attribute(&ground.cluster, &task, "rack")?, rack, "{label}");
        names.push(task.id);
    }
    let none = ground.wait(
        &mut trial,
        "none",
        "needs the attributes rack = r2, cores at least 8, no agent has them; no agent seen so far could ever hold it",
    )?;
    names.push(none);
    trial.release(&names)?;
    no_task_was_refused(&ground.cluster)?;
    trial.close(true)
}

#[test]
fn limits_by_an_attribute_count_what_runs_also_after_a_restart() -> Result<(), RunError> {
    let agent = |rack: &str| AgentSpec {
        attributes: Some(format!("rack:{rack}")),
        ..AgentSpec::default()
    };
    let ground = Ground::start(&agents(vec![agent("r1"), agent("r1"), agent("r2")]))?;
    let members = |owned: &[String]| {
        json!({"owned": owned, "templates": [
            template("alone", 0.1, &[("constraints", json!("unique per rack"))]),
            template("mesos", 0.1, &[])]})
    };
    let mut trial = ground.open(members(&[]))?;
    let tasks = [ground.run(&mut trial, "alone")?, ground.run(&mut trial, "alone")?];
    let mut racks = Vec::new();
    for task in &tasks {
        racks.push(attribute(&ground.cluster, task, "rack")?);
    }
    racks.sort_by_key(Value::to_string);
    assert_eq!(racks, ["r1", "r2"]);
    let names: Vec<String> = tasks.iter().map(|task| task.id.clone()).collect();
    trial.close(false)?;

    let mut trial = ground.open(members(&names))?;
    let waiting = ground.wait(&mut trial, "alone", "is to be unique per rack")?;
    let other = ground.run(&mut trial, "mesos")?;
    trial.release(&names[..1])?;
    trial.running(std::slice::from_ref(&waiting))?;
    let place = attribute(&ground.cluster, &ground.task(&waiting)?, "rack")?;
    assert_eq!(place, attribute(&ground.cluster, &tasks[0], "rack")?);
    trial.release(&[waiting, other.id, names[1].clone()])?;
    no_task_was_refused(&ground.cluster)?;
    trial.close(true)
}

#[test]
fn resources_of_other_names_are_taken_by_number_or_by_item() -> Result<(), RunError> {
    let ground = Ground::start(&agents(vec![
        AgentSpec {
            more_resources: Some("licenses:3;fpga:{a,b,c}".to_owned()),
            ..AgentSpec::default()
        },
        AgentSpec::default(),
    ]))?;
    let mut trial = ground.open(json!({"templates": [
        template("two", 0.1, &[("resources", json!("licenses = 2"))]),
        template("half", 0.1, &[("resources", json!("licenses = 0.5\nfpga = 1"))]),
        template("item", 0.1, &[("resources", json!("fpga = {b}"))]),
        template("four", 0.1, &[("resources", json!("licenses = 4"))]),
    ]}))?;
    let item = ground.run(&mut trial, "item")?;
    assert_eq!(item.json["resources"]["fpga"], "{b}");
    let two = ground.run(&mut trial, "two")?;
    assert_eq!(two.json["resources"]["licenses"], 2.0);
    let half = ground.run(&mut trial, "half")?;
    assert_eq!(
        (
            &half.json["resources"]["licenses"],
            &half.json["resources"]["fpga"]
        ),
        (&json!(0.5), &json!("{a}"))
    );
    let second = ground.wait(&mut trial, "two", "needs 2 of licenses")?;
    let four = ground.wait(&mut trial, "four", "needs 4 of licenses")?;
    let again = ground.wait(&mut trial, "item", "needs b of fpga")?;
    trial.release(&[two.id, item.id])?;
    trial.running(&[second.clone(), again.clone()])?;
    no_task_was_refused(&ground.cluster)?;
    trial.release(&[second, four, again, half.id])?;
    trial.close(true)
}

/// A program that stands in for Docker's, in a folder of its own.
fn docker() -> Result<PathBuf, RunError> {
    let folder = testbed::paths::fresh_run("docker-stand-in");
    let program = folder.join("docker");
    let file = |source| RunError::File {
        doing: "writing",
        path: program.clone(),
        source,
    };
    fs::create_dir_all(&folder).map_err(file)?;
    fs::write(&program, include_str!("../src/docker.sh")).map_err(file)?;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).map_err(file)?;
    Ok(program)
}

#[test]
fn a_fixed_port_is_given_once_on_each_host() -> Result<(), RunError> {
    // Two real engines on one machine would share its ports: these containers are none, but Mesos books them as such.
    let docker = docker()?;
    let agent = AgentSpec {
        ports: (31_500, 31_503),
        flags: vec![
            "--containerizers=docker,mesos".to_owned(),
            format!("--docker={}", docker.display()),
            format!("--docker_socket={}", docker.display()),
        ],
        ..AgentSpec::default()
    };
    let ground = Ground::start(&agents(vec![agent.clone(), agent]))?;
    let container = |ports: Value| json!({"image": "agent", "portMappings": ports});
    let mut trial = ground.open(json!({"templates": [
        template("fixed", 0.1, &[("container", container(json!([{"containerPort": 5900, "hostPort": 31_501}])))]),
        template("any", 0.1, &[("container", container(json!([{"containerPort": 1}, {"containerPort": 2}])))]),
        template("outside", 0.1, &[("container", container(json!([{"containerPort": 1, "hostPort": 80}])))]),
    ]}))?;
    let fixed = trial.submit_to("fixed", &ground.program, 3)?;
    let mut running = Vec::new();
    for _ in 0..2 {
        running.push(trial.notice("a running agent", SOON, |notice| match notice {
            Notice::State { name, state, .. } if state == "TASK_RUNNING" => Some(name.clone()),
            _ => None,
        })?);
    }
    let hosts: Vec<String> = running
        .iter()
        .map(|name| ground.task(name).map(|task| task.agent))
        .collect::<Result<_, _>>()?;
    assert_ne!(hosts[0], hosts[1], "the port is there once on each");
    for name in &running {
        assert_eq!(ground.task(name)?.json["resources"]["ports"], "[31501-31501]");
    }
    let third = fixed
        .iter()
        .find(|name| !running.contains(name))
        .cloned()
        .unwrap_or_default();
    trial.waits(
        &third,
        "needs port 31501 of the host, no offer with enough CPUs and memory has it free",
    )?;
    let outside = ground.wait(
        &mut trial,
        "outside",
        "needs port 80 of the host, no agent with enough CPUs and memory has it free; no agent seen so far could ever hold it",
    )?;

    // Three are left on each host: one pair on each, then no more.
    let pairs = [ground.run(&mut trial, "any")?, ground.run(&mut trial, "any")?];
    assert_ne!(pairs[0].agent, pairs[1].agent);
    for pair in &pairs {
        let ports = pair.json["resources"]["ports"].as_str().unwrap_or_default();
        assert!(!ports.contains("31501"), "{ports}");
    }
    let more = ground.wait(&mut trial, "any", "needs 2 ports of the host")?;

    trial.release(&running[..1])?;
    trial.running(std::slice::from_ref(&third))?;
    assert_eq!(ground.task(&third)?.agent, hosts[0]);
    let mut all = vec![running[1].clone(), third, outside, more];
    all.extend(pairs.map(|pair| pair.id));
    trial.release(&all)?;
    no_task_was_refused(&ground.cluster)?;
    trial.close(true)
}
