//! The programs that run many inputs in little time, built as the product is.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Built in one go: alone, the simulator wants fewer features of what all have in common, and nearly all of that would be
/// built for it once more.
const PACKAGES: [&str; 2] = ["mesos-sim", "mesos-fuzz"];

/// Builds them, and gives the path of the one of this name.
///
/// # Errors
/// When they cannot be built.
pub(super) fn program(root: &Path, name: &str) -> Result<String, String> {
    let output = Command::new("cargo")
        .args(["build", "--quiet", "--release", "--bins"])
        .args(PACKAGES.map(|package| format!("--package={package}")))
        .arg("--message-format=json-render-diagnostics")
        .current_dir(root)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo does not start: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo build: {}", output.status));
    }
    executable(&String::from_utf8_lossy(&output.stdout), name)
        .map(|path| path.display().to_string())
        .ok_or_else(|| format!("cargo build gives no {name}"))
}

/// The program's path among the messages that Cargo prints, one JSON object a line.
fn executable(messages: &str, name: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["target"]["name"] == name)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_found_among_what_cargo_says() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"mesos_sim"},"executable":null}"#,
            "\nnot json\n",
            r#"{"reason":"compiler-artifact","target":{"name":"mesos-fuzz"},"executable":"/t/release/mesos-fuzz"}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"name":"mesos-sim"},"executable":"/t/release/mesos-sim"}"#,
        );
        assert_eq!(
            executable(messages, "mesos-sim"),
            Some(PathBuf::from("/t/release/mesos-sim"))
        );
        assert_eq!(executable(messages, "mesos-bench"), None);
    }
}
