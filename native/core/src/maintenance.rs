//! Maintenance of hosts. Offers say when it is planned, and the matcher keeps new agents away; for hosts that are in use
//! the master asks for their resources back, by inverse offers.
//!
//! They are answered, so that an operator sees in `/maintenance/status` who is ready: agreed to where nothing of ours
//! lives, declined where builds may run. These are not cut short for it; Jenkins tells that they are at risk.

use crate::calls::Sent;
use crate::framework::Framework;
use crate::journal::{After, Key};
use crate::notice::Notice;
use crate::text::Text;
use crate::time::Time;
use crate::timer::Timer;
use mesos_wire::{Call, Filters, InverseOffer, OfferId, Unavailability, call};
use std::time::Duration;

/// The answer holds for so long, unless the maintenance changes.
const AGREEMENT_HOLDS: Duration = Duration::from_secs(60);
/// A host that is in use is asked for again after that, as long as the plan stands. Mesos does not tell of a plan that is
/// given up once it has its answer: it just asks no more.
const REFUSAL_HOLDS: Duration = Duration::from_secs(15);
/// Who has not been asked for its host again by then is not at risk any more.
const RISK_HOLDS: Duration = Duration::from_secs(90);
/// The same where the question itself was taken back: another plan would bring the next one with the next allocation.
const WITHDRAWN_HOLDS: Duration = Duration::from_secs(20);
const MINUTE_MILLIS: i64 = 60_000;
const DAY_MINUTES: i64 = 24 * 60;

/// What threatens the host of a task.
#[derive(Debug)]
pub(crate) struct Risk {
    /// For people.
    pub(crate) message: String,
    /// It is over if nothing more is heard of it by then; none: it is not taken back.
    pub(crate) until: Option<Time>,
    /// The question that it was last told by.
    offer: Option<OfferId>,
}

impl Risk {
    /// A new session begins: questions may only come now.
    pub(crate) fn is_heard_of_again(&mut self, now: Time) {
        self.until = self.until.map(|_| now + RISK_HOLDS);
    }
}

impl Framework {
    pub(crate) fn on_inverse_offers(&mut self, offers: Vec<InverseOffer>, now: Time) {
        let (mut in_use, mut free) = (Vec::new(), Vec::new());
        for offer in offers {
            let agent = offer.agent_id.as_ref().map(|id| id.value.as_str());
            let names: Vec<Text> = self
                .ledger
                .live()
                .filter(|row| agent.is_some() && row.agent_id.as_deref() == agent)
                .map(|row| row.name.clone())
                .collect();
            for name in &names {
                self.under_maintenance(name, &offer, now);
            }
            match names.is_empty() {
                true => free.push(offer.id),
                false => in_use.push(offer.id),
            }
        }
        self.answer_inverse(free, true);
        self.answer_inverse(in_use, false);
    }

    fn answer_inverse(&mut self, offers: Vec<OfferId>, agreed: bool) {
        if offers.is_empty() {
            return;
        }
        let holds = if agreed { AGREEMENT_HOLDS } else { REFUSAL_HOLDS };
        let filters = Some(Filters {
            refuse_seconds: Some(holds.as_secs_f64()),
        });
        let call = match agreed {
            true => Call {
                r#type: Some(call::Type::AcceptInverseOffers as i32),
                accept_inverse_offers: Some(call::AcceptInverseOffers {
                    inverse_offer_ids: offers,
                    filters,
                }),
                ..Call::default()
            },
            false => Call {
                r#type: Some(call::Type::DeclineInverseOffers as i32),
                decline_inverse_offers: Some(call::DeclineInverseOffers {
                    inverse_offer_ids: offers,
                    filters,
                }),
                ..Call::default()
            },
        };
        // Lost, it is asked again.
        self.send(call, Sent::Other);
    }

    /// The question is taken back: its plan has changed, or is given up.
    pub(crate) fn on_rescind_inverse(&mut self, offer: &OfferId, now: Time) {
        let risks = self.watches.values_mut().filter_map(|watch| watch.risk.as_mut());
        for risk in risks.filter(|risk| risk.offer.as_ref() == Some(offer)) {
            let until = now + WITHDRAWN_HOLDS;
            risk.until = Some(risk.until.map_or(until, |before| before.min(until)));
            self.timers.at_latest(Timer::Tasks, until);
        }
    }

    fn under_maintenance(&mut self, name: &str, offer: &InverseOffer, now: Time) {
        let Some(row) = self.ledger.get(name) else { return };
        let message = planned(row.host.as_deref(), &offer.unavailability);
        let until = now + RISK_HOLDS;
        let risk = Risk {
            message,
            until: Some(until),
            offer: Some(offer.id.clone()),
        };
        self.at_risk(name, risk);
        self.timers.at_latest(Timer::Tasks, until);
    }

    /// An operator drains the host: Mesos ends the task, and takes that back no more.
    pub(crate) fn drained(&mut self, name: &str) {
        let Some(row) = self.ledger.get(name) else { return };
        let host = row.host.as_deref().unwrap_or("its host");
        let risk = Risk {
            message: format!("an operator drains {host}: what runs there is ended"),
            until: None,
            offer: None,
        };
        self.at_risk(name, risk);
    }

    /// Tells Java once for each plan.
    fn at_risk(&mut self, name: &str, risk: Risk) {
        let Some(row) = self.ledger.get(name) else { return };
        if row.released.is_some() || row.ending.is_some() || !self.names.is_expected(name) {
            return;
        }
        let message = risk.message.clone();
        let watch = self.watch(name);
        let before = watch.risk.replace(Box::new(risk));
        if before.is_none_or(|before| before.message != message) {
            self.tell_risk(name, Some(message));
        }
    }

    /// What was planned is planned no more.
    pub(crate) fn no_longer_at_risk(&mut self, name: &str) {
        let watch = self.watches.get_mut(name);
        if watch.is_some_and(|watch| watch.risk.take().is_some())
            && self.names.is_expected(name)
            && self.ledger.get(name).is_some_and(|row| row.released.is_none())
        {
            self.tell_risk(name, None);
        }
    }

    fn tell_risk(&mut self, name: &str, message: Option<String>) {
        let notice = Notice::Risk {
            name: name.to_owned(),
            message,
        };
        // In order with what else is told of it, some of which waits for the store.
        let key = Key::Task(self.ledger.name(name));
        self.journal.changed_then(key, After::Notice(notice));
    }
}

/// What is planned for a host, for people.
fn planned(host: Option<&str>, window: &Unavailability) -> String {
    let host = host.unwrap_or("its host");
    let begin = window.start.nanoseconds / 1_000_000;
    let length = window
        .duration
        .as_ref()
        .map(|length| length.nanoseconds / 1_000_000);
    format!(
        "{host} is under maintenance from {}{}: what still runs there then may be lost",
        utc(begin),
        length.map_or(" on".to_owned(), |length| format!(" for {}", span(length))),
    )
}

/// A moment for people of any place.
fn utc(unix_millis: i64) -> String {
    let minutes = unix_millis.div_euclid(MINUTE_MILLIS);
    let (day, minute) = (minutes.div_euclid(DAY_MINUTES), minutes.rem_euclid(DAY_MINUTES));
    let (year, month, day) = date(day);
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02} UTC",
        minute / 60,
        minute % 60
    )
}

/// The date so many days after 1970-01-01. Years begin in March here, so that the leap day is the last.
fn date(days: i64) -> (i64, i64, i64) {
    const ERA_DAYS: i64 = 146_097;
    // 1970-01-01 is so many days after the first of March of the year 0.
    let days = days.saturating_add(719_468);
    let (era, day_of_era) = (days.div_euclid(ERA_DAYS), days.rem_euclid(ERA_DAYS));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn span(millis: i64) -> String {
    let minutes = (millis / MINUTE_MILLIS).max(1);
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_in_utc() {
        for (millis, text) in [
            (0, "1970-01-01 00:00 UTC"),
            (1_700_000_000_000, "2023-11-14 22:13 UTC"),
            (1_709_164_800_000, "2024-02-29 00:00 UTC"),
            (4_107_542_399_999, "2100-02-28 23:59 UTC"),
            (4_107_542_400_000, "2100-03-01 00:00 UTC"),
            (-1, "1969-12-31 23:59 UTC"),
        ] {
            assert_eq!(utc(millis), text);
        }
        // What an operator typed wrong does not matter.
        assert!(!utc(i64::MAX).is_empty() && !utc(i64::MIN).is_empty());
    }

    #[test]
    fn spans_are_told_in_hours_and_minutes() {
        assert_eq!(
            [1, 3_600_000, 5_400_000].map(span),
            ["1 min", "1 h", "1 h 30 min"]
        );
    }
}
