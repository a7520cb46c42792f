//! Builds in containers: what a person sees of them in the host.

use std::time::{Duration, Instant};

use e2e::recipes;
use e2e::{Gate, SOON, complaints, start_host};
use testbed::host::Node;
use testbed::seeds::{CloudSeed, TemplateSeed, freestyle};
use testbed::{AgentSpec, Check, Cluster, ClusterSpec, Engine, Host, RunError, until};

/// A template with a container that has the host's network, where the host listens.
fn template(label: &str, container: &str) -> TemplateSeed {
    TemplateSeed {
        label: label.into(),
        mem: "96".into(),
        executor_mem: "96".into(),
        container: format!("<type>DOCKER</type>{container}"),
        ..TemplateSeed::default()
    }
}

fn image(name: &str) -> String {
    format!("<dockerImage>{name}</dockerImage>")
}

fn seeds() -> Result<Vec<TemplateSeed>, RunError> {
    let host = "<networking>HOST</networking>";
    let parameter = |key: &str, value: &str| {
        let name = "org.jenkinsci.plugins.mesos.MesosSlaveInfo_-Parameter";
        format!("<parameters><{name}><key>{key}</key><value>{value}</value></{name}></parameters>")
    };
    let port = "<portMappings><org.jenkinsci.plugins.mesos.MesosSlaveInfo_-PortMapping><containerPort>8000</containerPort>\
                <protocol>tcp</protocol><description>preview</description><urlFormat>http://{host}:{port}/preview</urlFormat>\
                </org.jenkinsci.plugins.mesos.MesosSlaveInfo_-PortMapping></portMappings>";
    let recipes = recipes::all()?;
    let single_use = recipes["quick-destroy"]["singleUse"].to_string();
    Ok(vec![
        TemplateSeed {
            more: vec![("singleUse", single_use)],
            ..template("quick-destroy", &format!("{}{host}", image("testbed/java:17")))
        },
        template(
            "docker",
            &format!(
                "{}{host}<dockerImageCustomizable>true</dockerImageCustomizable><allowedImages>testbed/.*</allowedImages>",
                image("testbed/java:17")
            ),
        ),
        template(
            "memory",
            &format!(
                "{}{host}{}",
                image("testbed/java:17"),
                parameter("shm-size", "1g")
            ),
        ),
        // Behind the bridge the agent does not reach the host, which listens on 127.0.0.1 only; its page is there anyway.
        template(
            "ports",
            &format!(
                "{}<networking>BRIDGE</networking>{port}",
                image("testbed/java:17")
            ),
        ),
        template("broken", &format!("{}{host}", image("testbed/none:1"))),
    ])
}

#[test]
fn builds_in_containers_show_what_happens_to_them() -> Result<(), RunError> {
    let engine = Engine::start()?;
    let agent = AgentSpec {
        flags: engine.agent_flags(),
        ..AgentSpec::default()
    };
    let cluster = Cluster::start(&ClusterSpec {
        agents: vec![agent],
        ..ClusterSpec::default()
    })?;
    let host = start_host(vec![CloudSeed {
        master: cluster.master(),
        templates: seeds()?,
        ..CloudSeed::default()
    }])?;
    let gate = Gate::closed()?;
    let build = |job: &str, label: &str, script: &str| -> Result<(), RunError> {
        host.create_job(job, &freestyle(label, script))?;
        host.build(job)
    };
    build(
        "chosen",
        "\"docker:testbed/java:entrypoint\"",
        "cat $MESOS_SANDBOX/entrypoint.ran; hostname; ls /opt",
    )?;
    build("forbidden", "\"docker:evil/java:1\"", "true")?;
    // What lies in /dev/shm counts as memory of the container, whose largest process is the agent.
    let eats = "dd if=/dev/zero of=/dev/shm/eaten bs=1M count=900";
    build("memory", "memory", &format!("{eats}; sleep 600"))?;
    build("ports", "ports", &gate.script())?;
    build("broken", "broken", "true")?;

    build("quick", "quick-destroy", "true")?;
    // A build chooses its image, within the list of the template.
    let chosen = host.await_end("chosen", 1, SOON)?;
    let console = host.console("chosen", 1)?;
    assert_eq!(chosen.result.as_deref(), Some("SUCCESS"), "{console}");
    assert!(
        console.contains("/bin/sh -c cd ") && console.contains("java"),
        "{console}"
    );

    // Out of memory is named as such.
    host.await_end("memory", 1, SOON)?;
    on_page(&host, "out of memory: the agent has 192 MB in all")?;

    // The agent's page leads to the port.
    let node = until("the node with a port", SOON, || {
        let nodes: Vec<Node> = host.nodes().unwrap_or_default();
        let found = nodes.iter().find(|node| node.name.ends_with("-ports"));
        Check::when(found.is_some(), found.cloned(), || format!("{nodes:?}"))
    })?;
    let name = node.map(|node| node.name).unwrap_or_default();
    let page = until("the port on the agent's page", SOON, || {
        match host
            .page(&format!("/computer/{name}/"))
            .and_then(|answer| answer.good())
        {
            Ok(answer) => {
                let text = answer.body;
                Check::when(text.contains("preview"), text.clone(), || text.clone())
            }
            Err(error) => Check::NotYet(error.to_string()),
        }
    })?;
    let link = page
        .split("href=\"")
        .find(|part| part.starts_with("http://127.0.0.1:31"));
    let link = link.and_then(|part| part.split('"').next()).unwrap_or_default();
    assert!(link.ends_with("/preview"), "{page}");

    // So is an image that cannot be had.
    on_page(&host, "the Mesos agent cannot reach the registry")?;

    // Nobody was asked for the image that is not allowed.
    let queue = host.queue()?;
    assert!(queue.iter().any(|item| item.job == "forbidden"), "{queue:?}");
    let asked = cluster.tasks()?.into_iter().chain(cluster.ended_tasks()?);
    let asked: Vec<_> = asked
        .filter(|task| task.json.to_string().contains("evil"))
        .collect();
    assert!(asked.is_empty(), "{asked:?}");

    gone_with_its_build(&host, &engine)?;

    assert_eq!(complaints(&host.log()), [""; 0]);
    released(&host, &engine)
}

/// The container of a single-use agent goes with its build, not after its idle minute.
fn gone_with_its_build(host: &Host, engine: &Engine) -> Result<(), RunError> {
    let ended = host.await_end("quick", 1, SOON)?;
    assert_eq!(
        ended.result.as_deref(),
        Some("SUCCESS"),
        "{}",
        host.console("quick", 1)?
    );
    let begin = Instant::now();
    until(
        "no container of the single-use agent",
        Duration::from_secs(20),
        || {
            let label = "label=org.jenkinsci.plugins.mesos.agent";
            match engine.docker(&[
                "ps",
                "--filter",
                label,
                "--format",
                "{{.Label \"org.jenkinsci.plugins.mesos.agent\"}}",
            ]) {
                Ok(left) => Check::when(!left.contains("-quick-destroy"), (), || left.clone()),
                Err(error) => Check::NotYet(error.to_string()),
            }
        },
    )?;
    println!(
        "quick-destroy: gone {} ms after it was looked for",
        begin.elapsed().as_millis()
    );
    host.await_that("no node of the single-use agent", SOON, || match host.nodes() {
        Ok(nodes) => {
            let there = nodes.iter().any(|node| node.name.ends_with("-quick-destroy"));
            Check::when(!there, (), || format!("{nodes:?}"))
        }
        Err(error) => Check::NotYet(error.to_string()),
    })
}

/// Waits for words on the cloud's page.
fn on_page(host: &Host, words: &str) -> Result<(), RunError> {
    host.await_that("a message on the cloud's page", SOON, || {
        match host.page("/mesos/").and_then(|answer| answer.good()) {
            Ok(answer) => Check::when(answer.body.contains(words), (), || format!("no `{words}`")),
            Err(error) => Check::NotYet(error.to_string()),
        }
    })
}

/// Removed nodes take their containers with them.
fn released(host: &Host, engine: &Engine) -> Result<(), RunError> {
    for job in ["ports", "broken", "forbidden"] {
        host.client()
            .post_form(&format!("/job/{job}/doDelete"), &[])?
            .good()?;
    }
    for node in host.nodes()? {
        host.delete_node(&node.name)?;
    }
    until("no container of an agent", SOON, || match engine.containers() {
        Ok(left) => Check::when(left.is_empty(), (), || format!("{left:?}")),
        Err(error) => Check::NotYet(error.to_string()),
    })
}
