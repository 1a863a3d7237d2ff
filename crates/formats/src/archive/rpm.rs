//! RPM packages: lead and headers skipped, behind them the payload.
//!
//! Source: RPM 4.18, docs/manual/format.md ("Package format").

use std::io::{self, Read};

use super::{error::damaged, reader::skipped};

/// The lead: what old versions knew a package by.
const LEAD: u64 = 96;
/// More than any header has: names and sums of a million files.
const MOST: u64 = 256 << 20;

/// Reads up to the payload.
pub(super) fn to_payload(stream: &mut impl Read) -> io::Result<()> {
    skipped(stream, LEAD)?;
    // Only the header of signatures is filled up to eight bytes.
    let signatures = header(stream)?;
    skipped(stream, signatures.next_multiple_of(8) - signatures)?;
    header(stream).map(drop)
}

/// Skips a header; returns how many bytes it had.
fn header(stream: &mut impl Read) -> io::Result<u64> {
    let mut intro = [0; 16];
    stream.read_exact(&mut intro)?;
    let word = |at: usize| {
        let bytes = [intro[at], intro[at + 1], intro[at + 2], intro[at + 3]];
        u64::from(u32::from_be_bytes(bytes))
    };
    let length = word(8) * 16 + word(12);
    if !intro.starts_with(b"\x8e\xad\xe8\x01") || length > MOST {
        return Err(damaged("its header is none"));
    }
    skipped(stream, length)?;
    Ok(16 + length)
}
