//! Agents in containers of a real Docker engine: images, networks, volumes, users, ports, parameters, pulls.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use e2e::SOON;
use e2e::pier::Pier;
use e2e::trial::LOGIN;
use mesos_core::{Port, Request, Secret};
use serde_json::{Value, json};
use testbed::{Check, RunError, paths, until};

fn file<'a>(path: &'a Path) -> impl Fn(std::io::Error) -> RunError + use<'a> {
    move |source| RunError::File {
        doing: "preparing",
        path: path.to_path_buf(),
        source,
    }
}

#[test]
fn images_networks_volumes_users_and_parameters() -> Result<(), RunError> {
    let host = paths::fresh_run("volumes");
    for name in ["rw", "ro"] {
        let folder = host.join(name);
        fs::create_dir_all(&folder).map_err(file(&folder))?;
        fs::write(folder.join("from-host"), "host").map_err(file(&folder))?;
    }
    let wrapper = host.join("wrapper");
    fs::write(
        &wrapper,
        "#!/bin/sh\necho \"$#\" > \"$MESOS_SANDBOX/wrapped\"\neval \"$1\"\n",
    )
    .map_err(file(&wrapper))?;
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).map_err(file(&wrapper))?;
    let path = |name: &str| host.join(name).display().to_string();

    let mut pier = Pier::start(|engine| {
        engine.docker(&["network", "create", "builds"])?;
        Ok(json!({
            "bridge": {"image": "testbed/java:17"},
            "host": {"image": "testbed/java:17", "networking": "HOST"},
            "none": {"image": "testbed/java:17", "networking": "NONE"},
            "network": {"image": "testbed/java:17", "networking": "USER", "networks": ["builds"]},
            "entrypoint": {"image": "testbed/java:entrypoint"},
            "no-entrypoint": {"image": "testbed/java:entrypoint", "parameters": [{"key": "entrypoint", "value": ""}]},
            "user": {"image": "testbed/java:user", "parameters": [{"key": "group-add", "value": "0"}]},
            "user-entrypoint": {"image": "testbed/java:user-entrypoint", "networking": "HOST",
                "parameters": [{"key": "group-add", "value": "0"}]},
            "root": {"image": "testbed/java:user", "parameters": [{"key": "user", "value": "0"}]},
            "volumes": {"image": "testbed/java:17", "volumes": [
                {"containerPath": "/rw", "hostPath": path("rw")},
                {"containerPath": "/ro", "hostPath": path("ro"), "readOnly": true},
                {"containerPath": "/sandboxed", "hostPath": "cache"},
                {"containerPath": "/new"}]},
            "wrapper": {"image": "testbed/java:17", "useCustomShell": true, "customShell": "/wrapper",
                "volumes": [{"containerPath": "/wrapper", "hostPath": path("wrapper"), "readOnly": true}]},
            "no-shell": {"image": "testbed/java:no-shell", "noShell": true},
            "heap": {"memOverheadPercent": 50, "container": {"image": "testbed/java:17"}},
            "parameters": {"image": "testbed/java:17", "privileged": true, "parameters": [
                {"key": "env", "value": "COLOUR=dark blue"}, {"key": "ulimit", "value": "nofile=1234:1234"},
                {"key": "shm-size", "value": "96m"}, {"key": "hostname", "value": "builder"},
                {"key": "init", "value": "true"}, {"key": "add-host", "value": "registry:10.1.2.3"}]},
        }))
    })?;
    let labels = [
        "bridge",
        "host",
        "none",
        "network",
        "entrypoint",
        "no-entrypoint",
        "user",
        "user-entrypoint",
        "root",
        "volumes",
        "wrapper",
        "no-shell",
        "heap",
        "parameters",
    ];
    let names = pier.run(&labels)?;
    let shown = containers(&pier, &names)?;
    let inside = |label: &str, command: &str| pier.inside(&names[label], command);

    // Networks.
    for (label, network) in [
        ("bridge", "bridge"),
        ("host", "host"),
        ("none", "none"),
        ("network", "builds"),
    ] {
        assert_eq!(shown[label]["HostConfig"]["NetworkMode"], network, "{label}");
    }
    assert_eq!(inside("bridge", "hostname")?, names["bridge"]);
    assert_eq!(inside("network", "hostname")?, names["network"]);
    // Somebody else's come and go.
    until("the interfaces of this machine", SOON, || {
        let (seen, there) = (inside("host", "ls /sys/class/net | wc -l"), interfaces());
        Check::when(
            matches!(&seen, Ok(seen) if *seen == there.to_string()),
            (),
            || format!("{seen:?} of {there}"),
        )
    })?;
    assert_eq!(inside("none", "ls /sys/class/net")?, "lo");

    // Entrypoints get the command as arguments, or are left out.
    let note = pier.file(&names["entrypoint"], "entrypoint.ran")?;
    assert!(
        note.starts_with("/bin/sh -c cd \"${MESOS_SANDBOX-.}\" && exec java "),
        "{note}"
    );
    pier.file(&names["no-entrypoint"], "seen.txt")?;
    assert!(
        !pier
            .sandbox(&names["no-entrypoint"])?
            .join("entrypoint.ran")
            .exists()
    );
    let stdout = pier.sandbox(&names["user-entrypoint"])?.join("stdout");
    until("the words of the entrypoint", SOON, || {
        match fs::read_to_string(&stdout) {
            Ok(text) => Check::when(text.contains("entrypoint: 3 words, as jenkins"), (), || {
                text.clone()
            }),
            Err(error) => Check::NotYet(error.to_string()),
        }
    })?;

    // Users: that of the image, who reads the sandbox by its group only, or another by parameter. Java is process 1, so it
    // hears of a kill.
    assert_eq!(
        inside("user", "id -u; pwd; test -w $MESOS_SANDBOX || echo no")?,
        "1000\n/home/jenkins\nno"
    );
    pier.file(&names["root"], "seen.txt")?;
    assert_eq!(
        inside("root", "id -u; tr '\\0' ' ' < /proc/1/cmdline | cut -d' ' -f1")?,
        "0\njava"
    );

    // Volumes.
    assert_eq!(
        inside(
            "volumes",
            "cat /rw/from-host /ro/from-host; echo new > /rw/from-agent"
        )?,
        "hosthost"
    );
    assert_eq!(
        fs::read_to_string(host.join("rw/from-agent")).unwrap_or_default(),
        "new\n"
    );
    let refused = inside("volumes", "echo new > /ro/from-agent")
        .unwrap_err()
        .to_string();
    assert!(refused.contains("Read-only file system"), "{refused}");
    inside("volumes", "echo kept > /sandboxed/file; echo kept > /new/file")?;
    assert_eq!(pier.file(&names["volumes"], "cache/file")?, "kept\n");

    // The custom shell has got one word, and has run it.
    assert_eq!(pier.file(&names["wrapper"], "wrapped")?, "1\n");
    pier.file(&names["wrapper"], "seen.txt")?;

    // Without a shell, Java is all there is.
    let bare = &shown["no-shell"];
    assert_eq!(
        (&bare["Path"], &bare["State"]["Running"]),
        (&json!("java"), &json!(true))
    );

    // The heap leaves what it was told to.
    pier.file(&names["heap"], "seen.txt")?;
    assert!(inside("heap", "tr '\\0' ' ' < /proc/1/cmdline")?.starts_with("java -Xmx32m "));

    // Docker's parameters.
    assert_eq!(
        inside(
            "parameters",
            "echo $COLOUR; ulimit -n; hostname; grep registry /etc/hosts | cut -f1; df -m /dev/shm | tail -1 | tr -s ' ' | cut -d' ' -f2; \
                cut -d' ' -f2 /proc/1/stat"
        )?,
        "dark blue\n1234\nbuilder\n10.1.2.3\n96\n(docker-init)"
    );
    assert_eq!(shown["parameters"]["HostConfig"]["Privileged"], true);
    assert_eq!(shown["bridge"]["HostConfig"]["Privileged"], false);

    // Docker is told the memory and the CPUs that the task has.
    assert_eq!(shown["bridge"]["HostConfig"]["Memory"], 160 << 20);
    assert_eq!(shown["bridge"]["HostConfig"]["CpuShares"], 204);

    // A released agent's container goes at once, Java having been told, and nothing is left. One is released alone: Java
    // has three seconds for what it does then.
    let told = &names["bridge"];
    let sandbox = pier.sandbox(told)?;
    pier.file(told, "seen.txt")?;
    pier.trial.release(std::slice::from_ref(told))?;
    assert_eq!(
        fs::read_to_string(sandbox.join("stopped.txt")).unwrap_or_default(),
        "stopped"
    );
    let others: Vec<String> = names.values().filter(|name| *name != told).cloned().collect();
    pier.release(&others)?;
    pier.engine.docker(&["network", "rm", "builds"])?;
    pier.engine.await_nothing(SOON)?;
    fs::remove_dir_all(&host).map_err(file(&host))
}

#[test]
fn ports_lead_into_the_container() -> Result<(), RunError> {
    let serving = |mapping: Value| {
        let mapping = json!([mapping, {"containerPort": 53, "protocol": "udp"}]);
        json!({"environment": [{"name": "TRIAL_PORT", "value": "5900"}],
            "container": {"image": "testbed/java:17", "portMappings": mapping}})
    };
    let mut pier = Pier::start(|_| {
        Ok(json!({
            "any": serving(json!({"containerPort": 5900, "description": "VNC", "urlFormat": "vnc://{host}:{port}"})),
            "fixed": serving(json!({"containerPort": 5900, "hostPort": 31_777})),
        }))
    })?;
    let names = pier.run(&["any", "fixed"])?;
    // The status is a picture that is made once a second while nobody looks at it.
    let ports = |label: &str| -> Result<Vec<Port>, RunError> {
        until(format!("the task {label} in the status"), SOON, || {
            let status = pier.trial.cloud.status();
            let task = status.tasks.iter().find(|task| *task.name == *names[label]);
            Check::from(
                task.map(|task| task.ports.clone())
                    .ok_or_else(|| format!("{status:?}")),
            )
        })
    };
    let any = ports("any")?;
    let host = any[0].host_port;
    assert_eq!(
        (any[0].container_port, any[0].description.as_str()),
        (5900, "VNC")
    );
    assert_eq!(
        any[0].url.as_deref(),
        Some(format!("vnc://127.0.0.1:{host}").as_str())
    );
    assert_eq!((any[1].container_port, any[1].protocol.as_str()), (53, "udp"));
    assert_eq!(ports("fixed")?[0].host_port, 31_777);
    for port in [host, 31_777] {
        let answer = until(format!("an answer from port {port}"), SOON, || {
            let mut answer = String::new();
            let asked = u16::try_from(port)
                .map_err(|error| error.to_string())
                .and_then(|port| TcpStream::connect(("127.0.0.1", port)).map_err(|error| error.to_string()))
                .and_then(|mut stream| {
                    stream
                        .read_to_string(&mut answer)
                        .map_err(|error| error.to_string())
                });
            Check::from(asked.and_then(|_| match answer.is_empty() {
                // The proxy of the engine takes connections before the program does.
                true => Err("nothing was said".to_owned()),
                false => Ok(answer),
            }))
        })?;
        assert_eq!(answer, "hello");
    }
    // A fixed port is there once: another agent waits for it, and says so.
    let second = pier.trial.submit_to("fixed", &pier.program, 1)?;
    pier.trial.waits(&second[0], "port 31777")?;
    pier.trial.release(&[names["fixed"].clone()])?;
    pier.trial.running(&second)?;
    pier.release(&[second[0].clone(), names["any"].clone()])
}

#[test]
fn images_are_pulled_once_each_time_or_chosen_by_a_build() -> Result<(), RunError> {
    let mut registries = Vec::new();
    let mut pier = Pier::start(|engine| {
        let registry = engine.registry(None)?;
        let image = engine.publish("17", &registry, "team/agent:1")?;
        registries.push(registry);
        Ok(json!({
            "kept": {"image": image},
            "forced": {"image": image, "forcePull": true},
            "chosen": {"image": "testbed/java:17", "imageCustomizable": true},
            "not-chosen": {"image": "testbed/java:17"},
        }))
    })?;
    let image = format!("{}/team/agent:1", registries[0].address);
    let first = pier.run(&["kept"])?;
    pier.file(&first["kept"], "seen.txt")?;

    // There is a new image of the same name, which the engine does not know.
    let old = pier
        .engine
        .docker(&["image", "inspect", "-f", "{{.Id}}", &image])?;
    pier.engine.docker(&["tag", &image, "kept:1"])?;
    pier.engine
        .publish("entrypoint", &registries[0], "team/agent:1")?;
    pier.engine.docker(&["tag", "kept:1", &image])?;
    pier.engine.docker(&["rmi", "kept:1"])?;
    let kept = pier.run(&["kept"])?;
    pier.file(&kept["kept"], "seen.txt")?;
    assert_eq!(pier.container(&kept["kept"])?["Image"], old.trim());
    let forced = pier.run(&["forced"])?;
    pier.file(&forced["forced"], "entrypoint.ran")?;

    let own = pier.trial.submit_with("chosen", &pier.program, 1, with_image)?;
    pier.trial.running(&own)?;
    pier.file(&own[0], "entrypoint.ran")?;
    let refused = pier
        .trial
        .submit_with("not-chosen", &pier.program, 1, with_image)?;
    let (state, message) = pier.end(&refused[0])?;
    assert_eq!(state, "REFUSED");
    assert!(
        message.contains("does not let builds choose their image"),
        "{message}"
    );
    let mut all = own;
    all.extend([&first["kept"], &kept["kept"], &forced["forced"]].map(Clone::clone));
    pier.release(&all)
}

fn with_image(request: &mut Request) {
    request.image = Some("testbed/java:entrypoint".to_owned());
}

#[test]
fn a_registry_gets_the_login_that_is_lent_to_the_agent_once() -> Result<(), RunError> {
    let mut registries = Vec::new();
    let mut pier = Pier::start(|engine| {
        let registry = engine.registry(Some(("reader", "s3cret")))?;
        let image = engine.publish("17", &registry, "team/agent:1")?;
        registries.push(registry);
        Ok(json!({"locked": {"image": image, "forcePull": true}}))
    })?;
    let with_login = |request: &mut Request| request.launch.registry_login_path = Some(Secret::new(LOGIN));

    pier.program.lend(&registries[0].login("reader", "wrong"));
    let wrong = pier.trial.submit_with("locked", &pier.program, 1, with_login)?;
    let (_, message) = pier.end(&wrong[0])?;
    assert!(
        message.contains("the registry wants a login, or refuses the one it got"),
        "{message}"
    );

    let login = registries[0].login("reader", "s3cret");
    pier.program.lend(&login);
    let good = pier.trial.submit_with("locked", &pier.program, 1, with_login)?;
    pier.trial.running(&good)?;
    pier.file(&good[0], "seen.txt")?;
    assert_eq!(
        pier.inside(&good[0], "ls -A $MESOS_SANDBOX/.docker")?,
        "",
        "the build can read it"
    );
    let state = pier.cluster.master_state()?.to_string();
    let auth = login.split('"').rev().nth(1).unwrap_or_default();
    assert!(
        !auth.is_empty() && !state.contains("s3cret") && !state.contains(auth),
        "the master shows {auth}"
    );

    let second = pier.trial.submit_with("locked", &pier.program, 1, with_login)?;
    let (_, message) = pier.end(&second[0])?;
    assert!(message.contains("410"), "{message}");
    pier.release(&good)
}

fn containers(pier: &Pier, names: &BTreeMap<String, String>) -> Result<BTreeMap<String, Value>, RunError> {
    names
        .iter()
        .map(|(label, name)| Ok((label.clone(), pier.container(name)?)))
        .collect()
}

/// Of this machine.
fn interfaces() -> usize {
    fs::read_dir("/sys/class/net").map_or(0, |all| all.flatten().count())
}
