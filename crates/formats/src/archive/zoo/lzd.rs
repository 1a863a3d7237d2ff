//! LZW of Zoo: codes of 9 to 13 bits, one after the other without gaps, the lowest bit first.
//!
//! Source: R. Dhesi's zoo, lzd.c, of when codes grow; unar 1.10.1 reads what the tests pack.

use std::io::{self, Read};

use super::super::{
    bits::LowFirst,
    error::damaged,
    spelled::{self, Spell},
};

/// The code that begins anew.
const CLEAR: usize = 256;
/// The code behind which nothing follows.
const END: usize = 257;
const NARROWEST: u32 = 9;
const WIDEST: u32 = 13;

pub(super) struct Lzd<R> {
    bits: LowFirst<R>,
    width: u32,
    /// Of each code from 258 on the code before its last byte, and that byte.
    codes: Vec<(u16, u8)>,
    previous: Option<usize>,
    first: u8,
    /// What the last code stands for and was not read yet, the end first.
    spelled: Vec<u8>,
}

impl<R: Read> Lzd<R> {
    pub(super) fn new(packed: R) -> Self {
        Self {
            bits: LowFirst::new(packed),
            width: NARROWEST,
            codes: Vec::new(),
            previous: None,
            first: 0,
            spelled: Vec::new(),
        }
    }
}

impl<R: Read> Spell for Lzd<R> {
    fn spell(&mut self) -> io::Result<bool> {
        let code = self.bits.take(self.width)?;
        let code = code.ok_or_else(|| damaged("its packed bytes end too early"))? as usize;
        match code {
            CLEAR => {
                self.codes.clear();
                self.previous = None;
                self.width = NARROWEST;
                return Ok(true);
            }
            END => return Ok(false),
            _ => {}
        }
        let free = END + 1 + self.codes.len();
        let mut at = code;
        if code >= free {
            // The one that is about to be known: the one before and its own first byte again.
            let previous = self.previous.filter(|_| code == free);
            at = previous.ok_or_else(|| damaged("a code stands before what it stands for"))?;
            self.spelled.push(self.first);
        }
        while at > END {
            // Each code stands for one that was there before and a byte, so this ends.
            let (before, last) = self.codes[at - END - 1];
            self.spelled.push(last);
            at = before.into();
        }
        self.first = at as u8;
        self.spelled.push(self.first);
        if let Some(previous) = self.previous
            && free < 1 << WIDEST
        {
            self.codes.push((previous as u16, self.first));
            if free + 1 >= 1 << self.width && self.width < WIDEST {
                self.width += 1;
            }
        }
        self.previous = Some(code);
        Ok(true)
    }

    fn spelled(&mut self) -> &mut Vec<u8> {
        &mut self.spelled
    }
}

impl<R: Read> Read for Lzd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        spelled::read(self, buffer)
    }
}
