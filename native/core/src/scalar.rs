//! Amounts of a resource in exact thousandths.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Sub, SubAssign};

/// An amount in thousandths of its unit (CPUs, MB). Mesos keeps scalars to three decimals; sums of floats would drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Scalar(i64);

/// No cluster has more of anything; the bound keeps every sum and product far from overflow.
const LARGEST: f64 = 1e9;

impl Scalar {
    /// Nothing.
    pub const ZERO: Scalar = Scalar(0);

    /// An amount of `milli` thousandths.
    pub const fn from_milli(milli: i64) -> Self {
        Self(milli)
    }

    /// The amount in thousandths.
    pub const fn as_milli(self) -> i64 {
        self.0
    }

    /// Rounds to three decimals as Mesos does. `None` for what is not finite or beyond ±10⁹.
    pub fn from_f64(value: f64) -> Option<Self> {
        // The cast is exact: |value| ≤ 1e9, hence |milli| ≤ 1e12.
        (value.is_finite() && value.abs() <= LARGEST).then(|| Self((value * 1000.0).round() as i64))
    }

    /// The amount as Mesos carries it.
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// The amount without its decimals.
    pub const fn whole(self) -> i64 {
        self.0 / 1000
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As the number that Mesos carries is written; whole thousandths need no arithmetic of floats for it.
        let (whole, rest) = (self.0.unsigned_abs() / 1000, self.0.unsigned_abs() % 1000);
        let sign = if self.0 < 0 { "-" } else { "" };
        match (rest, rest % 10, rest % 100) {
            (0, ..) => write!(f, "{sign}{whole}"),
            (_, _, 0) => write!(f, "{sign}{whole}.{}", rest / 100),
            (_, 0, _) => write!(f, "{sign}{whole}.{:02}", rest / 10),
            _ => write!(f, "{sign}{whole}.{rest:03}"),
        }
    }
}

impl Add for Scalar {
    type Output = Scalar;
    fn add(self, rhs: Scalar) -> Scalar {
        Scalar(self.0.saturating_add(rhs.0))
    }
}

impl AddAssign for Scalar {
    fn add_assign(&mut self, rhs: Scalar) {
        *self = *self + rhs;
    }
}

impl Sub for Scalar {
    type Output = Scalar;
    fn sub(self, rhs: Scalar) -> Scalar {
        Scalar(self.0.saturating_sub(rhs.0))
    }
}

impl SubAssign for Scalar {
    fn sub_assign(&mut self, rhs: Scalar) {
        *self = *self - rhs;
    }
}

impl Mul<u32> for Scalar {
    type Output = Scalar;
    fn mul(self, rhs: u32) -> Scalar {
        Scalar(self.0.saturating_mul(i64::from(rhs)))
    }
}

impl Sum for Scalar {
    fn sum<I: Iterator<Item = Scalar>>(iter: I) -> Scalar {
        iter.fold(Scalar::ZERO, Add::add)
    }
}

impl Serialize for Scalar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % 1000 == 0 {
            serializer.serialize_i64(self.0 / 1000)
        } else {
            serializer.serialize_f64(self.to_f64())
        }
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = f64::deserialize(deserializer)?;
        Scalar::from_f64(value).ok_or_else(|| serde::de::Error::custom("amount out of range"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenths_add_up_exactly() {
        let tenth = Scalar::from_f64(0.1).unwrap();
        let sum: Scalar = (0..10).map(|_| tenth).sum();
        assert_eq!(sum, Scalar::from_f64(1.0).unwrap());
        assert_eq!(sum - tenth * 10, Scalar::ZERO);
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for bad in [f64::NAN, f64::INFINITY, -f64::INFINITY, 1e10] {
            assert_eq!(Scalar::from_f64(bad), None, "{bad}");
        }
    }

    #[test]
    fn it_is_written_as_the_number_that_mesos_carries() {
        for milli in (-2_100..2_100).chain([768_000, 1_234_567, 1_000_000_000_000, i64::from(i32::MIN)]) {
            let amount = Scalar::from_milli(milli);
            assert_eq!(amount.to_string(), amount.to_f64().to_string());
        }
    }

    #[test]
    fn json_shows_whole_amounts_without_decimals() {
        let show = |milli| serde_json::to_string(&Scalar::from_milli(milli)).unwrap();
        assert_eq!(show(768_000), "768");
        assert_eq!(show(300), "0.3");
        assert_eq!(
            serde_json::from_str::<Scalar>("0.3").unwrap(),
            Scalar::from_milli(300)
        );
    }
}
