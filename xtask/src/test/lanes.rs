//! Steps side by side: builds and sums keep the processors busy while real servers are being waited for.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::{Count, Outcome, Step};

/// Steps of one lane run one after the other, in their order; lanes run beside each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// Compilers, tests without servers, and what needs the Docker engine, of which this machine has one.
    Work,
    /// What needs a JVM, a cluster or a host for most of its time.
    Beds,
}

/// What became of a step, and how long it took.
pub(super) struct Ended {
    pub(super) name: &'static str,
    pub(super) outcome: Outcome,
    pub(super) count: Count,
    pub(super) took: Duration,
}

/// The steps that are over; a lane waits here for what its next step needs.
#[derive(Default)]
struct Board {
    ended: Mutex<BTreeMap<&'static str, Ended>>,
    changed: Condvar,
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Ended>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, ended: Ended) {
        self.lock().insert(ended.name, ended);
        self.changed.notify_all();
    }

    /// Waits for the end of a step: whether it passed.
    fn passed(&self, name: &str) -> bool {
        let ended = self
            .changed
            .wait_while(self.lock(), |ended| !ended.contains_key(name))
            .unwrap_or_else(PoisonError::into_inner);
        matches!(
            ended.get(name),
            Some(Ended {
                outcome: Outcome::Passed,
                ..
            })
        )
    }
}

/// Runs the chosen steps. A step that needs one that was not chosen does not wait for it.
pub(super) fn run(root: &Path, chosen: &[&Step]) -> Vec<Ended> {
    let board = Board::default();
    thread::scope(|scope| {
        for lane in [Lane::Work, Lane::Beds] {
            let board = &board;
            scope.spawn(move || {
                for step in chosen.iter().filter(|step| step.lane == lane) {
                    let needed = step
                        .needs
                        .filter(|needed| chosen.iter().any(|other| other.name == *needed));
                    board.put(match needed.filter(|needed| !board.passed(needed)) {
                        Some(needed) => Ended {
                            name: step.name,
                            outcome: Outcome::Blocked(needed),
                            count: Count::default(),
                            took: Duration::ZERO,
                        },
                        None => perform(root, step),
                    });
                }
            });
        }
    });
    let mut ended = std::mem::take(&mut *board.lock());
    chosen.iter().filter_map(|step| ended.remove(step.name)).collect()
}

/// Runs one step on a thread of its name, by which the lines that it prints are told from those of the other lane.
fn perform(root: &Path, step: &Step) -> Ended {
    println!("\n=== {} begins", step.name);
    let started = Instant::now();
    let result = thread::scope(|scope| {
        thread::Builder::new()
            .name(step.name.to_owned())
            .spawn_scoped(scope, || (step.run)(root))
            .map_err(|error| error.to_string())
            .and_then(|running| {
                running
                    .join()
                    .unwrap_or_else(|_| Err("xtask panicked".to_owned()))
            })
    });
    let (outcome, count) = match result {
        Ok(count) if count.failed == 0 => (Outcome::Passed, count),
        Ok(count) => (Outcome::Failed(format!("{} failed", count.failed)), count),
        Err(why) => (Outcome::Failed(why), Count::default()),
    };
    let took = started.elapsed();
    println!("=== {} has ended after {:.0} s", step.name, took.as_secs_f64());
    Ended {
        name: step.name,
        outcome,
        count,
        took,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(
        name: &'static str,
        lane: Lane,
        needs: Option<&'static str>,
        run: fn(&Path) -> Result<Count, String>,
    ) -> Step {
        Step {
            name,
            lane,
            needs,
            run,
        }
    }

    fn good(_: &Path) -> Result<Count, String> {
        Ok(Count {
            passed: 2,
            ..Count::default()
        })
    }

    fn words(ended: &[Ended]) -> Vec<String> {
        let word = |one: &Ended| match &one.outcome {
            Outcome::Passed => format!("{} passed", one.name),
            Outcome::Failed(why) => format!("{}: {why}", one.name),
            Outcome::Blocked(needed) => format!("{} without {needed}", one.name),
        };
        ended.iter().map(word).collect()
    }

    #[test]
    fn a_step_waits_for_what_it_needs_in_the_other_lane() {
        let steps = [
            step("late", Lane::Work, Some("early"), good),
            step("early", Lane::Beds, None, good),
        ];
        let ended = run(Path::new("."), &[&steps[0], &steps[1]]);
        assert_eq!(words(&ended), ["late passed", "early passed"]);
    }

    #[test]
    fn what_needs_a_step_that_failed_is_not_run_and_the_rest_is() {
        let steps = [
            step("broken", Lane::Beds, None, |_| Err("no disk".into())),
            step("after", Lane::Work, Some("broken"), |_| panic!("was run")),
            step("besides", Lane::Work, None, good),
            step("panics", Lane::Beds, None, |_| panic!("for the test")),
        ];
        let chosen: Vec<&Step> = steps.iter().collect();
        let ended = run(Path::new("."), &chosen);
        assert_eq!(
            words(&ended),
            [
                "broken: no disk",
                "after without broken",
                "besides passed",
                "panics: xtask panicked"
            ]
        );
    }

    #[test]
    fn a_step_does_not_wait_for_one_that_was_not_chosen() {
        let alone = step("alone", Lane::Work, Some("elsewhere"), good);
        assert_eq!(words(&run(Path::new("."), &[&alone])), ["alone passed"]);
    }
}
