//! What changes little must cost little.

use mesos_core::{Ask, Matcher, Scalar};
use mesos_wire::Bytes;

use crate::case::{Case, Host, Task};
use crate::counting::allocations;
use crate::figures::{Effort, Took, measure, timed};
use crate::matching::{Requests, Running, fresh, pass, read, take_in};
use crate::offers;

/// Requests that wait because no host has so much free.
const WAITING: i64 = 100;
/// For as long as nothing new comes: a host as large as the others, and empty.
const NEW_HOST: &str = "new";

/// A cluster on which everything stands, and what waits there in vain.
struct Standing<'c> {
    running: Running,
    offered: Vec<Bytes>,
    new_offer: Bytes,
    requests: Requests<'c>,
    waiting: &'c [Task],
}

/// On a matcher that has all hosts standing, in milliseconds of a processor: a full pass (all offers come anew, all
/// requests of the case are placed), one new offer that serves one of the requests that wait, one new request beside
/// them. And how much more often a pass over all offers asks for memory than one over half of them, for each offer, when
/// their agents are known.
pub(crate) fn small(case: &Case, effort: Effort) -> String {
    let waiting: Vec<Task> = (0..WAITING).map(waiting).collect();
    let standing = Standing {
        running: Running::of(case),
        offered: offers::of_case(case),
        new_offer: offers::of_host(&new_host()),
        requests: Requests::of(&waiting, false),
        waiting: &waiting,
    };
    let all = Requests::of(&case.tasks, false);
    let full = measure(effort, || standing.full(&all));
    let one_offer = measure(effort, || standing.one_offer());
    let one_request = measure(effort, || standing.one_request(case));
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

impl Standing<'_> {
    /// A matcher that has all offers, and has told the requests that wait why.
    fn matcher(&self) -> (Matcher, Vec<Ask<'_>>) {
        let mut matcher = fresh();
        let asks = self.requests.asks(&mut matcher);
        let leases = read(&mut matcher, self.offered.clone());
        take_in(&mut matcher, leases, &self.running);
        pass(&mut matcher, &asks);
        (matcher, asks)
    }

    fn full(&self, all: &Requests<'_>) -> Took {
        let (mut matcher, _) = self.matcher();
        let asks = all.asks(&mut matcher);
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
        assert_eq!(placement.bundles.len(), 1, "the new offer serves a request");
        assert_eq!(placement.reasons.len() + 1, self.waiting.len());
        took
    }

    fn one_request(&self, case: &Case) -> Took {
        let (mut matcher, mut asks) = self.matcher();
        let new = Requests::of(&case.tasks[..1], false);
        asks.extend(new.asks(&mut matcher));
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

/// More CPUs than any host of the mixed case has free, each a little more.
fn waiting(index: i64) -> Task {
    Task {
        name: format!("w{index}"),
        cpus: Scalar::from_milli(6_100 + 10 * index),
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
