//! RecordIO, the framing of Mesos's event stream: each record is preceded by its size in bytes as a decimal number and
//! a line feed (Mesos documentation, `recordio.md`).

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use thiserror::Error;

/// The largest record, in bytes, that a [`Decoder`] takes unless told otherwise: 64 MiB, hundreds of times the event
/// that offers a thousand agents at once.
pub const DEFAULT_LIMIT: usize = 64 * 1024 * 1024;

/// The decimal digits of the largest 64-bit number, which is what Mesos's encoder writes at most.
const MAX_DIGITS: u8 = 20;

/// Why bytes are not a RecordIO stream. Final: where the next record would begin is not known.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum RecordError {
    /// A length line holds something else than digits.
    #[error("record length holds the byte 0x{byte:02x} where a digit or a line feed was expected")]
    NotADigit {
        /// The byte.
        byte: u8,
    },
    /// A length line goes on and on.
    #[error("record length has more than 20 digits")]
    LengthTooLong,
    /// A record is announced that is larger than the decoder's limit.
    #[error("record of {size} bytes is larger than the limit of {limit} bytes")]
    TooLarge {
        /// Announced size in bytes; 20 digits may exceed 64 bits.
        size: u128,
        /// The decoder's limit in bytes.
        limit: usize,
    },
}

#[derive(Debug)]
enum State {
    Length { value: u128, digits: u8 },
    Data { size: usize },
    Failed(RecordError),
}

impl State {
    const START: Self = Self::Length { value: 0, digits: 0 };
}

/// Cuts a stream of bytes, however it arrives in pieces, into records.
///
/// After each [`push`](Self::push) take records with [`next_record`](Self::next_record) until there is none: then the
/// decoder holds less than one record. Memory grows with the bytes that arrive, not with the size that a record
/// announces.
#[derive(Debug)]
pub struct Decoder {
    buffer: BytesMut,
    state: State,
    limit: usize,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new(DEFAULT_LIMIT)
    }
}

impl Decoder {
    /// A decoder that refuses records larger than `limit` bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            buffer: BytesMut::new(),
            state: State::START,
            limit,
        }
    }

    /// Takes the next bytes of the stream. After an error they are dropped.
    pub fn push(&mut self, chunk: &[u8]) {
        if !matches!(self.state, State::Failed(_)) {
            self.buffer.extend_from_slice(chunk);
        }
    }

    /// The next whole record (it may be empty), or `None` until more bytes are pushed. Empty lines between records are
    /// skipped.
    ///
    /// # Errors
    ///
    /// When the bytes are not RecordIO or a record is larger than the limit; from then on, always the same error.
    pub fn next_record(&mut self) -> Result<Option<Bytes>, RecordError> {
        match self.advance() {
            Ok(record) => Ok(record),
            Err(error) => {
                self.state = State::Failed(error.clone());
                self.buffer = BytesMut::new();
                Err(error)
            }
        }
    }

    /// Whether the stream may end here: all bytes so far were whole records. False after an error.
    #[must_use]
    pub fn at_boundary(&self) -> bool {
        matches!(self.state, State::Length { digits: 0, .. }) && self.buffer.is_empty()
    }

    fn advance(&mut self) -> Result<Option<Bytes>, RecordError> {
        loop {
            match &mut self.state {
                State::Failed(error) => return Err(error.clone()),
                State::Data { size } => {
                    if self.buffer.len() < *size {
                        return Ok(None);
                    }
                    let record = self.buffer.split_to(*size).freeze();
                    self.state = State::START;
                    return Ok(Some(record));
                }
                State::Length { value, digits } => {
                    if self.buffer.is_empty() {
                        return Ok(None);
                    }
                    match self.buffer.get_u8() {
                        b'\n' if *digits == 0 => {}
                        b'\n' => {
                            let size = usize::try_from(*value).ok().filter(|&size| size <= self.limit);
                            let size = size.ok_or(RecordError::TooLarge {
                                size: *value,
                                limit: self.limit,
                            })?;
                            self.state = State::Data { size };
                        }
                        byte @ b'0'..=b'9' => {
                            if *digits == MAX_DIGITS {
                                return Err(RecordError::LengthTooLong);
                            }
                            *value = *value * 10 + u128::from(byte - b'0');
                            *digits += 1;
                        }
                        byte => return Err(RecordError::NotADigit { byte }),
                    }
                }
            }
        }
    }
}

/// One record with its length line, as a master sends it.
#[must_use]
pub fn encode(record: &[u8]) -> Bytes {
    let length = record.len().to_string();
    let mut framed = BytesMut::with_capacity(length.len() + 1 + record.len());
    framed.put_slice(length.as_bytes());
    framed.put_u8(b'\n');
    framed.put_slice(record);
    framed.freeze()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn drain(decoder: &mut Decoder) -> Result<Vec<Bytes>, RecordError> {
        let mut records = Vec::new();
        while let Some(record) = decoder.next_record()? {
            records.push(record);
        }
        Ok(records)
    }

    fn decode(chunks: &[&[u8]], limit: usize) -> Result<Vec<Bytes>, RecordError> {
        let mut decoder = Decoder::new(limit);
        let mut records = Vec::new();
        for chunk in chunks {
            decoder.push(chunk);
            records.extend(drain(&mut decoder)?);
        }
        Ok(records)
    }

    #[test]
    fn several_records_in_one_chunk_come_out_one_by_one() {
        assert_eq!(
            decode(&[b"5\nhello0\n6\n\nworld"], 64).unwrap(),
            ["hello", "", "\nworld"]
        );
    }

    #[test]
    fn a_record_is_not_given_before_its_last_byte() {
        let mut decoder = Decoder::default();
        for byte in b"12\nhello, worl" {
            decoder.push(&[*byte]);
            assert_eq!(decoder.next_record().unwrap(), None);
            assert!(!decoder.at_boundary());
        }
        decoder.push(b"d");
        assert_eq!(decoder.next_record().unwrap().unwrap(), "hello, world");
        assert!(decoder.at_boundary());
    }

    #[test]
    fn empty_lines_between_records_are_skipped() {
        assert_eq!(decode(&[b"\n\n2\nab\n", b"\n1\nc\n"], 64).unwrap(), ["ab", "c"]);
    }

    #[test]
    fn an_answer_that_is_not_recordio_is_refused_at_its_first_byte() {
        let error = decode(&[b"<html>"], 64).unwrap_err();
        assert_eq!(error, RecordError::NotADigit { byte: b'<' });
        assert_eq!(
            error.to_string(),
            "record length holds the byte 0x3c where a digit or a line feed was expected"
        );
        assert_eq!(
            decode(&[b"-1\n"], 64).unwrap_err(),
            RecordError::NotADigit { byte: b'-' }
        );
        assert_eq!(
            decode(&[b"1\r\n"], 64).unwrap_err(),
            RecordError::NotADigit { byte: b'\r' }
        );
    }

    #[test]
    fn a_length_line_has_at_most_twenty_digits() {
        assert_eq!(decode(&[b"00000000000000000002\nab"], 64).unwrap(), ["ab"]);
        assert_eq!(
            decode(&[b"000000000000000000002\nab"], 64).unwrap_err(),
            RecordError::LengthTooLong
        );
    }

    #[test]
    fn a_record_above_the_limit_is_refused_with_its_size_and_the_limit() {
        assert_eq!(decode(&[b"4\nabcd"], 4).unwrap(), ["abcd"]);
        let error = decode(&[b"5\n"], 4).unwrap_err();
        assert_eq!(
            error.to_string(),
            "record of 5 bytes is larger than the limit of 4 bytes"
        );
        let error = decode(&[b"99999999999999999999\n"], usize::MAX).unwrap_err();
        assert_eq!(
            error,
            RecordError::TooLarge {
                size: 99_999_999_999_999_999_999,
                limit: usize::MAX
            }
        );
    }

    #[test]
    fn an_error_is_final_even_when_good_records_follow() {
        let mut decoder = Decoder::new(4);
        decoder.push(b"1\na5\nabcde1\nb");
        assert_eq!(decoder.next_record().unwrap().unwrap(), "a");
        let error = decoder.next_record().unwrap_err();
        decoder.push(b"1\nc");
        assert_eq!(decoder.next_record().unwrap_err(), error);
        assert!(!decoder.at_boundary());
        assert_eq!(decoder.buffer.capacity(), 0, "bytes after an error are not kept");
    }

    #[test]
    fn a_large_record_takes_no_memory_before_it_arrives() {
        let mut decoder = Decoder::default();
        decoder.push(format!("{DEFAULT_LIMIT}\nabc").as_bytes());
        assert_eq!(decoder.next_record().unwrap(), None);
        assert!(decoder.buffer.capacity() < 1024, "{}", decoder.buffer.capacity());
    }

    /// Pieces of the stream: cut wherever the numbers say.
    fn pieces<'a>(stream: &'a [u8], lengths: &[usize]) -> Vec<&'a [u8]> {
        let mut rest = stream;
        let mut pieces = Vec::new();
        for length in lengths {
            let (piece, tail) = rest.split_at((*length).min(rest.len()));
            pieces.push(piece);
            rest = tail;
        }
        pieces.push(rest);
        pieces
    }

    /// Bytes that are often nearly RecordIO.
    fn nearly_recordio() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![4 => b'0'..=b'9', 3 => Just(b'\n'), 1 => any::<u8>()];
        vec(byte, 0..200)
    }

    proptest! {
        #[test]
        fn any_split_gives_the_records_that_were_encoded(
            records in vec(vec(any::<u8>(), 0..300), 0..8),
            lengths in vec(0_usize..40, 0..60),
        ) {
            let stream: Vec<u8> = records.iter().flat_map(|record| encode(record)).collect();
            let decoded = decode(&pieces(&stream, &lengths), 300).unwrap();
            prop_assert_eq!(decoded, records);
        }

        #[test]
        fn garbage_gives_the_same_end_in_any_split_and_never_holds_more_than_the_limit(
            stream in nearly_recordio(),
            lengths in vec(0_usize..20, 0..40),
            limit in 0_usize..50,
        ) {
            let whole = decode(&[&stream], limit);
            prop_assert_eq!(decode(&pieces(&stream, &lengths), limit), whole);

            let mut decoder = Decoder::new(limit);
            for piece in pieces(&stream, &lengths) {
                decoder.push(piece);
                if let Ok(records) = drain(&mut decoder) {
                    prop_assert!(records.iter().all(|record| record.len() <= limit));
                }
                prop_assert!(decoder.buffer.len() <= limit.saturating_sub(1));
            }
        }
    }
}
