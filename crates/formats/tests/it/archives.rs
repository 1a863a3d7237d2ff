//! Archives that other programs packed (`cargo xtask corpora`), against the tree they were packed from.

use std::{
    collections::BTreeMap,
    fs,
    io::{Cursor, Read},
    path::{Path, PathBuf},
};

use candor_formats::archive::{
    ArchiveError, Asked, Budget, Entry, EntryKind, Exceeded, Kind, Limits, Next, Unreadable,
    Visitor, visit,
};
use serde::Deserialize;

/// Bytes by name, of what is a file.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

#[derive(Deserialize)]
struct Recipes {
    archive: Vec<Recipe>,
}

#[derive(Deserialize)]
struct Recipe {
    name: String,
    #[serde(default)]
    holds: Holds,
    password: Option<String>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Holds {
    #[default]
    Tree,
    Text,
    Flat,
    Package,
    Payload,
    Part,
    Twice,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/archives")
}

fn recipes() -> Vec<Recipe> {
    let text = fs::read_to_string(folder().join("recipes.toml")).unwrap();
    toml::from_str::<Recipes>(&text).unwrap().archive
}

pub(crate) fn packed(name: &str) -> Vec<u8> {
    fs::read(folder().join(name)).unwrap()
}

/// What the tree holds, each file by its path below it.
pub(crate) fn tree() -> Files {
    fn add(files: &mut Files, below: &Path, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => add(files, below, &path),
                false => {
                    let name = path.strip_prefix(below).unwrap().to_str().unwrap();
                    files.insert(name.to_owned(), fs::read(&path).unwrap());
                }
            }
        }
    }
    let mut files = Files::new();
    let below = folder().join("tree");
    add(&mut files, &below, &below);
    assert_eq!(files.len(), 5);
    files
}

/// Keeps every entry, and what came of reading it.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) entries: Vec<(Entry, Result<Vec<u8>, std::io::Error>)>,
}

impl Visitor for Kept {
    fn entry(&mut self, entry: &Entry, bytes: &mut dyn Read) -> Next {
        let mut all = Vec::new();
        let read = bytes.read_to_end(&mut all).map(|_| all);
        self.entries.push((entry.clone(), read));
        Next::Go
    }
}

impl Kept {
    pub(crate) fn files(self) -> Files {
        let files = self.entries.into_iter();
        let files = files.filter(|(entry, _)| entry.kind == EntryKind::File);
        let named = files.map(|(entry, bytes)| {
            // Windows parts paths by strokes to the left.
            let name = String::from_utf8(entry.name).unwrap().replace('\\', "/");
            let name = name.strip_prefix("./").unwrap_or(&name).to_owned();
            let bytes = bytes.unwrap_or_else(|error| panic!("{name}: {error}"));
            if let Some(size) = entry.size {
                assert_eq!(size, bytes.len() as u64, "{name}");
            }
            (name, bytes)
        });
        named.collect()
    }
}

fn looked_at(
    bytes: &[u8],
    password: Option<&str>,
    limits: Limits,
) -> (Kept, Result<Vec<Kind>, ArchiveError>) {
    let mut kept = Kept::default();
    let budget = Budget::new(limits);
    let asked = Asked {
        budget: &budget,
        password: password.map(str::as_bytes),
    };
    let kinds = visit(&mut Cursor::new(bytes), &asked, &mut kept);
    (kept, kinds)
}

pub(crate) fn read(
    bytes: &[u8],
    password: Option<&str>,
) -> (Kept, Result<Vec<Kind>, ArchiveError>) {
    looked_at(bytes, password, Limits::for_archive(bytes.len() as u64))
}

#[test]
fn every_archive_holds_what_was_packed() {
    let tree = tree();
    let recipes = recipes();
    assert!(recipes.len() > 60);
    for Recipe {
        name,
        holds,
        password,
    } in recipes
    {
        // Read below, with the others.
        if matches!(holds, Holds::Part) {
            continue;
        }
        let (kept, kinds) = read(&packed(&name), password.as_deref());
        let kinds = kinds.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert!(!kinds.is_empty());
        for (entry, _) in &kept.entries {
            assert!(!entry.is_disputed, "{name}: {entry:?}");
        }
        let files = kept.files();
        match holds {
            Holds::Tree => same(&name, &files, &tree),
            Holds::Text => {
                assert_eq!(files.len(), 1, "{name}");
                assert!(files[""] == tree["readme.txt"], "{name}");
            }
            Holds::Flat => {
                assert!(files.len() >= 2, "{name}");
                for (file, bytes) in files {
                    let mut whole = tree.iter();
                    let last = |it: &str| it.rsplit(['/', '\\']).next().map(str::to_owned);
                    let whole = whole.find(|(it, _)| last(it) == last(&file));
                    assert!(bytes == *whole.unwrap().1, "{name}: {file}");
                }
            }
            Holds::Twice => {
                let below = |number: u8| {
                    let files = tree.iter();
                    files.map(move |(file, bytes)| (format!("{number}/{file}"), bytes.clone()))
                };
                same(&name, &files, &below(1).chain(below(2)).collect());
            }
            Holds::Package => {
                let (about, rest) = parts(files, |it| it.starts_with("DEBIAN/"));
                if name.ends_with(".deb") {
                    assert!(about["DEBIAN/control"].starts_with(b"Package: candor-test"));
                }
                same(&name, &rest, &below("usr/share", &tree));
            }
            Holds::Part => {}
            Holds::Payload => same(&name, &files, &below("Payload/usr/share", &tree)),
        }
    }
}

/// Asserts that two trees are the same, and says where they are not without their bytes.
pub(crate) fn same(name: &str, left: &Files, right: &Files) {
    let names = |it: &Files| it.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(left), names(right), "{name}");
    for (file, bytes) in left {
        let whole = &right[file];
        let differs = bytes
            .iter()
            .zip(whole)
            .position(|(left, right)| left != right);
        let lengths = (bytes.len(), whole.len());
        assert!(
            bytes == whole,
            "{name}: {file} from {differs:?}, of {lengths:?} bytes"
        );
    }
}

fn parts(files: Files, is_first: impl Fn(&str) -> bool) -> (Files, Files) {
    files.into_iter().partition(|(file, _)| is_first(file))
}

fn below(folder: &str, tree: &Files) -> Files {
    let moved = tree.iter();
    moved
        .map(|(file, bytes)| (format!("{folder}/{file}"), bytes.clone()))
        .collect()
}

#[test]
fn formats_are_named_from_the_outside_in() {
    for (name, kinds) in [
        ("tar.xz", &[Kind::Xz, Kind::Tar][..]),
        ("tar.lz4-legacy", &[Kind::Lz4Legacy, Kind::Tar]),
        ("package-zstd.deb", &[Kind::Ar, Kind::Zstandard, Kind::Tar]),
        (
            "package-zstd.rpm",
            &[Kind::Rpm, Kind::Zstandard, Kind::Cpio],
        ),
        ("zip-ppmd.zip", &[Kind::Zip]),
        ("7z-bcj2.7z", &[Kind::SevenZip]),
        ("text.bz2", &[Kind::Bzip2]),
        ("odc.cpio", &[Kind::Cpio]),
        ("tar.br", &[Kind::Brotli, Kind::Tar]),
        ("tar.lzo", &[Kind::Lzop, Kind::Tar]),
        ("pbzx.pkg", &[Kind::Xar, Kind::Pbzx, Kind::Cpio]),
        ("rar15.rar", &[Kind::Rar]),
        ("bridge.iso", &[Kind::Iso]),
        ("lh5.lzh", &[Kind::Lha]),
        ("arc-crunched.arc", &[Kind::Arc]),
        ("arj-4.arj", &[Kind::Arj]),
        ("wim-lzms.esd", &[Kind::Wim]),
    ] {
        assert_eq!(read(&packed(name), None).1.unwrap(), kinds, "{name}");
    }
}

/// What is text is text, whatever it looks like: other programs take numbers in lines for a list of files.
#[test]
fn text_is_no_archive() {
    for text in [
        &b""[..],
        b"1 2\n3 4\n",
        b"#mtree\n./x type=file\n",
        b"PK is a prefix of words\n",
        b"BZh, said nobody\n",
        b"\0\0\0\0\0\0\0\0",
        &[0; 2048],
    ] {
        let (kept, kinds) = read(text, None);
        assert!(matches!(kinds, Err(ArchiveError::NoArchive)), "{kinds:?}");
        assert!(kept.entries.is_empty());
    }
}

#[test]
fn without_its_password_each_entry_says_so_and_the_others_are_read() {
    for (name, password, why) in [
        ("zip-aes256.zip", None, Unreadable::NeedsPassword),
        ("zip-zipcrypto.zip", None, Unreadable::NeedsPassword),
        ("zip-aes256.zip", Some("wrong"), Unreadable::WrongPassword),
        ("7z-aes.7z", None, Unreadable::NeedsPassword),
        ("7z-aes.7z", Some("wrong"), Unreadable::WrongPassword),
        ("rar29-aes.rar", None, Unreadable::NeedsPassword),
        ("rar29-aes.rar", Some("wrong"), Unreadable::WrongPassword),
        ("rar50-aes.rar", None, Unreadable::NeedsPassword),
        ("rar50-aes.rar", Some("wrong"), Unreadable::WrongPassword),
        ("arj-garbled.arj", None, Unreadable::NeedsPassword),
        ("arj-garbled.arj", Some("wrong"), Unreadable::WrongPassword),
    ] {
        let (kept, kinds) = read(&packed(name), password);
        kinds.unwrap();
        let files = kept.entries.iter();
        let files = files.filter(|(it, _)| it.kind == EntryKind::File && it.size != Some(0));
        let reasons: Vec<_> = files
            .map(|(entry, bytes)| {
                assert!(entry.is_encrypted, "{name}");
                let error = bytes.as_ref().unwrap_err();
                let why = error
                    .get_ref()
                    .and_then(|it| it.downcast_ref::<Unreadable>());
                why.unwrap_or_else(|| panic!("{name}: {error:?}")).clone()
            })
            .collect();
        assert_eq!(reasons.len(), 4, "{name}");
        assert!(reasons.iter().all(|it| *it == why), "{name}: {reasons:?}");
    }
    for (password, why) in [
        (None, Unreadable::NeedsPassword),
        (Some("wrong"), Unreadable::WrongPassword),
    ] {
        let (_, kinds) = read(&packed("7z-aes-header.7z"), password);
        let Err(ArchiveError::Locked(told)) = kinds else {
            panic!("{kinds:?}");
        };
        assert_eq!(told, why);
    }
}

#[test]
fn what_was_cut_off_is_damaged_and_what_stands_before_it_is_read() {
    let tree = tree();
    let whole = packed("tar-gnu.tar");
    let (kept, kinds) = read(&whole[..26_000], None);
    assert!(
        matches!(
            kinds,
            Err(ArchiveError::Damaged {
                kind: Kind::Tar,
                ..
            })
        ),
        "{kinds:?}"
    );
    let read_well = kept.entries.iter().filter(|(it, bytes)| {
        let name = String::from_utf8_lossy(&it.name).into_owned();
        let name = name.trim_start_matches("./");
        it.kind == EntryKind::File && bytes.as_ref().is_ok_and(|it| *it == tree[name])
    });
    assert!(read_well.count() >= 2);
    for name in [
        "tar.gz",
        "tar.xz",
        "tar.zst",
        "tar.bz2",
        "tar.lz4",
        "tar.lz",
        "newc.cpio",
        "gnu.ar",
        "arj-1.arj",
        "arc-stored.arc",
    ] {
        let whole = packed(name);
        let (_, kinds) = read(&whole[..whole.len() * 2 / 3], None);
        assert!(
            matches!(kinds, Err(ArchiveError::Damaged { .. })),
            "{name}: {kinds:?}"
        );
    }
}

#[test]
fn a_changed_byte_in_a_file_is_told_of_that_file() {
    for name in ["zip-stored.zip", "wim-stored.wim"] {
        a_changed_byte_is_told(&packed(name));
    }
}

fn a_changed_byte_is_told(whole: &[u8]) {
    let at = whole.windows(6).position(|it| it == b"Candor").unwrap();
    let mut changed = whole.to_vec();
    changed[at] ^= 1;
    let (kept, kinds) = read(&changed, None);
    kinds.unwrap();
    let failed: Vec<_> = kept
        .entries
        .iter()
        .filter(|(_, bytes)| bytes.is_err())
        .collect();
    assert_eq!(failed.len(), 1);
    assert!(failed[0].0.name.ends_with(b"readme.txt"));
}

#[test]
fn more_than_the_budget_does_not_come_out() {
    let of = |name: &str, change: fn(&mut Limits)| {
        let mut limits = Limits::for_archive(0);
        change(&mut limits);
        let (kept, kinds) = looked_at(&packed(name), None, limits);
        let told = kept
            .entries
            .into_iter()
            .filter_map(|(_, bytes)| bytes.err());
        let told = told.filter_map(|it| it.get_ref()?.downcast_ref::<Exceeded>().copied());
        let ended = match kinds {
            Err(ArchiveError::Exceeded(exceeded)) => Some(exceeded),
            _ => None,
        };
        told.chain(ended).next()
    };
    for name in [
        "tar-gnu.tar",
        "tar.gz",
        "zip-deflate.zip",
        "7z-lzma2.7z",
        "newc.cpio",
        "arj-1.arj",
        "arc-squashed.arc",
        "wim-lzms.esd",
        "wim-xpress.wim",
    ] {
        let bytes = of(name, |it| it.bytes = 20_500);
        assert_eq!(bytes, Some(Exceeded::Bytes(20_500)), "{name}");
        let entries = of(name, |it| it.entries = 3);
        assert_eq!(entries, Some(Exceeded::Entries(3)), "{name}");
    }
    assert_eq!(of("tar.gz", |it| it.depth = 0), Some(Exceeded::Depth(0)));
    assert_eq!(
        of("tar.lzma", |it| it.memory_kib = 64),
        Some(Exceeded::Memory(64))
    );
    assert_eq!(
        of("wim-lzms.esd", |it| it.memory_kib = 1024),
        Some(Exceeded::Memory(1024))
    );
}

/// A bomb as it is made in a minute: a file of zeros, packed twice.
#[test]
fn a_bomb_ends_where_the_ratio_is_no_archive_s() {
    use std::io::Write as _;
    let pack = |bytes: &[u8]| {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    };
    let zeros = vec![0; 4 << 20];
    let mut once = Vec::new();
    // Members one after the other: 256 MiB.
    let member = pack(&zeros);
    for _ in 0..64 {
        once.extend_from_slice(&member);
    }
    let twice = pack(&once);
    let (kept, kinds) = read(&twice, None);
    let error = match kinds {
        Err(error) => format!("{error:?}"),
        Ok(_) => format!("{:?}", kept.entries[0].1.as_ref().unwrap_err()),
    };
    assert!(error.contains("Ratio(1000)"), "{error}");
}

#[test]
fn names_that_are_locked_are_not_listed_without_the_password() {
    for (name, password, why) in [
        ("rar40-headers.rar", None, Unreadable::NeedsPassword),
        ("rar50-headers.rar", None, Unreadable::NeedsPassword),
        (
            "rar50-headers.rar",
            Some("wrong"),
            Unreadable::WrongPassword,
        ),
    ] {
        let (kept, kinds) = read(&packed(name), password);
        assert!(kept.entries.is_empty(), "{name}");
        match kinds {
            Err(ArchiveError::Locked(told)) => assert_eq!(told, why, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}
