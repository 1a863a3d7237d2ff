//! Archives that no program of Debian packs any more: Zoo, and ARC before 5.0. They are packed here; unar 1.10.1 and, of
//! ARC, arc 5.21q read the same of them.

mod packers;

use std::io::{Cursor, Read};

use candor_formats::archive::{
    ArchiveError, Asked, Budget, Entry, Kind, Limits, Next, Unreadable, Visitor, visit,
};

use self::packers::{arc, crc_32, crunched, fast, lh5, lzd, repeated, slow, text, zoo};

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
