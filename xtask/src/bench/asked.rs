//! Programs that answer questions, a line each: so that ours and a peer in a warmed-up JVM take turns on the same files.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::failure::Failure;

/// A running program. It is ended when it is dropped.
pub(super) struct Asked {
    name: &'static str,
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Asked {
    /// Starts it and skips the lines that tell its columns.
    pub(super) fn start(name: &'static str, command: &mut Command, columns: usize) -> Result<Self, Failure> {
        let failed = |source: io::Error| Failure::Outcome(format!("cannot start {name}: {source}"));
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let (Some(questions), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Failure::Outcome(format!("{name} has no input or output")));
        };
        let mut asked = Self {
            name,
            child,
            questions,
            answers: BufReader::new(answers),
        };
        for _ in 0..columns {
            asked.line()?;
        }
        Ok(asked)
    }

    /// The fields of its answer.
    pub(super) fn ask(&mut self, question: &[&str]) -> Result<Vec<String>, Failure> {
        let line = format!("{}\n", question.join("\t"));
        let sent = self
            .questions
            .write_all(line.as_bytes())
            .and_then(|()| self.questions.flush());
        sent.map_err(|source| self.failed(&source.to_string()))?;
        let answer = self.line()?;
        Ok(answer.split('\t').map(str::to_owned).collect())
    }

    /// The same, where all fields are numbers.
    pub(super) fn numbers(&mut self, question: &[&str]) -> Result<Vec<f64>, Failure> {
        let fields = self.ask(question)?;
        fields
            .iter()
            .map(|field| field.parse())
            .collect::<Result<_, _>>()
            .map_err(|_| self.failed(&format!("answers {fields:?} to {question:?}")))
    }

    fn line(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        match self.answers.read_line(&mut line) {
            Ok(0) => Err(self.failed("it ended; what it said stands above")),
            Ok(_) => Ok(line.trim_end().to_owned()),
            Err(source) => Err(self.failed(&source.to_string())),
        }
    }

    fn failed(&self, reason: &str) -> Failure {
        Failure::Outcome(format!("{}: {reason}", self.name))
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_question_is_answered_by_a_line() {
        let mut cat = Asked::start("cat", &mut Command::new("cat"), 0).unwrap();
        assert_eq!(cat.ask(&["a", "b c"]).unwrap(), ["a", "b c"]);
        assert_eq!(cat.numbers(&["1", "2.5"]).unwrap(), [1.0, 2.5]);
        assert!(cat.numbers(&["one"]).is_err());
    }

    #[test]
    fn a_program_that_has_ended_is_told() {
        let error = Asked::start("true", &mut Command::new("true"), 1).err().unwrap();
        assert!(error.to_string().contains("it ended"), "{error}");
    }
}
