//! Zip archives that are long enough for entries to be unpacked beside each other.

use std::io::{Cursor, Read, Write as _};

use candor_formats::archive::{Asked, Budget, Entry, EntryKind, Limits, Next, Visitor, visit};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// Numbers that look like chance, for contents that stay long when they are packed.
fn chance(seed: usize) -> impl Iterator<Item = u8> {
    let mut state = seed as u64 | 1;
    std::iter::repeat_with(move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 40) as u8
    })
}

/// The bytes of each file, by its place.
fn plain(number: usize) -> Vec<u8> {
    let length = match number % 200 {
        7 => 700_000,
        8 => 64 << 10,
        9 => (64 << 10) + 1,
        _ => number % 7 * 211,
    };
    chance(number).take(length).collect()
}

const FILES: usize = 900;

fn name(number: usize) -> String {
    format!("folder/{number}")
}

fn packed() -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.add_directory("folder", SimpleFileOptions::default())
        .unwrap();
    for number in 0..FILES {
        let method = match number % 3 {
            0 => CompressionMethod::Stored,
            _ => CompressionMethod::Deflated,
        };
        let options = SimpleFileOptions::default().compression_method(method);
        zip.start_file(name(number), options).unwrap();
        zip.write_all(&plain(number)).unwrap();
    }
    zip.add_symlink("link", name(0), SimpleFileOptions::default())
        .unwrap();
    zip.finish().unwrap().into_inner()
}

/// What a visitor saw of each entry, in their order.
struct Kept<F> {
    wants: bool,
    read: F,
    seen: Vec<(Entry, Result<Vec<u8>, String>)>,
    most: usize,
}

impl<F: Fn(&Entry) -> bool> Visitor for Kept<F> {
    fn wants(&mut self, _entry: &Entry) -> bool {
        self.wants
    }

    fn entry(&mut self, entry: &Entry, bytes: &mut dyn Read) -> Next {
        let mut out = Vec::new();
        let read = match (self.read)(entry) {
            true => bytes.read_to_end(&mut out).map_err(|it| it.to_string()),
            false => Ok(0),
        };
        self.seen.push((entry.clone(), read.map(|_| out)));
        match self.seen.len() < self.most {
            true => Next::Go,
            false => Next::Stop,
        }
    }
}

fn seen(
    packed: &[u8],
    wants: bool,
    most: usize,
    read: impl Fn(&Entry) -> bool,
) -> Vec<(Entry, Result<Vec<u8>, String>)> {
    let budget = Budget::new(Limits::for_archive(packed.len() as u64));
    let asked = Asked {
        budget: &budget,
        password: None,
    };
    let mut kept = Kept {
        wants,
        read,
        seen: Vec::new(),
        most,
    };
    visit(&mut Cursor::new(packed), &asked, &mut kept).unwrap();
    kept.seen
}

fn assert_all(seen: &[(Entry, Result<Vec<u8>, String>)]) {
    assert_eq!(seen.len(), FILES + 2);
    assert_eq!(seen[0].0.kind, EntryKind::Folder);
    for (number, (entry, bytes)) in seen[1..=FILES].iter().enumerate() {
        assert_eq!(entry.name, name(number).into_bytes());
        assert!(
            bytes.as_ref().is_ok_and(|it| *it == plain(number)),
            "{number}"
        );
    }
    let link = EntryKind::Link(name(0).into_bytes());
    assert_eq!(seen[FILES + 1].0.kind, link);
}

#[test]
fn all_come_out_whole_and_in_their_order() {
    let packed = packed();
    assert_all(&seen(&packed, true, usize::MAX, |_| true));
    assert_all(&seen(&packed, false, usize::MAX, |_| true));
}

#[test]
fn who_reads_some_or_stops_gets_no_other_bytes() {
    let packed = packed();
    let is_even = |entry: &Entry| entry.name.ends_with(b"8");
    for (entry, bytes) in seen(&packed, true, usize::MAX, is_even) {
        let name = String::from_utf8(entry.name.clone()).unwrap();
        let number = name.strip_prefix("folder/").and_then(|it| it.parse().ok());
        if let Some(number) = number.filter(|_| is_even(&entry)) {
            assert!(bytes.unwrap() == plain(number), "{number}");
        }
    }
    for most in [1, 2, 100, 209] {
        assert_eq!(seen(&packed, true, most, |_| true).len(), most);
    }
}

#[test]
fn no_more_comes_out_than_an_entry_says() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    zip.start_file("long", options.compression_method(CompressionMethod::Bzip2))
        .unwrap();
    zip.write_all(&vec![0; 20 << 20]).unwrap();
    zip.start_file("other", options).unwrap();
    let other: Vec<u8> = chance(1).take(400_000).collect();
    zip.write_all(&other).unwrap();
    let mut packed = zip.finish().unwrap().into_inner();
    let entry = packed
        .windows(4)
        .position(|it| it == b"PK\x01\x02")
        .unwrap();
    packed[entry + 24..entry + 28].copy_from_slice(&1000u32.to_le_bytes());
    let alone = |packed: &[u8]| seen(packed, false, usize::MAX, |_| true);
    for seen in [seen(&packed, true, usize::MAX, |_| true), alone(&packed)] {
        let told = seen[0].1.as_ref().unwrap_err();
        assert!(told.contains("larger") || told.contains("longer"), "{told}");
        assert!(*seen[1].1.as_ref().unwrap() == other);
    }
}

#[test]
fn damage_is_told_of_its_entry_alone() {
    let whole = packed();
    // Small ones of either method, and a large one.
    for number in [3, 4, 5, 207, 208] {
        let mut packed = whole.clone();
        let head = [&b"PK\x03\x04"[..]].concat();
        let named = name(number).into_bytes();
        let at = packed
            .windows(30 + named.len())
            .position(|it| it.starts_with(&head) && it[30..] == named)
            .unwrap();
        packed[at + 30 + named.len() + 40] ^= 1;
        for (at, (_, bytes)) in seen(&packed, true, usize::MAX, |_| true).iter().enumerate() {
            assert_eq!(bytes.is_err(), at == number + 1, "{number}: {at}");
        }
    }
}
