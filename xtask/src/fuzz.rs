//! `cargo xtask fuzz`: the fuzz targets under libFuzzer where cargo-fuzz and a nightly toolchain are, else under the runner
//! of the stable toolchain.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::arguments::Arguments;
use crate::failure::Failure;

const TARGETS: [&str; 6] = [
    "recordio",
    "event",
    "znode",
    "attributes",
    "configuration",
    "ledger",
];

/// Runs each target for the minutes of `words`, five if they do not say.
///
/// # Errors
/// When an input broke a rule, or nothing could be run.
pub(crate) fn run(root: &Path, words: &[String]) -> Result<(), Failure> {
    let mut arguments = Arguments::new(words);
    let minutes: u32 = arguments.option("--minutes")?.unwrap_or(5);
    let stable = arguments.flag("--stable");
    arguments.end()?;
    let seconds = minutes * 60;
    let package = root.join("native/fuzz");
    if stable || !has_cargo_fuzz(&package) {
        println!(
            "without cargo-fuzz and nightly: the runner of the stable toolchain, {minutes} minutes for each target"
        );
        return ended(
            "mesos-fuzz",
            Command::new("cargo")
                .args(stable_runner(&seconds.to_string()))
                .current_dir(root),
        );
    }
    println!("cargo-fuzz with libFuzzer, {minutes} minutes for each target");
    for target in TARGETS {
        // What it finds goes to folders of its own: the committed corpus stays small.
        let [found, broken] =
            ["corpus", "broken"].map(|kind| root.join("target/fuzz").join(kind).join(target));
        for folder in [&found, &broken] {
            std::fs::create_dir_all(folder).map_err(|source| Failure::File {
                path: folder.clone(),
                source,
            })?;
        }
        ended(
            target,
            Command::new("cargo")
                .args(["+nightly", "fuzz", "run", "--target-dir"])
                .arg(root.join("target/fuzz/build"))
                .arg(target)
                .arg(&found)
                .arg(package.join("corpus").join(target))
                .args([
                    "--",
                    &format!("-max_total_time={seconds}"),
                    "-max_len=8192",
                    "-timeout=5",
                ])
                .arg(format!("-artifact_prefix={}/", broken.display()))
                .current_dir(&package),
        )?;
    }
    Ok(())
}

/// What cargo is asked to run all targets for so many seconds each on the stable toolchain.
fn stable_runner(seconds: &str) -> [&str; 8] {
    [
        "run",
        "--quiet",
        "--release",
        "-p",
        "mesos-fuzz",
        "--",
        "--seconds",
        seconds,
    ]
}

fn has_cargo_fuzz(package: &Path) -> bool {
    Command::new("cargo")
        .args(["+nightly", "fuzz", "--version"])
        .current_dir(package)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn ended(what: &str, command: &mut Command) -> Result<(), Failure> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::Outcome(format!("{what}: {status}"))),
        Err(error) => Err(Failure::Outcome(format!("{what} does not start: {error}"))),
    }
}
