//! Agents in containers that Mesos itself makes of Docker images (the Mesos containerizer): no Docker anywhere.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use e2e::SOON;
use e2e::pier::Berth;
use e2e::trial::unmet;
use serde_json::{Value, json};
use testbed::{AgentSpec, Archives, Check, RunError, paths, until};

const PLAIN: &str = "testbed/java:17";

/// Images, a berth whose agent runs them, and a folder of the host.
struct Hull {
    berth: Berth,
    archives: Archives,
    host: PathBuf,
}

impl Hull {
    fn start(containers: impl FnOnce(&Path) -> Value) -> Result<Self, RunError> {
        let host = paths::fresh_run("images");
        let archives = Archives::in_folder(&host.join("archives"))?;
        archives.publish(PLAIN, &json!({}), "one")?;
        archives.publish(
            "testbed/java:entrypoint",
            &json!({"Entrypoint": ["/usr/local/bin/entrypoint"], "User": "jenkins", "WorkingDir": "/home/jenkins"}),
            "one",
        )?;
        let agent = AgentSpec {
            images: Some(archives.folder().to_path_buf()),
            ..AgentSpec::with(8.0, 8192)
        };
        let mut containers = containers(&host);
        for (_, template) in containers.as_object_mut().into_iter().flatten() {
            let container = match template.get("container").is_some() {
                true => &mut template["container"],
                false => template,
            };
            container["type"] = "MESOS".into();
        }
        Ok(Self {
            berth: Berth::start(agent, containers)?,
            archives,
            host,
        })
    }

    /// The JVM of an agent.
    fn java(&self, name: &str) -> Result<u32, RunError> {
        let tasks = self.berth.cluster.tasks()?;
        let task = tasks.iter().find(|task| task.id == name);
        let container =
            task.map(|task| &task.json["statuses"][0]["container_status"]["container_id"]["value"]);
        let container = container.and_then(Value::as_str).unwrap_or_default();
        until(format!("Java of {name}"), SOON, || {
            let processes = self.berth.cluster.box_processes(container);
            let java = |pid: &u32| {
                fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.starts_with(b"java\0"))
            };
            match processes.map(|all| all.into_iter().find(java)) {
                Ok(Some(pid)) => Check::Ready(pid),
                Ok(None) => Check::NotYet("not among its processes".into()),
                Err(error) => Check::NotYet(error.to_string()),
            }
        })
    }

    /// What a command prints in the agent's container.
    fn inside(&self, name: &str, command: &str) -> Result<String, RunError> {
        let pid = self.java(name)?.to_string();
        let mut enter = Command::new("nsenter");
        enter.args(["-t", &pid, "--mount", "--root", "--wd", "/bin/sh", "-c", command]);
        Ok(testbed::tools::run(&mut enter)?.trim_end().to_owned())
    }

    fn variables(&self, name: &str) -> Result<String, RunError> {
        let path = format!("/proc/{}/environ", self.java(name)?);
        let text = fs::read_to_string(&path).map_err(file(Path::new(&path)))?;
        Ok(text.replace('\0', "\n"))
    }

    /// Releases these, and waits until neither a process nor a mount of any container is left.
    fn release(&mut self, names: &[String]) -> Result<(), RunError> {
        self.berth.trial.release(names)?;
        self.gone()
    }

    fn gone(&self) -> Result<(), RunError> {
        until("nothing left of the containers", SOON, || {
            match self.berth.cluster.boxes() {
                Ok(left) => Check::when(left.is_empty(), (), || format!("{left:?}")),
                Err(error) => Check::NotYet(error.to_string()),
            }
        })
    }
}

impl Drop for Hull {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.host);
        }
    }
}

#[test]
fn mesos_runs_docker_images_itself() -> Result<(), RunError> {
    let mut hull = Hull::start(|host| {
        let path = |name: &str| host.join(name).display().to_string();
        json!({
            "plain": {"image": PLAIN},
            "entrypoint": {"image": "testbed/java:entrypoint"},
            "forced": {"image": PLAIN, "forcePull": true},
            "chosen": {"image": "testbed/none:1", "imageCustomizable": true},
            "wrapper": {"image": PLAIN, "useCustomShell": true, "customShell": "/wrapper",
                "volumes": [{"containerPath": "/wrapper", "hostPath": path("wrapper"), "readOnly": true}]},
            "volumes": {"image": PLAIN, "volumes": [
                {"containerPath": "/rw", "hostPath": path("rw")},
                {"containerPath": "/ro", "hostPath": path("ro"), "readOnly": true},
                {"containerPath": "/sandboxed", "hostPath": "cache"},
                {"containerPath": "/new"}]},
            "variables": {"environment": [{"name": "COLOUR", "value": "dark blue"}], "container": {"image": PLAIN}},
            "no-image": {"image": "testbed/none:1"},
            "memory": {"environment": [{"name": "TRIAL_EATS", "value": "direct"}],
                "jvmArgs": "-XX:MaxDirectMemorySize=1g", "container": {"image": PLAIN}},
            "heap": {"environment": [{"name": "TRIAL_EATS", "value": "heap"}], "container": {"image": PLAIN}},
        })
    })?;
    for name in ["rw", "ro"] {
        let folder = hull.host.join(name);
        fs::create_dir_all(&folder)
            .and_then(|()| fs::write(folder.join("from-host"), "host"))
            .map_err(file(&folder))?;
    }
    let wrapper = hull.host.join("wrapper");
    let script = "#!/bin/sh\necho \"$#\" > \"$MESOS_SANDBOX/wrapped\"\neval \"$1\"\n";
    fs::write(&wrapper, script).map_err(file(&wrapper))?;
    executable(&wrapper)?;
    let labels = ["plain", "entrypoint", "wrapper", "volumes", "variables"];
    let names = hull.berth.run(&labels)?;

    // The image is what the agent sees of the machine, beside its sandbox.
    hull.berth.file(&names["plain"], "seen.txt")?;
    assert_eq!(
        hull.inside(&names["plain"], "cat /etc/edition; test -d /opt/java; ls /home")?,
        "onejenkins"
    );
    assert_eq!(
        hull.inside(&names["plain"], "id -u; pwd")?,
        "0\n/mnt/mesos/sandbox"
    );

    // Its entrypoint is left out, and so is its user: Mesos runs the task as the user of the framework.
    hull.berth.file(&names["entrypoint"], "seen.txt")?;
    assert!(
        !hull
            .berth
            .sandbox(&names["entrypoint"])?
            .join("entrypoint.ran")
            .exists()
    );
    assert_eq!(hull.inside(&names["entrypoint"], "id -u")?, "0");

    // The custom shell has got one word, and has run it.
    assert_eq!(hull.berth.file(&names["wrapper"], "wrapped")?, "1\n");
    hull.berth.file(&names["wrapper"], "seen.txt")?;

    // Volumes.
    let inside = |command: &str| hull.inside(&names["volumes"], command);
    assert_eq!(
        inside("cat /rw/from-host /ro/from-host; echo new > /rw/from-agent")?,
        "hosthost"
    );
    assert_eq!(
        fs::read_to_string(hull.host.join("rw/from-agent")).unwrap_or_default(),
        "new\n"
    );
    let refused = inside("echo new > /ro/from-agent").unwrap_err().to_string();
    assert!(refused.contains("Read-only file system"), "{refused}");
    inside("echo kept > /sandboxed/file; echo kept > /new/file")?;
    assert_eq!(hull.berth.file(&names["volumes"], "cache/file")?, "kept\n");
    let variables = hull.variables(&names["variables"])?;
    assert!(variables.contains("\nCOLOUR=dark blue\n"), "{variables}");

    // A new image of the same name is taken where a pull is forced, and by all agents after that.
    hull.archives.publish(PLAIN, &json!({}), "two")?;
    let kept = hull.berth.run(&["plain"])?;
    assert_eq!(hull.inside(&kept["plain"], "cat /etc/edition")?, "one");
    let forced = hull.berth.run(&["forced"])?;
    assert_eq!(hull.inside(&forced["forced"], "cat /etc/edition")?, "two");
    let chosen = hull
        .berth
        .trial
        .submit_with("chosen", &hull.berth.program, 1, |request| {
            request.image = Some("testbed/java:entrypoint".to_owned());
        })?;
    hull.berth.trial.running(&chosen)?;

    // Each end is explained.
    let ends: [(&str, &[&str]); 3] = [
        (
            "no-image",
            &["the Mesos agent has no such image", "testbed/none:1"],
        ),
        ("memory", &["out of memory: the agent has 160 MB in all"]),
        (
            "heap",
            &[
                "java.lang.OutOfMemoryError: Java heap space",
                "The JVM's heap is too small",
            ],
        ),
    ];
    for (label, words) in ends {
        let name = hull.berth.trial.submit_to(label, &hull.berth.program, 1)?;
        let (state, message) = hull.berth.end(&name[0])?;
        println!("{label}: {state}: {message}\n");
        assert_eq!(state, "TASK_FAILED", "{message}");
        assert!(
            words.iter().all(|word| message.contains(word)),
            "{label}: {message}"
        );
        assert!(
            !message.contains("Marked '/'") && !message.contains("total_rss"),
            "{message}"
        );
    }

    // A released agent is told, and nothing is left of it.
    let sandbox = hull.berth.sandbox(&names["plain"])?;
    let mut all: Vec<String> = names.values().cloned().collect();
    all.extend([kept["plain"].clone(), forced["forced"].clone()]);
    all.extend(chosen);
    hull.release(&all)?;
    assert_eq!(
        fs::read_to_string(sandbox.join("stopped.txt")).unwrap_or_default(),
        "stopped"
    );
    Ok(())
}

fn executable(path: &Path) -> Result<(), RunError> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).map_err(file(path))
}

fn file(path: &Path) -> impl Fn(std::io::Error) -> RunError {
    let path = path.to_path_buf();
    move |error| unmet(&path.display().to_string(), error.to_string())
}
