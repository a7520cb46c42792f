//! `cargo xtask package`.

use std::fs;
use std::path::{Path, PathBuf};

use testbed::tools;

use crate::failure::Failure;
use crate::library;

/// The packaged plugin.
pub(crate) fn plugin(root: &Path) -> PathBuf {
    root.join("java-shim/target/mesos.hpi")
}

/// Builds the native library and the plugin with it inside, and prints their sizes.
pub(crate) fn package(root: &Path) -> Result<(), Failure> {
    tools::ensure_jdk()?;
    tools::ensure(&[tools::MAVEN])?;
    let library = library::package(root)?;
    let pom = root.join("pom.xml");
    tools::run(tools::maven(&pom).args([
        "-pl",
        "java-shim,tests/host-standins",
        "-am",
        "package",
        "-DskipTests",
    ]))?;
    for file in [library, plugin(root)] {
        let size = fs::metadata(&file)
            .map_err(|source| Failure::File {
                path: file.clone(),
                source,
            })?
            .len();
        let name = file.strip_prefix(root).unwrap_or(&file);
        println!(
            "{}: {size} bytes ({:.1} MiB)",
            name.display(),
            size as f64 / f64::from(1 << 20)
        );
    }
    Ok(())
}
