//! What archives were seen to do to others, each in the format that it was seen in.
//!
//! Of each is asserted what is said of every entry: where it lies, what its name lost, why it is not there.

use std::{collections::BTreeSet, path::PathBuf};

use fixture::archives::{Entry, Special, file, folder, link, special, tar, zip};
use flate2::{Compression, write::GzEncoder};

use crate::{
    ground::{Ground, Told, raw},
    leading, lying,
};

/// An archive, and what is said of its entries; see [`Told::lines`].
pub(crate) struct Attack {
    what: &'static str,
    archive: Vec<u8>,
    told: &'static [&'static str],
}

pub(crate) fn attack(
    what: &'static str,
    archive: Vec<u8>,
    told: &'static [&'static str],
) -> Attack {
    Attack {
        what,
        archive,
        told,
    }
}

pub(crate) fn evil(name: impl AsRef<[u8]>) -> Entry {
    file(name, "evil")
}

fn attacks() -> Vec<Attack> {
    let mut all = names();
    all.extend(leading::attacks());
    all.extend(kinds_and_modes());
    all.extend(what_writes());
    all.extend(lying::attacks());
    all
}

/// Names that point elsewhere, or are none.
fn names() -> Vec<Attack> {
    let dots = [evil("../../outside/victim"), evil("a/../../../outside/new")];
    let told_of_dots = &[
        "../../outside/victim at outside/victim outside",
        "a/../../../outside/new at a/outside/new outside",
    ];
    let root = [evil("/tmp/candor-was-here"), evil("//tmp/candor-was-here")];
    let told_of_root = &[
        "/tmp/candor-was-here at tmp/candor-was-here outside",
        "//tmp/candor-was-here at tmp/candor-was-here (2) outside taken",
    ];
    vec![
        attack("dots in zip", zip::pack(&dots), told_of_dots),
        attack("dots in tar", tar::pack(&dots), told_of_dots),
        attack("dots in tar.gz", gzip(&tar::pack(&dots)), told_of_dots),
        attack("the root in zip", zip::pack(&root), told_of_root),
        attack("the root in tar", tar::pack(&root), told_of_root),
        attack(
            "strokes to the left in zip",
            zip::pack(&[evil("..\\..\\outside\\victim"), evil("\\tmp\\x")]),
            &[
                "..\\\\..\\\\outside\\\\victim at outside/victim outside",
                "\\\\tmp\\\\x at tmp/x outside",
            ],
        ),
        attack(
            "strokes to the left in tar",
            tar::pack(&[evil("..\\..\\outside\\victim")]),
            &["..\\\\..\\\\outside\\\\victim at ..\\\\..\\\\outside\\\\victim"],
        ),
        attack(
            "drives and servers",
            zip::pack(&[
                evil("C:\\tmp\\x"),
                evil("C:/tmp/y"),
                evil("\\\\server\\share\\x"),
                evil("\\\\?\\C:\\z"),
                evil("c:x"),
                evil("file.txt:stream"),
            ]),
            &[
                "C:\\\\tmp\\\\x at tmp/x outside",
                "C:/tmp/y at tmp/y outside",
                "\\\\\\\\server\\\\share\\\\x at server/share/x outside",
                "\\\\\\\\?\\\\C:\\\\z at ?/C:/z outside",
                // Plain names on these systems.
                "c:x at c:x",
                "file.txt:stream at file.txt:stream",
            ],
        ),
        attack(
            "names that Windows keeps for itself",
            zip::pack(&[
                evil("CON"),
                evil("nul.txt"),
                evil("dot."),
                evil("space "),
                evil("dot"),
                evil("..."),
            ]),
            &[
                "CON at CON",
                "nul.txt at nul.txt",
                "dot. at dot.",
                "space  at space ",
                "dot at dot",
                "... at ...",
            ],
        ),
        attack(
            "names that are none",
            tar::pack(&[
                evil("."),
                evil(".."),
                evil("/"),
                evil("./../"),
                evil("good"),
            ]),
            &[
                ". not: damaged",
                ".. not: damaged outside",
                "/ is the folder outside",
                "./../ is the folder outside",
                "good at good",
            ],
        ),
        attack(
            "a name with NUL in it",
            zip::pack(&[evil("a.txt\0.exe"), evil("../\0/../x")]),
            &[
                "a.txt\\0.exe at a.txt_.exe characters",
                "../\\0/../x at _/x outside characters",
            ],
        ),
        attack(
            "a name that is too long",
            tar::pack(&[evil([b'x'; 5000]), evil("behind")]),
            &["all of it: damaged"],
        ),
    ]
}

fn kinds_and_modes() -> Vec<Attack> {
    let bits = [
        evil("suid").mode(0o6755),
        evil("sgid").mode(0o2755),
        folder("sticky/").mode(0o7777),
    ];
    let told_of_bits = &["suid at suid", "sgid at sgid", "sticky/ at sticky"];
    let twice = [
        file("same", "first"),
        file("same", "second"),
        file("SAME", "third"),
        evil("same/x"),
    ];
    let told_of_twice = &[
        "same at same",
        "same at same (2) taken",
        "SAME at SAME (3) taken",
        "same/x at same (4)/x taken",
    ];
    vec![
        attack(
            "pipes and devices in tar",
            tar::pack(&[
                special("pipe", Special::Pipe),
                special("letters", Special::Letters),
                special("blocks", Special::Blocks),
                evil("pipe"),
            ]),
            &[
                "pipe not: unsupported",
                "letters not: unsupported",
                "blocks not: unsupported",
                "pipe at pipe",
            ],
        ),
        attack(
            "a pipe in zip",
            zip::pack(&[special("pipe", Special::Pipe), evil("good")]),
            &["pipe not: unsupported", "good at good"],
        ),
        attack("rights of the owner in zip", zip::pack(&bits), told_of_bits),
        attack("rights of the owner in tar", tar::pack(&bits), told_of_bits),
        attack(
            "one name for several, in zip",
            zip::pack(&twice),
            told_of_twice,
        ),
        attack(
            "one name for several, in tar",
            tar::pack(&twice),
            told_of_twice,
        ),
        attack(
            "one name in letters that are composed and not",
            tar::pack(&[
                evil("caf\u{e9}"),
                evil("cafe\u{301}"),
                evil("stra\u{df}e"),
                evil("STRASSE"),
                evil("\u{212a}"),
                evil("k"),
            ]),
            &[
                "café at café",
                "cafe\u{301} at cafe\u{301} (2) taken",
                "straße at straße",
                "STRASSE at STRASSE (2) taken",
                "\u{212a} at \u{212a}",
                "k at k (2) taken",
            ],
        ),
    ]
}

/// Names that write to terminals.
fn what_writes() -> Vec<Attack> {
    let writing = [
        evil("\u{1b}]0;owned\u{7}"),
        evil("\u{1b}[2J\u{1b}[6n"),
        evil("line\nbreak\rback"),
        evil("\u{9b}2J\u{7f}"),
        link("l\u{1b}c", "\u{1b}]8;;http://x\u{7}"),
    ];
    let told_of_writing = &[
        "\\u{1b}]0;owned\\u{7} at _]0;owned_ characters",
        "\\u{1b}[2J\\u{1b}[6n at _[2J_[6n characters",
        "line\\nbreak\\rback at line_break_back characters",
        "\\u{9b}2J\\u{7f} at _2J_ characters",
        "l\\u{1b}c at l_c characters",
    ];
    vec![
        attack("what writes, in zip", zip::pack(&writing), told_of_writing),
        attack("what writes, in tar", tar::pack(&writing), told_of_writing),
        attack(
            "what turns the direction",
            zip::pack(&[evil("cod\u{202e}gpj.exe"), evil("\u{2067}a\u{2069}")]),
            &[
                "cod\\u{202e}gpj.exe at cod_gpj.exe characters",
                "\\u{2067}a\\u{2069} at _a_ characters",
            ],
        ),
    ]
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;

    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

#[test]
fn each_attack_stays_inside_and_all_of_it_is_told() {
    let attacks = attacks();
    assert!(attacks.len() >= 31, "{}", attacks.len());
    let mut wrong = 0;
    for Attack {
        what,
        archive,
        told: expected,
    } in attacks
    {
        let ground = Ground::with(&archive);
        let before = ground.around();
        let told = ground.unpack_told(what);
        ground.assert_held(what, &before);
        if told.lines() != expected {
            eprintln!("{what}:\n{:#?}", told.lines());
            wrong += 1;
        }
        nothing_is_silent(what, &ground, &told);
    }
    assert_eq!(wrong, 0, "what is told of so many is not as expected");
}

/// Every entry is there under the name that is told, or it is told why not; nothing else is there.
fn nothing_is_silent(what: &str, ground: &Ground, told: &Told) {
    let mut problems = 0;
    let mut told_of = BTreeSet::new();
    for entry in told.entries() {
        let Some(path) = entry["path"].as_str() else {
            problems += usize::from(entry["problem"].is_object());
            continue;
        };
        let is_changed = entry["name"].as_str().unwrap().trim_end_matches('/') != path;
        let mut changes = entry["changes"].as_array().unwrap().iter();
        let is_told = changes.any(|it| it != "disputed");
        assert_eq!(is_changed, is_told, "{what}: {entry}");
        assert!(
            told_of.insert(path.to_owned()),
            "{what}: two are one: {entry}"
        );
    }
    let whole = told.skipped().len() - problems;
    assert!(whole <= 1, "{what}: {told:?}");
    assert_eq!(
        told.code,
        if problems + whole > 0 { 2 } else { 0 },
        "{what}: {told:?}"
    );
    let Some(to) = told.archive()["to"].as_str() else {
        assert!(ground.inside().is_empty(), "{what}");
        return;
    };
    // What is alone lies there by itself.
    let to = PathBuf::from(to);
    let is_alone = told_of
        .iter()
        .any(|it| to == ground.at("inside").join(it.split('/').next().unwrap()));
    let root = if is_alone { ground.at("inside") } else { to };
    for (path, seen) in ground.inside() {
        let below = path
            .strip_prefix(&root)
            .map(|it| it.to_str().unwrap().to_owned());
        let is_told = below.is_ok_and(|it| it.is_empty() || told_of.contains(&it));
        assert!(
            is_told || seen.kind == "folder",
            "{what}: {path:?} was not told of"
        );
    }
    for path in told_of {
        let there = root.join(&path).symlink_metadata();
        assert!(there.is_ok(), "{what}: {path} is not there");
    }
}

#[test]
fn no_attack_writes_to_the_terminal() {
    for Attack { what, archive, .. } in attacks() {
        let ground = Ground::with(&archive);
        for words in [
            &["unpack", "../archive"][..],
            &["list", "../archive"],
            &["test", "../archive"],
            &["list", "--json", "../archive"],
        ] {
            let output = ground.command(words).output().unwrap();
            for said in [&output.stdout, &output.stderr] {
                let text = std::str::from_utf8(said).unwrap();
                assert_eq!(
                    raw(&text.replace('\n', "")),
                    None,
                    "{what}: {words:?}: {text:?}"
                );
            }
            let written = ground.on_a_terminal(words);
            assert_eq!(
                raw(&without_ours(&written)),
                None,
                "{what}: {words:?}: {written:?}"
            );
        }
    }
}

/// Takes out what Candor itself writes to a terminal: ends of lines, colours, and lines that are cleared.
fn without_ours(written: &str) -> String {
    let written = written.replace(['\r', '\n'], "").replace("\u{1b}[K", "");
    let mut pieces = written.split("\u{1b}[");
    let mut rest = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let is_number = |it: char| it.is_ascii_digit() || it == ';';
        match piece.trim_start_matches(is_number).strip_prefix('m') {
            Some(plain) => rest.push_str(plain),
            None => rest.extend(["\u{1b}[", piece]),
        }
    }
    rest
}
