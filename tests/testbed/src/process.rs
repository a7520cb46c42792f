//! A program that runs in the background, with its log and its number in a folder.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::RunError;
use crate::guard::{self, MARK};
use crate::wait::{Check, until};

const TAIL: u64 = 3_000;

/// How a program is started; the same each time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Recipe {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// What is added to this process's own environment.
    pub environment: BTreeMap<String, String>,
    /// The folder for `log` and `pid`.
    pub folder: PathBuf,
    /// The folder of the run, whose guard ends the program.
    pub run: PathBuf,
}

/// A program in the background.
#[derive(Debug)]
pub struct Daemon {
    recipe: Recipe,
    // None: started by another process, or not started.
    child: Option<Child>,
}

impl Daemon {
    /// A daemon that may have been started by another process.
    #[must_use]
    pub fn attach(recipe: Recipe) -> Self {
        Self { recipe, child: None }
    }

    /// How it is started.
    #[must_use]
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// For changes that count from the next start.
    pub fn recipe_mut(&mut self) -> &mut Recipe {
        &mut self.recipe
    }

    /// Starts it, when it does not run.
    ///
    /// # Errors
    /// [`RunError::Spawn`] and [`RunError::File`].
    pub fn start(&mut self) -> Result<(), RunError> {
        self.start_reading(Stdio::null())
    }

    /// The same with a standard input.
    ///
    /// # Errors
    /// [`RunError::Spawn`] and [`RunError::File`].
    pub(crate) fn start_reading(&mut self, input: Stdio) -> Result<(), RunError> {
        if self.alive() {
            return Ok(());
        }
        let folder = &self.recipe.folder;
        let file = |doing, path: &Path| {
            let path = path.to_path_buf();
            move |source| RunError::File { doing, path, source }
        };
        fs::create_dir_all(folder).map_err(file("creating", folder))?;
        let path = folder.join("log");
        let log = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(file("opening", &path))?;
        let errors = log.try_clone().map_err(file("opening", &path))?;
        let child = Command::new(&self.recipe.program)
            .args(&self.recipe.arguments)
            .envs(&self.recipe.environment)
            .env(MARK, guard::mark(&self.recipe.run))
            .current_dir(folder)
            .stdin(input)
            .stdout(log)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .map_err(|source| RunError::Spawn {
                program: self.recipe.program.display().to_string(),
                source,
            })?;
        let path = folder.join("pid");
        fs::write(&path, child.id().to_string()).map_err(file("writing", &path))?;
        self.child = Some(child);
        Ok(())
    }

    /// The process number, when it runs.
    #[must_use]
    pub fn pid(&mut self) -> Option<u32> {
        if let Some(child) = &mut self.child {
            return matches!(child.try_wait(), Ok(None)).then(|| child.id());
        }
        let pid = fs::read_to_string(self.recipe.folder.join("pid"))
            .ok()?
            .trim()
            .parse()
            .ok()?;
        // Numbers are used again; the mark tells whether this one is still ours. A zombie has none.
        guard::survivors(&self.recipe.run).contains(&pid).then_some(pid)
    }

    /// Whether it runs.
    #[must_use]
    pub fn alive(&mut self) -> bool {
        self.pid().is_some()
    }

    /// Sends SIGKILL and waits for the end.
    ///
    /// # Errors
    /// [`RunError::Condition`] when it does not end.
    pub fn kill(&mut self) -> Result<(), RunError> {
        self.end("-KILL", Duration::from_secs(10))
    }

    /// Sends SIGTERM and waits for the end.
    ///
    /// # Errors
    /// [`RunError::Condition`] when it does not end within 30 s.
    pub fn stop(&mut self) -> Result<(), RunError> {
        self.end("-TERM", Duration::from_secs(30))
    }

    /// Sends it a signal, such as `-STOP`; whether it was there.
    pub(crate) fn signal(&mut self, signal: &str) -> Result<bool, RunError> {
        let Some(pid) = self.pid() else { return Ok(false) };
        let sent = Command::new("sh")
            .args(["-c", "kill \"$1\" \"$2\"", "sh", signal, &pid.to_string()])
            .stderr(Stdio::null())
            .status()
            .map_err(|source| RunError::Spawn {
                program: "kill".into(),
                source,
            })?;
        Ok(sent.success())
    }

    fn end(&mut self, signal: &str, limit: Duration) -> Result<(), RunError> {
        let Some(pid) = self.pid() else { return Ok(()) };
        let sent = self.signal(signal)?;
        let what = format!(
            "the end of process {pid} ({}) after {signal}",
            self.recipe.folder.display()
        );
        until(what, limit, || {
            Check::when(!self.alive(), (), || format!("it runs (signal sent: {sent})"))
        })?;
        self.child = None;
        Ok(())
    }

    /// The whole log.
    #[must_use]
    pub fn log(&self) -> String {
        let bytes = fs::read(self.recipe.folder.join("log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The end of the log, with a headline, for messages.
    #[must_use]
    pub fn tail(&self) -> String {
        headed_tail(&self.recipe.folder.join("log"))
    }
}

pub(crate) fn headed_tail(path: &Path) -> String {
    format!("--- end of {} ---\n{}", path.display(), tail_of(path))
}

/// The last lines of a file; empty when there is none.
#[must_use]
pub fn tail_of(path: &Path) -> String {
    let Ok(mut file) = File::open(path) else {
        return String::new();
    };
    let length = file.metadata().map_or(0, |data| data.len());
    let mut bytes = Vec::new();
    if file.seek(SeekFrom::Start(length.saturating_sub(TAIL))).is_err()
        || file.read_to_end(&mut bytes).is_err()
    {
        return String::new();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths;

    fn sleeper() -> Daemon {
        let run = paths::fresh_run("process");
        Daemon::attach(Recipe {
            program: "sh".into(),
            arguments: vec!["-c".into(), "echo \"$GREETING\"; exec sleep 1000".into()],
            environment: [("GREETING".to_owned(), "good morning".to_owned())].into(),
            folder: run.join("sleeper"),
            run,
        })
    }

    #[test]
    fn a_daemon_starts_once_logs_and_ends_when_killed() {
        let mut daemon = sleeper();
        assert!(!daemon.alive());
        daemon.start().unwrap();
        let pid = daemon.pid().unwrap();
        daemon.start().unwrap();
        assert_eq!(daemon.pid(), Some(pid));
        until("the greeting", Duration::from_secs(5), || {
            Check::when(daemon.log() == "good morning\n", (), || daemon.tail())
        })
        .unwrap();

        daemon.kill().unwrap();

        assert!(!daemon.alive());
        fs::remove_dir_all(&daemon.recipe().run).unwrap();
    }

    #[test]
    fn another_process_finds_a_daemon_by_its_folder() {
        let mut daemon = sleeper();
        daemon.start().unwrap();
        let mut same = Daemon::attach(daemon.recipe().clone());
        // Between two programs of one process its environment cannot be read for a moment.
        until("the same process", Duration::from_secs(5), || {
            let (found, own) = (same.pid(), daemon.pid());
            Check::when(found.is_some() && found == own, (), || {
                format!("{found:?}, not {own:?}")
            })
        })
        .unwrap();

        daemon.stop().unwrap();

        assert!(!same.alive());
        fs::remove_dir_all(&daemon.recipe().run).unwrap();
    }
}
