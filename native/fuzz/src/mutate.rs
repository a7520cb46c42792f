//! Changes to inputs, drawn from a seed.

/// Pieces that mean something to one target or another.
const WORDS: [&[u8]; 24] = [
    b"0",
    b"-1",
    b"1e400",
    b"NaN",
    b"18446744073709551616",
    b"\n",
    b"\0",
    b"\"",
    b"{}",
    b"[]",
    b"null",
    b"true",
    b"\\u0000",
    b"\xff\xff\xff\xff\x0f",
    b"\xc3\x28",
    b"..",
    b"/",
    b":",
    b",",
    b" unique ",
    b"regex (",
    b"2147483648",
    b"0.0001",
    b"\r\n",
];
/// No input gets longer.
const LONGEST: usize = 8_192;

/// Numbers that follow from a seed (splitmix64).
#[derive(Debug)]
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which must not be 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap_or(0)
    }

    fn byte(&mut self) -> u8 {
        (self.next() & 0xff) as u8
    }
}

/// Changes an input in one to eight places; `other` is one to take parts from.
pub(crate) fn mutate(input: &mut Vec<u8>, other: &[u8], rng: &mut Rng) {
    for _ in 0..=rng.below(8) {
        once(input, other, rng);
    }
    input.truncate(LONGEST);
}

fn once(input: &mut Vec<u8>, other: &[u8], rng: &mut Rng) {
    let at = rng.below(input.len() + 1);
    let piece = |input: &[u8], rng: &mut Rng| {
        let from = rng.below(input.len() + 1);
        let length = rng.below((input.len() - from).min(64) + 1);
        from..from + length
    };
    match rng.below(9) {
        0 => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << rng.below(8);
            }
        }
        1 => {
            if let Some(byte) = input.get_mut(at) {
                *byte = rng.byte();
            }
        }
        2 => input.insert(at, rng.byte()),
        3 => drop(input.drain(piece(input, rng))),
        4 => {
            let copied = input[piece(input, rng)].to_vec();
            input.splice(at..at, copied);
        }
        5 => {
            let foreign = other[piece(other, rng)].to_vec();
            input.splice(at..at, foreign);
        }
        6 => {
            let word = WORDS[rng.below(WORDS.len())];
            input.splice(at..at, word.iter().copied());
        }
        7 => {
            // A number that is a little more or less often is the one that matters.
            if let Some(byte) = input.get_mut(at) {
                *byte = byte.wrapping_add(rng.below(9) as u8).wrapping_sub(4);
            }
        }
        _ => {
            // The rest of another: records of one end in those of the other.
            input.truncate(at);
            input.extend_from_slice(&other[rng.below(other.len() + 1)..]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_changes() {
        let changed = |seed| {
            let mut input = b"some input".to_vec();
            let mut rng = Rng::new(seed);
            for _ in 0..100 {
                mutate(&mut input, b"another", &mut rng);
            }
            input
        };
        assert_eq!(changed(1), changed(1));
        assert_ne!(changed(1), changed(2));
        assert!(changed(1).len() <= LONGEST);
    }
}
