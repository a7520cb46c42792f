//! Agents that run containers with images themselves.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::Cluster;
use crate::error::RunError;
use crate::guard;

const END: &str = include_str!("../../mesos/end.sh");
/// Where the kernel has its control groups.
const GROUPS: &str = "/sys/fs/cgroup";

/// The flags of such an agent; it needs root, and control groups of version 1.
pub(super) fn flags(images: &Path, run: &Path, name: &str) -> Vec<String> {
    vec![
        "--launcher=linux".into(),
        "--isolation=filesystem/linux,docker/runtime,cgroups/cpu,cgroups/mem".into(),
        "--image_providers=docker".into(),
        "--image_provisioner_backend=copy".into(),
        format!("--docker_registry={}", images.display()),
        format!("--docker_store_dir={}", run.join(name).join("store").display()),
        format!("--cgroups_root={}", group(run)),
    ]
}

/// What ends the containers of a run when its owner has ended.
pub(super) fn write_end(run: &Path) -> Result<(), RunError> {
    let script = run.join("end.sh");
    let end = run.join(guard::END);
    let line = format!(
        "#!/bin/sh\nexec sh '{}' '{}' '{}'\n",
        script.display(),
        run.display(),
        group(run)
    );
    for (path, text) in [(&script, END), (&end, line.as_str())] {
        fs::write(path, text).map_err(file("writing", path))?;
    }
    fs::set_permissions(&end, fs::Permissions::from_mode(0o755)).map_err(file("marking", &end))
}

impl Cluster {
    /// What is there of containers that agents run themselves: their control groups, and their mounts.
    ///
    /// # Errors
    /// [`RunError::File`] when the kernel does not tell.
    pub fn boxes(&self) -> Result<Vec<String>, RunError> {
        let groups = Path::new(GROUPS).join("freezer").join(group(&self.run));
        let mut found: Vec<String> = folders(&groups)?
            .into_iter()
            .map(|path| path.display().to_string())
            .collect();
        let path = Path::new("/proc/self/mounts");
        let mounts = fs::read_to_string(path).map_err(file("reading", path))?;
        let ours = self.run.display().to_string();
        let mounts = mounts.lines().filter_map(|line| line.split(' ').nth(1));
        // The work folder of the agent is mounted on itself.
        found.extend(
            mounts
                .filter(|at| at.starts_with(&ours) && !at.ends_with("/work"))
                .map(str::to_owned),
        );
        Ok(found)
    }

    /// The processes of such a container, by its Mesos id.
    ///
    /// # Errors
    /// [`RunError::File`] when there is none.
    pub fn box_processes(&self, container: &str) -> Result<Vec<u32>, RunError> {
        let path = Path::new(GROUPS)
            .join("freezer")
            .join(group(&self.run))
            .join(container)
            .join("cgroup.procs");
        let text = fs::read_to_string(&path).map_err(file("reading", &path))?;
        Ok(text.lines().filter_map(|line| line.parse().ok()).collect())
    }
}

/// The control group of all containers of a run.
fn group(run: &Path) -> String {
    let name = run.file_name().unwrap_or_default().to_string_lossy();
    format!("testbed-{name}")
}

fn folders(path: &Path) -> Result<Vec<PathBuf>, RunError> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(file("reading", path)(error)),
    };
    Ok(entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect())
}

fn file(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> RunError {
    let path = path.to_path_buf();
    move |source| RunError::File { doing, path, source }
}
