//! The tools of the machine: running them, and what to do when one is missing.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::error::SetupError;

/// A tool and the Debian package that brings it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tool {
    /// What is run.
    pub program: &'static str,
    /// An argument with which it does nothing but succeed.
    pub probe: &'static [&'static str],
    /// The Debian package.
    pub package: &'static str,
}

/// A C++ compiler.
pub const GXX: Tool = Tool {
    program: "g++",
    probe: &["--version"],
    package: "g++",
};
/// `nm` and `strip`.
pub const BINUTILS: Tool = Tool {
    program: "nm",
    probe: &["--version"],
    package: "binutils",
};
/// Python's package client.
pub const PIP: Tool = Tool {
    program: "python3",
    probe: &["-m", "pip", "--version"],
    package: "python3-pip",
};
/// Maven.
pub const MAVEN: Tool = Tool {
    program: "mvn",
    probe: &["--version"],
    package: "maven",
};
/// A Java compiler, and the JVM with it.
pub const JDK: Tool = Tool {
    program: "javac",
    probe: &["--version"],
    package: "openjdk-17-jdk-headless",
};

/// What shows and removes network devices.
pub const IP: Tool = Tool {
    program: "ip",
    probe: &["-V"],
    package: "iproute2",
};

/// A browser without a screen.
pub const CHROMIUM: Tool = Tool {
    program: "chromium",
    probe: &["--version"],
    package: "chromium",
};
/// What drives it.
pub const CHROMEDRIVER: Tool = Tool {
    program: "chromedriver",
    probe: &["--version"],
    package: "chromium-driver",
};

impl Tool {
    /// Whether it runs on this machine.
    #[must_use]
    pub fn present(&self) -> bool {
        Command::new(self.program)
            .args(self.probe)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }
}

/// Makes sure that the tools are there: installs their Debian packages when this process may.
///
/// # Errors
/// [`SetupError::Missing`] that says what to install, else [`SetupError::Command`] of the package client.
pub fn ensure(tools: &[Tool]) -> Result<(), SetupError> {
    let missing: Vec<&Tool> = tools.iter().filter(|tool| !tool.present()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|tool| tool.package).collect();
    if may_install() {
        install(&packages)?;
    }
    if let Some(tool) = missing.iter().find(|tool| !tool.present()) {
        return Err(SetupError::Missing {
            what: tool.program.to_owned(),
            cure: format!(
                "install it, on Debian with: sudo apt-get install {}",
                packages.join(" ")
            ),
        });
    }
    Ok(())
}

fn may_install() -> bool {
    let root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|id| id.stdout.trim_ascii() == b"0");
    root && Command::new("apt-get").arg("--version").output().is_ok()
}

fn install(packages: &[&str]) -> Result<(), SetupError> {
    let install = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
            .args(["install", "-q", "-y", "--no-install-recommends"])
            .args(packages);
        run(&mut command)
    };
    if install().is_err() {
        run(Command::new("apt-get").args(["update", "-q"]))?;
        install()?;
    }
    Ok(())
}

/// Makes sure that the JDK on the path is one that can build the plugin.
///
/// # Errors
/// [`SetupError::Missing`] that says what to install.
pub fn ensure_jdk() -> Result<(), SetupError> {
    ensure(&[JDK])?;
    let version = run(Command::new("javac").arg("-version"))?;
    let major = version
        .trim()
        .strip_prefix("javac ")
        .and_then(|text| text.split('.').next()?.parse().ok());
    match major {
        Some(17..) => Ok(()),
        _ => Err(SetupError::Missing {
            what: "a JDK of version 17 or later".to_owned(),
            cure: format!(
                "the one on the path is {:?}; install one, on Debian with: sudo apt-get install {}, and put it first",
                version.trim(),
                JDK.package
            ),
        }),
    }
}

/// The JVM for the host and its agents: the host's agents run on nothing younger than Java 17, the plugin on nothing
/// older.
///
/// # Errors
/// [`SetupError::Missing`] that says what to install.
pub fn java_17() -> Result<PathBuf, SetupError> {
    let find = || {
        let installed = std::fs::read_dir("/usr/lib/jvm").into_iter().flatten().flatten();
        let installed = installed
            .map(|entry| entry.path().join("bin/java"))
            .filter(|java| java.is_file());
        which("java")
            .into_iter()
            .chain(installed)
            .find(|java| java_version(java) == Some(17))
    };
    if let Some(java) = find() {
        return Ok(java);
    }
    if may_install() {
        install(&[JDK.package])?;
    }
    find().ok_or_else(|| SetupError::Missing {
        what: "Java 17, which the test host needs".into(),
        cure: format!("install it, on Debian with: sudo apt-get install {}", JDK.package),
    })
}

/// The major version of a JVM, such as 17.
#[must_use]
pub fn java_version(java: &Path) -> Option<u32> {
    let output = Command::new(java).arg("-version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let version = text.split('"').nth(1)?;
    let mut parts = version.split(['.', '-', '_', '+']);
    match parts.next()?.parse().ok()? {
        1 => parts.next()?.parse().ok(),
        major => Some(major),
    }
}

/// Runs a command to its end, and gives its standard output.
///
/// # Errors
/// [`SetupError::Command`] with the end of what it printed, when it fails or cannot be started.
pub fn run(command: &mut Command) -> Result<String, SetupError> {
    let name = describe(command);
    let output = command.stdin(Stdio::null()).output();
    let failed = |status: String, output: String| SetupError::Command {
        command: name,
        status,
        output,
    };
    match output {
        Ok(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        Ok(output) => Err(failed(output.status.to_string(), last_words(&output))),
        Err(error) => Err(failed("not started".into(), error.to_string())),
    }
}

/// The end of what a command printed.
#[must_use]
pub fn last_words(output: &Output) -> String {
    let all = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    let text = String::from_utf8_lossy(&all).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}

fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A Maven call without progress bars.
#[must_use]
pub fn maven(pom: &Path) -> Command {
    let mut command = Command::new("mvn");
    command.args(["-q", "-B", "-f"]).arg(pom);
    command
}

/// The absolute path of a program on the search path.
#[must_use]
pub fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_command_tells_its_words() {
        let error = run(Command::new("sh").args(["-c", "echo so; echo it goes >&2; exit 3"])).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("exit status: 3") && text.contains("so\nit goes"),
            "{text}"
        );
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = run(&mut Command::new("no-such-program-here"))
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("no-such-program-here failed (not started)"),
            "{error}"
        );
    }
}
