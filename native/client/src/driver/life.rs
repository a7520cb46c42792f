//! One life of the driver: from opening the store to closing it, or to the failure that ends it.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use mesos_core::local::LocalSource;
use mesos_core::master::MasterSource;
use mesos_core::{Config, Framework, Leader, Notice, Restored, Start, SubmitError, Text};
use mesos_local::{Cluster, Settings};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::streams::{StreamInbox, StreamNews, Streams, call_error};
use super::{CLOSE_TIMEOUT, Command, Driver, Exit, user};
use crate::connect::Connector;
use crate::detector::Detector;
use crate::events::unix_millis;
use crate::fetch::Fetcher;
use crate::store::{Store, StoreEvent};

/// The status is published at most this often while somebody looks at it.
const PUBLISH: Duration = Duration::from_millis(50);
/// And while nobody does: with thousands of agents a picture costs more than the rest of the driver.
const PUBLISH_UNSEEN: Duration = Duration::from_secs(1);
/// How often the core is told the time of day.
const WALL_CLOCK: Duration = Duration::from_secs(60);
/// A timer of the core that is due again and again does not take a processor for itself.
const LEAST_WAIT: Duration = Duration::from_millis(1);

/// The most inputs after the first whose outputs are done together.
const TOGETHER: usize = 255;

/// The parts that last for one life.
struct Parts {
    framework: Framework,
    streams: Streams,
    detector: Option<Detector>,
    leaders: mpsc::UnboundedReceiver<Leader>,
    /// What a person should know of the embedded cluster.
    troubles: mpsc::UnboundedReceiver<String>,
    published: Option<Instant>,
    publish_due: Option<Instant>,
    teardown_until: Option<Instant>,
    wall_clock_due: Instant,
}

enum Input {
    Command(Option<Command>),
    Leader(Leader),
    News(mesos_core::AttemptId, StreamNews),
    Outcome(crate::calls::CallOutcome),
    Store(Option<StoreEvent>),
    LocalTrouble(String),
    Timer,
}

impl Driver {
    /// Serves until the cloud is closed or something fails.
    pub(super) async fn live(&mut self) -> Exit {
        let (store_events, mut store_inbox) = mpsc::unbounded_channel();
        match Store::start(
            self.folder.clone(),
            self.config.framework_id.clone(),
            store_events,
        ) {
            Ok(store) => self.store = Some(store),
            Err(error) => {
                return Exit::Failed {
                    subject: "ledger",
                    message: format!("no thread for the cloud's state: {error}"),
                };
            }
        }
        let restored = match self.opened(&mut store_inbox).await {
            Ok(restored) => restored,
            Err(exit) => return exit,
        };
        self.last_trouble = None;
        let (streams, mut inbox) = Streams::new(self.connector.clone());
        let mut parts = self.start(restored, streams);
        self.after_step(&mut parts);
        loop {
            if let Some(exit) = self.closed(&mut parts).await {
                return exit;
            }
            let input = match self.backlog.pop_front() {
                Some(command) => Input::Command(Some(command)),
                None => self.next_input(&mut parts, &mut inbox, &mut store_inbox).await,
            };
            if let Err(exit) = self.step(&mut parts, input) {
                return exit;
            }
            // What is there already goes into the same transaction and the same piece of calls.
            for _ in 0..TOGETHER {
                let Some(input) = self.ready_input(&mut parts, &mut inbox, &mut store_inbox) else {
                    break;
                };
                if let Err(exit) = self.step(&mut parts, input) {
                    return exit;
                }
            }
            self.after_step(&mut parts);
        }
    }

    /// An input that does not have to be waited for. None once closing was asked for: that goes step by step.
    fn ready_input(
        &mut self,
        parts: &mut Parts,
        inbox: &mut StreamInbox,
        store: &mut mpsc::UnboundedReceiver<StoreEvent>,
    ) -> Option<Input> {
        if self.closing.is_some() || !self.backlog.is_empty() {
            return None;
        }
        let command = |command| Input::Command(Some(command));
        let news = |(attempt, news)| Input::News(attempt, news);
        let store_event = |event| Input::Store(Some(event));
        // The ends of channels are for who waits for them.
        (self.commands.try_recv().map(command))
            .or_else(|_| parts.leaders.try_recv().map(Input::Leader))
            .or_else(|_| inbox.news.try_recv().map(news))
            .or_else(|_| inbox.outcomes.try_recv().map(Input::Outcome))
            .or_else(|_| store.try_recv().map(store_event))
            .ok()
    }

    /// Waits for the store to be open, and keeps the commands that come meanwhile.
    async fn opened(&mut self, inbox: &mut mpsc::UnboundedReceiver<StoreEvent>) -> Result<Restored, Exit> {
        loop {
            let event = tokio::select! {
                event = inbox.recv() => event,
                command = self.commands.recv(), if self.closing.is_none() => {
                    self.keep_for_later(command);
                    continue;
                }
            };
            let message = match event {
                Some(StoreEvent::Opened { restored, trouble }) => {
                    if let Some(message) = trouble {
                        tracing::error!("{message}");
                        self.shared.events.push(Notice::Trouble {
                            subject: "ledger".to_owned(),
                            message,
                        });
                    }
                    return Ok(restored);
                }
                Some(StoreEvent::OpenFailed(error)) => error.to_string(),
                Some(StoreEvent::Broken(message)) => message,
                Some(StoreEvent::Persisted { .. }) => continue,
                None => "the thread for the cloud's state has ended".to_owned(),
            };
            return Err(Exit::Failed {
                subject: "ledger",
                message,
            });
        }
    }

    fn start(&mut self, restored: Restored, streams: Streams) -> Parts {
        let now = self.clock.now();
        let start = Start {
            now,
            unix_millis: unix_millis(),
            seed: RandomState::new().build_hasher().finish(),
        };
        let mut config = complete(self.config.clone());
        config.owned = self.names.iter().map(Text::to_string).collect();
        let framework = Framework::new(config, restored, start);
        let mut parts = Parts {
            framework,
            streams,
            detector: None,
            leaders: mpsc::unbounded_channel().1,
            troubles: mpsc::unbounded_channel().1,
            published: None,
            publish_due: None,
            teardown_until: None,
            wall_clock_due: Instant::now() + WALL_CLOCK,
        };
        self.detect(&mut parts);
        parts
    }

    /// Looks for the master that is configured now.
    fn detect(&self, parts: &mut Parts) {
        // With its channel go the reports of the detector before, which are of another master.
        let (leaders, inbox) = mpsc::unbounded_channel();
        parts.leaders = inbox;
        parts.detector = None;
        let source = self.config.master.parse::<MasterSource>();
        let (local, troubles) = self.embedded(source.as_ref().ok());
        parts.streams.serve_by(local);
        parts.troubles = troubles;
        match source {
            Ok(source) => {
                tracing::info!("looking for the leading master: {source}");
                parts.detector = Some(Detector::start(source, leaders));
            }
            Err(error) => parts
                .framework
                .handle_leader(Leader::Unreachable(error.to_string()), self.clock.now()),
        }
    }

    /// The cluster within this process, if it is to take a master's place. If not, what it has left from before is ended.
    fn embedded(&self, source: Option<&MasterSource>) -> (Option<Cluster>, mpsc::UnboundedReceiver<String>) {
        let (troubles, inbox) = mpsc::unbounded_channel();
        let settings = |source: LocalSource| Settings {
            source,
            folder: self.folder.clone(),
            fetch: Arc::new(Fetcher::new(self.connector.clone())),
            detach: self.detach,
            troubles,
        };
        match source {
            Some(MasterSource::Local(source)) => (Some(Cluster::start(settings(source.clone()))), inbox),
            Some(_) if Cluster::is_used(&self.folder) => {
                let cluster = Cluster::start(settings(LocalSource::default()));
                drop(tokio::spawn(async move {
                    tracing::info!("ends the tasks of the embedded cluster, which is not used any more");
                    if let Err(message) = cluster.end_all().await {
                        tracing::warn!("the tasks of the embedded cluster cannot be ended: {message}");
                    }
                }));
                (None, inbox)
            }
            _ => (None, inbox),
        }
    }

    async fn next_input(
        &mut self,
        parts: &mut Parts,
        inbox: &mut StreamInbox,
        store: &mut mpsc::UnboundedReceiver<StoreEvent>,
    ) -> Input {
        let due = parts
            .framework
            .poll_timeout()
            .and_then(|time| self.clock.instant(time));
        let wake = [
            due,
            parts.publish_due,
            parts.teardown_until,
            parts.streams.held_until(),
        ]
        .into_iter()
        .flatten()
        .fold(parts.wall_clock_due, Instant::min)
        .max(Instant::now() + LEAST_WAIT);
        tokio::select! {
            command = self.commands.recv(), if self.closing.is_none() => Input::Command(command),
            Some(leader) = parts.leaders.recv() => Input::Leader(leader),
            Some((attempt, news)) = inbox.news.recv() => Input::News(attempt, news),
            Some(outcome) = inbox.outcomes.recv() => Input::Outcome(outcome),
            event = store.recv() => Input::Store(event),
            Some(message) = parts.troubles.recv() => Input::LocalTrouble(message),
            () = sleep_until(wake) => Input::Timer,
        }
    }

    fn step(&mut self, parts: &mut Parts, input: Input) -> Result<(), Exit> {
        let now = self.clock.now();
        let framework = &mut parts.framework;
        match input {
            Input::Command(command) => self.command(parts, command),
            Input::Leader(leader) => {
                let leader = match leader {
                    Leader::Found(master) => Leader::Found(self.config.spoken_to(master)),
                    other => other,
                };
                tracing::debug!("leading master: {leader:?}");
                framework.handle_leader(leader, now);
            }
            Input::News(attempt, news) if parts.streams.is_wanted(attempt) => match news {
                StreamNews::Opened { stream_id } => parts.streams.opened(attempt, stream_id),
                StreamNews::Event(event) => {
                    tracing::trace!("event {:?}", event.r#type());
                    framework.handle_event(attempt, *event, now);
                }
                StreamNews::Ended(end) => parts.streams.ended(attempt, end),
            },
            Input::Outcome(outcome) if parts.streams.is_wanted(outcome.attempt) => {
                let left = parts.streams.answered(outcome.attempt);
                if parts.teardown_until.is_some() && left == 0 && outcome.result.is_ok() {
                    // The master closes the stream of a framework that is torn down; there is nothing to connect to.
                    parts.streams.forget_end();
                }
                let result = outcome.result.map_err(|failure| {
                    tracing::warn!("{failure}");
                    call_error(failure)
                });
                framework.handle_call_result(outcome.id, result, now);
            }
            // Given up meanwhile.
            Input::News(..) | Input::Outcome(_) => {}
            Input::Store(Some(StoreEvent::Persisted { id, result })) => {
                if let Err(message) = &result {
                    tracing::error!("{message}");
                }
                framework.handle_persisted(id, result, now);
            }
            Input::Store(Some(StoreEvent::Broken(message))) => {
                return Err(Exit::Failed {
                    subject: "ledger",
                    message,
                });
            }
            Input::Store(Some(StoreEvent::Opened { .. } | StoreEvent::OpenFailed(_)) | None) => {
                let message = "the thread for the cloud's state has ended".to_owned();
                return Err(Exit::Failed {
                    subject: "ledger",
                    message,
                });
            }
            Input::LocalTrouble(message) => {
                tracing::warn!("{message}");
                self.shared.events.push(Notice::Trouble {
                    subject: "docker".to_owned(),
                    message,
                });
            }
            Input::Timer => {
                if Instant::now() >= parts.wall_clock_due {
                    parts.wall_clock_due = Instant::now() + WALL_CLOCK;
                    framework.handle_wall_clock(unix_millis(), now);
                }
                framework.handle_timeout(now);
            }
        }
        if let Some((attempt, end)) = parts.streams.due_end() {
            parts.framework.handle_stream_end(attempt, end, now);
        }
        Ok(())
    }

    fn command(&mut self, parts: &mut Parts, command: Option<Command>) {
        let now = self.clock.now();
        match command {
            Some(Command::Submit(request)) => {
                let name = request.name.clone();
                let known = !self.names.insert(name.clone());
                match parts.framework.submit(request, now) {
                    Ok(()) => {}
                    Err(error @ SubmitError::Duplicate(_)) => {
                        let message = error.to_string();
                        tracing::warn!("{message}");
                        self.shared.events.push(Notice::Trouble {
                            subject: "request".to_owned(),
                            message,
                        });
                    }
                    Err(error) => {
                        if !known {
                            self.names.remove(&name);
                        }
                        tracing::warn!("{error}");
                        self.shared.events.push(Notice::Ended {
                            name: name.to_string(),
                            state: "REFUSED".to_owned(),
                            reason: None,
                            message: Some(error.to_string()),
                            requested: false,
                            again: false,
                            sandbox: None,
                        });
                    }
                }
            }
            Some(Command::Release(release)) => parts.framework.release(release, now),
            Some(Command::Reconfigure(config)) => {
                self.now_owned(&config);
                let moved = config.master.trim() != self.config.master.trim()
                    || config.ca_file.trim().is_empty() != self.config.ca_file.trim().is_empty();
                self.config = *config;
                self.connector = Connector::of(&self.config);
                parts.streams.connect_by(self.connector.clone());
                parts.framework.reconfigure(complete(self.config.clone()), now);
                if moved {
                    self.detect(parts);
                }
            }
            // The step after it does that.
            Some(Command::Publish) => {}
            Some(Command::TellSeen) => self.shared.cluster.saw_offers(parts.framework.seen_agents()),
            Some(Command::Close { teardown }) => self.closing = Some(teardown),
            None => self.closing = Some(false),
            #[cfg(test)]
            Some(Command::Panic) => panic!("a bug for the test"),
        }
    }

    fn after_step(&mut self, parts: &mut Parts) {
        self.drain(&mut parts.framework, &mut parts.streams);
        let now = Instant::now();
        let pause = match self.shared.snapshot.is_seen() {
            true => PUBLISH,
            false => PUBLISH_UNSEEN,
        };
        match parts.published {
            Some(last) if now < last + pause => parts.publish_due = Some(last + pause),
            _ => {
                self.shared
                    .snapshot
                    .publish(parts.framework.status(self.clock.now()));
                parts.published = Some(now);
                parts.publish_due = None;
            }
        }
    }

    /// Carries closing on; the life ends when it is done.
    async fn closed(&mut self, parts: &mut Parts) -> Option<Exit> {
        // What was asked for before closing is done before.
        if !self.backlog.is_empty() {
            return None;
        }
        if self.closing? {
            match parts.teardown_until {
                None => {
                    tracing::info!("tearing the framework down, with all its tasks");
                    parts.teardown_until = Some(Instant::now() + CLOSE_TIMEOUT);
                    parts.framework.teardown(self.clock.now());
                    self.after_step(parts);
                    if !parts.framework.is_torn_down() {
                        return None;
                    }
                }
                Some(_) if parts.framework.is_torn_down() => {}
                Some(end) if Instant::now() < end => return None,
                Some(_) => {
                    let status = parts.framework.status(self.clock.now());
                    if let Some(id) = status.connection.framework_id {
                        tracing::warn!(
                            "no master took the teardown of framework {id} within {} s: its tasks go on until its \
                             failover timeout; end it with POST /master/teardown, frameworkId={id}",
                            CLOSE_TIMEOUT.as_secs()
                        );
                    }
                }
            }
        }
        parts.detector = None;
        self.drain(&mut parts.framework, &mut parts.streams);
        self.shared
            .snapshot
            .publish(parts.framework.status(self.clock.now()));
        Some(Exit::Closed)
    }
}

/// Fills in what is of this process.
fn complete(mut config: Config) -> Config {
    if config.user.trim().is_empty() {
        config.user = user::of_this_process();
    }
    if config.hostname.trim().is_empty() {
        config.hostname = user::machine();
    }
    config
}
