//! What changes little must cost little.

use mesos_core::{Ask, Matcher, Scalar};
use mesos_wire::Bytes;

use crate::Counter;
use crate::case::{Case, Host, Task};
use crate::figures::{Effort, Took, measure, timed};
use crate::generator::{Kind, generate};
use crate::matching::{Requests, Running, fresh, pass, read, set_used, take_in};
use crate::offers;

/// Requests that wait because no host has so much free, each of another size: the reason of each is another.
const WAITING: u32 = 100;
/// Offers, or requests, that come one after the other until all is made anew.
const IN_A_ROW: u32 = 50;

/// A cluster on which everything stands.
struct Standing {
    running: Running,
    offered: Vec<Bytes>,
    waiting: Vec<Task>,
}

/// On a matcher that has all hosts standing, in milliseconds of a processor: a full pass (all offers come anew, all
/// requests of the case are placed); then, with a hundred requests that wait in vain and are told why in each pass: one new
/// offer, which serves one of them, and one new request, for which there is room.
pub(crate) fn small(case: &Case, effort: Effort) -> String {
    let standing = Standing::of(case);
    let full = measure(effort, || standing.full(&case.tasks));
    let one_offer = measure(effort, standing.one_offer());
    let one_request = measure(effort, standing.one_request(&case.tasks));
    format!(
        "{:.4}\t{:.4}\t{:.4}",
        full.processor_median(),
        one_offer.processor_median(),
        one_request.processor_median()
    )
}

/// How much more often a pass over all offers of the case asks for memory than one over half of them, for each offer.
pub(crate) fn allocations(case: &Case, count: Counter) -> String {
    let all = case.hosts.len();
    let standing = Standing::of(case);
    let [few, many] = [all / 2, all].map(|offers| standing.allocations(offers, count));
    let each = many.saturating_sub(few) as f64 / (all - all / 2).max(1) as f64;
    format!("{each:.4}")
}

/// How often a pass over so few and over so many offers of known agents asks for memory, while requests wait in vain.
pub fn allocations_of_passes(few: u32, many: u32, count: Counter) -> (u64, u64) {
    // what is generated can be read; without hosts, nothing would wait in vain below
    let case = Case::of(&generate(Kind::Mixed, 42, many, 1)).unwrap_or_default();
    let standing = Standing::of(&case);
    let [few, many] = [few, many].map(|offers| standing.allocations(offers as usize, count));
    (few, many)
}

impl Standing {
    fn of(case: &Case) -> Self {
        Self {
            running: Running::of(case),
            offered: offers::of_case(case),
            waiting: (0..WAITING).map(waiting).collect(),
        }
    }

    /// A matcher that has all offers, and has told those who wait why.
    fn matcher(&self) -> (Matcher, Vec<Ask<'_>>) {
        let mut matcher = fresh();
        let asks = Requests::of(&self.waiting, false).asks(&mut matcher);
        let leases = read(&mut matcher, self.offered.clone());
        set_used(&mut matcher, &self.running);
        take_in(&mut matcher, leases);
        let placement = pass(&mut matcher, &asks);
        assert_eq!(placement.reasons.len(), asks.len(), "no host has so much free");
        (matcher, asks)
    }

    fn full(&self, tasks: &[Task]) -> Took {
        let (mut matcher, _) = self.matcher();
        let asks = Requests::of(tasks, false).asks(&mut matcher);
        matcher.give_back();
        let leases = read(&mut matcher, self.offered.clone());
        let (took, placement) = timed(|| {
            take_in(&mut matcher, leases);
            pass(&mut matcher, &asks)
        });
        assert!(placement.reasons.is_empty(), "there is room for all");
        took
    }

    /// One offer after the other, each of an agent that was not seen before; who was served asks again.
    fn one_offer(&self) -> impl FnMut() -> Took {
        let (mut matcher, mut asks) = self.matcher();
        let mut come = 0;
        move || {
            if come == IN_A_ROW {
                (matcher, asks) = self.matcher();
                come = 0;
            }
            come += 1;
            let offer = vec![offers::of_host(&new_host(come))];
            let (took, placement) = timed(|| {
                let leases = read(&mut matcher, offer);
                take_in(&mut matcher, leases);
                pass(&mut matcher, &asks)
            });
            assert_eq!(placement.bundles.len(), 1, "the new offer serves a request");
            assert_eq!(placement.reasons.len(), asks.len() - 1, "the others are told why");
            took
        }
    }

    /// One request after the other, each beside all those that wait.
    fn one_request(&self, new: &[Task]) -> impl FnMut() -> Took {
        let (mut matcher, _) = self.matcher();
        let mut come = 0;
        move || {
            if come == new.len().min(IN_A_ROW as usize) {
                (matcher, _) = self.matcher();
                come = 0;
            }
            let mut asks = Requests::of(&self.waiting, false).asks(&mut matcher);
            asks.extend(Requests::of(&new[come..=come], false).asks(&mut matcher));
            come += 1;
            let (took, placement) = timed(|| pass(&mut matcher, &asks));
            assert_eq!(placement.bundles.len(), 1, "there is room for the new request");
            assert_eq!(placement.reasons.len(), asks.len() - 1, "the others are told why");
            took
        }
    }

    /// How often a pass over the first so many offers asks for memory, when their agents are known.
    fn allocations(&self, offers: usize, count: Counter) -> u64 {
        let (mut matcher, asks) = self.matcher();
        matcher.give_back();
        let mut offers = self.offered[..offers].to_vec();
        let mut placement = None;
        let counted = count(&mut || {
            let leases = read(&mut matcher, std::mem::take(&mut offers));
            take_in(&mut matcher, leases);
            placement = Some(pass(&mut matcher, &asks));
        });
        let reasons = placement.map(|placement| placement.reasons.len());
        assert_eq!(reasons, Some(asks.len()), "no host has so much free");
        counted
    }
}

/// More CPUs than any host of the mixed case has free.
fn waiting(number: u32) -> Task {
    Task {
        name: format!("w{number}"),
        cpus: Scalar::from_milli(7_000 + 10 * i64::from(number)),
        mem: Scalar::from_milli(1_024_000 + 1_000 * i64::from(number)),
        zone: String::new(),
        ports: Vec::new(),
    }
}

/// As large as the others, and empty.
fn new_host(number: u32) -> Host {
    Host {
        name: format!("new{number}"),
        cpus: Scalar::from_milli(8_000),
        mem: Scalar::from_milli(32_768_000),
        cpus_used: Scalar::ZERO,
        mem_used: Scalar::ZERO,
        zone: "z0".to_owned(),
        ports: None,
    }
}
