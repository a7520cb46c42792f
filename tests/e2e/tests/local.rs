//! The master `local` without a Docker engine: agents are processes of this machine.

use std::fs;
use std::path::Path;

use e2e::SOON;
use e2e::trial::{Program, Trial, configured, folder, runtime, unmet};
use mesos_core::Notice;
use serde_json::json;
use testbed::guard::{Guard, survivors};
use testbed::{Check, RunError, until};

const MASTER: &str = "local://?cpus=1&mem=1024&docker=none";

fn await_no_process(folder: &Path) -> Result<(), RunError> {
    until("no process of an agent", SOON, || {
        let left = survivors(folder);
        Check::when(left.is_empty(), (), || format!("{left:?} are left"))
    })
}

fn templates(owned: &[String]) -> serde_json::Value {
    json!({"owned": owned, "templates": [
        {"label": "mesos"},
        {"label": "boxed", "container": {"image": "testbed/java:17"}},
        {"label": "huge", "cpus": 64},
    ]})
}

#[test]
fn agents_are_processes_which_go_with_their_release() -> Result<(), RunError> {
    let (program, runtime, folder) = (Program::serve()?, runtime()?, folder());
    let _guard = Guard::over(&folder)?;
    let mut trial = Trial::open(configured(MASTER, templates(&[]))?, &folder, &runtime);
    let (leader, _) = trial.subscribed()?;
    assert_eq!(leader, "local");
    let names = trial.submit(&program, 3)?;
    trial.running(&names)?;
    assert!(survivors(&folder).len() >= 3);
    for name in &names {
        let seen = folder.join("local/tasks").join(name).join("sandbox/seen.txt");
        until("the program in its sandbox", SOON, || {
            Check::when(seen.exists(), (), || format!("no {}", seen.display()))
        })?;
    }

    // The one master's rules hold here, too.
    let huge = trial.submit_to("huge", &program, 1)?;
    trial.waits(&huge[0], "CPUs")?;
    let boxed = trial.submit_to("boxed", &program, 1)?;
    let message = trial.notice(
        "the end of an agent that wants a container",
        SOON,
        |notice| match notice {
            Notice::Ended { name, message, .. } if *name == boxed[0] => message.clone(),
            _ => None,
        },
    )?;
    assert!(message.contains("Mesos master says docker=none"), "{message}");

    trial.release(&names)?;
    await_no_process(&folder)?;
    trial.close(true)?;
    fs::remove_dir_all(&folder).map_err(|error| unmet("the folder", error.to_string()))
}

#[test]
fn a_new_controller_knows_its_agents_and_ends_those_that_nobody_owns() -> Result<(), RunError> {
    let (program, runtime, folder) = (Program::serve()?, runtime()?, folder());
    let _guard = Guard::over(&folder)?;
    let mut trial = Trial::open(configured(MASTER, templates(&[]))?, &folder, &runtime);
    let names = trial.submit(&program, 2)?;
    trial.running(&names)?;
    trial.close(false)?;
    assert!(survivors(&folder).len() >= 2);

    let (owned, orphan) = names.split_at(1);
    let mut trial = Trial::open(configured(MASTER, templates(owned))?, &folder, &runtime);
    trial.known_to_run(owned)?;
    let sandbox = folder.join("local/tasks").join(&orphan[0]);
    until("the orphan's end", SOON, || {
        Check::when(!sandbox.exists(), (), || "it is still there".to_owned())
    })?;
    assert!(!survivors(&folder).is_empty());

    // Another master: what was here goes.
    trial.move_to("127.0.0.1:1")?;
    await_no_process(&folder)?;
    trial.close(false)?;
    fs::remove_dir_all(&folder).map_err(|error| unmet("the folder", error.to_string()))
}

#[test]
fn an_agent_that_somebody_kills_is_told_as_such() -> Result<(), RunError> {
    let (program, runtime, folder) = (Program::serve()?, runtime()?, folder());
    let _guard = Guard::over(&folder)?;
    let mut trial = Trial::open(configured(MASTER, templates(&[]))?, &folder, &runtime);
    let names = trial.submit(&program, 1)?;
    trial.running(&names)?;
    let record = folder.join("local/tasks").join(&names[0]).join("task.json");
    let record = fs::read_to_string(&record).map_err(|error| unmet("the record", error.to_string()))?;
    let record: serde_json::Value =
        serde_json::from_str(&record).map_err(|error| unmet("the record", error.to_string()))?;
    let group = record["process"]["process"].as_u64().unwrap_or_default();
    let killed = std::process::Command::new("kill")
        .args(["-KILL", "--", &format!("-{group}")])
        .status();
    assert!(killed.is_ok_and(|status| status.success()));
    let message = trial.notice("its end", SOON, |notice| match notice {
        Notice::Ended { name, message, .. } if *name == names[0] => message.clone(),
        _ => None,
    })?;
    assert!(message.contains("killed from outside"), "{message}");
    await_no_process(&folder)?;
    trial.close(true)?;
    fs::remove_dir_all(&folder).map_err(|error| unmet("the folder", error.to_string()))
}

#[test]
fn an_agent_that_wants_more_than_its_memory_is_told_as_such() -> Result<(), RunError> {
    let (program, runtime, folder) = (Program::serve()?, runtime()?, folder());
    let _guard = Guard::over(&folder)?;
    let greedy = json!({"templates": [{"label": "greedy", "mem": 64, "executorMem": 96,
        "environment": [{"name": "TRIAL_EATS", "value": "direct"}],
        "jvmArgs": "-XX:MaxDirectMemorySize=1g -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}]});
    let mut trial = Trial::open(configured(MASTER, greedy)?, &folder, &runtime);
    trial.subscribed()?;
    let names = trial.submit_to("greedy", &program, 1)?;
    let message = trial.notice("its end", SOON, |notice| match notice {
        Notice::Ended { name, message, .. } if *name == names[0] => message.clone(),
        _ => None,
    })?;
    assert!(
        message.contains("out of memory: the agent has 160 MB"),
        "limits need root and a tree of cgroups: {message}"
    );
    await_no_process(&folder)?;
    trial.close(true)?;
    fs::remove_dir_all(&folder).map_err(|error| unmet("the folder", error.to_string()))
}

#[test]
fn agents_are_of_the_agent_user_where_the_controller_is_root() -> Result<(), RunError> {
    let (program, runtime) = (Program::serve()?, runtime()?);
    // Another user must be able to enter what is above the sandbox.
    let folder = std::env::temp_dir().join(format!("mesos-local-user-{}", std::process::id()));
    let _guard = Guard::over(&folder)?;
    let members = json!({"user": "nobody", "templates": [{"label": "mesos"}]});
    let mut trial = Trial::open(configured(MASTER, members)?, &folder, &runtime);
    trial.subscribed()?;
    let names = trial.submit(&program, 1)?;
    trial.running(&names)?;
    let seen = folder
        .join("local/tasks")
        .join(&names[0])
        .join("sandbox/seen.txt");
    until("the program in its sandbox", SOON, || {
        Check::when(seen.exists(), (), || format!("no {}", seen.display()))
    })?;
    let nobody = fs::read_to_string("/etc/passwd")
        .unwrap_or_default()
        .lines()
        .find_map(|line| line.strip_prefix("nobody:")?.split(':').nth(1).map(str::to_owned));
    let mut looked_at = 0;
    for process in survivors(&folder) {
        // One may have ended meanwhile.
        let Ok(status) = fs::read_to_string(format!("/proc/{process}/status")) else {
            continue;
        };
        looked_at += 1;
        let of = |key: &str| {
            let line = status
                .lines()
                .find_map(|line| line.strip_prefix(key))
                .unwrap_or_default();
            line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        let user = nobody.clone().unwrap_or_default();
        assert_eq!(of("Uid:"), vec![user; 4], "{process}");
        // None of the controller's own groups.
        assert_eq!(of("Groups:"), Vec::<String>::new(), "{process}");
    }
    assert!(looked_at > 0);
    trial.release(&names)?;
    await_no_process(&folder)?;

    let unknown = json!({"user": "no-such-user", "templates": [{"label": "mesos"}]});
    trial.close(true)?;
    let mut trial = Trial::open(configured(MASTER, unknown)?, &folder, &runtime);
    let names = trial.submit(&program, 1)?;
    let message = trial.notice("its end", SOON, |notice| match notice {
        Notice::Ended { name, message, .. } if *name == names[0] => message.clone(),
        _ => None,
    })?;
    assert!(
        message.contains("this machine has no user `no-such-user`"),
        "{message}"
    );
    trial.close(true)?;
    fs::remove_dir_all(&folder).map_err(|error| unmet("the folder", error.to_string()))
}
