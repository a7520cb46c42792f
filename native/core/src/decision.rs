//! What the matcher decided, for the log.

use crate::amount::Amount;
use crate::placement::Policy;
use crate::scalar::Scalar;
use std::fmt;
use std::time::Duration;

/// One decision about an agent. Why an agent waits is told by [`Notice::Waiting`](crate::Notice::Waiting).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Decision {
    /// It has a place.
    Placed {
        /// The agent.
        name: String,
        /// Where.
        host: String,
        /// By which policy.
        policy: Policy,
        /// With how much.
        amount: Amount,
        /// For how long it waited.
        waited: Duration,
    },
    /// It waits for long, and nobody younger may use this.
    HeldBack {
        /// The agent.
        name: String,
        /// Where.
        host: String,
        /// How much.
        amount: Amount,
    },
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Decision::Placed {
                name,
                host,
                policy,
                amount,
                waited,
            } => write!(
                f,
                "{name} goes to {host} ({policy}) with {}, after {} ms",
                Shown(*amount),
                waited.as_millis()
            ),
            Decision::HeldBack { name, host, amount } => {
                write!(f, "{} of {host} is held back for {name}", Shown(*amount))
            }
        }
    }
}

/// The kinds of which there is something.
struct Shown(Amount);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} CPUs, {} MB", self.0.cpus, self.0.mem)?;
        if self.0.disk > Scalar::ZERO {
            write!(f, ", {} MB of disk", self.0.disk)?;
        }
        if self.0.gpus > Scalar::ZERO {
            write!(f, ", {} GPUs", self.0.gpus)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_reads_as_a_line_of_the_log() {
        let amount = Amount::new(Scalar::from_milli(1500), Scalar::from_milli(640_000));
        let placed = Decision::Placed {
            name: "a".into(),
            host: "h".into(),
            policy: Policy::Pack,
            amount,
            waited: Duration::from_millis(7),
        };
        assert_eq!(
            placed.to_string(),
            "a goes to h (pack) with 1.5 CPUs, 640 MB, after 7 ms"
        );
        let held = Decision::HeldBack {
            name: "a".into(),
            host: "h".into(),
            amount: Amount {
                gpus: Scalar::from_milli(1000),
                ..amount
            },
        };
        assert_eq!(
            held.to_string(),
            "1.5 CPUs, 640 MB, 1 GPUs of h is held back for a"
        );
    }
}
