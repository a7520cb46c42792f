//! Where things are.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// For how long the logs of a run that went wrong are kept.
const KEPT: Duration = Duration::from_secs(24 * 3600);

/// The root of the repository.
#[must_use]
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// The folder of the programs and of all that they write: `TESTBED_HOME`, else `.testbed` in the repository.
#[must_use]
pub fn home() -> PathBuf {
    std::env::var_os("TESTBED_HOME").map_or_else(|| repository().join(".testbed"), PathBuf::from)
}

/// A folder for one run, unique among those of all processes.
#[must_use]
pub fn fresh_run(label: &str) -> PathBuf {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    if count == 0 {
        forget_old_runs(&home().join("run"), KEPT);
    }
    home()
        .join("run")
        .join(format!("{label}-{}-{count}", std::process::id()))
}

/// The folder of a run that outlives the process that started it (`cargo xtask testbed`).
#[must_use]
pub fn lasting_run(label: &str) -> PathBuf {
    home().join("run").join(label)
}

/// Removes what ended processes have left, when it is old enough. A folder that stays is no failure.
fn forget_old_runs(folder: &Path, age: Duration) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let old = entry
            .metadata()
            .and_then(|data| data.modified())
            .is_ok_and(|time| time.elapsed().is_ok_and(|since| since >= age));
        let name = entry.file_name();
        let owner = name
            .to_str()
            .and_then(|name| name.rsplit('-').nth(1)?.parse::<u32>().ok());
        let ended = owner.is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists());
        if old && ended {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_old_runs_of_ended_processes_are_forgotten() {
        let folder = fresh_run("old-runs");
        // No process has this number: it is above the kernel's limit.
        let (ended, running) = ("mesos-4194305-0", format!("mesos-{}-0", std::process::id()));
        for name in [ended, &running, "mesos"] {
            fs::create_dir_all(folder.join(name)).unwrap();
        }

        forget_old_runs(&folder, KEPT);
        assert!(folder.join(ended).exists());
        forget_old_runs(&folder, Duration::ZERO);

        assert!(!folder.join(ended).exists());
        assert!(folder.join(running).exists());
        assert!(folder.join("mesos").exists());
        fs::remove_dir_all(folder).unwrap();
    }
}
