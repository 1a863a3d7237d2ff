//! pbzx: pieces of xz one after the other, as Apple packs the payload of its packages.
//!
//! Source: N. Strange, "pbzx_stream" (2014), for what the fields hold: how much each piece but the last unpacks to, then for
//! each what it unpacks to and how long it is packed; one that does not get shorter is kept as it is.

use std::io::{self, Cursor, Read};

use lzma_rust2::XzReader;

use super::{error::damaged, reader::filled};

pub(super) const MAGIC: &[u8; 4] = b"pbzx";
/// Apple writes 16 MiB.
const LONGEST: u64 = 256 << 20;

/// What was packed.
pub(super) struct Pbzx<R> {
    packed: R,
    memory_kib: u32,
    is_begun: bool,
    piece: Option<Piece>,
}

enum Piece {
    Stored(Cursor<Vec<u8>>),
    Packed(Box<XzReader<Cursor<Vec<u8>>>>),
}

impl<R: Read> Pbzx<R> {
    pub(super) fn new(packed: R, memory_kib: u32) -> Self {
        Self {
            packed,
            memory_kib,
            is_begun: false,
            piece: None,
        }
    }

    /// Begins the next piece; none at the end.
    fn next_piece(&mut self) -> io::Result<Option<Piece>> {
        if !self.is_begun {
            let mut head = [0; 12];
            self.packed.read_exact(&mut head)?;
            self.is_begun = true;
        }
        let mut header = [0; 16];
        match filled(&mut self.packed, &mut header)? {
            0 => return Ok(None),
            16 => {}
            _ => return Err(damaged("it ends in the header of a piece")),
        }
        let (plain, packed) = header.split_at(8);
        let number = |bytes: &[u8]| bytes.iter().fold(0, |all, it| all << 8 | u64::from(*it));
        let (plain, packed) = (number(plain), number(packed));
        if packed > LONGEST {
            return Err(damaged("a piece says it is longer than any is"));
        }
        let mut bytes = Vec::new();
        (&mut self.packed).take(packed).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != packed {
            return Err(damaged("it ends in a piece"));
        }
        let bytes = Cursor::new(bytes);
        Ok(Some(match packed == plain {
            true => Piece::Stored(bytes),
            false => Piece::Packed(Box::new(XzReader::new_mem_limit(
                bytes,
                true,
                self.memory_kib,
            ))),
        }))
    }
}

impl<R: Read> Read for Pbzx<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let length = match &mut self.piece {
                Some(Piece::Stored(piece)) => piece.read(buffer)?,
                Some(Piece::Packed(piece)) => piece.read(buffer)?,
                None => 0,
            };
            if length > 0 {
                return Ok(length);
            }
            self.piece = self.next_piece()?;
            if self.piece.is_none() {
                return Ok(0);
            }
        }
    }
}
