//! Agents that were submitted and are not placed yet.

use crate::amount::Amount;
use crate::blueprint::Blueprint;
use crate::matcher::{Ask, Reason, RuleId};
use crate::notice::Notice;
use crate::resources::Other;
use crate::status::WaitingStatus;
use crate::text::Text;
use crate::time::Time;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Thousands may get a new reason at once: so many are told at a time.
pub(crate) const TOLD_TOGETHER: usize = 256;
/// A reason is not told more often than this for one agent.
const REASON_INTERVAL: Duration = Duration::from_secs(5);

/// How an agent is placed, beside its amount.
#[derive(Debug, Clone, Default)]
pub(crate) struct Terms {
    /// Key of its template.
    pub(crate) group: Text,
    pub(crate) rule: RuleId,
    pub(crate) others: Vec<Other>,
    pub(crate) revocable: bool,
    pub(crate) priority: i32,
    /// How long it is expected to live.
    pub(crate) life_millis: i64,
}

/// One of them, with all that its launch takes.
pub(crate) struct Waiter {
    pub(crate) name: Text,
    pub(crate) label: Text,
    pub(crate) executors: u32,
    pub(crate) amount: Amount,
    pub(crate) terms: Terms,
    pub(crate) launch_timeout_seconds: Option<u32>,
    pub(crate) blueprint: Blueprint,
    pub(crate) since: Time,
    pub(crate) reason: Arc<Reason>,
    told: Option<(Time, Arc<Reason>)>,
    place: Option<u64>,
}

/// Without the blueprint: the address of the agent's secret is in its command.
impl fmt::Debug for Waiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiter")
            .field("name", &self.name)
            .field("amount", &self.amount)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl Waiter {
    pub(crate) fn new(name: Text, label: Text, executors: u32, blueprint: Blueprint, since: Time) -> Self {
        Self {
            name,
            label,
            executors,
            amount: Amount::default(),
            terms: Terms::default(),
            launch_timeout_seconds: None,
            blueprint,
            since,
            reason: Arc::default(),
            told: None,
            place: None,
        }
    }

    /// What the matcher is asked whatever the time.
    pub(crate) fn bare_ask(&self) -> Ask<'_> {
        self.ask(self.since, 0)
    }

    /// What the matcher is asked at that time.
    pub(crate) fn ask(&self, now: Time, unix_millis: i64) -> Ask<'_> {
        Ask {
            ports: &self.blueprint.ports,
            others: &self.terms.others,
            revocable: self.terms.revocable,
            priority: self.terms.priority,
            waited: now - self.since,
            until: unix_millis.saturating_add(self.terms.life_millis),
            ..Ask::new(&self.name, self.amount, self.terms.rule)
        }
    }
}

/// All of them, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    /// Boxed: the nodes of a tree are half empty, and there may be thousands of them.
    queue: BTreeMap<u64, Box<Waiter>>,
    places: HashMap<Text, u64>,
    next: u64,
    /// From which place on there may be reasons that were not told.
    untold: Option<u64>,
    /// The last one that was given; most are the same as that.
    last: Arc<Reason>,
}

impl Waiting {
    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// Appends it, or puts it back where it was.
    pub(crate) fn put(&mut self, mut waiter: Waiter) {
        let place = waiter.place.unwrap_or(self.next);
        self.next = self.next.max(place + 1);
        waiter.place = Some(place);
        self.places.insert(waiter.name.clone(), place);
        self.queue.insert(place, Box::new(waiter));
        self.untold = Some(0);
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<Waiter> {
        let place = self.places.remove(name)?;
        self.queue.remove(&place).map(|waiter| *waiter)
    }

    /// The places of all, in the order of [`iter`](Self::iter).
    pub(crate) fn places(&self) -> Vec<u64> {
        self.queue.keys().copied().collect()
    }

    /// Who waits at a place.
    pub(crate) fn at(&self, place: u64) -> Option<&Waiter> {
        self.queue.get(&place).map(Box::as_ref)
    }

    pub(crate) fn remove_at(&mut self, place: u64) -> Option<Waiter> {
        let waiter = self.queue.remove(&place)?;
        self.places.remove(&waiter.name);
        Some(*waiter)
    }

    pub(crate) fn clear(&mut self) {
        self.queue.clear();
        self.places.clear();
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Waiter> {
        self.queue.values().map(Box::as_ref)
    }

    /// One for all who wait for the same.
    pub(crate) fn shared(&mut self, reason: Reason) -> Arc<Reason> {
        if *self.last != reason {
            self.last = Arc::new(reason);
        }
        Arc::clone(&self.last)
    }

    pub(crate) fn set_reason(&mut self, place: u64, reason: Arc<Reason>) {
        if let Some(waiter) = self.queue.get_mut(&place)
            && waiter.reason != reason
        {
            waiter.reason = reason;
            self.untold = Some(0);
        }
    }

    /// For all of them what `reason_of` says.
    pub(crate) fn set_reasons(&mut self, mut reason_of: impl FnMut(&Waiter) -> Reason) {
        for waiter in self.queue.values_mut() {
            let reason = reason_of(waiter);
            if *self.last != reason {
                self.last = Arc::new(reason);
            }
            waiter.reason = Arc::clone(&self.last);
        }
        self.untold = Some(0);
    }

    /// Reasons to tell now, and when the next is due. There may be more to tell until there are none.
    pub(crate) fn tell(&mut self, now: Time) -> (Vec<Notice>, Option<Time>) {
        let (mut notices, mut next) = (Vec::new(), None::<Time>);
        let Some(begin) = self.untold.take() else {
            return (notices, next);
        };
        for (place, waiter) in self.queue.range_mut(begin..) {
            if notices.len() == TOLD_TOGETHER {
                self.untold = Some(*place);
                break;
            }
            if let Some((at, told)) = &waiter.told {
                if *told == waiter.reason {
                    continue;
                }
                let due = *at + REASON_INTERVAL;
                if due > now {
                    next = Some(next.map_or(due, |next| next.min(due)));
                    continue;
                }
            }
            waiter.told = Some((now, Arc::clone(&waiter.reason)));
            notices.push(Notice::Waiting {
                name: waiter.name.to_string(),
                reason: Arc::clone(&waiter.reason.text),
                possible: waiter.reason.possible,
            });
        }
        (notices, next)
    }

    /// Some reason's time has come.
    pub(crate) fn look_again(&mut self) {
        self.untold = Some(0);
    }

    pub(crate) fn status(&self, now: Time) -> Vec<WaitingStatus> {
        self.queue
            .values()
            .map(|waiter| WaitingStatus {
                name: waiter.name.clone(),
                label: waiter.label.clone(),
                cpus: waiter.amount.cpus,
                mem: waiter.amount.mem,
                disk: waiter.amount.disk,
                reason: Arc::clone(&waiter.reason.text),
                possible: waiter.reason.possible,
                since_millis: u64::try_from((now - waiter.since).as_millis()).unwrap_or(u64::MAX),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{Launch, Protocol};
    use crate::scalar::Scalar;

    fn waiter(name: &str) -> Waiter {
        let launch = Launch::new(Protocol::Jnlp, "http://jenkins/");
        let (launch, template) = (Arc::new(launch), Arc::default());
        let blueprint = Blueprint::new(launch, None, template, Scalar::ZERO).unwrap();
        Waiter::new(name.into(), "l".into(), 1, blueprint, Time::default())
    }

    fn reason(text: &str) -> Reason {
        Reason::new(text)
    }

    fn set_reason(waiting: &mut Waiting, name: &str, reason: Reason) {
        let place = waiting.places[name];
        waiting.set_reason(place, Arc::new(reason));
    }

    fn told(waiting: &mut Waiting, millis: u64) -> Vec<String> {
        let (notices, _) = waiting.tell(Time::from_millis(millis));
        notices
            .into_iter()
            .map(|notice| match notice {
                Notice::Waiting { name, reason, .. } => format!("{name}: {reason}"),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn whoever_comes_back_keeps_its_place() {
        let mut waiting = Waiting::default();
        waiting.put(waiter("a"));
        waiting.put(waiter("b"));
        let a = waiting.remove("a").unwrap();
        waiting.put(waiter("c"));
        waiting.put(a);
        assert_eq!(
            waiting.iter().map(|w| w.name.as_str()).collect::<Vec<_>>(),
            ["a", "b", "c"]
        );
    }

    #[test]
    fn a_reason_is_told_when_it_changes_but_not_too_often() {
        let mut waiting = Waiting::default();
        waiting.put(waiter("a"));
        set_reason(&mut waiting, "a", reason("x"));
        assert_eq!(told(&mut waiting, 0), ["a: x"]);
        set_reason(&mut waiting, "a", reason("y"));
        let (none, next) = waiting.tell(Time::from_millis(4999));
        assert_eq!((none, next), (Vec::new(), Some(Time::from_millis(5000))));
        waiting.look_again();
        assert_eq!(told(&mut waiting, 5000), ["a: y"]);
        set_reason(&mut waiting, "a", reason("y"));
        assert_eq!(told(&mut waiting, 99_000), [""; 0]);
    }

    #[test]
    fn a_reason_that_changes_back_is_not_told_again() {
        let mut waiting = Waiting::default();
        waiting.put(waiter("a"));
        set_reason(&mut waiting, "a", reason("x"));
        assert_eq!(told(&mut waiting, 0).len(), 1);
        set_reason(&mut waiting, "a", reason("y"));
        set_reason(&mut waiting, "a", reason("x"));
        assert_eq!(told(&mut waiting, 60_000), [""; 0]);
    }
}
