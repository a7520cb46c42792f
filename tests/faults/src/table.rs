//! The table of what came of the faults.

use std::fmt::Write;

use crate::story::Row;

/// What stands before the table in a document, and after it.
pub const MARKS: (&str, &str) = ("<!-- faults: begin -->", "<!-- faults: end -->");

/// What stands in a row: the fault, and what came of it.
pub type Cells = [String; 6];

/// A row as it is shown.
#[must_use]
pub fn cells(row: &Row) -> Cells {
    [
        row.fault.to_owned(),
        row.running.to_string(),
        row.done.to_string(),
        row.lost.to_string(),
        format!("{:.1}", row.recovery),
        format!("{:.1}", row.orphan),
    ]
}

/// The rows, and for the faults of `names` that are not among them those of the document's table; in the order of `names`.
#[must_use]
pub fn with_those_before(document: &str, rows: &[Row], names: &[&str]) -> Vec<Cells> {
    let (begin, end) = MARKS;
    let section = document
        .split_once(begin)
        .and_then(|(_, rest)| rest.split_once(end));
    let before: Vec<Cells> = section
        .map_or("", |(section, _)| section)
        .lines()
        .filter_map(|line| {
            let cells: Vec<String> = line
                .trim()
                .strip_prefix('|')?
                .strip_suffix('|')?
                .split('|')
                .map(|cell| cell.trim().to_owned())
                .collect();
            cells.try_into().ok()
        })
        .collect();
    let all: Vec<Cells> = rows.iter().map(cells).chain(before).collect();
    let row = |name: &&str| all.iter().find(|cells| cells[0] == **name).cloned();
    names.iter().filter_map(row).collect()
}

/// The words on how the document's table was measured.
#[must_use]
pub fn how_before(document: &str) -> &str {
    let (begin, _) = MARKS;
    let section = document.split_once(begin).map_or("", |(_, rest)| rest);
    section.split_once("\n|").map_or("", |(how, _)| how).trim()
}

/// The table, in Markdown.
#[must_use]
pub fn table(rows: &[Cells]) -> String {
    let width = rows.iter().map(|row| row[0].len()).max().unwrap_or(5).max(5);
    let mut text = format!(
        "| {:<width$} | builds running | builds done | builds lost | recovery, s | longest without owner, s |\n|{:-<w$}|---:|---:|---:|---:|---:|\n",
        "fault",
        "",
        w = width + 2
    );
    for row in rows {
        let [fault, running, done, lost, recovery, orphan] = row;
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "| {fault:<width$} | {running:>14} | {done:>11} | {lost:>11} | {recovery:>11} | {orphan:>24} |"
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
        let second = put(
            &format!("{first}## More\n"),
            &table(&[cells(&row)]),
            "as measured",
        );
        assert!(
            !second.contains("none yet") && second.ends_with("## More\n"),
            "{second}"
        );
        assert!(
            second.contains("| leader killed |             10 |          20 |           0 |         2.3 |")
        );
        assert_eq!(how_before(&second), "as measured");
        let other = Row {
            fault: "all killed",
            recovery: 5.0,
            ..row
        };
        let both = with_those_before(
            &second,
            std::slice::from_ref(&other),
            &["all killed", "leader killed"],
        );
        assert_eq!(both, [cells(&other), cells(&row)]);
        assert_eq!(
            with_those_before(&second, &[other], &["leader killed"]),
            [cells(&row)]
        );
    }
}
