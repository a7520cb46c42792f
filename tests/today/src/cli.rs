use std::io::Write;
use std::process::{Command, Stdio};

use testbed::{Jenkins, RunError};

/// Runs a command of Jenkins's own command line client as the administrator and gives what it prints.
///
/// # Errors
/// [`RunError::Condition`] with what it says when it fails.
pub fn cli(jenkins: &Jenkins, words: &[&str], input: &str) -> Result<String, RunError> {
    let jar = jenkins.folder().join("cli.jar");
    let unmet = |reason: String| RunError::Condition {
        what: format!("jenkins-cli {}", words.join(" ")),
        reason,
    };
    if !jar.is_file() {
        jenkins.groovy(&format!(
            "new File('{}').bytes = Jenkins.get().getJnlpJars('jenkins-cli.jar').readFully()",
            jar.display()
        ))?;
    }
    let mut child = Command::new("java")
        .arg("-jar")
        .arg(&jar)
        .args(["-s", &jenkins.url(), "-http", "-auth", "admin:admin"])
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| unmet(error.to_string()))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin
            .write_all(input.as_bytes())
            .map_err(|error| unmet(error.to_string()))?;
    }
    let output = child
        .wait_with_output()
        .map_err(|error| unmet(error.to_string()))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    Err(unmet(format!(
        "{}\n{}",
        text(&output.stdout),
        text(&output.stderr)
    )))
}
