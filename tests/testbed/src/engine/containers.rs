use std::fs;
use std::time::Duration;

use super::Engine;
use crate::error::RunError;
use crate::guard::survivors;
use crate::wait::{Check, until};

impl Engine {
    /// The names of all containers, those that have ended included.
    ///
    /// # Errors
    /// [`RunError::Setup`] when the engine does not answer.
    pub fn containers(&self) -> Result<Vec<String>, RunError> {
        let names = self.docker(&["ps", "-a", "--format", "{{.Names}}"])?;
        Ok(names.lines().map(str::to_owned).collect())
    }

    /// Waits until there are no containers with their layers and processes, and no volumes and networks but the engine's own.
    ///
    /// # Errors
    /// [`RunError::Condition`] with what is left.
    pub fn await_nothing(&self, limit: Duration) -> Result<(), RunError> {
        until("nothing left on the engine", limit, || {
            let left = self
                .docker(&["ps", "-a", "--format", "container {{.Names}} {{.Status}}"])
                .and_then(|all| Ok(all + &self.docker(&["volume", "ls", "--format", "volume {{.Name}}"])?))
                .and_then(|all| {
                    let networks = [
                        "network",
                        "ls",
                        "-f",
                        "type=custom",
                        "--format",
                        "network {{.Name}}",
                    ];
                    Ok(all + &self.docker(&networks)?)
                });
            match left {
                Ok(left) => {
                    let left = left + &self.beneath();
                    Check::when(left.is_empty(), (), || left.clone())
                }
                Err(error) => Check::NotYet(error.to_string()),
            }
        })
    }

    /// What is left of containers that the engine does not list any more: their writable layers, and the processes that stand
    /// between them and the engine.
    fn beneath(&self) -> String {
        let layers = fs::read_dir(self.run.join("data/image"))
            .into_iter()
            .flatten()
            .flatten();
        let layers = layers
            .flat_map(|driver| {
                fs::read_dir(driver.path().join("layerdb/mounts"))
                    .into_iter()
                    .flatten()
                    .flatten()
            })
            .map(|layer| format!("layer {}\n", layer.path().display()));
        let processes = survivors(&self.run).into_iter().filter_map(|process| {
            let line = fs::read(format!("/proc/{process}/cmdline")).ok()?;
            let program = String::from_utf8_lossy(line.split(|byte| *byte == 0).next()?).into_owned();
            let between = ["containerd-shim", "docker-proxy"]
                .iter()
                .any(|name| program.contains(name));
            between.then(|| format!("process {process} {program}\n"))
        });
        layers.chain(processes).collect()
    }

    /// Removes all images, so that the next use of one that is in a registry pulls all of it.
    ///
    /// # Errors
    /// [`RunError::Setup`] with the words of the engine.
    pub fn forget_images(&self) -> Result<(), RunError> {
        // By name: an image goes with the last name of it and of those that are made from it.
        let images = self.docker(&["images", "--format", "{{.Repository}}:{{.Tag}}"])?;
        let mut words = vec!["rmi"];
        words.extend(images.lines());
        self.docker(&words).map(drop)
    }

    /// A container as `docker inspect` shows it.
    ///
    /// # Errors
    /// [`RunError`] when there is none of that name.
    pub fn inspect(&self, name: &str) -> Result<serde_json::Value, RunError> {
        let text = self.docker(&["inspect", "--type", "container", name])?;
        let parsed: serde_json::Value = serde_json::from_str(&text).map_err(|error| RunError::Member {
            name: name.to_owned(),
            problem: format!("is shown in an unreadable way: {error}"),
        })?;
        Ok(parsed[0].clone())
    }
}
