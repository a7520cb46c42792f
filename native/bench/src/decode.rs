//! From the bytes of an OFFERS event to what the matcher can use.

use mesos_wire::{Bytes, Event, Message as _};

use crate::Failure;
use crate::case::Case;
use crate::figures::{Effort, measure, timed};
use crate::matching::{Running, fresh, pass, read, take_in};
use crate::offers;

/// Prints one line: offers, bytes, median and p99 of all in milliseconds, median of
/// the decoding alone, median of the processor's time for all.
pub(crate) fn decode(count: u32, effort: Effort) -> Result<(), Failure> {
    let bytes = Bytes::from(offers::event(count).encode_to_vec());
    // Once outside, so that a failure is told and not measured.
    Event::decode(bytes.clone())?;
    let running = Running::of(&Case::default());
    let mut matcher = fresh();
    let parsing = measure(effort, || timed(|| Event::decode(bytes.clone())).0);
    let whole = measure(effort, || {
        matcher.give_back();
        timed(|| {
            let event = Event::decode(bytes.clone()).unwrap_or_default();
            let offers = event.offers.map(|offers| offers.offers).unwrap_or_default();
            let offers = read(&mut matcher, offers);
            take_in(&mut matcher, offers, &running);
            pass(&mut matcher, &[])
        })
        .0
    });
    println!("offers\tbytes\tmedian_ms\tp99_ms\tparsing_median_ms\tprocessor_median_ms");
    println!(
        "{count}\t{}\t{:.4}\t{:.4}\t{:.4}\t{:.4}",
        bytes.len(),
        whole.median(),
        whole.p99(),
        parsing.median(),
        whole.processor_median()
    );
    Ok(())
}
