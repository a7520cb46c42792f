//! Texts that many have in common, kept once: thousands of agents have the same label, and hundreds the same host.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Borrow;
use std::collections::HashSet;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A text that does not change. A clone is the same text, and takes no memory of its own.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Arc<str>);

impl Text {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<&String> for Text {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl PartialEq<String> for Text {
    fn eq(&self, other: &String) -> bool {
        *self.0 == **other
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

/// Of equal texts the one that was there first.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    known: HashSet<Text>,
    /// So many there may be before those that nobody else has are forgotten.
    most: usize,
}

/// Fewer are not looked through for what nobody has any more.
const FEW: usize = 64;

impl Texts {
    /// The one that is equal to this and known; else this is it from now on.
    pub(crate) fn shared(&mut self, text: &str) -> Text {
        if let Some(known) = self.known.get(text) {
            return known.clone();
        }
        if self.known.len() >= self.most.max(FEW) {
            self.known.retain(|text| Arc::strong_count(&text.0) > 1);
            self.most = self.known.len() * 2;
        }
        let text = Text::from(text);
        self.known.insert(text.clone());
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_one() {
        let mut texts = Texts::default();
        let (first, second) = (texts.shared("a"), texts.shared("a"));
        assert!(Arc::ptr_eq(&first.0, &second.0));
        assert_ne!(first, texts.shared("b"));
    }

    #[test]
    fn texts_that_nobody_has_are_forgotten_in_time() {
        let mut texts = Texts::default();
        let kept = texts.shared("kept");
        for number in 0..10_000 {
            texts.shared(&format!("host-{number}"));
        }
        assert!(texts.known.len() <= FEW + 1, "{}", texts.known.len());
        assert!(Arc::ptr_eq(&kept.0, &texts.shared("kept").0));
    }

    #[test]
    fn texts_that_somebody_has_are_all_kept() {
        let mut texts = Texts::default();
        let kept: Vec<Text> = (0..1000)
            .map(|number| texts.shared(&number.to_string()))
            .collect();
        for text in &kept {
            assert!(Arc::ptr_eq(&text.0, &texts.shared(text).0));
        }
    }

    #[test]
    fn a_text_is_a_string_in_json() {
        let text: Text = serde_json::from_str(r#""a\nb""#).unwrap();
        assert_eq!(text, "a\nb");
        assert_eq!(serde_json::to_string(&text).unwrap(), r#""a\nb""#);
    }
}
