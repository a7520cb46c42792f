//! Tasks that the master has and nobody owns.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use testbed::cluster::TaskView;

/// For how long each of them has been seen.
#[derive(Debug, Default)]
pub struct Strangers {
    since: BTreeMap<String, Instant>,
    /// The greatest age that any can have had: until the look that found it gone or owned.
    pub oldest: Duration,
}

impl Strangers {
    /// Takes a look at the live tasks as they are now; how many are owned by nobody.
    pub fn look(&mut self, tasks: &[TaskView], now: Instant, owned: impl Fn(&str) -> bool) -> usize {
        for task in tasks.iter().filter(|task| !owned(&task.id)) {
            self.since.entry(task.id.clone()).or_insert(now);
        }
        let ages = self.since.values().map(|since| now - *since);
        self.oldest = ages.fold(self.oldest, Duration::max);
        self.since
            .retain(|name, _| tasks.iter().any(|task| task.id == *name) && !owned(name));
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
        let (begin, later) = (Instant::now(), Duration::from_secs(3));
        let both = [task("a"), task("b")];
        assert_eq!(strangers.look(&both, begin, |name| name == "a"), 1);
        assert_eq!(strangers.oldest, Duration::ZERO);
        assert_eq!(strangers.look(&both, begin + later, |name| name == "a"), 1);
        assert_eq!(strangers.oldest, later);
        assert_eq!(
            strangers.look(&both[..1], begin + later * 2, |name| name == "a"),
            0
        );
        assert_eq!(strangers.oldest, later * 2);
    }
}
