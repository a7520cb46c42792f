//! Tasks that the master has and nobody owns.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use testbed::cluster::TaskView;

/// For how long each of them has been seen.
#[derive(Debug, Default)]
pub struct Strangers {
    since: BTreeMap<String, Instant>,
    /// The greatest age that any had.
    pub oldest: Duration,
}

impl Strangers {
    /// Takes a look at the live tasks; how many are owned by nobody.
    pub fn look(&mut self, tasks: &[TaskView], owned: impl Fn(&str) -> bool) -> usize {
        self.since
            .retain(|name, _| tasks.iter().any(|task| task.id == *name) && !owned(name));
        for task in tasks.iter().filter(|task| !owned(&task.id)) {
            let since = *self.since.entry(task.id.clone()).or_insert_with(Instant::now);
            self.oldest = self.oldest.max(since.elapsed());
        }
        self.since.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(id: &str) -> TaskView {
        TaskView {
            id: id.into(),
            state: "TASK_RUNNING".into(),
            cpus: 0.1,
            mem: 32.0,
            agent: "S0".into(),
            json: serde_json::Value::Null,
        }
    }

    #[test]
    fn a_task_is_a_stranger_until_it_is_gone_or_owned() {
        let mut strangers = Strangers::default();
        assert_eq!(strangers.look(&[task("a"), task("b")], |name| name == "a"), 1);
        assert_eq!(strangers.oldest, Duration::ZERO);
        std::thread::sleep(Duration::from_millis(2));
        assert_eq!(strangers.look(&[task("a"), task("b")], |name| name == "a"), 1);
        assert!(strangers.oldest >= Duration::from_millis(2));
        assert_eq!(strangers.look(&[task("a")], |name| name == "a"), 0);
    }
}
