//! From places to resources: what each task gets of which offer.

use super::account::offers_of;
use super::lease::Lease;
use super::pass::Ask;
use super::reason::Reason;
use super::seat::Seat;
use super::{Assigned, Bundle};
use crate::amount::Amount;
use crate::constraints::{Rule, Symbols};
use crate::placement::HostId;
use crate::resources::Pool;
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
    held: &mut [Option<Lease>],
) -> Cut {
    let mut cut = Cut::default();
    let mut offers = offers_of(seat, held);
    let resources = offers
        .iter_mut()
        .map(|offer| std::mem::take(&mut offer.resources));
    let mut pool = Pool::new(resources, &seat.role);
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
    let (mut free, mut ids, mut agent) = (Amount::ZERO, Vec::new(), None);
    let mut slots = Vec::new();
    for ((slot, offer), used) in seat.offers.iter().zip(offers).zip(&used) {
        if let Some(lease) = held.get_mut(*slot).filter(|_| *used).and_then(Option::take) {
            slots.push(*slot);
            free = free.plus(lease.amount);
            ids.push(offer.id);
            agent = Some((offer.agent_id, offer.url));
        }
    }
    seat.offers.retain(|slot| !slots.contains(slot));
    cut.slots = slots;
    cut.bundle = agent.map(|(agent_id, url)| Bundle {
        offers: ids,
        agent_id,
        url,
        hostname: seat.profile.hostname.clone(),
        free,
        tasks,
    });
    cut
}
