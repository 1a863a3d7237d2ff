//! Finds a key, or goes through all of them.

use std::borrow::Cow;

use super::{CODES, END, FIRST_LETTER, LONGEST_KEY, MOST_BITS, PAGE, PAGE_HEAD, check_of};
use crate::lists::{
    code::{Bits, Table},
    file::{Error, Source, damaged},
};

/// A section of keys, ready to be searched.
pub(in crate::lists) struct Keys<'a> {
    /// What it is called when it is damaged.
    part: &'static str,
    letters: Table,
    shared: Table,
    bits: Table,
    /// The end of each page's first key, then these keys.
    index: Cow<'a, [u8]>,
    pages: usize,
    /// Where the first page begins.
    at: u64,
}

impl<'a> Keys<'a> {
    /// Takes a section's codes and index; the pages stay where they are, from `at` on.
    ///
    /// # Errors
    /// [`Error::Damaged`] when codes or index cannot be those of so many pages.
    pub(in crate::lists) fn of(
        part: &'static str,
        codes: &[u8],
        index: Cow<'a, [u8]>,
        at: u64,
        length: u64,
    ) -> Result<Self, Error> {
        let bad = || damaged(part);
        let (letters, rest) = codes.split_at_checked(CODES[0]).ok_or_else(bad)?;
        let (shared, bits) = rest.split_at_checked(CODES[1]).ok_or_else(bad)?;
        let pages = usize::try_from(length).map_err(|_| bad())? / PAGE;
        let fits =
            bits.len() == CODES[2] && pages.checked_mul(4).is_some_and(|it| it <= index.len());
        Ok(Self {
            part,
            letters: Table::of(letters).ok_or_else(bad)?,
            shared: Table::of(shared).ok_or_else(bad)?,
            bits: Table::of(bits).ok_or_else(bad)?,
            index: if fits { index } else { return Err(bad()) },
            pages,
            at,
        })
    }

    /// Returns the number of a key, if it is there.
    ///
    /// # Errors
    /// When the page it would be in cannot be read or is damaged.
    pub(in crate::lists) fn find(
        &self,
        key: &[u8],
        source: &Source<'_>,
    ) -> Result<Option<u32>, Error> {
        let Some(page) = self.page_of(key)? else {
            return Ok(None);
        };
        let mut room = [0; PAGE];
        let page = self.page(page, source, &mut room)?;
        // The last group whose first key is not behind the key.
        let (mut low, mut high) = (0, page.groups());
        while low < high {
            let middle = (low + high) / 2;
            let mut group = self.group(&page, middle)?;
            match group.next()? {
                Some(_) if group.key.as_slice() <= key => low = middle + 1,
                _ => high = middle,
            }
        }
        let Some(last) = low.checked_sub(1) else {
            return Ok(None);
        };
        let mut group = self.group(&page, last)?;
        while let Some(number) = group.next()? {
            match group.key.as_slice().cmp(key) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => return Ok(Some(number)),
                std::cmp::Ordering::Greater => break,
            }
        }
        Ok(None)
    }

    /// Calls `see` with every key and its number, in their order.
    ///
    /// # Errors
    /// When a page cannot be read or is damaged, or keys are not in their order.
    pub(in crate::lists) fn each(
        &self,
        source: &Source<'_>,
        mut see: impl FnMut(&[u8], u32),
    ) -> Result<(), Error> {
        let mut room = [0; PAGE];
        let mut before: Vec<u8> = Vec::new();
        for page in 0..self.pages {
            let page = self.page(page, source, &mut room)?;
            for group in 0..page.groups() {
                let mut group = self.group(&page, group)?;
                while let Some(number) = group.next()? {
                    if !before.is_empty() && group.key <= before {
                        return Err(damaged(self.part));
                    }
                    before.clone_from(&group.key);
                    see(&group.key, number);
                }
            }
        }
        Ok(())
    }

    /// Returns the last page whose first key is not behind `key`.
    fn page_of(&self, key: &[u8]) -> Result<Option<usize>, Error> {
        let (mut low, mut high) = (0, self.pages);
        while low < high {
            let middle = (low + high) / 2;
            match self.first(middle).ok_or(damaged(self.part))? <= key {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        Ok(low.checked_sub(1))
    }

    fn first(&self, page: usize) -> Option<&[u8]> {
        let (ends, keys) = self.index.split_at_checked(4 * self.pages)?;
        let end = |page: usize| {
            let four = ends.get(4 * page..4 * page + 4)?.try_into().ok()?;
            usize::try_from(u32::from_le_bytes(four)).ok()
        };
        let from = match page.checked_sub(1) {
            Some(before) => end(before)?,
            None => 0,
        };
        keys.get(from..end(page)?)
    }

    fn page<'r>(
        &self,
        page: usize,
        source: &'r Source<'_>,
        room: &'r mut [u8; PAGE],
    ) -> Result<Page<'r>, Error> {
        let bytes = source.page(self.at + (page * PAGE) as u64, room)?;
        if check_of(bytes) != bytes[..4] {
            return Err(damaged(self.part));
        }
        let groups = usize::from(u16::from_le_bytes([bytes[4], bytes[5]]));
        let (rows, groups) = bytes[PAGE_HEAD..]
            .split_at_checked(2 * groups)
            .ok_or(damaged(self.part))?;
        Ok(Page {
            rows,
            bytes: groups,
        })
    }

    fn group<'p>(&'p self, page: &Page<'p>, group: usize) -> Result<Group<'p>, Error> {
        let row = [page.rows[2 * group], page.rows[2 * group + 1]];
        let row = usize::from(u16::from_le_bytes(row));
        let bytes = page.bytes.get(row >> 4..).ok_or(damaged(self.part))?;
        Ok(Group {
            keys: self,
            bits: Bits::of(bytes),
            left: (row & 15) + 1,
            key: Vec::with_capacity(64),
            is_first: true,
        })
    }
}

struct Page<'a> {
    rows: &'a [u8],
    bytes: &'a [u8],
}

impl Page<'_> {
    fn groups(&self) -> usize {
        self.rows.len() / 2
    }
}

/// A walk through one group.
struct Group<'a> {
    keys: &'a Keys<'a>,
    bits: Bits<'a>,
    left: usize,
    key: Vec<u8>,
    is_first: bool,
}

impl Group<'_> {
    /// Goes on to the next key and returns its number; `None` behind the last.
    fn next(&mut self) -> Result<Option<u32>, Error> {
        match self.left.checked_sub(1) {
            None => Ok(None),
            Some(left) => {
                self.left = left;
                self.decoded().map(Some).ok_or(damaged(self.keys.part))
            }
        }
    }

    fn decoded(&mut self) -> Option<u32> {
        let (keys, bits) = (self.keys, &mut self.bits);
        if !std::mem::take(&mut self.is_first) {
            let same = keys.shared.read(bits)?;
            (same <= self.key.len()).then(|| self.key.truncate(same))?;
        }
        loop {
            match keys.letters.read(bits)? {
                END => break,
                letter => self.key.push(FIRST_LETTER + u8::try_from(letter).ok()?),
            }
            if self.key.len() > LONGEST_KEY {
                return None;
            }
        }
        let bits_of = keys.bits.read(bits)?;
        match u32::try_from(bits_of).ok()?.checked_sub(1) {
            None => Some(0),
            Some(rest) if bits_of <= MOST_BITS => Some(1 << rest | bits.take(rest)?),
            Some(_) => None,
        }
    }
}
