//! `cargo xtask test --faults`: the real faults, in tests/faults.

use std::path::Path;
use std::process::{Command, ExitCode};

use super::{Count, tool};
use crate::bench::machine::machine;

const DOCUMENT: &str = "docs/reliability.md";
const PROGRAM: [&str; 5] = ["run", "--quiet", "-p", "faults", "--"];

/// The quick half, as a step of every run.
pub(super) fn quick(root: &Path) -> Result<Count, String> {
    tool(root, "cargo", &[PROGRAM.as_slice(), &["--quick"]].concat())
}

/// What `words` choose; all of them without a word. Those with a host need the packaged plugin.
pub(super) fn run(root: &Path, words: &[String]) -> ExitCode {
    let how = format!(
        "Measured on {} by `cargo xtask test --faults --write`.",
        machine()
    );
    let mut arguments: Vec<&str> = Vec::new();
    for word in words {
        match word.as_str() {
            "--write" => arguments.extend(["--write", DOCUMENT, "--how", &how]),
            word => arguments.push(word),
        }
    }
    let status = Command::new("cargo")
        .args(PROGRAM)
        .args(arguments)
        .current_dir(root)
        .status();
    match status {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask test --faults: cargo does not start: {error}");
            ExitCode::FAILURE
        }
    }
}
