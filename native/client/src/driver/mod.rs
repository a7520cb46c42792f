//! One cloud at work: the state machine of `mesos-core` with a store, a detector, event streams and calls round it.
//!
//! [`supervise`] leads one life after another: a life opens the store and serves until the cloud is closed. A life that
//! ends otherwise (the store fails, something panics) is told as `trouble` and followed by the next, after a while; the
//! ledger and the names that Java was promised an `ended` for make the next one go on where the last ended.

mod life;
mod outputs;
mod streams;
mod user;

use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mesos_core::{Config, ConnectionState, Notice, Release, Request, Text, Time};
use mesos_local::Detach;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::backoff::Backoff;
use crate::barrier::{self, Panic};
use crate::capacity::Cluster;
use crate::connect::Connector;
use crate::events::EventQueue;
use crate::shares::Shares;
use crate::snapshot::{self, Snapshot};
use crate::store::Store;

/// How long closing waits for the TEARDOWN call, and again for the store.
pub(crate) const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
const FIRST_DELAY: Duration = Duration::from_millis(200);
const LONGEST_DELAY: Duration = Duration::from_secs(30);
/// A life of this length was a good one; the next failure is a new story.
const GOOD_LIFE: Duration = Duration::from_secs(60);

/// What Java asks of a cloud.
#[derive(Debug)]
pub(crate) enum Command {
    Submit(Request),
    Release(Release),
    Reconfigure(Box<Config>),
    /// Write down what was seen of the cluster.
    TellSeen,
    /// Somebody looks at the picture of the moment: the next shall come soon.
    Publish,
    Close {
        teardown: bool,
    },
    /// A bug.
    #[cfg(test)]
    Panic,
}

/// What the driver and the threads of Java have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) events: EventQueue,
    pub(crate) snapshot: Snapshot,
    pub(crate) cluster: Cluster,
    pub(crate) shares: Shares,
}

/// What outlives one life of the driver.
pub(crate) struct Driver {
    config: Config,
    folder: PathBuf,
    commands: mpsc::UnboundedReceiver<Command>,
    shared: Arc<Shared>,
    /// For the processes of the master `local`.
    detach: Detach,
    connector: Connector,
    clock: Clock,
    /// Commands that came while there was no framework.
    backlog: VecDeque<Command>,
    /// Agents that Java has not been told the end of.
    names: BTreeSet<Text>,
    /// Set once closing was asked for; true with TEARDOWN.
    closing: Option<bool>,
    store: Option<Store>,
    last_trouble: Option<String>,
}

/// How a life ended.
enum Exit {
    Closed,
    Failed { subject: &'static str, message: String },
}

/// Milliseconds since the cloud was opened.
#[derive(Debug, Clone, Copy)]
struct Clock(Instant);

impl Clock {
    fn now(self) -> Time {
        Time::from_millis(u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// `None` for times beyond what the system can tell.
    fn instant(self, time: Time) -> Option<Instant> {
        self.0.checked_add(Duration::from_millis(time.as_millis()))
    }
}

impl Driver {
    pub(crate) fn new(
        config: Config,
        folder: PathBuf,
        commands: mpsc::UnboundedReceiver<Command>,
        shared: Arc<Shared>,
        detach: Detach,
    ) -> Self {
        Driver {
            names: config.owned.iter().map(Text::from).collect(),
            folder,
            commands,
            shared,
            detach,
            connector: Connector::of(&config),
            config,
            clock: Clock(Instant::now()),
            backlog: VecDeque::new(),
            closing: None,
            store: None,
            last_trouble: None,
        }
    }

    /// Serves until the cloud is closed.
    pub(crate) async fn supervise(mut self) {
        let mut backoff = Backoff::new(FIRST_DELAY, LONGEST_DELAY);
        loop {
            let begin = Instant::now();
            let (subject, message) = match barrier::catch(self.live()).await {
                Ok(Exit::Closed) => break,
                Ok(Exit::Failed { subject, message }) => (subject, message),
                Err(Panic(text)) => (
                    "internal",
                    format!("internal error ({text}): please report it with this log"),
                ),
            };
            self.close_store().await;
            if self.closing.is_some() {
                tracing::warn!("closed after: {message}");
                break;
            }
            if begin.elapsed() >= GOOD_LIFE {
                backoff.reset();
            }
            self.tell_trouble(subject, message);
            self.pause(backoff.delay()).await;
            if self.closing == Some(false) {
                break;
            }
        }
        self.close_store().await;
        self.shared.events.close();
        tracing::info!("cloud closed");
    }

    /// Tells a failed life on the cloud's page and, if it is not the same failure again, as `trouble`.
    fn tell_trouble(&mut self, subject: &'static str, message: String) {
        self.shared
            .snapshot
            .publish(snapshot::unknown(Some(message.clone())));
        if self.last_trouble.as_deref() == Some(message.as_str()) {
            tracing::debug!("still: {message}");
            return;
        }
        tracing::error!("{message}; trying again");
        self.shared.events.push(Notice::Connection {
            state: ConnectionState::Searching,
            leader: None,
            framework_id: None,
            message: Some(message.clone()),
        });
        self.shared.events.push(Notice::Trouble {
            subject: subject.to_owned(),
            message: message.clone(),
        });
        self.last_trouble = Some(message);
    }

    /// Waits until the next life; a command to close ends the pause.
    async fn pause(&mut self, delay: Duration) {
        let end = Instant::now() + delay;
        while self.closing.is_none() {
            tokio::select! {
                command = self.commands.recv() => self.keep_for_later(command),
                () = sleep_until(end) => break,
            }
        }
    }

    /// Java hears of the end of these, too.
    fn now_owned(&mut self, config: &Config) {
        let owned = config.owned.iter().map(Text::from);
        self.names.extend(owned);
    }

    /// Takes a command while there is no framework.
    fn keep_for_later(&mut self, command: Option<Command>) {
        match command {
            // The handle was dropped.
            None => self.closing = Some(self.closing.unwrap_or(false)),
            Some(Command::Close { teardown }) => self.closing = Some(teardown),
            Some(Command::Reconfigure(config)) => {
                self.now_owned(&config);
                self.config = *config;
            }
            // Nothing is seen of it at the moment.
            Some(Command::TellSeen | Command::Publish) => {}
            Some(command) => self.backlog.push_back(command),
        }
    }

    async fn close_store(&mut self) {
        if let Some(store) = self.store.take()
            && !store.close(CLOSE_TIMEOUT).await
        {
            tracing::warn!(
                "the cloud's state is still being written after {} s",
                CLOSE_TIMEOUT.as_secs()
            );
        }
    }
}

#[cfg(test)]
mod tests;
