//! A task as a container.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::Method;
use mesos_core::Amount;
use mesos_wire::{TaskInfo, TaskState};

use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use crate::archive;
use crate::container;
use crate::engine::{Engine, EngineError, QUESTION, WORK, escape};
use crate::master::{End, used};
use crate::pull::{self, Logins};
use crate::runner::{News, Runner, failed, killed, last_lines, out_of_memory};

/// Between two tries with an engine that does not answer.
const PAUSE: Duration = Duration::from_secs(2);
/// The engine is asked again at least this often, so that a connection that died unseen does no harm.
const WAIT: Duration = Duration::from_secs(30);
/// Between two looks for containers that nobody knows.
const SWEEP: Duration = Duration::from_secs(10 * 60);
/// Work of the engine that takes longer is told.
const LONG: Duration = Duration::from_secs(10);

/// A container of a runner's task.
pub(crate) struct Inside<'a> {
    runner: &'a Runner,
    engine: Engine,
    /// As part of a path.
    id: String,
    /// Whether there may be a container.
    made: AtomicBool,
}

/// What became of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    Unstarted,
    Runs,
    Ended {
        code: i64,
        memory: bool,
        error: String,
    },
    /// Somebody has removed it.
    Gone,
}

/// Why a step did not work.
enum Trouble {
    /// The engine does not answer: to be tried again.
    Passing(String),
    Final(String),
}

impl From<EngineError> for Trouble {
    fn from(error: EngineError) -> Self {
        if error.is_passing() {
            Self::Passing(error.to_string())
        } else {
            Self::Final(error.to_string())
        }
    }
}

impl<'a> Inside<'a> {
    pub(crate) fn new(runner: &'a Runner, engine: Engine) -> Self {
        let id = escape(&container::name(&runner.name));
        Self {
            runner,
            engine,
            id,
            made: AtomicBool::new(false),
        }
    }

    fn tell(&self, message: String) {
        self.runner.tell(News::Progress(message));
    }

    /// Starts the container, however long the engine is away; false if the task is to end meanwhile.
    ///
    /// # Errors
    /// What is wrong with the task, for people.
    pub(crate) async fn start(
        &self,
        info: &TaskInfo,
        image: &str,
        force: bool,
        logins: &Logins,
    ) -> Result<bool, String> {
        let mut pulled = false;
        loop {
            if self.runner.is_stopped() {
                return Ok(false);
            }
            let tried = async {
                if !pulled {
                    self.pull(image, force, logins).await?;
                    pulled = true;
                }
                if self.runner.is_stopped() {
                    return Ok(false);
                }
                self.create_and_start(info).await.map(|()| true)
            };
            match tried.await {
                Ok(started) => return Ok(started),
                Err(Trouble::Final(message)) => return Err(message),
                Err(Trouble::Passing(message)) => {
                    self.tell(format!("{message}; it is tried again until the launch timeout"));
                    self.pause().await;
                }
            }
        }
    }

    /// A pull can be broken off; the engine keeps what it has.
    async fn pull(&self, image: &str, force: bool, logins: &Logins) -> Result<(), Trouble> {
        let pull = pull::ensure(&self.engine, image, force, logins, |message| self.tell(message));
        tokio::select! {
            pulled = pull => pulled.map_err(|error| match error.passing {
                true => Trouble::Passing(error.message),
                false => Trouble::Final(error.message),
            }),
            () = self.runner.stopped() => Ok(()),
        }
    }

    async fn create_and_start(&self, info: &TaskInfo) -> Result<(), Trouble> {
        let context = &self.runner.context;
        let (amount, _) = used(&info.resources);
        let body = container::describe(info, context.records.cluster(), amount).map_err(Trouble::Final)?;
        let sandbox = context.records.sandbox(&self.runner.name);
        let files =
            spawn_blocking(move || archive::pack(&sandbox, container::SANDBOX.trim_start_matches('/')))
                .await
                .map_err(|error| Trouble::Final(format!("packing broke off: {error}")))?
                .map_err(|error| {
                    Trouble::Final(format!("the files of the task cannot be packed: {error}"))
                })?;
        let _slot = context.starts.acquire().await;
        let path = format!("/containers/create?name={}", self.id);
        self.made.store(true, Ordering::Relaxed);
        match self
            .patiently("create the container", self.engine.post(&path, Some(&body), WORK))
            .await
        {
            // A former try, whose answer did not come: the name is this task's alone.
            Ok(_) | Err(EngineError::Refused { status: 409, .. }) => {}
            Err(error) => return Err(explained("created", error)),
        }
        let put = self.engine.put_files(&self.id, files);
        self.patiently("take the files of the task", put)
            .await
            .map_err(|error| explained("given its files", error))?;
        let path = format!("/containers/{}/start", self.id);
        self.patiently("start the container", self.engine.post(&path, None, WORK))
            .await
            .map_err(|error| explained("started", error))?;
        Ok(())
    }

    /// Tells when the engine takes its time.
    async fn patiently<T>(&self, doing: &str, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        if let Ok(done) = timeout(LONG, &mut work).await {
            return done;
        }
        self.tell(format!(
            "the Docker engine at {} has not answered for {} s, it is to {doing}",
            self.engine.address(),
            LONG.as_secs()
        ));
        work.await
    }

    /// What the engine knows of the container.
    async fn look(&self) -> Result<Seen, EngineError> {
        let found = match self.engine.get(&format!("/containers/{}/json", self.id)).await {
            Err(error) if error.is_missing() => return Ok(Seen::Gone),
            found => found?,
        };
        let state = &found["State"];
        Ok(match state["Status"].as_str().unwrap_or_default() {
            "created" => Seen::Unstarted,
            "exited" | "dead" | "removing" => Seen::Ended {
                code: state["ExitCode"].as_i64().unwrap_or(-1),
                memory: state["OOMKilled"].as_bool().unwrap_or(false),
                error: state["Error"].as_str().unwrap_or_default().to_owned(),
            },
            _ => Seen::Runs,
        })
    }

    /// The same, however long the engine is away.
    pub(crate) async fn look_patiently(&self) -> Seen {
        loop {
            match self.look().await {
                Ok(seen) => return seen,
                Err(error) => {
                    self.tell(error.to_string());
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// Sees a running container to its end, and removes it.
    pub(crate) async fn see(&self, amount: Amount) -> End {
        let mut was_away = false;
        let seen = loop {
            if self.runner.is_stopped() {
                self.stop().await;
                self.remove().await;
                return killed();
            }
            match self.look().await {
                Ok(Seen::Runs) => {}
                Ok(seen) => break seen,
                Err(error) => {
                    tracing::debug!("{}: {error}", self.runner.name);
                    was_away = true;
                    self.pause().await;
                    continue;
                }
            }
            let path = format!("/containers/{}/wait", self.id);
            tokio::select! {
                waited = self.engine.post(&path, None, WAIT) => {
                    if let Err(error @ EngineError::Down(_)) = waited {
                        tracing::debug!("{}: {error}", self.runner.name);
                        was_away = true;
                        self.pause().await;
                    }
                }
                () = self.runner.stopped() => {}
            }
        };
        let lines = match seen {
            Seen::Ended { .. } => self.last_lines().await,
            _ => String::new(),
        };
        self.remove().await;
        ended(&seen, amount, &lines, was_away)
    }

    /// Asks the container to end, for as long as the task's grace lasts.
    async fn stop(&self) {
        let mut stop = self.runner.stop.clone();
        loop {
            let grace = stop.borrow_and_update().unwrap_or_default();
            if grace.is_zero() {
                return;
            }
            let path = format!("/containers/{}/stop?t={}", self.id, grace.as_secs().max(1));
            tokio::select! {
                _ = self.engine.post(&path, None, grace + QUESTION) => return,
                // Told again, perhaps with less patience.
                Ok(()) = stop.changed() => {}
            }
        }
    }

    /// Takes back what [`start`](Self::start) has done. An engine that was never asked for a container is not waited for.
    pub(crate) async fn undo(&self) {
        if self.made.load(Ordering::Relaxed) {
            self.remove().await;
        }
    }

    /// Removes the container, started or not; returns when the engine has none of it any more.
    pub(crate) async fn remove(&self) {
        let path = format!("/containers/{}?force=true&v=true", self.id);
        loop {
            match self.engine.delete(&path).await {
                Ok(()) => return,
                Err(error) if error.is_missing() => return,
                Err(error) => {
                    tracing::info!("container of {} cannot be removed yet: {error}", self.runner.name);
                    sleep(PAUSE).await;
                }
            }
        }
    }

    async fn last_lines(&self) -> String {
        let path = format!("/containers/{}/logs?stdout=true&stderr=true&tail=5", self.id);
        let log = self.engine.call(Method::GET, &path, None, QUESTION).await;
        last_lines(&unframed(&log.unwrap_or_default()))
    }

    async fn pause(&self) {
        let mut stop = self.runner.stop.clone();
        if stop.borrow_and_update().is_some() {
            sleep(PAUSE).await;
            return;
        }
        tokio::select! {
            () = sleep(PAUSE) => {}
            Ok(()) = stop.changed() => {}
        }
    }
}

/// The engine's words about a container that could not be, with the cure.
fn explained(doing: &str, error: EngineError) -> Trouble {
    let EngineError::Refused { message, .. } = &error else {
        return error.into();
    };
    let lower = message.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let cure = if has(&["port is already allocated", "address already in use"]) {
        "the port of the host is taken by something else: choose another in the port mapping, or leave it empty for any"
    } else if has(&["bind source path does not exist"]) {
        "a volume's folder does not exist on the machine of the Docker engine: make it there, or correct the host path"
    } else if has(&["is not shared from the host", "mounts denied"]) {
        "Docker does not share this folder with containers: allow it in Docker's settings"
    } else if lower.contains("network") && has(&["not found", "no such network"]) {
        "there is no such Docker network: make it with docker network create, or correct the name"
    } else if has(&["executable file not found", "no such file or directory"]) && lower.contains("exec") {
        "the image has no such program: use an image with a shell and Java, or a custom shell that is in it"
    } else if has(&["no space left on device"]) {
        "the disk of the Docker engine is full: remove what is not used, as with docker system prune"
    } else if has(&["minimum memory limit"]) {
        "the template has too little memory for a container"
    } else if has(&["no such image"]) {
        "the image was removed meanwhile"
    } else if has(&["unable to find user", "no matching entries in passwd"]) {
        "the image has no such user: correct the parameter user"
    } else {
        return Trouble::Final(format!("the container could not be {doing} ({message})"));
    };
    Trouble::Final(format!("the container could not be {doing} ({message}): {cure}"))
}

fn ended(seen: &Seen, amount: Amount, lines: &str, was_away: bool) -> End {
    let away = if was_away {
        "; the Docker engine was away before: it may have been restarted, which ends containers"
    } else {
        ""
    };
    match seen {
        Seen::Ended {
            code, memory: true, ..
        } if *code != 0 => out_of_memory(amount.mem.whole()),
        Seen::Ended { code: 0, .. } => End {
            state: TaskState::TaskFinished,
            ..failed(format!("the container has ended with status 0{away}"))
        },
        // The core knows what these mean, if nothing is added.
        Seen::Ended {
            code: code @ (126 | 127 | 137 | 143),
            error,
            ..
        } if error.is_empty() && !was_away => failed(format!("Container exited with status {code}")),
        Seen::Ended { code, error, .. } => {
            let error = if error.is_empty() {
                String::new()
            } else {
                format!(" ({error})")
            };
            failed(format!(
                "the container has ended with status {code}{error}{lines}{away}"
            ))
        }
        Seen::Unstarted => failed("the container was never started".to_owned()),
        Seen::Gone | Seen::Runs => failed(format!("its container was removed, not by the plugin{away}")),
    }
}

/// The engine puts eight bytes before each piece of a log, unless the container has a terminal.
fn unframed(log: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    let mut rest = log;
    while let [0..=2, 0, 0, 0, a, b, c, d, tail @ ..] = rest {
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        let (piece, next) = tail.split_at(length.min(tail.len()));
        text.extend_from_slice(piece);
        rest = next;
    }
    text.extend_from_slice(rest);
    text
}

/// Removes containers of this cluster that no task is known of, now and again: an engine may finish what a controller that
/// was killed had asked it for.
pub(crate) async fn sweep(engine: &Engine, cluster: &str, known: impl Fn(&str) -> bool) {
    loop {
        sweep_once(engine, cluster, &known).await;
        sleep(SWEEP).await;
    }
}

async fn sweep_once(engine: &Engine, cluster: &str, known: impl Fn(&str) -> bool) {
    let filter = serde_json::json!({"label": [format!("{}={cluster}", container::CLUSTER_LABEL)]});
    let path = format!(
        "/containers/json?all=true&filters={}",
        escape(&filter.to_string())
    );
    let found = loop {
        match engine.get(&path).await {
            Ok(found) => break found,
            Err(error) => {
                tracing::debug!("leftovers cannot be looked for yet: {error}");
                sleep(PAUSE * 3).await;
            }
        }
    };
    for found in found.as_array().into_iter().flatten() {
        let task = found["Labels"][container::TASK_LABEL]
            .as_str()
            .unwrap_or_default();
        let Some(id) = found["Id"].as_str().filter(|_| task.is_empty() || !known(task)) else {
            continue;
        };
        tracing::warn!("removes the container of {task}, which a former controller has left");
        if let Err(error) = engine
            .delete(&format!("/containers/{id}?force=true&v=true"))
            .await
        {
            tracing::warn!("the container of {task} cannot be removed: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mesos_wire::task_status;

    fn refused(message: &str) -> String {
        let error = EngineError::Refused {
            status: 500,
            message: message.to_owned(),
        };
        match explained("started", error) {
            Trouble::Final(message) => message,
            Trouble::Passing(message) => panic!("{message}"),
        }
    }

    #[test]
    fn refusals_have_their_cure() {
        for (message, cure) in [
            (
                "Bind for 0.0.0.0:31000 failed: port is already allocated",
                "taken by something else",
            ),
            (
                "invalid mount config: bind source path does not exist: /x",
                "does not exist on the machine",
            ),
            ("network team not found", "no such Docker network"),
            (
                "exec: \"/bin/sh\": stat /bin/sh: no such file or directory",
                "no such program",
            ),
            ("something else", "could not be started (something else)"),
        ] {
            assert!(refused(message).contains(cure), "{}", refused(message));
        }
    }

    #[test]
    fn ends_of_containers_are_told() {
        let end = |code, memory| {
            let error = String::new();
            ended(
                &Seen::Ended { code, memory, error },
                Amount::default(),
                ": oh",
                true,
            )
        };
        assert_eq!(end(0, false).state, TaskState::TaskFinished);
        assert_eq!(
            end(137, true).reason,
            Some(task_status::Reason::ContainerLimitationMemory)
        );
        let message = end(3, false).message;
        assert!(
            message.contains("status 3: oh; the Docker engine was away"),
            "{message}"
        );
    }

    #[test]
    fn a_log_is_freed_of_its_frames() {
        assert_eq!(
            unframed(b"\x01\0\0\0\0\0\0\x02a\n\x02\0\0\0\0\0\0\x02b\n"),
            b"a\nb\n"
        );
        assert_eq!(unframed(b"plain"), b"plain");
    }
}
