//! The controller of a fault's story; under the name `java` it is an agent.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    let program = words.first().map(Path::new).and_then(Path::file_name);
    let result = match (program.and_then(|name| name.to_str()), words.get(1)) {
        (Some("java"), _) => faults::agent::run(&words),
        (_, Some(folder)) => faults::controller::run(Path::new(folder)),
        _ => Err(std::io::Error::other("it needs the folder of a story")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
