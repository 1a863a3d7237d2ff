//! Archives of which some entries are read, and archives that lie in several parts.

use std::io::{Cursor, Read};

use candor_formats::archive::{
    ArchiveError, Asked, Budget, Entry, EntryKind, Kind, Limits, Next, Visitor, visit, visit_parts,
};

use crate::archives::{Kept, packed, read, same, tree};

/// Reads the bytes of the entries of these numbers alone.
struct Only<'a>(&'a [usize], usize, Vec<Vec<u8>>);

impl Visitor for Only<'_> {
    fn entry(&mut self, _entry: &Entry, bytes: &mut dyn Read) -> Next {
        if self.0.contains(&self.1) {
            let mut all = Vec::new();
            bytes.read_to_end(&mut all).unwrap();
            self.2.push(all);
        }
        self.1 += 1;
        Next::Go
    }
}

/// What stands before an entry of a solid archive has to be unpacked, and is not taken for its bytes.
#[test]
fn an_entry_is_read_alone_as_it_is_among_the_others() {
    for name in [
        "rar29-solid.rar",
        "rar50-solid.rar",
        "rar50.rar",
        "7z-lzma2.7z",
        "mszip.cab",
        "rockridge.iso",
        "lh5.lzh",
    ] {
        let packed = packed(name);
        let (all, _) = read(&packed, None);
        let many = all.entries.len();
        for wanted in [
            vec![many - 1],
            vec![1, many - 1],
            (0..many).step_by(2).collect(),
        ] {
            let budget = Budget::new(Limits::for_archive(packed.len() as u64));
            let asked = Asked {
                budget: &budget,
                password: None,
            };
            let mut only = Only(&wanted, 0, Vec::new());
            visit(&mut Cursor::new(&packed), &asked, &mut only).unwrap();
            let whole: Vec<&Vec<u8>> = wanted
                .iter()
                .map(|at| all.entries[*at].1.as_ref().unwrap())
                .collect();
            assert!(only.2.iter().eq(whole), "{name}: {wanted:?}");
        }
    }
}

fn read_parts(parts: &[Vec<u8>]) -> (Kept, Result<Vec<Kind>, ArchiveError>) {
    let mut kept = Kept::default();
    let budget = Budget::new(Limits::for_archive(1 << 20));
    let asked = Asked {
        budget: &budget,
        password: None,
    };
    let mut parts: Vec<_> = parts.iter().map(Cursor::new).collect();
    let kinds = visit_parts(&mut parts, &asked, &mut kept);
    (kept, kinds)
}

#[test]
fn parts_hold_what_was_packed_together() {
    let tree = tree();
    let parts = [1, 2, 3].map(|it| packed(&format!("rar50-parts.part{it}.rar")));
    let (kept, kinds) = read_parts(&parts);
    assert_eq!(kinds.unwrap(), [Kind::Rar]);
    same("rar50", &kept.files(), &tree);
    for name in ["7z-lzma2.7z", "zip-deflate.zip", "rockridge.iso", "tar.xz"] {
        let whole = packed(name);
        let parts: Vec<Vec<u8>> = whole.chunks(whole.len() / 3).map(<[u8]>::to_vec).collect();
        assert!(parts.len() > 2);
        let (kept, kinds) = read_parts(&parts);
        kinds.unwrap();
        same(name, &kept.files(), &tree);
    }
}

#[test]
fn a_part_that_is_missing_is_told_before_anything_is_shown() {
    let part = |it| packed(&format!("rar50-parts.part{it}.rar"));
    for parts in [vec![part(1), part(2)], vec![part(2), part(3)]] {
        let (kept, kinds) = read_parts(&parts);
        assert!(matches!(kinds, Err(ArchiveError::Missing(_))), "{kinds:?}");
        assert!(kept.entries.is_empty());
    }
}

/// Behind a fault a decoder must not go on somewhere else and call it a file.
#[test]
fn what_comes_out_of_a_damaged_archive_is_what_was_packed_or_an_error() {
    let tree = tree();
    let whole = |name: &str| {
        let last = |it: &str| it.rsplit(['/', '\\']).next().map(str::to_owned);
        let mut files = tree.iter();
        files.find(|(it, _)| last(it) == last(name)).map(|it| it.1)
    };
    for name in [
        "7z-lzma2.7z",
        "arc-crunched.arc",
        "arj-1.arj",
        "gzip.xar",
        "lh5.lzh",
        "mszip.cab",
        "rar29.rar",
        "rar50.rar",
        "store.cab",
        "tar.lzo",
        "wim-lzx.wim",
        "zip-deflate.zip",
    ] {
        let packed = packed(name);
        let mut failed = 0;
        // Behind the heads: not every format has a sum of those.
        for at in (600..packed.len()).step_by(37) {
            let mut changed = packed.clone();
            changed[at] ^= 0x10;
            let (kept, kinds) = read(&changed, None);
            failed += usize::from(kinds.is_err());
            for (entry, bytes) in kept.entries {
                let name_of = String::from_utf8_lossy(&entry.name).into_owned();
                match (bytes, whole(&name_of)) {
                    (Ok(bytes), Some(whole)) if entry.kind == EntryKind::File => {
                        assert!(bytes == *whole, "{name}: byte {at}: {name_of}");
                    }
                    (Ok(_), _) => {}
                    (Err(_), _) => failed += 1,
                }
            }
        }
        assert!(failed > 0, "{name}");
    }
}

/// Splits a zip as `zip -s` does: a mark before it, and places told by part and place in that.
fn spanned(whole: &[u8], length: usize) -> Vec<Vec<u8>> {
    let number = |at: usize| usize::from(u16::from_le_bytes([whole[at], whole[at + 1]]));
    let word = |at: usize| number(at + 2) << 16 | number(at);
    let end = whole.len() - 22;
    let directory = word(end + 16);
    let mut all = [b"PK\x07\x08", whole].concat();
    let place = |at: usize| (((at + 4) / length) as u16, ((at + 4) % length) as u32);
    let mut put = |at: usize, (disk, place): (u16, u32), disk_at: usize, place_at: usize| {
        all[4 + at + disk_at..][..2].copy_from_slice(&disk.to_le_bytes());
        all[4 + at + place_at..][..4].copy_from_slice(&place.to_le_bytes());
    };
    let mut at = directory;
    while whole[at..].starts_with(b"PK\x01\x02") {
        put(at, place(word(at + 42)), 34, 42);
        let lengths: usize = [28, 30, 32].iter().map(|it| number(at + it)).sum();
        at += 46 + lengths;
    }
    put(end, place(directory), 6, 16);
    let last = ((all.len() - 1) / length) as u16;
    all[4 + end + 4..][..2].copy_from_slice(&last.to_le_bytes());
    all.chunks(length).map(<[u8]>::to_vec).collect()
}

#[test]
fn a_spanned_zip_is_read_from_all_its_parts_and_not_from_the_last_alone() {
    let tree = tree();
    for name in [
        "zip-deflate.zip",
        "zip-stored.zip",
        "zip-bzip2.zip",
        "zip-aes256.zip",
    ] {
        let password = name.contains("aes").then_some("secret");
        for length in [1700, 3000] {
            let parts = spanned(&packed(name), length);
            assert!(parts.len() > 1, "{name}");
            let mut kept = Kept::default();
            let budget = Budget::new(Limits::for_archive(1 << 20));
            let asked = Asked {
                budget: &budget,
                password: password.map(str::as_bytes),
            };
            let mut sources: Vec<_> = parts.iter().map(Cursor::new).collect();
            let kinds = visit_parts(&mut sources, &asked, &mut kept);
            assert_eq!(kinds.unwrap(), [Kind::Zip]);
            same(name, &kept.files(), &tree);
            let last = parts.last().unwrap();
            let (kept, told) = read(last, None);
            let told = told.unwrap_err().to_string();
            assert!(
                kept.entries.is_empty() && told.contains("parts"),
                "{name}: {told}"
            );
        }
    }
}
