//! Sorted keys with a number each, in pages of 4 KiB: small, quick to search, and never believed.
//!
//! ```text
//! section  codes │ index: first key of each page │ pages
//! page     checksum 4, groups 2, zero 2, a row of 2 for each group, groups, zeros
//! group    up to 16 keys: the first whole, each other as (letters shared with the one before, rest)
//! ```
//!
//! Keys are visible ASCII. Letters, shared lengths and numbers are written in prefix codes, so that a
//! host takes about half the bytes of its name. A search reads the index, which is in memory, and one
//! page; the page's checksum says whether it is as it was written.

mod read;
mod write;

pub(super) use read::Keys;
pub(super) use write::{Sorted, write};

use super::code::LONGEST;

/// The bytes of a page.
pub(super) const PAGE: usize = 4096;
/// Checksum, count of groups, nothing.
const PAGE_HEAD: usize = 8;
/// The most keys of a group: what is read one after the other.
const GROUP: usize = 16;
/// The longest key: with all letters at their longest, two of them and what is beside them fit a page.
pub(super) const LONGEST_KEY: usize = 1000;
/// How many letters are shared with the key before, at the most.
const MOST_SHARED: usize = 255;

/// The first letter a key may have, and how many there are from it on.
const FIRST_LETTER: u8 = 0x21;
const LETTERS: usize = 94;
/// The symbol that ends a key.
const END: usize = LETTERS;
/// A number is written as how many bits it has, then these without the highest.
const MOST_BITS: usize = 24;

/// The lengths of the three codes: letters and end, shared letters, bits of numbers.
const CODES: [usize; 3] = [LETTERS + 1, MOST_SHARED + 1, MOST_BITS + 1];

const _: () = assert!(LONGEST_KEY * LONGEST as usize / 8 * 2 + 600 < PAGE);

/// Returns the check of a page's bytes behind the check.
fn check_of(page: &[u8]) -> [u8; 4] {
    let hash = twox_hash::XxHash3_64::oneshot(&page[4..]);
    (hash as u32).to_le_bytes()
}

/// Writes the check of each page, whatever stands in it: what someone who wants to harm would do.
pub(super) fn seal(pages: &mut [u8]) {
    for page in pages.chunks_exact_mut(PAGE) {
        let check = check_of(page);
        page[..4].copy_from_slice(&check);
    }
}

/// Returns how many letters two keys share at their beginning, as far as that can be written.
fn shared(before: &[u8], key: &[u8]) -> usize {
    let both = before.iter().zip(key).take(MOST_SHARED);
    both.take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests;
