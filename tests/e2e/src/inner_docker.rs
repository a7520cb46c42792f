//! An engine that runs within a container of a case.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use testbed::RunError;

/// Writes a custom command shell that starts an engine, whose programs are below `/docker/bin`: `start-docker` in this folder.
///
/// # Errors
/// [`RunError::File`].
pub fn start_script(folder: &Path) -> Result<PathBuf, RunError> {
    let script = folder.join("start-docker");
    fs::write(&script, include_str!("start-docker.sh"))
        .and_then(|()| fs::set_permissions(&script, fs::Permissions::from_mode(0o755)))
        .map_err(|source| RunError::File {
            doing: "writing",
            path: script.clone(),
            source,
        })?;
    Ok(script)
}
