//! A browser without a screen, for the host's forms (`tests/forms`).

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::error::{RunError, SetupError};
use crate::lock::FolderLock;
use crate::{paths, tools};

/// A page of the host with the block of one descriptor, opened in a browser.
#[derive(Debug)]
pub struct Form {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Form {
    /// Opens a page, such as `http://…/configure`; fields are those within the block of `descriptor`, a class name.
    ///
    /// # Errors
    /// [`RunError`] when the browser cannot be built or started.
    pub fn open(page: &str, descriptor: &str) -> Result<Self, RunError> {
        let classes = ensure()?;
        let failed = |source| RunError::Spawn {
            program: "the browser".into(),
            source,
        };
        let mut child = Command::new(tools::java_17()?)
            .args([
                "-XX:TieredStopAtLevel=1",
                "-cp",
                &classes,
                "forms.Form",
                page,
                descriptor,
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(input), Some(output)) => Ok(Self {
                child,
                input,
                output: BufReader::new(output),
            }),
            _ => Err(failed(std::io::Error::other("it has no pipes"))),
        }
    }

    /// How many fields of this name the block has.
    ///
    /// # Errors
    /// [`RunError::Condition`] when the page cannot be read.
    pub fn count(&mut self, field: &str) -> Result<usize, RunError> {
        let answer = self.ask(&format!("count {field}"))?;
        Ok(answer.parse().unwrap_or(0))
    }

    /// What a field holds; the first of its name is number 0.
    ///
    /// # Errors
    /// [`RunError::Condition`] when there is no such field.
    pub fn value(&mut self, field: &str, number: usize) -> Result<String, RunError> {
        self.ask(&format!("value {field} {number}"))
    }

    /// Fills a field in, and gives the message that its check puts beside it.
    ///
    /// # Errors
    /// [`RunError::Condition`] when there is no such field.
    pub fn set(&mut self, field: &str, number: usize, value: &str) -> Result<String, RunError> {
        self.ask(&format!("set {field} {number} {value}"))
    }

    /// Presses a button of the block, and gives the text beside it.
    ///
    /// # Errors
    /// [`RunError::Condition`] when there is no such button.
    pub fn press(&mut self, label: &str) -> Result<String, RunError> {
        self.ask(&format!("press {label}"))
    }

    /// Submits the form, and gives the status and the address of the page that comes.
    ///
    /// # Errors
    /// [`RunError::Condition`] when the page stays.
    pub fn save(mut self) -> Result<String, RunError> {
        self.ask("save")
    }

    fn ask(&mut self, command: &str) -> Result<String, RunError> {
        let failed = |reason: String| RunError::Condition {
            what: format!("the form: {command}"),
            reason,
        };
        let mut answer = String::new();
        let io = writeln!(self.input, "{command}")
            .and_then(|()| self.input.flush())
            .and_then(|()| self.output.read_line(&mut answer));
        io.map_err(|error| failed(error.to_string()))?;
        let answer = answer.trim_end();
        match answer.split_once(' ').unwrap_or((answer, "")) {
            ("ok", text) => Ok(text.to_owned()),
            ("failed", text) => Err(failed(text.to_owned())),
            _ => Err(failed(format!("the browser has ended: {answer}"))),
        }
    }
}

impl Drop for Form {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The class path of the browser, built when it is older than its source.
fn ensure() -> Result<String, SetupError> {
    let module = paths::repository().join("tests/forms");
    let target = module.join("target");
    let jar = target.join("mesos-forms-3.0.0.jar");
    let _lock = FolderLock::take(&paths::home().join("forms"))?;
    let made = |path: &std::path::Path| std::fs::metadata(path).and_then(|data| data.modified()).ok();
    let sources = [
        module.join("pom.xml"),
        module.join("src/main/java/forms/Form.java"),
    ];
    if !sources.iter().all(|source| made(&jar) > made(source)) {
        tools::ensure(&[tools::MAVEN, tools::JDK])?;
        tools::run(tools::maven(&module.join("pom.xml")).arg("package"))?;
    }
    Ok(format!("{}:{}/*", jar.display(), target.join("jars").display()))
}
