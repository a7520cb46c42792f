//! Docker for builds on the master `local`: that of this machine, or one of the container's own.

use std::fs;
use std::path::Path;

use e2e::SOON;
use e2e::inner_docker;
use e2e::quay::Quay;
use e2e::trial::unmet;
use serde_json::json;
use testbed::{Check, DockerHome, RunError, paths, until};

#[test]
fn builds_have_the_docker_of_this_machine_or_one_of_their_own() -> Result<(), RunError> {
    let failed = |error: std::io::Error| unmet("a file", error.to_string());
    let programs = DockerHome::ensure()?.programs();
    let client = fs::canonicalize(programs.join("docker")).map_err(failed)?;
    let unpacked = programs.parent().unwrap_or(&programs).display().to_string();
    let folder = paths::fresh_run("own-docker");
    fs::create_dir_all(&folder).map_err(failed)?;
    let start = inner_docker::start_script(&folder)?;
    let file = |inside: &str, outside: &Path| json!({"containerPath": inside, "hostPath": outside.display().to_string(), "readOnly": true});

    let mut quay = Quay::start(|engine| {
        Ok(json!({
            "socket": {"image": "testbed/java:17", "dockerAccess": "socket",
                "dockerSocket": engine.socket().display().to_string(),
                "volumes": [file("/usr/local/bin/docker", &client)]},
            "own": {"mem": 512, "container": {"image": "testbed/java:17", "dockerAccess": "own",
                "useCustomShell": true, "customShell": "/start-docker", "volumes": [
                    file("/docker", Path::new(&unpacked)), file("/start-docker", &start),
                    // What the engine is linked with; the image has only what Java needs.
                    file("/usr/lib/x86_64-linux-gnu", Path::new("/usr/lib/x86_64-linux-gnu"))]}},
        }))
    })?;
    let names = quay.run(&["socket", "own"])?;
    let seen = "test -e /mnt/mesos/sandbox/seen.txt && echo seen";
    for label in ["socket", "own"] {
        until("the program in its sandbox", SOON, || {
            Check::from(quay.inside(&names[label], seen))
        })?;
    }

    let sibling = "docker run --rm testbed/java:17 echo a sibling; docker ps -q | wc -l";
    assert_eq!(quay.inside(&names["socket"], sibling)?, "a sibling\n2");

    let child = "export PATH=/docker/bin:$PATH; docker ps -q; docker import /docker/rootfs.tar inner > /dev/null && \
                 docker run --rm --network=none inner /bin/echo a child && docker run -d --network=none inner /bin/sleep 600 \
                 > /dev/null && docker ps -q | wc -l";
    assert_eq!(quay.inside(&names["own"], child)?, "a child\n1");
    assert_eq!(quay.engine.containers()?.len(), 2, "the child is not the host's");

    // What the builds' own engine still runs goes with it.
    let all: Vec<String> = names.into_values().collect();
    quay.trial.release(&all)?;
    quay.end()?;
    fs::remove_dir_all(&folder).map_err(failed)
}
