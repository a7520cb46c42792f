//! What Java asks for.

use crate::secret::Secret;
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// One agent to be placed and launched.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Request {
    /// Name of the Jenkins node and id of the Mesos task: 1 to 63 of `[A-Za-z0-9-]`, never used before.
    pub name: Text,
    /// The key of the template; null or empty: its label is the key.
    #[serde(default)]
    pub template: Option<String>,
    /// The label of the template.
    #[serde(default)]
    pub label: Option<String>,
    /// The image of this agent, where the template lets builds choose it.
    #[serde(default)]
    pub image: Option<String>,
    /// Executors of this agent.
    pub executors: u32,
    /// How the agent finds its Jenkins.
    pub launch: Launch,
}

/// How an agent finds its Jenkins.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Launch {
    /// Which program and which arguments.
    pub protocol: Protocol,
    /// Jenkins as the agent reaches it.
    pub jenkins_url: String,
    /// Where below `jenkins_url` the agent's secret can be fetched, once; for `inbound`. Whoever is first there has the
    /// secret, so it must not reach a log.
    #[serde(default)]
    pub secret_path: Option<Secret>,
    /// Where below `jenkins_url` Docker's file with the login for the registry of the image can be fetched, once; the same
    /// holds for it.
    #[serde(default)]
    pub registry_login_path: Option<Secret>,
    /// `host:port` to reach the agent listener by, instead of what Jenkins announces; for `inbound`.
    #[serde(default)]
    pub tunnel: Option<String>,
    /// Whether the agent speaks WebSocket over the Jenkins URL; for `inbound`.
    #[serde(default)]
    pub web_socket: bool,
}

/// Which generation of agents the host speaks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// `slave.jar -jnlpUrl …`.
    Jnlp,
    /// `agent.jar -url … -name … -secret @…`.
    Inbound,
}

/// Agents no longer needed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Release {
    /// Their names; unknown ones are ignored.
    pub names: Vec<String>,
    /// For the log and for `ended`.
    #[serde(default)]
    pub reason: String,
}

impl Request {
    /// A request; set further members of `launch` afterwards.
    pub fn new(name: impl Into<Text>, label: impl Into<String>, executors: u32, launch: Launch) -> Self {
        Self {
            name: name.into(),
            template: None,
            label: Some(label.into()),
            image: None,
            executors,
            launch,
        }
    }
}

impl Launch {
    /// A launch without secret, tunnel and WebSocket.
    pub fn new(protocol: Protocol, jenkins_url: impl Into<String>) -> Self {
        Self {
            protocol,
            jenkins_url: jenkins_url.into(),
            secret_path: None,
            registry_login_path: None,
            tunnel: None,
            web_socket: false,
        }
    }
}

impl Release {
    /// A release of these agents.
    pub fn new(names: impl IntoIterator<Item = impl Into<String>>, reason: impl Into<String>) -> Self {
        Self {
            names: names.into_iter().map(Into::into).collect(),
            reason: reason.into(),
        }
    }
}
