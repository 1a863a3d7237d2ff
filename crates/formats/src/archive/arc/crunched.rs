//! Crunching before ARC 5.0: LZW whose codes, of 12 bits each, are places in a table that strings were hashed into.
//!
//! To read it the table has to fill as it did for the writer: a string whose place is taken goes behind the last of those
//! that wanted the same, 101 places on or the next that is free.
//!
//! Source: what arc 5.21q of Debian 12 reads.

use std::io::{self, Read};

use super::super::{
    bits::HighFirst,
    error::damaged,
    spelled::{self, Spell},
};

/// Places; a code of 12 bits is one of them.
const PLACES: usize = 4096;
/// What a string of one byte goes on from.
const NOTHING: u16 = u16::MAX;

#[derive(Clone, Copy, Default)]
struct Place {
    is_taken: bool,
    /// The string before the last byte, and that byte.
    before: u16,
    last: u8,
    /// The place of the next that wanted this one; zero where there is none.
    next: u16,
}

pub(super) struct Crunched<R> {
    bits: HighFirst<R>,
    hash: fn(u16, u8) -> u16,
    places: Vec<Place>,
    free: usize,
    previous: Option<u16>,
    first: u8,
    /// What the last code stands for and was not read yet, the end first.
    spelled: Vec<u8>,
}

impl<R: Read> Crunched<R> {
    /// With the hash of methods 5 and 6.
    pub(super) fn slow(packed: R) -> Self {
        Self::new(packed, |before, last| {
            let sum = u32::from(before.wrapping_add(last.into()) | 0x800);
            (sum.wrapping_mul(sum) >> 6) as u16 & 0xfff
        })
    }

    /// With the hash of method 7.
    pub(super) fn fast(packed: R) -> Self {
        Self::new(packed, |before, last| {
            before.wrapping_add(last.into()).wrapping_mul(15073) & 0xfff
        })
    }

    fn new(packed: R, hash: fn(u16, u8) -> u16) -> Self {
        let mut table = Self {
            bits: HighFirst::new(packed),
            hash,
            places: vec![Place::default(); PLACES],
            free: PLACES,
            previous: None,
            first: 0,
            spelled: Vec::new(),
        };
        for byte in 0..=u8::MAX {
            table.add(NOTHING, byte);
        }
        table
    }

    /// Puts a string in, unless the table is full.
    fn add(&mut self, before: u16, last: u8) {
        if self.free == 0 {
            return;
        }
        let mut at = usize::from((self.hash)(before, last));
        if self.places[at].is_taken {
            // Each is put in once behind another, so this ends.
            while self.places[at].next != 0 {
                at = usize::from(self.places[at].next);
            }
            let end = at;
            at = (at + 101) % PLACES;
            while self.places[at].is_taken {
                at = (at + 1) % PLACES;
            }
            self.places[end].next = at as u16;
        }
        self.free -= 1;
        self.places[at] = Place {
            is_taken: true,
            before,
            last,
            next: 0,
        };
    }
}

impl<R: Read> Spell for Crunched<R> {
    fn spell(&mut self) -> io::Result<bool> {
        let code = self.bits.look(12)?;
        if self.bits.skip(12).is_err() {
            // Four bits may be left of the last byte.
            return Ok(false);
        }
        let code = code as u16;
        let mut at = code;
        if !self.places[usize::from(at)].is_taken {
            // The one that is about to be known: the one before and its own first byte again.
            let previous = self.previous;
            at = previous.ok_or_else(|| damaged("its first code is no byte"))?;
            self.spelled.push(self.first);
        }
        loop {
            // Each went on from one that was there before, so this ends.
            let place = self.places[usize::from(at)];
            self.spelled.push(place.last);
            if place.before == NOTHING {
                self.first = place.last;
                break;
            }
            at = place.before;
        }
        if let Some(previous) = self.previous {
            self.add(previous, self.first);
        }
        if !self.places[usize::from(code)].is_taken {
            return Err(damaged("a code stands before what it stands for"));
        }
        self.previous = Some(code);
        Ok(true)
    }

    fn spelled(&mut self) -> &mut Vec<u8> {
        &mut self.spelled
    }
}

impl<R: Read> Read for Crunched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        spelled::read(self, buffer)
    }
}
