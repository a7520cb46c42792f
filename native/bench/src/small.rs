//! What changes little must cost little.

use mesos_core::{Ask, Matcher, Scalar};
use mesos_wire::Bytes;

use crate::case::{Case, Host, Task};
use crate::counting::allocations;
use crate::figures::{Effort, Took, measure, timed};
use crate::matching::{Requests, Running, fresh, pass, read, take_in};
use crate::offers;

/// A host as large as the others, and empty.
const NEW_HOST: &str = "new";

/// A cluster on which everything stands.
struct Standing {
    running: Running,
    offered: Vec<Bytes>,
    new_offer: Bytes,
    /// Needs more than any host has free.
    waiting: Vec<Task>,
}

/// On a matcher that has all hosts standing, in milliseconds of a processor: a full pass (all offers come anew, all
/// requests of the case are placed), one new offer that serves a request which waited in vain, one new request. And how
/// much more often a pass over all offers asks for memory than one over half of them, for each offer, when their agents
/// are known.
pub(crate) fn small(case: &Case, effort: Effort) -> String {
    let standing = Standing {
        running: Running::of(case),
        offered: offers::of_case(case),
        new_offer: offers::of_host(&new_host()),
        waiting: vec![waiting()],
    };
    let full = measure(effort, || standing.full(&case.tasks));
    let one_offer = measure(effort, || standing.one_offer());
    let one_request = measure(effort, || standing.one_request(&case.tasks[..1]));
    let half = case.hosts.len() / 2;
    let more = standing
        .allocations(case.hosts.len())
        .saturating_sub(standing.allocations(half));
    let each = more as f64 / (case.hosts.len() - half).max(1) as f64;
    format!(
        "{:.4}\t{:.4}\t{:.4}\t{each:.4}",
        full.processor_median(),
        one_offer.processor_median(),
        one_request.processor_median()
    )
}

impl Standing {
    /// A matcher that has all offers, and has told the request that waits why.
    fn matcher(&self) -> (Matcher, Vec<Ask<'_>>) {
        let mut matcher = fresh();
        let asks = Requests::of(&self.waiting, false).asks(&mut matcher);
        let leases = read(&mut matcher, self.offered.clone());
        take_in(&mut matcher, leases, &self.running);
        let placement = pass(&mut matcher, &asks);
        assert_eq!(placement.reasons.len(), asks.len(), "no host has so much free");
        (matcher, asks)
    }

    fn full(&self, tasks: &[Task]) -> Took {
        let (mut matcher, _) = self.matcher();
        let asks = Requests::of(tasks, false).asks(&mut matcher);
        matcher.give_back();
        let leases = read(&mut matcher, self.offered.clone());
        timed(|| {
            take_in(&mut matcher, leases, &self.running);
            pass(&mut matcher, &asks)
        })
        .0
    }

    fn one_offer(&self) -> Took {
        let (mut matcher, asks) = self.matcher();
        let offer = vec![self.new_offer.clone()];
        let (took, placement) = timed(|| {
            let leases = read(&mut matcher, offer);
            take_in(&mut matcher, leases, &self.running);
            pass(&mut matcher, &asks)
        });
        assert_eq!(placement.bundles.len(), 1, "the new offer serves the request");
        took
    }

    fn one_request(&self, new: &[Task]) -> Took {
        let (mut matcher, _) = self.matcher();
        let asks = Requests::of(new, false).asks(&mut matcher);
        let (took, placement) = timed(|| pass(&mut matcher, &asks));
        assert_eq!(placement.bundles.len(), 1, "there is room for the new request");
        took
    }

    /// How often a pass over the first so many offers asks for memory, when their agents are known.
    fn allocations(&self, count: usize) -> u64 {
        let (mut matcher, asks) = self.matcher();
        matcher.give_back();
        let offers = self.offered[..count].to_vec();
        allocations(|| {
            let leases = read(&mut matcher, offers);
            take_in(&mut matcher, leases, &self.running);
            pass(&mut matcher, &asks)
        })
        .0
    }
}

/// More CPUs than any host of the mixed case has free.
fn waiting() -> Task {
    Task {
        name: "w".to_owned(),
        cpus: Scalar::from_milli(7_000),
        mem: Scalar::from_milli(1_024_000),
        zone: String::new(),
        ports: Vec::new(),
    }
}

fn new_host() -> Host {
    Host {
        name: NEW_HOST.to_owned(),
        cpus: Scalar::from_milli(8_000),
        mem: Scalar::from_milli(32_768_000),
        cpus_used: Scalar::ZERO,
        mem_used: Scalar::ZERO,
        zone: "z0".to_owned(),
        ports: None,
    }
}
