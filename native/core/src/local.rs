//! The master `local`: this machine in place of a Mesos cluster.
//!
//! `local`, or `local://?name=value&name=value` with
//!
//! | name | meaning | left out |
//! |---|---|---|
//! | `cpus` | CPUs that may be used, at least 0.001 | all of this machine |
//! | `mem` | MB that may be used, at least 1 | all of this machine but a tenth |
//! | `disk` | MB of disk that may be used, at least 1 | what is free below the cloud's folder |
//! | `docker` | `unix:///path`, `tcp://host:port`, `none` | `DOCKER_HOST`, or else `unix:///var/run/docker.sock` |

use crate::scalar::Scalar;
use std::fmt;

/// The port of a Docker engine that is spoken to over TCP, where none is given.
pub const DEFAULT_DOCKER_PORT: u16 = 2375;

const SHAPE: &str = "write local, or local://?cpus=4&mem=8192&docker=unix:///var/run/docker.sock";

/// How much of this machine is used, and which Docker engine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LocalSource {
    /// CPUs; none: all.
    pub cpus: Option<Scalar>,
    /// MB of memory; none: all but a tenth.
    pub mem: Option<Scalar>,
    /// MB of disk; none: what is free.
    pub disk: Option<Scalar>,
    /// What runs containers.
    pub docker: DockerSource,
}

/// Where the Docker engine is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum DockerSource {
    /// Where this process's environment says, or at Docker's usual place.
    #[default]
    Usual,
    /// Nowhere: only tasks without a container run.
    None,
    /// At this address.
    At(DockerAddress),
}

/// The address of a Docker engine. `Display` gives it as Docker writes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum DockerAddress {
    /// The absolute path of a socket.
    Unix(String),
    /// Plain TCP; the host is a name or an IP address, IPv6 without brackets.
    Tcp {
        /// Where.
        host: String,
        /// From 1 to 65535.
        port: u16,
    },
}

/// What is wrong with `local://…`; names the parameter and the cure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocalError {
    /// There is something before the question mark.
    #[error("has `{0}` after local://: {SHAPE}")]
    Rest(String),
    /// A parameter is none of ours.
    #[error("has the parameter `{0}` after local://: use cpus, mem, disk and docker only")]
    Unknown(String),
    /// A parameter is there twice.
    #[error("has the parameter {0} twice: leave one out")]
    Twice(&'static str),
    /// A parameter is no amount.
    #[error("has {name}={value}: enter {cure}")]
    Amount {
        /// The parameter.
        name: &'static str,
        /// As it was entered.
        value: String,
        /// What it should be.
        cure: &'static str,
    },
    /// No address of an engine.
    #[error("has docker={0}: write unix:///var/run/docker.sock, tcp://host:2375 or none")]
    Docker(String),
    /// An engine behind TLS.
    #[error(
        "has docker={0}, an engine behind TLS, which is not supported: use the engine's socket, or tcp://host:2375 \
         within a network that you trust"
    )]
    Tls(String),
}

impl LocalSource {
    /// Reads the master `local`; `None` if the text is another kind of master.
    pub(crate) fn parse(text: &str) -> Option<Result<Self, LocalError>> {
        if text.eq_ignore_ascii_case("local") {
            return Some(Ok(Self::default()));
        }
        let (scheme, rest) = text.split_once("://")?;
        scheme
            .eq_ignore_ascii_case("local")
            .then(|| Self::parameters(rest))
    }

    fn parameters(rest: &str) -> Result<Self, LocalError> {
        let mut source = Self::default();
        let words = match rest.strip_prefix('/').unwrap_or(rest) {
            "" => return Ok(source),
            rest => rest
                .strip_prefix('?')
                .ok_or_else(|| LocalError::Rest(rest.to_owned()))?,
        };
        let mut docker = false;
        for word in words.split('&').filter(|word| !word.is_empty()) {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            match name {
                "cpus" => once(&mut source.cpus, "cpus", amount("cpus", value)?)?,
                "mem" => once(&mut source.mem, "mem", amount("mem", value)?)?,
                "disk" => once(&mut source.disk, "disk", amount("disk", value)?)?,
                "docker" if docker => return Err(LocalError::Twice("docker")),
                "docker" => {
                    docker = true;
                    source.docker = match value {
                        "none" => DockerSource::None,
                        _ => DockerSource::At(value.parse()?),
                    };
                }
                other => return Err(LocalError::Unknown(other.to_owned())),
            }
        }
        Ok(source)
    }
}

fn once(slot: &mut Option<Scalar>, name: &'static str, value: Scalar) -> Result<(), LocalError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(LocalError::Twice(name)),
    }
}

fn amount(name: &'static str, value: &str) -> Result<Scalar, LocalError> {
    let plain = value.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let least = if name == "cpus" { 1 } else { 1000 };
    value
        .parse::<f64>()
        .ok()
        .filter(|_| plain)
        .and_then(Scalar::from_f64)
        .filter(|amount| amount.as_milli() >= least)
        .ok_or_else(|| LocalError::Amount {
            name,
            value: value.to_owned(),
            cure: match name {
                "cpus" => "a number of CPUs, as in cpus=4 or cpus=0.5",
                "mem" => "a number of MB, as in mem=8192",
                _ => "a number of MB, as in disk=20000",
            },
        })
}

impl std::str::FromStr for DockerAddress {
    type Err = LocalError;

    fn from_str(text: &str) -> Result<Self, LocalError> {
        let wrong = || LocalError::Docker(text.to_owned());
        match text.split_once("://") {
            Some(("unix", path)) if path.starts_with('/') && path.len() > 1 => {
                Ok(Self::Unix(path.to_owned()))
            }
            Some(("tcp" | "http", rest)) => {
                let (host, port) =
                    crate::master::host_and_port(rest.trim_end_matches('/'), DEFAULT_DOCKER_PORT)
                        .map_err(|_| wrong())?;
                Ok(Self::Tcp { host, port })
            }
            Some(("https", _)) => Err(LocalError::Tls(text.to_owned())),
            _ => Err(wrong()),
        }
    }
}

impl DockerAddress {
    /// Whether it is surely an engine of this machine, so that its containers have this machine's ports.
    #[must_use]
    pub fn is_here(&self) -> bool {
        match self {
            Self::Unix(_) => true,
            Self::Tcp { host, .. } => {
                host == "localhost"
                    || host
                        .parse::<std::net::IpAddr>()
                        .is_ok_and(|address| address.is_loopback())
            }
        }
    }
}

impl fmt::Display for DockerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{path}"),
            Self::Tcp { host, port } if host.contains(':') => write!(f, "tcp://[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "tcp://{host}:{port}"),
        }
    }
}

impl fmt::Display for LocalSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("local")?;
        let docker = match &self.docker {
            DockerSource::Usual => None,
            DockerSource::None => Some("none".to_owned()),
            DockerSource::At(address) => Some(address.to_string()),
        };
        let words = [
            ("cpus", self.cpus.map(|amount| amount.to_string())),
            ("mem", self.mem.map(|amount| amount.to_string())),
            ("disk", self.disk.map(|amount| amount.to_string())),
            ("docker", docker),
        ];
        let mut before = "://?";
        for (name, value) in words {
            if let Some(value) = value {
                write!(f, "{before}{name}={value}")?;
                before = "&";
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good(text: &str) -> LocalSource {
        LocalSource::parse(text).unwrap().unwrap()
    }

    fn bad(text: &str) -> String {
        LocalSource::parse(text).unwrap().unwrap_err().to_string()
    }

    #[test]
    fn all_is_used_unless_told_otherwise() {
        for text in ["local", "LOCAL", "local://", "local:///", "local://?"] {
            assert_eq!(good(text), LocalSource::default(), "{text}");
        }
        let text = "local://?cpus=1.5&mem=2048&disk=100&docker=tcp://[::1]:99";
        let source = good(text);
        assert_eq!(source.cpus, Some(Scalar::from_milli(1500)));
        assert_eq!(source.mem, Some(Scalar::from_milli(2_048_000)));
        assert_eq!(source.to_string(), text);
        assert_eq!(good("local://?docker=none").docker, DockerSource::None);
        let socket = good("local://?docker=unix:///run/d.sock").docker;
        assert_eq!(
            socket,
            DockerSource::At(DockerAddress::Unix("/run/d.sock".to_owned()))
        );
        let tcp = good("local://?docker=tcp://engine").to_string();
        assert_eq!(tcp, "local://?docker=tcp://engine:2375");
    }

    #[test]
    fn each_parameter_has_a_message_of_its_own() {
        for (text, words) in [
            ("local://host", "has `host` after local://"),
            ("local://?cpu=4", "has the parameter `cpu`"),
            ("local://?cpus=4&cpus=5", "cpus twice"),
            ("local://?cpus=0", "has cpus=0: enter a number of CPUs"),
            ("local://?cpus=-1", "has cpus=-1"),
            ("local://?cpus=1e3", "has cpus=1e3"),
            ("local://?mem=8GB", "has mem=8GB: enter a number of MB"),
            ("local://?mem", "has mem=: enter"),
            ("local://?disk=x", "has disk=x"),
            ("local://?docker=", "has docker=: write unix:///"),
            ("local://?docker=unix://", "has docker=unix://"),
            ("local://?docker=npipe:////./pipe", "has docker=npipe:"),
            ("local://?docker=none&docker=none", "docker twice"),
            ("local://?docker=https://h", "behind TLS"),
        ] {
            let message = bad(text);
            assert!(message.contains(words), "{text}: {message}");
        }
        assert!(LocalSource::parse("local:5050").is_none());
        assert!(LocalSource::parse("http://local").is_none());
    }

    #[test]
    fn engines_of_this_machine_are_known() {
        let here = |text: &str| text.parse::<DockerAddress>().unwrap().is_here();
        assert!(here("unix:///run/docker.sock") && here("tcp://127.0.0.1:1") && here("tcp://[::1]:1"));
        assert!(here("tcp://localhost") && !here("tcp://docker.example:2375") && !here("tcp://10.0.0.1:1"));
    }

    #[test]
    fn the_masters_of_the_quick_start_are_understood() {
        let text = include_str!("../../../docs/quickstart.md");
        let blocks: Vec<&str> = text.split("```").skip(1).step_by(2).map(str::trim).collect();
        let masters: Vec<_> = blocks
            .into_iter()
            .filter(|block| block.starts_with("local") || block.starts_with("zk://"))
            .map(|block| {
                block
                    .parse::<crate::MasterSource>()
                    .map(|source| source.to_string())
            })
            .collect();
        assert_eq!(masters.len(), 3, "{masters:?}");
        assert!(masters.iter().all(Result::is_ok), "{masters:?}");
    }
}
