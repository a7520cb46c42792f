//! The native library as it is packaged: built for release, stripped, with the trailer that the Java side checks before it
//! lets the JVM map the file (`docs/jni-contract.md`, «The library file»).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

/// First part of the trailer; 64 hexadecimal digits follow.
const MARK: &[u8; 8] = b"MJNATIV1";

/// The file's name in every platform's folder.
const FILE_NAME: &str = "libmesos_jenkins.so";

/// Why there is no packaged library.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LibraryError {
    /// Cargo could not be started.
    #[error("cannot start cargo: {0}")]
    Cargo(#[source] io::Error),
    /// The build failed; Cargo has told why.
    #[error("cargo build of mesos-jni failed")]
    Build,
    /// Cargo succeeded without naming the library.
    #[error("cargo built no {FILE_NAME}: this platform ({0}) is not one the plugin is packaged for")]
    NoLibrary(&'static str),
    /// A file could not be read or written.
    #[error("cannot use {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Builds the library and puts it, with its trailer, where Maven takes it from.
///
/// Gives `target/native/<os>-<arch>/libmesos_jenkins.so` under `root`, the workspace's folder.
pub(crate) fn package(root: &Path) -> Result<PathBuf, LibraryError> {
    let built = build(root)?;
    let folder =
        root.join("target/native")
            .join(format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH));
    fs::create_dir_all(&folder).map_err(failed_at(&folder))?;
    let bytes = sealed(fs::read(&built).map_err(failed_at(&built))?);
    let packaged = folder.join(FILE_NAME);
    // By way of a new file: a JVM may have the old one mapped.
    let fresh = folder.join("libmesos_jenkins.so.new");
    fs::write(&fresh, &bytes).map_err(failed_at(&fresh))?;
    fs::rename(&fresh, &packaged).map_err(failed_at(&packaged))?;
    Ok(packaged)
}

/// Lets Cargo build and say where.
fn build(root: &Path) -> Result<PathBuf, LibraryError> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "build",
            "--release",
            "-p",
            "mesos-jni",
            "--lib",
            "--message-format=json-render-diagnostics",
        ])
        .current_dir(root)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(LibraryError::Cargo)?;
    if !output.status.success() {
        return Err(LibraryError::Build);
    }
    library_of(&String::from_utf8_lossy(&output.stdout)).ok_or(LibraryError::NoLibrary(std::env::consts::OS))
}

/// The library's path among the messages that Cargo prints, one JSON object a line.
fn library_of(messages: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-artifact")
        .flat_map(|message| message["filenames"].as_array().cloned().unwrap_or_default())
        .filter_map(|name| name.as_str().map(PathBuf::from))
        .rfind(|path| path.file_name().is_some_and(|name| name == FILE_NAME))
}

/// The bytes with their trailer.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let sum = Sha256::digest(&bytes);
    bytes.extend_from_slice(MARK);
    bytes.extend(sum.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()));
    bytes
}

fn failed_at(path: &Path) -> impl FnOnce(io::Error) -> LibraryError {
    let path = path.to_owned();
    |source| LibraryError::File { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trailer_is_the_mark_and_the_sum_of_all_before_it() {
        let sealed = sealed(b"abc".to_vec());
        // The test vector of FIPS 180-2 for "abc".
        let expected = "abcMJNATIV1ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(String::from_utf8(sealed).unwrap(), expected);
    }

    #[test]
    fn the_library_is_found_among_what_cargo_says() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","filenames":["/t/release/libmesos_core.rlib"]}"#,
            "\nnot json\n",
            r#"{"reason":"compiler-artifact","filenames":["/t/release/libmesos_jenkins.so","/t/release/libmesos_jenkins.rlib"]}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        assert_eq!(
            library_of(messages),
            Some(PathBuf::from("/t/release/libmesos_jenkins.so"))
        );
        assert_eq!(library_of(r#"{"reason":"build-finished","success":true}"#), None);
    }
}
