use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why the programs could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// A tool is missing on this machine and could not be installed.
    #[error("{what} is missing; {cure}")]
    Missing {
        /// The tool, as a person would name it.
        what: String,
        /// What to do about it.
        cure: String,
    },
    /// A command of the set-up failed.
    #[error("{command} failed ({status}):\n{output}")]
    Command {
        /// The command line.
        command: String,
        /// How it ended.
        status: String,
        /// The end of what it printed.
        output: String,
    },
    /// A download is not the file that it should be.
    #[error("{what} is not what was expected: {problem}")]
    Unexpected {
        /// The file or package.
        what: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A file or folder could not be read or written.
    #[error("{doing} {}: {source}", path.display())]
    File {
        /// What was tried, such as "creating".
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

/// Why something did not go as asked while the parts were running.
#[non_exhaustive]
pub enum RunError {
    /// A program could not be started.
    Spawn {
        /// The program.
        program: String,
        /// The cause.
        source: io::Error,
    },
    /// A file or folder could not be read or written.
    File {
        /// What was tried, such as "creating".
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// No answer to an HTTP request, or one that says no.
    Http {
        /// The request, such as `GET /queue/api/json`.
        request: String,
        /// What came back instead of a good answer.
        answer: String,
    },
    /// A condition did not come true before its deadline, or cannot come true any more.
    Condition {
        /// The condition.
        what: String,
        /// Why it does not hold.
        reason: String,
    },
    /// There is no member of this name, or it is not in the state that the request needs.
    Member {
        /// The member's name.
        name: String,
        /// What is wrong.
        problem: String,
    },
    /// The set-up failed.
    Setup(SetupError),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spawn { program, source } => write!(f, "starting {program}: {source}"),
            Self::File { doing, path, source } => write!(f, "{doing} {}: {source}", path.display()),
            Self::Http { request, answer } => write!(f, "{request}: {answer}"),
            Self::Condition { what, reason } => write!(f, "{what}: {reason}"),
            Self::Member { name, problem } => write!(f, "{name} {problem}"),
            Self::Setup(error) => error.fmt(f),
        }
    }
}

/// The same text as [`fmt::Display`]: a test that fails with `?` or `unwrap` shows logs as lines, not as one quoted
/// string.
impl fmt::Debug for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Spawn { source, .. } | Self::File { source, .. } => Some(source),
            Self::Setup(error) => Some(error),
            Self::Http { .. } | Self::Condition { .. } | Self::Member { .. } => None,
        }
    }
}

impl From<SetupError> for RunError {
    fn from(error: SetupError) -> Self {
        Self::Setup(error)
    }
}
