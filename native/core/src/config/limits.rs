//! How much there may be at a time.

use super::{CPUS_LEAST, CPUS_MOST, MEM_LEAST, MEM_MOST};
use crate::number::Number;
use crate::scalar::Scalar;

/// Caps of a cloud or of a template; `None` is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Agents at a time.
    pub agents: Option<u32>,
    /// CPUs of all of them together.
    pub cpus: Option<Scalar>,
    /// MB of all of them together.
    pub mem: Option<Scalar>,
}

/// Agents that any Jenkins could have.
const AGENTS_MOST: u32 = 1_000_000;

impl Limits {
    /// The caps as typed; the error is a field and what is wrong with it.
    pub(crate) fn new(agents: &Number, cpus: &Number, mem: &Number) -> Result<Self, (&'static str, String)> {
        Ok(Self {
            agents: limit("maxAgents", agents, |number| number.whole(1, AGENTS_MOST))?,
            cpus: limit("maxCpus", cpus, |number| number.scalar(CPUS_LEAST, CPUS_MOST))?,
            mem: limit("maxMem", mem, |number| number.scalar(MEM_LEAST, MEM_MOST))?,
        })
    }
}

fn limit<T>(
    field: &'static str,
    number: &Number,
    read: impl Fn(&Number) -> Result<T, crate::NumberError>,
) -> Result<Option<T>, (&'static str, String)> {
    if number.text().is_empty() {
        return Ok(None);
    }
    read(number)
        .map(Some)
        .map_err(|error| (field, format!("{error}, or leave it empty for no limit")))
}
