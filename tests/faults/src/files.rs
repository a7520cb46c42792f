//! Files that a reader never sees half written.

use std::fs;
use std::io::{Error, ErrorKind, Result};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Puts a file in the place of what has its name.
///
/// # Errors
/// Those of the disk.
pub fn replace(path: &Path, text: &str) -> Result<()> {
    let part = path.with_extension("part");
    fs::write(&part, text)?;
    fs::rename(&part, path)
}

/// Writes a value as JSON.
///
/// # Errors
/// Those of the disk.
pub fn save<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    replace(path, &serde_json::to_string(value)?)
}

/// Reads a value; none where there is no file.
///
/// # Errors
/// Those of the disk, and what is no such value.
pub fn load<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::new(error.kind(), format!("{}: {error}", path.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_can_be_loaded_and_what_is_not_there_is_none() {
        let folder = testbed::paths::fresh_run("files");
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("numbers");
        assert_eq!(load::<Vec<u32>>(&path).unwrap(), None);
        save(&path, &vec![1, 2]).unwrap();
        assert_eq!(load::<Vec<u32>>(&path).unwrap(), Some(vec![1, 2]));
        fs::remove_dir_all(folder).unwrap();
    }
}
