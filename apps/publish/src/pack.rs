//! zstd (RFC 8878): whole lists, and lists with an older one in front of them.

use std::io::{self, Write};

/// The window of a delta, as a power of two: it reaches over the older list and the new one.
const WINDOW: u32 = 27;

/// Packs bytes; with `older`, only what is new in them.
///
/// # Errors
/// What the library says: out of memory.
pub(crate) fn pack(bytes: &[u8], older: Option<&[u8]>, level: i32) -> io::Result<Vec<u8>> {
    let mut packed = Vec::new();
    match older {
        None => written(zstd::Encoder::new(&mut packed, level)?, bytes)?,
        Some(older) => {
            let mut out = zstd::Encoder::with_ref_prefix(&mut packed, level, older)?;
            out.window_log(WINDOW)?;
            out.long_distance_matching(true)?;
            written(out, bytes)?;
        }
    }
    Ok(packed)
}

fn written(mut out: zstd::Encoder<'_, &mut Vec<u8>>, bytes: &[u8]) -> io::Result<()> {
    out.include_checksum(false)?;
    out.set_pledged_src_size(Some(bytes.len() as u64))?;
    out.write_all(bytes)?;
    out.finish().map(drop)
}

/// Unpacks what [`pack`] made of a whole list.
///
/// # Errors
/// When it is none.
pub(crate) fn unpack(packed: &[u8]) -> io::Result<Vec<u8>> {
    zstd::decode_all(packed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delta_is_as_long_as_what_is_new() {
        // Names that do not pack well, a few of them new.
        let line = |n: u64| format!("{:016x}.example\n", n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let older: String = (0..20_000).map(line).collect();
        let newer: String = (0..20_000)
            .filter(|n| n % 1000 != 7)
            .chain(20_000..20_010)
            .map(line)
            .collect();
        let whole = pack(newer.as_bytes(), None, 19).unwrap();
        let delta = pack(newer.as_bytes(), Some(older.as_bytes()), 19).unwrap();
        assert_eq!(unpack(&whole).unwrap(), newer.as_bytes());
        assert!(
            delta.len() * 50 < whole.len(),
            "{} of {}",
            delta.len(),
            whole.len()
        );
        // The same bytes each time: whoever makes a release again gets the same one.
        assert_eq!(pack(newer.as_bytes(), None, 19).unwrap(), whole);
    }
}
