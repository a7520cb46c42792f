//! Many containers at once, and an engine that is restarted while builds run in them.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Instant;

use e2e::pier::Pier;
use e2e::trial::unmet;
use e2e::{LATER, SOON};
use mesos_core::Notice;
use serde_json::json;
use testbed::{Check, RunError, paths, until};

const MANY: u32 = 50;

#[test]
fn fifty_containers_at_once_and_an_engine_that_is_restarted_under_them() -> Result<(), RunError> {
    // All that a container of an agent has, but for its JVM: fifty of those are no matter here.
    let folder = paths::fresh_run("many");
    let idle = folder.join("idle");
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&idle, "#!/bin/sh\nexec sleep 3600\n"))
        .and_then(|()| fs::set_permissions(&idle, fs::Permissions::from_mode(0o755)))
        .map_err(|error| unmet("a program for the containers", error.to_string()))?;
    let mut pier = Pier::start(|engine| {
        engine.docker(&["network", "create", "builds"])?;
        let volume =
            json!({"containerPath": "/idle", "hostPath": idle.display().to_string(), "readOnly": true});
        Ok(json!({
            "small": {"cpus": 0.1, "mem": 64, "executorCpus": 0.01, "executorMem": 48, "container": {
                "image": "testbed/java:17", "networking": "USER", "networks": ["builds"], "volumes": [volume],
                "parameters": [{"key": "entrypoint", "value": "/idle"}, {"key": "init", "value": "true"}]}},
        }))
    })?;
    let layers = images(&pier)?;
    let processes = shims(&pier)?;

    let begin = Instant::now();
    let names = pier.trial.submit_to("small", &pier.program, MANY)?;
    pier.trial.running(&names)?;
    println!(
        "{MANY} containers run after {:.1} s",
        begin.elapsed().as_secs_f64()
    );
    let running: BTreeSet<String> = labelled(&pier)?;
    assert_eq!(
        running,
        names.iter().cloned().collect(),
        "one container for each agent"
    );

    // Half of them are released: these go, and nobody else.
    let (half, rest) = names.split_at(names.len() / 2);
    let begin = Instant::now();
    pier.trial.release(half)?;
    println!(
        "{} are over after {:.1} s",
        half.len(),
        begin.elapsed().as_secs_f64()
    );
    let others: BTreeSet<String> = rest.iter().cloned().collect();
    until("the containers of the others", SOON, || match labelled(&pier) {
        Ok(left) => Check::when(left == others, (), || format!("{left:?}")),
        Err(error) => Check::NotYet(error.to_string()),
    })?;

    // The engine dies under them: each end is told, and new agents run once it is back.
    pier.engine.kill()?;
    pier.engine.start_again()?;
    let mut words = BTreeSet::new();
    for name in rest {
        let end = pier
            .trial
            .notice(&format!("the end of {name}"), LATER, |notice| match notice {
                Notice::Ended {
                    name: ended,
                    state,
                    message,
                    ..
                } if ended == name => Some((state.clone(), message.clone().unwrap_or_default())),
                _ => None,
            })?;
        assert_eq!(end.0, "TASK_FAILED", "{}", end.1);
        assert!(
            end.1.contains("the Docker engine of the host was stopped"),
            "{}",
            end.1
        );
        words.insert(end.1);
    }
    println!("after the engine's end: {words:?}");
    // None of them runs. Mesos tries once to remove a container, and leaves those for which there was no engine: the
    // document tells what takes them away.
    assert_eq!(labelled(&pier)?, BTreeSet::new());
    let prune = [
        "container",
        "prune",
        "-f",
        "--filter",
        "label=org.jenkinsci.plugins.mesos.agent",
    ];
    let document = fs::read_to_string(paths::repository().join("docs/containers.md"))
        .map_err(|error| unmet("the document", error.to_string()))?;
    assert!(
        document.contains(&format!("docker {}", prune.join(" "))),
        "{prune:?}"
    );
    pier.engine.docker(&prune)?;
    pier.gone()?;
    let again = pier.run(&["small"])?;

    // An engine that is restarted in good order ends its containers first, which is told as well.
    pier.engine.stop()?;
    pier.engine.start_again()?;
    let (state, message) = pier.end(&again["small"])?;
    println!("after the engine's restart: {message}");
    assert_eq!(state, "TASK_FAILED", "{message}");
    let told = [
        "ended by somebody other than Jenkins",
        "engine of the host was stopped",
    ];
    assert!(told.iter().any(|words| message.contains(words)), "{message}");
    pier.engine.docker(&prune)?;
    pier.gone()?;
    let again = pier.run(&["small"])?;
    pier.release(&[again["small"].clone()])?;

    // Neither a container nor a layer, a network of ours or a process is left.
    pier.engine.docker(&["network", "rm", "builds"])?;
    pier.engine.await_nothing(SOON)?;
    assert_eq!(images(&pier)?, layers);
    fs::remove_dir_all(&folder).map_err(|error| unmet("the folder", error.to_string()))?;
    until("no process of a container", SOON, || match shims(&pier) {
        Ok(left) => Check::when(left == processes, (), || format!("{left} shims")),
        Err(error) => Check::NotYet(error.to_string()),
    })
}

/// The agents that have a container which runs.
fn labelled(pier: &Pier) -> Result<BTreeSet<String>, RunError> {
    let label = "org.jenkinsci.plugins.mesos.agent";
    let format = format!("{{{{.Label \"{label}\"}}}}");
    let text = pier
        .engine
        .docker(&["ps", "--filter", &format!("label={label}"), "--format", &format])?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// All images and their layers.
fn images(pier: &Pier) -> Result<BTreeSet<String>, RunError> {
    let text = pier.engine.docker(&["images", "-aq"])?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// How many processes hold containers of this engine.
fn shims(pier: &Pier) -> Result<usize, RunError> {
    let folder = pier.engine.folder().join("exec");
    let folder = folder.display().to_string();
    let processes = fs::read_dir("/proc").map_err(|error| unmet("the processes", error.to_string()))?;
    let of_ours = |line: &[u8]| {
        let line = String::from_utf8_lossy(line);
        line.contains("containerd-shim") && line.contains(&folder)
    };
    Ok(processes
        .flatten()
        .filter(|entry| fs::read(entry.path().join("cmdline")).is_ok_and(|line| of_ours(&line)))
        .count())
}
