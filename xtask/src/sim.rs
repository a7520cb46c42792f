//! `cargo xtask sim`: the simulation of `native/sim`, optimized, with its own options.

use std::path::Path;
use std::process::Command;

use crate::failure::Failure;

/// Runs the simulator with `arguments`. It prints seeds per second and steps, and the trace of a failing seed made
/// small; it says itself what is wrong with its options.
///
/// # Errors
/// When it does not start, or a seed broke a rule.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<(), Failure> {
    let status = Command::new("cargo")
        .args(["run", "--quiet", "--release", "-p", "mesos-sim", "--"])
        .args(arguments)
        .current_dir(root)
        .status()
        .map_err(|error| Failure::Outcome(format!("cargo does not start: {error}")))?;
    match status.code() {
        Some(0) => Ok(()),
        Some(2) => Err(Failure::Outcome("these options cannot be used".into())),
        _ => Err(Failure::Outcome(
            "a seed broke a rule, or the simulator was not built".into(),
        )),
    }
}
