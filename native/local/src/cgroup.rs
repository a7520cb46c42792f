//! Limits for processes, where this process may set them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use mesos_core::Amount;

const ROOT: &str = "/sys/fs/cgroup";
/// All our groups are below this one.
const OURS: &str = "mesos-local";

/// The group of one task: a folder in each hierarchy.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    folders: Vec<PathBuf>,
}

impl Group {
    /// The group of a task, whether it is there or not.
    pub(crate) fn of(cluster: &str, task: &str) -> Self {
        Self::below(Path::new(ROOT), cluster, task)
    }

    fn below(root: &Path, cluster: &str, task: &str) -> Self {
        let hierarchies = if root.join("cgroup.controllers").is_file() {
            vec![root.to_path_buf()]
        } else {
            let both = ["memory", "cpu"].map(|name| root.join(name));
            both.into_iter()
                .filter(|folder| folder.join("cgroup.procs").is_file())
                .collect()
        };
        let folders = hierarchies
            .into_iter()
            .map(|hierarchy| hierarchy.join(OURS).join(cluster).join(task))
            .collect();
        Self { folders }
    }

    /// Makes the group with these limits.
    ///
    /// # Errors
    /// When this process may not, or the machine has no such limits.
    pub(crate) fn make(&self, amount: Amount) -> io::Result<()> {
        if self.folders.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "no cgroups are mounted",
            ));
        }
        for folder in &self.folders {
            enable(folder)?;
            fs::create_dir_all(folder)?;
            let memory = amount.mem.whole().saturating_mul(1024 * 1024).to_string();
            let shares = (amount.cpus.as_milli().saturating_mul(1024) / 1000).clamp(2, 262_144);
            if folder.join("memory.max").exists() {
                fs::write(folder.join("memory.max"), &memory)?;
                // As systemd and Docker make weights of shares.
                let weight = 1 + (shares - 2) * 9999 / 262_142;
                write_if_there(&folder.join("cpu.weight"), &weight.to_string())?;
            }
            write_if_there(&folder.join("memory.limit_in_bytes"), &memory)?;
            write_if_there(&folder.join("cpu.shares"), &shares.to_string())?;
        }
        Ok(())
    }

    /// Puts a process into the group; its children will be there, too.
    ///
    /// # Errors
    /// When this process may not.
    pub(crate) fn add(&self, process: u32) -> io::Result<()> {
        self.folders
            .iter()
            .try_for_each(|folder| fs::write(folder.join("cgroup.procs"), process.to_string()))
    }

    /// All processes in it.
    pub(crate) fn processes(&self) -> Vec<u32> {
        let read = |folder: &PathBuf| fs::read_to_string(folder.join("cgroup.procs")).ok();
        let texts = self.folders.iter().filter_map(read);
        let mut all: Vec<u32> = texts
            .flat_map(|text| {
                text.lines()
                    .filter_map(|line| line.parse().ok())
                    .collect::<Vec<_>>()
            })
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Whether the kernel has killed something in it for want of memory.
    pub(crate) fn ran_out_of_memory(&self) -> bool {
        self.folders
            .iter()
            .flat_map(|folder| ["memory.events", "memory.oom_control"].map(|name| folder.join(name)))
            .filter_map(|path| fs::read_to_string(path).ok())
            .any(|text| kills(&text) > 0)
    }

    /// Removes it; false while something that has ended and was not asked for yet keeps it.
    pub(crate) fn remove(&self) -> bool {
        let mut gone = true;
        for folder in &self.folders {
            // It may never have been there.
            if fs::remove_dir(folder).is_ok()
                && let Some(cluster) = folder.parent()
            {
                // Fails as long as there are others.
                let _ = fs::remove_dir(cluster);
            }
            gone &= !folder.exists();
        }
        gone
    }
}

/// In the hierarchy of cgroups 2, a group has the limits that all above it pass on.
fn enable(folder: &Path) -> io::Result<()> {
    let above: Vec<&Path> = folder
        .ancestors()
        .skip(1)
        .take_while(|above| above.join("cgroup.subtree_control").is_file() || !above.exists())
        .collect();
    for above in above.into_iter().rev() {
        fs::create_dir_all(above)?;
        write_if_there(&above.join("cgroup.subtree_control"), "+cpu +memory")?;
    }
    Ok(())
}

fn write_if_there(file: &Path, text: &str) -> io::Result<()> {
    if file.exists() {
        fs::write(file, text)
    } else {
        Ok(())
    }
}

fn kills(text: &str) -> u64 {
    text.lines()
        .find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kills_for_want_of_memory_are_counted() {
        assert_eq!(kills("low 0\noom 3\noom_kill 2\n"), 2);
        assert_eq!(kills("oom_kill_disable 0\nunder_oom 0\noom_kill 0\n"), 0);
    }

    #[test]
    fn a_machine_without_cgroups_says_so() {
        let group = Group::below(Path::new("/nowhere"), "c", "t");
        assert_eq!(
            group.make(Amount::default()).unwrap_err().kind(),
            io::ErrorKind::Unsupported
        );
        assert!(group.processes().is_empty() && !group.ran_out_of_memory());
    }
}
