//! What codes of LZW stand for: each is spelled out with its end first.

use std::io;

/// A decoder of LZW.
pub(super) trait Spell {
    /// Spells the next code out, or does what it says; returns whether there was one.
    fn spell(&mut self) -> io::Result<bool>;

    /// What was spelled and not read yet, the end first.
    fn spelled(&mut self) -> &mut Vec<u8>;
}

/// Reads what is spelled.
pub(super) fn read(speller: &mut impl Spell, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match speller.spelled().pop() {
            Some(byte) => {
                buffer[length] = byte;
                length += 1;
            }
            None if !speller.spell()? => break,
            None => {}
        }
    }
    Ok(length)
}
