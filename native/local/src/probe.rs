//! What Test Connection tells of this machine.

use mesos_core::Amount;
use mesos_core::local::{DockerSource, LocalSource};

use crate::cluster::whole;
use crate::engine::Engine;
use crate::user;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// False: a Docker engine is named that does not answer.
    pub ok: bool,
    /// What may be used.
    pub amount: Amount,
    /// Of the Docker engine, if it answers.
    pub engine: Option<String>,
    /// All of it, for people.
    pub message: String,
}

/// Looks at this machine and asks the Docker engine, within some seconds.
pub async fn probe(source: &LocalSource) -> Findings {
    let amount = whole(source, &std::env::temp_dir());
    let mut ok = true;
    let mut version = None;
    let named = matches!(source.docker, DockerSource::At(_));
    let docker = match Engine::of(&source.docker) {
        Ok(None) => "containers are switched off (docker=none)".to_owned(),
        Ok(Some(engine)) => match engine.ping().await {
            Ok(()) => match engine.version().await {
                Ok(found) => {
                    let text = format!("Docker engine {found} at {}", engine.address());
                    version = Some(found);
                    text
                }
                Err(error) => {
                    ok = false;
                    error.to_string()
                }
            },
            Err(error) => {
                ok = !named;
                match named {
                    true => error.to_string(),
                    false => format!("only agents without a container can run: {error}"),
                }
            }
        },
        Err(message) => {
            ok = false;
            message
        }
    };
    let limits = if user::is_root() {
        ""
    } else {
        "; agents without a container run as the controller's user"
    };
    Findings {
        ok,
        amount,
        engine: version,
        message: format!(
            "this machine stands for a cluster: {} CPUs, {} MB; {docker}{limits}",
            amount.cpus, amount.mem
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mesos_core::MasterSource;

    async fn found(text: &str) -> Findings {
        match text.parse() {
            Ok(MasterSource::Local(source)) => probe(&source).await,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn an_engine_that_is_named_must_be_there() {
        let none = found("local://?cpus=2&mem=512&docker=none").await;
        assert!(
            none.ok
                && none
                    .message
                    .starts_with("this machine stands for a cluster: 2 CPUs, 512 MB; "),
            "{none:?}"
        );
        let missing = found("local://?docker=unix:///nowhere/docker.sock").await;
        assert!(
            !missing.ok && missing.message.contains("no Docker engine at unix:///nowhere"),
            "{missing:?}"
        );
    }
}
