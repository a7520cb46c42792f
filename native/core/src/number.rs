//! Numbers as a person typed them.

use crate::scalar::Scalar;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// A number as it was typed or saved: kept as text until someone asks for it, so that a bad one is a message beside its
/// field and not a configuration that cannot be read.
///
/// In JSON it may be a number, a string, or null (the same as an empty string).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Number(String);

/// Why a [`Number`] is none. The messages complete «the field …».
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Nothing was entered.
    #[error("is empty: enter a number")]
    Empty,
    /// Not a decimal number.
    #[error("is `{0}`, which is not a number: enter digits, as in {1}")]
    NotANumber(String, &'static str),
    /// A decimal number where only a whole one makes sense.
    #[error("is {0}: enter a whole number")]
    NotWhole(String),
    /// Less than the smallest allowed.
    #[error("is {0}: enter {1} or more")]
    TooSmall(String, Scalar),
    /// More than anyone has.
    #[error("is {0}: enter {1} or less")]
    TooLarge(String, Scalar),
}

impl Number {
    /// The trimmed text.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The amount in thousandths, rounded, if it lies in `least..=most`.
    ///
    /// # Errors
    /// When it is not a plain decimal number or out of that range.
    pub fn scalar(&self, least: Scalar, most: Scalar) -> Result<Scalar, NumberError> {
        let value = self.parse::<f64>("0.5")?;
        // `inf` and `NaN` parse as floats; `from_f64` refuses them.
        if !value.is_finite() {
            return Err(NumberError::NotANumber(self.short(), "0.5"));
        }
        let scalar = Scalar::from_f64(value).unwrap_or(if value < 0.0 {
            Scalar::ZERO
        } else {
            Scalar::from_milli(i64::MAX)
        });
        if value < 0.0 || scalar < least {
            Err(NumberError::TooSmall(self.short(), least))
        } else if scalar > most {
            Err(NumberError::TooLarge(self.short(), most))
        } else {
            Ok(scalar)
        }
    }

    /// The whole number, if it lies in `least..=most`.
    ///
    /// # Errors
    /// When it is not a whole number or out of that range.
    pub fn whole(&self, least: u32, most: u32) -> Result<u32, NumberError> {
        let bound = |limit: u32| Scalar::from_milli(i64::from(limit) * 1000);
        let value = match self.parse::<i64>("3") {
            Err(NumberError::NotANumber(text, _)) if self.0.parse::<f64>().is_ok_and(f64::is_finite) => {
                return Err(NumberError::NotWhole(text));
            }
            value => value?,
        };
        if value < i64::from(least) {
            Err(NumberError::TooSmall(self.short(), bound(least)))
        } else if value > i64::from(most) {
            Err(NumberError::TooLarge(self.short(), bound(most)))
        } else {
            u32::try_from(value).map_err(|_| NumberError::TooLarge(self.short(), bound(most)))
        }
    }

    fn parse<T: std::str::FromStr>(&self, example: &'static str) -> Result<T, NumberError> {
        if self.0.is_empty() {
            return Err(NumberError::Empty);
        }
        self.0
            .parse()
            .map_err(|_| NumberError::NotANumber(self.short(), example))
    }

    /// For messages: what was typed, cut.
    fn short(&self) -> String {
        self.0.chars().take(40).collect()
    }
}

impl From<&str> for Number {
    fn from(text: &str) -> Self {
        Self(text.trim().to_owned())
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Lenient;
        impl Visitor<'_> for Lenient {
            type Value = Number;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or its text")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Number, E> {
                Ok(Number::from(text))
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Number, E> {
                Ok(Number(value.to_string()))
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Number, E> {
                Ok(Number(value.to_string()))
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Number, E> {
                Ok(Number(value.to_string()))
            }
            fn visit_unit<E: de::Error>(self) -> Result<Number, E> {
                Ok(Number::default())
            }
        }
        deserializer.deserialize_any(Lenient)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: Scalar = Scalar::from_milli(1_000_000_000);
    const LEAST: Scalar = Scalar::from_milli(1);

    #[test]
    fn numbers_come_as_json_numbers_or_as_text() {
        let all: Vec<Number> = serde_json::from_str(r#"[0.1, " 0.1 ", 2, -1, null]"#).unwrap();
        assert_eq!(all[0].scalar(LEAST, MOST), Ok(Scalar::from_milli(100)));
        assert_eq!(all[1].scalar(LEAST, MOST), Ok(Scalar::from_milli(100)));
        assert_eq!(all[2].whole(0, 9), Ok(2));
        assert!(matches!(all[3].whole(0, 9), Err(NumberError::TooSmall(..))));
        assert_eq!(all[4].whole(0, 9), Err(NumberError::Empty));
    }

    #[test]
    fn a_bad_number_says_what_to_do() {
        let say = |text: &str| Number::from(text).scalar(LEAST, MOST).unwrap_err().to_string();
        assert_eq!(
            say("abc"),
            "is `abc`, which is not a number: enter digits, as in 0.5"
        );
        assert_eq!(say("-0.1"), "is -0.1: enter 0.001 or more");
        assert_eq!(say("0.0001"), "is 0.0001: enter 0.001 or more");
        assert_eq!(say("1e300"), "is 1e300: enter 1000000 or less");
        assert_eq!(
            say("NaN"),
            "is `NaN`, which is not a number: enter digits, as in 0.5"
        );
        assert_eq!(
            Number::from("99").whole(1, 5).unwrap_err().to_string(),
            "is 99: enter 5 or less"
        );
    }
}
