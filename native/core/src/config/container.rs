//! The container that an agent runs in.

use super::read::or_default;
use crate::number::Number;
use serde::Deserialize;

/// A container, as it was typed. Words that are one of a few are kept as text: a wrong one is a message beside its field.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Container {
    /// `DOCKER` (default): Docker on the Mesos agent runs it. `MESOS`: the agent itself does, with a Docker image.
    #[serde(rename = "type", deserialize_with = "or_default")]
    pub kind: String,
    /// Name of the image, as `registry:5000/team/agent:17`; no default.
    #[serde(deserialize_with = "or_default")]
    pub image: String,
    /// Docker only: all rights on the host.
    #[serde(deserialize_with = "or_default")]
    pub privileged: bool,
    /// Whether the image is pulled even where the host has it.
    #[serde(deserialize_with = "or_default")]
    pub force_pull: bool,
    /// Whether a build may name an image of its own.
    #[serde(deserialize_with = "or_default")]
    pub image_customizable: bool,
    /// Whether [`custom_shell`](Self::custom_shell) is used.
    #[serde(deserialize_with = "or_default")]
    pub use_custom_shell: bool,
    /// The program of the image that gets the agent's command line as its only argument.
    #[serde(deserialize_with = "or_default")]
    pub custom_shell: String,
    /// Docker only: the image has no shell, so that the JVM is started without one.
    #[serde(deserialize_with = "or_default")]
    pub no_shell: bool,
    /// Docker in the container: with `MESOS`, its folder of images is one of the sandbox; a custom shell is a command
    /// line that runs before the agent's.
    #[serde(deserialize_with = "or_default")]
    pub dind: bool,
    /// What builds have of Docker: `none` (default); `socket`: the host's engine, by its socket; `own`: an engine of the
    /// container, which is privileged then and starts it before the agent.
    #[serde(deserialize_with = "or_default")]
    pub docker_access: String,
    /// For `socket`: where the host has it. Default `/var/run/docker.sock`.
    #[serde(deserialize_with = "or_default")]
    pub docker_socket: String,
    /// `HOST`, `BRIDGE` (default for Docker), `NONE` or `USER`.
    #[serde(deserialize_with = "or_default")]
    pub networking: String,
    /// Names of networks, for `USER`.
    #[serde(deserialize_with = "or_default")]
    pub networks: Vec<String>,
    /// Ports of the host that lead into the container.
    #[serde(deserialize_with = "or_default")]
    pub port_mappings: Vec<PortMapping>,
    /// Folders of the host or the sandbox in the container.
    #[serde(deserialize_with = "or_default")]
    pub volumes: Vec<Volume>,
    /// Options of `docker run` without their dashes.
    #[serde(deserialize_with = "or_default")]
    pub parameters: Vec<Parameter>,
}

/// A port of the host that leads into the container.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct PortMapping {
    /// 1 to 65535.
    #[serde(deserialize_with = "or_default")]
    pub container_port: Number,
    /// 1 to 65535; empty: any that is offered.
    #[serde(deserialize_with = "or_default")]
    pub host_port: Number,
    /// `tcp` (default) or `udp`.
    #[serde(deserialize_with = "or_default")]
    pub protocol: String,
    /// For people.
    #[serde(deserialize_with = "or_default")]
    pub description: String,
    /// For people: an address with `{host}` and `{port}` in it.
    #[serde(deserialize_with = "or_default")]
    pub url_format: String,
}

/// A folder in the container.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Volume {
    /// Absolute; with `MESOS` also relative to the sandbox.
    #[serde(deserialize_with = "or_default")]
    pub container_path: String,
    /// Absolute: of the host. Relative: of the sandbox. Empty: a new folder.
    #[serde(deserialize_with = "or_default")]
    pub host_path: String,
    /// Whether the container may only read it.
    #[serde(deserialize_with = "or_default")]
    pub read_only: bool,
}

/// An option of `docker run`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Parameter {
    /// Without dashes.
    #[serde(deserialize_with = "or_default")]
    pub key: String,
    /// As Docker wants it.
    #[serde(deserialize_with = "or_default")]
    pub value: String,
}

/// Which containerizer runs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContainerKind {
    /// Docker on the Mesos agent.
    Docker,
    /// The Mesos agent itself.
    Mesos,
}

/// How the container sees the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Networking {
    /// As the host.
    Host,
    /// Behind the host's bridge.
    Bridge,
    /// Not at all.
    None,
    /// Through a network with a name.
    User,
}

/// What builds have of Docker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DockerAccess {
    /// Nothing.
    None,
    /// The host's engine.
    Socket,
    /// An engine of the container.
    Own,
}

/// Where clients look for Docker's socket.
pub(crate) const DOCKER_SOCKET: &str = "/var/run/docker.sock";

/// What goes through a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PortProtocol {
    /// `tcp`.
    Tcp,
    /// `udp`.
    Udp,
}

impl Container {
    /// `None`: what was typed is neither `DOCKER` nor `MESOS`.
    pub fn kind(&self) -> Option<ContainerKind> {
        match self.kind.trim().to_ascii_uppercase().as_str() {
            "" | "DOCKER" => Some(ContainerKind::Docker),
            "MESOS" => Some(ContainerKind::Mesos),
            _ => None,
        }
    }

    /// `None`: what was typed is none of the four.
    pub fn networking(&self) -> Option<Networking> {
        match self.networking.trim().to_ascii_uppercase().as_str() {
            "" if self.kind() == Some(ContainerKind::Mesos) => Some(Networking::Host),
            "" | "BRIDGE" => Some(Networking::Bridge),
            "HOST" => Some(Networking::Host),
            "NONE" => Some(Networking::None),
            "USER" => Some(Networking::User),
            _ => None,
        }
    }

    /// `None`: what was typed is none of the three.
    pub fn docker_access(&self) -> Option<DockerAccess> {
        match self.docker_access.trim().to_ascii_lowercase().as_str() {
            "" | "none" => Some(DockerAccess::None),
            "socket" => Some(DockerAccess::Socket),
            "own" => Some(DockerAccess::Own),
            _ => None,
        }
    }

    /// The socket of the host's Docker.
    pub(crate) fn docker_socket(&self) -> &str {
        match self.docker_socket.trim() {
            "" => DOCKER_SOCKET,
            path => path,
        }
    }

    pub(crate) fn has_own_docker(&self) -> bool {
        self.docker_access() == Some(DockerAccess::Own)
    }

    /// The custom shell, if it is to be used; empty if none was typed.
    pub fn shell(&self) -> Option<&str> {
        self.use_custom_shell.then(|| self.custom_shell.trim())
    }

    /// Whether the JVM is started without a shell.
    pub(crate) fn starts_directly(&self) -> bool {
        self.no_shell && !self.use_custom_shell && self.kind() == Some(ContainerKind::Docker)
    }

    /// The mappings that Mesos is asked for: only where host and container have ports of their own.
    pub fn used_port_mappings(&self) -> &[PortMapping] {
        match (self.kind(), self.networking()) {
            (_, Some(Networking::User)) | (Some(ContainerKind::Docker), Some(Networking::Bridge)) => {
                &self.port_mappings
            }
            _ => &[],
        }
    }
}

/// The highest port.
pub(crate) const PORT_MOST: u32 = 65_535;

impl PortMapping {
    /// The host's port, if one was typed that can be.
    pub(crate) fn fixed_host_port(&self) -> Option<u32> {
        self.host_port.whole(1, PORT_MOST).ok()
    }

    /// The container's port; 0 for what is none.
    pub(crate) fn container_port_number(&self) -> u32 {
        self.container_port.whole(1, PORT_MOST).unwrap_or(0)
    }

    /// `None`: what was typed is neither `tcp` nor `udp`.
    pub fn protocol(&self) -> Option<PortProtocol> {
        match self.protocol.trim().to_ascii_lowercase().as_str() {
            "" | "tcp" => Some(PortProtocol::Tcp),
            "udp" => Some(PortProtocol::Udp),
            _ => None,
        }
    }
}

impl PortProtocol {
    /// As Mesos and Docker write it.
    pub fn as_str(self) -> &'static str {
        match self {
            PortProtocol::Tcp => "tcp",
            PortProtocol::Udp => "udp",
        }
    }
}
