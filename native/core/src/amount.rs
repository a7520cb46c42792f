//! Several resources at once.

use crate::scalar::Scalar;

/// How many kinds of scalar resources every host is asked for.
pub(crate) const KINDS: usize = 4;

/// CPUs, memory, disk and GPUs, in exact thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Amount {
    /// CPUs.
    pub cpus: Scalar,
    /// MB of memory.
    pub mem: Scalar,
    /// MB of disk.
    pub disk: Scalar,
    /// GPUs.
    pub gpus: Scalar,
}

impl Amount {
    /// Nothing.
    pub const ZERO: Amount = Amount {
        cpus: Scalar::ZERO,
        mem: Scalar::ZERO,
        disk: Scalar::ZERO,
        gpus: Scalar::ZERO,
    };

    /// CPUs and MB of memory, nothing else.
    pub const fn new(cpus: Scalar, mem: Scalar) -> Self {
        Self {
            cpus,
            mem,
            ..Self::ZERO
        }
    }

    /// Whether at least as much of every kind is there. Without branches: it is asked millions of times.
    #[inline]
    pub fn holds(self, other: Amount) -> bool {
        (self.cpus >= other.cpus)
            & (self.mem >= other.mem)
            & (self.disk >= other.disk)
            & (self.gpus >= other.gpus)
    }

    /// The sum, kind by kind.
    #[must_use]
    pub fn plus(self, other: Amount) -> Amount {
        self.each(other, |a, b| a + b)
    }

    /// The difference, kind by kind; may be negative.
    #[must_use]
    pub fn minus(self, other: Amount) -> Amount {
        self.each(other, |a, b| a - b)
    }

    /// The greater, kind by kind.
    #[must_use]
    pub fn most(self, other: Amount) -> Amount {
        self.each(other, Ord::max)
    }

    /// The lesser, kind by kind.
    #[must_use]
    pub fn least(self, other: Amount) -> Amount {
        self.each(other, Ord::min)
    }

    /// In thousandths: CPUs, memory, disk, GPUs.
    pub(crate) const fn milli(self) -> [i64; KINDS] {
        [
            self.cpus.as_milli(),
            self.mem.as_milli(),
            self.disk.as_milli(),
            self.gpus.as_milli(),
        ]
    }

    #[inline]
    fn each(self, other: Amount, f: impl Fn(Scalar, Scalar) -> Scalar) -> Amount {
        Amount {
            cpus: f(self.cpus, other.cpus),
            mem: f(self.mem, other.mem),
            disk: f(self.disk, other.disk),
            gpus: f(self.gpus, other.gpus),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(cpus: f64, mem: f64) -> Amount {
        let scalar = |value| Scalar::from_f64(value).unwrap();
        Amount::new(scalar(cpus), scalar(mem))
    }

    #[test]
    fn every_kind_must_be_there() {
        assert!(amount(1.0, 2.0).holds(amount(1.0, 2.0)));
        assert!(!amount(1.0, 2.0).holds(amount(1.001, 0.0)));
        assert!(!amount(1.0, 2.0).holds(amount(0.0, 2.001)));
        let gpu = Amount {
            gpus: Scalar::from_milli(1),
            ..Amount::ZERO
        };
        assert!(!amount(1.0, 2.0).holds(gpu));
    }
}
