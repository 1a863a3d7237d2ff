//! Unix compress, `.Z`: LZW with codes of 9 to 16 bits.
//!
//! Source: ncompress 5.0, compress.c.

use std::io::{self, Read};

use super::{
    error::damaged,
    reader::filled,
    spelled::{self, Spell},
};

/// The code that begins anew.
const CLEAR: usize = 256;

pub(super) struct Lzw<R> {
    packed: R,
    /// Codes come in groups of eight, which fill as many bytes as a code has bits.
    group: Vec<u8>,
    /// The next bit of the group.
    bit: usize,
    width: usize,
    widest: usize,
    is_blocked: bool,
    /// Of each code the code before its last byte, and that byte.
    before: Vec<u16>,
    last: Vec<u8>,
    /// How many codes there are.
    known: usize,
    previous: Option<usize>,
    first: u8,
    /// What the last code stands for and was not read yet, the end first.
    spelled: Vec<u8>,
}

impl<R: Read> Lzw<R> {
    pub(super) fn new(mut packed: R) -> io::Result<Self> {
        let mut head = [0; 3];
        packed.read_exact(&mut head)?;
        let widest = usize::from(head[2] & 0x1f);
        if head[..2] != [0x1f, 0x9d] || !(9..=16).contains(&widest) {
            return Err(damaged(
                "its head asks for codes of another length than 9 to 16 bits",
            ));
        }
        Ok(Self::of(packed, widest, head[2] & 0x80 != 0))
    }

    /// Codes without a head, of 9 to so many bits, at most 16; `is_blocked` if one of them begins anew.
    pub(super) fn of(packed: R, widest: usize, is_blocked: bool) -> Self {
        let codes = 1 << widest;
        Self {
            packed,
            group: Vec::new(),
            bit: 0,
            width: 9,
            widest,
            is_blocked,
            before: vec![0; codes],
            last: (0..codes).map(|it| (it & 0xff) as u8).collect(),
            known: CLEAR + usize::from(is_blocked),
            previous: None,
            first: 0,
            spelled: Vec::new(),
        }
    }

    fn code(&mut self) -> io::Result<Option<usize>> {
        if self.bit + self.width > self.group.len() * 8 {
            let mut group = vec![0; self.width];
            let length = filled(&mut self.packed, &mut group)?;
            group.truncate(length);
            (self.group, self.bit) = (group, 0);
            if self.width > length * 8 {
                return Ok(None);
            }
        }
        let (byte, shift) = (self.bit / 8, self.bit % 8);
        let bits = (0..3).map(|at| self.group.get(byte + at).copied().unwrap_or(0));
        let bits = bits.rev().fold(0, |sum, it| sum << 8 | usize::from(it));
        self.bit += self.width;
        Ok(Some(bits >> shift & ((1 << self.width) - 1)))
    }
}

impl<R: Read> Spell for Lzw<R> {
    fn spell(&mut self) -> io::Result<bool> {
        // A code more than fits: from here on they are wider.
        if self.known > (1 << self.width) - 1 && self.width < self.widest {
            self.width += 1;
            self.group.clear();
            self.bit = 0;
        }
        let Some(code) = self.code()? else {
            return Ok(false);
        };
        let Some(previous) = self.previous else {
            if code > 255 {
                return Err(damaged("its first code is no byte"));
            }
            self.previous = Some(code);
            self.first = code as u8;
            self.spelled.push(self.first);
            return Ok(true);
        };
        if code == CLEAR && self.is_blocked {
            self.known = CLEAR;
            self.width = 9;
            self.group.clear();
            self.bit = 0;
            return Ok(true);
        }
        let mut at = code;
        if code >= self.known {
            // The one that is about to be known: the one before and its own first byte again.
            if code > self.known {
                return Err(damaged("a code stands before what it stands for"));
            }
            self.spelled.push(self.first);
            at = previous;
        }
        while at > 255 {
            // Each code stands for a shorter one and a byte, so this ends.
            self.spelled.push(self.last[at]);
            let shorter = usize::from(self.before[at]);
            if shorter >= at {
                return Err(damaged("a code stands for itself"));
            }
            at = shorter;
        }
        self.first = at as u8;
        self.spelled.push(self.first);
        if self.known < 1 << self.widest {
            self.before[self.known] = previous as u16;
            self.last[self.known] = self.first;
            self.known += 1;
        }
        self.previous = Some(code);
        Ok(true)
    }

    fn spelled(&mut self) -> &mut Vec<u8> {
        &mut self.spelled
    }
}

impl<R: Read> Read for Lzw<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        spelled::read(self, buffer)
    }
}
