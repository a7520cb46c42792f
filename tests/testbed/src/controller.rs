//! What a host and today's Jenkins have in common: a process with a folder and a port of 127.0.0.1.

use std::ops::Deref;
use std::path::{Path, PathBuf};

use crate::error::RunError;
use crate::http::Client;
use crate::process::{Daemon, Recipe};
use crate::rest::Rest;

/// The process of a controller. Its jobs, builds and nodes: see [`Rest`].
#[derive(Debug)]
pub struct Controller {
    run: PathBuf,
    pub(crate) port: u16,
    pub(crate) rest: Rest,
    pub(crate) daemon: Daemon,
}

impl Controller {
    /// One that this recipe starts on this port.
    pub(crate) fn new(recipe: Recipe, run: &Path, port: u16) -> Self {
        Self {
            run: run.to_path_buf(),
            port,
            rest: Rest::new(Client::new(format!("http://127.0.0.1:{port}")), run.join("log")),
            daemon: Daemon::attach(recipe),
        }
    }

    /// Its address, with a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// The folder of its `log` and `home`.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.run
    }

    /// Its home folder.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.run.join("home")
    }

    /// The process number, when it runs.
    #[must_use]
    pub fn pid(&mut self) -> Option<u32> {
        self.daemon.pid()
    }

    /// Everything that it has printed, over all its starts: the log of all loggers from level INFO.
    #[must_use]
    pub fn log(&self) -> String {
        self.daemon.log()
    }

    /// Ends it with SIGTERM.
    ///
    /// # Errors
    /// [`RunError::Condition`] when it does not end within 30 s.
    pub fn stop(&mut self) -> Result<(), RunError> {
        self.daemon.stop()
    }

    /// Ends it with SIGKILL.
    ///
    /// # Errors
    /// [`RunError::Condition`] when it does not end.
    pub fn kill(&mut self) -> Result<(), RunError> {
        self.daemon.kill()
    }
}

impl Deref for Controller {
    type Target = Rest;

    fn deref(&self) -> &Rest {
        &self.rest
    }
}
