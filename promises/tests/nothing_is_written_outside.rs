//! Promise: what an archive holds comes to lie in one new place, whatever its names and links say; nothing that is there
//! is changed or replaced.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{FileTypeExt, MetadataExt, symlink},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use candor_promises::candor;

/// What an entry of an archive is, and what it says of itself.
#[derive(Clone, Copy)]
enum Packed {
    File(&'static str, u32),
    Folder(&'static str),
    Link(&'static str, &'static str),
    Same(&'static str, &'static str),
    Special(&'static str, u8),
}

use Packed::{File, Folder, Link, Same, Special};

const EVIL: &[u8] = b"evil";

/// Archives that others were led out by: a name, what it holds.
const ATTACKS: &[(&str, &[Packed])] = &[
    (
        "dots",
        &[
            File("../../outside/victim", 0o644),
            File("a/../../../outside/new", 0o644),
        ],
    ),
    (
        "root",
        &[
            File("/tmp/candor-was-here", 0o644),
            File("//tmp/candor-was-here", 0o644),
        ],
    ),
    (
        "through a link",
        &[Link("out", "../../outside"), File("out/victim", 0o644)],
    ),
    (
        "through a link to the root",
        &[Link("root", "/"), File("root/tmp/candor-was-here", 0o644)],
    ),
    (
        "through a chain",
        &[
            Link("a", "b"),
            Link("b", "../../outside"),
            File("a/victim", 0o644),
        ],
    ),
    (
        "up and out",
        &[
            Folder("d/"),
            Link("d/up", ".."),
            Link("out", "d/up/../../outside"),
            File("out/victim", 0o644),
        ],
    ),
    (
        "a folder that becomes a link",
        &[
            File("d/x", 0o644),
            Link("d", "../../outside"),
            File("d/victim", 0o644),
        ],
    ),
    (
        "a link that becomes a folder",
        &[
            Link("d", "../../outside"),
            Folder("d/"),
            File("d/victim", 0o644),
        ],
    ),
    (
        "a link that becomes a file",
        &[
            Link("victim", "../../outside/victim"),
            File("victim", 0o644),
        ],
    ),
    (
        "a hard link out",
        &[Same("h", "../../outside/victim"), File("h", 0o644)],
    ),
    (
        "a hard link to a link",
        &[
            Link("l", "../../outside/victim"),
            Same("h", "l"),
            File("h", 0o644),
        ],
    ),
    (
        "special files",
        &[
            Special("fifo", b'6'),
            Special("null", b'3'),
            Special("disk", b'4'),
        ],
    ),
    (
        "rights of the owner",
        &[File("suid", 0o6755), File("sgid", 0o2755)],
    ),
    (
        "one name twice",
        &[
            File("same", 0o644),
            File("same", 0o644),
            File("SAME", 0o644),
        ],
    ),
    (
        "names that write",
        &[
            File("\u{1b}]0;owned\u{7}", 0o644),
            File("line\nbreak", 0o644),
        ],
    ),
];

/// The same for zip, whose paths are parted by either stroke.
const STROKES: &[(&str, &[Packed])] = &[
    (
        "strokes",
        &[
            File("..\\..\\outside\\victim", 0o644),
            File("C:\\tmp\\candor-was-here", 0o644),
        ],
    ),
    ("a server", &[File("\\\\server\\share\\x", 0o644)]),
];

fn tar(entries: &[Packed]) -> Vec<u8> {
    let mut out = Vec::new();
    for entry in entries {
        let (name, kind, link, mode, bytes) = match *entry {
            File(name, mode) => (name, b'0', "", mode, EVIL),
            Folder(name) => (name, b'5', "", 0o7777, &b""[..]),
            Link(name, to) => (name, b'2', to, 0o777, &b""[..]),
            Same(name, first) => (name, b'1', first, 0o644, &b""[..]),
            Special(name, kind) => (name, kind, "", 0o666, &b""[..]),
        };
        let mut header = [0; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[100..108].copy_from_slice(format!("{mode:07o}\0").as_bytes());
        header[124..136].copy_from_slice(format!("{:011o}\0", bytes.len()).as_bytes());
        header[136..148].copy_from_slice(b"14524770400\0");
        header[148..156].fill(b' ');
        header[156] = kind;
        header[157..157 + link.len()].copy_from_slice(link.as_bytes());
        header[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = header.iter().map(|it| u32::from(*it)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        out.extend_from_slice(&header);
        out.extend_from_slice(bytes);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

/// Of the form odc; it holds no hard links that lead out.
fn cpio(entries: &[Packed]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut add = |name: &str, mode: u32, bytes: &[u8]| {
        let length = name.len() + 1;
        let header = format!(
            "070707{:06o}{:06o}{mode:06o}{:06o}{:06o}{:06o}{:06o}{:011o}{length:06o}{:011o}",
            1,
            1,
            0,
            0,
            1,
            0,
            0,
            bytes.len()
        );
        out.extend_from_slice(header.as_bytes());
        out.extend_from_slice(name.as_bytes());
        out.push(0);
        out.extend_from_slice(bytes);
    };
    for entry in entries {
        match *entry {
            File(name, mode) => add(name, 0o100_000 | mode, EVIL),
            Folder(name) => add(name, 0o047_777, b""),
            Link(name, to) => add(name, 0o120_777, to.as_bytes()),
            Same(name, to) => add(name, 0o120_777, to.as_bytes()),
            Special(name, b'6') => add(name, 0o010_666, b""),
            Special(name, _) => add(name, 0o020_666, b""),
        }
    }
    add("TRAILER!!!", 0, b"");
    out
}

/// Stored; hard links are links there.
fn zip(entries: &[Packed]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        let (name, mode, bytes) = match *entry {
            File(name, mode) => (name, 0o100_000 | mode, EVIL),
            Folder(name) => (name, 0o047_777, &b""[..]),
            Link(name, to) | Same(name, to) => (name, 0o120_777, to.as_bytes()),
            Special(name, _) => (name, 0o010_666, &b""[..]),
        };
        let mut crc = !0_u32;
        for byte in bytes {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 {
                    crc >> 1 ^ 0xedb8_8320
                } else {
                    crc >> 1
                };
            }
        }
        let at = out.len() as u32;
        let length = bytes.len() as u32;
        let mut common = Vec::new();
        common.extend_from_slice(&[20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0x57]);
        for word in [!crc, length, length] {
            common.extend_from_slice(&word.to_le_bytes());
        }
        common.extend_from_slice(&(name.len() as u16).to_le_bytes());
        common.extend_from_slice(&[0, 0]);
        out.extend_from_slice(b"PK\x03\x04");
        out.extend_from_slice(&common);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(bytes);
        directory.extend_from_slice(b"PK\x01\x02\x14\x03");
        directory.extend_from_slice(&common);
        directory.extend_from_slice(&[0; 6]);
        directory.extend_from_slice(&(mode << 16).to_le_bytes());
        directory.extend_from_slice(&at.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
    }
    let (many, at, length) = (
        entries.len() as u16,
        out.len() as u32,
        directory.len() as u32,
    );
    out.extend_from_slice(&directory);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    out.extend_from_slice(&many.to_le_bytes());
    out.extend_from_slice(&many.to_le_bytes());
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&at.to_le_bytes());
    out.extend_from_slice(&[0, 0]);
    out
}

/// A home with a folder outside the one that is unpacked in, where nothing may change.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        for folder in ["home", "outside", "inside"] {
            fs::create_dir(home.at(folder)).unwrap();
        }
        fs::write(home.at("outside/victim"), "as it was").unwrap();
        home
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().canonicalize().unwrap().join(name)
    }

    fn unpack(&self, archive: &[u8]) -> Output {
        fs::write(self.at("archive"), archive).unwrap();
        let mut command = Command::new(candor());
        command
            .args(["unpack", "../archive"])
            .current_dir(self.at("inside"));
        command
            .env_clear()
            .env("HOME", self.at("home"))
            .output()
            .unwrap()
    }

    /// Everything below a folder, with what tells one thing from another.
    fn seen(&self, folder: &str) -> BTreeMap<PathBuf, fs::Metadata> {
        let mut seen = BTreeMap::new();
        let mut folders = vec![self.at(folder)];
        while let Some(at) = folders.pop() {
            for entry in fs::read_dir(at).unwrap() {
                let path = entry.unwrap().path();
                let metadata = path.symlink_metadata().unwrap();
                if metadata.is_dir() {
                    folders.push(path.clone());
                }
                seen.insert(path, metadata);
            }
        }
        seen
    }

    #[track_caller]
    fn is_held(&self, what: &str, output: &Output) {
        assert!(
            matches!(output.status.code(), Some(0 | 2)),
            "{what}: {output:?}"
        );
        let outside = self.seen("outside");
        assert_eq!(outside.len(), 1, "{what}: {outside:?}");
        let victim = fs::read(self.at("outside/victim")).unwrap();
        assert_eq!(victim, b"as it was", "{what}");
        let mut here: Vec<_> = fs::read_dir(self.at(""))
            .unwrap()
            .map(|it| it.unwrap().file_name())
            .collect();
        here.sort();
        assert_eq!(here, ["archive", "home", "inside", "outside"], "{what}");
        assert!(self.seen("home").is_empty(), "{what}");
        let inside = self.at("inside");
        for (path, metadata) in self.seen("inside") {
            let kind = metadata.file_type();
            assert!(
                !kind.is_fifo() && !kind.is_char_device() && !kind.is_block_device(),
                "{what}: {path:?}"
            );
            assert_eq!(metadata.mode() & 0o7000, 0, "{what}: {path:?}");
            if let Ok(leads) = path.canonicalize() {
                assert!(
                    leads.starts_with(&inside),
                    "{what}: {path:?} leads to {leads:?}"
                );
            }
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(!name.contains(char::is_control), "{what}: {name:?}");
        }
        for said in [&output.stdout, &output.stderr] {
            let text = String::from_utf8_lossy(said);
            let is_raw = |it: char| it.is_control() && it != '\n';
            assert!(!text.contains(is_raw), "{what}: {text:?}");
        }
        assert!(!Path::new("/tmp/candor-was-here").exists(), "{what}");
    }
}

#[test]
fn no_name_and_no_link_leads_out() {
    let mut made = 0;
    for (what, entries) in ATTACKS {
        for (format, bytes) in [
            ("tar", tar(entries)),
            ("cpio", cpio(entries)),
            ("zip", zip(entries)),
        ] {
            let home = Home::new();
            let output = home.unpack(&bytes);
            home.is_held(&format!("{what}, {format}"), &output);
            made += home.seen("inside").len();
        }
    }
    assert!(made > 60, "what could be made was made: {made}");
    for (what, entries) in STROKES {
        let home = Home::new();
        let output = home.unpack(&zip(entries));
        home.is_held(what, &output);
        assert!(
            !home.seen("inside").is_empty(),
            "{what}: its files are there under other names"
        );
    }
}

#[test]
fn what_cannot_be_made_is_told_and_the_rest_is_there() {
    let home = Home::new();
    let output = home.unpack(&tar(&[
        File("good", 0o644),
        Link("bad", "/etc/passwd"),
        Link("fine", "good"),
        Special("fifo", b'6'),
    ]));
    home.is_held("mixed", &output);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    for words in [
        "archive/bad",
        "a path from the root",
        "archive/fifo",
        "never unpacked",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(fs::read(home.at("inside/archive/fine")).unwrap(), EVIL);
}

/// Whatever lies where it is unpacked, under every name that it could come by.
#[test]
fn what_lies_there_is_neither_followed_nor_replaced() {
    let home = Home::new();
    let outside = home.at("outside");
    for name in ["archive", "archive (2)", "one", "one (2)"] {
        symlink(&outside, home.at("inside").join(name)).unwrap();
    }
    for entries in [
        &[File("a", 0o644), File("b", 0o644)][..],
        &[File("one", 0o644)],
    ] {
        let output = home.unpack(&tar(entries));
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    assert_eq!(home.seen("outside").len(), 1);
    assert_eq!(fs::read(home.at("inside/archive (3)/b")).unwrap(), EVIL);
    assert_eq!(fs::read(home.at("inside/one (3)")).unwrap(), EVIL);
}
