//! One task from its launch, or from being found again, to the moment when nothing of it is left.

use std::sync::Arc;
use std::time::Duration;

use mesos_wire::{TaskInfo, TaskState, task_status};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::cgroup::Group;
use crate::container;
use crate::engine::Engine;
use crate::inside::{Inside, Seen};
use crate::master::{End, used};
use crate::process::{Exit, Program, Tree};
use crate::pull::{LOGIN, Logins};
use crate::records::{Record, Records};
use crate::sandbox::{self, Fetch};
use crate::spawn::Detach;
use crate::user;

/// How often a process is looked at: this costs reading one small file.
const LOOK: Duration = Duration::from_millis(200);
/// Between two tries to kill what is left of a task.
const KILL_AGAIN: Duration = Duration::from_millis(100);
/// So often an empty cgroup is tried to be removed: whoever inherited a process asks for its end at once, mostly.
const TIDY: u32 = 50;

/// What a runner has to say.
#[derive(Debug)]
pub(crate) enum News {
    Progress(String),
    Running(String),
    Ended(End),
}

/// What all runners share.
pub(crate) struct Context {
    pub(crate) records: Records,
    /// The engine, or why there is none.
    pub(crate) engine: Result<Engine, String>,
    pub(crate) fetch: Arc<dyn Fetch>,
    pub(crate) detach: Detach,
    /// So many tasks fetch their files at once.
    pub(crate) fetches: Semaphore,
    /// So many containers are started at once: an engine that is asked for fifty containers at once would answer nothing else.
    pub(crate) starts: Semaphore,
    pub(crate) news: mpsc::UnboundedSender<(String, News)>,
}

/// The time between the polite signal and the hard one, once the task is to end.
pub(crate) type Stop = watch::Receiver<Option<Duration>>;

/// One task.
pub(crate) struct Runner {
    pub(crate) context: Arc<Context>,
    pub(crate) name: String,
    pub(crate) stop: Stop,
}

impl Runner {
    pub(crate) fn tell(&self, news: News) {
        // Fails if the cluster is being closed.
        if self.context.news.send((self.name.clone(), news)).is_err() {
            tracing::debug!("nobody hears of {} any more", self.name);
        }
    }

    /// Whether the task is to end.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.borrow().is_some()
    }

    /// Waits until the task is to end.
    pub(crate) async fn stopped(&self) {
        let mut stop = self.stop.clone();
        if stop.wait_for(Option::is_some).await.is_err() {
            // The cluster is being closed, which ends this runner, too.
            std::future::pending::<()>().await;
        }
    }

    /// Starts a task and sees it to its end.
    pub(crate) async fn launch(self, info: TaskInfo) {
        let (amount, ports) = used(&info.resources);
        let image = container::image(&info);
        let engine = match (&image, &self.context.engine) {
            (None, _) => None,
            (Some(_), Ok(engine)) => Some(engine.clone()),
            (Some((image, _)), Err(problem)) => {
                let message = format!("the task wants a container of the image {image}, but {problem}");
                return self.end(None, failed_start(message));
            }
        };
        let mut record = Record::new(amount, ports, engine.as_ref().map(Engine::address));
        if let Err(error) = self.context.records.write(&self.name, &record) {
            let message =
                format!("the task cannot be written down: {error}: check the disk of the controller");
            return self.end(None, failed_start(message));
        }
        let prepared = async {
            let _slot = self.context.fetches.acquire().await;
            let command = info.command.clone().unwrap_or_default();
            let sandbox = self.context.records.sandbox(&self.name);
            sandbox::fill(self.context.fetch.as_ref(), &command, &sandbox).await
        };
        let prepared = tokio::select! {
            prepared = prepared => prepared,
            () = self.stopped() => return self.end(Some(record), killed_early()),
        };
        if let Err(message) = prepared {
            return self.end(Some(record), failed_start(message));
        }
        match (engine, image) {
            (Some(engine), Some((image, force))) => {
                let inside = Inside::new(&self, engine);
                let sandbox = self.context.records.sandbox(&self.name);
                let logins = Logins::read(&sandbox);
                // The login is the engine's affair, not the container's.
                let _ = std::fs::remove_file(sandbox.join(LOGIN));
                match inside.start(&info, &image, force, &logins).await {
                    Ok(true) => {}
                    Ok(false) => {
                        inside.undo().await;
                        return self.end(Some(record), killed_early());
                    }
                    Err(message) => {
                        inside.undo().await;
                        return self.end(Some(record), failed_start(message));
                    }
                }
                // The container has its own copy.
                self.context.records.empty(&self.name);
                self.runs(
                    &mut record,
                    format!("container {} of the image {image}", container::name(&self.name)),
                );
                let end = inside.see(record.amount()).await;
                self.end(Some(record), end);
            }
            _ => self.run_process(info, record).await,
        }
    }

    /// Takes over a task that a former controller has started.
    pub(crate) async fn adopt(self, mut record: Record) {
        if let Some(engine) = record.engine.clone() {
            let engine = match engine.parse() {
                Ok(address) => Engine::new(address),
                Err(error) => {
                    return self.end(
                        Some(record),
                        failed(format!("its engine is not known any more: {error}")),
                    );
                }
            };
            let inside = Inside::new(&self, engine);
            let seen = tokio::select! {
                seen = inside.look_patiently() => seen,
                () = self.stopped() => Seen::Unstarted,
            };
            let end = match seen {
                // It may have been about to be made when the controller ended.
                seen if seen == Seen::Unstarted || (seen == Seen::Gone && !record.ran) => {
                    inside.remove().await;
                    if self.is_stopped() { killed() } else { left() }
                }
                _ => {
                    if !record.ran {
                        self.runs(
                            &mut record,
                            "found again after a restart of the controller".to_owned(),
                        );
                    }
                    inside.see(record.amount()).await
                }
            };
            return self.end(Some(record), end);
        }
        let Some(identity) = record.process.clone() else {
            return self.end(Some(record), left());
        };
        let group = Group::of(self.context.records.cluster(), &self.name);
        let mut tree = Tree::found(identity, self.context.records.sandbox(&self.name), group);
        if !record.ran && tree.poll().is_none() {
            self.runs(
                &mut record,
                "found again after a restart of the controller".to_owned(),
            );
        }
        self.see_process(tree, record).await;
    }

    async fn run_process(self, info: TaskInfo, record: Record) {
        let command = info.command.unwrap_or_default();
        let (records, name) = (self.context.records.clone(), self.name.clone());
        let detach = self.context.detach;
        // Not to be broken off: a process that was started must be known.
        let started = spawn_blocking(move || {
            let sandbox = records.sandbox(&name);
            let user = user::other(command.user.as_deref().unwrap_or_default())?;
            if let Some(user) = &user {
                sandbox::give(&sandbox, user)
                    .map_err(|error| format!("the sandbox cannot be given to {}: {error}", user.name))?;
            }
            let mut record = record;
            let program = Program {
                task: &name,
                command: &command,
                sandbox: &sandbox,
                user: user.as_ref(),
                amount: record.amount(),
                detach,
            };
            let tree = Tree::start(&program, Group::of(records.cluster(), &name), |identity| {
                record.process = Some(identity.clone());
                records.write(&name, &record)
            })?;
            Ok((tree, record))
        });
        match started.await {
            Ok(Ok((tree, mut record))) => {
                self.runs(&mut record, "processes on this machine".to_owned());
                self.see_process(tree, record).await;
            }
            Ok(Err(message)) => self.end(None, failed_start(message)),
            Err(error) => self.end(
                None,
                failed_start(format!("internal error ({error}): please report it")),
            ),
        }
    }

    async fn see_process(self, mut tree: Tree, record: Record) {
        let exit = loop {
            if let Some(exit) = tree.poll() {
                break Some(exit);
            }
            tokio::select! {
                () = sleep(LOOK) => {}
                () = self.stopped() => break None,
            }
        };
        if exit.is_none() {
            tree.terminate();
            let mut stop = self.stop.clone();
            let mut grace = stop.borrow().unwrap_or_default();
            let ended = async {
                while tree.poll().is_none() {
                    sleep(LOOK).await;
                }
            };
            tokio::pin!(ended);
            loop {
                tokio::select! {
                    () = &mut ended => break,
                    () = sleep(grace) => break,
                    // Told again, perhaps with less patience.
                    Ok(()) = stop.changed() => grace = stop.borrow().unwrap_or_default().min(grace),
                }
            }
        }
        let memory = tree.ran_out_of_memory();
        while !tree.kill() {
            sleep(KILL_AGAIN).await;
        }
        let mut tries = 0;
        while !tree.tidy() && tries < TIDY {
            tries += 1;
            sleep(KILL_AGAIN).await;
        }
        let end = match exit {
            None => killed(),
            Some(_) if memory => out_of_memory(record.amount().mem.whole()),
            Some(exit) => {
                let sandbox = self.context.records.sandbox(&self.name);
                ended(
                    exit,
                    &last_lines(&std::fs::read(sandbox.join("stderr")).unwrap_or_default()),
                )
            }
        };
        self.end(Some(record), end);
    }

    fn runs(&self, record: &mut Record, message: String) {
        record.ran = true;
        self.keep(record);
        self.tell(News::Running(message));
    }

    fn keep(&self, record: &Record) {
        if let Err(error) = self.context.records.write(&self.name, record) {
            tracing::warn!(
                "{} cannot be written down: {error}: check the disk of the controller",
                self.name
            );
        }
    }

    /// Nothing is left but what was written down.
    fn end(&self, record: Option<Record>, end: End) {
        if let Some(mut record) = record {
            record.set_end(&end);
            self.context.records.empty(&self.name);
            self.keep(&record);
        }
        self.tell(News::Ended(end));
    }
}

pub(crate) fn failed(message: String) -> End {
    End {
        state: TaskState::TaskFailed,
        reason: None,
        message,
    }
}

fn failed_start(message: String) -> End {
    End {
        reason: Some(task_status::Reason::ContainerLaunchFailed),
        ..failed(message)
    }
}

/// Begun by a controller that ended before the task ran.
fn left() -> End {
    failed_start("the controller ended while the task was being started".to_owned())
}

pub(crate) fn killed() -> End {
    End {
        state: TaskState::TaskKilled,
        reason: None,
        message: "killed as asked".to_owned(),
    }
}

fn killed_early() -> End {
    End {
        reason: Some(task_status::Reason::TaskKilledDuringLaunch),
        ..killed()
    }
}

pub(crate) fn out_of_memory(mb: i64) -> End {
    End {
        state: TaskState::TaskFailed,
        reason: Some(task_status::Reason::ContainerLimitationMemory),
        // The core adds the cure.
        message: format!("the kernel ended a process of it: its {mb} MB were used up"),
    }
}

fn ended(exit: Exit, lines: &str) -> End {
    match exit {
        Exit::Status(0) => End {
            state: TaskState::TaskFinished,
            ..failed("the command has ended with status 0".to_owned())
        },
        Exit::Status(137) => failed(
            "the command was killed by signal 9, not by the plugin: by a person, or by the kernel for want of memory"
                .to_owned(),
        ),
        Exit::Status(code @ 129..=192) => {
            failed(format!("the command was ended by signal {}, not by the plugin{lines}", code - 128))
        }
        Exit::Status(code) => failed(format!("the command has ended with status {code}{lines}")),
        Exit::Unseen => failed(
            "its processes are gone: they were killed from outside, or this machine has been restarted".to_owned(),
        ),
    }
}

/// The last lines of what a program wrote, for a message: with `: ` before them, or nothing.
pub(crate) fn last_lines(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let last: Vec<&str> = lines.iter().rev().take(3).rev().copied().collect();
    let joined = last.join(" / ");
    let length = joined.chars().count();
    let end: String = joined.chars().skip(length.saturating_sub(400)).collect();
    if end.is_empty() { end } else { format!(": {end}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_told_in_words() {
        assert_eq!(ended(Exit::Status(0), "").state, TaskState::TaskFinished);
        assert!(
            ended(Exit::Status(127), ": java: not found")
                .message
                .ends_with("status 127: java: not found")
        );
        assert!(ended(Exit::Status(143), "").message.contains("signal 15"));
        assert!(ended(Exit::Status(137), "").message.contains("want of memory"));
        assert_eq!(last_lines(b"a\n\nb\nc\nd\n"), ": b / c / d");
        assert_eq!(last_lines(b"\n"), "");
    }
}
