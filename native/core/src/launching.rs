//! From offers to ACCEPT and DECLINE.

use crate::amount::Amount;
use crate::calls::Sent;
use crate::decision::Decision;
use crate::ending;
use crate::framework::{Framework, Teardown};
use crate::journal::{After, Key, STORE_PATIENCE};
use crate::ledger::{TaskPhase, TaskRecord};
use crate::matcher::{Ask, Bundle, Peer, Placement, Reason};
use crate::notice::Notice;
use crate::output::Output;
use crate::status::OffersStatus;
use crate::tasks::used_by_agent;
use crate::text::Text;
use crate::time::Time;
use crate::timer::Timer;
use crate::waiting::Waiter;
use mesos_wire::{Bytes, Call, Filters, OfferId, OfferView, Resource, call, offer};
use std::time::Duration;

/// How long a refused offer stays away while something waits: as long as a revive is debounced.
const SHORT_REFUSAL: Duration = Duration::from_secs(5);

/// A bundle of offers whose tasks' intents are on their way to the store.
#[derive(Debug)]
pub(crate) struct Launch {
    offers: Vec<OfferId>,
    agent_id: mesos_wire::AgentId,
    host: String,
    free: Amount,
    tasks: Vec<Placed>,
    since: Time,
}

/// An agent with its part of the offers.
#[derive(Debug)]
struct Placed {
    waiter: Waiter,
    resources: Vec<Resource>,
    ports: Vec<u32>,
}

/// The ids of those that can be read.
fn ids_of(offers: &[Bytes]) -> Vec<OfferId> {
    offers
        .iter()
        .filter_map(|bytes| OfferView::new(bytes).ok())
        .map(|view| OfferId {
            value: view.id.to_owned(),
        })
        .collect()
}

impl Launch {
    /// The agents in it.
    pub(crate) fn waiters(&self) -> impl Iterator<Item = &Waiter> {
        self.tasks.iter().map(|placed| &placed.waiter)
    }
}

impl Framework {
    pub(crate) fn on_offers(&mut self, offers: Vec<Bytes>, now: Time) {
        self.counters.offers_received += offers.len() as u64;
        self.demand_served(now);
        if self.waiting.is_empty() || self.teardown != Teardown::No {
            self.decline(ids_of(&offers));
            return;
        }
        if let Some(text) = self.waits_for_next() {
            self.waiting.set_reasons(|_| Reason::new(text.as_str()));
            self.decline(ids_of(&offers));
            return;
        }
        if !self.journal.is_prompt(now) {
            let text = "waits until the ledger can be written: see the trouble of the cloud";
            self.waiting.set_reasons(|_| Reason::new(text));
            self.decline(ids_of(&offers));
            return;
        }
        let placement = self.place(offers, now);
        let places = self.waiting.places();
        for (index, reason) in placement.reasons {
            if let Some(place) = places.get(index) {
                self.waiting.set_reason(*place, reason);
            }
        }
        for held in placement.holds {
            if let Some(waiter) = places.get(held.ask).and_then(|place| self.waiting.at(*place)) {
                let name = waiter.name.to_string();
                self.output(Output::Decision(Decision::HeldBack {
                    name,
                    host: held.hostname,
                    amount: held.amount,
                }));
            }
        }
        for bundle in placement.bundles {
            self.intend(bundle, &places, now);
        }
        let unused = self.matcher.give_back();
        self.decline(unused);
    }

    fn place(&mut self, offers: Vec<Bytes>, now: Time) -> Placement {
        let (leases, unreadable) = self.matcher.read(offers);
        if unreadable > 0 {
            self.trouble(
                "protocol",
                format!("{unreadable} offers of the master cannot be read: they are not used"),
            );
        }
        let used = used_by_agent(&self.ledger);
        self.matcher
            .set_used(used.iter().map(|(agent_id, holding)| (*agent_id, holding)));
        self.matcher.take_in(leases);
        let unix_millis = self.unix_millis;
        let asks: Vec<Ask<'_>> = self
            .waiting
            .iter()
            .map(|waiter| waiter.ask(now, unix_millis))
            .collect();
        let limited = asks.iter().any(|ask| self.matcher.counts_peers(ask.rule));
        let peers: Vec<Peer<'_>> = self
            .ledger
            .live()
            .filter(|_| limited)
            .map(|row| Peer {
                group: &row.template,
                hostname: row.host.as_deref().unwrap_or_default(),
                spread: &row.spread,
            })
            .collect();
        self.matcher.pass(&asks, unix_millis, &peers)
    }

    /// Writes the intents down; the ACCEPT follows when they are durable.
    fn intend(&mut self, bundle: Bundle, places: &[u64], now: Time) {
        self.launches_made += 1;
        let id = self.launches_made;
        let agent_id = Text::from(bundle.agent_id.value.as_str());
        let host = Text::from(bundle.hostname.as_str());
        let agent_api = ending::api(bundle.url.as_deref()).map(Text::from);
        let mut tasks = Vec::new();
        for assigned in bundle.tasks {
            let place = places.get(assigned.ask);
            let Some(waiter) = place.and_then(|place| self.waiting.remove_at(*place)) else {
                continue;
            };
            self.ledger.insert(TaskRecord {
                name: waiter.name.clone(),
                label: waiter.label.clone(),
                template: waiter.terms.group.clone(),
                executors: waiter.executors,
                cpus: waiter.amount.cpus,
                mem: waiter.amount.mem,
                disk: waiter.amount.disk,
                gpus: waiter.amount.gpus,
                spread: assigned.spread,
                ports: waiter.blueprint.ports_on(&bundle.hostname, &assigned.ports),
                launch_timeout_seconds: waiter.launch_timeout_seconds,
                agent_id: Some(agent_id.clone()),
                host: Some(host.clone()),
                agent_api: agent_api.clone(),
                phase: TaskPhase::Intent,
                ran: false,
                released: None,
                ending: None,
            });
            self.journal.changed(Key::Task(waiter.name.clone()));
            self.launching.insert(waiter.name.clone(), id);
            self.output(Output::Decision(Decision::Placed {
                name: waiter.name.to_string(),
                host: bundle.hostname.clone(),
                policy: self.config.policy(),
                amount: waiter.amount,
                waited: now - waiter.since,
            }));
            tasks.push(Placed {
                waiter,
                resources: assigned.resources,
                ports: assigned.ports,
            });
        }
        let Some(Placed { waiter, .. }) = tasks.first() else {
            return;
        };
        self.journal
            .changed_then(Key::Task(waiter.name.clone()), After::Accept(id));
        let launch = Launch {
            offers: bundle.offers,
            agent_id: bundle.agent_id,
            host: bundle.hostname,
            free: bundle.free,
            tasks,
            since: now,
        };
        self.launches.insert(id, launch);
        self.timers.at_latest(Timer::Launches, now + STORE_PATIENCE);
    }

    /// The intents are durable.
    pub(crate) fn accept(&mut self, id: u64, now: Time) {
        let Some(launch) = self.launches.remove(&id) else {
            return;
        };
        let count = launch.tasks.len();
        let mut infos = Vec::with_capacity(count);
        let mut names = Vec::with_capacity(count);
        let mut notices = Vec::with_capacity(count);
        for Placed {
            waiter,
            resources,
            ports,
        } in launch.tasks
        {
            self.launching.remove(&waiter.name);
            if let Some(row) = self.ledger.get_mut(&waiter.name) {
                row.phase = TaskPhase::Launched;
            }
            self.launch_clock_starts(&waiter.name, now);
            notices.push(Notice::Accepted {
                name: waiter.name.to_string(),
                host: launch.host.clone(),
                agent_id: launch.agent_id.value.clone(),
                cpus: waiter.amount.cpus,
                mem: waiter.amount.mem,
                disk: waiter.amount.disk,
                ports: waiter.blueprint.ports_on(&launch.host, &ports),
                tasks_in_offer: count,
            });
            names.push(waiter.name.clone());
            let user = self.config.user.trim();
            infos.push(
                waiter
                    .blueprint
                    .task(&waiter.name, launch.agent_id.clone(), resources, &ports, user),
            );
        }
        #[cfg(feature = "bench")]
        crate::bench::Bench::prepare(&self.config, &mut infos);
        self.counters.offers_accepted += launch.offers.len() as u64;
        self.counters.tasks_launched += count as u64;
        let call = Call {
            r#type: Some(call::Type::Accept as i32),
            accept: Some(call::Accept {
                offer_ids: launch.offers.clone(),
                operations: vec![offer::Operation {
                    r#type: Some(offer::operation::Type::Launch as i32),
                    launch: Some(offer::operation::Launch { task_infos: infos }),
                    ..offer::Operation::default()
                }],
                filters: Some(self.refusal()),
            }),
            ..Call::default()
        };
        self.send(
            call,
            Sent::Accept {
                offers: launch.offers,
                names,
            },
        );
        for notice in notices {
            self.output(Output::Notice(notice));
        }
    }

    /// The launch cannot be: its agents wait again. The intents, if they were written, are taken back.
    fn void_launch(&mut self, id: u64) -> Vec<OfferId> {
        let Some(launch) = self.launches.remove(&id) else {
            return Vec::new();
        };
        for Placed { waiter, .. } in launch.tasks {
            self.launching.remove(&waiter.name);
            self.forget_row(&waiter.name);
            self.waiting.put(waiter);
        }
        launch.offers
    }

    /// The offers are gone with their stream.
    pub(crate) fn void_all_launches(&mut self) {
        let ids: Vec<u64> = self.launches.keys().copied().collect();
        for id in ids {
            self.void_launch(id);
        }
    }

    /// The store did not take the intents.
    pub(crate) fn void_failed(&mut self, ids: Vec<u64>) {
        let offers = ids.into_iter().flat_map(|id| self.void_launch(id)).collect();
        self.decline(offers);
    }

    /// The store takes too long; an offer must not be held for ever.
    pub(crate) fn on_launches_due(&mut self, now: Time) {
        let late: Vec<u64> = self
            .launches
            .iter()
            .filter(|(_, launch)| now - launch.since >= STORE_PATIENCE)
            .map(|(id, _)| *id)
            .collect();
        if !late.is_empty() {
            let seconds = STORE_PATIENCE.as_secs();
            self.trouble(
                "ledger",
                format!("the ledger was not written within {seconds} s: check the disk of JENKINS_HOME"),
            );
        }
        self.void_failed(late);
        if let Some(next) = self
            .launches
            .values()
            .map(|launch| launch.since + STORE_PATIENCE)
            .min()
        {
            self.timers.set(Timer::Launches, next);
        }
    }

    pub(crate) fn on_rescind(&mut self, offer_id: &OfferId, now: Time) {
        self.counters.offers_rescinded += 1;
        let hit = self
            .launches
            .iter()
            .find(|(_, launch)| launch.offers.contains(offer_id))
            .map(|(id, _)| *id);
        if let Some(id) = hit {
            // The other offers of the bundle are still good.
            let mut offers = self.void_launch(id);
            offers.retain(|other| other != offer_id);
            self.decline(offers);
            self.demand_grew(now);
        }
    }

    /// Takes an agent out of a launch that has not been sent; `false` if it is in none.
    pub(crate) fn leave_launch(&mut self, name: &str) -> bool {
        let Some(id) = self.launching.remove(name) else {
            return false;
        };
        self.forget_row(name);
        if let Some(launch) = self.launches.get_mut(&id) {
            launch.tasks.retain(|placed| placed.waiter.name != name);
            if launch.tasks.is_empty() {
                let offers = self.void_launch(id);
                self.decline(offers);
            }
        }
        true
    }

    /// Gives offers back for now.
    pub(crate) fn decline(&mut self, offers: Vec<OfferId>) {
        self.counters.offers_declined += offers.len() as u64;
        self.send_decline(offers);
    }

    pub(crate) fn send_decline(&mut self, offers: Vec<OfferId>) {
        if offers.is_empty() {
            return;
        }
        let call = Call {
            r#type: Some(call::Type::Decline as i32),
            decline: Some(call::Decline {
                offer_ids: offers.clone(),
                filters: Some(self.refusal()),
            }),
            ..Call::default()
        };
        self.send(call, Sent::Decline(offers));
    }

    /// How long what we do not use shall stay away.
    fn refusal(&self) -> Filters {
        let time = if self.waiting.is_empty() {
            self.config.decline()
        } else {
            SHORT_REFUSAL
        };
        let seconds = time.as_secs_f64();
        #[cfg(feature = "bench")]
        let seconds = crate::bench::Bench::refusal(&self.config, seconds);
        Filters {
            refuse_seconds: Some(seconds),
        }
    }

    pub(crate) fn offers_status(&self) -> OffersStatus {
        let sum = self
            .launches
            .values()
            .fold(Amount::default(), |sum, launch| sum.plus(launch.free));
        OffersStatus {
            held: self.launches.values().map(|launch| launch.offers.len()).sum(),
            cpus: sum.cpus,
            mem: sum.mem,
        }
    }
}
