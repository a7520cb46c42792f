//! Debian packages that are unpacked, not installed.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::stamp::file;
use crate::error::SetupError;
use crate::tools;

/// Downloads these packages into `scratch` and unpacks them below `root`.
///
/// # Errors
/// [`SetupError::Command`] of the package client.
pub(super) fn unpack(packages: &[&str], scratch: &Path, root: &Path) -> Result<(), SetupError> {
    let download = || {
        let mut command = Command::new("apt-get");
        tools::run(
            command
                .current_dir(scratch)
                .args(["download", "-q"])
                .args(packages),
        )
    };
    if download().is_err() {
        tools::run(Command::new("apt-get").args(["update", "-q"]))?;
        download()?;
    }
    for package in list(scratch)? {
        if package.extension() == Some(OsStr::new("deb")) {
            tools::run(Command::new("dpkg-deb").arg("-x").arg(package).arg(root))?;
        }
    }
    Ok(())
}

/// What is in a folder.
pub(super) fn list(folder: &Path) -> Result<Vec<PathBuf>, SetupError> {
    let entries = fs::read_dir(folder).map_err(file("reading", folder))?;
    Ok(entries.flatten().map(|entry| entry.path()).collect())
}
