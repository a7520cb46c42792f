//! After the storm everything must come right.

use crate::jenkins::name_of;
use crate::master::{Millis, Task};
use crate::plan::Plan;
use crate::rule;
use crate::watch::Violation;
use crate::world::World;
use mesos_core::TaskPhase;
use mesos_wire::TaskState;

/// Mesos lets an agent's update wait ten minutes, and an agent ten minutes for its return; the core asks for all tasks
/// from time to time.
const RECOVERY: Millis = 2_700_000;
/// How long it is watched afterwards whether calls go quiet.
const QUIET: Millis = 600_000;
/// In that time: asking for tasks, now and then.
const QUIET_CALLS: u64 = 12;

/// How a run went.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The broken rule, if one was.
    pub violation: Option<Violation>,
    /// How many things happened.
    pub turns: u64,
    /// The last events, where they were asked for.
    pub trace: Vec<String>,
}

/// Runs a plan to its end, or to the first broken rule. `steps` bounds how many things happen before the calm.
pub fn run(plan: Plan, steps: u64, traced: bool) -> Outcome {
    let calm_at = plan.calm_at;
    let mut world = World::new(plan, traced);
    world.run_while_not(calm_at, |world| world.turns() >= steps);
    if world.violation().is_none() {
        world.forget_plans();
        world.recover();
    }
    if world.violation().is_none() {
        world.wind_down();
    }
    Outcome {
        violation: world.violation().cloned(),
        turns: world.turns(),
        trace: world.trace().to_vec(),
    }
}

impl World {
    /// All faults end; what lives must live, what was given up must go, and calls must go quiet.
    pub fn recover(&mut self) {
        self.calm();
        for number in self.numbers_of("huge") {
            self.release(number, false);
        }
        for number in self.released_with_node() {
            self.release(number, false);
        }
        self.run_until(self.now() + RECOVERY);
        self.expect_all_settled();
        let calls = self.watch.calls_so_far();
        let connects = self.watch.connects_so_far();
        self.run_until(self.now() + QUIET);
        let calls = self.watch.calls_so_far() - calls;
        if calls > QUIET_CALLS {
            let detail = format!("{calls} calls in ten calm minutes");
            self.watch.fail(self.now(), rule::CALLS_GO_QUIET, &detail);
        }
        if self.watch.connects_so_far() > connects {
            self.watch
                .fail(self.now(), rule::STREAM_IS_KEPT, "it was opened again");
        }
    }

    /// Jenkins gives everything up: nothing may be left.
    pub fn wind_down(&mut self) {
        for number in self.numbers_of("") {
            self.release(number, number % 2 == 0);
        }
        self.run_until(self.now() + RECOVERY);
        self.expect_all_settled();
        let now = self.now();
        let left: Vec<&str> = self
            .master
            .running()
            .filter(|(_, task)| self.is_of_ours(task))
            .map(|(_, task)| task.id())
            .collect();
        if !left.is_empty() {
            let detail = format!("{left:?} still run");
            self.watch.fail(now, rule::RELEASED_GOES, &detail);
        }
        let rows: Vec<String> = self.store.tasks().map(|row| format!("{row:?}")).collect();
        if !rows.is_empty() {
            self.watch.fail(now, rule::LEDGER_EMPTIES, &rows.join("; "));
        }
    }

    /// Agents that wait or run are where they should be, and nothing else is anywhere.
    pub fn expect_all_settled(&mut self) {
        if self.violation().is_some() {
            return;
        }
        let now = self.now();
        let mut wrong = Vec::new();
        for (name, node) in &self.jenkins.nodes {
            let running = self
                .master
                .running()
                .any(|(_, task)| task.id() == name && task.state() == TaskState::TaskRunning);
            let row = self.store.task(name);
            if !running || row.is_none_or(|row| row.phase != TaskPhase::Running) {
                wrong.push(format!("{name} ({}) runs: {running}, row: {row:?}", node.label));
            }
        }
        let strays: Vec<String> = self
            .master
            .running()
            .filter(|(_, task)| self.is_of_ours(task) && !self.jenkins.nodes.contains_key(task.id()))
            .map(|(agent, task)| format!("{} of {} on {agent}", task.id(), task.framework()))
            .collect();
        let silent: Vec<&str> = self
            .watch
            .not_ended()
            .filter(|name| !self.jenkins.nodes.contains_key(*name))
            .collect();
        let silent = format!("{silent:?}");
        let nobody = silent == "[]";
        if !wrong.is_empty() {
            self.watch.fail(now, rule::LIVE_AGENTS_RUN, &wrong.join("; "));
        }
        if !strays.is_empty() {
            self.watch.fail(now, rule::STRANGERS_GO, &strays.join("; "));
        }
        if !nobody {
            self.watch.fail(now, rule::END_IS_TOLD, &silent);
        }
        let needed = !self.plan.on_demand || !self.jenkins.nodes.is_empty();
        if self.master.suppressed() != needed.then_some(true) {
            let detail = format!("needed: {needed}, suppressed: {:?}", self.master.suppressed());
            self.watch.fail(now, rule::SUPPRESSED_WHEN_IDLE, &detail);
        }
        if !needed && self.store.framework_id().is_some() {
            let detail = format!("{:?}", self.store.framework_id());
            self.watch.fail(now, rule::NO_ID_AFTER_LEAVING, &detail);
        }
        if self.master.offers_out() > 0 {
            let detail = format!("{} offers are out", self.master.offers_out());
            self.watch.fail(now, rule::NO_OFFER_KEPT, &detail);
        }
    }

    /// Whether a task belongs to the framework as it is called now. Nobody can reach one of an earlier id, which an
    /// agent brings to a new master that does not know of the removal.
    fn is_of_ours(&self, task: &Task) -> bool {
        self.store.framework_id() == Some(task.framework())
    }

    /// Agents of a label, or (with none) all, by number.
    fn numbers_of(&self, label: &str) -> Vec<u32> {
        (0..1_000)
            .filter(|number| {
                self.jenkins
                    .nodes
                    .get(&name_of(*number))
                    .is_some_and(|node| label.is_empty() || node.label == label)
            })
            .collect()
    }

    /// A release that a crash swallowed is said again, as Jenkins does when it finds the node idle.
    fn released_with_node(&self) -> Vec<u32> {
        self.numbers_of("")
            .into_iter()
            .filter(|number| self.jenkins.released.contains(&name_of(*number)))
            .collect()
    }
}
