//! Archives behind programs and scripts.

use candor_formats::archive::{ArchiveError, Kind};

use crate::archives::{packed, read};

/// What is no program, but begins as one and mentions how archives begin.
fn program(begins: &[u8]) -> Vec<u8> {
    let mut program = begins.to_vec();
    program.resize(3000, 0x90);
    for mentioned in [
        &b"7z\xbc\xaf\x27\x1c\0\x04"[..],
        b"Rar!\x1a\x07\x01\0",
        b"Rar!\x1a\x07\0",
        b"MSCF\0\0\0\0",
        b"PK\x05\x06",
        b"Read me.\n",
    ] {
        program.extend_from_slice(mentioned);
        program.extend_from_slice(&[0x55; 100]);
    }
    program
}

const PROGRAMS: [&[u8]; 3] = [
    b"MZ\x90\0",
    b"\x7fELF\x02\x01\x01",
    b"\xcf\xfa\xed\xfe\x07\0\0\x01",
];
const SCRIPT: &[u8] = b"#!/bin/sh\n# unpacks itself\ntail -n +4 \"$0\" | tar -xz\nexit 0\n";

#[test]
fn what_a_program_carries_comes_out() {
    for (archive, kind) in [
        ("7z-lzma2.7z", Kind::SevenZip),
        ("rar29.rar", Kind::Rar),
        ("rar50.rar", Kind::Rar),
        ("rar70.rar", Kind::Rar),
        ("mszip.cab", Kind::Cab),
        ("zip-deflate.zip", Kind::Zip),
        ("zip-bzip2.zip", Kind::Zip),
    ] {
        let bare = packed(archive);
        let expected = read(&bare, None).0.files();
        for begins in PROGRAMS {
            let carrying = [program(begins), bare.clone()].concat();
            let (kept, kinds) = read(&carrying, None);
            assert_eq!(kinds.unwrap(), [Kind::SelfExtractor, kind], "{archive}");
            assert!(kept.files() == expected, "{archive}");
        }
    }
}

#[test]
fn what_a_script_carries_comes_out() {
    for (archive, filter) in [
        ("tar.gz", Some(Kind::Gzip)),
        ("tar.bz2", Some(Kind::Bzip2)),
        ("tar.xz", Some(Kind::Xz)),
        ("tar.zst", Some(Kind::Zstandard)),
        ("tar-gnu.tar", None),
    ] {
        let bare = packed(archive);
        let (kept, kinds) = read(&[SCRIPT, &bare].concat(), None);
        let mut expected = vec![Kind::SelfExtractor];
        expected.extend(filter);
        expected.push(Kind::Tar);
        assert_eq!(kinds.unwrap(), expected, "{archive}");
        assert!(kept.files() == read(&bare, None).0.files(), "{archive}");
    }
}

#[test]
fn what_carries_nothing_is_no_archive() {
    let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    let mut none: Vec<Vec<u8>> = PROGRAMS.iter().map(|it| program(it)).collect();
    none.push(SCRIPT.to_vec());
    none.push(own);
    for bytes in none {
        let (kept, kinds) = read(&bytes, None);
        assert!(matches!(kinds, Err(ArchiveError::NoArchive)), "{kinds:?}");
        assert!(kept.entries.is_empty());
    }
    // A text that is neither.
    let text = [b"no program\n", &packed("tar.gz")[..]].concat();
    assert!(read(&text, None).1.is_err());
}
