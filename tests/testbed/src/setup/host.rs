use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::stamp::{Stamp, empty, file, write};
use crate::error::SetupError;
use crate::lock::FolderLock;
use crate::{paths, tools};

const JARS: &str = include_str!("../../host/jars.xml");
const BOOT: &str = include_str!("../../host/boot/Boot.java");
const RECIPE: &str = include_str!("host.rs");

// What the newer Stapler takes the place of.
const REMOVED: [&str; 3] = ["stapler-1.155.jar", "stapler-jelly-1.155.jar", "guava-r06.jar"];

/// A host for the packaged plugin: the last release of the common ancestor that is on Maven Central, with a newer
/// Stapler, without its bundled plugins.
#[derive(Debug, Clone)]
pub struct HostHome {
    folder: PathBuf,
    java: PathBuf,
}

impl HostHome {
    /// The host in `.testbed/host`, set up if it is not there (some 10 s, 38 MB of downloads). Safe when several
    /// processes call it at once.
    ///
    /// # Errors
    /// [`SetupError`]: what is missing and what to install, or which step failed.
    pub fn ensure() -> Result<Self, SetupError> {
        let folder = paths::home().join("host");
        let _lock = FolderLock::take(&folder)?;
        let java = tools::java_17()?;
        let stamp = Stamp::of(&[JARS.as_bytes(), BOOT.as_bytes(), RECIPE.as_bytes()]);
        let home = Self {
            folder: folder.join("home"),
            java,
        };
        if stamp.is_on(&home.folder) {
            return Ok(home);
        }
        tools::ensure(&[tools::MAVEN, tools::JDK])?;
        let scratch = folder.join("scratch");
        empty(&scratch)?;
        empty(&home.folder)?;
        home.war(&scratch)?;
        home.boot(&scratch)?;
        fs::remove_dir_all(&scratch).map_err(file("removing", &scratch))?;
        stamp.put_on(&home.folder)?;
        Ok(home)
    }

    /// The JVM that the host and its agents run on.
    #[must_use]
    pub fn java(&self) -> &Path {
        &self.java
    }

    /// The Java agent that gives the host the later types that the plugin needs, once Maven has built it.
    #[must_use]
    pub fn standins(&self) -> Option<PathBuf> {
        let jar = paths::repository().join("tests/host-standins/target/host-standins.jar");
        jar.is_file().then_some(jar)
    }

    /// The class path that starts the host: `boot.Boot`, then the war's own `Main`.
    #[must_use]
    pub fn classes(&self) -> String {
        format!(
            "{}:{}",
            self.folder.join("boot").display(),
            self.folder.join("host.war").display()
        )
    }

    fn war(&self, scratch: &Path) -> Result<(), SetupError> {
        let pom = scratch.join("jars.xml");
        write(&pom, JARS.as_bytes())?;
        let jars = scratch.join("jars");
        let output = format!("-DoutputDirectory={}", jars.display());
        tools::run(tools::maven(&pom).arg("dependency:copy-dependencies").arg(output))?;
        let war = scratch.join("war");
        let lib = war.join("WEB-INF/lib");
        empty(&war)?;
        tools::run(
            Command::new("jar")
                .current_dir(&war)
                .arg("xf")
                .arg(jars.join("hudson-war-1.395.war")),
        )?;
        let plugins = war.join("WEB-INF/plugins");
        fs::remove_dir_all(&plugins).map_err(file("removing", &plugins))?;
        for name in REMOVED {
            let path = lib.join(name);
            fs::remove_file(&path).map_err(file("removing", &path))?;
        }
        let added = fs::read_dir(&jars)
            .map_err(file("reading", &jars))?
            .flatten()
            .map(|entry| entry.path());
        let added = added.filter(|path| path.extension() == Some(OsStr::new("jar")));
        for jar in added {
            let name = jar.file_name().unwrap_or_default();
            fs::copy(&jar, lib.join(name)).map_err(file("copying", &jar))?;
        }
        let manifest = war.join("META-INF/MANIFEST.MF");
        let file = self.folder.join("host.war");
        tools::run(
            Command::new("jar")
                .arg("cf0m")
                .arg(file)
                .arg(manifest)
                .arg("-C")
                .arg(&war)
                .arg("."),
        )?;
        Ok(())
    }

    fn boot(&self, scratch: &Path) -> Result<(), SetupError> {
        let source = scratch.join("Boot.java");
        write(&source, BOOT.as_bytes())?;
        let classes = self.folder.join("boot");
        tools::run(
            Command::new("javac")
                .args(["--release", "17", "-d"])
                .arg(classes)
                .arg(source),
        )?;
        Ok(())
    }
}
