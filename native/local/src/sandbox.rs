//! The files that a task starts with.

use std::fs;
use std::future::Future;
use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::Command;
use std::time::Duration;

use mesos_wire::{CommandInfo, command_info};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::user::User;

/// What a fetch gives: nothing, or what went wrong.
pub type Fetched = Pin<Box<dyn Future<Output = Result<(), FetchError>> + Send>>;

/// Gets files over HTTP; the shell round the cloud has the connections and the trust in certificates.
pub trait Fetch: Send + Sync + 'static {
    /// Writes the body of an `http://` or `https://` address to a new file.
    fn fetch(&self, url: &str, file: PathBuf) -> Fetched;
}

/// Why a file could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchError {
    /// For people; holds no secrets.
    pub message: String,
    /// Whether the same may work a little later.
    pub passing: bool,
}

/// A server that is just starting is tried again.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);

/// Fetches what the command wants.
///
/// # Errors
/// With the address that failed, and why.
pub(crate) async fn fill(fetch: &dyn Fetch, command: &CommandInfo, sandbox: &Path) -> Result<(), String> {
    for uri in &command.uris {
        let file = sandbox.join(file_name(uri)?);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)
                .map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
        }
        get(fetch, &uri.value, &file).await?;
        if uri.executable() {
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755))
                .map_err(|error| format!("{} cannot be made executable: {error}", file.display()))?;
        } else if uri.extract() {
            let sandbox = sandbox.to_path_buf();
            spawn_blocking(move || extract(&file, &sandbox))
                .await
                .map_err(|error| format!("unpacking broke off: {error}"))??;
        }
    }
    Ok(())
}

async fn get(fetch: &dyn Fetch, value: &str, file: &Path) -> Result<(), String> {
    let failed = |problem: String| format!("{value} cannot be fetched for the task: {problem}");
    if value.starts_with("http://") || value.starts_with("https://") {
        let mut tries = 0;
        loop {
            tries += 1;
            match fetch.fetch(value, file.to_path_buf()).await {
                Ok(()) => return Ok(()),
                Err(error) if error.passing && tries < TRIES => sleep(PAUSE * tries).await,
                Err(error) => return Err(failed(error.message)),
            }
        }
    }
    let path = value.strip_prefix("file://").unwrap_or(value);
    if !path.starts_with('/') {
        return Err(failed(
            "only http://, https:// and absolute paths can be fetched by the master `local`".to_owned(),
        ));
    }
    let (from, to) = (PathBuf::from(path), file.to_path_buf());
    spawn_blocking(move || fs::copy(from, to))
        .await
        .map_err(|error| failed(error.to_string()))?
        .map(drop)
        .map_err(|error| failed(error.to_string()))
}

fn file_name(uri: &command_info::Uri) -> Result<String, String> {
    let path = uri.value.split(['?', '#']).next().unwrap_or_default();
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let name = uri.output_file.as_deref().unwrap_or(last);
    if name.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(format!(
            "{} names no file: correct the template's URIs",
            uri.value
        ));
    }
    Ok(name.to_owned())
}

/// As Mesos's fetcher: by the name's end. The archive stays.
fn extract(file: &Path, sandbox: &Path) -> Result<(), String> {
    let name = file.to_string_lossy().into_owned();
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    let mut command = if ends(&[".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz"]) {
        let mut tar = Command::new("tar");
        tar.arg("-C").arg(sandbox).arg("-xf").arg(file);
        tar
    } else if ends(&[".zip"]) {
        let mut unzip = Command::new("unzip");
        unzip.arg("-oq").arg("-d").arg(sandbox).arg(file);
        unzip
    } else if ends(&[".gz"]) {
        let mut gunzip = Command::new("gzip");
        gunzip.arg("-dkf").arg(file);
        gunzip
    } else {
        return Ok(());
    };
    let output = command
        .output()
        .map_err(|error| format!("{name} cannot be unpacked: {error}: install tar, gzip and unzip"))?;
    if output.status.success() {
        return Ok(());
    }
    let words: String = String::from_utf8_lossy(&output.stderr)
        .chars()
        .take(300)
        .collect();
    Err(format!("{name} cannot be unpacked: {}", words.trim()))
}

/// Gives a folder with all in it to a user.
///
/// # Errors
/// When this process may not.
pub(crate) fn give(folder: &Path, user: &User) -> io::Result<()> {
    chown(folder, Some(user.id), Some(user.group))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            give(&entry.path(), user)?;
        } else if !kind.is_symlink() {
            chown(entry.path(), Some(user.id), Some(user.group))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(value: &str) -> command_info::Uri {
        command_info::Uri {
            value: value.to_owned(),
            ..command_info::Uri::default()
        }
    }

    #[test]
    fn files_have_the_last_name_of_their_address() {
        assert_eq!(
            file_name(&uri("http://j/jnlpJars/agent.jar?x=/y")).unwrap(),
            "agent.jar"
        );
        let named = command_info::Uri {
            output_file: Some(".docker/config.json".to_owned()),
            ..uri("/a")
        };
        assert_eq!(file_name(&named).unwrap(), ".docker/config.json");
        let outside = command_info::Uri {
            output_file: Some("../b".to_owned()),
            ..uri("/a")
        };
        assert!(file_name(&outside).is_err());
        assert!(
            file_name(&uri("http://host/.."))
                .unwrap_err()
                .contains("names no file")
        );
    }

    struct NoFetch;

    impl Fetch for NoFetch {
        fn fetch(&self, _: &str, _: PathBuf) -> Fetched {
            Box::pin(async {
                Err(FetchError {
                    message: "status 404".to_owned(),
                    passing: false,
                })
            })
        }
    }

    #[tokio::test]
    async fn files_are_copied_and_unpacked_and_failures_name_the_address() {
        let folder = std::env::temp_dir().join(format!("mesos-local-fill-{}", std::process::id()));
        let sandbox = folder.join("sandbox");
        fs::create_dir_all(&sandbox).unwrap();
        fs::write(folder.join("inner"), "hello").unwrap();
        let archive = folder.join("a.tar.gz");
        let packed = Command::new("tar")
            .args(["-czf"])
            .arg(&archive)
            .arg("-C")
            .arg(&folder)
            .arg("inner")
            .status();
        assert!(packed.unwrap().success());
        let command = |uris| CommandInfo {
            uris,
            ..CommandInfo::default()
        };
        let path = archive.to_string_lossy().into_owned();
        fill(&NoFetch, &command(vec![uri(&path)]), &sandbox)
            .await
            .unwrap();
        assert_eq!(fs::read_to_string(sandbox.join("inner")).unwrap(), "hello");
        let problem = fill(&NoFetch, &command(vec![uri("http://j/agent.jar")]), &sandbox).await;
        assert_eq!(
            problem.unwrap_err(),
            "http://j/agent.jar cannot be fetched for the task: status 404"
        );
        let problem = fill(&NoFetch, &command(vec![uri("hdfs://x/y")]), &sandbox).await;
        assert!(problem.unwrap_err().contains("only http://"));
        fs::remove_dir_all(&folder).unwrap();
    }
}
