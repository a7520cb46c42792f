//! Today's Jenkins with the packaged plugin on 127.0.0.1. The war and the plugins are no part of the repository: the
//! environment names them.

mod programs;
mod session;

use std::collections::BTreeMap;
use std::fs;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::controller::Controller;
use crate::error::RunError;
use crate::guard::Guard;
use crate::process::Recipe;
use crate::rest::Rest;
use crate::seeds::{self, CloudSeed};
use crate::wait::Check;
use crate::{paths, ports};

pub use programs::Programs;
pub use session::{ADMIN, READER, User};

const START: Duration = Duration::from_secs(240);
const UP: &str = "Jenkins is fully up and running";
/// Complaints of a Jenkins without us.
const OF_ITSELF: [&str; 3] = [
    // Users of configuration as code, at each start after the first.
    "User$AllUsers#scanAll: entry for",
    "ContextHandler#setContextPath: Empty contextPath",
    "No tool installer metadata found",
];

/// A Jenkins to start.
#[derive(Debug, Clone)]
pub struct JenkinsSpec {
    /// The packaged plugin.
    pub plugin: PathBuf,
    /// Whether the plugin is there at the first start; otherwise the case installs it.
    pub installed: bool,
    /// The war, the other plugins and the JVM.
    pub programs: Programs,
    /// The other plugins by their short names; `None`: all that there are.
    pub only_plugins: Option<Vec<String>>,
    /// Its clouds, in `config.xml`; an empty `jenkins_url` becomes its own address.
    pub clouds: Vec<CloudSeed>,
    /// More configuration as code (YAML), beside users and the address.
    pub casc: Option<String>,
    /// Whether agents can come by TCP, on a port of the system's choice. Core listens on all interfaces then.
    pub agent_port: bool,
    /// Whether its own periods of provisioning are short (1 s). Otherwise they count as they are: 10 s, and 100 s after
    /// the start.
    pub quick: bool,
    /// More arguments for its JVM.
    pub jvm_args: Vec<String>,
}

impl JenkinsSpec {
    /// A quick Jenkins with these clouds, with all plugins, whose agents come by WebSocket.
    ///
    /// # Errors
    /// [`RunError::Member`] that says which variable of the environment is to be set.
    pub fn new(plugin: impl Into<PathBuf>, clouds: Vec<CloudSeed>) -> Result<Self, RunError> {
        Ok(Self {
            plugin: plugin.into(),
            installed: true,
            programs: Programs::named()?,
            only_plugins: None,
            clouds,
            casc: None,
            agent_port: false,
            quick: true,
            jvm_args: Vec::new(),
        })
    }

    /// Without the plugins that the cases alone need: what an installation cannot do without for inbound agents.
    #[must_use]
    pub fn plain(self) -> Self {
        let needed = ["bouncycastle-api", "instance-identity"];
        Self {
            only_plugins: Some(needed.map(str::to_owned).to_vec()),
            ..self
        }
    }

    fn has(&self, plugin: &str) -> bool {
        self.only_plugins
            .as_ref()
            .is_none_or(|only| only.iter().any(|name| name == plugin))
    }
}

/// A running Jenkins. When it is dropped, it ends, and all that it has started. Its jobs, builds and nodes: see
/// [`Rest`]; requests are those of the user [`ADMIN`] where it has users, else of anybody.
#[derive(Debug)]
pub struct Jenkins {
    process: Controller,
    users: bool,
    guard: Option<Guard>,
    up: bool,
}

impl Jenkins {
    /// Starts it with a fresh home folder, and waits until it is up.
    ///
    /// # Errors
    /// [`RunError`] with the end of its log.
    pub fn start(spec: &JenkinsSpec) -> Result<Self, RunError> {
        let run = paths::fresh_run("jenkins");
        let port = ports::free_port()?;
        furnish(spec, &run, port)?;
        let guard = Some(Guard::over(&run)?);
        let mut jenkins = Self {
            process: Controller::new(recipe(spec, &run, port), &run, port),
            // Users come by configuration as code.
            users: spec.has("configuration-as-code"),
            guard,
            up: false,
        };
        jenkins.start_again()?;
        jenkins.up = true;
        Ok(jenkins)
    }

    /// The lines of its log from level WARNING up, without the stack traces that follow them, and without what Jenkins
    /// says of itself on a machine that is cut off from the world.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        complaints(&self.log())
    }

    /// What another user sees.
    ///
    /// # Errors
    /// [`RunError::Http`] when the user cannot sign in.
    pub fn seen_by(&self, user: User) -> Result<Rest, RunError> {
        let client = session::sign_in(self.process.port, Some(user))?;
        Ok(Rest::new(client, self.folder().join("log")))
    }

    /// What somebody sees who has not signed in.
    ///
    /// # Errors
    /// [`RunError::Http`].
    pub fn seen_by_nobody(&self) -> Result<Rest, RunError> {
        let client = session::sign_in(self.process.port, None)?;
        Ok(Rest::new(client, self.folder().join("log")))
    }

    /// Runs a Groovy script in the controller and gives what it prints, for what REST does not tell.
    ///
    /// # Errors
    /// [`RunError::Http`], also when the script ends with an exception.
    pub fn groovy(&self, script: &str) -> Result<String, RunError> {
        const END: &str = "-- the script has ended --";
        let script = format!("{script}\nprintln '{END}'\n");
        let answer = self
            .client()
            .impatient(Duration::from_secs(300))
            .post_form("/scriptText", &[("script", &script)])?
            .good()?;
        match answer.body.split_once(END) {
            Some((printed, _)) => Ok(printed.trim().to_owned()),
            None => Err(RunError::Http {
                request: answer.request,
                answer: answer.body.chars().take(3_000).collect(),
            }),
        }
    }

    /// Starts it with the home folder that it has, on its old port, and waits until it is up.
    ///
    /// # Errors
    /// [`RunError`] with the end of its log.
    pub fn start_again(&mut self) -> Result<(), RunError> {
        let starts = |log: String| log.matches(UP).count();
        let process = &mut self.process;
        let before = starts(process.log());
        process.daemon.start()?;
        let daemon = &mut process.daemon;
        process.rest.await_that("Jenkins to be up", START, || {
            if !daemon.alive() {
                return Check::Never("it has ended".into());
            }
            Check::when(starts(daemon.log()) > before, (), || "it loads".into())
        })?;
        // A session ends with the process.
        let client = session::sign_in(self.process.port, self.users.then_some(ADMIN))?;
        self.process.rest = Rest::new(client, self.folder().join("log"));
        Ok(())
    }
}

impl Deref for Jenkins {
    type Target = Controller;

    fn deref(&self) -> &Controller {
        &self.process
    }
}

impl DerefMut for Jenkins {
    fn deref_mut(&mut self) -> &mut Controller {
        &mut self.process
    }
}

impl Drop for Jenkins {
    fn drop(&mut self) {
        drop(self.guard.take());
        // What a failed test has left is there to be looked at.
        if self.up && !std::thread::panicking() {
            let _ = fs::remove_dir_all(self.folder());
        }
    }
}

/// The lines of a log that begin a record of level WARNING or SEVERE.
fn complaints(log: &str) -> Vec<String> {
    log.lines()
        .filter(|line| {
            ["\tWARNING\t", "\tSEVERE\t"]
                .iter()
                .any(|level| line.contains(level))
        })
        .filter(|line| !OF_ITSELF.iter().any(|own| line.contains(own)))
        .map(str::to_owned)
        .collect()
}

/// Fills the home folder.
fn furnish(spec: &JenkinsSpec, run: &Path, port: u16) -> Result<(), RunError> {
    let home = run.join("home");
    let plugins = home.join("plugins");
    let casc = run.join("casc");
    for folder in [&plugins, &casc] {
        fs::create_dir_all(folder).map_err(|source| RunError::File {
            doing: "creating",
            path: folder.clone(),
            source,
        })?;
    }
    let copy = |from: &Path, name: &str| {
        fs::copy(from, plugins.join(name))
            .map(drop)
            .map_err(|source| RunError::File {
                doing: "copying",
                path: from.to_path_buf(),
                source,
            })
    };
    if spec.installed {
        copy(&spec.plugin, "mesos.jpi")?;
    }
    for (name, file) in spec.programs.plugins()? {
        if spec.has(&name) {
            copy(&file, &format!("{name}.jpi"))?;
        }
    }
    let mut clouds = spec.clouds.clone();
    for cloud in clouds.iter_mut().filter(|cloud| cloud.jenkins_url.is_empty()) {
        cloud.jenkins_url = format!("http://127.0.0.1:{port}/");
    }
    let write = |path: PathBuf, text: &str| {
        fs::write(&path, text).map_err(|source| RunError::File {
            doing: "writing",
            path,
            source,
        })
    };
    let agent_port = if spec.agent_port { 0 } else { -1 };
    write(
        home.join("config.xml"),
        &seeds::jenkins_configuration(&clouds, agent_port),
    )?;
    write(casc.join("base.yaml"), &session::casc(port))?;
    match &spec.casc {
        Some(more) => write(casc.join("more.yaml"), more),
        None => Ok(()),
    }
}

fn recipe(spec: &JenkinsSpec, run: &Path, port: u16) -> Recipe {
    let mut arguments: Vec<String> = ["-Xmx768m"].map(str::to_owned).to_vec();
    arguments.extend(
        [
            "java.awt.headless=true",
            "java.net.preferIPv4Stack=true",
            "jenkins.install.runSetupWizard=false",
            "hudson.model.UpdateCenter.never=true",
            "hudson.model.DownloadService.never=true",
            "hudson.model.UsageStatistics.disabled=true",
        ]
        .map(|property| format!("-D{property}")),
    );
    if spec.quick {
        arguments.push("-Dhudson.slaves.NodeProvisioner.initialDelay=0".into());
        arguments.push("-Dhudson.model.LoadStatistics.clock=1000".into());
    }
    arguments.push(format!("-Djava.io.tmpdir={}", run.display()));
    // One by one: the files of a folder are not seen when the path has a name with a dot in front.
    let files = ["base.yaml", "more.yaml"].map(|name| run.join("casc").join(name).display().to_string());
    let files = if spec.casc.is_some() {
        &files[..]
    } else {
        &files[..1]
    };
    arguments.push(format!("-Dcasc.jenkins.config={}", files.join(",")));
    arguments.extend(spec.jvm_args.iter().cloned());
    arguments.push("-jar".into());
    arguments.push(spec.programs.war().display().to_string());
    arguments.push("--httpListenAddress=127.0.0.1".into());
    arguments.push(format!("--httpPort={port}"));
    Recipe {
        program: spec.programs.java().to_path_buf(),
        arguments,
        environment: BTreeMap::from([("JENKINS_HOME".to_owned(), run.join("home").display().to_string())]),
        folder: run.to_path_buf(),
        run: run.to_path_buf(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_are_the_records_from_warning_up() {
        let log = "2026-01-01 00:00:00.000+0000 [id=1]\tINFO\ta.B#c: WARNING is a word\n\
                   2026-01-01 00:00:00.000+0000 [id=1]\tWARNING\ta.B#c: something\njava.lang.Error\n\
                   2026-01-01 00:00:00.000+0000 [id=1]\tSEVERE\ta.B#c: worse\n";
        let found = complaints(log);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].ends_with("something") && found[1].ends_with("worse"));
    }
}
