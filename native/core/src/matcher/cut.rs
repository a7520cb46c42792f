//! From places to resources: what each task gets of which offer.

use super::account::pool_of;
use super::pass::Ask;
use super::reason::Reason;
use super::seat::Seat;
use super::{Assigned, Bundle};
use crate::constraints::{Rule, Symbols};
use crate::placement::HostId;
use mesos_wire::Offer;
use std::collections::BTreeMap;

/// An ask that has found a place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seated {
    pub(super) host: HostId,
    pub(super) ask: usize,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Cut {
    pub(super) bundle: Option<Bundle>,
    /// Slots of the offers that are used.
    pub(super) slots: Vec<usize>,
    /// Should be nobody: asks that the offers do not hold after all.
    pub(super) refused: Vec<(usize, Reason)>,
}

/// Cuts what the asks need out of the offers of one seat. Offers of which nothing is needed stay.
pub(super) fn bundle(
    seat: &mut Seat,
    group: &[Seated],
    asks: &[Ask<'_>],
    rules: &[Option<Rule>],
    symbols: &Symbols,
    held: &mut [Option<Offer>],
) -> Cut {
    let mut cut = Cut::default();
    let mut pool = pool_of(seat, held);
    let mut used = vec![false; seat.offers.len()];
    let mut tasks = Vec::with_capacity(group.len());
    for one in group {
        let ask = &asks[one.ask];
        let Some(taken) = pool.take(&ask.need()) else {
            let text = "waits for the next offers: the last ones did not hold it".to_owned();
            cut.refused.push((one.ask, Reason::new(text)));
            continue;
        };
        for (offer, _) in &taken.resources {
            used[*offer] = true;
        }
        let limits = rules
            .get(ask.rule.0)
            .and_then(Option::as_ref)
            .map(|rule| rule.constraints.limits.as_slice())
            .unwrap_or_default();
        let spread: BTreeMap<String, String> = limits
            .iter()
            .filter_map(|limit| {
                let value = seat.profile.common(&limit.subject, symbols)?;
                Some((limit.subject.to_string(), value))
            })
            .collect();
        tasks.push(Assigned {
            ask: one.ask,
            resources: taken
                .resources
                .into_iter()
                .map(|(_, resource)| resource)
                .collect(),
            ports: taken.ports,
            spread,
        });
    }
    if tasks.is_empty() {
        return cut;
    }
    let free = pool_of_used(seat, &used, held);
    let slots: Vec<usize> = seat
        .offers
        .iter()
        .zip(&used)
        .filter(|(_, used)| **used)
        .map(|(slot, _)| *slot)
        .collect();
    seat.offers.retain(|slot| !slots.contains(slot));
    let mut offers = Vec::with_capacity(slots.len());
    let mut agent = None;
    for slot in &slots {
        if let Some(offer) = held.get_mut(*slot).and_then(Option::take) {
            offers.push(offer.id);
            agent = Some((offer.agent_id, offer.url));
        }
    }
    cut.slots = slots;
    cut.bundle = agent.map(|(agent_id, url)| Bundle {
        offers,
        agent_id,
        url,
        hostname: seat.profile.hostname.clone(),
        free,
        tasks,
    });
    cut
}

/// What the used offers had.
fn pool_of_used(seat: &Seat, used: &[bool], held: &[Option<Offer>]) -> crate::amount::Amount {
    let mut ports = crate::ports::PortSet::default();
    seat.offers
        .iter()
        .zip(used)
        .filter(|(_, used)| **used)
        .filter_map(|(slot, _)| held.get(*slot)?.as_ref())
        .map(|offer| crate::resources::sum_up(&offer.resources, &seat.role, &mut ports).0)
        .fold(crate::amount::Amount::ZERO, crate::amount::Amount::plus)
}
