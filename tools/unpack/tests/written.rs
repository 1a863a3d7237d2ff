//! Archives to files: all that was packed, and nothing anywhere else.
#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{Cursor, Read},
    os::unix::fs::{MetadataExt, symlink},
    path::{Path, PathBuf},
};

use candor_unpack::{
    Charset, Wanted,
    names::{Change, Strokes},
    write::{Manner, Problem, Writer, Written},
};
use fixture::archives::{Special, file, folder, link, same, special, tar};
use formats::archive::{Asked, Budget, Entry, Limits, Next, Visitor, visit};

/// Bytes of files, and where links lead, by path.
type Files = BTreeMap<PathBuf, Vec<u8>>;

fn manner() -> Manner {
    Manner {
        charset: Some(Charset::Utf8),
        strokes: Strokes::Forward,
        withheld: 0o022,
        east: 0,
        marks: Vec::new(),
        wanted: Wanted::default(),
    }
}

fn written(bytes: &[u8], folder: &Path, manner: Manner) -> Vec<Written> {
    let root = File::open(folder).unwrap();
    let mut writer = Writer::new(root.into(), manner);
    let budget = Budget::new(Limits::for_archive(bytes.len() as u64));
    let asked = Asked {
        budget: &budget,
        password: Some(b"secret"),
    };
    visit(&mut Cursor::new(bytes), &asked, &mut writer).unwrap();
    writer.finish()
}

fn tree(folder: &Path) -> Files {
    fn add(files: &mut Files, below: &Path, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let kind = path.symlink_metadata().unwrap().file_type();
            if kind.is_dir() {
                add(files, below, &path);
                continue;
            }
            let bytes = match kind.is_symlink() {
                true => fs::read_link(&path)
                    .unwrap()
                    .into_os_string()
                    .into_encoded_bytes(),
                false => fs::read(&path).unwrap(),
            };
            files.insert(path.strip_prefix(below).unwrap().to_owned(), bytes);
        }
    }
    let mut files = Files::new();
    add(&mut files, folder, folder);
    files
}

fn archives() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/formats/tests/archives")
}

#[test]
fn what_was_packed_is_written() {
    let expected = tree(&archives().join("tree"));
    for name in [
        "tar-pax.tar",
        "tar-sparse-1.0.tar",
        "tar.zst",
        "crc.cpio",
        "zip-deflate.zip",
        "zip-aes256.zip",
        "7z-bcj2.7z",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let bytes = fs::read(archives().join(name)).unwrap();
        let done = written(&bytes, folder.path(), manner());
        assert!(
            done.iter().all(|it| it.problem.is_none()),
            "{name}: {done:?}"
        );
        assert_eq!(tree(folder.path()), expected, "{name}");
        let readme = folder.path().join("readme.txt").metadata().unwrap();
        assert_eq!(readme.mode() & 0o7777, 0o644, "{name}");
        assert_eq!(readme.mtime(), 1_700_000_000, "{name}");
    }
}

/// A folder to write to, with something outside it that must stay as it is.
struct Ground {
    all: tempfile::TempDir,
}

impl Ground {
    fn new() -> Self {
        let all = tempfile::tempdir().unwrap();
        fs::create_dir(all.path().join("inside")).unwrap();
        fs::create_dir(all.path().join("outside")).unwrap();
        fs::write(all.path().join("outside/victim"), "as it was").unwrap();
        Self { all }
    }

    fn inside(&self) -> PathBuf {
        self.all.path().join("inside")
    }

    /// Nothing came to be outside, and no link inside leads there.
    #[track_caller]
    fn is_held(&self) {
        let outside = tree(&self.all.path().join("outside"));
        assert_eq!(outside.len(), 1, "{outside:?}");
        assert_eq!(outside[Path::new("victim")], b"as it was");
        assert_eq!(fs::read_dir(self.all.path()).unwrap().count(), 2);
        let inside = self.inside().canonicalize().unwrap();
        for path in tree(&self.inside()).keys() {
            let path = self.inside().join(path);
            let metadata = path.symlink_metadata().unwrap();
            assert!(metadata.is_file() || metadata.is_symlink(), "{path:?}");
            assert_eq!(metadata.mode() & 0o6000, 0, "{path:?}");
            if let Ok(leads) = path.canonicalize() {
                assert!(leads.starts_with(&inside), "{path:?} leads to {leads:?}");
            }
        }
    }
}

#[test]
fn nothing_is_written_outside() {
    let evil = |name: &str| file(name, "evil");
    for (what, entries) in [
        (
            "dots",
            vec![evil("../outside/victim"), evil("a/../../outside/new")],
        ),
        ("root", vec![evil("/tmp/candor-was-here"), evil("//x")]),
        (
            "link, then through it",
            vec![link("out", "../outside"), evil("out/victim")],
        ),
        (
            "link to the root",
            vec![link("root", "/"), evil("root/tmp/candor-was-here")],
        ),
        (
            "chain",
            vec![
                link("a", "b"),
                link("b", "../outside"),
                evil("a/victim"),
                evil("b/new"),
            ],
        ),
        (
            "up through a link",
            vec![
                folder("d/"),
                link("d/up", ".."),
                link("out", "d/up/../outside"),
            ],
        ),
        (
            "folder, then a link of its name",
            vec![evil("d/x"), link("d", "../outside")],
        ),
        (
            "link, then a folder of its name",
            vec![link("d", "../outside"), folder("d/")],
        ),
        (
            "hard link to outside",
            vec![same("h", "../outside/victim"), evil("h")],
        ),
        (
            "hard link to a link",
            vec![link("l", "../outside/victim"), same("h", "l")],
        ),
        (
            "devices",
            vec![
                special("fifo", Special::Pipe),
                special("null", Special::Letters),
            ],
        ),
        (
            "bits",
            vec![evil("suid").mode(0o6755), folder("d/").mode(0o7777)],
        ),
    ] {
        let ground = Ground::new();
        let done = written(&tar::pack(&entries), &ground.inside(), manner());
        assert_eq!(done.len(), entries.len(), "{what}");
        ground.is_held();
    }
    assert!(!Path::new("/tmp/candor-was-here").exists());
}

/// What lies in the folder already, or is put there meanwhile, is not followed and not overwritten.
#[test]
fn a_folder_full_of_links_leads_nowhere() {
    let ground = Ground::new();
    let outside = ground.all.path().join("outside");
    symlink(&outside, ground.inside().join("a")).unwrap();
    symlink(outside.join("victim"), ground.inside().join("b")).unwrap();
    fs::write(ground.inside().join("c"), "there before").unwrap();
    let entries = [
        file("a/victim", "evil"),
        file("b", "evil"),
        file("c", "evil"),
        file("d", "good"),
    ];
    let done = written(&tar::pack(&entries), &ground.inside(), manner());
    let failed = |it: &Written| matches!(it.problem, Some(Problem::Unwritten(_)));
    assert_eq!(
        done.iter().map(failed).collect::<Vec<_>>(),
        [true, true, true, false]
    );
    assert_eq!(
        fs::read(ground.inside().join("c")).unwrap(),
        b"there before"
    );
    assert_eq!(fs::read(ground.inside().join("d")).unwrap(), b"good");
    assert_eq!(fs::read(outside.join("victim")).unwrap(), b"as it was");
}

/// Puts a link to outside in the place of a folder before an entry comes, and the folder back before a later one.
struct Swapping<'a> {
    writer: Writer,
    ground: &'a Ground,
    folder: &'a str,
    at: usize,
    back: usize,
    seen: usize,
    is_swapped: bool,
}

impl Swapping<'_> {
    fn step(&mut self) {
        let place = self.ground.inside().join(self.folder);
        let away = self.ground.inside().join("away");
        if self.seen == self.at && fs::rename(&place, &away).is_ok() {
            symlink(self.ground.all.path().join("outside"), &place).unwrap();
            self.is_swapped = true;
        }
        if self.seen == self.back && self.is_swapped {
            fs::remove_file(&place).unwrap();
            fs::rename(&away, &place).unwrap();
        }
        self.seen += 1;
    }
}

impl Visitor for Swapping<'_> {
    fn entry(&mut self, entry: &Entry, bytes: &mut dyn Read) -> Next {
        self.step();
        self.writer.entry(entry, bytes)
    }
}

/// Every folder, at every moment, until every later one.
#[test]
fn a_link_in_the_place_of_a_folder_is_never_followed() {
    let entries = [
        folder("a"),
        file("a/1", "one"),
        folder("a/b"),
        file("a/b/2", vec![b'x'; 100_000]),
        file("x", "x"),
        file("a/3", "three"),
        file("a/b/4", "four"),
        link("a/l", "3"),
        same("a/b/h", "a/1"),
        file("a/b/victim", "evil"),
    ];
    let archive = tar::pack(&entries);
    let mut swapped = 0;
    for place in ["a", "a/b"] {
        let moments =
            (0..=entries.len()).flat_map(|at| (at + 1..=entries.len() + 1).map(move |it| (at, it)));
        for (at, back) in moments {
            let ground = Ground::new();
            let root = File::open(ground.inside()).unwrap();
            let mut swapping = Swapping {
                writer: Writer::new(root.into(), manner()),
                ground: &ground,
                folder: place,
                at,
                back,
                seen: 0,
                is_swapped: false,
            };
            let budget = Budget::new(Limits::for_archive(archive.len() as u64));
            let asked = Asked {
                budget: &budget,
                password: None,
            };
            visit(&mut Cursor::new(&archive), &asked, &mut swapping).unwrap();
            swapping.step();
            swapped += usize::from(swapping.is_swapped);
            let done = swapping.writer.finish();
            assert_eq!(done.len(), entries.len());
            let outside = tree(&ground.all.path().join("outside"));
            assert_eq!(outside.len(), 1, "{place} from {at} to {back}: {outside:?}");
            assert_eq!(outside[Path::new("victim")], b"as it was");
        }
    }
    assert!(swapped > 80, "{swapped}");
}

#[test]
fn links_that_stay_inside_are_made_and_files_of_one_name_are_all_there() {
    let folder = tempfile::tempdir().unwrap();
    let entries = [
        file("d/file", "one").mode(0o600),
        file("d/FILE", "two").mode(0o600),
        link("link", "d/file"),
        link("d/back", "../link"),
        same("d/again", "d/file"),
        file("open\u{1b}[2J", "three"),
    ];
    let done = written(&tar::pack(&entries), folder.path(), manner());
    assert!(done.iter().all(|it| it.problem.is_none()), "{done:?}");
    assert_eq!(done[1].changes.iter().collect::<Vec<_>>(), [&Change::Taken]);
    assert_eq!(
        done[5].changes.iter().collect::<Vec<_>>(),
        [&Change::Characters]
    );
    let at = |name: &str| folder.path().join(name);
    assert_eq!(fs::read(at("d/FILE (2)")).unwrap(), b"two");
    assert_eq!(fs::read(at("d/back")).unwrap(), b"one");
    assert_eq!(at("d/file").metadata().unwrap().nlink(), 2);
    assert_eq!(at("d/file").metadata().unwrap().mode() & 0o777, 0o600);
    assert_eq!(fs::read(at("open_[2J")).unwrap(), b"three");
}

#[test]
fn what_does_not_come_out_whole_is_not_left_there() {
    let mut bytes = fs::read(archives().join("zip-stored.zip")).unwrap();
    let at = bytes.windows(6).position(|it| it == b"Candor").unwrap();
    bytes[at] ^= 1;
    let folder = tempfile::tempdir().unwrap();
    let done = written(&bytes, folder.path(), manner());
    let bad: Vec<_> = done.iter().filter(|it| it.problem.is_some()).collect();
    assert_eq!(bad.len(), 1);
    assert!(matches!(bad[0].problem, Some(Problem::Unread(_))));
    assert!(!folder.path().join("readme.txt").exists());
    assert_eq!(tree(folder.path()).len(), 4);
}

#[test]
fn everything_says_where_it_came_from() {
    let folder = tempfile::tempdir().unwrap();
    let name = "user.candor.test";
    if rustix::fs::setxattr(folder.path(), name, b"x", rustix::fs::XattrFlags::empty()).is_err() {
        println!("this file system keeps no attributes");
        return;
    }
    let marked = Manner {
        marks: vec![(name.to_owned(), b"https://example.com/".to_vec())],
        ..manner()
    };
    let bytes = fs::read(archives().join("tar.gz")).unwrap();
    written(&bytes, folder.path(), marked);
    for path in ["readme.txt", "sub", "sub/deep/zeros.bin"] {
        let mut value = [0; 64];
        let length = rustix::fs::getxattr(folder.path().join(path), name, &mut value).unwrap();
        assert_eq!(&value[..length], b"https://example.com/", "{path}");
    }
}
