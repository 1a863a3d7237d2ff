//! Brotli, which has no magic: it is told by unpacking.
//!
//! Source: RFC 7932.

use std::io::{self, Read, SeekFrom};

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};

use super::{
    Source,
    kind::{HEAD, Kind},
    reader::filled,
};

/// So much is unpacked, at most, to see whether a stream ends where the source does.
const MOST: u64 = 64 << 20;
/// Below so many bytes anything is brotli.
const LEAST: usize = 8;

/// Returns whether a source of no other format is brotli: what comes out first is a format, or it ends where the source
/// ends. Other bytes do neither but by chance.
pub(super) fn is(source: &mut dyn Source) -> io::Result<bool> {
    source.seek(SeekFrom::Start(0))?;
    let mut packed = vec![0; 64 << 10];
    let mut length = filled(source, &mut packed)?;
    if length < LEAST {
        return Ok(false);
    }
    let room = StandardAlloc::default;
    let mut state = BrotliState::new(room(), room(), room());
    let mut plain = vec![0; 64 << 10];
    let mut all = 0;
    let (mut at, mut left) = (0, length);
    loop {
        let (mut into, mut room, mut total) = (0, plain.len(), 0);
        let told = BrotliDecompressStream(
            &mut left, &mut at, &packed, &mut room, &mut into, &mut plain, &mut total, &mut state,
        );
        let is_first = all == 0;
        all += into as u64;
        match told {
            _ if is_first && Kind::of(&plain[..into.min(HEAD)]).is_some() => return Ok(true),
            BrotliResult::ResultFailure => return Ok(false),
            BrotliResult::ResultSuccess => {
                let is_end = left == 0 && filled(source, &mut [0])? == 0;
                return Ok(all > 0 && is_end);
            }
            _ if all > MOST => return Ok(false),
            BrotliResult::NeedsMoreOutput => {}
            BrotliResult::NeedsMoreInput => {
                length = filled(source, &mut packed)?;
                if length == 0 {
                    return Ok(false);
                }
                (at, left) = (0, length);
            }
        }
    }
}

/// What was packed.
pub(super) fn unpacked<'a>(packed: impl Read + Send + 'a) -> Box<dyn Read + Send + 'a> {
    Box::new(brotli_decompressor::Decompressor::new(packed, 64 << 10))
}
