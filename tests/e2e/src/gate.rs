use std::fs;
use std::path::PathBuf;

use testbed::{RunError, paths};

/// A build that runs until it is let through: a shell script that looks for a file.
#[derive(Debug)]
pub struct Gate {
    file: PathBuf,
}

impl Gate {
    /// A gate that is closed.
    ///
    /// # Errors
    /// [`RunError::File`].
    pub fn closed() -> Result<Self, RunError> {
        let file = paths::fresh_run("gate");
        let folder = paths::home().join("run");
        fs::create_dir_all(&folder).map_err(|source| RunError::File {
            doing: "creating",
            path: folder,
            source,
        })?;
        Ok(Self { file })
    }

    /// The script of a build that waits at the gate.
    #[must_use]
    pub fn script(&self) -> String {
        format!(
            "echo waiting at the gate\nwhile [ ! -e '{}' ]; do sleep 0.2; done\necho through the gate",
            self.file.display()
        )
    }

    /// Lets all builds through that wait and that come.
    ///
    /// # Errors
    /// [`RunError::File`].
    pub fn open(&self) -> Result<(), RunError> {
        fs::write(&self.file, "").map_err(|source| RunError::File {
            doing: "writing",
            path: self.file.clone(),
            source,
        })
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.file);
    }
}
