//! What the next controller must know: a folder for each task, below `local` in the cloud's state folder.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mesos_core::local::DockerAddress;
use mesos_core::{Amount, Scalar};
use mesos_wire::{TaskState, task_status};
use serde::{Deserialize, Serialize};

use crate::master::End;
use crate::process::Identity;

const CLUSTER: &str = "cluster-id";
const LOCK: &str = "lock";
const RECORD: &str = "task.json";
const SANDBOX: &str = "sandbox";

/// The folder of the embedded cluster.
#[derive(Debug, Clone)]
pub(crate) struct Records {
    folder: PathBuf,
    cluster: String,
    /// Held as long as anyone may write here.
    _lock: Arc<fs::File>,
}

/// What is known of one task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    cpus: i64,
    mem: i64,
    disk: i64,
    pub(crate) ports: Vec<u32>,
    /// The engine that has its container; none: it is a process.
    pub(crate) engine: Option<String>,
    /// Once it was started.
    pub(crate) process: Option<Identity>,
    pub(crate) ran: bool,
    end: Option<RecordedEnd>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct RecordedEnd {
    state: i32,
    reason: Option<i32>,
    message: String,
}

impl Record {
    pub(crate) fn new(amount: Amount, ports: Vec<u32>, engine: Option<&DockerAddress>) -> Self {
        Self {
            cpus: amount.cpus.as_milli(),
            mem: amount.mem.as_milli(),
            disk: amount.disk.as_milli(),
            ports,
            engine: engine.map(ToString::to_string),
            process: None,
            ran: false,
            end: None,
        }
    }

    pub(crate) fn amount(&self) -> Amount {
        Amount {
            cpus: Scalar::from_milli(self.cpus),
            mem: Scalar::from_milli(self.mem),
            disk: Scalar::from_milli(self.disk),
            ..Amount::default()
        }
    }

    pub(crate) fn set_end(&mut self, end: &End) {
        self.end = Some(RecordedEnd {
            state: end.state.into(),
            reason: end.reason.map(Into::into),
            message: end.message.clone(),
        });
    }

    pub(crate) fn end(&self) -> Option<End> {
        let end = self.end.as_ref()?;
        Some(End {
            state: TaskState::try_from(end.state).ok()?,
            reason: end
                .reason
                .and_then(|reason| task_status::Reason::try_from(reason).ok()),
            message: end.message.clone(),
        })
    }
}

impl Records {
    /// Opens or makes the folder.
    ///
    /// # Errors
    /// When it cannot be written; `WouldBlock` when another cluster has it.
    pub(crate) fn open(state: &Path) -> io::Result<Self> {
        let folder = state.join("local");
        fs::create_dir_all(folder.join("tasks"))?;
        let lock = fs::File::create(folder.join(LOCK))?;
        rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive)?;
        let file = folder.join(CLUSTER);
        let cluster = match fs::read_to_string(&file) {
            Ok(text) if !text.trim().is_empty() => text.trim().to_owned(),
            Ok(_) => Self::name(&file)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::name(&file)?,
            Err(error) => return Err(error),
        };
        Ok(Self {
            folder,
            cluster,
            _lock: Arc::new(lock),
        })
    }

    fn name(file: &Path) -> io::Result<String> {
        let cluster = uuid::Uuid::new_v4().to_string();
        write(file, cluster.as_bytes())?;
        Ok(cluster)
    }

    /// Whether there is anything that a cluster has left in this state folder.
    pub(crate) fn is_used(state: &Path) -> bool {
        fs::read_dir(state.join("local/tasks")).is_ok_and(|mut entries| entries.next().is_some())
    }

    /// Marks the containers of this cluster at an engine that others use, too.
    pub(crate) fn cluster(&self) -> &str {
        &self.cluster
    }

    fn of(&self, task: &str) -> PathBuf {
        self.folder.join("tasks").join(task)
    }

    pub(crate) fn sandbox(&self, task: &str) -> PathBuf {
        self.of(task).join(SANDBOX)
    }

    pub(crate) fn has(&self, task: &str) -> bool {
        self.of(task).exists()
    }

    /// Writes down a task; its sandbox is there and empty when it is new.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub(crate) fn write(&self, task: &str, record: &Record) -> io::Result<()> {
        let folder = self.of(task);
        if !folder.exists() {
            fs::create_dir_all(folder.join(SANDBOX))?;
            // Others may pass, to get to a sandbox of theirs, but not look.
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o711))?;
            fs::set_permissions(folder.join(SANDBOX), fs::Permissions::from_mode(0o700))?;
        }
        write(&folder.join(RECORD), &serde_json::to_vec(record)?)
    }

    /// All tasks that are written down; those that cannot be read are removed, as they never were started.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(crate) fn all(&self) -> io::Result<Vec<(String, Record)>> {
        let mut all = Vec::new();
        for entry in fs::read_dir(self.folder.join("tasks"))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let record = fs::read(entry.path().join(RECORD))
                .ok()
                .and_then(|text| serde_json::from_slice(&text).ok());
            match record {
                Some(record) => all.push((name, record)),
                None => self.forget(&name),
            }
        }
        all.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(all)
    }

    /// Removes all of a task.
    pub(crate) fn forget(&self, task: &str) {
        let folder = self.of(task);
        if let Err(error) = fs::remove_dir_all(&folder)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!("{} cannot be removed: {error}", folder.display());
        }
    }

    /// Removes a sandbox, of which nothing is needed any more.
    pub(crate) fn empty(&self, task: &str) {
        let folder = self.sandbox(task);
        if let Err(error) = fs::remove_dir_all(&folder)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!("{} cannot be removed: {error}", folder.display());
        }
    }
}

/// Replaces a file as a whole.
fn write(file: &Path, content: &[u8]) -> io::Result<()> {
    let new = file.with_extension("new");
    let mut to = fs::File::create(&new)?;
    to.write_all(content)?;
    to.sync_data()?;
    fs::rename(&new, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_are_known_again_and_half_written_ones_are_removed() {
        let state = std::env::temp_dir().join(format!("mesos-local-records-{}", std::process::id()));
        let _ = fs::remove_dir_all(&state);
        assert!(!Records::is_used(&state));
        let records = Records::open(&state).unwrap();
        let amount = Amount {
            cpus: Scalar::from_milli(100),
            mem: Scalar::from_milli(64_000),
            ..Amount::default()
        };
        let mut record = Record::new(amount, vec![31_000], Some(&DockerAddress::Unix("/d".to_owned())));
        let end = End {
            state: TaskState::TaskFailed,
            reason: Some(task_status::Reason::ContainerLaunchFailed),
            message: "no".to_owned(),
        };
        record.set_end(&end);
        records.write("a", &record).unwrap();
        fs::create_dir_all(records.sandbox("half")).unwrap();

        let busy = Records::open(&state).unwrap_err();
        assert_eq!(busy.kind(), io::ErrorKind::WouldBlock);
        let cluster = records.cluster().to_owned();
        drop(records);
        let again = Records::open(&state).unwrap();
        assert_eq!(again.cluster(), cluster);
        assert_eq!(again.all().unwrap(), [("a".to_owned(), record.clone())]);
        assert_eq!((record.end(), record.amount()), (Some(end), amount));
        assert!(again.has("a") && !again.has("half") && Records::is_used(&state));
        again.forget("a");
        assert!(!Records::is_used(&state));
        fs::remove_dir_all(&state).unwrap();
    }
}
