//! XPRESS: LZ77 with one prefix code.
//!
//! Source: \[MS-XCA\] 2.1 and 2.2, "LZ77+Huffman". A chunk of an image is one block of it.

use std::io;

use super::{
    super::error::damaged,
    bits::{Bits, repeat},
    code::Code,
};

/// 256 bytes, then 16 lengths for each of 16 widths of a distance.
const SYMBOLS: usize = 512;
/// A block has one code; behind so many bytes there would be another.
pub(super) const LARGEST: usize = 1 << 16;

/// Unpacks one chunk.
pub(super) fn unpack(packed: &[u8], out: &mut [u8], code: &mut Code) -> io::Result<()> {
    let Some((table, packed)) = packed.split_at_checked(SYMBOLS / 2) else {
        return Err(damaged("packed bytes end in their code"));
    };
    let lengths: Vec<u8> = table.iter().flat_map(|it| [it & 15, it >> 4]).collect();
    code.build(&lengths)?;
    let mut bits = Bits::of(packed);
    let mut at = 0;
    while at < out.len() {
        let symbol = code.symbol(&mut bits)?;
        if symbol < 256 {
            out[at] = symbol as u8;
            at += 1;
            continue;
        }
        // Long lengths are whole bytes, behind the words of which a bit may be needed next: 16 at least.
        bits.fill(16);
        let length = length(symbol & 15, &mut bits)?;
        let width = symbol as u32 >> 4 & 15;
        let distance = 1 << width | bits.read(width);
        at = repeat(out, at, distance as usize, length)?;
    }
    Ok(())
}

fn length(stored: usize, bits: &mut Bits<'_>) -> io::Result<usize> {
    if stored < 15 {
        return Ok(stored + 3);
    }
    let byte = bits.byte()?;
    if byte < 255 {
        return Ok(usize::from(byte) + 15 + 3);
    }
    let mut length = u32::from(u16::from_le_bytes([bits.byte()?, bits.byte()?]));
    if length == 0 {
        length = u32::from_le_bytes([bits.byte()?, bits.byte()?, bits.byte()?, bits.byte()?]);
    }
    match length {
        15.. => Ok(length as usize + 3),
        _ => Err(damaged("a length is written longer than it is")),
    }
}
