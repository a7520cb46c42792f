//! The embedded cluster: the state machine of [`master`](crate::master) with a runner for each task.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mesos_core::local::{DockerSource, LocalSource};
use mesos_core::{Amount, Time};
use mesos_wire::{Call, Event, call};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{Instant, sleep, sleep_until};

use crate::cgroup::Group;
use crate::engine::Engine;
use crate::inside;
use crate::machine;
use crate::master::{Effect, Found, Master, Taken};
use crate::records::{Record, Records};
use crate::runner::{Context, News, Runner};
use crate::sandbox::Fetch;
use crate::spawn::Detach;

/// So many tasks fetch their files at once: they come from the controller itself.
const FETCHES: usize = 8;
/// So many containers are started at once.
const STARTS: usize = 6;
/// How often an engine in use is asked whether it is well.
const LOOK: Duration = Duration::from_secs(5);
/// How often it is looked which ports of this machine are in use.
const PORTS: Duration = Duration::from_secs(5);
/// A TEARDOWN is answered when all tasks are gone, or after this: the shell waits for five seconds.
const TEARDOWN: Duration = Duration::from_millis(4500);
/// For the cluster before this one in its folder to end.
const TURN: Duration = Duration::from_secs(10);

/// What an embedded cluster needs.
pub struct Settings {
    /// How much of this machine, and which engine.
    pub source: LocalSource,
    /// The cloud's state folder; the cluster has `local` in it. Only one cluster may use it at a time.
    pub folder: PathBuf,
    /// Gets the files of tasks.
    pub fetch: Arc<dyn Fetch>,
    /// How processes are started so that they outlive this one.
    pub detach: Detach,
    /// Hears what a person should know: an engine that went away, or came back.
    pub troubles: mpsc::UnboundedSender<String>,
}

/// A running cluster. Dropping it ends it, but not its tasks: the next one in that folder takes them over.
#[derive(Debug)]
pub struct Cluster {
    commands: mpsc::UnboundedSender<Command>,
}

#[derive(Debug)]
enum Command {
    Subscribe {
        call: Box<Call>,
        answer: oneshot::Sender<Result<mpsc::UnboundedReceiver<Event>, String>>,
    },
    Call {
        call: Box<Call>,
        answer: oneshot::Sender<Result<(), String>>,
    },
    EndAll {
        answer: oneshot::Sender<Result<(), String>>,
    },
}

const ENDED: &str = "the embedded cluster has ended";

impl Cluster {
    /// Starts a cluster on the current runtime.
    #[must_use]
    pub fn start(settings: Settings) -> Self {
        let (commands, inbox) = mpsc::unbounded_channel();
        drop(tokio::spawn(serve(settings, inbox)));
        Self { commands }
    }

    /// Whether a cluster has left tasks in this state folder.
    #[must_use]
    pub fn is_used(folder: &std::path::Path) -> bool {
        Records::is_used(folder)
    }

    /// Another handle to it; the cluster ends with the last one.
    #[must_use]
    pub fn handle(&self) -> Self {
        Self {
            commands: self.commands.clone(),
        }
    }

    /// Opens the stream of events; a stream before this one ends.
    ///
    /// # Errors
    /// What is wrong with the folder or the call.
    pub async fn subscribe(&self, call: Call) -> Result<mpsc::UnboundedReceiver<Event>, String> {
        let (answer, result) = oneshot::channel();
        let call = Box::new(call);
        self.send(Command::Subscribe { call, answer })?;
        result.await.unwrap_or_else(|_| Err(ENDED.to_owned()))
    }

    /// Any other call; TEARDOWN is answered when nothing is left, but after five seconds at most.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn call(&self, call: Call) -> Result<(), String> {
        let (answer, result) = oneshot::channel();
        let call = Box::new(call);
        self.send(Command::Call { call, answer })?;
        result.await.unwrap_or_else(|_| Err(ENDED.to_owned()))
    }

    /// Ends all tasks that are there, and returns when nothing of them is left.
    ///
    /// # Errors
    /// What is wrong with the folder.
    pub async fn end_all(&self) -> Result<(), String> {
        let (answer, result) = oneshot::channel();
        self.send(Command::EndAll { answer })?;
        result.await.unwrap_or_else(|_| Err(ENDED.to_owned()))
    }

    fn send(&self, command: Command) -> Result<(), String> {
        self.commands.send(command).map_err(|_| ENDED.to_owned())
    }
}

/// Someone who waits until all tasks are gone.
struct Waiting {
    answer: oneshot::Sender<Result<(), String>>,
    until: Option<Instant>,
}

/// The cluster once its folder is open.
struct Open {
    master: Master,
    context: Arc<Context>,
    news: mpsc::UnboundedReceiver<(String, News)>,
    stops: BTreeMap<String, watch::Sender<Option<Duration>>>,
    /// Which tasks there are, and whether they are containers.
    kinds: BTreeMap<String, bool>,
    runners: JoinSet<()>,
    /// They end with the cluster.
    _helpers: JoinSet<()>,
    /// How many containers there are.
    containers: watch::Sender<usize>,
    stream: Option<mpsc::UnboundedSender<Event>>,
    closing: bool,
    waiting: Vec<Waiting>,
    begin: Instant,
    /// When the ports are looked at again; never where containers have those of another machine.
    ports: Option<Instant>,
}

async fn serve(settings: Settings, mut inbox: mpsc::UnboundedReceiver<Command>) {
    let mut open: Option<Open> = None;
    loop {
        let command = match &mut open {
            None => inbox.recv().await,
            Some(open) => {
                let due = open.due();
                tokio::select! {
                    command = inbox.recv() => command,
                    Some((task, news)) = open.news.recv() => {
                        open.hear(&task, news);
                        continue;
                    }
                    // Nothing is to be heard of their ends, but they are to be let go.
                    Some(_) = open.runners.join_next() => continue,
                    () = until(due) => {
                        open.tick();
                        continue;
                    }
                }
            }
        };
        let Some(command) = command else { return };
        if open.is_none() {
            match Open::new(&settings).await {
                Ok(new) => open = Some(new),
                Err(message) => {
                    command.refuse(message);
                    continue;
                }
            }
        }
        if let Some(open) = &mut open {
            open.take(command);
        }
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

impl Command {
    fn refuse(self, message: String) {
        // Whoever does not wait for the answer any more does not need it.
        match self {
            Command::Subscribe { answer, .. } => drop(answer.send(Err(message))),
            Command::Call { answer, .. } | Command::EndAll { answer } => drop(answer.send(Err(message))),
        }
    }
}

impl Open {
    async fn new(settings: &Settings) -> Result<Self, String> {
        let (folder, source) = (settings.folder.clone(), settings.source.clone());
        let until = Instant::now() + TURN;
        let opened = loop {
            let (folder, source) = (folder.clone(), source.clone());
            let opened = spawn_blocking(move || {
                let records = Records::open(&folder)?;
                let all = records.all()?;
                let lives = |task: &str| {
                    all.iter()
                        .any(|(name, record)| name == task && record.end().is_none())
                };
                Group::sweep(records.cluster(), lives);
                Ok::<_, std::io::Error>((records, all, machine::look(&source, &folder)))
            });
            match opened.await {
                // The cluster before this one is still letting go of what it does.
                Ok(Err(error))
                    if error.kind() == std::io::ErrorKind::WouldBlock && Instant::now() < until =>
                {
                    sleep(Duration::from_millis(50)).await;
                }
                opened => break opened,
            }
        };
        let (records, all, whole) = opened
            .map_err(|error| format!("internal error ({error}): please report it"))?
            .map_err(|error| {
                format!(
                    "the folder of the embedded cluster cannot be used ({error}): check {}",
                    settings.folder.display()
                )
            })?;
        let engine = match Engine::of(&settings.source.docker) {
            Ok(Some(engine)) => Ok(engine),
            Ok(None) => Err(
                "Mesos master says docker=none: take that out, or the container out of the template".into(),
            ),
            Err(message) => Err(message),
        };
        let here = engine.as_ref().is_ok_and(|engine| engine.address().is_here());
        let (news_sender, news) = mpsc::unbounded_channel();
        let (containers, count) = watch::channel(0);
        let cluster = records.cluster().to_owned();
        let context = Arc::new(Context {
            records,
            engine,
            fetch: Arc::clone(&settings.fetch),
            detach: settings.detach,
            fetches: Semaphore::new(FETCHES),
            starts: Semaphore::new(STARTS),
            news: news_sender,
        });
        let mut helpers = JoinSet::new();
        if let Ok(engine) = &context.engine {
            let always = matches!(settings.source.docker, DockerSource::At(_));
            helpers.spawn(watch_engine(
                engine.clone(),
                always,
                count,
                settings.troubles.clone(),
            ));
            let (engine, records) = (engine.clone(), context.records.clone());
            helpers.spawn(async move { inside::sweep(&engine, &cluster, |task| records.has(task)).await });
        }
        let incarnation = RandomState::new().build_hasher().finish();
        tracing::info!(
            "this machine stands for a cluster: {} CPUs, {} MB",
            whole.amount.cpus,
            whole.amount.mem
        );
        let mut open = Self {
            master: Master::new(whole, incarnation),
            context,
            news,
            stops: BTreeMap::new(),
            kinds: BTreeMap::new(),
            runners: JoinSet::new(),
            _helpers: helpers,
            containers,
            stream: None,
            closing: false,
            waiting: Vec::new(),
            begin: Instant::now(),
            ports: here.then(Instant::now),
        };
        open.note_ports();
        for (name, record) in all {
            open.restore(name, record);
        }
        Ok(open)
    }

    fn restore(&mut self, name: String, record: Record) {
        self.master.restore(Found {
            name: name.clone(),
            amount: record.amount(),
            ports: record.ports.clone(),
            ran: record.ran,
        });
        match record.end() {
            Some(end) => {
                let now = self.now();
                self.master.ended(&name, end, now);
            }
            None => {
                tracing::info!("{name} is taken over from the last controller");
                let runner = self.runner(&name, record.engine.is_some());
                self.runners.spawn(runner.adopt(record));
            }
        }
    }

    fn runner(&mut self, name: &str, container: bool) -> Runner {
        let (stop, stopped) = watch::channel(None);
        self.stops.insert(name.to_owned(), stop);
        self.kinds.insert(name.to_owned(), container);
        self.count();
        Runner {
            context: Arc::clone(&self.context),
            name: name.to_owned(),
            stop: stopped,
        }
    }

    fn count(&self) {
        let count = self.kinds.values().filter(|container| **container).count();
        self.containers.send_replace(count);
    }

    fn now(&self) -> Time {
        Time::from_millis(u64::try_from(self.begin.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    fn due(&self) -> Option<Instant> {
        let master = self.master.poll_timeout().and_then(|time| {
            self.begin
                .checked_add(Duration::from_millis(time.as_millis() + 1))
        });
        let waiting = self.waiting.iter().filter_map(|waiting| waiting.until);
        let ports = self.ports.filter(|_| self.stream.is_some());
        waiting.chain(master).chain(ports).min()
    }

    /// The ports in use; reading them costs well below a millisecond.
    fn look_at_ports(&mut self) -> Option<Taken> {
        self.ports.as_mut().map(|next| {
            *next = Instant::now() + PORTS;
            machine::ports_in_use()
        })
    }

    fn note_ports(&mut self) {
        if let Some(in_use) = self.look_at_ports() {
            self.master.note_ports(in_use);
        }
    }

    fn tick(&mut self) {
        let now = self.now();
        if self.ports.is_some_and(|next| next <= Instant::now())
            && let Some(in_use) = self.look_at_ports()
        {
            self.master.handle_ports(in_use, now);
        }
        self.master.handle_timeout(now);
        self.settle();
    }

    fn take(&mut self, command: Command) {
        let now = self.now();
        match command {
            Command::Subscribe { call, answer } => {
                let (sender, receiver) = mpsc::unbounded_channel();
                self.stream = Some(sender);
                self.closing = false;
                let result = self.master.handle_call(*call, now).map(|()| receiver);
                if answer.send(result).is_err() {
                    self.stream = None;
                    self.master.disconnected();
                }
            }
            Command::Call { call, answer } => {
                if call.r#type() == call::Type::Accept {
                    self.note_ports();
                }
                let teardown = call.r#type() == call::Type::Teardown;
                let result = self.master.handle_call(*call, now);
                if teardown && result.is_ok() {
                    self.waiting.push(Waiting {
                        answer,
                        until: Some(Instant::now() + TEARDOWN),
                    });
                } else if answer.send(result).is_err() {
                    tracing::debug!("nobody waits for the answer to a call");
                }
            }
            Command::EndAll { answer } => {
                self.master.teardown();
                self.waiting.push(Waiting { answer, until: None });
            }
        }
        self.settle();
    }

    fn hear(&mut self, task: &str, news: News) {
        let now = self.now();
        match news {
            News::Progress(message) => {
                tracing::debug!("{task}: {message}");
                self.master.progress(task, &message);
            }
            News::Running(message) => self.master.running(task, &message, now),
            News::Ended(end) => {
                self.stops.remove(task);
                self.kinds.remove(task);
                self.count();
                // Its own are free again.
                self.note_ports();
                self.master.ended(task, end, now);
            }
        }
        self.settle();
    }

    /// Does what the state machine says, and answers who waits.
    fn settle(&mut self) {
        while let Some(effect) = self.master.poll_effect() {
            match effect {
                Effect::Event(event) => {
                    let gone = self
                        .stream
                        .as_ref()
                        .is_some_and(|stream| stream.send(*event).is_err());
                    if gone {
                        self.stream = None;
                        self.master.disconnected();
                    }
                }
                Effect::Launch(info) => {
                    let name = info.task_id.value.clone();
                    let runner = self.runner(&name, crate::container::image(&info).is_some());
                    self.runners.spawn(runner.launch(*info));
                }
                Effect::Kill { task, grace } => {
                    if let Some(stop) = self.stops.get(&task) {
                        stop.send_if_modified(|old| {
                            let less = old.is_none_or(|old| grace < old);
                            if less {
                                *old = Some(grace);
                            }
                            less
                        });
                    }
                }
                Effect::Forget { task } => self.context.records.forget(&task),
                Effect::Close => self.closing = true,
            }
        }
        let now = Instant::now();
        let free = !self.master.is_busy();
        for waiting in std::mem::take(&mut self.waiting) {
            if free || waiting.until.is_some_and(|until| until <= now) {
                // Whoever does not wait any more does not need it.
                drop(waiting.answer.send(Ok(())));
            } else {
                self.waiting.push(waiting);
            }
        }
        // After the answer: who tears down does not want to hear of a broken stream.
        if self.closing && self.waiting.is_empty() {
            self.stream = None;
            self.closing = false;
        }
    }
}

/// Tells when an engine in use goes away, and when it is back.
async fn watch_engine(
    engine: Engine,
    always: bool,
    mut containers: watch::Receiver<usize>,
    troubles: mpsc::UnboundedSender<String>,
) {
    let mut away: Option<Instant> = None;
    loop {
        if !always && containers.wait_for(|count| *count > 0).await.is_err() {
            return;
        }
        match (engine.ping().await, away) {
            (Ok(()), Some(since)) => {
                away = None;
                let seconds = since.elapsed().as_secs();
                tell(
                    &troubles,
                    format!(
                        "the Docker engine at {} answers again, after {seconds} s",
                        engine.address()
                    ),
                );
            }
            (Err(error), None) => {
                away = Some(Instant::now());
                tell(&troubles, error.to_string());
            }
            (Ok(()), None) | (Err(_), Some(_)) => {}
        }
        sleep(LOOK).await;
    }
}

fn tell(troubles: &mpsc::UnboundedSender<String>, message: String) {
    if troubles.send(message).is_err() {
        tracing::debug!("nobody hears of the Docker engine any more");
    }
}

/// What this machine gives.
#[must_use]
pub fn whole(source: &LocalSource, folder: &std::path::Path) -> Amount {
    machine::look(source, folder).amount
}

#[cfg(test)]
#[path = "cluster_tests.rs"]
mod tests;
