//! What is measured of this process.

use std::fmt;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Of one run.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// By the clock.
    pub(crate) wall: Duration,
    /// Of all threads, in the kernel and outside.
    pub(crate) processor: Duration,
    pub(crate) offers: u64,
    pub(crate) tasks: u32,
    /// Tasks that ended otherwise than they should.
    pub(crate) failed: u32,
    /// From opening the cloud to SUBSCRIBED.
    pub(crate) registered: Duration,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "wall_s\tcpu_s\toffers\ttasks\tfailed\tstart_to_registered_ms\tpeak_rss_kb\trss_anon_kb"
        )?;
        write!(
            f,
            "{:.3}\t{:.4}\t{}\t{}\t{}\t{:.2}\t{}\t{}",
            self.wall.as_secs_f64(),
            self.processor.as_secs_f64(),
            self.offers,
            self.tasks,
            self.failed,
            self.registered.as_secs_f64() * 1e3,
            memory("VmHWM"),
            memory("RssAnon"),
        )
    }
}

/// What this process had of processors so far.
pub(crate) fn processor() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or(0),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

/// A line of `/proc/self/status`, in kB; 0 if there is none.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| *key == name)
        .and_then(|(_, value)| value.trim().split(' ').next()?.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_and_processor_are_told() {
        assert!(memory("VmHWM") >= memory("RssAnon"));
        assert!(memory("RssAnon") > 0);
        assert_eq!(memory("Nonsense"), 0);
        assert!(processor() > Duration::ZERO);
    }
}
