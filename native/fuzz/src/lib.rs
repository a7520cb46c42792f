//! Whatever comes from outside must be read or refused, never crash what reads it.
//!
//! Each target takes any bytes, panics where a rule is broken, and says in a number what kind of input it was: an input
//! with a new number is worth mutating further. The targets run under libFuzzer (`fuzz/`, `cargo xtask fuzz`) and under the
//! [`runner`] of the stable toolchain, which knows nothing of coverage but these numbers.

mod mutate;
pub mod runner;
mod shape;
mod stage;
mod targets;

/// What is fuzzed.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The name of its corpus.
    pub name: &'static str,
    /// Takes an input; gives the kind of it.
    pub run: fn(&[u8]) -> u64,
}

/// All of them.
pub const TARGETS: [Target; 6] = [
    Target {
        name: "recordio",
        run: targets::recordio::run,
    },
    Target {
        name: "event",
        run: targets::event::run,
    },
    Target {
        name: "znode",
        run: targets::znode::run,
    },
    Target {
        name: "attributes",
        run: targets::attributes::run,
    },
    Target {
        name: "configuration",
        run: targets::configuration::run,
    },
    Target {
        name: "ledger",
        run: targets::ledger::run,
    },
];

/// Runs the target of this name.
///
/// # Panics
/// When the input breaks a rule, or there is no such target.
pub fn run(name: &str, input: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    let Some(target) = target else {
        panic!("there is no target {name}");
    };
    (target.run)(input);
}
