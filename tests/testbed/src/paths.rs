//! Where things are.

use std::path::{Path, PathBuf};

/// The root of the repository.
#[must_use]
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// The folder of the programs and of all that they write: `TESTBED_HOME`, else `.testbed` in the repository.
#[must_use]
pub fn home() -> PathBuf {
    std::env::var_os("TESTBED_HOME").map_or_else(|| repository().join(".testbed"), PathBuf::from)
}

/// A folder for one run, unique among those of all processes.
#[must_use]
pub fn fresh_run(label: &str) -> PathBuf {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    home()
        .join("run")
        .join(format!("{label}-{}-{count}", std::process::id()))
}

/// The folder of a run that outlives the process that started it (`cargo xtask testbed`).
#[must_use]
pub fn lasting_run(label: &str) -> PathBuf {
    home().join("run").join(label)
}
