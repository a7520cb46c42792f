//! The master `local` and its engine: how it is reached, what it pulls, which ports are free, how containers are stopped.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::time::Instant;

use e2e::SOON;
use e2e::quay::Quay;
use e2e::relay::Relay;
use e2e::trial::{LOGIN, unmet};
use mesos_core::{Request, Secret};
use serde_json::json;
use testbed::{Check, Engine, RunError, SmallDisk, paths, until};

#[test]
fn pulls_are_followed_and_what_goes_wrong_with_them_is_said() -> Result<(), RunError> {
    let mut registries = Vec::new();
    let mut quay = Quay::start(|engine| {
        let (open, closed) = (
            engine.registry(None)?,
            engine.registry(Some(("reader", "s3cret")))?,
        );
        let slow = Relay::slowly_to(&open.address, 5 << 20)?;
        let image = engine.publish("17", &open, "team/agent:1")?;
        let locked = engine.publish("17", &closed, "team/agent:1")?;
        engine.forget_images()?;
        let slowly = image.replace(&open.address, &slow.address());
        registries.extend([open, closed]);
        Ok(
            json!({"full": {"image": image}, "slow": {"image": slowly}, "locked": {"image": locked, "forcePull": true}}),
        )
    })?;

    // The disk is full.
    let small = SmallDisk::mount(&quay.engine.folder().join("data/tmp"), 1)?;
    let full = quay.submit(&["full"])?;
    let message = quay.end_of(&full["full"])?;
    assert!(
        message.starts_with("TASK_FAILED: ")
            && message.contains("the disk of the Docker engine is full")
            && message.contains("no space left on device"),
        "{message}"
    );
    drop(small);

    // A pull takes its time.
    let slow = quay.submit(&["slow"])?;
    quay.progress(&slow["slow"], "pulls the image ")?;
    quay.progress(&slow["slow"], " MB, 0 of 1 layers")?;
    quay.progress(&slow["slow"], "has pulled ")?;
    let mut running: Vec<String> = slow.into_values().collect();
    quay.trial.running(&running)?;

    // A login that is refused, and one that is not.
    let with_login = |request: &mut Request| request.launch.registry_login_path = Some(Secret::new(LOGIN));
    quay.program.lend(&registries[1].login("reader", "wrong"));
    let wrong = quay.trial.submit_with("locked", &quay.program, 1, with_login)?;
    let message = quay.end_of(&wrong[0])?;
    assert!(message.contains("its registry refuses the login"), "{message}");
    assert!(!message.contains("wrong\""), "{message}");
    quay.program.lend(&registries[1].login("reader", "s3cret"));
    let good = quay.trial.submit_with("locked", &quay.program, 1, with_login)?;
    quay.trial.running(&good)?;
    assert_eq!(
        quay.inside(
            &good[0],
            "ls -A /mnt/mesos/sandbox/.docker 2>/dev/null; echo no more"
        )?,
        "no more",
        "the build can read the login"
    );

    running.extend(good);
    quay.trial.release(&running)?;
    quay.end()
}

#[test]
fn an_engine_is_reached_over_tcp() -> Result<(), RunError> {
    let relay = |engine: &Engine| {
        let relay = Relay::to_socket(engine.socket())?;
        Ok(format!(
            "local://?cpus=4&mem=4096&docker=tcp://{}",
            relay.address()
        ))
    };
    let mut quay = Quay::start_at(relay, |_| Ok(json!({"box": {"image": "testbed/java:17"}})))?;
    let names = quay.run(&["box"])?;
    assert_eq!(quay.inside(&names["box"], "hostname")?, names["box"]);

    // No controller comes back: what the quick start says for that.
    let Quay {
        trial,
        engine,
        folder,
        ..
    } = quay;
    trial.close(false)?;
    let left = engine.docker(&["ps", "-aq", "--filter", "label=org.jenkinsci.mesos.local.cluster"])?;
    assert_eq!(left.lines().count(), 1, "{left}");
    engine.docker(&["rm", "-f", left.trim()])?;
    engine.await_nothing(SOON)?;
    fs::remove_dir_all(&folder).map_err(|error| unmet("the folder", error.to_string()))
}

#[test]
fn ports_that_are_taken_are_not_given_to_containers() -> Result<(), RunError> {
    // Of those that this machine offers, the first.
    let taken = TcpListener::bind(("0.0.0.0", 31_000)).map_err(|error| unmet("a port", error.to_string()))?;
    let mapping = |host: &str| {
        json!({"image": "testbed/java:17",
            "portMappings": [{"containerPort": 5900, "hostPort": host, "protocol": "tcp"}]})
    };
    let mut quay = Quay::start(|_| Ok(json!({"any": mapping(""), "fixed": mapping("31000")})))?;
    let any = quay.run(&["any"])?;
    let ports = &quay.shown(&any["any"])?["NetworkSettings"]["Ports"]["5900/tcp"];
    assert_eq!(ports[0]["HostPort"], "31001");
    let fixed = quay.submit(&["fixed"])?;
    quay.trial.waits(&fixed["fixed"], "31000")?;
    // It is noticed when the port is free.
    drop(taken);
    let names: Vec<String> = fixed.values().cloned().collect();
    quay.trial.running(&names)?;
    let ports = &quay.shown(&fixed["fixed"])?["NetworkSettings"]["Ports"]["5900/tcp"];
    assert_eq!(ports[0]["HostPort"], "31000");
    let all: Vec<String> = any.into_values().chain(fixed.into_values()).collect();
    quay.trial.release(&all)?;
    quay.end()
}

#[test]
fn a_container_has_its_grace_and_no_more() -> Result<(), RunError> {
    let host = paths::fresh_run("grace");
    let failed = |error: std::io::Error| unmet("a file", error.to_string());
    fs::create_dir_all(&host).map_err(failed)?;
    for (name, reaction) in [("polite", "echo asked > /host/asked; exit 0"), ("deaf", "")] {
        let script = host.join(name);
        let text = format!(
            "#!/bin/sh\ntrap '{reaction}' TERM\ntouch /host/{name}.ready\nwhile :; do sleep 0.1; done\n"
        );
        fs::write(&script, text).map_err(failed)?;
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).map_err(failed)?;
    }
    let shell = |name: &str| {
        json!({"image": "testbed/java:17", "useCustomShell": true, "customShell": format!("/host/{name}"),
            "volumes": [{"containerPath": "/host", "hostPath": host.display().to_string()}]})
    };
    let mut quay = Quay::start(|_| Ok(json!({"polite": shell("polite"), "deaf": shell("deaf")})))?;
    let names = quay.run(&["polite", "deaf"])?;
    for name in ["polite", "deaf"] {
        let ready = host.join(format!("{name}.ready"));
        until("a trap", SOON, || {
            Check::when(ready.exists(), (), || format!("no {}", ready.display()))
        })?;
    }
    quay.trial.release(&[names["polite"].clone()])?;
    assert_eq!(fs::read_to_string(host.join("asked")).map_err(failed)?, "asked\n");
    let begin = Instant::now();
    quay.trial.release(&[names["deaf"].clone()])?;
    let took = begin.elapsed().as_secs();
    assert!((4..30).contains(&took), "{took} s");
    quay.end()?;
    fs::remove_dir_all(&host).map_err(failed)
}
