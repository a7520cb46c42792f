//! The tests that `docs/reliability.md` names are there: a promise whose test was renamed or removed is none.

use std::fs;
use std::path::{Path, PathBuf};

const PAGE: &str = "docs/reliability.md";
const PLACES: [&str; 3] = ["native", "java-shim/src/test", "tests"];

/// `path: name` in code quotes.
fn named(page: &str) -> Vec<(&str, &str)> {
    page.lines()
        .filter(|line| line.starts_with('|'))
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .filter_map(|quoted| quoted.split_once(": "))
        .filter(|(path, _)| path.ends_with(".rs") || path.ends_with(".java"))
        .collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs" || end == "java") {
            found.push(path);
        }
    }
}

/// What is wrong with one of them.
fn problem(path: &str, name: &str, sources: &[PathBuf]) -> Option<String> {
    let files: Vec<&PathBuf> = sources.iter().filter(|source| source.ends_with(path)).collect();
    let [file] = files[..] else {
        return Some(format!("{path}: {} files end so", files.len()));
    };
    let text = fs::read_to_string(file).unwrap();
    // An attribute of a case may stand between.
    let is_test = if path.ends_with(".java") {
        text.contains(&format!("public void {name}()"))
    } else {
        text.split_once(&format!("fn {name}("))
            .is_some_and(|(before, _)| before.lines().rev().take(6).any(|line| line.contains("test")))
    };
    (!is_test).then(|| format!("{path}: no test {name}"))
}

#[test]
fn each_test_that_is_named_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let page = fs::read_to_string(root.join(PAGE)).unwrap();
    let mut files = Vec::new();
    for place in PLACES {
        sources(&root.join(place), &mut files);
    }
    let named = named(&page);
    assert!(named.len() > 100, "{}", named.len());
    let problems: Vec<String> = named
        .into_iter()
        .filter_map(|(path, name)| problem(path, name, &files))
        .collect();
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn each_row_names_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let page = fs::read_to_string(root.join(PAGE)).unwrap();
    let bare: Vec<&str> = page
        .split("\n## ")
        .filter(|part| part.contains("| tests |"))
        .flat_map(|part| part.lines().filter(|line| line.starts_with('|')).skip(2))
        .filter(|row| named(row).is_empty())
        .collect();
    assert!(bare.is_empty(), "{bare:#?}");
}
