//! The one agent of a bed, and its violent end.

use std::fs;
use std::process::Command;

use testbed::RunError;

use crate::Bed;

impl Bed {
    /// The name of the one agent that runs: of its task, and of its node.
    ///
    /// # Errors
    /// [`RunError::Condition`] when there is none or more than one.
    pub fn the_agent(&self) -> Result<String, RunError> {
        let tasks = self.cluster.tasks()?;
        match tasks.as_slice() {
            [one] => Ok(one.id.clone()),
            _ => Err(unmet("one task", format!("{tasks:?}"))),
        }
    }
}

/// Ends the program of an agent, as a kernel short of memory would.
///
/// # Errors
/// [`RunError::Condition`] when it does not run.
pub fn kill_agent(name: &str) -> Result<(), RunError> {
    let words = format!(" -name {name} ");
    let processes = fs::read_dir("/proc").map_err(|error| unmet("the processes", error))?;
    for process in processes.flatten() {
        let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        if line.starts_with("java ") && line.contains(&words) {
            let killed = Command::new("kill").arg("-9").arg(process.file_name()).status();
            return match killed {
                Ok(status) if status.success() => Ok(()),
                other => Err(unmet("the end of the agent", format!("{other:?}"))),
            };
        }
    }
    Err(unmet("the process of the agent", name))
}

fn unmet(what: &str, reason: impl ToString) -> RunError {
    RunError::Condition {
        what: what.into(),
        reason: reason.to_string(),
    }
}
