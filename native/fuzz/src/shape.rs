//! The kind of an input, as a number.

use std::hash::{DefaultHasher, Hash, Hasher};

/// Of whatever tells kinds apart. Digits and quoted words do not: they come from the input itself.
pub(crate) fn shape(parts: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    hasher.finish()
}

/// A message without what it quotes.
pub(crate) fn words(message: &str) -> String {
    let mut quoted = false;
    message
        .chars()
        .filter(|letter| {
            if matches!(letter, '`' | '"' | '\'') {
                quoted = !quoted;
            }
            !quoted && (letter.is_ascii_alphabetic() || *letter == ' ')
        })
        .take(24)
        .collect()
}

/// How many, roughly: 0, 1, 2, up to 4, up to 8, …
pub(crate) fn about(count: usize) -> u32 {
    usize::BITS - count.leading_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_does_not_tell_kinds_apart() {
        assert_eq!(words("no `abc` at line 12"), words("no `x` at line 3"));
        assert_ne!(words("no `abc`"), words("some `abc`"));
        assert_eq!([0, 1, 2, 3, 4].map(about), [0, 1, 2, 2, 3]);
    }
}
