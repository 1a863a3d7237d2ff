//! Method 4: LZ77 whose lengths and distances are written in codes that never change.
//!
//! Source: R. K. Jung's unarj, unarj.h, of the widths (`STRTL` to `STOPL`, `STRTP` to `STOPP`); what arj 3.10.22 of
//! Debian 12 writes.

use std::io::{self, Read};

use super::super::{
    bits::HighFirst,
    window::{Symbol, Symbols},
};

/// The symbols of such a stream.
pub(super) struct Fastest<R>(HighFirst<R>);

impl<R: Read> Fastest<R> {
    pub(super) fn new(packed: R) -> Self {
        Self(HighFirst::new(packed))
    }

    /// Reads a number: ones that say how many bits more than the narrowest it has, a zero unless it is the widest, and its
    /// bits. Each width begins where the one before ends.
    fn number(&mut self, narrowest: u32, widest: u32) -> io::Result<usize> {
        let mut width = narrowest;
        let mut first = 0;
        while width < widest && self.0.take(1)? == 1 {
            first += 1 << width;
            width += 1;
        }
        Ok(first + self.0.take(width)? as usize)
    }
}

impl<R: Read> Symbols for Fastest<R> {
    fn next(&mut self) -> io::Result<Symbol> {
        let length = self.number(0, 7)?;
        if length == 0 {
            return Ok(Symbol::Byte(self.0.take(8)? as u8));
        }
        let distance = self.number(9, 13)? + 1;
        Ok(Symbol::Copy {
            distance,
            length: length + 2,
        })
    }
}
