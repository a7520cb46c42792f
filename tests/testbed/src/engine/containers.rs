use std::time::Duration;

use super::Engine;
use crate::error::RunError;
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

    /// Waits until there are no containers, and no volumes and networks but the engine's own.
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
                Ok(left) => Check::when(left.is_empty(), (), || left.clone()),
                Err(error) => Check::NotYet(error.to_string()),
            }
        })
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
