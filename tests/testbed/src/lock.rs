//! One process at a time: in a folder, or on this machine.

use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::time::Duration;

use crate::error::{RunError, SetupError};
use crate::wait::{Check, until};

/// Holds a folder's lock file until it is dropped (or the process ends).
#[derive(Debug)]
pub struct FolderLock {
    // The kernel lets go of the lock when this is closed.
    _file: File,
}

impl FolderLock {
    /// Waits until no other process has the folder; makes the folder if it is not there.
    ///
    /// # Errors
    /// [`SetupError::File`] when the lock file cannot be made.
    pub fn take(folder: &Path) -> Result<Self, SetupError> {
        let failed = |doing| {
            let path = folder.to_path_buf();
            move |source| SetupError::File { doing, path, source }
        };
        fs::create_dir_all(folder).map_err(failed("creating"))?;
        let file = File::options()
            .create(true)
            .append(true)
            .open(folder.join("lock"))
            .map_err(failed("opening the lock of"))?;
        file.lock().map_err(failed("locking"))?;
        Ok(Self { _file: file })
    }
}

/// Holds something of which this machine has one, until it and all its handles are closed.
#[derive(Debug)]
pub struct MachineLock {
    file: File,
}

impl MachineLock {
    /// Waits until nobody else on this machine holds what has this name.
    ///
    /// # Errors
    /// [`RunError::File`] when the lock cannot be made; [`RunError::Condition`] when another process has it for too long.
    pub fn take(name: &str, limit: Duration) -> Result<Self, RunError> {
        let path = std::env::temp_dir().join(format!("{name}.lock"));
        let failed = |doing| {
            let path = path.clone();
            move |source| RunError::File { doing, path, source }
        };
        let file = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(failed("opening the lock"))?;
        until(
            format!("the end of who holds {}", path.display()),
            limit,
            || match file.try_lock() {
                Ok(()) => Check::Ready(()),
                Err(TryLockError::WouldBlock) => Check::NotYet("another process holds it".into()),
                Err(TryLockError::Error(error)) => Check::Never(error.to_string()),
            },
        )?;
        Ok(Self { file })
    }

    /// A handle for a child, which then holds the lock as well.
    ///
    /// # Errors
    /// [`RunError::Spawn`].
    pub(crate) fn handle(&self) -> Result<File, RunError> {
        self.file.try_clone().map_err(|source| RunError::Spawn {
            program: "a holder of the lock".into(),
            source,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_lock_is_held_once_and_as_long_as_any_handle() {
        let name = format!("testbed-lock-{}", std::process::id());
        let first = MachineLock::take(&name, Duration::ZERO).unwrap();
        assert!(MachineLock::take(&name, Duration::ZERO).is_err());
        let handle = first.handle().unwrap();
        drop(first);
        assert!(MachineLock::take(&name, Duration::ZERO).is_err());
        drop(handle);
        MachineLock::take(&name, Duration::ZERO).unwrap();
        fs::remove_file(std::env::temp_dir().join(format!("{name}.lock"))).unwrap();
    }
}
