//! One process at a time in a folder.

use std::fs::{self, File};
use std::path::Path;

use crate::error::SetupError;

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
