//! What runs in a task in place of an agent's JVM: it says that it is there, does one build when it is told to, and
//! stays until it is ended, as an agent does. No build ends while the builds are held.

use std::fs;
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::files;
use crate::orders::Folder;

const LOOK: Duration = Duration::from_millis(100);
/// An agent that everybody has forgotten ends at last.
const LONGEST: Duration = Duration::from_secs(3600);

/// Lives the life of an agent. `words` are those of the command line of an agent whose Jenkins is a folder:
/// `… -jnlpUrl http://host:port/FOLDER/computer/NAME/slave-agent.jnlp`.
///
/// # Errors
/// When the words or the folder are not as they should be.
pub fn run(words: &[String]) -> Result<()> {
    let notes =
        notes(words).ok_or_else(|| Error::new(ErrorKind::InvalidInput, format!("no folder in {words:?}")))?;
    fs::create_dir_all(&notes)?;
    files::replace(&notes.join("online"), "")?;
    let Some(order) = awaited(|| fs::read_to_string(notes.join("go")).ok()) else {
        return Ok(());
    };
    let seconds = order
        .trim()
        .parse()
        .map_err(|_| Error::new(ErrorKind::InvalidData, order))?;
    files::replace(&notes.join("begun"), "")?;
    let end = Instant::now() + Duration::from_secs(seconds);
    let held = held(&notes);
    let _ = awaited(|| (Instant::now() >= end && !held.exists()).then_some(()));
    files::replace(&notes.join("ended"), "")?;
    let _: Option<()> = awaited(|| None);
    Ok(())
}

fn awaited<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + LONGEST;
    while Instant::now() < end {
        if let Some(found) = look() {
            return Some(found);
        }
        thread::sleep(LOOK);
    }
    None
}

/// What the bed says to all builds, in the controller's folder: that of the notes is two levels below it.
fn held(notes: &Path) -> PathBuf {
    Folder::new(notes.ancestors().nth(2).unwrap_or(notes)).held()
}

/// The folder of the agent's notes.
fn notes(words: &[String]) -> Option<PathBuf> {
    let url = words.iter().find_map(|word| word.strip_prefix("http://"))?;
    let path = &url[url.find('/')?..];
    Some(PathBuf::from(path.strip_suffix("/slave-agent.jnlp")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_finds_its_folder_in_its_command_line() {
        let words = [
            "-jnlpUrl",
            "http://127.0.0.1:80/run/computer/a-1/slave-agent.jnlp",
        ]
        .map(str::to_owned);
        let folder = PathBuf::from("/run/computer/a-1");
        assert_eq!(held(&folder), Folder::new(Path::new("/run")).held());
        assert_eq!(notes(&words), Some(folder));
        assert_eq!(notes(&words[..1]), None);
    }
}
