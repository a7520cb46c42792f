//! Command lines of the form `--name value` and `--flag`.

use std::str::FromStr;

use crate::failure::Failure;

/// What is left of a command line.
pub(crate) struct Arguments {
    words: Vec<String>,
}

impl Arguments {
    pub(crate) fn new(words: &[String]) -> Self {
        Self {
            words: words.to_vec(),
        }
    }

    /// Takes a flag; whether it was there.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let found = self.words.iter().position(|word| word == name);
        if let Some(index) = found {
            self.words.remove(index);
        }
        found.is_some()
    }

    /// Takes an option and its value.
    pub(crate) fn option<T: FromStr>(&mut self, name: &str) -> Result<Option<T>, Failure> {
        let Some(index) = self.words.iter().position(|word| word == name) else {
            return Ok(None);
        };
        self.words.remove(index);
        if index == self.words.len() {
            return Err(Failure::Usage(format!("{name} needs a value")));
        }
        let value = self.words.remove(index);
        value
            .parse()
            .map(Some)
            .map_err(|_| Failure::Usage(format!("{name} cannot be {value:?}")))
    }

    /// Nothing may be left.
    pub(crate) fn end(self) -> Result<(), Failure> {
        none(&self.words)
    }
}

/// For tasks without arguments.
pub(crate) fn none(words: &[String]) -> Result<(), Failure> {
    match words.first() {
        None => Ok(()),
        Some(word) => Err(Failure::Usage(format!("{word:?} is not understood here"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(line: &str) -> Arguments {
        Arguments {
            words: line.split_whitespace().map(str::to_owned).collect(),
        }
    }

    #[test]
    fn options_and_flags_come_in_any_order() {
        let mut line = arguments("--keep --masters 3 --cpus 0.5");
        assert_eq!(line.option::<f64>("--cpus").unwrap(), Some(0.5));
        assert!(line.flag("--keep"));
        assert!(!line.flag("--keep"));
        assert_eq!(line.option::<usize>("--masters").unwrap(), Some(3));
        assert_eq!(line.option::<usize>("--agents").unwrap(), None);
        line.end().unwrap();
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let text = |result: Result<Option<usize>, Failure>| result.unwrap_err().to_string();
        assert_eq!(
            text(arguments("--masters").option("--masters")),
            "--masters needs a value"
        );
        assert_eq!(
            text(arguments("--masters many").option("--masters")),
            "--masters cannot be \"many\""
        );
        assert_eq!(
            arguments("--what").end().unwrap_err().to_string(),
            "\"--what\" is not understood here"
        );
    }
}
