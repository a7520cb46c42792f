//! The handle that the JNI layer holds for each cloud.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use mesos_core::{
    Config, Demand, LabelError, Plan, PlanError, Release, Request, Review, ReviewError, Situation, Status,
    plan, review,
};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tracing::Instrument;

use crate::capacity::{Capacity, Cluster, Need};
use crate::driver::{Command, Driver, Shared};
use crate::events::{Batch, EventQueue};
use crate::probe;
use crate::runtime::Runtime;
use crate::shares::{Roles, Shares};
use crate::snapshot::Snapshot;

/// A cloud at work. Dropping it closes it without TEARDOWN.
///
/// Only [`poll`](Self::poll) and [`wait_closed`](Self::wait_closed) wait; all else returns at once, whatever the network
/// and the disk do.
#[derive(Debug)]
pub struct Cloud {
    commands: mpsc::UnboundedSender<Command>,
    shared: Arc<Shared>,
    config: RwLock<Config>,
    runtime: Handle,
}

/// Why a command was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CloudError {
    /// It was closed before.
    #[error("the cloud is closed")]
    Closed,
    /// The label has no usable template.
    #[error(transparent)]
    Label(#[from] LabelError),
}

impl Cloud {
    /// Starts a cloud that keeps its state in `folder`, which is made if it is not there.
    ///
    /// Whatever is wrong with the configuration, the folder or the network is told by events and the status, and healed
    /// without opening anew.
    pub fn open(config: Config, folder: PathBuf, runtime: &Runtime) -> Self {
        let (commands, inbox) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            events: EventQueue::default(),
            snapshot: Snapshot::new(),
            cluster: Cluster::default(),
            shares: Shares::default(),
        });
        let span = tracing::info_span!("cloud", cloud = %config.name);
        let driver = Driver::new(
            config.clone(),
            folder,
            inbox,
            Arc::clone(&shared),
            runtime.detach(),
        );
        runtime.spawn(driver.supervise().instrument(span));
        Cloud {
            runtime: runtime.handle(),
            commands,
            shared,
            config: RwLock::new(config),
        }
    }

    /// Takes a new configuration.
    ///
    /// # Errors
    /// When the cloud is closed.
    pub fn reconfigure(&self, config: Config) -> Result<(), CloudError> {
        let old = std::mem::replace(
            &mut *self.config.write().unwrap_or_else(PoisonError::into_inner),
            config.clone(),
        );
        if way_to_master(&old) != way_to_master(&config) {
            self.shared.cluster.forget();
            self.shared.shares.forget();
        }
        self.send(Command::Reconfigure(Box::new(config)))
    }

    /// The agents that would serve a demand; nothing is reserved.
    ///
    /// # Errors
    /// When the label has no usable template.
    pub fn plan(&self, demand: &Demand) -> Result<Plan, PlanError> {
        let config = self.config.read().unwrap_or_else(PoisonError::into_inner);
        plan(&config, demand, || uuid::Uuid::new_v4().as_u128())
    }

    /// What to request and to withdraw so that each waiting build gets one executor; nothing is reserved.
    ///
    /// # Errors
    /// When the situation refers to what it does not hold.
    pub fn review(&self, situation: &Situation) -> Result<Review, ReviewError> {
        let config = self.config.read().unwrap_or_else(PoisonError::into_inner);
        review(&config, situation, || uuid::Uuid::new_v4().as_u128())
    }

    /// Queues one agent. An `ended` will come for it; with the state `REFUSED` if it turns out that it cannot be served.
    ///
    /// # Errors
    /// When the label has no usable template or the cloud is closed; no event comes then.
    pub fn submit(&self, request: Request) -> Result<(), CloudError> {
        self.config
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .template(request.template.as_deref(), request.label.as_deref())?
            .size()?;
        self.send(Command::Submit(request))
    }

    /// Withdraws or kills agents.
    ///
    /// # Errors
    /// When the cloud is closed.
    pub fn release(&self, release: Release) -> Result<(), CloudError> {
        self.send(Command::Release(release))
    }

    /// Takes events, waiting for the first up to `patience`.
    pub fn poll(&self, patience: Duration) -> Batch {
        self.shared.events.take(patience)
    }

    /// The picture of the moment: at most some 50 ms old while somebody looks, and at most a second at the first look.
    pub fn status(&self) -> Status {
        let (status, first) = self.shared.snapshot.read();
        if first && self.send(Command::Publish).is_err() {
            tracing::trace!("the cloud is closed: its picture does not change any more");
        }
        status
    }

    /// Which of the cluster's agents could hold an agent of this size if they were empty, from what was seen of them so
    /// far. The question lets the master be asked in the background, at most once a minute; so ask again a little later.
    pub fn capacity(&self, need: &Need) -> Capacity {
        let (capacity, wanted) = self.shared.cluster.answer(need, Instant::now());
        if wanted.offers && self.send(Command::TellSeen).is_err() {
            tracing::debug!("the cloud is closed: its offers are not looked at");
        }
        if let Some(era) = wanted.survey {
            let config = self.config.read().unwrap_or_else(PoisonError::into_inner).clone();
            let shared = Arc::clone(&self.shared);
            let survey = async move {
                match probe::survey(&config).await {
                    Ok(agents) => shared.cluster.surveyed(era, agents, Instant::now()),
                    Err(message) => tracing::debug!("the master does not tell of its agents: {message}"),
                }
            };
            drop(self.runtime.spawn(survey));
        }
        capacity
    }

    /// Who else wants the cloud's roles, from what the master told last. The question lets the master be asked in the
    /// background, at most every fifteen seconds; so ask again a little later.
    pub fn roles(&self) -> Roles {
        let (roles, wanted) = self.shared.shares.answer(Instant::now());
        if let Some(era) = wanted {
            let config = self.config.read().unwrap_or_else(PoisonError::into_inner).clone();
            let framework_id = self.status().connection.framework_id;
            let shared = Arc::clone(&self.shared);
            let ask = async move {
                let roles = probe::roles(&config, framework_id.as_deref()).await;
                shared.shares.told(era, roles, Instant::now());
            };
            drop(self.runtime.spawn(ask));
        }
        roles
    }

    /// Begins to close: with `teardown` the framework and its tasks are ended first (for up to 5 s), else they go on.
    /// The last batch of events says `closed`. Only the first call counts.
    pub fn close(&self, teardown: bool) {
        if self.send(Command::Close { teardown }).is_err() {
            tracing::debug!("the cloud was closed before");
        }
    }

    /// Waits up to `patience` until closing is done and the state is on disk; false if it is not.
    pub fn wait_closed(&self, patience: Duration) -> bool {
        self.shared.events.wait_closed(patience)
    }

    fn send(&self, command: Command) -> Result<(), CloudError> {
        self.commands.send(command).map_err(|_| CloudError::Closed)
    }

    #[cfg(test)]
    pub(crate) fn inject_panic(&self) {
        self.send(Command::Panic).unwrap();
    }
}

/// What answers of the master depend on: which one is asked, how it is reached, as whom, and for which roles.
fn way_to_master(config: &Config) -> impl PartialEq + '_ {
    (
        &config.master,
        &config.ca_file,
        &config.principal,
        &config.secret,
        &config.role,
    )
}
