use std::fs;
use std::path::{Path, PathBuf};

use crate::error::RunError;

/// What is not built here: the war, the plugins, the JVM.
#[derive(Debug, Clone)]
pub struct Programs {
    war: PathBuf,
    plugins: PathBuf,
    java: PathBuf,
}

impl Programs {
    /// Those that the environment names: `JENKINS_WAR` (a file), `JENKINS_PLUGINS` (a folder of `.hpi` or `.jpi` files)
    /// and, if it is set, `JENKINS_JAVA` (a JDK's folder or its `java`).
    ///
    /// # Errors
    /// [`RunError::Member`] that says what is to be set.
    pub fn named() -> Result<Self, RunError> {
        let war = variable(
            "JENKINS_WAR",
            "a jenkins.war, such as the LTS release's from get.jenkins.io",
            Path::is_file,
        )?;
        let plugins = variable(
            "JENKINS_PLUGINS",
            "the folder with the other plugins' .hpi files",
            Path::is_dir,
        )?;
        let java = match std::env::var_os("JENKINS_JAVA").filter(|value| !value.is_empty()) {
            None => PathBuf::from("java"),
            Some(_) => {
                let named = variable("JENKINS_JAVA", "a JDK's folder or its java", Path::exists)?;
                if named.is_dir() {
                    named.join("bin/java")
                } else {
                    named
                }
            }
        };
        Ok(Self { war, plugins, java })
    }

    /// The same with another JVM: a JDK's folder.
    #[must_use]
    pub fn on(self, jdk: &Path) -> Self {
        Self {
            java: jdk.join("bin/java"),
            ..self
        }
    }

    /// The war.
    #[must_use]
    pub fn war(&self) -> &Path {
        &self.war
    }

    /// The JVM that runs it.
    #[must_use]
    pub fn java(&self) -> &Path {
        &self.java
    }

    /// The plugins that there are: short name and file.
    pub(super) fn plugins(&self) -> Result<Vec<(String, PathBuf)>, RunError> {
        let entries = fs::read_dir(&self.plugins).map_err(|source| RunError::File {
            doing: "reading",
            path: self.plugins.clone(),
            source,
        })?;
        let mut found: Vec<(String, PathBuf)> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "hpi" || extension == "jpi")
            })
            .filter_map(|path| Some((path.file_stem()?.to_str()?.to_owned(), path)))
            // Ours is given apart.
            .filter(|(name, _)| name != "mesos")
            .collect();
        found.sort();
        Ok(found)
    }
}

fn variable(name: &str, what: &str, fits: fn(&Path) -> bool) -> Result<PathBuf, RunError> {
    let problem = match std::env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
    {
        Some(path) if fits(&path) => return Ok(path),
        Some(path) => format!("names {}, which is not {what}", path.display()),
        None => format!("is not set; set it to {what}"),
    };
    Err(RunError::Member {
        name: name.to_owned(),
        problem,
    })
}
