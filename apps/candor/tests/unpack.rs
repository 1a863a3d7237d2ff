//! `candor unpack`, end to end, behind the walls.
#![cfg(feature = "unpack")]
#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use fixture::archives::tar;
use serde_json::Value;

fn archives() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/formats/tests/archives")
}

/// A home with archives in `in` and an empty folder `out`, where commands run.
struct Home(tempfile::TempDir);

impl Home {
    fn with(names: &[&str]) -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        fs::create_dir(home.path("in")).unwrap();
        fs::create_dir(home.path("out")).unwrap();
        for name in names {
            fs::copy(archives().join(name), home.path("in").join(name)).unwrap();
        }
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn candor(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
        command.args(words).env_clear().env("HOME", self.0.path());
        command.env("TZ", "UTC").env("TERM", "xterm");
        command.current_dir(self.path("out")).output().unwrap()
    }

    /// What lies in the folder that commands run in.
    fn out(&self) -> Vec<String> {
        let names = fs::read_dir(self.path("out")).unwrap();
        let mut names: Vec<String> = names
            .map(|it| it.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let name = path.strip_prefix(folder).unwrap().to_owned();
                    files.insert(name, fs::read(&path).unwrap());
                }
            }
        }
    }
    files
}

#[test]
fn each_archive_comes_out_in_one_folder_or_file_and_nothing_else_is_left() {
    let home = Home::with(&["tar.zst", "zip-deflate.zip", "package-xz.deb", "text.lz4"]);
    let paths = [
        "../in/tar.zst",
        "../in/zip-deflate.zip",
        "../in/package-xz.deb",
        "../in/text.lz4",
    ];
    let output = home.candor(&[&["unpack", "--json"], &paths[..]].concat());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told = json(&output);
    assert_eq!(told["schema"], "candor/unpack/1");
    assert_eq!(home.out(), ["package-xz", "tar", "text", "zip-deflate"]);
    let expected = tree(&archives().join("tree"));
    assert_eq!(tree(&home.path("out/tar")), expected);
    assert_eq!(tree(&home.path("out/zip-deflate")), expected);
    assert_eq!(tree(&home.path("out/package-xz/usr/share")), expected);
    assert_eq!(
        fs::read(home.path("out/text")).unwrap(),
        expected[Path::new("readme.txt")]
    );
    assert!(
        told["archives"][0]["to"]
            .as_str()
            .unwrap()
            .ends_with("/out/tar")
    );
    let folder = home.path("out/tar").metadata().unwrap().permissions();
    assert_eq!(folder.mode() & 0o777, 0o755);
}

#[test]
fn nothing_that_is_there_is_replaced() {
    let home = Home::with(&["tar.gz", "text.gz"]);
    fs::write(home.path("out/tar"), "mine").unwrap();
    symlink("/nowhere", home.path("out/text")).unwrap();
    let output = home.candor(&["unpack", "../in/tar.gz", "../in/text.gz"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(home.out(), ["tar", "tar (2)", "text", "text (2)"]);
    assert_eq!(fs::read(home.path("out/tar")).unwrap(), b"mine");
    assert_eq!(
        fs::read_link(home.path("out/text")).unwrap(),
        Path::new("/nowhere")
    );
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("tar (2)") && text.contains("8 entries"),
        "{text}"
    );
    assert!(
        text.contains("no writing but into a folder made for what is unpacked"),
        "{text}"
    );
}

#[test]
fn what_does_not_come_out_is_told_and_the_rest_is_there() {
    let home = Home::with(&["zip-stored.zip"]);
    let path = home.path("in/zip-stored.zip");
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(6).position(|it| it == b"Candor").unwrap();
    bytes[at] ^= 1;
    fs::write(&path, bytes).unwrap();
    let output = home.candor(&[
        "unpack",
        "--json",
        "../in/zip-stored.zip",
        "../in/missing.7z",
    ]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let told = json(&output);
    let skipped = told["skipped"].as_array().unwrap();
    assert_eq!(skipped.len(), 1, "{told}");
    assert!(
        skipped[0]["path"]
            .as_str()
            .unwrap()
            .ends_with("zip-stored.zip/readme.txt")
    );
    assert_eq!(tree(&home.path("out/zip-stored")).len(), 4);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("missing.7z") && said.contains("help: "),
        "{said}"
    );
}

#[test]
fn a_wrong_password_leaves_nothing_and_a_right_one_opens() {
    for name in ["zip-aes128.zip", "7z-aes.7z", "7z-aes-header.7z"] {
        let home = Home::with(&[name]);
        let path = format!("../in/{name}");
        let output = home.candor(&["unpack", "--json", &path]);
        assert_eq!(output.status.code(), Some(2), "{name}: {output:?}");
        assert_eq!(
            json(&output)["skipped"][0]["why"]["kind"],
            "locked",
            "{name}"
        );
        let left = home.out();
        let files: usize = left
            .iter()
            .map(|it| tree(&home.path("out").join(it)).len())
            .sum();
        // What needs no password is there: the file without bytes.
        assert!(files <= 1, "{name}: {left:?}");
        let handed = home.path("password");
        fs::write(&handed, "secret\n").unwrap();
        let mut command = Command::new("sh");
        let script = format!(
            "exec {} unpack --into ../open --password-fd 3 {path} 3<../password",
            env!("CARGO_BIN_EXE_candor")
        );
        command.args(["-c", &script]).env("HOME", home.0.path());
        let output = command.current_dir(home.path("out")).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{name}: {output:?}");
        let stem = name.split('.').next().unwrap();
        assert_eq!(
            tree(&home.path("open").join(stem)),
            tree(&archives().join("tree")),
            "{name}"
        );
    }
}

#[test]
fn where_nothing_can_be_written_it_says_so_and_leaves_nothing() {
    let home = Home::with(&["tar.gz"]);
    fs::write(home.path("file"), "").unwrap();
    let output = home.candor(&["unpack", "--into", "../file", "../in/tar.gz"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("cannot write in") && said.contains("--into"),
        "{said}"
    );
    fs::write(home.path("in/words"), "no archive at all").unwrap();
    let output = home.candor(&["unpack", "--json", "../in/words"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(json(&output)["skipped"][0]["why"]["kind"], "unsupported");
    assert!(home.out().is_empty(), "{:?}", home.out());
}

#[test]
fn any_part_of_an_archive_brings_all_of_it_out_once() {
    let home = Home::with(&[
        "rar50-parts.part1.rar",
        "rar50-parts.part2.rar",
        "rar50-parts.part3.rar",
    ]);
    let whole = fs::read(archives().join("7z-lzma2.7z")).unwrap();
    for (number, piece) in whole.chunks(whole.len() / 2 + 1).enumerate() {
        let name = format!("in/split.7z.{:03}", number + 1);
        fs::write(home.path(&name), piece).unwrap();
    }
    let output = home.candor(&[
        "unpack",
        "../in/rar50-parts.part2.rar",
        "../in/rar50-parts.part1.rar",
        "../in/split.7z.002",
    ]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(home.out(), ["rar50-parts", "split"]);
    for name in home.out() {
        let out = tree(&home.path("out").join(&name));
        assert!(out == tree(&archives().join("tree")), "{name}");
    }
}

#[test]
fn a_part_that_is_missing_is_named_before_anything_is_written() {
    let home = Home::with(&["rar50-parts.part1.rar", "rar50-parts.part3.rar"]);
    let output = home.candor(&["unpack", "../in/rar50-parts.part3.rar"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("rar50-parts.part2.rar"), "{told}");
    fs::remove_file(home.path("in/rar50-parts.part3.rar")).unwrap();
    let output = home.candor(&["unpack", "../in/rar50-parts.part1.rar"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(home.out().is_empty(), "{:?}", home.out());
}

#[test]
fn only_what_is_asked_for_comes_out() {
    let home = Home::with(&["tar.zst", "zip-deflate.zip"]);
    for (archive, to) in [("tar.zst", "tar"), ("zip-deflate.zip", "zip-deflate")] {
        let path = format!("../in/{archive}");
        let output = home.candor(&["unpack", "--json", "--only", "*.txt", &path]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let told = json(&output);
        let all = tree(&archives().join("tree"));
        let wanted = |it: &PathBuf| it.extension().is_some_and(|it| it == "txt");
        let expected: Vec<_> = all.keys().filter(|it| wanted(it)).collect();
        assert!(!expected.is_empty() && expected.len() < all.len());
        let lies = PathBuf::from(told["archives"][0]["to"].as_str().unwrap());
        let found = match lies.is_dir() {
            true => tree(&lies).len(),
            false => 1,
        };
        assert_eq!(found, expected.len(), "{archive}");
        assert!(
            told["archives"][0]["left_out"].as_u64().unwrap() > 0,
            "{told}"
        );
        let list = json(&home.candor(&["list", "--json", "--only", "*.txt", &path]));
        let entries = list["archives"][0]["entries"].as_u64();
        assert_eq!(entries, Some(expected.len() as u64), "{list}");
        let output = home.candor(&["unpack", "--only", "nothing/*.x", &path]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("nothing in it has such a name"), "{text}");
        assert!(!home.path("out").join(to).join("nothing").exists());
    }
    let output = home.candor(&["list", "--only", "[a", "../in/tar.zst"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("[a"),
        "{output:?}"
    );
}

#[test]
fn folders_are_left_off_the_beginning_of_paths() {
    let home = Home::with(&["package-xz.deb"]);
    let output = home.candor(&["unpack", "--strip", "3", "../in/package-xz.deb"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let all = tree(&archives().join("tree"));
    // `usr/share` and one more.
    let deep = all.keys().filter(|it| it.components().count() > 1);
    let expected: Vec<PathBuf> = deep.map(|it| it.components().skip(1).collect()).collect();
    let found = tree(&home.path("out"));
    let found: Vec<PathBuf> = found.into_keys().collect();
    for path in &expected {
        assert!(
            found.iter().any(|it| it.ends_with(path)),
            "{path:?}: {found:?}"
        );
    }
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("left out"), "{text}");
}

#[test]
fn the_first_bytes_of_an_entry_are_shown_and_no_more() {
    let home = Home::with(&[
        "tar.xz",
        "zip-deflate.zip",
        "7z-lzma2.7z",
        "rar50.rar",
        "text.gz",
    ]);
    let readme = fs::read(archives().join("tree/readme.txt")).unwrap();
    for archive in [
        "tar.xz",
        "zip-deflate.zip",
        "7z-lzma2.7z",
        "rar50.rar",
        "text.gz",
    ] {
        let path = format!("../in/{archive}");
        let entry = if archive == "text.gz" {
            "text"
        } else {
            "readme.txt"
        };
        let output = home.candor(&["preview", &path, entry]);
        assert_eq!(output.status.code(), Some(0), "{archive}: {output:?}");
        assert_eq!(output.stdout, readme, "{archive}");
        let output = home.candor(&["preview", "--bytes", "7", &path, entry]);
        assert_eq!(output.stdout, readme[..7], "{archive}");
        let told = json(&home.candor(&["preview", "--json", "--bytes", "7", &path, entry]));
        assert_eq!(told["whole"], false, "{told}");
        let output = home.candor(&["preview", &path, "missing.txt"]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("missing.txt"));
    }
}

#[test]
fn a_wrong_password_is_told_before_anything_is_written() {
    let locked = [
        "zip-zipcrypto.zip",
        "zip-aes256.zip",
        "7z-aes.7z",
        "7z-aes-header.7z",
        "rar29-aes.rar",
        "rar50-aes.rar",
        "rar50-headers.rar",
        "arj-garbled.arj",
    ];
    let home = Home::with(&locked);
    for archive in locked {
        let path = home.path("in").join(archive);
        let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
        command
            .env_clear()
            .env("HOME", home.0.path())
            .env("TZ", "UTC");
        command
            .env("CANDOR_PASSWORD", "wrong")
            .current_dir(home.path("out"));
        let output = command
            .args(["unpack", "--json"])
            .arg(&path)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{archive}: {output:?}");
        let told = json(&output);
        let why = &told["skipped"][0]["why"];
        assert!(why.to_string().contains("locked"), "{archive}: {told}");
        assert_eq!(
            told["skipped"].as_array().unwrap().len(),
            1,
            "{archive}: {told}"
        );
        assert_eq!(told["archives"][0]["entries"], 0, "{archive}: {told}");
        assert!(home.out().is_empty(), "{archive}: {:?}", home.out());
    }
}

#[test]
fn whoever_interrupts_it_finds_nothing_half_done() {
    use std::{
        os::unix::process::ExitStatusExt as _,
        time::{Duration, Instant},
    };

    let home = Home::with(&[]);
    // A tar of one file of zeros, so long that nobody writes it in a moment.
    let length: u64 = 4 << 30;
    let header = tar::header(b'0', b"zeros", b"", 0o644, length);
    let archive = home.path("in/zeros.tar");
    fs::write(&archive, &header).unwrap();
    let file = fs::File::options().write(true).open(&archive).unwrap();
    file.set_len(512 + length + 1024).unwrap();
    for signal in [rustix::process::Signal::INT, rustix::process::Signal::TERM] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
        command
            .env_clear()
            .env("HOME", home.0.path())
            .arg("unpack")
            .arg(&archive);
        let mut candor = command.current_dir(home.path("out")).spawn().unwrap();
        let began = Instant::now();
        let is_written = || {
            let folder = home.out().pop()?;
            let file = home.path("out").join(folder).join("0/zeros");
            fs::metadata(file).ok().filter(|it| it.len() > 0)
        };
        while is_written().is_none() {
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "nothing is written"
            );
            std::thread::sleep(Duration::from_millis(1));
        }
        let pid = rustix::process::Pid::from_child(&candor);
        rustix::process::kill_process(pid, signal).unwrap();
        let status = candor.wait().unwrap();
        assert_eq!(status.signal(), Some(signal.as_raw()), "{status:?}");
        assert_eq!(home.out(), Vec::<String>::new());
    }
}
