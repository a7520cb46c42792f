//! What an agent of a template takes.

use crate::constraints::Constraints;
use crate::resources::Other;
use crate::scalar::Scalar;

/// The numbers of a valid template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateSize {
    /// CPUs of the agent itself.
    pub cpus: Scalar,
    /// MB of the agent itself.
    pub mem: Scalar,
    /// Percent of `mem` that are not for the heap.
    pub mem_overhead_percent: u32,
    /// MB of disk, whatever the number of executors; 0: none.
    pub disk: Scalar,
    /// CPUs for each executor.
    pub executor_cpus: Scalar,
    /// MB for each executor.
    pub executor_mem: Scalar,
    /// Least executors.
    pub min_executors: u32,
    /// Most executors; not less than the least.
    pub max_executors: u32,
    /// Minutes; 0 is never.
    pub idle_termination_minutes: u32,
    /// Whether each agent takes one build only.
    pub single_use: bool,
    /// Builds of one agent; 0 is any number.
    pub max_builds: u32,
    /// Hours of one agent; 0 is any number.
    pub max_hours: u32,
    /// From ACCEPT to TASK_RUNNING; `None`: as the cloud says.
    pub launch_timeout_seconds: Option<u32>,
    /// Higher ones are placed first.
    pub priority: i32,
    /// Whole GPUs.
    pub gpus: Scalar,
    /// Resources of other names.
    pub others: Vec<Other>,
    /// Whether resources will do that the master may take back at any time.
    pub revocable: bool,
    /// Which Mesos agents will do.
    pub constraints: Constraints,
}

impl TemplateSize {
    /// MB of the JVM's heap; at least 1.
    pub fn heap(&self) -> Scalar {
        let percent = 100_u32.saturating_sub(self.mem_overhead_percent);
        let heap = self.mem.as_milli() / 100 * i64::from(percent);
        Scalar::from_milli(heap).max(Scalar::from_milli(1000))
    }

    /// CPUs and MB of an agent with that many executors.
    pub fn total(&self, executors: u32) -> (Scalar, Scalar) {
        (
            self.cpus + self.executor_cpus * executors,
            self.mem + self.executor_mem * executors,
        )
    }

    /// Executors of an agent for that many builds that wait: within the bounds, and one for an agent of a single use.
    pub fn executors_for(&self, builds: u32) -> u32 {
        if self.single_use {
            1
        } else {
            builds.clamp(self.min_executors, self.max_executors)
        }
    }
}
