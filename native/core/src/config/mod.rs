//! What the administrator sets.

mod container;
mod inherit;
mod limits;
mod placement;
mod read;
mod size;
mod template;
mod templates;
#[cfg(test)]
mod tests;

pub use container::{
    Container, ContainerKind, DockerAccess, Networking, Parameter, PortMapping, PortProtocol, Volume,
};
pub(crate) use container::{DOCKER_SOCKET, PORT_MOST};
pub use limits::Limits;
pub use placement::{Domain, DomainFilter};
pub use size::TemplateSize;
pub use template::{CommandStyle, Mode, Template, Uri, Variable};
pub use templates::Templates;

use crate::master::{MasterAddress, MasterSource, Scheme};
use crate::number::Number;
use crate::placement::Policy;
use crate::scalar::Scalar;
use crate::secret::Secret;
use read::or_default;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::Duration;

pub(crate) const CPUS_LEAST: Scalar = Scalar::from_milli(1);
pub(crate) const CPUS_MOST: Scalar = Scalar::from_milli(1_000_000 * 1000);
pub(crate) const MEM_LEAST: Scalar = Scalar::from_milli(1000);
pub(crate) const MEM_MOST: Scalar = Scalar::from_milli(100_000_000 * 1000);
pub(crate) const EXECUTORS_MOST: u32 = 10_000;
pub(crate) const PRIORITY_MOST: u32 = 1000;
pub(crate) const GPUS_MOST: u32 = 10_000;
/// A year; longer than any answer could be awaited.
pub(crate) const SECONDS_MOST: u32 = 366 * 24 * 3600;

const FAILOVER_TIMEOUT: u32 = 604_800;
const DECLINE: u32 = 600;
const LAUNCH_TIMEOUT: u32 = 600;
const UNREACHABLE_TIMEOUT: u32 = 600;
const HOLD_BACK: u32 = 300;
/// How the keys of the labels begin that the plugin gives its framework.
const OWN_LABELS: &str = "org.jenkinsci.plugins.mesos.";

/// One cloud. Absent members take the default named at each.
///
/// Reading it fails only where the JSON does not have this shape; what a person typed wrong is found by
/// [`validate`](crate::validate), and a cloud with a wrong template still serves its other templates.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Config {
    /// Key of the state on disk; default empty.
    #[serde(deserialize_with = "or_default")]
    pub cloud_id: String,
    /// Id of the framework of another scheduler that a cloud without any state takes over; default none. What is no id is
    /// not used.
    pub framework_id: Option<String>,
    /// For messages only; default `MesosCloud`.
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// Path of a PEM file with certificate authorities that masters over TLS are trusted by, beside the system's; default
    /// none. With one, a master that ZooKeeper names is spoken to over TLS, which it does not say itself.
    #[serde(deserialize_with = "or_default")]
    pub ca_file: String,
    /// `zk://…`, `host:port` or `http(s)://…`; see [`master`](crate::master). No default.
    #[serde(deserialize_with = "or_default")]
    pub master: String,
    /// Default `Jenkins Scheduler`.
    #[serde(deserialize_with = "or_default")]
    pub framework_name: String,
    /// One role, or several between commas; default (also for an empty one) `*`.
    #[serde(deserialize_with = "or_default")]
    pub role: String,
    /// The Unix user the agents run as. Empty (default): whoever runs the shell; the shell fills it in, since the HTTP
    /// API of Mesos wants one and a state machine does not know its process.
    #[serde(deserialize_with = "or_default")]
    pub user: String,
    /// Whether tasks outlive a restart of their Mesos agent; default true.
    pub checkpoint: bool,
    /// Name of the machine of the controller, shown in the Mesos web page. Empty (default): the shell fills it in.
    #[serde(deserialize_with = "or_default")]
    pub hostname: String,
    /// Shown in the Mesos web page; default empty.
    #[serde(deserialize_with = "or_default")]
    pub webui_url: String,
    /// Jenkins as agents reach it; default empty. Each request brings its own, this one is only validated.
    #[serde(deserialize_with = "or_default")]
    pub jenkins_url: String,
    /// Seconds that the master keeps the tasks while Jenkins is away; default 604800 (a week).
    pub failover_timeout_seconds: Number,
    /// Seconds for which unneeded offers are refused while nothing waits; default 600.
    pub decline_seconds: Number,
    /// Seconds that an agent is kept whose host the master does not reach; default 600, also for an empty one.
    pub unreachable_timeout_seconds: Number,
    /// Labels of the framework beside its own two: a line each, `key=value` or `key`; default none.
    #[serde(deserialize_with = "or_default")]
    pub labels: String,
    /// Seconds from ACCEPT to TASK_RUNNING; default 600.
    pub launch_timeout_seconds: Number,
    /// What a good place for an agent is: `pack` (default), `spread` or `balanced`.
    #[serde(deserialize_with = "or_default")]
    pub placement: String,
    /// Seconds that an agent waits before what it needs of a host is held back for it; default 300.
    pub hold_back_seconds: Number,
    /// Whether the framework is registered with the master only while there is work; default false.
    #[serde(deserialize_with = "or_default")]
    pub on_demand_registration: bool,
    /// Agents of this cloud at a time; default empty: any number.
    pub max_agents: Number,
    /// CPUs of all agents together; default empty: any number.
    pub max_cpus: Number,
    /// MB of all agents together; default empty: any number.
    pub max_mem: Number,
    /// For a master that authenticates frameworks; default none.
    pub principal: Option<String>,
    /// The principal's password; default none.
    pub secret: Option<Secret>,
    /// The login before, for a framework that is still registered with it; default none.
    pub former_login: Option<FormerLogin>,
    /// The kinds of agents; default none.
    #[serde(deserialize_with = "or_default")]
    pub templates: Templates,
    /// Names of the agents that Jenkins has nodes for, at open and at each reconfigure.
    #[serde(deserialize_with = "or_default")]
    pub owned: BTreeSet<String>,
    /// Default none of it.
    #[cfg(feature = "bench")]
    pub bench: crate::bench::Bench,
}

/// A login that is configured no more.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FormerLogin {
    /// The name.
    pub principal: String,
    /// Its password; default none.
    #[serde(default)]
    pub secret: Option<Secret>,
}

/// Why a label has no usable template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// No template has this name or label.
    #[error("no agent template has the name or label `{0}`: add one in the cloud's configuration")]
    Unknown(String),
    /// A field of the template is wrong.
    #[error("the agent template `{template}` cannot be used: {problem}")]
    Invalid {
        /// The template's key.
        template: String,
        /// The field's name in the configuration, with a path for one within a member.
        field: Cow<'static, str>,
        /// What is wrong, and the cure.
        problem: String,
    },
}

impl Default for Config {
    fn default() -> Self {
        Self {
            cloud_id: String::new(),
            framework_id: None,
            name: "MesosCloud".to_owned(),
            ca_file: String::new(),
            master: String::new(),
            framework_name: "Jenkins Scheduler".to_owned(),
            role: "*".to_owned(),
            user: String::new(),
            checkpoint: true,
            hostname: String::new(),
            webui_url: String::new(),
            jenkins_url: String::new(),
            failover_timeout_seconds: Number::from(FAILOVER_TIMEOUT.to_string().as_str()),
            decline_seconds: Number::from(DECLINE.to_string().as_str()),
            unreachable_timeout_seconds: Number::default(),
            labels: String::new(),
            launch_timeout_seconds: Number::from(LAUNCH_TIMEOUT.to_string().as_str()),
            placement: String::new(),
            hold_back_seconds: Number::from(HOLD_BACK.to_string().as_str()),
            on_demand_registration: false,
            max_agents: Number::default(),
            max_cpus: Number::default(),
            max_mem: Number::default(),
            principal: None,
            secret: None,
            former_login: None,
            templates: Templates::default(),
            owned: BTreeSet::new(),
            #[cfg(feature = "bench")]
            bench: crate::bench::Bench::default(),
        }
    }
}

impl Config {
    /// The role or roles as they are configured, or `*`.
    pub fn effective_role(&self) -> &str {
        match self.role.trim() {
            "" => "*",
            role => role,
        }
    }

    /// The roles that offers come for; never empty.
    pub fn roles(&self) -> Vec<&str> {
        let mut roles: Vec<&str> = Vec::new();
        for role in self.effective_role().split(',').map(str::trim) {
            if !role.is_empty() && !roles.contains(&role) {
                roles.push(role);
            }
        }
        if roles.is_empty() {
            roles.push("*");
        }
        roles
    }

    /// What a good place for an agent is; what cannot be read counts as the default.
    pub fn policy(&self) -> Policy {
        self.placement.parse().unwrap_or_default()
    }

    /// The master as it is spoken to: whom ZooKeeper names, over TLS where certificate authorities are given for it.
    #[must_use]
    pub fn spoken_to(&self, mut master: MasterAddress) -> MasterAddress {
        let by_zookeeper = matches!(self.master.parse(), Ok(MasterSource::ZooKeeper(_)));
        if by_zookeeper && !self.ca_file.trim().is_empty() {
            master.scheme = Scheme::Https;
        }
        master
    }

    /// How long an agent waits before what it needs is held back for it; a bad number counts as the default.
    pub fn hold_back(&self) -> Duration {
        seconds(&self.hold_back_seconds, 1, HOLD_BACK)
    }

    /// How long the master keeps the tasks while Jenkins is away. A bad number counts as the default, never as 0, with
    /// which Mesos would kill every task at the first cut connection.
    pub fn failover_timeout(&self) -> Duration {
        seconds(&self.failover_timeout_seconds, 1, FAILOVER_TIMEOUT)
    }

    /// The filter for offers while nothing waits; a bad number counts as the default.
    pub fn decline(&self) -> Duration {
        seconds(&self.decline_seconds, 1, DECLINE)
    }

    /// From ACCEPT to TASK_RUNNING; a bad number counts as the default.
    pub fn launch_timeout(&self) -> Duration {
        seconds(&self.launch_timeout_seconds, 1, LAUNCH_TIMEOUT)
    }

    /// How long an agent is kept whose host the master does not reach; empty or a bad number counts as the default.
    pub fn unreachable_timeout(&self) -> Duration {
        seconds(&self.unreachable_timeout_seconds, 1, UNREACHABLE_TIMEOUT)
    }

    /// The labels of the framework that a person typed; a line that is none is an error with what is wrong with it.
    pub(crate) fn labels(&self) -> impl Iterator<Item = Result<(&str, Option<&str>), String>> {
        let lines = self.labels.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(|line| {
            let (key, value) = match line.split_once('=') {
                Some((key, value)) => (key.trim_end(), Some(value.trim_start())),
                None => (line, None),
            };
            if key.is_empty() {
                return Err(format!(
                    "`{line}` has no key: enter key=value, a line for each label"
                ));
            }
            if key.starts_with(OWN_LABELS) {
                return Err(format!(
                    "`{key}` is one of the plugin's own labels: choose another key"
                ));
            }
            Ok((key, value.filter(|value| !value.is_empty())))
        })
    }

    /// The secret of a principal, as far as it is known.
    pub(crate) fn secret_of(&self, principal: Option<&str>) -> Option<&Secret> {
        let principal = principal?;
        if self.principal.as_deref().map(str::trim) == Some(principal) {
            return self.secret.as_ref();
        }
        let former = self.former_login.as_ref()?;
        former
            .secret
            .as_ref()
            .filter(|_| former.principal.trim() == principal)
    }

    /// How much there may be of this cloud's agents at a time.
    ///
    /// # Errors
    /// The first field that is wrong, and what is wrong with it.
    pub fn limits(&self) -> Result<Limits, (&'static str, String)> {
        Limits::new(&self.max_agents, &self.max_cpus, &self.max_mem)
    }

    /// Whether some template serves in other regions than the master's: only then the master offers agents there.
    pub(crate) fn is_region_aware(&self) -> bool {
        self.templates.iter().any(|template| {
            template
                .domain
                .as_ref()
                .and_then(Domain::filter)
                .is_some_and(|filter| filter != DomainFilter::Home)
        })
    }

    /// Whether some template asks for GPUs: agents with GPUs are not offered otherwise.
    pub(crate) fn uses_gpus(&self) -> bool {
        self.templates.iter().any(Template::uses_gpus)
    }

    /// Whether some template takes what the master may take back.
    pub(crate) fn uses_revocable(&self) -> bool {
        self.templates.iter().any(|template| template.revocable)
    }

    /// The template with this key; without one, the template that has this label as its key or, failing that, as its
    /// label. Blanks do not matter.
    ///
    /// # Errors
    /// When there is none.
    pub fn template(&self, key: Option<&str>, label: Option<&str>) -> Result<&Template, LabelError> {
        let key = key.map(normal_label).filter(|key| !key.is_empty());
        let wanted = key.unwrap_or_else(|| normal_label(label.unwrap_or_default()));
        self.templates
            .get_by_key(&wanted)
            .or_else(|| self.templates.get_by_label(&wanted))
            .ok_or(LabelError::Unknown(wanted))
    }
}

/// What a template is called by: its name, or its label with single blanks.
fn key(name: &str, label: &str) -> String {
    let name = normal_label(name);
    if name.is_empty() {
        normal_label(label)
    } else {
        name
    }
}

/// A label with single blanks between its words.
pub fn normal_label(label: &str) -> String {
    label.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn seconds(number: &Number, least: u32, default: u32) -> Duration {
    Duration::from_secs(u64::from(number.whole(least, SECONDS_MOST).unwrap_or(default)))
}
