use std::error::Error;
use std::io;
use std::path::PathBuf;

use testbed::{RunError, SetupError};

use crate::library::LibraryError;

/// Why a task ended without its result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The command line makes no sense.
    #[error("{0}")]
    Usage(String),
    /// Something is missing on this machine, or a set-up step failed.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The servers did not do as they should.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A file that should be there is not.
    #[error("reading {}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    /// The native library could not be made.
    #[error("the native library: {0}")]
    Library(#[from] LibraryError),
    /// The demonstration ran, but its outcome is not the promised one.
    #[error("{0}")]
    Outcome(String),
}

impl Failure {
    /// The message, and those of the causes that it does not tell itself.
    pub(crate) fn with_causes(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(deeper) = cause {
            let words = deeper.to_string();
            if !text.contains(&words) {
                text.push_str(": ");
                text.push_str(&words);
            }
            cause = deeper.source();
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_told_once() {
        let refused = || io::Error::new(io::ErrorKind::PermissionDenied, "refused");
        let file = Failure::File {
            path: "a".into(),
            source: refused(),
        };
        assert_eq!(file.with_causes(), "reading a: refused");
        let library = Failure::Library(LibraryError::Cargo(refused()));
        assert_eq!(
            library.with_causes(),
            "the native library: cannot start cargo: refused"
        );
    }
}
