//! Words as a shell would cut them, and those that the JVM must not get.

use crate::config::CommandStyle;

/// JVM options that today's JVMs refuse to start with, and the release that dropped them.
const DROPPED_OPTIONS: [(&str, u32); 8] = [
    ("-XX:+UseConcMarkSweepGC", 14),
    ("-XX:+UseParNewGC", 10),
    ("-XX:+CMSIncrementalMode", 9),
    ("-XX:+UseParallelOldGC", 16),
    ("-XX:MaxPermSize", 17),
    ("-XX:PermSize", 17),
    ("-XX:+AggressiveOpts", 13),
    ("-XX:+CMSClassUnloadingEnabled", 15),
];

/// The words for the JVM. `-Xmx` is ours: it follows from the template's memory. Options that stop today's JVMs are left
/// out: the old plugin's default had one, and each saved configuration brings it along.
pub(super) fn jvm_words(text: &str, style: CommandStyle) -> Vec<String> {
    words(text, style)
        .into_iter()
        .filter(|word| !is_xmx(word) && dropped_option(word).is_none())
        .collect()
}

/// The option that today's JVMs no longer know, and the release that dropped it.
pub(crate) fn dropped_option(word: &str) -> Option<(&'static str, u32)> {
    let word = word.trim_matches(['"', '\'']);
    DROPPED_OPTIONS
        .into_iter()
        .find(|(option, _)| word.starts_with(option))
}

/// Whether the word sets the heap's size.
pub(crate) fn is_xmx(word: &str) -> bool {
    word.trim_matches(['"', '\'']).starts_with("-Xmx")
}

/// Words as the shell would cut them, still with their quotes. Unbalanced quotes count as letters then.
pub(super) fn words(text: &str, style: CommandStyle) -> Vec<String> {
    split_words(text, style).unwrap_or_else(|| match style {
        CommandStyle::Linux => text.split_whitespace().map(quote).collect(),
        CommandStyle::Windows => text.split_whitespace().map(quote_windows).collect(),
    })
}

/// Words as the shell would cut them, still with their quotes; `None` if a quote is not closed. For `cmd.exe` only the
/// double quote is one, and a backslash is a letter.
pub(crate) fn split_words(text: &str, style: CommandStyle) -> Option<Vec<String>> {
    let linux = style == CommandStyle::Linux;
    let mut words = Vec::new();
    let mut word = String::new();
    let mut open = None;
    let mut letters = text.chars();
    while let Some(c) = letters.next() {
        match open {
            None if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            None if c == '"' || (c == '\'' && linux) => open = Some(c),
            Some(quote) if c == quote => open = None,
            _ => {}
        }
        word.push(c);
        if c == '\\' && open != Some('\'') && linux {
            word.push(letters.next()?);
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    open.is_none().then_some(words)
}

/// What the shell makes of a word's quotes and backslashes; variables stay as they are written.
pub(super) fn unquoted(word: &str) -> String {
    let mut plain = String::with_capacity(word.len());
    let mut open = None;
    let mut letters = word.chars().peekable();
    while let Some(c) = letters.next() {
        match open {
            None if c == '"' || c == '\'' => open = Some(c),
            Some(quote) if c == quote => open = None,
            // In double quotes a backslash is one, but before what has a meaning there.
            Some('"') if c == '\\' && !letters.peek().is_some_and(|next| "\"\\$`".contains(*next)) => {
                plain.push(c)
            }
            None | Some('"') if c == '\\' => plain.extend(letters.next()),
            _ => plain.push(c),
        }
    }
    plain
}

/// One word for `sh`.
pub(super) fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// One word for `cmd.exe` and for the program that it starts.
pub(super) fn quote_windows(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@+\\".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        // What reads it takes backslashes before a quote for escapes.
        let ending = text.chars().rev().take_while(|c| *c == '\\').count();
        format!("\"{}{}\"", text.replace('"', "\\\""), "\\".repeat(ending))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Option<Vec<String>> {
        split_words(text, CommandStyle::Linux)
    }

    #[test]
    fn an_open_quote_is_seen() {
        assert_eq!(cut("-Da='b"), None);
        assert_eq!(cut(r"-Da=b\"), None);
        assert_eq!(
            cut(r#"a\ b "c d" 'e"f'"#).unwrap(),
            [r"a\ b", r#""c d""#, r#"'e"f'"#]
        );
        assert_eq!(words("-Da='b", CommandStyle::Linux), [r"'-Da='\''b'"]);
    }

    #[test]
    fn words_lose_their_quotes() {
        for (word, plain) in [
            ("-Xms16m", "-Xms16m"),
            (r#"-Da="b c""#, "-Da=b c"),
            (r#"'e"f\'"#, r#"e"f\"#),
            (r"a\ b", "a b"),
            (r#""a\"b\c$d""#, r#"a"b\c$d"#),
        ] {
            assert_eq!(unquoted(word), plain, "{word}");
        }
    }

    #[test]
    fn windows_knows_one_quote_and_keeps_backslashes() {
        let cut = |text| split_words(text, CommandStyle::Windows);
        assert_eq!(
            cut(r#"-Da="b c" C:\x\ it's"#).unwrap(),
            [r#"-Da="b c""#, r"C:\x\", "it's"]
        );
        assert_eq!(cut("\"a"), None);
        assert_eq!(quote_windows(r"C:\jenkins"), r"C:\jenkins");
        assert_eq!(quote_windows(r"C:\my jenkins\"), r#""C:\my jenkins\\""#);
        assert_eq!(quote_windows(r#"a"b&c"#), r#""a\"b&c""#);
    }
}
