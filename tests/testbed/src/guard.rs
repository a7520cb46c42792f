//! The end of everything that was started, however its owner ends.
//!
//! A guard is a shell in a process group of its own (so Ctrl-C in a terminal does not reach it) that reads from a
//! pipe of its owner. When the owner ends, the pipe closes, and the guard kills every process that carries the mark
//! of the run in its environment. Mesos executors and tasks carry it too: their sandbox is below the run's folder.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::error::RunError;

/// A program of this name in a run's folder is run before its processes are killed: it ends what carries no mark.
pub const END: &str = "end";

/// The environment variable that marks the processes of a run: the run's folder and a slash.
pub const MARK: &str = "MESOS_TESTBED_RUN";

// $1: the run's folder with a slash at its end, $2: where cgroups are mounted. Killing goes on until nothing is found: an
// executor may be starting a task at this very moment. A cluster of the master `local` whose controller was killed leaves its
// cgroups; their name is in its folder, below that of a cloud's state. They can be removed once what was killed is reaped.
const SCRIPT: &str = r#"
read -r word
[ "$word" = keep ] && exit 0
[ -x "$1end" ] && "$1end"
end=1
for round in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  found=$(grep -lszF -e "MESOS_TESTBED_RUN=$1" -e "MESOS_SANDBOX=$1" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3)
  [ -z "$found" ] && end=0 && break
  kill -9 $found 2>/dev/null
  sleep 0.1
done
for file in $(find "$1" -maxdepth 6 -path '*/local/cluster-id' 2>/dev/null); do
  id=$(tr -cd 0-9a-f- < "$file")
  [ -z "$id" ] && continue
  for round in 1 2 3 4 5 6 7 8 9 10; do
    groups=$(find "$2"/mesos-local/"$id" "$2"/*/mesos-local/"$id" -depth -type d 2>/dev/null)
    [ -z "$groups" ] && break
    rmdir $groups 2>/dev/null || sleep 0.1
  done
done
exit $end
"#;

const CGROUPS: &str = "/sys/fs/cgroup";

/// Ends all processes of a run when it is dropped or when this process ends.
#[derive(Debug)]
pub struct Guard {
    child: Child,
}

impl Guard {
    /// Watches over the processes that carry the mark of `run`.
    ///
    /// # Errors
    /// [`RunError::Spawn`] when there is no shell.
    pub fn over(run: &Path) -> Result<Self, RunError> {
        Self::with_cgroups(run, Path::new(CGROUPS))
    }

    fn with_cgroups(run: &Path, cgroups: &Path) -> Result<Self, RunError> {
        let child = Command::new("sh")
            .args(["-c", SCRIPT, "testbed-guard"])
            .arg(mark(run))
            .arg(cgroups)
            .env_remove(MARK)
            .env_remove("MESOS_SANDBOX")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(|source| RunError::Spawn {
                program: "sh".into(),
                source,
            })?;
        Ok(Self { child })
    }

    /// Leaves everything running, also after this process has ended.
    ///
    /// # Errors
    /// [`RunError::Spawn`] when the guard does not take the word; then it ends everything.
    pub fn keep(mut self) -> Result<(), RunError> {
        let failed = |source| RunError::Spawn {
            program: "the guard".into(),
            source,
        };
        if let Some(mut stdin) = self.child.stdin.take() {
            stdin.write_all(b"keep\n").map_err(failed)?;
        }
        Ok(())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // Nothing can be done about a failure here, and the guard does its work anyway.
        let _ = self.child.wait();
    }
}

/// Ends all processes of a run now.
///
/// # Errors
/// [`RunError::Spawn`] when there is no shell.
pub fn sweep(run: &Path) -> Result<(), RunError> {
    Guard::over(run).map(drop)
}

/// The processes of a run that live, by number.
#[must_use]
pub fn survivors(run: &Path) -> Vec<u32> {
    let mark = mark(run);
    let mark = mark.as_os_str().as_encoded_bytes();
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| {
            let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| {
                [MARK.as_bytes(), b"MESOS_SANDBOX"].into_iter().any(|name| {
                    variable
                        .strip_prefix(name)
                        .and_then(|rest| rest.strip_prefix(b"="))
                        .is_some_and(|value| value.starts_with(mark))
                })
            })
        })
        .collect()
}

/// The value of [`MARK`] for a run.
#[must_use]
pub fn mark(run: &Path) -> PathBuf {
    run.join("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths;
    use crate::wait::{Check, until};
    use std::fs;
    use std::time::Duration;

    fn sleeper(run: &Path) -> Child {
        Command::new("sleep")
            .arg("1000")
            .env(MARK, mark(run))
            .process_group(0)
            .spawn()
            .unwrap()
    }

    #[test]
    fn a_dropped_guard_ends_the_processes_of_its_run_and_no_others() {
        let ours = paths::fresh_run("guard");
        let other = paths::fresh_run("guard");
        let mut mine = sleeper(&ours);
        let mut theirs = sleeper(&other);
        let guard = Guard::over(&ours).unwrap();
        assert_eq!(survivors(&ours), [mine.id()]);

        drop(guard);

        assert!(!mine.wait().unwrap().success());
        assert!(survivors(&ours).is_empty());
        assert_eq!(theirs.try_wait().unwrap(), None);
        theirs.kill().unwrap();
        theirs.wait().unwrap();
    }

    #[test]
    fn a_killed_owner_leaves_nothing_behind() {
        let run = paths::fresh_run("guard");
        let mut task = sleeper(&run);
        // An owner in the position of a test that is killed: it holds the other end of a guard's pipe.
        let mut guard = Guard::over(&run).unwrap();
        let pipe = guard.child.stdin.take().unwrap();
        let mut owner = Command::new("sh")
            .args(["-c", "exec sleep 1000"])
            .stdout(pipe)
            .spawn()
            .unwrap();

        owner.kill().unwrap();
        owner.wait().unwrap();

        until("the end of the task", Duration::from_secs(5), || {
            Check::when(task.try_wait().unwrap().is_some(), (), || "it runs".into())
        })
        .unwrap();
    }

    #[test]
    fn cgroups_of_killed_controllers_go_and_others_stay() {
        let run = paths::fresh_run("guard");
        let cgroups = run.join("cgroups");
        let local = run.join("home/mesos/cloud/local");
        for folder in [
            local.clone(),
            cgroups.join("memory/mesos-local/0a-1/task"),
            cgroups.join("memory/mesos-local/0a-2/task"),
            cgroups.join("mesos-local/0a-1/task"),
        ] {
            fs::create_dir_all(folder).unwrap();
        }
        fs::write(local.join("cluster-id"), "0a-1").unwrap();

        drop(Guard::with_cgroups(&run, &cgroups).unwrap());

        assert!(!cgroups.join("memory/mesos-local/0a-1").exists());
        assert!(!cgroups.join("mesos-local/0a-1").exists());
        assert!(cgroups.join("memory/mesos-local/0a-2/task").exists());
        fs::remove_dir_all(run).unwrap();
    }

    #[test]
    fn what_is_kept_goes_on_until_it_is_swept() {
        let run = paths::fresh_run("guard");
        let mut task = sleeper(&run);
        let mut guard = Guard::over(&run).unwrap();
        let mut shell = {
            guard.child.stdin.as_mut().unwrap().write_all(b"keep\n").unwrap();
            guard
        };
        assert!(shell.child.wait().unwrap().success());
        assert_eq!(task.try_wait().unwrap(), None);

        sweep(&run).unwrap();
        assert!(!task.wait().unwrap().success());
    }
}
