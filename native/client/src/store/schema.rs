//! The tables and how older ones become today's.
//!
//! | version | written by | change |
//! |---|---|---|
//! | 1 | 3.0 | `setting` (the framework id, and as what it is registered) and `task` |

use rusqlite::{Connection, OptionalExtension};

/// Each step leads from its index to the next version. Released steps are never changed; new ones are added.
const STEPS: [&str; 1] = ["
    CREATE TABLE setting (
        name TEXT NOT NULL PRIMARY KEY,
        value TEXT NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE task (
        name TEXT NOT NULL PRIMARY KEY,
        state TEXT NOT NULL,
        record TEXT NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
"];

/// The version that this library writes.
pub(super) const VERSION: i64 = STEPS.len() as i64;

/// The version of the database; 0 for an empty one.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    let known: Option<i64> = connection
        .query_row(
            "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'",
            [],
            |row| row.get(0),
        )
        .optional()?;
    match known {
        None => Ok(0),
        Some(_) => connection.query_row("SELECT version FROM schema_version", [], |row| row.get(0)),
    }
}

/// Brings the database from `version` to [`VERSION`], wholly or not at all.
pub(super) fn migrate(connection: &mut Connection, version: i64) -> rusqlite::Result<()> {
    if version == VERSION {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    transaction
        .execute_batch("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL) STRICT")?;
    for step in STEPS.iter().skip(usize::try_from(version).unwrap_or(0)) {
        transaction.execute_batch(step)?;
    }
    transaction.execute("DELETE FROM schema_version", [])?;
    transaction.execute("INSERT INTO schema_version (version) VALUES (?1)", [VERSION])?;
    transaction.commit()
}
