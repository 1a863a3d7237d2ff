//! Writes sorted keys.

use super::{
    CODES, END, FIRST_LETTER, GROUP, LETTERS, LONGEST_KEY, MOST_BITS, PAGE, PAGE_HEAD, check_of,
    shared,
};
use crate::lists::code::{BitsOut, Code};

/// Keys in their order, each once, with their numbers.
pub(in crate::lists) trait Sorted {
    /// Returns how many there are.
    fn count(&self) -> usize;
    /// Returns one of them: visible ASCII, at most [`LONGEST_KEY`] bytes, and a number below 2^24.
    fn at(&self, index: usize) -> (&[u8], u32);
}

/// The three parts of a section: codes, index, pages.
pub(in crate::lists) fn write(keys: &impl Sorted) -> [Vec<u8>; 3] {
    let codes = Codes::of(keys);
    let lengths: Vec<u8> = [&codes.letters, &codes.shared, &codes.bits]
        .into_iter()
        .flat_map(Code::lengths)
        .copied()
        .collect();
    let mut pages = Pages::default();
    let mut group = BitsOut::default();
    let mut first = 0;
    for index in 0..keys.count() {
        let (key, number) = keys.at(index);
        debug_assert!(key.len() <= LONGEST_KEY);
        let same = match index > first {
            true => {
                let same = shared(keys.at(index - 1).0, key);
                codes.shared.write(same, &mut group);
                same
            }
            false => 0,
        };
        for letter in &key[same..] {
            codes.letters.write(symbol(*letter), &mut group);
        }
        codes.letters.write(END, &mut group);
        codes.number(number, &mut group);
        let count = index + 1 - first;
        // Long keys end a group early: it must fit a page.
        if count == GROUP || group.bytes.len() > PAGE / 3 || index + 1 == keys.count() {
            group.finish();
            pages.add(&group.bytes, count, keys.at(first).0);
            group.bytes.clear();
            first = index + 1;
        }
    }
    let (index, pages) = pages.finish();
    [lengths, index, pages]
}

fn symbol(letter: u8) -> usize {
    usize::from(letter.wrapping_sub(FIRST_LETTER))
}

struct Codes {
    letters: Code,
    shared: Code,
    bits: Code,
}

impl Codes {
    fn of(keys: &impl Sorted) -> Self {
        let mut counts = CODES.map(|symbols| vec![0_u64; symbols]);
        let [letters, same, bits] = &mut counts;
        let mut before: &[u8] = &[];
        for index in 0..keys.count() {
            let (key, number) = keys.at(index);
            let from = shared(before, key);
            // A key may come to stand first in its group: then all its letters are written.
            for letter in &key[..from] {
                let count = &mut letters[symbol(*letter)];
                *count = (*count).max(1);
            }
            key[from..]
                .iter()
                .for_each(|letter| letters[symbol(*letter)] += 1);
            letters[END] += 1;
            same[from] += 1;
            bits[bits_of(number)] += 1;
            before = key;
        }
        debug_assert_eq!(letters.len(), LETTERS + 1);
        let [letters, shared, bits] = counts.map(|counts| Code::of(&counts));
        Self {
            letters,
            shared,
            bits,
        }
    }

    fn number(&self, number: u32, out: &mut BitsOut) {
        let bits = bits_of(number);
        self.bits.write(bits, out);
        if let Some(rest) = bits.checked_sub(1) {
            out.put(number & !(1 << rest), rest as u32);
        }
    }
}

fn bits_of(number: u32) -> usize {
    let bits = (u32::BITS - number.leading_zeros()) as usize;
    debug_assert!(bits <= MOST_BITS);
    bits
}

#[derive(Default)]
struct Pages {
    done: Vec<u8>,
    /// Where each page's first key ends, and these keys.
    ends: Vec<u32>,
    firsts: Vec<u8>,
    rows: Vec<u16>,
    groups: Vec<u8>,
}

impl Pages {
    fn add(&mut self, group: &[u8], count: usize, first: &[u8]) {
        let taken = PAGE_HEAD + 2 * (self.rows.len() + 1) + self.groups.len() + group.len();
        if taken > PAGE {
            self.end_page();
        }
        if self.rows.is_empty() {
            self.firsts.extend_from_slice(first);
            let end = u32::try_from(self.firsts.len()).expect("first keys are a small part");
            self.ends.push(end);
        }
        // Where a group begins is less than 4,096, how many it has at most 16.
        let row = self.groups.len() << 4 | (count - 1);
        self.rows
            .push(u16::try_from(row).expect("a page has 12 bits"));
        self.groups.extend_from_slice(group);
    }

    fn end_page(&mut self) {
        let from = self.done.len();
        self.done.extend([0; 4]);
        let count = u16::try_from(self.rows.len()).expect("a page has room for fewer");
        self.done.extend(count.to_le_bytes());
        self.done.extend([0; 2]);
        for row in self.rows.drain(..) {
            self.done.extend(row.to_le_bytes());
        }
        self.done.append(&mut self.groups);
        self.done.resize(from + PAGE, 0);
        let check = check_of(&self.done[from..]);
        self.done[from..from + 4].copy_from_slice(&check);
    }

    fn finish(mut self) -> (Vec<u8>, Vec<u8>) {
        if !self.rows.is_empty() {
            self.end_page();
        }
        let mut index: Vec<u8> = self.ends.iter().flat_map(|end| end.to_le_bytes()).collect();
        index.append(&mut self.firsts);
        (index, self.done)
    }
}
