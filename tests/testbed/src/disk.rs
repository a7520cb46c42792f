//! A small disk that can be full.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::RunError;
use crate::tools;

/// A file system of its own, in memory, until it is dropped.
#[derive(Debug)]
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts one of so many MB (2^20 bytes) in place of this folder, which is made if it is not there.
    ///
    /// # Errors
    /// When this process may not mount anything: it needs root.
    pub fn mount(folder: &Path, megabytes: u32) -> Result<Self, RunError> {
        fs::create_dir_all(folder).map_err(file("creating", folder))?;
        tools::run(
            Command::new("mount")
                .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"])
                .arg(folder),
        )?;
        Ok(Self(folder.to_path_buf()))
    }

    /// Leaves not a byte free.
    ///
    /// # Errors
    /// When it cannot be filled.
    pub fn fill(&self) -> Result<(), RunError> {
        let path = self.0.join("filler");
        let failed = file("filling", &path);
        let mut filler = match File::create(&path) {
            Ok(filler) => filler,
            Err(error) => return Err(failed(error)),
        };
        for size in [1 << 16, 1] {
            loop {
                match filler.write_all(&vec![0; size]) {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => return Err(failed(error)),
                }
            }
        }
        Ok(())
    }

    /// Gives the room back.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn free(&self) -> Result<(), RunError> {
        let path = self.0.join("filler");
        fs::remove_file(&path).map_err(file("removing", &path))
    }

    /// A shell line that removes it, for who outlives this process.
    #[must_use]
    pub fn removal(folder: &Path) -> String {
        format!("umount -l '{}'", folder.display())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // What outlives this process does it again (`removal`, or an engine's guard), and there is nobody to tell.
        let _ = tools::run(Command::new("umount").arg("-l").arg(&self.0));
    }
}

fn file(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> RunError + use<> {
    let path = path.to_path_buf();
    move |source| RunError::File { doing, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_takes_nothing_until_it_is_freed() {
        let folder = crate::paths::fresh_run("disk");
        let disk = SmallDisk::mount(&folder, 4).unwrap();
        disk.fill().unwrap();
        let error = fs::write(folder.join("more"), "bytes").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
        disk.free().unwrap();
        fs::write(folder.join("more"), "bytes").unwrap();
        drop(disk);
        fs::remove_dir_all(folder).unwrap();
    }
}
