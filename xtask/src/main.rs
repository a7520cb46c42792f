//! The tasks of this repository: `cargo xtask demo`, `test`, `sim`, `fuzz`, `bench`, `docs`, `package` and `testbed`.

mod arguments;
mod beds;
mod bench;
mod demo;
mod docs;
mod failure;
mod fuzz;
mod library;
mod package;
mod progress;
mod sim;
mod test;

use std::process::ExitCode;

use testbed::paths;

use crate::failure::Failure;

const USAGE: &str = "\
cargo xtask demo [--keep] [--docker | --image NAME | --mesos [--masters N]]
    builds everything, starts a host, and runs a job on an agent of this machine: processes; with --docker a container
    on an engine of its own; with --image a container of that image on the machine's engine; with --mesos on an agent
    that a real Mesos with ZooKeeper gave
cargo xtask test [--list] [--only STEP,STEP]
    every check, and one summary
cargo xtask test --host jenkins [--list] [--only STEP,STEP]
    the cases on today's Jenkins; JENKINS_WAR names the war, JENKINS_PLUGINS a folder of .hpi files, JENKINS_JAVA
    (else the java of the path) a JDK
cargo xtask sim [--seeds N] [--from S] [--all] [--trace SEED]
    simulated faults against the core: N seeds from S on, seeds per second, and the trace of the first that breaks a rule,
    made small; --all goes on after it and lists them; --trace shows one seed
cargo xtask test --faults [--list] [--quick] [--only FAULT,FAULT] [--lanes N] [--write]
    real faults while ten builds run and ten wait, and a table; --write: into docs/reliability.md
cargo xtask bench [--quick] [--write]
    bench decode and bench matcher, one after the other: how fast offers are read and matched, with all bars
cargo xtask fuzz [--minutes N] [--stable]
    whatever comes from outside, mutated, five minutes for each target: under libFuzzer where cargo-fuzz and a nightly
    toolchain are, else (or with --stable) by the runner of the stable one; it says which
cargo xtask bench provision [--times N]
    how long builds wait for new agents, on today's Jenkins (JENKINS_WAR, JENKINS_PLUGINS) and real Mesos
cargo xtask bench matcher [--quick] [--write]
    our matcher and Netflix Fenzo on the same files; bars; --write: into docs/performance.md
cargo xtask bench decode [--quick] [--write]
    an OFFERS event, from bytes to what the matcher can use
cargo xtask bench driver [--quick] [--write] [--only WORDS]
    our driver and the C++ one of libmesos in turn on the same real Mesos: processor's time per offer and per task
cargo xtask docs
    docs/configuration.md, from the forms and their help
cargo xtask package
    the native library and java-shim/target/mesos.hpi
cargo xtask testbed setup
cargo xtask testbed mesos up [--masters N] [--agents N] [--cpus N] [--mem MB] [--no-zookeeper] [--slow] [--docker]
cargo xtask testbed docker up
cargo xtask testbed host up [--hpi FILE] [--master ADDRESS] [--slow]
cargo xtask testbed mesos|docker|host status
cargo xtask testbed mesos|docker|host down
    real servers on 127.0.0.1 that go on until they are taken down";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let root = paths::repository();
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", [].as_slice()),
    };
    let result = match command {
        "test" => return test::run(&root, rest),
        "demo" => demo::run(&root, rest),
        "bench" => bench::run(&root, rest),
        "fuzz" => fuzz::run(&root, rest),
        "sim" => sim::run(&root, rest),
        "docs" => arguments::none(rest).and_then(|()| docs::write(&root)),
        "package" => arguments::none(rest).and_then(|()| package::package(&root)),
        "testbed" => beds::run(&root, rest),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        other => Err(Failure::Usage(format!("there is no task {other:?}"))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(problem)) => {
            eprintln!("{problem}\n\n{USAGE}");
            ExitCode::from(2)
        }
        Err(failure) => {
            eprintln!("cargo xtask {command}: {}", failure.with_causes());
            ExitCode::FAILURE
        }
    }
}
