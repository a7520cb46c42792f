//! The master `local` on a real Docker engine: the same templates as with Mesos, and an engine that comes and goes.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use e2e::mishaps::{self, TakenPort};
use e2e::quay::{Quay, master};
use e2e::trial::{Trial, configured, folder, unmet};
use e2e::{LATER, SOON};
use mesos_core::Notice;
use serde_json::json;
use testbed::{Check, RunError, paths, until};

#[test]
fn images_networks_volumes_users_and_parameters() -> Result<(), RunError> {
    let host = paths::fresh_run("volumes");
    fs::create_dir_all(&host).map_err(|error| unmet("a folder", error.to_string()))?;
    fs::write(host.join("from-host"), "host").map_err(|error| unmet("a file", error.to_string()))?;
    let wrapper = host.join("wrapper");
    fs::write(
        &wrapper,
        "#!/bin/sh\necho \"$#\" > \"$MESOS_SANDBOX/wrapped\"\neval \"$1\"\n",
    )
    .and_then(|()| fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)))
    .map_err(|error| unmet("a file", error.to_string()))?;
    let path = host.display().to_string();
    let mut quay = Quay::start(|engine| {
        engine.docker(&["network", "create", "builds"])?;
        let registry = engine.registry(None)?;
        let image = engine.publish("17", &registry, "team/agent:1")?;
        Ok(json!({
            "bridge": {"image": "testbed/java:17",
                "portMappings": [{"containerPort": 5900, "protocol": "tcp"}]},
            "host": {"image": "testbed/java:17", "networking": "HOST"},
            "none": {"image": "testbed/java:17", "networking": "NONE"},
            "network": {"image": "testbed/java:17", "networking": "USER", "networks": ["builds"]},
            "entrypoint": {"image": "testbed/java:entrypoint"},
            "no-entrypoint": {"image": "testbed/java:entrypoint", "parameters": [{"key": "entrypoint", "value": ""}]},
            "user": {"image": "testbed/java:user"},
            "root": {"image": "testbed/java:user", "parameters": [{"key": "user", "value": "0"}]},
            "forced": {"image": image, "forcePull": true},
            "ucr": {"type": "MESOS", "image": "testbed/java:entrypoint"},
            "no-shell": {"image": "testbed/java:no-shell", "noShell": true},
            "wrapper": {"image": "testbed/java:17", "useCustomShell": true, "customShell": "/wrapper",
                "volumes": [{"containerPath": "/wrapper", "hostPath": format!("{path}/wrapper"), "readOnly": true}]},
            "volumes": {"image": "testbed/java:17", "volumes": [
                {"containerPath": "/rw", "hostPath": path}, {"containerPath": "/ro", "hostPath": path, "readOnly": true},
                {"containerPath": "/cache", "hostPath": "cache"}, {"containerPath": "/new"}]},
            "parameters": {"image": "testbed/java:17", "privileged": true, "parameters": [
                {"key": "env", "value": "COLOUR=dark blue"}, {"key": "ulimit", "value": "nofile=1234:1234"},
                {"key": "shm-size", "value": "96m"}, {"key": "hostname", "value": "builder"},
                {"key": "init", "value": "true"}, {"key": "add-host", "value": "registry:10.1.2.3"}]},
        }))
    })?;
    let labels: Vec<String> = quay
        .templates
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|template| template["label"].as_str().map(str::to_owned))
        .collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let names = quay.run(&labels)?;
    for (label, network) in [
        ("bridge", "bridge"),
        ("host", "host"),
        ("none", "none"),
        ("network", "builds"),
        ("ucr", "host"),
    ] {
        assert_eq!(
            quay.shown(&names[label])?["HostConfig"]["NetworkMode"],
            network,
            "{label}"
        );
    }
    assert_eq!(quay.inside(&names["bridge"], "hostname")?, names["bridge"]);
    assert_eq!(quay.inside(&names["none"], "ls /sys/class/net")?, "lo");
    let ports = &quay.shown(&names["bridge"])?["NetworkSettings"]["Ports"]["5900/tcp"];
    assert_eq!(ports[0]["HostPort"], "31000");

    let sandbox = "test -e /mnt/mesos/sandbox/seen.txt && test ! -e /mnt/mesos/sandbox/.agent-secret && id -u; \
                   cat /mnt/mesos/sandbox/entrypoint.ran /mnt/mesos/sandbox/wrapped 2>/dev/null | head -c 8";
    let seen = |quay: &Quay, label: &str| {
        until("the program in its sandbox", SOON, || {
            match quay.inside(&names[label], sandbox) {
                Ok(text) if !text.is_empty() => Check::Ready(text),
                other => Check::NotYet(format!("{other:?}")),
            }
        })
    };
    for (label, expected) in [
        ("host", "0"),
        ("entrypoint", "0\n/bin/sh"),
        ("no-entrypoint", "0"),
        ("ucr", "0"),
        ("user", "1000"),
        ("root", "0"),
        ("forced", "0"),
        ("wrapper", "0\n1"),
    ] {
        assert_eq!(seen(&quay, label)?, expected, "{label}");
    }
    assert_eq!(
        quay.inside(
            &names["volumes"],
            "cat /rw/from-host /ro/from-host; echo new > /rw/from-agent"
        )?,
        "hosthost"
    );
    assert!(host.join("from-agent").is_file());
    assert!(
        quay.inside(
            &names["volumes"],
            "touch /cache/a /new/b && echo x > /ro/from-agent"
        )
        .is_err()
    );
    let asked = "echo $COLOUR; ulimit -n; hostname; df -m /dev/shm | tail -1 | tr -s ' ' | cut -d' ' -f2; grep -c 10.1.2.3 /etc/hosts";
    assert_eq!(
        quay.inside(&names["parameters"], asked)?,
        "dark blue\n1234\nbuilder\n96\n1"
    );
    let limits = quay.shown(&names["bridge"])?;
    assert!(limits["HostConfig"]["Memory"].as_i64().unwrap_or_default() >= 160 << 20);
    quay.progress(&names["forced"], "has pulled")?;

    let all: Vec<String> = names.values().cloned().collect();
    quay.trial.release(&all)?;
    assert_eq!(
        quay.engine.containers()?,
        Vec::<String>::new(),
        "a container goes with its release"
    );
    quay.engine.docker(&["network", "rm", "builds"])?;
    quay.end()
}

#[test]
fn each_end_of_a_container_is_explained() -> Result<(), RunError> {
    let taken = TakenPort::take()?;
    let mut quay = Quay::start(|engine| {
        let volume = json!({"containerPath": "/data", "hostPath": "/no/such/folder"});
        let more = json!({"no-volume": {"image": "testbed/java:17", "volumes": [volume]}});
        mishaps::templates(engine, &taken, more)
    })?;
    let expected = [
        ("no-image", "has no such image: correct name and tag"),
        ("no-login", "its registry wants a login"),
        ("no-registry", "cannot be reached from the Docker engine"),
        ("no-shell", "the image has no such program"),
        ("no-volume", "a volume's folder does not exist"),
        ("no-option", "`no-such-option` is not known"),
        ("no-network", "no such Docker network"),
        ("port", "the port of the host is taken"),
        ("memory", "out of memory: the agent has 160 MB"),
    ];
    let labels: Vec<&str> = expected.iter().map(|(label, _)| *label).collect();
    let names = quay.submit(&labels)?;
    for (label, words) in expected {
        let message = quay.end_of(&names[label])?;
        assert!(
            message.starts_with("TASK_FAILED: ") && message.contains(words),
            "{label}: {message}"
        );
    }
    quay.end()
}

#[test]
fn containers_outlive_the_controller_and_leftovers_go() -> Result<(), RunError> {
    let mut quay = Quay::start(|_| Ok(json!({"box": {"image": "testbed/java:17"}})))?;
    let names = quay.trial.submit_to("box", &quay.program, 3)?;
    quay.trial.running(&names)?;
    let (owned, orphans) = names.split_at(2);
    let config = configured(
        &master(&quay.engine),
        json!({"owned": owned, "templates": quay.templates}),
    )?;
    let fresh = Trial::open(
        configured("", json!({"templates": []}))?,
        &folder(),
        &quay.runtime,
    );
    std::mem::replace(&mut quay.trial, fresh).close(false)?;
    // A container that a killed controller has made and not written down.
    let id = fs::read_to_string(quay.folder.join("local/cluster-id"))
        .map_err(|error| unmet("the id", error.to_string()))?;
    let label = format!("org.jenkinsci.mesos.local.cluster={}", id.trim());
    let left = [
        "run",
        "-d",
        "--name",
        "left",
        "--label",
        &label,
        "testbed/java:17",
        "/bin/sh",
        "-c",
        "sleep 3600",
    ];
    quay.engine.docker(&left)?;
    quay.engine.docker(&[
        "run",
        "-d",
        "--name",
        "stranger",
        "testbed/java:17",
        "/bin/sh",
        "-c",
        "sleep 3600",
    ])?;
    assert_eq!(quay.engine.containers()?.len(), 5);

    let fresh = Trial::open(config, &quay.folder, &quay.runtime);
    std::mem::replace(&mut quay.trial, fresh).close(false)?;
    quay.trial.known_to_run(owned)?;
    let mut expected: Vec<String> = owned.iter().map(|name| format!("mesos-local-{name}")).collect();
    expected.push("stranger".to_owned());
    expected.sort();
    until("the owned ones and the stranger", SOON, || {
        let mut containers = quay.engine.containers().unwrap_or_default();
        containers.sort();
        Check::when(containers == expected, (), || {
            format!("{containers:?}, not {expected:?}")
        })
    })?;
    let orphan = quay.folder.join("local/tasks").join(&orphans[0]);
    until("no trace of the orphan", SOON, || {
        Check::when(!orphan.exists(), (), || format!("{} is there", orphan.display()))
    })?;
    quay.engine.docker(&["rm", "-f", "stranger"])?;
    quay.trial.release(owned)?;
    quay.end()
}

#[test]
fn an_engine_that_goes_away_or_hangs_is_told_within_seconds() -> Result<(), RunError> {
    let mut quay = Quay::start(|_| Ok(json!({"box": {"image": "testbed/java:17"}})))?;
    let running = quay.trial.submit_to("box", &quay.program, 1)?;
    quay.trial.running(&running)?;

    // It hangs.
    let pid = quay.engine.pid();
    let pid = pid.ok_or_else(|| unmet("the engine's process", "there is none".to_owned()))?;
    let signal = |signal: &str| {
        let sent = std::process::Command::new("kill")
            .args([signal, &pid.to_string()])
            .status();
        assert!(sent.is_ok_and(|status| status.success()));
    };
    signal("-STOP");
    let begin = Instant::now();
    quay.trouble("it hangs or has too much to do")?;
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    let waiting = quay.trial.submit_to("box", &quay.program, 1)?;
    quay.progress(&waiting[0], "has not answered within")?;
    // Jenkins's threads are not held up by any of it.
    let begin = Instant::now();
    quay.trial.cloud.status();
    assert!(begin.elapsed() < Duration::from_secs(1));
    signal("-CONT");
    quay.trouble("answers again")?;
    quay.trial.running(&waiting)?;

    // It is killed, and started again: containers end with that, and are told as such.
    quay.engine.kill()?;
    quay.trouble("Docker engine")?;
    let later = quay.trial.submit_to("box", &quay.program, 1)?;
    quay.progress(&later[0], "start Docker")?;
    quay.engine.start_again()?;
    for name in running.iter().chain(&waiting) {
        let message = quay.end_of(name)?;
        assert!(
            message.starts_with("TASK_FAILED") && message.contains("the Docker engine was away"),
            "{message}"
        );
    }
    quay.trial.running(&later)?;
    quay.trial.release(&later)?;
    quay.end()
}

#[test]
fn fifty_containers_at_once_come_and_go() -> Result<(), RunError> {
    let host = paths::fresh_run("idle");
    let idle = host.join("idle");
    fs::create_dir_all(&host)
        .and_then(|()| fs::write(&idle, "#!/bin/sh\ntrap 'exit 0' TERM\nsleep 3600 &\nwait\n"))
        .and_then(|()| fs::set_permissions(&idle, fs::Permissions::from_mode(0o755)))
        .map_err(|error| unmet("a file", error.to_string()))?;
    let mut quay = Quay::start(|_| {
        Ok(
            json!({"idle": {"image": "testbed/java:17", "useCustomShell": true, "customShell": "/idle", "volumes":
            [{"containerPath": "/idle", "hostPath": idle.display().to_string(), "readOnly": true}]}}),
        )
    })?;
    let names = quay.trial.submit_to("idle", &quay.program, 50)?;
    assert_eq!(names.len(), 50);
    let mut left: Vec<String> = names.clone();
    while !left.is_empty() {
        let running = quay
            .trial
            .notice("TASK_RUNNING of all", LATER, |notice| match notice {
                Notice::State { name, state, .. } if left.contains(name) && state == "TASK_RUNNING" => {
                    Some(name.clone())
                }
                _ => None,
            })?;
        left.retain(|name| *name != running);
    }
    assert_eq!(quay.engine.docker(&["ps", "-q"])?.lines().count(), 50);
    quay.trial.release(&names)?;
    assert_eq!(quay.engine.containers()?, Vec::<String>::new());
    quay.end()
}
