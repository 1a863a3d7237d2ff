//! Addresses in x86 code, which encoders make absolute where they believe that it is code.

/// An address that was named twice within so many bytes is one of code.
const NEAR: usize = 65_535;
/// Behind what is surely code, code is believed for so many bytes.
const BELIEVED: usize = 1023;
/// No instruction is looked for in the last bytes.
const TAIL: usize = 16;

/// Where each address was named last, by the lowest 16 bits of it.
pub(super) struct Calls {
    /// One more than the place, zero where there is none.
    named: Vec<u32>,
}

/// An instruction whose address is relative to it.
struct Found {
    /// Bytes before the address.
    length: usize,
    /// Behind what is surely code, how far it is believed.
    believed: usize,
}

impl Calls {
    pub(super) fn new() -> Self {
        Self {
            named: vec![0; 1 << 16],
        }
    }

    /// Makes addresses relative again.
    pub(super) fn undo(&mut self, out: &mut [u8]) {
        if out.len() <= TAIL + 1 {
            return;
        }
        self.named.fill(0);
        let mut sure: Option<usize> = None;
        // The first byte is never looked at.
        let mut at = 1;
        while at + TAIL < out.len() {
            let found = match found(&out[at..]) {
                Ok(found) => found,
                Err(skipped) => {
                    at += skipped;
                    continue;
                }
            };
            let address = at + found.length;
            let Some(bytes) = out[address..].first_chunk_mut() else {
                return;
            };
            let mut number = u32::from_le_bytes(*bytes);
            // At the beginning, code is not believed.
            if sure.is_some_and(|it| at.saturating_sub(it) <= found.believed) {
                number = number.wrapping_sub(at as u32);
                *bytes = number.to_le_bytes();
            }
            let target = usize::from((number as u16).wrapping_add(at as u16));
            let end = address + 3;
            let named = &mut self.named[target];
            if *named > 0 && end + 1 - *named as usize <= NEAR {
                sure = Some(end);
            }
            *named = end as u32 + 1;
            at = end + 1;
        }
    }
}

/// Returns the instruction that begins here, or how many bytes are none.
#[inline]
fn found(bytes: &[u8]) -> Result<Found, usize> {
    let is = |length, believed| Ok(Found { length, believed });
    match bytes {
        // Calls are frequent, and so are bytes that look like them.
        [0xe8, ..] => is(1, BELIEVED / 2),
        // Jumps are left alone, with their address.
        [0xe9, ..] => Err(5),
        [0xff, 0x15, ..] => is(2, BELIEVED),
        [0xf0, 0x83, 0x05, ..] => is(3, BELIEVED),
        // Of 64-bit code: `lea`, and `mov` into the first registers. (Two bits of the mode are not looked at by encoders.)
        [0x48 | 0x4c, 0x8d, mode, ..] if mode & 7 == 5 => is(3, BELIEVED),
        [0x48, 0x8b, mode, ..] if mode & 0xf7 == 5 => is(3, BELIEVED),
        _ => Err(1),
    }
}
