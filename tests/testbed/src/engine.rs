//! A Docker engine of its own, with small images and registries.

mod containers;
mod registry;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::error::RunError;
use crate::guard::{self, Guard};
use crate::lock::MachineLock;
use crate::process::{Daemon, Recipe};
use crate::setup::DockerHome;
use crate::wait::{Check, until};
use crate::{paths, tools};

pub use registry::Registry;

const END: &str = include_str!("../docker/end.sh");
const START: Duration = Duration::from_secs(60);
/// The engine ends with these words when its containerd has not answered for 15 s, as happens on a busy machine.
const CONTAINERD_IS_LATE: &str = "timeout waiting for containerd to start";
/// Engines of one machine share the firewall's chains and the bridge: the next waits for its turn.
const TURN: Duration = Duration::from_secs(20 * 60);
/// The longest path of a socket that the kernel takes, in bytes.
const LONGEST_SOCKET: usize = 107;
/// A proxy that is not there: a pull from anywhere but this machine fails at once.
const NO_PROXY: &str = "http://127.0.0.1:9";

/// The name of all images.
pub const IMAGE: &str = "testbed/java";
/// The address of this machine as containers behind the bridge see it.
pub const GATEWAY: &str = "172.17.0.1";

/// A running engine; when it is dropped, it ends with all its containers, networks, mounts and rules.
#[derive(Debug)]
pub struct Engine {
    run: PathBuf,
    home: DockerHome,
    daemon: Daemon,
    registries: Vec<Daemon>,
    // Before the lock: the engine ends before the next may start.
    guard: Option<Guard>,
    lock: Option<MachineLock>,
    up: bool,
}

impl Engine {
    /// Starts an engine with the images, when no other test bed on this machine has one any more (up to 20 minutes).
    ///
    /// The images, all of one layer: `testbed/java:17` without an entrypoint, `:entrypoint` whose entrypoint leaves a note
    /// and is then its arguments, `:user` of the user `jenkins` (1000), `:user-entrypoint`, both; `:no-shell` has nothing
    /// but Java.
    ///
    /// # Errors
    /// [`RunError`] with the end of the engine's log.
    pub fn start() -> Result<Self, RunError> {
        Self::start_in(&paths::fresh_run("docker"))
    }

    /// The same in a folder of the caller's choice, which is emptied first.
    ///
    /// # Errors
    /// [`RunError`] with the end of the engine's log.
    pub fn start_in(run: &Path) -> Result<Self, RunError> {
        let home = DockerHome::ensure()?;
        let socket = run.join("exec/containerd/containerd.sock.ttrpc");
        if socket.as_os_str().len() > LONGEST_SOCKET {
            return Err(RunError::Member {
                name: "the engine's folder".into(),
                problem: format!(
                    "is too deep for a socket: {}; give TESTBED_HOME a shorter one",
                    run.display()
                ),
            });
        }
        let lock = MachineLock::take("testbed-docker-engine", TURN)?;
        if run.exists() {
            fs::remove_dir_all(run).map_err(file("emptying", run))?;
        }
        fs::create_dir_all(run).map_err(file("creating", run))?;
        let end = run.join(guard::END);
        let text = format!(
            "#!/bin/sh\nexec bash '{}' '{}' '{}'\n",
            run.join("end.sh").display(),
            run.display(),
            home.programs().display()
        );
        fs::write(run.join("end.sh"), END).map_err(file("writing", run))?;
        fs::write(&end, text).map_err(file("writing", &end))?;
        fs::set_permissions(&end, fs::Permissions::from_mode(0o755)).map_err(file("marking", &end))?;
        let guard = Some(Guard::over(run)?);
        let filter = note_before(run, &home)?;
        let mut engine = Self {
            run: run.to_path_buf(),
            daemon: Daemon::attach(recipe(&home, run, filter)?),
            home,
            registries: Vec::new(),
            guard,
            lock: Some(lock),
            up: false,
        };
        engine.start_again()?;
        engine.import()?;
        engine.up = true;
        Ok(engine)
    }

    /// The engine that another process started in this folder with [`Engine::keep`]. Dropping it ends nothing.
    ///
    /// # Errors
    /// [`RunError::Member`] when there is none.
    pub fn attach(run: &Path) -> Result<Self, RunError> {
        if !run.join("dockerd.json").is_file() {
            return Err(RunError::Member {
                name: "the engine".into(),
                problem: format!("was never started in {}", run.display()),
            });
        }
        let home = DockerHome::ensure()?;
        Ok(Self {
            daemon: Daemon::attach(recipe(&home, run, true)?),
            run: run.to_path_buf(),
            home,
            registries: Vec::new(),
            guard: None,
            lock: None,
            up: true,
        })
    }

    /// Leaves the engine running, also after this process has ended.
    ///
    /// # Errors
    /// [`RunError::Spawn`] when its guard does not take the word.
    pub fn keep(&mut self) -> Result<(), RunError> {
        self.guard.take().map_or(Ok(()), Guard::keep)
    }

    /// Ends the engine of a folder, whoever started it, and removes its images; its log stays.
    ///
    /// # Errors
    /// [`RunError::Spawn`], [`RunError::File`].
    pub fn down(run: &Path) -> Result<(), RunError> {
        guard::sweep(run)?;
        let data = run.join("data");
        if data.exists() {
            fs::remove_dir_all(&data).map_err(file("removing", &data))?;
        }
        Ok(())
    }

    /// The folder of the engine, with its `log`.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.run
    }

    /// The engine's socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.run.join("docker.sock")
    }

    /// The engine's process number (none: it does not run).
    pub fn pid(&mut self) -> Option<u32> {
        self.daemon.pid()
    }

    /// The flags of a Mesos agent that runs containers on this engine, and those of the Mesos containerizer.
    #[must_use]
    pub fn agent_flags(&self) -> Vec<String> {
        vec![
            "--containerizers=docker,mesos".into(),
            format!("--docker={}", self.home.program("docker").display()),
            format!("--docker_socket={}", self.socket().display()),
            "--docker_remove_delay=1secs".into(),
            "--docker_stop_timeout=10secs".into(),
        ]
    }

    /// Starts the engine when it does not run, and waits for its answer. One whose containerd is late is started again, as
    /// an init system would.
    ///
    /// # Errors
    /// [`RunError`] with the end of its log.
    pub fn start_again(&mut self) -> Result<(), RunError> {
        self.launch()?;
        let result = until("an answer of the engine", START, || {
            if self.daemon.alive() {
                return Check::from(self.docker(&["version", "--format", "{{.Server.Version}}"]));
            }
            if !self.tail().contains(CONTAINERD_IS_LATE) {
                return Check::Never("it has ended".into());
            }
            match self.launch() {
                Ok(()) => Check::NotYet(CONTAINERD_IS_LATE.into()),
                Err(error) => Check::Never(error.to_string()),
            }
        });
        result.map(drop).map_err(|error| self.explained(error))
    }

    fn launch(&mut self) -> Result<(), RunError> {
        // A killed containerd is taken for alive as long as nobody has asked for its end.
        let containerd = self.run.join("exec/containerd/containerd.pid");
        if let Ok(text) = fs::read_to_string(&containerd)
            && fs::read(format!("/proc/{}/cmdline", text.trim())).is_ok_and(|line| line.is_empty())
        {
            fs::remove_file(&containerd).map_err(file("removing", &containerd))?;
        }
        let held = self.lock.as_ref().map(MachineLock::handle).transpose()?;
        // The engine holds the lock, too: a kept one has this machine's turn as long as it runs.
        self.daemon
            .start_reading(held.map_or_else(Stdio::null, Stdio::from))
    }

    /// Sends SIGTERM and waits for the end: the engine stops its containers.
    ///
    /// # Errors
    /// [`RunError::Condition`].
    pub fn stop(&mut self) -> Result<(), RunError> {
        self.daemon.stop()
    }

    /// Sends SIGKILL and waits for the end. Containers go on until the engine starts again, which ends them.
    ///
    /// # Errors
    /// [`RunError::Condition`].
    pub fn kill(&mut self) -> Result<(), RunError> {
        self.daemon.kill()
    }

    /// Runs the `docker` command, and gives what it printed.
    ///
    /// # Errors
    /// [`RunError::Setup`] with its words.
    pub fn docker(&self, words: &[&str]) -> Result<String, RunError> {
        let mut command = Command::new(self.home.program("docker"));
        for name in [
            "DOCKER_API_VERSION",
            "DOCKER_TLS_VERIFY",
            "DOCKER_CERT_PATH",
            "DOCKER_CONTEXT",
        ] {
            command.env_remove(name);
        }
        command
            .env("DOCKER_HOST", format!("unix://{}", self.socket().display()))
            .env("DOCKER_CONFIG", self.run.join("client"));
        Ok(tools::run(command.args(words))?)
    }

    /// The end of the engine's log, with a headline, for messages.
    #[must_use]
    pub fn tail(&self) -> String {
        self.daemon.tail()
    }

    fn import(&self) -> Result<(), RunError> {
        let archive = self.home.root_file_system();
        let archive = archive.to_string_lossy();
        let path = "ENV PATH=/opt/java/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        let entrypoint = "ENTRYPOINT [\"/usr/local/bin/entrypoint\"]";
        let user = ["USER jenkins", "WORKDIR /home/jenkins"];
        for (tag, changes) in [
            ("17", vec![]),
            ("entrypoint", vec![entrypoint]),
            ("user", user.to_vec()),
            ("user-entrypoint", vec![user[0], user[1], entrypoint]),
        ] {
            let name = format!("{IMAGE}:{tag}");
            let mut words = vec!["import", "--change", path, "--change", "ENV JAVA_HOME=/opt/java"];
            for change in changes.into_iter().chain(["CMD [\"/bin/sh\"]"]) {
                words.extend(["--change", change]);
            }
            words.extend([archive.as_ref(), name.as_str()]);
            self.docker(&words)?;
        }
        let recipe = self.run.join("no-shell");
        fs::create_dir_all(&recipe).map_err(file("creating", &recipe))?;
        let text = format!(
            "FROM {IMAGE}:17\nRUN [\"/bin/busybox\", \"rm\", \"-rf\", \"/sbin\", \"/usr/bin\", \"/usr/sbin\", \"/bin\"]\n"
        );
        let path = recipe.join("Dockerfile");
        fs::write(&path, text).map_err(file("writing", &path))?;
        let name = format!("{IMAGE}:no-shell");
        self.docker(&[
            "build",
            "-q",
            "--network=none",
            "-t",
            &name,
            &recipe.to_string_lossy(),
        ])?;
        Ok(())
    }

    fn explained(&self, error: RunError) -> RunError {
        match error {
            RunError::Condition { what, reason } => RunError::Condition {
                what,
                reason: format!("{reason}\n{}", self.tail()),
            },
            other => other,
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(guard) = self.guard.take() {
            drop(guard);
            // What a failed test has left is there to be looked at, but for the images.
            let _ = fs::remove_dir_all(self.run.join("data"));
            if self.up && !std::thread::panicking() {
                let _ = fs::remove_dir_all(&self.run);
            }
        }
    }
}

fn file<'a>(doing: &'static str, path: &'a Path) -> impl Fn(std::io::Error) -> RunError + use<'a> {
    move |source| RunError::File {
        doing,
        path: path.to_path_buf(),
        source,
    }
}

/// Notes what the engine changes on the machine and never puts back, for `end.sh`. Gives whether the firewall's rules can
/// be changed here.
fn note_before(run: &Path, home: &DockerHome) -> Result<bool, RunError> {
    let forward = Path::new("/proc/sys/net/ipv4/ip_forward");
    let forwarding = fs::read_to_string(forward).map_err(file("reading", forward))?;
    let mut iptables = Command::new(home.program("iptables"));
    let rules = tools::run(iptables.args(["-w", "-S", "FORWARD"]));
    let policy = rules
        .as_ref()
        .ok()
        .and_then(|rules| rules.lines().find_map(|line| line.strip_prefix("-P FORWARD ")))
        .unwrap_or_default();
    let text = format!("forward {}\npolicy {policy}\n", forwarding.trim());
    let path = run.join("before");
    fs::write(&path, text).map_err(file("writing", &path))?;
    Ok(rules.is_ok())
}

fn recipe(home: &DockerHome, run: &Path, filter: bool) -> Result<Recipe, RunError> {
    let at = |name: &str| run.join(name).display().to_string();
    // Nothing of /etc is read, and the engine's own identity is kept here.
    let configuration = serde_json::json!({"deprecated-key-path": at("key.json")}).to_string();
    let path = run.join("dockerd.json");
    fs::write(&path, configuration).map_err(file("writing", &path))?;
    let mut arguments: Vec<String> = [
        "--config-file",
        &at("dockerd.json"),
        "--data-root",
        &at("data"),
        "--exec-root",
        &at("exec"),
        "--pidfile",
        &at("dockerd.pid"),
        "--host",
        &format!("unix://{}", at("docker.sock")),
        "--group",
        "root",
        // Ports that are published are so on this machine only.
        "--ip",
        "127.0.0.1",
    ]
    .map(str::to_owned)
    .into();
    if !filter {
        // Then published ports still work, and containers reach nothing outside of the machine.
        arguments.extend(["--iptables=false".into(), "--ip-masq=false".into()]);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = format!("{}:{}", home.programs().display(), path.to_string_lossy());
    let mut environment: std::collections::BTreeMap<String, String> = [
        ("PATH", path.as_str()),
        ("HTTP_PROXY", NO_PROXY),
        ("HTTPS_PROXY", NO_PROXY),
        ("NO_PROXY", "localhost,127.0.0.0/8"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect();
    // The engine reads its settings from these, too: none of the caller's.
    for name in [
        "DOCKER_HOST",
        "DOCKER_TLS_VERIFY",
        "DOCKER_CERT_PATH",
        "DOCKER_API_VERSION",
    ] {
        environment.insert(name.to_owned(), String::new());
    }
    Ok(Recipe {
        program: home.program("dockerd"),
        arguments,
        environment,
        folder: run.to_path_buf(),
        run: run.to_path_buf(),
    })
}
