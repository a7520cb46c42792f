//! Whether the cluster could hold an agent of some size: answered at once, from what was seen of the cluster before.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use mesos_core::{Amount, Scalar};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::era::Era;

/// What the master said of its agents is good for so long; then it is asked again, if someone wants to know.
const FRESH: Duration = Duration::from_secs(60);
/// After this it is not believed any more.
const STALE: Duration = Duration::from_secs(15 * 60);
/// A master that did not answer is not asked again before.
const AGAIN: Duration = Duration::from_secs(20);

/// The contract's question.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Need {
    /// CPUs in all.
    #[serde(default)]
    pub cpus: Scalar,
    /// MB in all.
    #[serde(default)]
    pub mem: Scalar,
    /// MB of disk.
    #[serde(default)]
    pub disk: Scalar,
}

/// The contract's answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Capacity {
    /// Version of the contract.
    pub v: u32,
    /// Whether anything is known of the cluster yet.
    pub known: bool,
    /// Mesos agents.
    pub agents: usize,
    /// Those that could hold it if they were empty.
    pub agents_that_fit: usize,
    /// The most of each that one of them has.
    pub largest: Largest,
}

/// The most that any one agent has; each member may be of another.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Largest {
    /// CPUs.
    pub cpus: Scalar,
    /// MB of memory.
    pub mem: Scalar,
    /// MB of disk.
    pub disk: Scalar,
}

/// What is to be asked before the next question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Wanted {
    /// The master, for its agents, and for whom.
    pub(crate) survey: Option<Era>,
    /// The framework, for the offers that it has seen.
    pub(crate) offers: bool,
}

/// What was seen of the cluster.
#[derive(Debug, Default)]
pub(crate) struct Cluster(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    /// By agent: what a task of each of our roles could use.
    survey: Option<(Instant, Vec<Vec<Amount>>)>,
    survey_due: Option<Instant>,
    offers: Vec<Vec<Amount>>,
    offers_due: Option<Instant>,
    era: Era,
}

impl Cluster {
    /// The answer from what is known, and what is to be found out for the next time. What is wanted counts as begun.
    pub(crate) fn answer(&self, need: &Need, now: Instant) -> (Capacity, Wanted) {
        let mut seen = self.seen();
        let wanted = Wanted {
            survey: seen.survey_due.is_none_or(|due| due <= now).then_some(seen.era),
            offers: seen.offers_due.is_none_or(|due| due <= now),
        };
        if wanted.survey.is_some() {
            seen.survey_due = Some(now + AGAIN);
        }
        if wanted.offers {
            seen.offers_due = Some(now + AGAIN);
        }
        let survey = seen.survey.as_ref().filter(|(at, _)| now - *at < STALE);
        let (known, agents) = match survey {
            Some((_, agents)) => (true, agents),
            None => (!seen.offers.is_empty(), &seen.offers),
        };
        let need = Amount {
            cpus: need.cpus,
            mem: need.mem,
            disk: need.disk,
            ..Amount::ZERO
        };
        let largest = agents
            .iter()
            .flatten()
            .fold(Largest::default(), |most, agent| Largest {
                cpus: most.cpus.max(agent.cpus),
                mem: most.mem.max(agent.mem),
                disk: most.disk.max(agent.disk),
            });
        let capacity = Capacity {
            v: 1,
            known,
            agents: agents.len(),
            agents_that_fit: agents
                .iter()
                .filter(|agent| agent.iter().any(|part| part.holds(need)))
                .count(),
            largest,
        };
        (capacity, wanted)
    }

    /// The master has told of its agents, whoever was asked.
    pub(crate) fn surveyed(&self, asked: Era, agents: Vec<Vec<Amount>>, now: Instant) {
        let mut seen = self.seen();
        if asked != seen.era {
            return;
        }
        seen.survey = Some((now, agents));
        seen.survey_due = Some(now + FRESH);
    }

    /// The framework has told what it has seen.
    pub(crate) fn saw_offers(&self, agents: Vec<Amount>) {
        self.seen().offers = agents.into_iter().map(|agent| vec![agent]).collect();
    }

    /// Another cluster is configured, or another way to it: what is said from now on is of that one.
    pub(crate) fn forget(&self) {
        let mut seen = self.seen();
        *seen = Seen {
            era: seen.era.next(),
            ..Seen::default()
        };
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        // Held for a look only.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(cpus: i64, mem: i64, disk: i64) -> Amount {
        Amount {
            cpus: Scalar::from_milli(cpus * 1000),
            mem: Scalar::from_milli(mem * 1000),
            disk: Scalar::from_milli(disk * 1000),
            ..Amount::ZERO
        }
    }

    fn need(json: serde_json::Value) -> Need {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn agents_are_counted_that_could_hold_it() {
        let (cluster, now) = (Cluster::default(), Instant::now());
        cluster.surveyed(
            Era::default(),
            vec![
                vec![amount(4, 1000, 50), amount(1, 10, 50)],
                vec![amount(1, 9000, 100)],
                vec![amount(0, 0, 0), amount(8, 100, 0)],
            ],
            now,
        );
        let (capacity, _) = cluster.answer(&need(serde_json::json!({"v":1,"cpus":2,"mem":100})), now);
        assert_eq!(
            serde_json::to_value(&capacity).unwrap(),
            serde_json::json!({"v":1,"known":true,"agents":3,"agentsThatFit":2,
                "largest":{"cpus":8,"mem":9000,"disk":100}})
        );
        let (capacity, _) = cluster.answer(&need(serde_json::json!({"cpus":2,"mem":100,"disk":60})), now);
        assert_eq!(capacity.agents_that_fit, 0);
    }

    #[test]
    fn nothing_is_known_at_first_then_offers_then_the_masters_word() {
        let (cluster, now) = (Cluster::default(), Instant::now());
        let small = need(serde_json::json!({"cpus":1}));
        let (capacity, wanted) = cluster.answer(&small, now);
        assert_eq!((capacity.known, capacity.agents), (false, 0));
        assert!(wanted.survey.is_some() && wanted.offers);
        cluster.saw_offers(vec![amount(1, 1, 1)]);
        assert_eq!(cluster.answer(&small, now).0.agents_that_fit, 1);
        cluster.surveyed(Era::default(), vec![vec![amount(1, 1, 1)]; 5], now);
        assert_eq!(cluster.answer(&small, now).0.agents, 5);
        assert_eq!(cluster.answer(&small, now + STALE).0.agents, 1, "it is too old");
        cluster.forget();
        let (capacity, wanted) = cluster.answer(&small, now);
        assert!(!capacity.known && wanted.survey.is_some(), "it is asked at once");
        cluster.surveyed(Era::default(), vec![vec![amount(1, 1, 1)]; 5], now);
        assert!(
            !cluster.answer(&small, now).0.known,
            "the cluster before comes late"
        );
    }

    #[test]
    fn the_master_is_asked_once_a_minute_and_sooner_if_it_did_not_answer() {
        let (cluster, now) = (Cluster::default(), Instant::now());
        let small = need(serde_json::json!({}));
        let asks = |after| cluster.answer(&small, now + after).1.survey.is_some();
        assert!(asks(Duration::ZERO));
        assert!(!asks(AGAIN - Duration::from_millis(1)));
        assert!(asks(AGAIN), "no answer came");
        cluster.surveyed(Era::default(), Vec::new(), now + AGAIN);
        assert!(!asks(AGAIN + FRESH - Duration::from_millis(1)));
        assert!(asks(AGAIN + FRESH));
    }
}
