//! What the framework is to the master: a name, roles, a web page and so on; and how a change of that takes effect.
//!
//! | changed | effect (seen on Mesos 1.11) |
//! |---|---|
//! | name, roles, web page, host, failover timeout, labels, capabilities | UPDATE_FRAMEWORK on the open stream; where the master does not take it (before 1.9), a new subscription |
//! | secret | a new subscription |
//! | user | the next agents run as that user: tasks name it themselves, as no framework can change its own |
//! | principal, checkpointing | neither call changes them: the framework is [retired](Retirement) |

use crate::calls::Sent;
use crate::config::Config;
use crate::framework::{Framework, Teardown};
use crate::journal::Key;
use crate::ledger::Registration;
use crate::secret::Secret;
use crate::time::Time;
use mesos_wire::framework_info::{Capability, capability};
use mesos_wire::{Call, FrameworkId, FrameworkInfo, Label, Labels};

/// The label with the name of the cloud.
const CLOUD_LABEL: &str = "org.jenkinsci.plugins.mesos.cloud";
/// The label with the id of the cloud, which stays when it is renamed.
const CLOUD_ID_LABEL: &str = "org.jenkinsci.plugins.mesos.cloud-id";

/// A framework that was registered with what Mesos never changes, and is to make way for one with what is configured now.
/// Until its last task has ended it is served as it was registered; then it is torn down.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Retirement {
    principal: Option<String>,
    secret: Option<Secret>,
    checkpoint: bool,
}

impl Retirement {
    fn of(config: &Config) -> Self {
        Self {
            principal: config.principal.as_deref().and_then(filled),
            secret: config.secret.clone(),
            checkpoint: config.checkpoint,
        }
    }

    /// Whether that configuration is served by the framework as it is.
    fn is_over_with(&self, config: &Config) -> bool {
        self.principal == config.principal.as_deref().and_then(filled) && self.checkpoint == config.checkpoint
    }
}

fn filled(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn label(key: &str, value: &str) -> Option<Label> {
    Some(Label {
        key: key.to_owned(),
        value: Some(filled(value)?),
    })
}

/// What the framework is to be, but for its id.
pub(crate) fn framework_info(config: &Config) -> FrameworkInfo {
    use capability::Type::{
        GpuResources, MultiRole, PartitionAware, RegionAware, ReservationRefinement, RevocableResources,
        TaskKillingState,
    };
    let region_aware = config.is_region_aware().then_some(RegionAware);
    let gpus = config.uses_gpus().then_some(GpuResources);
    let revocable = config.uses_revocable().then_some(RevocableResources);
    let labels: Vec<Label> = label(CLOUD_LABEL, &config.name)
        .into_iter()
        .chain(label(CLOUD_ID_LABEL, &config.cloud_id))
        .chain(config.labels().filter_map(Result::ok).map(|(key, value)| Label {
            key: key.to_owned(),
            value: value.map(str::to_owned),
        }))
        .collect();
    FrameworkInfo {
        user: config.user.trim().to_owned(),
        name: config.framework_name.trim().to_owned(),
        failover_timeout: Some(config.failover_timeout().as_secs_f64()),
        checkpoint: Some(config.checkpoint),
        roles: config.roles().into_iter().map(str::to_owned).collect(),
        principal: config.principal.as_deref().and_then(filled),
        hostname: filled(&config.hostname),
        webui_url: filled(&config.webui_url),
        labels: (!labels.is_empty()).then_some(Labels { labels }),
        capabilities: [MultiRole, PartitionAware, ReservationRefinement, TaskKillingState]
            .into_iter()
            .chain(region_aware)
            .chain(gpus)
            .chain(revocable)
            .map(|capability| Capability {
                r#type: Some(capability as i32),
            })
            .collect(),
        ..FrameworkInfo::default()
    }
}

impl Framework {
    /// Who the framework is to the master's login: the principal and the secret to subscribe with.
    #[must_use]
    pub fn login(&self) -> (Option<&str>, Option<&str>) {
        let (principal, secret) = match &self.retirement {
            Some(old) => (&old.principal, &old.secret),
            None => (&self.config.principal, &self.config.secret),
        };
        (principal.as_deref(), secret.as_ref().map(Secret::expose))
    }

    /// What to subscribe with.
    pub(crate) fn identity(&self) -> FrameworkInfo {
        let mut info = framework_info(&self.config);
        if let Some(old) = &self.retirement {
            info.principal.clone_from(&old.principal);
            info.checkpoint = Some(old.checkpoint);
        }
        info.id = self.framework_id.clone().map(|value| FrameworkId { value });
        info
    }

    /// The configuration has changed from `old`: tells the master what it must know, in the least disturbing way.
    pub(crate) fn on_other_identity(&mut self, old: &Config, now: Time) {
        let other_secret = self.retirement.is_none() && old.secret != self.config.secret;
        self.retire_or_not(Some(old));
        if self.session.subscribed().is_none() {
            let told =
                framework_info(old) != framework_info(&self.config) || old.secret != self.config.secret;
            if told || self.is_troubled() {
                self.reconnect(false, now);
            }
            return;
        }
        if other_secret && self.retirement.is_none() {
            return self.reconnect(false, now);
        }
        let mut wanted = self.identity();
        // The master keeps the user of the first subscription, and takes no other.
        wanted.user.clone_from(&self.session.registered.user);
        if wanted == self.session.registered {
            return;
        }
        let suppressed = match self.session.is_suppressed() {
            true => wanted.roles.clone(),
            false => Vec::new(),
        };
        self.session.registered = wanted.clone();
        self.send(Call::update_framework(wanted, suppressed), Sent::Identity);
    }

    /// The master does not take the update: it is told by a new subscription.
    pub(crate) fn on_identity_refused(&mut self, now: Time) {
        self.reconnect(false, now);
    }

    /// The master has let us in.
    pub(crate) fn on_accepted(&mut self) {
        let now = || Retirement::of(&self.config);
        let accepted = self.retirement.clone().unwrap_or_else(now);
        let registration = Registration::new(accepted.principal.clone(), accepted.checkpoint);
        self.accepted = Some(accepted);
        if self.registration.as_ref() != Some(&registration) {
            self.registration = Some(registration);
            self.journal.changed(Key::FrameworkId);
        }
    }

    /// At a start: the framework of the store may be registered as what is configured no more.
    pub(crate) fn retire_as_registered(&mut self) {
        let (Some(registration), Some(_)) = (&self.registration, &self.framework_id) else {
            return;
        };
        self.accepted = Some(Retirement {
            principal: registration.principal.clone(),
            secret: self.config.secret_of(registration.principal.as_deref()).cloned(),
            checkpoint: registration.checkpoint,
        });
        self.retire_or_not(None);
    }

    fn retire_or_not(&mut self, old: Option<&Config>) {
        let before = self.retirement.take();
        // A login that the master never accepted is nobody's.
        let Some(registered) = self.accepted.clone() else {
            return;
        };
        if self.teardown != Teardown::No || registered.is_over_with(&self.config) {
            return;
        }
        let asked = Retirement::of(&self.config);
        let same = before.as_ref() == Some(&registered) && old.is_some_and(|old| asked.is_over_with(old));
        self.retirement = Some(registered.clone());
        if same {
            // It was said when that was asked for.
            return;
        }
        let what = match registered.principal == self.config.principal.as_deref().and_then(filled) {
            true => {
                "checkpointing is changed with the next framework, since Mesos does not change it for this one: \
                     as soon as no agent lives and none waits"
            }
            false => {
                "the principal is changed with the next framework, since Mesos does not change it for this one: as \
                 soon as its agents have ended; new ones wait until then"
            }
        };
        self.trouble("credentials", what.to_owned());
    }

    /// Whether new agents wait for the next framework, and why.
    pub(crate) fn waits_for_next(&self) -> Option<String> {
        let old = self.retirement.as_ref()?;
        if old.principal == self.config.principal.as_deref().and_then(filled) {
            return None;
        }
        let living = self.ledger.live().count();
        Some(format!(
            "waits until {living} agents of the framework with the principal before have ended: Mesos does not let a \
             framework change its principal"
        ))
    }

    /// Whether a task may live that Jenkins has not given up.
    pub(crate) fn something_is_left(&self) -> bool {
        self.ledger
            .live()
            .any(|row| row.released.is_none() && row.ending.is_none())
    }

    /// Whether the framework has served its time: nothing of it lives, and nothing is to come.
    pub(crate) fn may_retire(&self) -> bool {
        self.retirement.is_some()
            && self.launches.is_empty()
            && self.ledger.live().next().is_none()
            && (self.waiting.is_empty() || self.waits_for_next().is_some())
    }
}
