//! `cargo xtask test --faults`: the real faults, in tests/faults.

use std::path::Path;
use std::process::ExitCode;

use super::{Count, tool};
use crate::bench::machine::machine;

const DOCUMENT: &str = "docs/reliability.md";

/// The quick half, as a step of every run.
pub(super) fn quick(root: &Path) -> Result<Count, String> {
    program(root, &["--quick"])
}

/// What `words` choose, after what every run needs; all of them without a word.
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
    match program(root, &arguments) {
        Ok(count) if count.failed == 0 => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("xtask test --faults: {why}");
            ExitCode::FAILURE
        }
    }
}

fn program(root: &Path, arguments: &[&str]) -> Result<Count, String> {
    let words = ["run", "--quiet", "-p", "faults", "--"];
    tool(root, "cargo", &[&words, arguments].concat())
}
