//! What a good place is.

use std::fmt;
use std::str::FromStr;

/// What a good place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// As few hosts as can be, those with work on them first: whole machines stay free for big agents.
    #[default]
    Pack,
    /// On the host with most room.
    Spread,
    /// Where what is left has CPUs and memory in the proportion of the whole.
    Balanced,
}

impl FromStr for Policy {
    type Err = ();

    /// In any case; empty is the default.
    fn from_str(text: &str) -> Result<Self, ()> {
        match text.trim().to_ascii_lowercase().as_str() {
            "" | "pack" => Ok(Policy::Pack),
            "spread" => Ok(Policy::Spread),
            "balanced" => Ok(Policy::Balanced),
            _ => Err(()),
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Policy::Pack => "pack",
            Policy::Spread => "spread",
            Policy::Balanced => "balanced",
        })
    }
}
