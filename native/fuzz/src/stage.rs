//! A framework with a store that works at once, and a master that takes every call.

use mesos_core::{
    AttemptId, Config, Framework, Launch, Leader, MasterAddress, Output, Protocol, Request, Restored, Start,
    Time, master::Scheme,
};
use mesos_wire::Event;
use std::time::Duration;

use crate::shape::about;

/// More outputs than this upon one input are a circle.
const OUTPUTS: usize = 20_000;

/// A stage for one framework.
pub(crate) struct Stage {
    framework: Framework,
    now: Time,
    attempt: Option<AttemptId>,
    /// How often which output came.
    seen: [usize; 6],
}

impl Stage {
    /// Begins with what the store held, and lets the framework find a master.
    pub(crate) fn new(config: Config, restored: Restored) -> Self {
        let now = Time::from_millis(1_000);
        let start = Start {
            now,
            unix_millis: 1_800_000_000_000,
            seed: 7,
        };
        let mut stage = Self {
            framework: Framework::new(config, restored, start),
            now,
            attempt: None,
            seen: [0; 6],
        };
        stage.drain();
        let leader = Leader::Found(MasterAddress {
            scheme: Scheme::Http,
            host: "master".to_owned(),
            port: 5050,
        });
        stage.framework.handle_leader(leader, now);
        stage.drain();
        stage
    }

    /// The master says something, if there is a stream to say it on.
    pub(crate) fn event(&mut self, event: Event) {
        if let Some(attempt) = self.attempt {
            self.framework.handle_event(attempt, event, self.now);
            self.drain();
        }
    }

    /// An agent is asked for; whether it can be is the framework's to say.
    pub(crate) fn submit(&mut self, name: &str, template: &str, executors: u32) -> bool {
        let launch = Launch::new(Protocol::Jnlp, "http://jenkins/");
        let request = Request::new(name, template, executors, launch);
        let taken = self.framework.submit(request, self.now).is_ok();
        self.drain();
        taken
    }

    /// Time passes, with all that is due in it.
    pub(crate) fn pass(&mut self, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        for _ in 0..1_000 {
            let Some(due) = self.framework.poll_timeout().filter(|due| *due <= end) else {
                break;
            };
            self.now = self.now.max(due);
            self.framework.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    /// What came out, in numbers.
    pub(crate) fn shape(&self) -> Vec<u32> {
        let status = self.framework.status(self.now);
        self.seen
            .into_iter()
            .chain([status.waiting.len(), status.tasks.len()])
            .map(about)
            .collect()
    }

    fn drain(&mut self) {
        for _ in 0..OUTPUTS {
            let Some(output) = self.framework.poll_output() else {
                return;
            };
            let kind = match output {
                Output::Connect { attempt, .. } => {
                    self.attempt = Some(attempt);
                    0
                }
                Output::Disconnect { .. } => {
                    self.attempt = None;
                    1
                }
                Output::Call { id, .. } => {
                    self.framework.handle_call_result(id, Ok(()), self.now);
                    2
                }
                Output::Persist { id, .. } => {
                    self.framework.handle_persisted(id, Ok(()), self.now);
                    3
                }
                Output::Notice(notice) => {
                    assert!(
                        serde_json::to_vec(&notice).is_ok(),
                        "a notice that Java cannot be told"
                    );
                    4
                }
                Output::Decision(_) => 5,
            };
            self.seen[kind] += 1;
        }
        panic!("outputs without end");
    }
}
