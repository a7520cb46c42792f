//! Waiting for conditions.

use std::fmt::Display;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::RunError;

const PAUSE: Duration = Duration::from_millis(50);

/// What one look at a condition found.
#[derive(Debug)]
pub enum Check<T> {
    /// It holds.
    Ready(T),
    /// It does not hold yet, and why.
    NotYet(String),
    /// It cannot come true any more, and why.
    Never(String),
}

impl<T> Check<T> {
    /// `Ready` when `holds`, else `NotYet` with the reason.
    pub fn when(holds: bool, value: T, reason: impl FnOnce() -> String) -> Self {
        if holds {
            Self::Ready(value)
        } else {
            Self::NotYet(reason())
        }
    }
}

impl<T, E: Display> From<Result<T, E>> for Check<T> {
    fn from(result: Result<T, E>) -> Self {
        match result {
            Ok(value) => Self::Ready(value),
            Err(error) => Self::NotYet(error.to_string()),
        }
    }
}

/// Looks at a condition every 50 ms until it holds.
///
/// # Errors
/// [`RunError::Condition`] when it does not hold after `limit`, or never will.
pub fn until<T>(
    what: impl Display,
    limit: Duration,
    mut look: impl FnMut() -> Check<T>,
) -> Result<T, RunError> {
    let start = Instant::now();
    loop {
        let reason = match look() {
            Check::Ready(value) => return Ok(value),
            Check::Never(reason) => {
                return Err(RunError::Condition {
                    what: what.to_string(),
                    reason,
                });
            }
            Check::NotYet(reason) => reason,
        };
        if start.elapsed() >= limit {
            let reason = format!("not within {} s; last seen: {reason}", limit.as_secs_f32());
            return Err(RunError::Condition {
                what: what.to_string(),
                reason,
            });
        }
        thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_that_holds_later_is_awaited() {
        let mut looks = 0;
        let found = until("three looks", Duration::from_secs(5), || {
            looks += 1;
            Check::when(looks == 3, looks, || format!("{looks} looks"))
        });
        assert_eq!(found.unwrap(), 3);
    }

    #[test]
    fn a_deadline_names_the_condition_and_the_last_reason() {
        let error = until::<()>("the moon", Duration::from_millis(1), || {
            Check::NotYet("cloudy".into())
        });
        let text = error.unwrap_err().to_string();
        assert!(
            text.starts_with("the moon: not within") && text.ends_with("cloudy"),
            "{text}"
        );
    }

    #[test]
    fn a_hopeless_condition_ends_at_once() {
        let start = Instant::now();
        let error = until::<()>("the answer", Duration::from_secs(60), || {
            Check::Never("it has died".into())
        });
        assert_eq!(error.unwrap_err().to_string(), "the answer: it has died");
        assert!(start.elapsed() < Duration::from_secs(5));
    }
}
