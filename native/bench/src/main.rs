//! See the library's `USAGE`.

use std::process::ExitCode;

fn main() -> ExitCode {
    mesos_bench::main(None)
}
