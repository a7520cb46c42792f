//! Times, and what is told of them.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// How long and how often is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// For each thing that is measured; half of it goes before, to warm up.
    pub(crate) time: Duration,
    pub(crate) least: usize,
    pub(crate) most: usize,
}

/// How long something took: by the clock, and of this thread's processor. The two differ where others use the machine.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Took {
    clock: Duration,
    processor: Duration,
}

/// Of several runs, in milliseconds.
#[derive(Debug, Clone)]
pub(crate) struct Times {
    clock: Vec<f64>,
    processor: Vec<f64>,
}

impl Times {
    pub(crate) fn median(&self) -> f64 {
        quantile(&self.clock, 0.5)
    }

    pub(crate) fn p99(&self) -> f64 {
        quantile(&self.clock, 0.99)
    }

    pub(crate) fn least(&self) -> f64 {
        quantile(&self.clock, 0.0)
    }

    /// Of the processor's times.
    pub(crate) fn processor_median(&self) -> f64 {
        quantile(&self.processor, 0.5)
    }

    pub(crate) fn count(&self) -> usize {
        self.clock.len()
    }

    fn new(times: &[Took]) -> Self {
        let sorted = |pick: fn(&Took) -> Duration| {
            let mut millis: Vec<f64> = times.iter().map(|took| pick(took).as_secs_f64() * 1e3).collect();
            millis.sort_by(f64::total_cmp);
            millis
        };
        Self {
            clock: sorted(|took| took.clock),
            processor: sorted(|took| took.processor),
        }
    }
}

/// The smallest time that so much of all are not above.
fn quantile(sorted: &[f64], part: f64) -> f64 {
    // of some hundred times; the cast cannot lose anything
    let place = (part * sorted.len() as f64).ceil() as usize;
    sorted.get(place.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

/// Runs `work`, which gives how long the part of it took that counts.
pub(crate) fn measure(effort: Effort, mut work: impl FnMut() -> Took) -> Times {
    let begin = Instant::now();
    for round in 0..effort.most {
        if round >= 3 && begin.elapsed() >= effort.time / 2 {
            break;
        }
        work();
    }
    let begin = Instant::now();
    let mut times = Vec::new();
    while times.len() < effort.most && (times.len() < effort.least || begin.elapsed() < effort.time) {
        times.push(work());
    }
    Times::new(&times)
}

/// How long `work` takes; what it made is given back, so that taking it down is not measured.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (Took, T) {
    let processor = processor_time();
    let begin = Instant::now();
    let made = std::hint::black_box(work());
    let took = Took {
        clock: begin.elapsed(),
        processor: processor_time().saturating_sub(processor),
    };
    (took, made)
}

/// What this thread has had of a processor.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or_default(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn took(millis: u64) -> Took {
        Took {
            clock: Duration::from_millis(millis),
            processor: Duration::from_millis(millis / 2),
        }
    }

    #[test]
    fn quantiles_are_times_that_were_measured() {
        let all: Vec<Took> = (1..=100).rev().map(took).collect();
        let times = Times::new(&all);
        assert_eq!((times.median(), times.p99(), times.least()), (50.0, 99.0, 1.0));
        assert_eq!(times.processor_median(), 25.0);
        assert_eq!(Times::new(&all[97..]).median(), 2.0);
        assert!(Times::new(&[]).median().is_nan());
    }

    #[test]
    fn at_least_and_at_most_so_many_runs_are_made() {
        let effort = Effort {
            time: Duration::ZERO,
            least: 4,
            most: 4,
        };
        let mut runs = 0;
        let times = measure(effort, || {
            runs += 1;
            took(runs)
        });
        assert_eq!((runs, times.count()), (7, 4));
        assert_eq!(times.least(), 4.0, "the first three warm up");
    }

    #[test]
    fn work_takes_the_time_of_a_processor() {
        let (took, sum) = timed(|| (0..1_000_000u64).fold(0, |sum, number| sum ^ number));
        assert_eq!(sum, 0);
        assert!(
            took.processor <= took.clock + Duration::from_millis(1),
            "{took:?}"
        );
    }
}
