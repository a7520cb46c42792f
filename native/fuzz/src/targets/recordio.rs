//! Any stream in any split: the same records as in one piece, none above the limit.
//!
//! The first byte of the input is the limit, the second the size of the pieces.

use mesos_wire::recordio::{Decoder, RecordError, encode};

use crate::shape::{about, shape, words};

type Outcome = (Vec<Vec<u8>>, Option<RecordError>);

fn decode(stream: &[u8], piece: usize, limit: usize) -> Outcome {
    let mut decoder = Decoder::new(limit);
    let mut records = Vec::new();
    for chunk in stream.chunks(piece) {
        decoder.push(chunk);
        loop {
            match decoder.next_record() {
                Ok(Some(record)) => {
                    assert!(record.len() <= limit, "a record above the limit");
                    records.push(record.to_vec());
                }
                Ok(None) => break,
                Err(error) => return (records, Some(error)),
            }
        }
    }
    (records, None)
}

pub(crate) fn run(input: &[u8]) -> u64 {
    let [limit, piece, stream @ ..] = input else {
        return 0;
    };
    let limit = usize::from(*limit);
    let whole = decode(stream, stream.len().max(1), limit);
    assert_eq!(
        decode(stream, usize::from(*piece).max(1), limit),
        whole,
        "pieces give other records"
    );
    let again: Vec<u8> = whole.0.iter().flat_map(|record| encode(record)).collect();
    assert_eq!(
        decode(&again, again.len().max(1), limit),
        (whole.0.clone(), None),
        "what was encoded is decoded otherwise"
    );
    let error = whole.1.map(|error| words(&error.to_string()));
    shape((about(whole.0.len()), whole.0.iter().any(Vec::is_empty), error))
}
