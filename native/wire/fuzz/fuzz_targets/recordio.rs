//! Any stream in any split: the same records as in one piece, none above the limit.
//!
//! The first byte of the input is the limit, the second the size of the pieces.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mesos_wire::recordio::{Decoder, RecordError, encode};

type Outcome = (Vec<Vec<u8>>, Option<RecordError>);

fn decode(stream: &[u8], piece: usize, limit: usize) -> Outcome {
    let mut decoder = Decoder::new(limit);
    let mut records = Vec::new();
    for chunk in stream.chunks(piece) {
        decoder.push(chunk);
        loop {
            match decoder.next_record() {
                Ok(Some(record)) => {
                    assert!(record.len() <= limit);
                    records.push(record.to_vec());
                }
                Ok(None) => break,
                Err(error) => return (records, Some(error)),
            }
        }
    }
    (records, None)
}

fuzz_target!(|input: &[u8]| {
    let [limit, piece, stream @ ..] = input else {
        return;
    };
    let limit = usize::from(*limit);
    let whole = decode(stream, stream.len().max(1), limit);
    assert_eq!(decode(stream, usize::from(*piece).max(1), limit), whole);

    let again: Vec<u8> = whole.0.iter().flat_map(|record| encode(record)).collect();
    assert_eq!(decode(&again, again.len().max(1), limit), (whole.0, None));
});
