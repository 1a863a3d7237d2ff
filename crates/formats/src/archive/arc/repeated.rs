//! Packing of repeated bytes: a byte, 0x90 and how often it stands there; 0x90 and zero for 0x90 itself.
//!
//! Source: what arc 5.21q of Debian 12 writes and reads.

use std::io::{self, BufRead, BufReader, Read};

use super::super::error::damaged;

const AGAIN: u8 = 0x90;

pub(in super::super) struct Repeated<R> {
    packed: BufReader<R>,
    last: u8,
    /// How often it is still to come.
    left: u8,
}

impl<R: Read> Repeated<R> {
    pub(in super::super) fn new(packed: R) -> Self {
        Self {
            packed: BufReader::with_capacity(8 << 10, packed),
            last: 0,
            left: 0,
        }
    }

    fn next(&mut self) -> io::Result<Option<u8>> {
        let byte = self.packed.fill_buf()?.first().copied();
        self.packed.consume(usize::from(byte.is_some()));
        Ok(byte)
    }
}

impl<R: Read> Read for Repeated<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut length = 0;
        while length < buffer.len() {
            if self.left > 0 {
                self.left -= 1;
                buffer[length] = self.last;
                length += 1;
                continue;
            }
            let Some(byte) = self.next()? else {
                break;
            };
            if byte != AGAIN {
                self.last = byte;
                buffer[length] = byte;
                length += 1;
                continue;
            }
            match self.next()? {
                None => return Err(damaged("it ends where a number must be")),
                // It is not what is repeated next.
                Some(0) => {
                    buffer[length] = AGAIN;
                    length += 1;
                }
                // Once it was there already.
                Some(times) => self.left = times - 1,
            }
        }
        Ok(length)
    }
}
