//! JSON at the border: every message is an object that names the contract's version.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::error::Category;

use crate::ring::{Batch, Record};

/// The version of `docs/jni-contract.md`, in every message as `v` and told by `version()`.
pub(crate) const CONTRACT: u32 = 1;

/// Why a message from Java was not understood.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MessageError {
    /// Not JSON at all.
    #[error("{what} is not valid JSON: {problem} at line {line} column {column}")]
    Syntax {
        /// The argument.
        what: &'static str,
        /// Never quotes the text, which may hold a secret.
        problem: &'static str,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// JSON of another shape.
    #[error(
        "{what} is not as the contract asks: a member is missing or of another type (line {line} column {column})"
    )]
    Shape {
        /// The argument.
        what: &'static str,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// No `v`.
    #[error("{what} does not name the version of the contract: add \"v\":{CONTRACT}")]
    NoVersion {
        /// The argument.
        what: &'static str,
    },
    /// Another `v`.
    #[error(
        "{what} is of version {found} of the contract, the library speaks {CONTRACT}: use a library of the plugin's version"
    )]
    Version {
        /// The argument.
        what: &'static str,
        /// Its version.
        found: u64,
    },
}

/// Reads the argument `what`.
pub(crate) fn read<T: DeserializeOwned>(what: &'static str, bytes: &[u8]) -> Result<T, MessageError> {
    #[derive(Deserialize)]
    struct Versioned {
        v: Option<u64>,
    }
    let wrong = |error: serde_json::Error| mistake(what, &error);
    let Versioned { v } = serde_json::from_slice(bytes).map_err(wrong)?;
    match v {
        Some(v) if v == u64::from(CONTRACT) => serde_json::from_slice(bytes).map_err(wrong),
        Some(found) => Err(MessageError::Version { what, found }),
        None => Err(MessageError::NoVersion { what }),
    }
}

fn mistake(what: &'static str, error: &serde_json::Error) -> MessageError {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        Category::Data => MessageError::Shape { what, line, column },
        Category::Eof => MessageError::Syntax {
            what,
            problem: "it ends too early",
            line,
            column,
        },
        Category::Syntax | Category::Io => MessageError::Syntax {
            what,
            problem: "a mistake",
            line,
            column,
        },
    }
}

/// Writes a result.
///
/// # Errors
/// When `value` has no JSON form; ours all have one.
pub(crate) fn write(value: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(value)
}

/// Answer of `version()`.
#[derive(Debug, Serialize)]
pub(crate) struct Version {
    v: u32,
    version: &'static str,
    contract: u32,
}

impl Version {
    pub(crate) const fn of_this_library() -> Self {
        Self {
            v: CONTRACT,
            version: env!("CARGO_PKG_VERSION"),
            contract: CONTRACT,
        }
    }
}

/// Answer of `logs()`.
#[derive(Debug, Serialize)]
pub(crate) struct LogBatch {
    v: u32,
    dropped: u64,
    records: Vec<Record>,
}

impl From<Batch> for LogBatch {
    fn from(Batch { dropped, records }: Batch) -> Self {
        Self {
            v: CONTRACT,
            dropped,
            records,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Sample {
        name: String,
    }

    fn sample(json: &str) -> Result<Sample, String> {
        read("sample", json.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_message_of_our_version_is_read() {
        assert_eq!(
            sample(r#"{"v":1,"name":"a","later":[]}"#),
            Ok(Sample { name: "a".to_owned() })
        );
    }

    #[test]
    fn each_mistake_names_the_argument_and_the_place() {
        let cases = [
            (
                "",
                "sample is not valid JSON: it ends too early at line 1 column 0",
            ),
            (
                r#"{"v":1,"#,
                "sample is not valid JSON: it ends too early at line 1 column 7",
            ),
            ("{\n'v'", "sample is not valid JSON: a mistake at line 2 column 1"),
            (
                "[]",
                "sample is not as the contract asks: a member is missing or of another type (line 1 column 2)",
            ),
            (
                r#"{"name":"a"}"#,
                "sample does not name the version of the contract: add \"v\":1",
            ),
            (
                r#"{"v":2,"other":1}"#,
                "sample is of version 2 of the contract, the library speaks 1: use a library of the plugin's version",
            ),
            (
                r#"{"v":1,"name":7}"#,
                "sample is not as the contract asks: a member is missing or of another type (line 1 column 15)",
            ),
        ];
        for (json, message) in cases {
            assert_eq!(sample(json), Err(message.to_owned()), "for {json}");
        }
    }

    #[test]
    fn bytes_that_are_no_utf8_are_a_mistake_too() {
        assert!(read::<Sample>("sample", b"{\"v\":1,\"name\":\"\xff\"}").is_err());
    }

    #[test]
    fn no_message_quotes_what_it_was_given() {
        for json in [
            r#"{"v":1,"name":8675309}"#,
            r#"{"v":1,"name":{"hunter2":1}}"#,
            "{\"v\":1,\"hunter2",
        ] {
            let message = sample(json).unwrap_err();
            assert!(
                !message.contains("8675309") && !message.contains("hunter2"),
                "{message}"
            );
        }
    }

    #[test]
    fn answers_have_the_shape_of_the_contract() {
        let version: serde_json::Value =
            serde_json::from_slice(&write(&Version::of_this_library()).unwrap()).unwrap();
        assert_eq!(
            version,
            serde_json::json!({"v":1,"version":env!("CARGO_PKG_VERSION"),"contract":1})
        );

        let record = Record {
            at: 7,
            level: "warn",
            logger: "a.b".to_owned(),
            message: "say \"hi\"\n".to_owned(),
        };
        let batch = LogBatch::from(Batch {
            dropped: 2,
            records: vec![record],
        });
        assert_eq!(
            String::from_utf8(write(&batch).unwrap()).unwrap(),
            r#"{"v":1,"dropped":2,"records":[{"at":7,"level":"warn","logger":"a.b","message":"say \"hi\"\n"}]}"#
        );
    }
}
