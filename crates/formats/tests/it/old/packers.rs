//! Packs as old programs did, by the shortest way that fills every table.

use std::collections::HashMap;

/// The CRC-16 of both formats, bit by bit.
fn crc_16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte), |sum: u16, _| {
            let odd = sum & 1;
            (sum >> 1) ^ (odd * 0xa001)
        })
    })
}

/// Text with words that come again and bytes that are repeated, long enough to fill every table.
pub(super) fn text() -> Vec<u8> {
    let mut text = Vec::new();
    let mut chance: u32 = 1;
    while text.len() < 60_000 {
        chance = chance.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        let word = chance >> 20 & 0x1ff;
        text.extend(format!("{word:o}{}", " ".repeat((word % 7) as usize)).bytes());
    }
    text
}

/// Bits in bytes, from either end.
#[derive(Default)]
struct Bits(Vec<bool>);

impl Bits {
    fn high_first(&mut self, value: usize, width: usize) {
        self.0
            .extend((0..width).rev().map(|at| value >> at & 1 == 1));
    }

    fn low_first(&mut self, value: usize, width: usize) {
        self.0.extend((0..width).map(|at| value >> at & 1 == 1));
    }

    fn bytes(&self, place: fn(usize) -> usize) -> Vec<u8> {
        let byte = |bits: &[bool]| {
            let bits = bits.iter().enumerate();
            bits.fold(0, |sum, (at, bit)| sum | u8::from(*bit) << place(at))
        };
        self.0.chunks(8).map(byte).collect()
    }

    fn high_bytes(&self) -> Vec<u8> {
        self.bytes(|at| 7 - at)
    }

    fn low_bytes(&self) -> Vec<u8> {
        self.bytes(|at| at)
    }
}

/// LZW of Zoo; begins anew when there are no more codes.
pub(super) fn lzd(bytes: &[u8]) -> Vec<u8> {
    let mut bits = Bits::default();
    let mut codes = HashMap::new();
    let (mut width, mut free) = (9, 258);
    bits.low_first(256, width);
    let mut string: Option<usize> = None;
    for byte in bytes.iter().map(|it| usize::from(*it)) {
        let Some(before) = string else {
            string = Some(byte);
            continue;
        };
        if let Some(longer) = codes.get(&(before, byte)) {
            string = Some(*longer);
            continue;
        }
        bits.low_first(before, width);
        string = Some(byte);
        codes.insert((before, byte), free);
        free += 1;
        if free > 1 << width {
            width += 1;
        }
        if free == 8192 {
            bits.low_first(256, width.min(13));
            codes.clear();
            (width, free) = (9, 258);
        }
    }
    bits.low_first(string.unwrap(), width.min(13));
    free += 1;
    if free > 1 << width {
        width += 1;
    }
    bits.low_first(257, width.min(13));
    bits.low_bytes()
}

/// Blocks of `-lh5-` whose codes are always the same: of bytes up to 127 and lengths up to 130, eight bits each.
pub(super) fn lh5(bytes: &[u8]) -> Vec<u8> {
    let mut symbols: Vec<(usize, usize)> = Vec::new();
    let mut seen: HashMap<&[u8], usize> = HashMap::new();
    let mut at = 0;
    while at < bytes.len() {
        let three = bytes.get(at..at + 3);
        let before = three.and_then(|it| seen.get(it)).copied();
        let before = before.filter(|it| at - it <= 8192);
        let same = before.map_or(0, |before| {
            let pairs = bytes[before..].iter().zip(&bytes[at..]);
            pairs.take(130).take_while(|(a, b)| a == b).count()
        });
        if let Some(three) = three {
            seen.insert(three, at);
        }
        match before {
            Some(before) => symbols.push((128 + same - 3, at - before - 1)),
            None => symbols.push((bytes[at].into(), 0)),
        }
        at += same.max(1);
    }
    let mut bits = Bits::default();
    for block in symbols.chunks(10_000) {
        bits.high_first(block.len(), 16);
        // Lengths are 8 or none: one bit for each, behind a gap where three others would be.
        bits.high_first(11, 5);
        for length in [0, 0, 1] {
            bits.high_first(length, 3);
        }
        bits.high_first(3, 2);
        for length in [0, 0, 0, 0, 1] {
            bits.high_first(length, 3);
        }
        bits.high_first(256 + 128, 9);
        let eights = |bits: &mut Bits| (0..128).for_each(|_| bits.high_first(1, 1));
        eights(&mut bits);
        bits.high_first(0, 1);
        bits.high_first(128 - 20, 9);
        eights(&mut bits);
        // Of fourteen codes of distances the first two are of three bits, the others of four.
        bits.high_first(14, 4);
        for code in 0..14 {
            bits.high_first(if code < 2 { 3 } else { 4 }, 3);
        }
        for (symbol, back) in block {
            bits.high_first(*symbol, 8);
            if *symbol < 128 {
                continue;
            }
            let width = (usize::BITS - back.leading_zeros()) as usize;
            match width {
                0 | 1 => bits.high_first(width, 3),
                _ => bits.high_first(width + 2, 4),
            }
            bits.high_first(back & !(1 << width >> 1), width.saturating_sub(1));
        }
    }
    bits.high_first(0, 16);
    bits.high_bytes()
}

pub(super) fn zoo(entries: &[(&str, u8, &[u8], &[u8])]) -> Vec<u8> {
    let mut zoo = b"ZOO 2.10 Archive.\x1a\0\0".to_vec();
    zoo.extend(0xfdc4_a7dc_u32.to_le_bytes());
    zoo.extend(42_u32.to_le_bytes());
    zoo.extend((-42_i32).to_le_bytes());
    zoo.extend([2, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    let mut add = |name: &str, method, plain: &[u8], packed: &[u8], is_last: bool| {
        let later = [&[0, 3], &b"sub"[..], &[0, 0, 0xa4, 1, 0x40, 0, 0, 0]].concat();
        let place = zoo.len() + 56 + later.len() + 5;
        let next = if is_last { 0 } else { place + packed.len() };
        let mut header = 0xfdc4_a7dc_u32.to_le_bytes().to_vec();
        header.extend([2, method]);
        header.extend((next as u32).to_le_bytes());
        header.extend((place as u32).to_le_bytes());
        // 29 February 2000, 12:30:10.
        header.extend([0x5d, 0x28, 0xc5, 0x63]);
        header.extend(crc_16(plain).to_le_bytes());
        header.extend((plain.len() as u32).to_le_bytes());
        header.extend((packed.len() as u32).to_le_bytes());
        header.extend([2, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        let mut short = [0; 13];
        short[..name.len()].copy_from_slice(name.as_bytes());
        header.extend(short);
        header.extend((later.len() as u16).to_le_bytes());
        // Five hours west.
        header.extend([20, 0, 0]);
        header.extend(&later);
        let sum = crc_16(&header).to_le_bytes();
        header[54..56].copy_from_slice(&sum);
        zoo.extend(header);
        zoo.extend(b"@)#(\0");
        zoo.extend(packed);
    };
    for (name, method, plain, packed) in entries {
        add(name, *method, plain, packed, false);
    }
    add("", 0, b"", b"", true);
    zoo
}

/// LZW of ARC before 5.0, by the table it filled.
pub(super) fn crunched(bytes: &[u8], hash: fn(u32, u32) -> u32) -> Vec<u8> {
    let mut taken = [false; 4096];
    let mut next = [0; 4096];
    let mut count = 0;
    let mut add = |before: u32, byte: u8| {
        let mut at = hash(before, byte.into()) as usize;
        if taken[at] {
            while next[at] != 0 {
                at = next[at];
            }
            let end = at;
            at = (at + 101) % 4096;
            while taken[at] {
                at = (at + 1) % 4096;
            }
            next[end] = at;
        }
        taken[at] = true;
        at as u32
    };
    let mut codes = HashMap::new();
    for byte in 0..=255 {
        codes.insert((0xffff, byte), add(0xffff, byte));
    }
    let mut bits = Bits::default();
    let mut string = 0xffff;
    for byte in bytes {
        if let Some(longer) = codes.get(&(string, *byte)) {
            string = *longer;
            continue;
        }
        bits.high_first(string as usize, 12);
        if count < 4096 - 256 {
            codes.insert((string, *byte), add(string, *byte));
            count += 1;
        }
        string = codes[&(0xffff, *byte)];
    }
    bits.high_first(string as usize, 12);
    bits.high_bytes()
}

pub(super) fn slow(before: u32, byte: u32) -> u32 {
    let sum = (before + byte) & 0xffff | 0x800;
    ((sum * sum) >> 6) & 0xfff
}

pub(super) fn fast(before: u32, byte: u32) -> u32 {
    ((before + byte) * 15073) & 0xfff
}

/// 0x90 and a number for more of the same byte.
pub(super) fn repeated(bytes: &[u8]) -> Vec<u8> {
    let runs = bytes.chunk_by(|a, b| a == b).flat_map(|it| it.chunks(255));
    let packed = runs.map(|run| match (run[0], run.len()) {
        (0x90, length) => [0x90, 0].repeat(length),
        (byte, length @ 4..) => vec![byte, 0x90, length as u8],
        (byte, length) => vec![byte; length],
    });
    packed.flatten().collect()
}

pub(super) fn arc(entries: &[(&str, u8, &[u8], &[u8])]) -> Vec<u8> {
    let mut arc = Vec::new();
    for (name, method, plain, packed) in entries {
        arc.extend([0x1a, *method]);
        let mut short = [0; 13];
        short[..name.len()].copy_from_slice(name.as_bytes());
        arc.extend(short);
        arc.extend((packed.len() as u32).to_le_bytes());
        arc.extend([0x5d, 0x28, 0xc5, 0x63]);
        arc.extend(crc_16(plain).to_le_bytes());
        if *method != 1 {
            arc.extend((plain.len() as u32).to_le_bytes());
        }
        arc.extend(*packed);
    }
    arc.extend([0x1a, 0]);
    arc
}

pub(super) fn crc_32(bytes: &[u8]) -> u32 {
    let sum = bytes.iter().fold(!0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum: u32, _| {
            (sum >> 1) ^ ((sum & 1) * 0xedb8_8320)
        })
    });
    !sum
}
