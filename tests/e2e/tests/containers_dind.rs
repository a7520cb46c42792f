//! Docker in containers: the host's by its socket, or one of its own; and steps that change their user.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use e2e::SOON;
use e2e::pier::Pier;
use serde_json::json;
use testbed::{DockerHome, RunError, paths};

/// Starts a Docker in the container, and comes back when it answers. What it says goes to a file that is lost with the
/// container.
const START: &str = "#!/bin/sh
export PATH=/docker/bin:$PATH
dockerd --iptables=false --ip-masq=false --bridge=none > /tmp/dockerd.log 2>&1 &
tries=0
until docker version > /dev/null 2>&1; do
    tries=$((tries + 1))
    if [ $tries -gt 300 ]; then tail -n 5 /tmp/dockerd.log >&2; exit 1; fi
    sleep 0.1
done
";

fn file<'a>(path: &'a Path) -> impl Fn(std::io::Error) -> RunError + use<'a> {
    move |source| RunError::File {
        doing: "preparing",
        path: path.to_path_buf(),
        source,
    }
}

#[test]
fn builds_use_docker_and_other_users_in_their_containers() -> Result<(), RunError> {
    let home = DockerHome::ensure()?;
    let programs = home.programs();
    let unpacked = programs.parent().unwrap_or(&programs).display().to_string();
    let client = programs.join("docker");
    let client = fs::canonicalize(&client).map_err(file(&client))?;
    let folder = paths::fresh_run("dind");
    let start = folder.join("start-docker");
    fs::create_dir_all(&folder).map_err(file(&folder))?;
    fs::write(&start, START).map_err(file(&start))?;
    fs::set_permissions(&start, fs::Permissions::from_mode(0o755)).map_err(file(&start))?;

    let mut pier = Pier::start(|engine| {
        let mount = |inside: &str, outside: String, read_only: bool| json!({"containerPath": inside, "hostPath": outside, "readOnly": read_only});
        Ok(json!({
            "socket": {"image": "testbed/java:17", "volumes": [
                mount("/var/run/docker.sock", engine.socket().display().to_string(), false),
                mount("/usr/local/bin/docker", client.display().to_string(), true)]},
            "own": {"mem": 512, "container": {"image": "testbed/java:17", "privileged": true, "dind": true,
                "useCustomShell": true, "customShell": "/start-docker", "volumes": [
                    mount("/docker", unpacked.clone(), true),
                    // What the engine is linked with; the image has only what Java needs.
                    mount("/usr/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu".to_owned(), true),
                    mount("/start-docker", start.display().to_string(), true),
                    mount("/var/lib/docker", "docker".to_owned(), false)]}},
            "root": {"image": "testbed/java:user", "parameters": [{"key": "user", "value": "0"}]},
            "dash-c": {"image": "testbed/java:17", "useCustomShell": true, "customShell": "-c",
                "parameters": [{"key": "entrypoint", "value": "/bin/sh"}]},
        }))
    })?;
    let names = pier.run(&["socket", "own", "root", "dash-c"])?;
    let inside = |label: &str, command: &str| pier.inside(&names[label], command);

    // The host's Docker: the build sees the containers of others, and starts siblings.
    assert_eq!(
        inside(
            "socket",
            "docker run --rm testbed/java:17 echo a sibling; docker ps --format '{{.Image}}' | sort -u | grep user"
        )?,
        "a sibling\ntestbed/java:user"
    );

    // A Docker of its own: it sees nothing of the host's.
    pier.file(&names["own"], "seen.txt")?;
    let own = "export PATH=/docker/bin:$PATH; docker ps -q; docker import /docker/rootfs.tar inner > /dev/null && \
               docker run --rm --network=none inner /bin/echo a child";
    assert_eq!(inside("own", own)?, "a child");
    assert!(
        pier.sandbox(&names["own"])?.join("docker/overlay2").is_dir(),
        "the images are in the sandbox"
    );

    // An agent that is root, and a step that is not.
    assert_eq!(
        inside("root", "id -u; su -s /bin/sh jenkins -c 'id -u'")?,
        "0\n1000"
    );

    // What the old plugin's users wrote to have their entrypoint.
    pier.file(&names["dash-c"], "seen.txt")?;

    let all: Vec<String> = names.values().cloned().collect();
    pier.release(&all)?;
    pier.engine.await_nothing(SOON)?;
    fs::remove_dir_all(&folder).map_err(file(&folder))
}
