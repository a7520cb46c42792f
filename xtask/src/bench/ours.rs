//! The program that drives our matcher.

use std::path::{Path, PathBuf};
use std::process::Command;

use testbed::tools;

use crate::failure::Failure;

/// Builds it for release; where it is then.
pub(super) fn build(root: &Path) -> Result<PathBuf, Failure> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let target = root.join("target");
    let mut command = Command::new(cargo);
    command
        .args([
            "build",
            "--quiet",
            "--release",
            "-p",
            "mesos-bench",
            "--target-dir",
        ])
        .arg(&target)
        .current_dir(root);
    tools::run(&mut command)?;
    Ok(target.join("release/mesos-bench"))
}

/// Where the program is that counts how often memory is asked for, which costs time.
pub(super) fn counted(program: &Path) -> PathBuf {
    program.with_file_name("mesos-bench-counted")
}
