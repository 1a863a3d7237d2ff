//! BinHex 4.0: six bits in a letter, and bytes that follow each other counted.

use std::io::{self, Read};

use super::super::{error::damaged, reader::fixed};

/// What stands in the line before it.
const LINE: &[u8] = b"(This file must be converted with BinHex";
const LETTERS: &[u8; 64] = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";
/// A byte that says how many times the one before comes; zero says that it is itself.
const AGAIN: u8 = 0x90;

/// Returns whether a line says so, and a colon follows it.
pub(in super::super) fn is(head: &[u8]) -> bool {
    let mut at = 0;
    for line in head.split_inclusive(|it| matches!(it, b'\r' | b'\n')) {
        at += line.len();
        if line.starts_with(LINE) {
            return head[at..].trim_ascii_start().starts_with(b":");
        }
    }
    false
}

/// What the letters stand for.
pub(super) struct BinHex<R> {
    stream: R,
    bits: u32,
    kept: u32,
    last: u8,
    /// How many more times the last byte comes.
    again: u8,
    is_over: bool,
}

impl<R: Read> BinHex<R> {
    /// Reads up to the colon that it begins with.
    pub(super) fn of(mut stream: R) -> io::Result<Self> {
        let mut line = Vec::new();
        loop {
            let [byte] = fixed(&mut stream)?;
            match byte {
                b'\r' | b'\n' if line.starts_with(LINE) => break,
                b'\r' | b'\n' => line.clear(),
                // No more of a line is looked at.
                _ if line.len() < LINE.len() => line.push(byte),
                _ => {}
            }
        }
        loop {
            match fixed(&mut stream)? {
                [b':'] => break,
                [it] if it.is_ascii_whitespace() => {}
                _ => return Err(damaged("it does not begin with a colon")),
            }
        }
        Ok(Self {
            stream,
            bits: 0,
            kept: 0,
            last: 0,
            again: 0,
            is_over: false,
        })
    }

    /// Returns the next byte before those that are counted are written out.
    fn packed(&mut self) -> io::Result<Option<u8>> {
        while !self.is_over && self.kept < 8 {
            let [letter] = fixed(&mut self.stream)?;
            match letter {
                b':' => self.is_over = true,
                it if it.is_ascii_whitespace() => {}
                it => {
                    let value = LETTERS.iter().position(|letter| *letter == it);
                    let value = value.and_then(|it| u32::try_from(it).ok());
                    let value = value.ok_or_else(|| damaged("a letter stands for nothing"))?;
                    self.bits = (self.bits << 6 | value) & 0x3fff;
                    self.kept += 6;
                }
            }
        }
        if self.kept < 8 {
            return Ok(None);
        }
        self.kept -= 8;
        Ok(Some((self.bits >> self.kept) as u8))
    }

    fn byte(&mut self) -> io::Result<Option<u8>> {
        loop {
            if self.again > 0 {
                self.again -= 1;
                return Ok(Some(self.last));
            }
            let Some(byte) = self.packed()? else {
                return Ok(None);
            };
            if byte != AGAIN {
                self.last = byte;
                return Ok(Some(byte));
            }
            match self.packed()? {
                None => return Err(damaged("it ends in a count")),
                Some(0) => {
                    self.last = AGAIN;
                    return Ok(Some(AGAIN));
                }
                Some(times) => self.again = times - 1,
            }
        }
    }
}

impl<R: Read> Read for BinHex<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut length = 0;
        while length < buffer.len() {
            let Some(byte) = self.byte()? else {
                break;
            };
            buffer[length] = byte;
            length += 1;
        }
        Ok(length)
    }
}
