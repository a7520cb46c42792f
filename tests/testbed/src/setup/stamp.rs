use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use crate::error::SetupError;

/// A mark in a folder that says with which inputs it was filled.
pub(super) struct Stamp {
    value: String,
}

impl Stamp {
    /// Of the texts that the result depends on.
    pub(super) fn of(inputs: &[&[u8]]) -> Self {
        let mut hasher = DefaultHasher::new();
        inputs.hash(&mut hasher);
        Self {
            value: format!("{:016x}", hasher.finish()),
        }
    }

    /// Whether the folder was filled with the same inputs.
    pub(super) fn is_on(&self, folder: &Path) -> bool {
        fs::read_to_string(folder.join("stamp")).is_ok_and(|text| text == self.value)
    }

    /// Marks the folder.
    pub(super) fn put_on(&self, folder: &Path) -> Result<(), SetupError> {
        write(&folder.join("stamp"), self.value.as_bytes())
    }
}

/// Empties a folder, or makes it.
pub(super) fn empty(folder: &Path) -> Result<(), SetupError> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(file("emptying", folder))?;
    }
    fs::create_dir_all(folder).map_err(file("creating", folder))
}

pub(super) fn write(path: &Path, content: &[u8]) -> Result<(), SetupError> {
    fs::write(path, content).map_err(file("writing", path))
}

pub(super) fn file<'a>(
    doing: &'static str,
    path: &'a Path,
) -> impl Fn(std::io::Error) -> SetupError + use<'a> {
    move |source| SetupError::File {
        doing,
        path: path.to_path_buf(),
        source,
    }
}
