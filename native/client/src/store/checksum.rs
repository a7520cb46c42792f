//! A checksum over the columns of a row: SQLite notices a damaged page structure, but not a flipped bit in a value.

/// FNV-1a over 64 bits, each value ended by a byte that UTF-8 never holds; as SQLite's signed integer.
pub(super) fn of(values: &[&str]) -> i64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |byte: u8| {
        hash ^= u64::from(byte);
        hash = hash.wrapping_mul(0x0000_0100_0000_01b3);
    };
    for value in values {
        value.bytes().for_each(&mut add);
        add(0xff);
    }
    hash.cast_signed()
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn one_bit_changes_it() {
        assert_ne!(of(&["abc", "def"]), of(&["abc", "deg"]));
        assert_ne!(of(&["abc", "def"]), of(&["abcd", "ef"]));
        assert_ne!(of(&["abc"]), of(&["abc", ""]));
    }
}
