//! Any record as an event: decoded or refused, and what was decoded comes back the same after encoding.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mesos_wire::{Event, Message as _};

fuzz_target!(|record: &[u8]| {
    let Ok(event) = Event::decode(record) else { return };
    let encoded = event.encode_to_vec();
    let again = Event::decode(encoded.as_slice()).expect("our own encoding can be decoded");
    // Compared as bytes: a NaN among the doubles is not equal to itself.
    assert_eq!(again.encode_to_vec(), encoded);
});
