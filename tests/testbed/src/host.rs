//! A host with the packaged plugin on 127.0.0.1.

use std::collections::BTreeMap;
use std::fs;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::controller::Controller;
use crate::error::RunError;
use crate::guard::{self, Guard};
use crate::process::Recipe;
use crate::seeds::{self, CloudSeed};
use crate::setup::HostHome;
use crate::wait::Check;
use crate::{paths, ports};

pub use crate::rest::{Build, Node, QueueItem};

const START: Duration = Duration::from_secs(120);

/// A host to start.
#[derive(Debug, Clone)]
pub struct HostSpec {
    /// The packaged plugin.
    pub plugin: PathBuf,
    /// More arguments for its JVM.
    pub jvm_args: Vec<String>,
    /// Its clouds; an empty `jenkins_url` becomes the host's own address.
    pub clouds: Vec<CloudSeed>,
    /// Whether it provisions within seconds. Otherwise its own periods count (10 s and 100 s).
    pub quick: bool,
}

impl HostSpec {
    /// A quick host with these clouds.
    #[must_use]
    pub fn new(plugin: impl Into<PathBuf>, clouds: Vec<CloudSeed>) -> Self {
        Self {
            plugin: plugin.into(),
            jvm_args: Vec::new(),
            clouds,
            quick: true,
        }
    }
}

/// A running host. When it is dropped, it ends, and all that it has started. Its jobs, builds and nodes: see
/// [`crate::rest::Rest`].
#[derive(Debug)]
pub struct Host {
    process: Controller,
    // None: the host was started to stay (`keep`).
    guard: Option<Guard>,
    // Whether the start went well; if not, the log is kept.
    up: bool,
}

impl Host {
    /// Starts a host with a fresh home folder, and waits until it is up.
    ///
    /// # Errors
    /// [`RunError`] with the end of its log.
    pub fn start(spec: &HostSpec) -> Result<Self, RunError> {
        Self::start_in(spec, &paths::fresh_run("host"))
    }

    /// The same in a folder of the caller's choice, which is emptied first.
    ///
    /// # Errors
    /// [`RunError`] with the end of its log.
    pub fn start_in(spec: &HostSpec, run: &Path) -> Result<Self, RunError> {
        let programs = HostHome::ensure()?;
        let file = |doing, path: &Path| {
            let path = path.to_path_buf();
            move |source| RunError::File { doing, path, source }
        };
        if run.exists() {
            fs::remove_dir_all(run).map_err(file("emptying", run))?;
        }
        let home = run.join("home");
        let plugins = home.join("plugins");
        fs::create_dir_all(&plugins).map_err(file("creating", &plugins))?;
        fs::copy(&spec.plugin, plugins.join("mesos.hpi")).map_err(file("copying", &spec.plugin))?;
        let port = ports::free_port()?;
        let url = format!("http://127.0.0.1:{port}");
        let mut clouds = spec.clouds.clone();
        for cloud in clouds.iter_mut().filter(|cloud| cloud.jenkins_url.is_empty()) {
            cloud.jenkins_url = format!("{url}/");
        }
        let configuration = home.join("config.xml");
        fs::write(&configuration, seeds::host_configuration(&clouds))
            .map_err(file("writing", &configuration))?;
        let recipe = recipe(spec, &programs, run, port);
        let saved = run.join("host.json");
        fs::write(
            &saved,
            serde_json::json!({ "port": port, "recipe": recipe }).to_string(),
        )
        .map_err(file("writing", &saved))?;
        let guard = Some(Guard::over(run)?);
        let mut host = Self {
            process: Controller::new(recipe, run, port),
            guard,
            up: false,
        };
        host.process.daemon.start()?;
        host.await_up()?;
        host.up = true;
        Ok(host)
    }

    /// The host that another process started in this folder with [`Host::keep`]. Dropping it ends nothing.
    ///
    /// # Errors
    /// [`RunError::Member`] when there is none.
    pub fn attach(run: &Path) -> Result<Self, RunError> {
        let none = |problem: String| RunError::Member {
            name: "the host".into(),
            problem,
        };
        let text = fs::read_to_string(run.join("host.json"))
            .map_err(|_| none(format!("was never started in {}", run.display())))?;
        let unreadable = |error: serde_json::Error| none(format!("has an unreadable plan: {error}"));
        let saved: serde_json::Value = serde_json::from_str(&text).map_err(unreadable)?;
        let recipe: Recipe = serde_json::from_value(saved["recipe"].clone()).map_err(unreadable)?;
        let port: u16 = serde_json::from_value(saved["port"].clone()).map_err(unreadable)?;
        Ok(Self {
            process: Controller::new(recipe, run, port),
            guard: None,
            up: true,
        })
    }

    /// Leaves the host running, also after this process has ended.
    ///
    /// # Errors
    /// [`RunError::Spawn`] when its guard does not take the word.
    pub fn keep(&mut self) -> Result<(), RunError> {
        self.guard.take().map_or(Ok(()), Guard::keep)
    }

    /// Ends the host of a folder, whoever started it.
    ///
    /// # Errors
    /// [`RunError::Spawn`].
    pub fn down(run: &Path) -> Result<(), RunError> {
        guard::sweep(run)
    }

    /// Starts it again with its old home, on its old port, and waits until it is up.
    ///
    /// # Errors
    /// [`RunError`] with the end of its log.
    pub fn start_again(&mut self) -> Result<(), RunError> {
        self.process.daemon.start()?;
        self.await_up()
    }

    fn await_up(&mut self) -> Result<(), RunError> {
        // While it loads it answers 503.
        let process = &mut self.process;
        let client = process.rest.client().impatient(Duration::from_secs(10));
        let daemon = &mut process.daemon;
        process.rest.await_that("the host to be up", START, || {
            if !daemon.alive() {
                return Check::Never("it has ended".into());
            }
            Check::from(client.json("/api/json").map(drop))
        })
    }
}

impl Deref for Host {
    type Target = Controller;

    fn deref(&self) -> &Controller {
        &self.process
    }
}

impl DerefMut for Host {
    fn deref_mut(&mut self) -> &mut Controller {
        &mut self.process
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Some(guard) = self.guard.take() {
            drop(guard);
            // What a failed test has left is there to be looked at.
            if self.up && !std::thread::panicking() {
                let _ = fs::remove_dir_all(self.folder());
            }
        }
    }
}

fn recipe(spec: &HostSpec, programs: &HostHome, run: &Path, port: u16) -> Recipe {
    let home = run.join("home");
    let mut arguments: Vec<String> = vec!["-Xmx512m".into()];
    for package in [
        "java.base/java.lang",
        "java.base/java.util",
        "java.base/java.text",
        "java.desktop/java.awt.font",
    ] {
        arguments.push(format!("--add-opens={package}=ALL-UNNAMED"));
    }
    if let Some(agent) = programs.standins() {
        arguments.push(format!("-javaagent:{}", agent.display()));
    }
    arguments.extend(
        [
            "-Djava.awt.headless=true",
            "-Djava.net.preferIPv4Stack=true",
            "-Dhudson.DNSMultiCast.disabled=true",
            "-Dhudson.udp=0",
            // Nobody listens there: the look-ups of the update centre end at once.
            "-Dhttp.proxyHost=127.0.0.1",
            "-Dhttp.proxyPort=9",
        ]
        .map(str::to_owned),
    );
    if spec.quick {
        arguments.push("-Dhudson.model.LoadStatistics.clock=1000".into());
        arguments.push("-Dhudson.slaves.NodeProvisioner.initialDelay=1000".into());
    }
    arguments.push(format!("-DHUDSON_HOME={}", home.display()));
    arguments.push(format!("-Djava.io.tmpdir={}", run.display()));
    arguments.extend(spec.jvm_args.iter().cloned());
    arguments.extend([
        "-cp".into(),
        programs.classes(),
        "boot.Boot".into(),
        "--httpListenAddress=127.0.0.1".into(),
        format!("--httpPort={port}"),
        "--ajp13Port=-1".into(),
    ]);
    Recipe {
        program: programs.java().to_path_buf(),
        arguments,
        environment: BTreeMap::new(),
        folder: run.to_path_buf(),
        run: run.to_path_buf(),
    }
}
