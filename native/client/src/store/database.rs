//! The database file: opening, setting aside a damaged one, reading and writing.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use mesos_core::{Registration, Restored, TaskRecord, Write};
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

use super::{checksum, copy, schema};

pub(super) const FILE: &str = "state.db";
const LOCK: &str = "state.lock";
const FRAMEWORK_ID: &str = "frameworkId";
const REGISTRATION: &str = "registration";
const SET: &str = "INSERT OR REPLACE INTO setting (name, value, checksum) VALUES (?1, ?2, ?3)";

/// Why the state of a cloud cannot be used. The messages name the file and the cure.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error(
        "the folder {folder} for the cloud's state cannot be used ({source}): make it writable for Jenkins"
    )]
    Folder { folder: String, source: io::Error },
    #[error(
        "the cloud's state in {folder} is in use{holder}: two Jenkins must not share it; stop the other one"
    )]
    InUse { folder: String, holder: String },
    #[error(
        "the cloud's state in {file} was written by a newer version of this plugin (schema {found}, known is {known}): \
         install that version again"
    )]
    Newer { file: String, found: i64, known: i64 },
    #[error("the cloud's state in {file} cannot be opened ({source}): check permissions and free space")]
    Database { file: String, source: rusqlite::Error },
    #[error("the damaged {file} cannot be set aside ({source}): move it away")]
    SetAside { file: String, source: io::Error },
}

/// Why a group of batches was not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    #[error("the cloud's state cannot be written ({0}): check permissions and free space")]
    Database(#[from] rusqlite::Error),
    #[error("the record of a task cannot be written as JSON ({0})")]
    Record(#[from] serde_json::Error),
}

impl WriteError {
    /// Whether the file is to blame, and not the disk or the moment.
    pub(super) fn is_damage(&self) -> bool {
        matches!(self, WriteError::Database(error) if is_damage(error))
    }
}

/// Why an attempt to read a database gave nothing.
enum Unreadable {
    /// The file has to be set aside.
    Damaged(String),
    /// The file may be good.
    Refused(OpenError),
}

/// An open database and the lock that keeps other processes (and other copies of this library) away from it.
#[derive(Debug)]
pub(super) struct Database {
    connection: Connection,
    folder: PathBuf,
    _lock: File,
}

impl Database {
    /// Opens, checks, migrates and reads; a damaged database is renamed and a fresh one begun. The text says so then.
    pub(super) fn open(folder: &Path) -> Result<(Self, Restored, Option<String>), OpenError> {
        let lock = lock(folder)?;
        let file = folder.join(FILE);
        let (content, trouble) = match read(&file) {
            Err(Unreadable::Damaged(problem)) => {
                let shown = file.display().to_string();
                let aside = set_aside(&file).map_err(|source| OpenError::SetAside { file: shown, source })?;
                let next = match copy::read(folder) {
                    Some(_) => {
                        "the master is asked for the tasks: those without a node in Jenkins are killed"
                    }
                    None => {
                        "a new framework is registered: tasks of the old one run on until its failover timeout"
                    }
                };
                let aside = aside.display();
                let trouble =
                    format!("the cloud's state was damaged ({problem}) and set aside as {aside}; {next}");
                (read(&file), Some(trouble))
            }
            content => (content, None),
        };
        let Content {
            connection,
            mut restored,
            fresh,
        } = content.map_err(|error| match error {
            Unreadable::Refused(error) => error,
            // What was just made is damaged: the disk is.
            Unreadable::Damaged(problem) => OpenError::SetAside {
                file: file.display().to_string(),
                source: io::Error::other(problem),
            },
        })?;
        let mut database = Database {
            connection,
            folder: folder.to_path_buf(),
            _lock: lock,
        };
        if fresh && let Some(id) = copy::read(folder) {
            if let Err(error) = database.write([Write::SetFrameworkId(id.clone())].iter()) {
                tracing::warn!("{error}");
            }
            restored.framework_id = Some(id);
        }
        Ok((database, restored, trouble))
    }

    /// Does all writes in one transaction and returns after it is synced.
    pub(super) fn write<'a>(&mut self, writes: impl Iterator<Item = &'a Write>) -> Result<(), WriteError> {
        let transaction = self.connection.transaction()?;
        let mut framework_id = None;
        for write in writes {
            match write {
                Write::SetFrameworkId(id) => {
                    let checksum = checksum::of(&[FRAMEWORK_ID, id]);
                    transaction
                        .prepare_cached(SET)?
                        .execute(params![FRAMEWORK_ID, id, checksum])?;
                    framework_id = Some(Some(id.as_str()));
                }
                Write::SetRegistration(registration) => {
                    let value = serde_json::to_string(registration)?;
                    let checksum = checksum::of(&[REGISTRATION, &value]);
                    transaction
                        .prepare_cached(SET)?
                        .execute(params![REGISTRATION, value, checksum])?;
                }
                Write::ClearFrameworkId => {
                    transaction
                        .prepare_cached("DELETE FROM setting WHERE name IN (?1, ?2)")?
                        .execute([FRAMEWORK_ID, REGISTRATION])?;
                    framework_id = Some(None);
                }
                Write::PutTask(task) => {
                    let record = serde_json::to_string(task)?;
                    let state = task.phase.as_str();
                    let checksum = checksum::of(&[&task.name, state, &record]);
                    transaction
                        .prepare_cached(
                            "INSERT OR REPLACE INTO task (name, state, record, checksum) VALUES (?1, ?2, ?3, ?4)",
                        )?
                        .execute(params![task.name.as_str(), state, record, checksum])?;
                }
                Write::DeleteTask(name) => {
                    transaction
                        .prepare_cached("DELETE FROM task WHERE name = ?1")?
                        .execute([name])?;
                }
            }
        }
        transaction.commit()?;
        if let Some(id) = framework_id
            && let Err(error) = copy::write(&self.folder, id)
        {
            // The database has it; the copy is for the day that it is damaged.
            tracing::warn!("the second copy of the framework id is not up to date: {error}");
        }
        Ok(())
    }

    /// Lets the file grow to so many pages only, as a full disk does.
    #[cfg(test)]
    pub(super) fn limit(&self, pages: u32) {
        // It answers with the limit in force.
        self.connection
            .pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
            .unwrap();
    }

    /// Closes the file; SQLite moves the write-ahead log into it.
    pub(super) fn close(self) {
        if let Err((_, error)) = self.connection.close() {
            // Everything is synced in the write-ahead log all the same.
            tracing::warn!("the cloud's state was not closed cleanly: {error}");
        }
    }
}

/// Held until the file is dropped, also by a crash.
fn lock(folder: &Path) -> Result<File, OpenError> {
    let shown = folder.display().to_string();
    let refuse = |source| OpenError::Folder {
        folder: shown.clone(),
        source,
    };
    fs::create_dir_all(folder).map_err(refuse)?;
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(folder.join(LOCK))
        .map_err(refuse)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::Error(source)) => return Err(refuse(source)),
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let known = file.read_to_string(&mut holder).is_ok() && !holder.trim().is_empty();
            let holder = if known {
                format!(" by process {}", holder.trim())
            } else {
                String::new()
            };
            return Err(OpenError::InUse {
                folder: shown,
                holder,
            });
        }
    }
    // Only for the message above.
    let note = file
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| file.write_all(std::process::id().to_string().as_bytes()));
    if let Err(error) = note {
        tracing::debug!("the lock file in {shown} does not name this process: {error}");
    }
    Ok(file)
}

/// What a readable database gave.
struct Content {
    connection: Connection,
    restored: Restored,
    /// There was none before.
    fresh: bool,
}

fn read(file: &Path) -> Result<Content, Unreadable> {
    let sort = |error: rusqlite::Error| {
        if is_damage(&error) {
            Unreadable::Damaged(error.to_string())
        } else {
            Unreadable::Refused(OpenError::Database {
                file: file.display().to_string(),
                source: error,
            })
        }
    };
    let mut connection = Connection::open(file).map_err(sort)?;
    // The lock file keeps others away; this keeps away those who do not know of it, such as the sqlite3 program.
    connection
        .pragma_update(None, "locking_mode", "EXCLUSIVE")
        .map_err(sort)?;
    connection
        .pragma_update(None, "journal_mode", "WAL")
        .map_err(sort)?;
    connection
        .pragma_update(None, "synchronous", "FULL")
        .map_err(sort)?;
    // KiB. What is read back is little: the pages that tasks come to and leave.
    connection.pragma_update(None, "cache_size", -256).map_err(sort)?;
    let found = schema::version(&connection).map_err(sort)?;
    let check: Option<String> = connection
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .optional()
        .map_err(sort)?;
    if check.as_deref() != Some("ok") {
        return Err(Unreadable::Damaged(
            check.unwrap_or_else(|| "the integrity check is silent".to_owned()),
        ));
    }
    if found > schema::VERSION {
        let file = file.display().to_string();
        return Err(Unreadable::Refused(OpenError::Newer {
            file,
            found,
            known: schema::VERSION,
        }));
    }
    if found < 0 {
        return Err(Unreadable::Damaged(format!("schema version {found}")));
    }
    schema::migrate(&mut connection, found).map_err(sort)?;
    let restored = load(&connection).map_err(|error| match error {
        LoadError::Database(error) => sort(error),
        LoadError::Content(problem) => Unreadable::Damaged(problem),
    })?;
    Ok(Content {
        connection,
        restored,
        fresh: found == 0,
    })
}

enum LoadError {
    Database(rusqlite::Error),
    Content(String),
}

impl From<rusqlite::Error> for LoadError {
    fn from(error: rusqlite::Error) -> Self {
        LoadError::Database(error)
    }
}

fn load(connection: &Connection) -> Result<Restored, LoadError> {
    let mut restored = Restored::default();
    let mut settings = connection.prepare("SELECT name, value, checksum FROM setting")?;
    let mut rows = settings.query([])?;
    while let Some(row) = rows.next()? {
        let (name, value): (String, String) = (row.get(0)?, row.get(1)?);
        if checksum::of(&[&name, &value]) != row.get::<_, i64>(2)? {
            return Err(LoadError::Content(
                "the checksum of a setting does not match".to_owned(),
            ));
        }
        if name == FRAMEWORK_ID {
            restored.framework_id = Some(value);
        } else if name == REGISTRATION {
            let registration: Registration = serde_json::from_str(&value).map_err(|error| {
                LoadError::Content(format!(
                    "as what the framework is registered cannot be read: {error}"
                ))
            })?;
            restored.registration = Some(registration);
        }
    }
    let mut tasks = connection.prepare("SELECT name, state, record, checksum FROM task ORDER BY name")?;
    let mut rows = tasks.query([])?;
    while let Some(row) = rows.next()? {
        let (name, state, record): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if checksum::of(&[&name, &state, &record]) != row.get::<_, i64>(3)? {
            return Err(LoadError::Content(
                "the checksum of a task does not match".to_owned(),
            ));
        }
        let task: TaskRecord = serde_json::from_str(&record).map_err(|error| {
            LoadError::Content(format!("the record of task {name} cannot be read: {error}"))
        })?;
        restored.tasks.push(task);
    }
    Ok(restored)
}

/// Whether the error speaks of the content of the file, and not of access to it.
fn is_damage(error: &rusqlite::Error) -> bool {
    match error {
        rusqlite::Error::SqliteFailure(failure, text) => match failure.code {
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => true,
            // Tables or columns that every version has are missing, or the schema cannot be parsed.
            ErrorCode::Unknown => text
                .as_deref()
                .is_some_and(|text| text.contains("no such") || text.contains("malformed")),
            _ => false,
        },
        rusqlite::Error::SqlInputError { .. }
        | rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::Utf8Error(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::QueryReturnedNoRows => true,
        _ => false,
    }
}

/// Renames the database and its companions so that they can still be opened together.
fn set_aside(file: &Path) -> io::Result<PathBuf> {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |age| age.as_secs());
    let mut aside = PathBuf::from(format!("{}.damaged-{seconds}", file.display()));
    let mut again = 1;
    while aside.exists() {
        again += 1;
        aside = PathBuf::from(format!("{}.damaged-{seconds}-{again}", file.display()));
    }
    for companion in ["", "-wal", "-shm"] {
        let from = PathBuf::from(format!("{}{companion}", file.display()));
        let to = PathBuf::from(format!("{}{companion}", aside.display()));
        match fs::rename(&from, &to) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(aside)
}
