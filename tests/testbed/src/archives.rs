//! Images as a Mesos agent takes them without a registry: archives in the format of `docker save`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::error::RunError;
use crate::setup::DockerHome;
use crate::tools;

/// The layer that all images have.
const BASE: &str = "b5e0000000000000000000000000000000000000000000000000000000000000";

/// A folder of archives, for [`AgentSpec::images`](crate::AgentSpec::images).
#[derive(Debug, Clone)]
pub struct Archives {
    folder: PathBuf,
    home: DockerHome,
}

impl Archives {
    /// In a folder of the caller's.
    ///
    /// # Errors
    /// [`RunError`] when there are no programs to be had to make images from.
    pub fn in_folder(folder: &Path) -> Result<Self, RunError> {
        Ok(Self {
            folder: folder.to_path_buf(),
            home: DockerHome::ensure()?,
        })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes an image, or another in its place: Java 17 and busybox as in [`Engine`](crate::Engine)'s, what else is in its
    /// configuration, and a text in `/etc/edition`.
    ///
    /// # Errors
    /// [`RunError::File`], or [`RunError::Setup`] with the words of `tar`.
    pub fn publish(&self, name: &str, configuration: &Value, edition: &str) -> Result<(), RunError> {
        let target = self.folder.join(format!("{name}.tar"));
        let scratch = self.folder.join("scratch");
        let own: String = format!("{name}/{edition}")
            .bytes()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let own = format!("{own:0<64.64}");
        let mut whole =
            json!({"Env": ["PATH=/opt/java/bin:/usr/sbin:/usr/bin:/sbin:/bin"], "Cmd": ["/bin/sh"]});
        for (key, value) in configuration.as_object().into_iter().flatten() {
            whole[key] = value.clone();
        }
        let layer = |id: &str| json!({"id": id, "os": "linux", "architecture": "amd64", "created": "2020-01-01T00:00:00Z"});
        let mut top = layer(&own);
        top["parent"] = BASE.into();
        top["config"] = whole.clone();
        top["container_config"] = whole;
        let files = scratch.join("files/etc");
        write(&files.join("edition"), edition)?;
        write(
            &scratch.join("image").join(BASE).join("json"),
            &layer(BASE).to_string(),
        )?;
        write(&scratch.join("image").join(&own).join("json"), &top.to_string())?;
        let (repository, tag) = name.rsplit_once(':').unwrap_or((name, "latest"));
        let names = json!({repository: {tag: own.as_str()}});
        write(&scratch.join("image/repositories"), &names.to_string())?;
        let base = scratch.join("image").join(BASE).join("layer.tar");
        fs::copy(self.home.root_file_system(), &base).map_err(file("copying to", &base))?;
        pack(
            &scratch.join("files"),
            &scratch.join("image").join(&own).join("layer.tar"),
        )?;
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(file("creating", folder))?;
        }
        // An agent that reads the old one goes on with that.
        let new = scratch.join("new.tar");
        pack(&scratch.join("image"), &new)?;
        fs::rename(&new, &target).map_err(file("writing", &target))?;
        fs::remove_dir_all(&scratch).map_err(file("removing", &scratch))
    }
}

fn pack(folder: &Path, archive: &Path) -> Result<(), RunError> {
    let mut tar = Command::new("tar");
    tar.arg("-C")
        .arg(folder)
        .args(["--numeric-owner", "-cf"])
        .arg(archive)
        .arg(".");
    Ok(tools::run(&mut tar).map(drop)?)
}

fn write(path: &Path, text: &str) -> Result<(), RunError> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(file("creating", folder))?;
    fs::write(path, text).map_err(file("writing", path))
}

fn file(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> RunError {
    let path = path.to_path_buf();
    move |source| RunError::File { doing, path, source }
}
