//! Which agents are Java's, and which are to go.

use crate::framework::Framework;
use crate::journal::Key;
use crate::ledger::{Ending, TaskRecord};
use crate::output::Output;
use crate::tasks::{Watch, ended, lost_by_restart};
use crate::text::Text;
use crate::time::Time;
use crate::timer::Timer;

impl Framework {
    /// Compares the rows with what Java owns.
    pub(crate) fn take_over(&mut self, now: Time) {
        let rows: Vec<TaskRecord> = self.ledger.iter().cloned().collect();
        for row in rows {
            let owned = self.names.is_expected(&row.name);
            if row.phase.is_over() && !owned {
                self.forget_row(&row.name);
                continue;
            }
            if !row.phase.is_over() {
                self.watches.insert(row.name.clone(), Watch::restored(owned));
            }
            if row.phase.is_over() || (owned && row.ending.is_some()) {
                // Java has a node for it, so it may not have heard.
                self.conclude(&row.name, lost_by_restart());
            } else if !owned && row.released.is_none() {
                self.mark_released(&row.name, "its node is no longer in Jenkins", now);
            }
        }
        let expected: Vec<Text> = self.names.expected().cloned().collect();
        for name in expected {
            if self.ledger.get(&name).is_some() || self.framework_id.is_none() {
                continue;
            }
            // The store lost it; the master may still know it, and is asked at the first subscription.
            self.ledger.insert(TaskRecord::unheard_of(name.clone()));
            self.watches.insert(name.clone(), Watch::restored(true));
            self.journal.changed(Key::Task(name));
        }
        if self.framework_id.is_none() {
            self.nobody_can_know();
        }
        self.timers.at_latest(Timer::Tasks, now);
    }

    /// Without a framework id no master can know a task of ours.
    fn nobody_can_know(&mut self) {
        let unknown: Vec<Text> = self
            .names
            .expected()
            .filter(|name| self.ledger.get(name).is_none())
            .cloned()
            .collect();
        for name in unknown {
            self.names.told(&name);
            self.output(Output::Notice(ended(&name, lost_by_restart(), None, None)));
        }
    }

    pub(crate) fn release_one(&mut self, name: &str, reason: &str, now: Time) {
        if self.waiting.remove(name).is_some() || self.leave_launch(name) {
            if self.names.told(name) {
                let ending = Ending {
                    state: "WITHDRAWN".to_owned(),
                    reason: None,
                    message: None,
                    again: false,
                };
                self.output(Output::Notice(ended(name, ending, Some(reason.to_owned()), None)));
            }
        } else if let Some(row) = self.ledger.get(name) {
            if row.phase.is_over() {
                // Java has acted on the end: nobody will ask for it again. Unless its word and the end have crossed; then
                // the row goes with time.
                if !self.journal.is_unsettled(&Key::Task(self.ledger.name(name))) {
                    self.forget_row(name);
                    self.names.forget(name);
                }
            } else if row.released.is_none() {
                self.mark_released(name, reason, now);
            }
        }
    }

    fn mark_released(&mut self, name: &str, reason: &str, now: Time) {
        if let Some(row) = self.ledger.get_mut(name) {
            row.released = Some(reason.to_owned());
            self.journal.changed(Key::Task(self.ledger.name(name)));
            self.kill_from_now_on(name, now);
        }
    }
}
