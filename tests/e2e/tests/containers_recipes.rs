//! Each recipe of `docs/containers.md` as it stands there, on a real engine.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use e2e::SOON;
use e2e::inner_docker;
use e2e::pier::Pier;
use e2e::recipes::{self, with};
use e2e::trial::unmet;
use serde_json::{Value, json};
use testbed::engine::Registry;
use testbed::{DockerHome, Engine, RunError, paths};

/// The image in the recipes, and in the test bed.
const EXAMPLE: &str = "team/agent:17";
const PLAIN: &str = "testbed/java:17";
/// The names that recipes have for what is elsewhere here.
const FORCED: &str = "registry.example:5000/team/agent:latest";
const SHARED: &str = "/mnt/nfs/jenkins";
const NFS: &str = "volume-opt=type=nfs,volume-opt=device=:/export/jenkins,volume-opt=o=addr=10.0.0.5";

fn file<'a>(path: &'a Path) -> impl Fn(std::io::Error) -> RunError + use<'a> {
    move |source| RunError::File {
        doing: "preparing",
        path: path.to_path_buf(),
        source,
    }
}

/// What the recipes need of the host.
struct Shelf {
    folder: PathBuf,
    home: DockerHome,
    registry: Registry,
}

impl Shelf {
    fn fill(engine: &mut Engine) -> Result<Self, RunError> {
        let folder = paths::fresh_run("recipes");
        for name in ["shared", "driven"] {
            let path = folder.join(name);
            fs::create_dir_all(&path).map_err(file(&path))?;
        }
        let shelf = Self {
            folder,
            home: DockerHome::ensure()?,
            registry: engine.registry(None)?,
        };
        // What old configurations have.
        inner_docker::start_script(&shelf.folder)?;
        // The kernel's rules for packets are another engine's business here.
        let settings = shelf.folder.join("daemon.json");
        let text = json!({"iptables": false, "ip-masq": false, "bridge": "none"}).to_string();
        fs::write(&settings, text).map_err(file(&settings))?;
        engine.publish("17", &shelf.registry, "team/agent:latest")?;
        Ok(shelf)
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn forced(&self) -> String {
        format!("{}/team/agent:latest", self.registry.address)
    }

    /// A program of the test bed, as a volume: the images have only what Java needs.
    fn program(&self, name: &str, inside: &str) -> Result<Value, RunError> {
        let path = self.home.program(name);
        let path = fs::canonicalize(&path).map_err(file(&path))?;
        Ok(mount(inside, &path.display().to_string(), true))
    }

    /// Docker's programs with their libraries.
    fn docker(&self) -> [Value; 2] {
        let programs = self.home.programs();
        let unpacked = programs.parent().unwrap_or(&programs).display().to_string();
        let libraries = "/usr/lib/x86_64-linux-gnu";
        [
            mount("/docker", &unpacked, true),
            mount(libraries, libraries, true),
        ]
    }

    /// A recipe with what the test bed has in the places of its examples.
    fn cook(&self, name: &str, recipe: &Value, engine: &Engine) -> Result<Value, RunError> {
        let image = |image: &str| with(recipe, &[(EXAMPLE, image)]);
        let mut volumes = Vec::new();
        let mut template = match name {
            "entrypoint" | "no-entrypoint" => image("testbed/java:entrypoint")?,
            "force-pull" => with(recipe, &[(FORCED, &self.forced())])?,
            "su-exec" => {
                volumes.push(self.program("gosu", "/usr/local/bin/gosu")?);
                image("testbed/java:user")?
            }
            "network-workspace" => with(recipe, &[(EXAMPLE, PLAIN), (SHARED, &self.path("shared"))])?,
            "network-volume" => {
                let bound = format!(
                    "volume-opt=type=none,volume-opt=o=bind,volume-opt=device={}",
                    self.path("driven")
                );
                with(recipe, &[(EXAMPLE, PLAIN), (NFS, &bound)])?
            }
            "docker-of-the-host" => {
                volumes.push(self.program("docker", "/usr/local/bin/docker")?);
                let mut template = image(PLAIN)?;
                template["container"]["dockerSocket"] = engine.socket().display().to_string().into();
                template
            }
            "docker-of-its-own" => {
                volumes.extend(self.docker());
                volumes.push(mount("/etc/docker/daemon.json", &self.path("daemon.json"), true));
                let mut template = image(PLAIN)?;
                let path = "/docker/bin:/opt/java/bin:/usr/sbin:/usr/bin:/sbin:/bin";
                template["environment"] = json!([{"name": "PATH", "value": path}]);
                template
            }
            "quick-destroy" => image(PLAIN)?,
            other => return Err(unmet("a run of each recipe", format!("nothing runs {other}"))),
        };
        if let Some(own) = template["container"]["volumes"].as_array() {
            volumes.extend(own.clone());
        }
        template["container"]["volumes"] = volumes.into();
        Ok(template)
    }
}

fn mount(inside: &str, outside: &str, read_only: bool) -> Value {
    json!({"containerPath": inside, "hostPath": outside, "readOnly": read_only})
}

#[test]
fn each_recipe_of_the_document_does_what_it_says() -> Result<(), RunError> {
    let recipes = recipes::all()?;
    let mut shelf = None;
    let mut pier = Pier::start(|engine| {
        let filled = Shelf::fill(engine)?;
        let mut templates = BTreeMap::new();
        for (name, recipe) in &recipes {
            templates.insert(name.clone(), filled.cook(name, recipe, engine)?);
        }
        // What users of old versions wrote, and have in their files.
        let [docker, libraries] = filled.docker();
        let old = json!({"mem": 512, "container": {"image": PLAIN, "privileged": true, "dind": true,
            "useCustomShell": true, "customShell": "/start-docker", "volumes": [docker, libraries,
                mount("/start-docker", &filled.path("start-docker"), true), mount("/var/lib/docker", "docker", false)]}});
        templates.insert("old-dind".to_owned(), old);
        let dash_c = json!({"image": PLAIN, "useCustomShell": true, "customShell": "-c",
            "parameters": [{"key": "entrypoint", "value": "/bin/sh"}]});
        templates.insert("old-shell".to_owned(), dash_c);
        shelf = Some(filled);
        Ok(json!(templates))
    })?;
    let shelf = shelf.ok_or_else(|| unmet("the shelf", "it was never filled".to_owned()))?;
    let mut labels: Vec<&str> = recipes.keys().map(String::as_str).collect();
    labels.extend(["old-dind", "old-shell"]);
    let names = pier.run(&labels)?;
    let inside = |label: &str, command: &str| pier.inside(&names[label], command);

    // Entrypoints.
    let note = pier.file(&names["entrypoint"], "entrypoint.ran")?;
    assert!(
        note.starts_with("/bin/sh -c cd ") && note.contains(" exec java "),
        "{note}"
    );
    for label in ["no-entrypoint", "old-shell"] {
        pier.file(&names[label], "seen.txt")?;
        assert!(
            !pier.sandbox(&names[label])?.join("entrypoint.ran").exists(),
            "{label}"
        );
    }

    // An agent that is root, and a step that is not.
    assert_eq!(
        inside("su-exec", "id -u; gosu jenkins id -u; pwd")?,
        "0\n1000\n/home/jenkins"
    );

    // The host's Docker: the build sees the containers of others, and starts siblings.
    let siblings = "docker run --rm testbed/java:17 echo a sibling; docker ps --format '{{.Image}}' | sort -u | grep user";
    assert_eq!(
        inside("docker-of-the-host", siblings)?,
        "a sibling\ntestbed/java:user"
    );

    // A Docker of its own: it sees nothing of the host's, and its images are in the sandbox.
    let children = "PATH=/docker/bin:$PATH; docker ps -q; docker import /docker/rootfs.tar inner > /dev/null && \
                    docker run --rm --network=none inner /bin/echo a child";
    for label in ["docker-of-its-own", "old-dind"] {
        pier.file(&names[label], "seen.txt")?;
        assert_eq!(inside(label, children)?, "a child", "{label}");
        assert!(
            pier.sandbox(&names[label])?.join("docker/overlay2").is_dir(),
            "{label}"
        );
    }
    let shown = pier.container(&names["docker-of-its-own"])?;
    assert_eq!(shown["HostConfig"]["Privileged"], true);

    // Network workspaces: what one agent writes is there for another, and on the file server.
    let mut all: Vec<String> = names.values().cloned().collect();
    for label in ["network-workspace", "network-volume"] {
        inside(
            label,
            "mkdir -p /srv/jenkins/workspace/job && echo kept > /srv/jenkins/workspace/job/file",
        )?;
        let second = pier.trial.submit_to(label, &pier.program, 1)?;
        all.extend(second);
    }
    let seconds: Vec<String> = all.iter().rev().take(2).cloned().collect();
    pier.trial.running(&seconds)?;
    for second in &seconds {
        assert_eq!(
            pier.inside(second, "cat /srv/jenkins/workspace/job/file")?,
            "kept"
        );
    }

    // A new image of the same name is taken, although the engine has one.
    let image = shelf.forced();
    pier.engine.docker(&["tag", &image, "kept:1"])?;
    pier.engine
        .publish("entrypoint", &shelf.registry, "team/agent:latest")?;
    pier.engine.docker(&["tag", "kept:1", &image])?;
    pier.engine.docker(&["rmi", "kept:1"])?;
    let forced = pier.run(&["force-pull"])?;
    pier.file(&forced["force-pull"], "entrypoint.ran")?;
    all.push(forced["force-pull"].clone());

    // Released, a container is gone within seconds, and the workspaces outlive all of them.
    let quick = names["quick-destroy"].clone();
    pier.file(&quick, "seen.txt")?;
    let begin = Instant::now();
    pier.trial.release(std::slice::from_ref(&quick))?;
    let filter = format!("label=org.jenkinsci.plugins.mesos.agent={quick}");
    let left = pier.engine.docker(&["ps", "-q", "--filter", &filter])?;
    assert_eq!(left, "", "it runs when Mesos says that it is over");
    println!("quick-destroy: {} ms", begin.elapsed().as_millis());
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    all.retain(|name| *name != quick);
    pier.release(&all)?;
    for on_server in ["shared", "driven"] {
        let kept = shelf.folder.join(on_server).join("workspace/job/file");
        assert_eq!(fs::read_to_string(&kept).map_err(file(&kept))?, "kept\n");
    }
    pier.engine.docker(&["volume", "rm", "jenkins-work"])?;
    pier.engine.await_nothing(SOON)?;
    fs::remove_dir_all(&shelf.folder).map_err(file(&shelf.folder))
}
