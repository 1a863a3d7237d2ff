//! Archives that no program of Debian packs any more: Zoo, and ARC before 5.0. They are packed here; unar 1.10.1 and, of
//! ARC, arc 5.21q read the same of them.

use std::{
    collections::HashMap,
    io::{Cursor, Read},
};

use candor_formats::archive::{
    ArchiveError, Asked, Budget, Entry, Kind, Limits, Next, Unreadable, Visitor, visit,
};

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
fn text() -> Vec<u8> {
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
fn lzd(bytes: &[u8]) -> Vec<u8> {
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
fn lh5(bytes: &[u8]) -> Vec<u8> {
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

fn zoo(entries: &[(&str, u8, &[u8], &[u8])]) -> Vec<u8> {
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
fn crunched(bytes: &[u8], hash: fn(u32, u32) -> u32) -> Vec<u8> {
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

fn slow(before: u32, byte: u32) -> u32 {
    let sum = (before + byte) & 0xffff | 0x800;
    sum * sum >> 6 & 0xfff
}

fn fast(before: u32, byte: u32) -> u32 {
    (before + byte) * 15073 & 0xfff
}

/// 0x90 and a number for more of the same byte.
fn repeated(bytes: &[u8]) -> Vec<u8> {
    let runs = bytes.chunk_by(|a, b| a == b).flat_map(|it| it.chunks(255));
    let packed = runs.map(|run| match (run[0], run.len()) {
        (0x90, length) => [0x90, 0].repeat(length),
        (byte, length @ 4..) => vec![byte, 0x90, length as u8],
        (byte, length) => vec![byte; length],
    });
    packed.flatten().collect()
}

fn arc(entries: &[(&str, u8, &[u8], &[u8])]) -> Vec<u8> {
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

fn whole_zoo() -> Vec<u8> {
    let text = text();
    zoo(&[
        ("stored", 0, b"as it is", b"as it is"),
        ("lzd", 1, &text, &lzd(&text)),
        ("lzh", 2, &text, &lh5(&text)),
    ])
}

fn whole_arc() -> Vec<u8> {
    let text = text();
    let again = repeated(&text);
    let marks = b"\x90\x90 and \x90\x90\x90\x90\x90";
    arc(&[
        ("STORED", 1, b"as it is", b"as it is"),
        ("PACKED", 3, &text, &again),
        ("MARKS", 3, marks, &repeated(marks)),
        ("SLOW", 5, &text, &crunched(&text, slow)),
        ("AGAIN", 6, &text, &crunched(&again, slow)),
        ("FAST", 7, &text, &crunched(&again, fast)),
    ])
}

/// What mutations begin with.
pub(crate) fn seeds() -> [Vec<u8>; 2] {
    let text = &text()[..3000];
    let again = repeated(text);
    [
        zoo(&[
            ("lzd", 1, text, &lzd(text)),
            ("lzh", 2, text, &lh5(text)),
            ("stored", 0, b"as it is", b"as it is"),
        ]),
        arc(&[
            ("PACKED", 3, text, &again),
            ("SLOW", 5, text, &crunched(text, slow)),
            ("FAST", 7, text, &crunched(&again, fast)),
        ]),
    ]
}

#[derive(Default)]
struct Kept(Vec<(Entry, Result<Vec<u8>, std::io::Error>)>);

impl Visitor for Kept {
    fn entry(&mut self, entry: &Entry, bytes: &mut dyn Read) -> Next {
        let mut all = Vec::new();
        let read = bytes.read_to_end(&mut all).map(|_| all);
        self.0.push((entry.clone(), read));
        Next::Go
    }
}

fn read(bytes: &[u8]) -> (Kept, Result<Vec<Kind>, ArchiveError>) {
    let mut kept = Kept::default();
    let budget = Budget::new(Limits::for_archive(0));
    let asked = Asked {
        budget: &budget,
        password: None,
    };
    let kinds = visit(&mut Cursor::new(bytes), &asked, &mut kept);
    (kept, kinds)
}

fn is_checksum(error: &std::io::Error) -> bool {
    let why = error.get_ref().and_then(|it| it.downcast_ref());
    matches!(why, Some(Unreadable::Checksum))
}

#[test]
fn zoo_is_read() {
    let (kept, kinds) = read(&whole_zoo());
    assert_eq!(kinds.unwrap(), [Kind::Zoo]);
    let names = ["sub/stored", "sub/lzd", "sub/lzh"];
    assert_eq!(kept.0.len(), names.len());
    for ((entry, bytes), name) in kept.0.iter().zip(names) {
        assert_eq!(entry.name, name.as_bytes());
        assert_eq!(entry.mode, Some(0o644));
        // Wall time and zone are one moment.
        assert_eq!(entry.modified, Some(951_845_410));
        assert!(!entry.is_wall_time);
        let bytes = bytes
            .as_ref()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        match name {
            "sub/stored" => assert_eq!(bytes, b"as it is"),
            _ => assert!(*bytes == text(), "{name}"),
        }
    }
}

#[test]
fn arc_is_read_as_it_was_before_5_0() {
    let (kept, kinds) = read(&whole_arc());
    assert_eq!(kinds.unwrap(), [Kind::Arc]);
    assert_eq!(kept.0.len(), 6);
    for (entry, bytes) in &kept.0 {
        let name = String::from_utf8_lossy(&entry.name);
        assert_eq!(entry.modified, Some(951_827_410));
        assert!(entry.is_wall_time);
        let bytes = bytes
            .as_ref()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        match &entry.name[..] {
            b"STORED" => assert_eq!(bytes, b"as it is"),
            b"MARKS" => assert_eq!(bytes, b"\x90\x90 and \x90\x90\x90\x90\x90"),
            _ => assert!(*bytes == text(), "{name}"),
        }
    }
}

#[test]
fn a_changed_byte_is_told_of_its_file_alone() {
    for whole in [whole_zoo(), whole_arc()] {
        let at = whole.windows(8).position(|it| it == b"as it is").unwrap();
        let mut changed = whole;
        changed[at] ^= 1;
        let (kept, kinds) = read(&changed);
        kinds.unwrap();
        let errors: Vec<_> = kept.0.iter().filter_map(|it| it.1.as_ref().err()).collect();
        assert_eq!(errors.len(), 1);
        assert!(is_checksum(errors[0]), "{errors:?}");
    }
}

/// Entries that point back would be read without end.
#[test]
fn zoo_that_points_back_is_refused() {
    let mut zoo = whole_zoo();
    // Where the next entry is.
    zoo[42 + 6..42 + 10].copy_from_slice(&42_u32.to_le_bytes());
    let (kept, kinds) = read(&zoo);
    assert!(matches!(
        kinds,
        Err(ArchiveError::Damaged {
            kind: Kind::Zoo,
            ..
        })
    ));
    assert_eq!(kept.0.len(), 1);
}

/// One byte of a beginning is no archive.
#[test]
fn what_only_begins_like_one_is_none() {
    let whole = whole_arc();
    for (at, byte) in [(1, 0), (1, 12), (2, 0), (3, b'\n'), (18, 0xff), (19, 0)] {
        let mut changed = whole.clone();
        changed[at] = byte;
        let (_, kinds) = read(&changed);
        assert!(
            matches!(kinds, Err(ArchiveError::NoArchive)),
            "{at}: {kinds:?}"
        );
    }
}

/// `xterm` as ncurses compiles it: the same first two bytes as an entry of ARC's first version.
#[test]
fn what_a_terminal_can_do_is_no_arc() {
    let mut terminal = b"\x1a\x01\x30\0\x26\0\x0f\0\x9d\x01\x62\x06".to_vec();
    terminal.extend(b"xterm|xterm terminal emulator (X Window System)\0");
    terminal.extend([0; 200]);
    let (_, kinds) = read(&terminal);
    assert!(matches!(kinds, Err(ArchiveError::NoArchive)), "{kinds:?}");
}

fn crc_32(bytes: &[u8]) -> u32 {
    let sum = bytes.iter().fold(!0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum: u32, _| {
            (sum >> 1) ^ ((sum & 1) * 0xedb8_8320)
        })
    });
    !sum
}

/// Changes a byte of the first entry's header, and its checksum, in an archive that arj packed.
fn arj_with(at: usize, value: u8) -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/archives/arj-1.arj");
    let mut arj = std::fs::read(path).unwrap();
    let length = |arj: &[u8], at: usize| usize::from(u16::from_le_bytes([arj[at], arj[at + 1]]));
    let first = 4 + length(&arj, 2) + 4 + 2;
    let end = first + 4 + length(&arj, first + 2);
    arj[first + 4 + at] = value;
    let sum = crc_32(&arj[first + 4..end]);
    arj[end..end + 4].copy_from_slice(&sum.to_le_bytes());
    arj
}

#[test]
fn what_is_wrong_with_an_entry_of_arj_is_told_of_it_alone() {
    for (at, value, why) in [
        (4, 4, "goes on in another volume"),
        (4, 8, "begins in another volume"),
        (5, 9, "ARJ method 9"),
        (20, 1, "checksum differs"),
        (4, 1, "needs a password"),
    ] {
        let (kept, kinds) = read(&arj_with(at, value));
        kinds.unwrap();
        let errors: Vec<_> = kept.0.iter().filter_map(|it| it.1.as_ref().err()).collect();
        assert_eq!(errors.len(), 1, "{why}");
        assert!(errors[0].to_string().contains(why), "{errors:?}");
    }
}

#[test]
fn a_changed_header_of_arj_is_damage() {
    let mut arj = arj_with(4, 0);
    let at = arj.windows(9).position(|it| it == b"zeros.bin").unwrap();
    arj[at] ^= 1;
    let (_, kinds) = read(&arj);
    let kind = Kind::Arj;
    assert!(matches!(kinds, Err(ArchiveError::Damaged { kind: it, .. }) if it == kind));
}
