//! `faults [--lanes N] [--quick] [--only KEY,KEY] [--write FILE --how TEXT] [--list]`: plays the faults and
//! prints the table; with `--write` into a document, under the words how it was measured. Of faults that are not played
//! the document keeps what it says, and when the others were.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use faults::bed::{CONTROLLER, JAVA};
use faults::lanes;
use faults::list::{self, Fault, Scene};
use faults::story::Row;
use faults::table::{self, Cells};
use testbed::RunError;
use testbed::jenkins::Programs;

const LANES: usize = 3;

#[derive(Default)]
struct Words {
    quick: bool,
    only: Option<Vec<String>>,
    lanes: Option<usize>,
    write: Option<String>,
    how: String,
    list: bool,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    match words.first().map(Path::new).and_then(Path::file_name) {
        Some(name) if name == JAVA => return ended(faults::agent::run(&words)),
        _ => {}
    }
    match words.get(1..) {
        Some([word, folder]) if word == CONTROLLER => ended(faults::controller::run(Path::new(folder))),
        rest => play(rest.unwrap_or_default()),
    }
}

fn ended(result: std::io::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn play(arguments: &[String]) -> ExitCode {
    let words = match words(arguments) {
        Ok(words) => words,
        Err(problem) => {
            eprintln!("faults: {problem}");
            return ExitCode::from(2);
        }
    };
    let chosen: Vec<&'static Fault> = list::all()
        .iter()
        .filter(|fault| !words.quick || fault.quick)
        .filter(|fault| {
            words
                .only
                .as_ref()
                .is_none_or(|keys| keys.iter().any(|key| key == fault.key))
        })
        .copied()
        .collect();
    if words.list {
        for fault in chosen {
            println!(
                "{:<24} {}{}",
                fault.key,
                fault.name,
                if fault.quick { " (quick)" } else { "" }
            );
        }
        return ExitCode::SUCCESS;
    }
    let (chosen, left_out) = playable(chosen, words.only.is_some());
    let begin = Instant::now();
    let rows: Mutex<Vec<Row>> = Mutex::new(Vec::new());
    let failed: Mutex<Vec<&str>> = Mutex::new(Vec::new());
    lanes::play(&chosen, words.lanes.unwrap_or(LANES), |fault, result| {
        told(fault, result);
        match result {
            Ok(row) => lock(&rows).push(row.clone()),
            Err(_) => lock(&failed).push(chosen_key(&chosen, fault)),
        }
    });
    let mut rows = std::mem::take(&mut *lock(&rows));
    let place = |row: &Row| list::all().iter().position(|fault| fault.name == row.fault);
    rows.sort_by_key(place);
    let failed = std::mem::take(&mut *lock(&failed));
    let cells: Vec<Cells> = rows.iter().map(table::cells).collect();
    let text = table::table(&cells);
    println!(
        "\n{text}\nin {:.0} s; failed: {failed:?}{left_out}",
        begin.elapsed().as_secs_f64()
    );
    if let Some(path) = &words.write {
        let mut how = format!("{}{left_out}", measured(&words, &rows, begin.elapsed()));
        if !failed.is_empty() {
            how.push_str(&format!(" Failed: {}.", failed.join(", ")));
        }
        let partly = words.only.is_some() || words.quick || !left_out.is_empty();
        if let Err(error) = write(Path::new(path), &rows, &failed, &how, partly) {
            eprintln!("faults: {path}: {error}");
            return ExitCode::FAILURE;
        }
    }
    let word = if failed.is_empty() { "ok" } else { "FAILED" };
    println!(
        "test result: {word}. {} passed; {} failed; 0 ignored",
        rows.len(),
        failed.len()
    );
    if failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Without the faults that need today's Jenkins when the environment names none, and a word on that; what was asked for
/// by its key is played in any case, and says what is missing.
fn playable(chosen: Vec<&'static Fault>, asked_for: bool) -> (Vec<&'static Fault>, String) {
    let Err(error) = Programs::named() else {
        return (chosen, String::new());
    };
    if asked_for {
        return (chosen, String::new());
    }
    let (left_out, rest): (Vec<_>, Vec<_>) = chosen
        .into_iter()
        .partition(|fault| matches!(fault.scene, Scene::Today(_)));
    if left_out.is_empty() {
        return (rest, String::new());
    }
    let keys: Vec<&str> = left_out.iter().map(|fault| fault.key).collect();
    (rest, format!(" Not played: {}: {error}.", keys.join(", ")))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn chosen_key(chosen: &[&'static Fault], fault: &Fault) -> &'static str {
    chosen
        .iter()
        .find(|other| other.key == fault.key)
        .map_or("?", |fault| fault.key)
}

fn told(fault: &Fault, result: &Result<Row, RunError>) {
    match result {
        Ok(row) => println!(
            "ok      {:<24} {} of {} done, {} lost, recovered in {:.1} s, {:.1} s without owner; {:.0} s in all",
            fault.key,
            row.done,
            row.done + row.lost,
            row.lost,
            row.recovery,
            row.orphan,
            row.took
        ),
        Err(error) => println!("FAILED  {:<24} {error}", fault.key),
    }
}

fn words(words: &[String]) -> Result<Words, String> {
    let mut all = Words::default();
    let mut words = words.iter().cloned();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--quick" => all.quick = true,
            "--list" => all.list = true,
            "--how" => all.how = value()?,
            "--write" => all.write = Some(value()?),
            "--lanes" => {
                let lanes = value()?.parse().map_err(|_| "--lanes needs a number")?;
                all.lanes = Some(lanes);
            }
            "--only" => {
                let keys: Vec<String> = value()?.split(',').map(str::to_owned).collect();
                if let Some(wrong) = keys
                    .iter()
                    .find(|key| list::all().iter().all(|fault| fault.key != **key))
                {
                    return Err(format!("there is no fault {wrong:?}; --list names them"));
                }
                all.only = Some(keys);
            }
            other => return Err(format!("unknown option {other:?}")),
        }
    }
    Ok(all)
}

/// How the rows were measured: by whom, how many of them, and how busy the machine was.
fn measured(words: &Words, rows: &[Row], took: Duration) -> String {
    let which = match &words.only {
        Some(keys) => keys.join(", "),
        None => rows.len().to_string(),
    };
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').nth(2).unwrap_or("unknown").to_owned();
    format!(
        "{} Played: {which}, in {:.0} s, with a load of {load} over the last 15 minutes.",
        words.how,
        took.as_secs_f64()
    )
}

/// Where not all were played, the document keeps what it says of the others; of those that failed it says nothing.
fn write(path: &Path, rows: &[Row], failed: &[&str], how: &str, partly: bool) -> Result<(), std::io::Error> {
    let old = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => "# Reliability\n".to_owned(),
        Err(error) => return Err(error),
    };
    let names: Vec<&str> = list::all()
        .iter()
        .filter(|fault| !failed.contains(&fault.key))
        .map(|fault| fault.name)
        .collect();
    let (before, how) = match partly {
        true => (old.as_str(), format!("{}\n\n{how}", table::how_before(&old))),
        false => ("", how.to_owned()),
    };
    let cells = table::with_those_before(before, rows, &names);
    fs::write(path, table::put(&old, &table::table(&cells), how.trim()))
}
