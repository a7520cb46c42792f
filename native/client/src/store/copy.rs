//! A second copy of the framework id, in a file of its own.
//!
//! With the id, a cloud whose database is damaged gets all its tasks back from the master by reconciliation; without it
//! they would run unseen until the failover timeout, a week by default.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use super::checksum;

const FILE: &str = "framework.id";

/// Keeps the id, or removes the copy; returns after it is synced.
pub(super) fn write(folder: &Path, id: Option<&str>) -> io::Result<()> {
    let file = folder.join(FILE);
    match id {
        Some(id) => {
            let fresh = folder.join(format!("{FILE}.new"));
            let mut content = File::create(&fresh)?;
            writeln!(content, "{id} {:016x}", checksum::of(&[id]))?;
            content.sync_all()?;
            fs::rename(fresh, file)?;
        }
        None => match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        },
    }
    File::open(folder)?.sync_all()
}

/// Lets a folder that holds no state begin with the id of a framework that another scheduler had.
pub(super) fn adopt(folder: &Path, id: &str) -> io::Result<()> {
    let is_id = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let fresh = !folder.join(super::database::FILE).exists() && !folder.join(FILE).exists();
    if fresh && (1..=255).contains(&id.len()) && id.chars().all(is_id) {
        fs::create_dir_all(folder)?;
        write(folder, Some(id))?;
    }
    Ok(())
}

/// The id, if there is a whole copy.
pub(super) fn read(folder: &Path) -> Option<String> {
    let content = fs::read_to_string(folder.join(FILE)).ok()?;
    let (id, sum) = content.trim_end().rsplit_once(' ')?;
    (sum == format!("{:016x}", checksum::of(&[id]))).then(|| id.to_owned())
}
