//! A small disk that can be full.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use testbed::{RunError, tools};

const SIZE: &str = "size=4m";

/// A file system of its own, in memory, until it is dropped.
#[derive(Debug)]
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts one in this folder, which is made.
    ///
    /// # Errors
    /// When this process may not mount anything: it needs root.
    pub fn mount(folder: &Path) -> Result<Self, RunError> {
        fs::create_dir_all(folder).map_err(file("creating", folder))?;
        tools::run(
            Command::new("mount")
                .args(["-t", "tmpfs", "-o", SIZE, "tmpfs"])
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
        // The guard's program does it again, and there is nobody to tell.
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
        let folder = testbed::paths::fresh_run("disk");
        let disk = SmallDisk::mount(&folder).unwrap();
        disk.fill().unwrap();
        let error = fs::write(folder.join("more"), "bytes").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
        disk.free().unwrap();
        fs::write(folder.join("more"), "bytes").unwrap();
        drop(disk);
        fs::remove_dir_all(folder).unwrap();
    }
}
