//! StuffIt before version 5, which no program of Debian packs: it is packed here. unar 1.10.1 reads the same of it.

use candor_formats::archive::{ArchiveError, EntryKind, Kind, Unreadable};

use crate::archives::{packed, read, tree};

/// The checksum of ARC: CRC-16 by the polynomial 0xa001, from zero on.
fn sum(bytes: &[u8]) -> [u8; 2] {
    let byte = |sum: u16, byte: &u8| {
        let bit = |sum: u16, _| sum >> 1 ^ if sum & 1 == 1 { 0xa001 } else { 0 };
        (0..8).fold(sum ^ u16::from(*byte), bit)
    };
    bytes.iter().fold(0, byte).to_be_bytes()
}

fn header(method: u8, name: &[u8], plain: &[u8], packed: &[u8]) -> Vec<u8> {
    let mut header = vec![0; 110];
    header[0] = if method & 0x60 == 0x20 { method } else { 0 };
    header[1] = method;
    header[2] = name.len() as u8;
    header[3..3 + name.len()].copy_from_slice(name);
    header[66..74].copy_from_slice(b"TEXTttxt");
    header[76..80].copy_from_slice(&2_082_844_801_u32.to_be_bytes());
    header[80..84].copy_from_slice(&2_082_844_801_u32.to_be_bytes());
    if header[0] == 0 {
        header[84..88].copy_from_slice(&4_u32.to_be_bytes());
        header[92..96].copy_from_slice(&4_u32.to_be_bytes());
        header[88..92].copy_from_slice(&(plain.len() as u32).to_be_bytes());
        header[96..100].copy_from_slice(&(packed.len() as u32).to_be_bytes());
        header[100..102].copy_from_slice(&sum(b"fork"));
        header[102..104].copy_from_slice(&sum(plain));
    }
    header.extend(sum(&header));
    if header[0] == 0 {
        header.extend(b"fork");
        header.extend(packed);
    }
    header
}

/// Codes of eight bits: a tree of all bytes.
fn huffman(plain: &[u8]) -> Vec<u8> {
    fn grow(bits: &mut Vec<u8>, byte: usize, depth: usize) {
        match depth {
            8 => {
                bits.push(1);
                bits.extend((0..8).rev().map(|bit| (byte >> bit & 1) as u8));
            }
            _ => {
                bits.push(0);
                grow(bits, byte << 1, depth + 1);
                grow(bits, byte << 1 | 1, depth + 1);
            }
        }
    }
    let mut bits = Vec::new();
    grow(&mut bits, 0, 0);
    bits.extend(
        plain
            .iter()
            .flat_map(|it| (0..8).rev().map(move |bit| it >> bit & 1)),
    );
    let bytes = bits.chunks(8);
    let byte =
        |bits: &[u8]| (0..8).fold(0, |all, at| all << 1 | bits.get(at).copied().unwrap_or(0));
    bytes.map(byte).collect()
}

fn archive(files: &[Vec<u8>]) -> Vec<u8> {
    let files = files.concat();
    let mut whole = b"SIT!\0\x02".to_vec();
    whole.extend((files.len() as u32 + 22).to_be_bytes());
    whole.extend(b"rLau\x01\0\0\0\0\0\0\0");
    whole.extend(files);
    whole
}

/// What mutations begin with, too.
pub(crate) fn whole() -> Vec<u8> {
    let text = &tree()["readme.txt"];
    archive(&[
        header(32, b"a/b", b"", b""),
        header(0, b"stored", b"as it is", b"as it is"),
        header(1, b"again", b"aaaaaaaa\x90b", b"a\x90\x08\x90\0b"),
        header(33, b"a/b", b"", b""),
        // What `compress` packs, without its head.
        header(2, b"lzw", text, &packed("text.Z")[3..]),
        header(3, b"huffman", text, &huffman(text)),
        header(13, b"later", text, b"packed"),
        header(0, b"last", b"at the end", b"at the end"),
    ])
}

#[test]
fn stuffit_is_read_but_for_later_methods() {
    let (kept, kinds) = read(&whole(), None);
    assert_eq!(kinds.unwrap(), [Kind::StuffIt]);
    let text = &tree()["readme.txt"];
    let right: [(&[u8], Option<&[u8]>); 7] = [
        (b"a:b", None),
        (b"a:b/stored", Some(b"as it is")),
        (b"a:b/again", Some(b"aaaaaaaa\x90b")),
        (b"lzw", Some(text)),
        (b"huffman", Some(text)),
        (b"later", None),
        (b"last", Some(b"at the end")),
    ];
    assert_eq!(kept.entries.len(), right.len());
    for ((entry, bytes), (name, plain)) in kept.entries.iter().zip(right) {
        assert_eq!(entry.name, name);
        assert_eq!(entry.modified, Some(1));
        match (plain, bytes) {
            (Some(plain), Ok(bytes)) => assert!(bytes == plain, "{name:?}"),
            (None, Ok(_)) => assert_eq!(entry.kind, EntryKind::Folder),
            (Some(_), Err(error)) => panic!("{name:?}: {error}"),
            (None, Err(error)) => {
                let why = error.get_ref().and_then(|it| it.downcast_ref());
                let right = Unreadable::Method("StuffIt method 13".to_owned());
                assert_eq!(why, Some(&right));
            }
        }
    }
}

#[test]
fn any_changed_byte_of_stuffit_is_told_or_harmless() {
    let whole = whole();
    let (right, _) = read(&whole, None);
    for at in (22..whole.len()).step_by(7) {
        let mut changed = whole.clone();
        changed[at] ^= 0x10;
        let (kept, _) = read(&changed, None);
        for ((entry, bytes), (of, right)) in kept.entries.iter().zip(&right.entries) {
            assert_eq!(entry, of, "{at}");
            if let (Ok(bytes), Ok(right)) = (bytes, right) {
                assert!(bytes == right, "{at}");
            }
        }
    }
}

#[test]
fn stuffit_that_was_cut_off_is_damaged() {
    let whole = whole();
    for end in [21, 130, whole.len() - 3] {
        let (kept, kinds) = read(&whole[..end], None);
        let kind = Kind::StuffIt;
        let is_told = matches!(kinds, Err(ArchiveError::Damaged { kind: it, .. }) if it == kind);
        assert!(
            is_told || kept.entries.iter().any(|it| it.1.is_err()),
            "{end}"
        );
    }
}
