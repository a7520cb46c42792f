//! Limits for processes, where this process may set them.

use std::fs;
use std::io::{self, Write};
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
        let folders = clusters(root, cluster).map(|folder| folder.join(task)).collect();
        Self { folders }
    }

    /// Removes the groups that a killed controller has left of a cluster's former tasks. Those with a process stay, and those
    /// of tasks that `lives` tells of: whether one ran out of memory is still to be read there.
    pub(crate) fn sweep(cluster: &str, lives: impl Fn(&str) -> bool) {
        Self::sweep_below(Path::new(ROOT), cluster, lives);
    }

    fn sweep_below(root: &Path, cluster: &str, lives: impl Fn(&str) -> bool) {
        for folder in clusters(root, cluster) {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                let is_group = entry.file_type().is_ok_and(|kind| kind.is_dir());
                if is_group && !entry.file_name().to_str().is_some_and(&lives) {
                    // The kernel refuses as long as there is a process in it.
                    let _ = fs::remove_dir(entry.path());
                }
            }
            // Fails as long as there are others.
            let _ = fs::remove_dir(&folder);
        }
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
            if folder.join("cgroup.controllers").exists() {
                // It is not there where those above do not pass the limit on, as in a container with a part of the tree.
                fs::OpenOptions::new()
                    .write(true)
                    .open(folder.join("memory.max"))
                    .and_then(|mut file| file.write_all(memory.as_bytes()))?;
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

/// Where the groups of a cluster's tasks are: a folder in each hierarchy.
fn clusters(root: &Path, cluster: &str) -> impl Iterator<Item = PathBuf> {
    let hierarchies = if root.join("cgroup.controllers").is_file() {
        vec![root.to_path_buf()]
    } else {
        let both = ["memory", "cpu"].map(|name| root.join(name));
        both.into_iter()
            .filter(|folder| folder.join("cgroup.procs").is_file())
            .collect()
    };
    let cluster = Path::new(OURS).join(cluster);
    hierarchies
        .into_iter()
        .map(move |hierarchy| hierarchy.join(&cluster))
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

    /// A tree as the kernel shows it, but of plain files: what is written stays, and nothing is enforced.
    struct FakeTree(PathBuf);

    impl FakeTree {
        fn new(name: &str) -> Self {
            let root = std::env::temp_dir().join(format!("mesos-local-cgroup-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&root);
            Self(root)
        }

        fn with(self, folder: &str, files: &[&str]) -> Self {
            fs::create_dir_all(self.0.join(folder)).unwrap();
            for file in files {
                fs::write(self.0.join(folder).join(file), "").unwrap();
            }
            self
        }

        fn read(&self, file: &str) -> String {
            fs::read_to_string(self.0.join(file)).unwrap()
        }
    }

    impl Drop for FakeTree {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn amount() -> Amount {
        Amount {
            cpus: mesos_core::Scalar::from_milli(2000),
            mem: mesos_core::Scalar::from_milli(64_000),
            ..Amount::default()
        }
    }

    #[test]
    fn limits_are_written_where_cgroups_2_have_them() {
        let inner = ["cgroup.controllers", "cgroup.subtree_control", "cgroup.procs"];
        let leaf = [
            "cgroup.controllers",
            "cgroup.procs",
            "memory.max",
            "cpu.weight",
            "memory.events",
        ];
        let tree = FakeTree::new("2")
            .with("", &inner)
            .with("mesos-local", &inner)
            .with("mesos-local/c", &inner)
            .with("mesos-local/c/t", &leaf);
        let group = Group::below(&tree.0, "c", "t");
        group.make(amount()).unwrap();
        group.add(42).unwrap();
        for above in ["", "mesos-local/", "mesos-local/c/"] {
            assert_eq!(
                tree.read(&format!("{above}cgroup.subtree_control")),
                "+cpu +memory",
                "{above}"
            );
        }
        assert_eq!(tree.read("mesos-local/c/t/memory.max"), (64 << 20).to_string());
        assert_eq!(tree.read("mesos-local/c/t/cpu.weight"), "79");
        assert_eq!(group.processes(), [42]);
        assert!(!group.ran_out_of_memory());
        fs::write(
            tree.0.join("mesos-local/c/t/memory.events"),
            "max 9\noom 1\noom_kill 1\n",
        )
        .unwrap();
        assert!(group.ran_out_of_memory());
    }

    #[test]
    fn cgroups_2_without_the_limit_of_memory_are_refused() {
        let inner = ["cgroup.controllers", "cgroup.subtree_control", "cgroup.procs"];
        let tree = FakeTree::new("part")
            .with("", &inner)
            .with("mesos-local/c/t", &inner);
        let error = Group::below(&tree.0, "c", "t").make(amount()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn limits_are_written_in_both_hierarchies_of_cgroups_1() {
        let tree = FakeTree::new("1")
            .with("memory", &["cgroup.procs"])
            .with(
                "memory/mesos-local/c/t",
                &["cgroup.procs", "memory.limit_in_bytes", "memory.oom_control"],
            )
            .with("cpu", &["cgroup.procs"])
            .with("cpu/mesos-local/c/t", &["cgroup.procs", "cpu.shares"])
            .with("cpuset", &["cgroup.procs"]);
        let group = Group::below(&tree.0, "c", "t");
        group.make(amount()).unwrap();
        group.add(42).unwrap();
        assert_eq!(
            tree.read("memory/mesos-local/c/t/memory.limit_in_bytes"),
            (64 << 20).to_string()
        );
        assert_eq!(tree.read("cpu/mesos-local/c/t/cpu.shares"), "2048");
        assert_eq!(tree.read("memory/mesos-local/c/t/cgroup.procs"), "42");
        assert!(!tree.0.join("cpuset/mesos-local").exists());
        let control = "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n";
        fs::write(tree.0.join("memory/mesos-local/c/t/memory.oom_control"), control).unwrap();
        assert!(group.ran_out_of_memory());
    }

    #[test]
    fn what_a_killed_controller_left_is_removed_and_what_lives_stays() {
        let tree = FakeTree::new("left")
            .with("memory", &["cgroup.procs"])
            .with("cpu", &["cgroup.procs"])
            .with("memory/mesos-local/c/gone", &[])
            .with("cpu/mesos-local/c/gone", &[])
            .with("memory/mesos-local/c/lives", &[])
            // Plain files keep a folder as processes keep a group.
            .with("memory/mesos-local/c/busy", &["cgroup.procs"])
            .with("memory/mesos-local/other/gone", &[]);
        Group::sweep_below(&tree.0, "c", |task| task == "lives");
        let left = |folder: &str| tree.0.join(folder).exists();
        assert!(!left("memory/mesos-local/c/gone") && !left("cpu/mesos-local/c"));
        assert!(left("memory/mesos-local/c/lives") && left("memory/mesos-local/c/busy"));
        assert!(left("memory/mesos-local/other/gone"));
        Group::sweep_below(Path::new("/nowhere"), "c", |_| false);
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
