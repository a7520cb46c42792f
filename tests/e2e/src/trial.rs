//! The driver alone on a real cluster: no host, no Java; agents are a program that only sleeps.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use mesos_client::{Cloud, Runtime};
use mesos_core::{Config, ConnectionState, Demand, Launch, Notice, Protocol, Release, Request};
use testbed::{RunError, paths};

use crate::SOON;

/// What stands in for a Jenkins: it serves `slave.jar` under whatever name. Its program writes to `seen.txt` in its sandbox
/// what the variable `TRIAL` says and whether `tool` is a program there, and sleeps; it gives `hello` to who connects to the
/// port `TRIAL_PORT`, fills its `heap`, or memory beside it, where `TRIAL_EATS` says so, and leaves `stopped.txt` when it
/// is ended with a grace. It lives as long as the process.
#[derive(Debug)]
pub struct Program {
    url: String,
    login: Arc<Mutex<Option<String>>>,
}

impl Program {
    /// Compiles the program and serves it on a free port.
    ///
    /// # Errors
    /// [`RunError`] when there is no JDK or no port.
    pub fn serve() -> Result<Self, RunError> {
        let folder = paths::fresh_run("program");
        fs::create_dir_all(&folder).map_err(file("creating", &folder))?;
        let source = folder.join("Sleep.java");
        let text = include_str!("Sleep.java");
        fs::write(&source, text).map_err(file("writing", &source))?;
        run(
            Command::new("javac").args(["--release", "8", "-Xlint:-options", "Sleep.java"]),
            &folder,
        )?;
        run(
            Command::new("jar").args(["cfe", "slave.jar", "Sleep", "Sleep.class"]),
            &folder,
        )?;
        let jar = folder.join("slave.jar");
        let jar = fs::read(&jar).map_err(file("reading", &jar))?;
        fs::remove_dir_all(&folder).map_err(file("removing", &folder))?;
        let listener = TcpListener::bind("127.0.0.1:0").map_err(file("listening for", &source))?;
        let address = listener.local_addr().map_err(file("listening for", &source))?;
        let login = Arc::new(Mutex::new(None));
        let lent = login.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                // A fetcher that goes away is its own affair; the task fails then, and the case with it.
                let _ = stream.and_then(|stream| answer(stream, &jar, &lent));
            }
        });
        Ok(Program {
            url: format!("http://{address}/"),
            login,
        })
    }
}

impl Program {
    /// Gives this to the next who asks for [`LOGIN`], and to nobody after.
    pub fn lend(&self, login: &str) {
        *self.login.lock().unwrap_or_else(PoisonError::into_inner) = Some(login.to_owned());
    }

    /// Where it is served.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// Where the login to a registry is fetched, below [`Program::url`].
pub const LOGIN: &str = "registry-login/1";

fn answer(mut stream: TcpStream, jar: &[u8], login: &Mutex<Option<String>>) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? == 1 {
        head.push(byte[0]);
    }
    let wanted = format!("GET /{LOGIN} ");
    let body = match head.starts_with(wanted.as_bytes()) {
        false => jar.to_vec(),
        true => match login.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(login) => login.into_bytes(),
            None => return stream.write_all(b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"),
        },
    };
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )?;
    stream.write_all(&body)
}

fn file<'a>(doing: &'static str, path: &'a Path) -> impl FnOnce(std::io::Error) -> RunError + 'a {
    move |source| RunError::File {
        doing,
        path: path.to_path_buf(),
        source,
    }
}

fn run(command: &mut Command, folder: &Path) -> Result<(), RunError> {
    let output = command
        .current_dir(folder)
        .output()
        .map_err(file("running a tool of the JDK in", folder))?;
    if output.status.success() {
        return Ok(());
    }
    Err(unmet(
        "a tool of the JDK",
        String::from_utf8_lossy(&output.stderr).into_owned(),
    ))
}

/// A failure of a case.
pub fn unmet(what: &str, reason: String) -> RunError {
    RunError::Condition {
        what: what.to_owned(),
        reason,
    }
}

/// A cloud with its state folder.
#[derive(Debug)]
pub struct Trial {
    /// The driver under test.
    pub cloud: Cloud,
    config: Config,
    seen: Vec<Notice>,
}

/// A runtime for the drivers of a case.
///
/// # Errors
/// [`RunError::Condition`] when its threads cannot be started.
pub fn runtime() -> Result<Runtime, RunError> {
    Runtime::new().map_err(|error| unmet("the runtime", error.to_string()))
}

/// A folder for a cloud's state, below the test bed's.
#[must_use]
pub fn folder() -> PathBuf {
    paths::fresh_run("driver")
}

/// A configuration with small agents under the label `mesos`.
///
/// # Errors
/// Never, unless the core's configuration changes.
pub fn config(master: &str, owned: &[String]) -> Result<Config, RunError> {
    configured(
        master,
        serde_json::json!({ "owned": owned, "templates": [{"label": "mesos"}] }),
    )
}

/// A configuration with these members. Templates have the sizes of [`config`] where they say nothing else.
///
/// # Errors
/// When the core does not read the members.
pub fn configured(master: &str, members: serde_json::Value) -> Result<Config, RunError> {
    let mut config = serde_json::json!({
        "v": 1, "cloudId": "trial", "name": "trial", "master": master, "frameworkName": "trial",
        "failoverTimeoutSeconds": 600,
    });
    let size = serde_json::json!({"cpus": 0.1, "mem": 32, "executorCpus": 0.1, "executorMem": 32, "maxExecutors": 1});
    for (name, value) in members.as_object().into_iter().flatten() {
        config[name] = value.clone();
    }
    for template in config["templates"].as_array_mut().into_iter().flatten() {
        for (name, value) in size.as_object().into_iter().flatten() {
            if template[name].is_null() {
                template[name] = value.clone();
            }
        }
    }
    serde_json::from_value(config).map_err(|error| unmet("the configuration", error.to_string()))
}

impl Trial {
    /// Opens a cloud on this state folder.
    #[must_use]
    pub fn open(config: Config, folder: &Path, runtime: &Runtime) -> Self {
        let cloud = Cloud::open(config.clone(), folder.to_path_buf(), runtime);
        Trial {
            cloud,
            config,
            seen: Vec::new(),
        }
    }

    /// Changes the master.
    ///
    /// # Errors
    /// When the cloud is closed.
    pub fn move_to(&mut self, master: &str) -> Result<(), RunError> {
        self.change(|config| master.clone_into(&mut config.master))
    }

    /// Changes the configuration.
    ///
    /// # Errors
    /// When the cloud is closed.
    pub fn change(&mut self, change: impl FnOnce(&mut Config)) -> Result<(), RunError> {
        change(&mut self.config);
        self.cloud
            .reconfigure(self.config.clone())
            .map_err(|error| unmet("reconfigure", error.to_string()))
    }

    /// Submits agents and gives their names.
    ///
    /// # Errors
    /// When the cloud refuses.
    pub fn submit(&self, program: &Program, count: u32) -> Result<Vec<String>, RunError> {
        self.submit_to("mesos", program, count)
    }

    /// The same with agents of another label.
    ///
    /// # Errors
    /// When the cloud refuses.
    pub fn submit_to(&self, label: &str, program: &Program, count: u32) -> Result<Vec<String>, RunError> {
        self.submit_with(label, program, count, |_| ())
    }

    /// The same with requests that are changed before.
    ///
    /// # Errors
    /// When the cloud refuses.
    pub fn submit_with(
        &self,
        label: &str,
        program: &Program,
        count: u32,
        change: impl Fn(&mut Request),
    ) -> Result<Vec<String>, RunError> {
        let plan = self
            .cloud
            .plan(&Demand::new(label, count))
            .map_err(|error| unmet("plan", error.to_string()))?;
        let mut names = Vec::new();
        for agent in plan.agents {
            let launch = Launch::new(Protocol::Jnlp, &program.url);
            let mut request = Request::new(&agent.name, &agent.label, agent.executors, launch);
            change(&mut request);
            self.cloud
                .submit(request)
                .map_err(|error| unmet("submit", error.to_string()))?;
            names.push(agent.name);
        }
        Ok(names)
    }

    /// Polls until a notice is picked; notices that were not picked are looked at again the next time.
    ///
    /// # Errors
    /// [`RunError::Condition`] with all notices.
    pub fn notice<T>(
        &mut self,
        what: &str,
        limit: Duration,
        mut pick: impl FnMut(&Notice) -> Option<T>,
    ) -> Result<T, RunError> {
        let end = Instant::now() + limit;
        loop {
            let found = self
                .seen
                .iter()
                .enumerate()
                .find_map(|(at, notice)| Some((at, pick(notice)?)));
            if let Some((at, picked)) = found {
                self.seen.remove(at);
                return Ok(picked);
            }
            if Instant::now() >= end {
                return Err(unmet(what, format!("not among {:#?}", self.seen)));
            }
            let batch = self.cloud.poll(Duration::from_secs(1));
            self.seen
                .extend(batch.events.into_iter().map(|event| event.notice));
        }
    }

    /// Waits for a new subscription; gives the master and the framework id.
    ///
    /// # Errors
    /// [`RunError::Condition`].
    pub fn subscribed(&mut self) -> Result<(String, String), RunError> {
        self.notice("a subscription", SOON, |notice| match notice {
            Notice::Connection {
                state: ConnectionState::Subscribed,
                leader: Some(leader),
                framework_id: Some(id),
                ..
            } => Some((leader.clone(), id.clone())),
            _ => None,
        })
    }

    /// Waits for what is wrong with the connection.
    ///
    /// # Errors
    /// [`RunError::Condition`].
    pub fn complaint(&mut self, words: &str) -> Result<String, RunError> {
        self.notice(
            &format!("a message with `{words}`"),
            SOON,
            |notice| match notice {
                Notice::Connection {
                    message: Some(message),
                    ..
                } if message.contains(words) => Some(message.clone()),
                _ => None,
            },
        )
    }

    /// Waits until a reason for which this agent waits has these words.
    ///
    /// # Errors
    /// [`RunError::Condition`].
    pub fn waits(&mut self, agent: &str, words: &str) -> Result<(), RunError> {
        self.notice(&format!("a wait for {words}"), SOON, |notice| match notice {
            Notice::Waiting { name, reason, .. } if name == agent && reason.contains(words) => Some(()),
            _ => None,
        })
    }

    /// Waits until each of these runs.
    ///
    /// # Errors
    /// [`RunError::Condition`].
    pub fn running(&mut self, names: &[String]) -> Result<(), RunError> {
        for wanted in names {
            self.notice("TASK_RUNNING", SOON, |notice| match notice {
                Notice::State { name, state, .. } if name == wanted && state == "TASK_RUNNING" => {
                    Some(Ok(()))
                }
                Notice::Ended {
                    name, state, message, ..
                } if name == wanted => Some(Err(unmet(
                    "TASK_RUNNING",
                    format!("{name} has ended: {state}, {message:?}"),
                ))),
                _ => None,
            })??;
        }
        Ok(())
    }

    /// Waits until each of these, which were owned when the cloud was opened, is known to run.
    ///
    /// # Errors
    /// [`RunError::Condition`].
    pub fn known_to_run(&mut self, names: &[String]) -> Result<(), RunError> {
        for wanted in names {
            self.notice("TASK_RUNNING of an owned agent", SOON, |notice| match notice {
                Notice::Known { name, state, .. } if name == wanted && state == "TASK_RUNNING" => Some(()),
                _ => None,
            })?;
        }
        Ok(())
    }

    /// Releases these and waits until each has ended as asked.
    ///
    /// # Errors
    /// [`RunError::Condition`].
    pub fn release(&mut self, names: &[String]) -> Result<(), RunError> {
        let release = Release::new(names, "the case is over");
        self.cloud
            .release(release)
            .map_err(|error| unmet("release", error.to_string()))?;
        for wanted in names {
            self.notice("its end", SOON, |notice| match notice {
                Notice::Ended {
                    name,
                    requested: true,
                    ..
                } if name == wanted => Some(()),
                _ => None,
            })?;
        }
        Ok(())
    }

    /// Closes the cloud.
    ///
    /// # Errors
    /// [`RunError::Condition`].
    pub fn close(self, teardown: bool) -> Result<(), RunError> {
        self.cloud.close(teardown);
        if self.cloud.wait_closed(SOON) {
            Ok(())
        } else {
            Err(unmet("closing", "it takes too long".to_owned()))
        }
    }
}
