//! The table of what came of the faults.

use std::fmt::Write;

use crate::story::Row;

/// What stands before the table in a document, and after it.
pub const MARKS: (&str, &str) = ("<!-- faults: begin -->", "<!-- faults: end -->");

/// The table, in Markdown.
#[must_use]
pub fn table(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.fault.len()).max().unwrap_or(5).max(5);
    let mut text = format!(
        "| {:<width$} | builds running | builds done | builds lost | recovery, s | longest without owner, s |\n|{:-<w$}|---:|---:|---:|---:|---:|\n",
        "fault",
        "",
        w = width + 2
    );
    for row in rows {
        let Row {
            fault,
            running,
            done,
            lost,
            recovery,
            orphan,
            ..
        } = row;
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "| {fault:<width$} | {running:>14} | {done:>11} | {lost:>11} | {recovery:>11.1} | {orphan:>24.1} |"
        );
    }
    text
}

/// Puts the table into a document, in the place of the one that is there, else at its end.
#[must_use]
pub fn put(document: &str, table: &str, how: &str) -> String {
    let (begin, end) = MARKS;
    let section = format!("{begin}\n{how}\n\n{table}{end}");
    match (document.find(begin), document.find(end)) {
        (Some(from), Some(to)) if from < to => {
            format!("{}{section}{}", &document[..from], &document[to + end.len()..])
        }
        _ => format!("{}\n\n{section}\n", document.trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_takes_the_place_of_the_one_before() {
        let row = Row {
            fault: "leader killed",
            running: 10,
            done: 20,
            lost: 0,
            recovery: 2.34,
            orphan: 0.0,
            took: 30.0,
        };
        let first = put("# Reliability\n", &table(&[]), "none yet");
        assert!(first.contains("none yet") && first.starts_with("# Reliability\n\n<!--"));
        let second = put(&format!("{first}## More\n"), &table(&[row]), "as measured");
        assert!(
            !second.contains("none yet") && second.ends_with("## More\n"),
            "{second}"
        );
        assert!(
            second.contains("| leader killed |             10 |          20 |           0 |         2.3 |")
        );
    }
}
