//! Maintenance of hosts. Offers say when it is planned, and the matcher keeps new agents away; for hosts that are in use
//! the master asks for their resources back, by inverse offers.
//!
//! They are answered, so that an operator sees in `/maintenance/status` who is ready: agreed to where nothing of ours
//! lives, declined where builds may run. These are not cut short for it; Jenkins tells that they are at risk.

use crate::calls::Sent;
use crate::framework::Framework;
use crate::journal::{After, Key};
use crate::notice::Notice;
use mesos_wire::{Call, Filters, InverseOffer, OfferId, Unavailability, call};
use std::time::Duration;

/// The answer holds for so long, unless the maintenance changes.
const ANSWER_HOLDS: Duration = Duration::from_secs(60);
const MINUTE_MILLIS: i64 = 60_000;
const DAY_MINUTES: i64 = 24 * 60;

impl Framework {
    pub(crate) fn on_inverse_offers(&mut self, offers: Vec<InverseOffer>) {
        let (mut in_use, mut free) = (Vec::new(), Vec::new());
        for offer in offers {
            let agent = offer.agent_id.as_ref().map(|id| id.value.as_str());
            let names: Vec<String> = self
                .ledger
                .live()
                .filter(|row| agent.is_some() && row.agent_id.as_deref() == agent)
                .map(|row| row.name.clone())
                .collect();
            match names.is_empty() {
                true => free.push(offer.id),
                false => in_use.push(offer.id),
            }
            for name in names {
                self.at_risk(&name, &offer.unavailability);
            }
        }
        self.answer_inverse(free, true);
        self.answer_inverse(in_use, false);
    }

    fn answer_inverse(&mut self, offers: Vec<OfferId>, agreed: bool) {
        if offers.is_empty() {
            return;
        }
        let filters = Some(Filters {
            refuse_seconds: Some(ANSWER_HOLDS.as_secs_f64()),
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

    /// Tells Java once for each plan.
    fn at_risk(&mut self, name: &str, window: &Unavailability) {
        let Some(row) = self.ledger.get(name) else { return };
        if row.released.is_some() || row.ending.is_some() || !self.expecting.contains(name) {
            return;
        }
        let host = row.host.clone().unwrap_or_else(|| "its host".to_owned());
        let begin = window.start.nanoseconds / 1_000_000;
        let length = window
            .duration
            .as_ref()
            .map(|length| length.nanoseconds / 1_000_000);
        let message = format!(
            "{host} is under maintenance from {}{}: what still runs there then may be lost",
            utc(begin),
            length.map_or(" on".to_owned(), |length| format!(" for {}", span(length))),
        );
        let watch = self.watches.entry(name.to_owned()).or_default();
        if watch.risk.as_ref() == Some(&message) {
            return;
        }
        watch.risk = Some(message.clone());
        let notice = Notice::Risk {
            name: name.to_owned(),
            message,
        };
        // In order with what else is told of it, some of which waits for the store.
        self.journal
            .changed_then(Key::Task(name.to_owned()), After::Notice(notice));
    }
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
