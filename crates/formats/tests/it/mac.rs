//! BinHex, MacBinary and AppleSingle: names, checksums, and what only begins like one.

use candor_formats::archive::{ArchiveError, Kind, Unreadable};

use crate::archives::{packed, read};

/// CRC-16 by the polynomial 0x1021, from zero on.
fn sum(bytes: &[u8]) -> [u8; 2] {
    let bits = |mut sum: u16, byte: &u8| {
        for bit in (0..8).rev() {
            let is_odd = (sum >> 15) ^ u16::from(byte >> bit & 1) == 1;
            sum = sum << 1 ^ if is_odd { 0x1021 } else { 0 };
        }
        sum
    };
    bytes.iter().fold(0, bits).to_be_bytes()
}

/// A file with a resource fork, in MacBinary II.
fn macbinary(name: &[u8], data: &[u8]) -> Vec<u8> {
    let mut file = vec![0; 128];
    file[1] = name.len() as u8;
    file[2..2 + name.len()].copy_from_slice(name);
    file[65..73].copy_from_slice(b"TEXTttxt");
    file[83..87].copy_from_slice(&(data.len() as u32).to_be_bytes());
    file[87..91].copy_from_slice(&4_u32.to_be_bytes());
    file[95..99].copy_from_slice(&2_082_844_801_u32.to_be_bytes());
    file[122..124].copy_from_slice(&[129, 129]);
    let sum = sum(&file[..124]);
    file[124..126].copy_from_slice(&sum);
    file.extend(data);
    file.resize(file.len().next_multiple_of(128), 0);
    file.extend([b"fork", &[0; 124][..]].concat());
    file
}

/// The same in BinHex 4.0, with a letter before that is no part of it.
fn binhex(name: &[u8], data: &[u8]) -> Vec<u8> {
    let mut plain = [&[name.len() as u8][..], name, b"\0TEXTttxt\0\0"].concat();
    plain.extend((data.len() as u32).to_be_bytes());
    plain.extend([0; 4]);
    plain.extend(sum(&plain));
    plain.extend([data, &sum(data), &[0; 2]].concat());
    let marked: Vec<u8> = plain
        .iter()
        .flat_map(|it| match it {
            0x90 => vec![0x90, 0],
            other => vec![*other],
        })
        .collect();
    let letters = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";
    let bits: Vec<u8> = marked
        .iter()
        .flat_map(|it| (0..8).rev().map(move |bit| it >> bit & 1))
        .collect();
    let text = bits.chunks(6).map(|six| {
        let value = (0..6).fold(0, |all, at| all << 1 | six.get(at).copied().unwrap_or(0));
        letters[usize::from(value)]
    });
    let text: Vec<u8> = text.collect();
    let lines: Vec<&[u8]> = text.chunks(63).collect();
    let text = lines.join(&b'\r');
    [
        b"Dear reader,\r\r(This file must be converted with BinHex 4.0)\r\r:",
        &text[..],
        b":\r",
    ]
    .concat()
}

/// What mutations begin with.
pub(crate) fn seeds() -> [Vec<u8>; 2] {
    [
        binhex(b"Read\x90Me", b"some text \x90"),
        macbinary(b"Read Me", b"some text"),
    ]
}

#[test]
fn a_file_alone_keeps_its_name() {
    for (packed, kind) in [
        (binhex(b"Read/Me", b"as it \x90\x90 was"), Kind::BinHex),
        (
            macbinary(b"Read/Me", b"as it \x90\x90 was"),
            Kind::MacBinary,
        ),
    ] {
        let (kept, kinds) = read(&packed, None);
        assert_eq!(kinds.unwrap(), [kind]);
        let [(entry, bytes)] = &kept.entries[..] else {
            panic!("{} entries", kept.entries.len());
        };
        assert_eq!(entry.name, b"Read:Me");
        assert_eq!(bytes.as_ref().unwrap(), b"as it \x90\x90 was");
        assert_eq!(entry.modified, (kind == Kind::MacBinary).then_some(1));
    }
}

#[test]
fn layers_are_named() {
    for (name, kind) in [
        ("tar.hqx", Kind::BinHex),
        ("tar.macbin", Kind::MacBinary),
        ("tar.applesingle", Kind::AppleSingle),
    ] {
        assert_eq!(read(&packed(name), None).1.unwrap(), [kind, Kind::Tar]);
    }
}

#[test]
fn a_changed_letter_is_told() {
    let whole = binhex(b"Name", &[b'a'; 100]);
    let at = whole.len() - 40;
    let mut changed = whole.clone();
    changed[at] = if changed[at] == b'!' { b'"' } else { b'!' };
    let (kept, _) = read(&changed, None);
    let error = kept.entries[0].1.as_ref().unwrap_err();
    let why = error.get_ref().and_then(|it| it.downcast_ref());
    assert!(matches!(why, Some(Unreadable::Checksum)), "{error:?}");
    let (kept, kinds) = read(&whole[..whole.len() - 40], None);
    assert!(kinds.is_err() || kept.entries[0].1.is_err());
}

#[test]
fn what_only_begins_like_macbinary_is_none() {
    let whole = macbinary(b"Name", b"some text");
    for (at, byte) in [
        (0, 1),
        (1, 0),
        (1, 64),
        (3, 7),
        (74, 1),
        (83, 1),
        (125, 0x55),
    ] {
        let mut changed = whole.clone();
        changed[at] ^= byte;
        changed[1] = if at == 1 { byte } else { changed[1] };
        let (_, kinds) = read(&changed, None);
        assert!(
            matches!(kinds, Err(ArchiveError::NoArchive)),
            "{at}: {kinds:?}"
        );
    }
    let said = b"He wrote (This file must be converted with BinHex 4.0)\n:\n";
    assert!(matches!(read(said, None).1, Err(ArchiveError::NoArchive)));
}

#[test]
fn parts_of_applesingle_that_lie_in_one_place_are_damage() {
    let mut changed = packed("tar.applesingle");
    // Where the data fork begins.
    changed[42..46].copy_from_slice(&51_u32.to_be_bytes());
    let (_, kinds) = read(&changed, None);
    let kind = Kind::AppleSingle;
    assert!(matches!(kinds, Err(ArchiveError::Damaged { kind: it, .. }) if it == kind));
}
