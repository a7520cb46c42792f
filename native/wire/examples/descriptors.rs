//! Writes the descriptors of this crate's messages, a binary `FileDescriptorSet`, to the file named on the command
//! line. `tests/wire-schema` compares them with Mesos's own.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, io};

const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

fn main() -> ExitCode {
    let Some(file) = env::args_os().nth(1) else {
        eprintln!("usage: descriptors FILE");
        return ExitCode::from(2);
    };
    match write(Path::new(&file)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot write {}: {error}", Path::new(&file).display());
            ExitCode::FAILURE
        }
    }
}

fn write(file: &Path) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(file, DESCRIPTORS)
}
