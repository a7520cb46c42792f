//! On real files. A crash is a drop without close: SQLite sees a write-ahead log that nobody checkpointed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use mesos_core::{Registration, TaskRecord};
use rusqlite::Connection;

/// A folder that is removed at the end of its test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("mesos-store-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("state.db")
    }

    fn damaged(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.starts_with("state.db.damaged-"))
            .collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn task(name: &str, phase: &str) -> TaskRecord {
    serde_json::from_str(&format!(
        r#"{{"name":"{name}","label":"mesos","executors":2,"cpus":0.3,"mem":768,"phase":"{phase}","host":"h1"}}"#
    ))
    .unwrap()
}

fn filled() -> Vec<Write> {
    let mut writes = vec![Write::SetFrameworkId("f-0001".to_owned())];
    writes.extend(
        (0..20).map(|number| Write::PutTask(Box::new(task(&format!("agent-{number:02}"), "RUNNING")))),
    );
    writes
}

/// What is left when only the copy of the framework id can be read.
fn only_the_id() -> Restored {
    Restored {
        framework_id: Some("f-0001".to_owned()),
        ..Restored::default()
    }
}

fn open(folder: &Path) -> (Database, Restored, Option<String>) {
    Database::open(folder).unwrap()
}

fn fill_and_close(folder: &Path) -> Restored {
    let (mut database, ..) = open(folder);
    database.write(filled().iter()).unwrap();
    database.close();
    let (database, restored, trouble) = open(folder);
    database.close();
    assert_eq!(
        (restored.framework_id.as_deref(), restored.tasks.len(), trouble),
        (Some("f-0001"), 20, None)
    );
    restored
}

#[test]
fn a_new_store_is_empty() {
    let folder = Folder::new();
    let (_database, restored, trouble) = open(&folder.0.join("deep").join("below"));
    assert_eq!((restored, trouble), (Restored::default(), None));
}

#[test]
fn what_was_written_survives_a_crash() {
    let folder = Folder::new();
    let (mut database, ..) = open(&folder.0);
    database.write(filled().iter()).unwrap();
    database
        .write(
            [
                Write::PutTask(Box::new(task("agent-03", "KILLING"))),
                Write::DeleteTask("agent-04".to_owned()),
            ]
            .iter(),
        )
        .unwrap();
    // As a crash leaves it: the files as they are now, the write-ahead log among them.
    let crashed = Folder::new();
    for name in ["state.db", "state.db-wal"] {
        fs::copy(folder.0.join(name), crashed.0.join(name)).unwrap();
    }
    let (_database, restored, trouble) = open(&crashed.0);
    assert_eq!(trouble, None);
    assert_eq!(restored.framework_id.as_deref(), Some("f-0001"));
    assert_eq!(restored.tasks.len(), 19);
    assert!(restored.tasks.contains(&task("agent-03", "KILLING")));
    assert!(!restored.tasks.iter().any(|task| task.name == "agent-04"));
}

#[test]
fn a_batch_that_a_crash_cut_short_is_not_there_at_all() {
    let folder = Folder::new();
    let (mut database, ..) = open(&folder.0);
    database.write(filled().iter()).unwrap();
    let before = fs::metadata(folder.0.join("state.db-wal")).unwrap().len();
    let writes: Vec<_> = (0..20)
        .map(|number| Write::DeleteTask(format!("agent-{number:02}")))
        .collect();
    database
        .write(writes.iter().chain([&Write::ClearFrameworkId]))
        .unwrap();
    let after = fs::metadata(folder.0.join("state.db-wal")).unwrap().len();
    assert!(after > before);
    for length in [before, before + 1, before + (after - before) / 2, after - 1] {
        let crashed = Folder::new();
        fs::copy(folder.file(), crashed.file()).unwrap();
        let log = fs::read(folder.0.join("state.db-wal")).unwrap();
        let cut = usize::try_from(length).unwrap();
        fs::write(crashed.0.join("state.db-wal"), &log[..cut]).unwrap();
        let (_database, restored, trouble) = open(&crashed.0);
        assert_eq!((restored.tasks.len(), trouble), (20, None), "cut at {length}");
        assert_eq!(restored.framework_id.as_deref(), Some("f-0001"));
    }
}

#[test]
fn forgetting_the_framework_id_is_kept_too() {
    let folder = Folder::new();
    fill_and_close(&folder.0);
    let (mut database, ..) = open(&folder.0);
    database.write([Write::ClearFrameworkId].iter()).unwrap();
    database.close();
    assert_eq!(open(&folder.0).1.framework_id, None);
}

#[test]
fn a_truncated_database_is_set_aside_and_begun_anew() {
    let folder = Folder::new();
    fill_and_close(&folder.0);
    let content = fs::read(folder.file()).unwrap();
    fs::write(folder.file(), &content[..content.len() / 2]).unwrap();
    let (mut database, restored, trouble) = open(&folder.0);
    assert_eq!(restored, only_the_id());
    let damaged = folder.damaged();
    assert_eq!(damaged.len(), 1, "{damaged:?}");
    assert!(trouble.unwrap().contains(&damaged[0]));
    assert_eq!(
        fs::read(folder.0.join(&damaged[0])).unwrap(),
        content[..content.len() / 2]
    );
    // The new one works.
    database.write(filled().iter()).unwrap();
    database.close();
    assert_eq!(open(&folder.0).1.tasks.len(), 20);
}

#[test]
fn a_file_that_is_no_database_is_set_aside() {
    let folder = Folder::new();
    fs::write(
        folder.file(),
        "this was once a database, or so they say. ".repeat(50),
    )
    .unwrap();
    let (_database, restored, trouble) = open(&folder.0);
    assert_eq!(restored, Restored::default());
    assert!(trouble.unwrap().contains("damaged-"));
    assert_eq!(folder.damaged().len(), 1);
}

#[test]
fn no_flipped_bit_ever_changes_what_is_restored() {
    let folder = Folder::new();
    let good = fill_and_close(&folder.0);
    let content = fs::read(folder.file()).unwrap();
    let (mut noticed, mut harmless) = (0, 0);
    // A prime step meets every kind of place without taking minutes.
    for at in (0..content.len()).step_by(53) {
        let broken = Folder::new();
        let mut flipped = content.clone();
        flipped[at] ^= 1 << (at % 8);
        fs::write(broken.file(), flipped).unwrap();
        match Database::open(&broken.0) {
            Ok((_, restored, Some(_))) => {
                assert_eq!(restored, Restored::default(), "byte {at}");
                noticed += 1;
            }
            Ok((_, restored, None)) => {
                assert_eq!(restored, good, "byte {at} changed the content unnoticed");
                harmless += 1;
            }
            // Format numbers of a future SQLite read as a refusal to write.
            Err(error) => assert!(at < 100, "byte {at}: {error}"),
        }
    }
    assert!(
        noticed > 20 && harmless > 20,
        "{noticed} noticed, {harmless} harmless"
    );
}

#[test]
fn a_record_of_unknown_shape_counts_as_damage() {
    let folder = Folder::new();
    fill_and_close(&folder.0);
    let connection = Connection::open(folder.file()).unwrap();
    connection
        .execute(
            "UPDATE task SET record = '{}', checksum = ?1 WHERE name = 'agent-00'",
            [checksum::of(&["agent-00", "TASK_RUNNING", "{}"])],
        )
        .unwrap();
    drop(connection);
    let (_, restored, trouble) = open(&folder.0);
    assert_eq!(restored, only_the_id());
    assert!(trouble.unwrap().contains("agent-00"));
}

#[test]
fn the_framework_id_outlives_its_database_once_and_for_all() {
    let folder = Folder::new();
    fill_and_close(&folder.0);
    for _ in 0..2 {
        fs::write(
            folder.file(),
            "no database, and long enough to be taken for a damaged one",
        )
        .unwrap();
        let (database, restored, trouble) = open(&folder.0);
        assert_eq!(restored, only_the_id());
        assert!(trouble.unwrap().contains("the master is asked for the tasks"));
        database.close();
    }
    // The new database has it as well.
    fs::remove_file(folder.0.join("framework.id")).unwrap();
    assert_eq!(open(&folder.0).1, only_the_id());
}

#[test]
fn a_folder_without_state_begins_with_the_framework_id_that_it_is_to_take_over() {
    let folder = Folder::new();
    for no_id in ["", "a/b", "../x"] {
        copy::adopt(&folder.0.join("new"), no_id).unwrap();
        assert!(!folder.0.join("new").exists(), "{no_id}");
    }
    copy::adopt(&folder.0.join("new"), "f-0001").unwrap();
    let (mut database, restored, trouble) = open(&folder.0.join("new"));
    assert_eq!((restored, trouble), (only_the_id(), None));
    database.write([Write::ClearFrameworkId].iter()).unwrap();
    database.close();
    // It is given up: the second time there is state.
    copy::adopt(&folder.0.join("new"), "f-0001").unwrap();
    assert_eq!(open(&folder.0.join("new")).1, Restored::default());
}

#[test]
fn a_framework_id_that_was_given_up_does_not_come_back() {
    let folder = Folder::new();
    fill_and_close(&folder.0);
    let (mut database, ..) = open(&folder.0);
    database.write([Write::ClearFrameworkId].iter()).unwrap();
    database.close();
    fs::write(folder.file(), "no database").unwrap();
    let (_, restored, trouble) = open(&folder.0);
    assert_eq!(restored, Restored::default());
    assert!(trouble.unwrap().contains("a new framework is registered"));
}

#[test]
fn a_damaged_copy_of_the_framework_id_is_not_used() {
    let folder = Folder::new();
    fill_and_close(&folder.0);
    let copy = fs::read_to_string(folder.0.join("framework.id")).unwrap();
    for damaged in [
        copy.replace("f-0001", "f-0002"),
        copy[..10].to_owned(),
        String::new(),
    ] {
        fs::write(folder.0.join("framework.id"), damaged).unwrap();
        fs::write(folder.file(), "no database").unwrap();
        let (database, restored, _) = open(&folder.0);
        assert_eq!(restored, Restored::default());
        database.close();
    }
}

#[test]
fn a_full_disk_fails_a_batch_as_a_whole_and_not_those_after_it() {
    let folder = Folder::new();
    let (mut database, ..) = open(&folder.0);
    database.write(filled().iter()).unwrap();
    database.limit(1);
    let many: Vec<_> = (0..500)
        .map(|number| Write::PutTask(Box::new(task(&format!("other-{number}"), "INTENT"))))
        .collect();
    let error = database.write(many.iter()).unwrap_err();
    assert!(
        !error.is_damage() && error.to_string().contains("free space"),
        "{error}"
    );
    database.limit(10_000);
    database
        .write([Write::PutTask(Box::new(task("one-more", "INTENT")))].iter())
        .unwrap();
    database.close();
    let (_, restored, trouble) = open(&folder.0);
    assert_eq!((restored.tasks.len(), trouble), (21, None));
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let folder = Folder::new();
    fill_and_close(&folder.0);
    let connection = Connection::open(folder.file()).unwrap();
    connection
        .execute("UPDATE schema_version SET version = 99", [])
        .unwrap();
    drop(connection);
    let error = Database::open(&folder.0).unwrap_err();
    assert!(
        matches!(
            error,
            OpenError::Newer {
                found: 99,
                known: 1,
                ..
            }
        ),
        "{error}"
    );
    assert!(error.to_string().contains("install that version again"));
    assert!(folder.damaged().is_empty());
}

#[test]
fn two_cannot_use_one_folder() {
    let folder = Folder::new();
    let (first, ..) = open(&folder.0);
    let error = Database::open(&folder.0).unwrap_err();
    assert!(matches!(error, OpenError::InUse { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains(&format!("process {}", std::process::id())),
        "{error}"
    );
    first.close();
    open(&folder.0);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = Folder::new();
    fs::write(folder.0.join("file"), "").unwrap();
    let error = Database::open(&folder.0.join("file").join("below")).unwrap_err();
    assert!(matches!(error, OpenError::Folder { .. }), "{error}");
    assert!(error.to_string().contains("below"));
}

#[tokio::test]
async fn every_batch_is_answered_in_order_and_closing_waits_for_the_last() {
    let folder = Folder::new();
    let (events, mut answers) = mpsc::unbounded_channel();
    let store = Store::start(folder.0.clone(), None, events).unwrap();
    let tasks = 600;
    for number in 0..tasks {
        assert!(store.persist(
            PersistId(number),
            vec![Write::PutTask(Box::new(task(
                &format!("agent-{number}"),
                "INTENT"
            )))]
        ));
    }
    assert!(store.close(Duration::from_secs(20)).await);
    assert!(matches!(
        answers.recv().await,
        Some(StoreEvent::Opened { trouble: None, .. })
    ));
    for number in 0..tasks {
        match answers.recv().await {
            Some(StoreEvent::Persisted { id, result: Ok(()) }) => assert_eq!(id, PersistId(number)),
            other => panic!("{other:?}"),
        }
    }
    assert!(answers.recv().await.is_none());
    assert_eq!(open(&folder.0).1.tasks.len(), 600);
}

#[tokio::test]
async fn a_store_that_cannot_open_says_so_and_ends() {
    let folder = Folder::new();
    let (_first, ..) = open(&folder.0);
    let (events, mut answers) = mpsc::unbounded_channel();
    let store = Store::start(folder.0.clone(), None, events).unwrap();
    assert!(matches!(
        answers.recv().await,
        Some(StoreEvent::OpenFailed(OpenError::InUse { .. }))
    ));
    assert!(answers.recv().await.is_none());
    assert!(store.close(Duration::from_secs(5)).await);
}

#[test]
fn as_what_a_framework_is_registered_lives_and_dies_with_its_id() {
    let folder = Folder::new();
    let registration = Registration::new(Some("jenkins".to_owned()), false);
    let (mut database, ..) = Database::open(&folder.0).unwrap();
    let writes = [
        Write::SetFrameworkId("f-1".to_owned()),
        Write::SetRegistration(registration.clone()),
    ];
    database.write(writes.iter()).unwrap();
    drop(database);
    let (mut database, restored, _) = Database::open(&folder.0).unwrap();
    assert_eq!(
        (restored.framework_id.as_deref(), restored.registration),
        (Some("f-1"), Some(registration))
    );
    database.write([Write::ClearFrameworkId].iter()).unwrap();
    drop(database);
    let (database, restored, _) = Database::open(&folder.0).unwrap();
    assert_eq!((restored.framework_id, restored.registration), (None, None));
    database.close();
}
