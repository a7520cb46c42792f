//! What a thousandth of each kind counts when hosts are compared.

use crate::amount::{Amount, KINDS};

/// Shares of the largest host's whole, which counts [`WHOLE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Weights([i64; KINDS]);

/// Far below overflow for shares of hosts a thousand times larger than the largest, far above rounding.
const WHOLE: i64 = 1 << 40;

impl Weights {
    /// For a cluster whose largest host has that much of each kind.
    pub(super) fn of(largest: Amount) -> Self {
        let mut weights = [0; KINDS];
        for (weight, most) in weights.iter_mut().zip(largest.milli()) {
            *weight = if most > 0 { (WHOLE / most).max(1) } else { 0 };
        }
        // Disk and GPUs weigh a little only: CPUs and memory are what runs out.
        let [_, _, disk, gpus] = &mut weights;
        *disk /= 16;
        *gpus /= 16;
        Self(weights)
    }

    /// The shares that an amount makes, summed over the kinds.
    #[inline]
    pub(super) fn sum(&self, amount: Amount) -> i64 {
        amount
            .milli()
            .iter()
            .zip(&self.0)
            .fold(0i64, |sum, (amount, weight)| {
                sum.saturating_add(amount.saturating_mul(*weight))
            })
    }

    /// The greatest single share.
    pub(super) fn heaviest(&self, amount: Amount) -> i64 {
        amount
            .milli()
            .iter()
            .zip(&self.0)
            .map(|(amount, weight)| amount.saturating_mul(*weight))
            .max()
            .unwrap_or(0)
    }
}

/// What a thousandth of CPUs and of memory is of a host's whole: multiplying is what can be done millions of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Proportion {
    cpus: i64,
    mem: i64,
}

impl Proportion {
    pub(super) fn of(whole: Amount) -> Self {
        Self {
            cpus: WHOLE / whole.cpus.as_milli().max(1),
            mem: WHOLE / whole.mem.as_milli().max(1),
        }
    }

    /// How far CPUs and memory are from being left in the proportion of the whole.
    #[inline]
    pub(super) fn skew(self, left: Amount) -> i64 {
        let cpus = left.cpus.as_milli().saturating_mul(self.cpus);
        let mem = left.mem.as_milli().saturating_mul(self.mem);
        cpus.saturating_sub(mem).saturating_abs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::Scalar;

    fn amount(cpus: f64, mem: f64) -> Amount {
        let scalar = |value| Scalar::from_f64(value).unwrap();
        Amount::new(scalar(cpus), scalar(mem))
    }

    #[test]
    fn a_share_is_told_against_the_largest_host() {
        let weights = Weights::of(amount(8.0, 1024.0));
        let half = weights.sum(amount(4.0, 0.0));
        assert!((WHOLE / 2 - half).abs() < WHOLE / 1000, "{half}");
        assert_eq!(
            weights.heaviest(amount(2.0, 512.0)),
            weights.sum(amount(0.0, 512.0))
        );
    }
}
