//! From the bytes of an OFFERS event to what the matcher can use.

use mesos_wire::{Bytes, Event, Message as _};

use crate::Failure;
use crate::case::Case;
use crate::figures::{Effort, measure, timed};
use crate::matching::{Running, fresh, pass, read, set_used, take_in};
use crate::offers;

/// Prints one line: offers, bytes, median and p99 of all in milliseconds, median of
/// taking the event apart, median of the processor's time for all; all this when the agents are known, and last the median
/// when they are seen for the first time.
pub(crate) fn decode(count: u32, effort: Effort) -> Result<(), Failure> {
    let bytes = Bytes::from(offers::event(count).encode_to_vec());
    // Once outside, so that a failure is told and not measured.
    let offers = offers_of(&bytes)?;
    let running = Running::of(&Case::default());
    let mut matcher = fresh();
    let known = read(&mut matcher, offers).len();
    if known != count as usize {
        return Err(Failure::Unreadable(known));
    }
    let parsing = measure(effort, || timed(|| offers_of(&bytes)).0);
    let whole = measure(effort, || {
        matcher.give_back();
        timed(|| {
            let leases = read(&mut matcher, offers_of(&bytes).unwrap_or_default());
            set_used(&mut matcher, &running);
            take_in(&mut matcher, leases);
            pass(&mut matcher, &[])
        })
        .0
    });
    let strange = measure(effort, || {
        let mut matcher = fresh();
        timed(|| {
            let leases = read(&mut matcher, offers_of(&bytes).unwrap_or_default());
            set_used(&mut matcher, &running);
            take_in(&mut matcher, leases);
            pass(&mut matcher, &[])
        })
        .0
    });
    println!("offers\tbytes\tmedian_ms\tp99_ms\tparsing_median_ms\tprocessor_median_ms\tstrange_median_ms");
    println!(
        "{count}\t{}\t{:.4}\t{:.4}\t{:.4}\t{:.4}\t{:.4}",
        bytes.len(),
        whole.median(),
        whole.p99(),
        parsing.median(),
        whole.processor_median(),
        strange.median()
    );
    Ok(())
}

/// The offers of an event, as they lie in its bytes.
fn offers_of(bytes: &Bytes) -> Result<Vec<Bytes>, mesos_wire::DecodeError> {
    let event = Event::decode(bytes.clone())?;
    Ok(event.offers.map(|offers| offers.offers).unwrap_or_default())
}
