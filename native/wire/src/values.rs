//! Small messages that callers build often.

use std::time::Duration;

use crate::generated::{DurationInfo, Filters, KillPolicy, Resource, TaskInfo, offer, value};

impl Filters {
    /// Not to be offered again for this long.
    #[must_use]
    pub fn refuse(duration: Duration) -> Self {
        Self {
            refuse_seconds: Some(duration.as_secs_f64()),
        }
    }
}

impl From<Duration> for DurationInfo {
    /// More than 292 years become 292 years.
    fn from(duration: Duration) -> Self {
        Self {
            nanoseconds: i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX),
        }
    }
}

impl KillPolicy {
    /// This long between the polite signal and the hard one.
    #[must_use]
    pub fn grace(duration: Duration) -> Self {
        Self {
            grace_period: Some(duration.into()),
        }
    }
}

impl Resource {
    /// A plain amount, such as `cpus` or (in MiB) `mem`: unreserved, not yet allocated to a role.
    #[must_use]
    pub fn scalar(name: &str, value: f64) -> Self {
        Self {
            name: name.to_owned(),
            r#type: value::Type::Scalar.into(),
            scalar: Some(value::Scalar { value }),
            ..Self::default()
        }
    }

    /// Ranges of whole numbers with both ends, such as `ports`: unreserved, not yet allocated to a role.
    #[must_use]
    pub fn ranges(name: &str, ranges: impl IntoIterator<Item = (u64, u64)>) -> Self {
        let range = ranges
            .into_iter()
            .map(|(begin, end)| value::Range { begin, end })
            .collect();
        Self {
            name: name.to_owned(),
            r#type: value::Type::Ranges.into(),
            ranges: Some(value::Ranges { range }),
            ..Self::default()
        }
    }
}

impl offer::Operation {
    /// Starts tasks on the agent of the accepted offers.
    #[must_use]
    pub fn launch(tasks: Vec<TaskInfo>) -> Self {
        Self {
            r#type: Some(offer::operation::Type::Launch.into()),
            launch: Some(offer::operation::Launch { task_infos: tasks }),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_too_long_for_mesos_is_cut_instead_of_wrapped() {
        assert_eq!(
            DurationInfo::from(Duration::from_millis(1500)).nanoseconds,
            1_500_000_000
        );
        assert_eq!(DurationInfo::from(Duration::MAX).nanoseconds, i64::MAX);
    }

    #[test]
    fn unset_filters_refuse_for_five_seconds_and_not_for_none() {
        assert_eq!(Filters::default().refuse_seconds(), 5.0);
        assert_eq!(Filters::refuse(Duration::ZERO).refuse_seconds(), 0.0);
        assert_eq!(
            Filters::refuse(Duration::from_millis(600_500)).refuse_seconds(),
            600.5
        );
    }
}
