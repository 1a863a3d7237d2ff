//! The same names and links in every format.

use fixture::archives::{Entry, FORMATS, Special, file, folder, link, same, special};

use crate::ground::{AT_THE_ROOT, Ground, raw};

/// Names and links that others were led out by; each list is an archive.
fn attacks() -> Vec<(&'static str, Vec<Entry>)> {
    let victim = "../../outside/victim";
    let evil = |name: &str| file(name, "evil");
    vec![
        (
            "dots",
            vec![
                evil(victim),
                evil("a/../../../outside/new"),
                evil("../x"),
                evil(".."),
            ],
        ),
        (
            "strokes",
            vec![evil("..\\..\\outside\\victim"), evil("..\\x"), evil("\\y")],
        ),
        (
            "the root",
            vec![evil(AT_THE_ROOT), evil("//tmp/candor-was-here"), evil("/x")],
        ),
        (
            "a drive",
            vec![evil("C:\\tmp\\x"), evil("C:/tmp/y"), evil("c:z")],
        ),
        (
            "a folder above",
            vec![folder("../../outside/d"), folder("../d"), evil("../d/x")],
        ),
        (
            "through a link",
            vec![link("out", "../../outside"), evil("out/victim")],
        ),
        (
            "through the root",
            vec![link("r", "/"), evil("r/tmp/candor-was-here")],
        ),
        (
            "through a chain",
            vec![link("a", "b"), link("b", "../../outside"), evil("a/victim")],
        ),
        (
            "up and out",
            vec![
                folder("d"),
                link("d/up", ".."),
                link("out", "d/up/../../outside"),
                evil("out/victim"),
            ],
        ),
        (
            "a link that becomes a file",
            vec![link("v", victim), evil("v")],
        ),
        (
            "a link that becomes a folder",
            vec![link("d", "../../outside"), folder("d"), evil("d/victim")],
        ),
        (
            "a folder that becomes a link",
            vec![evil("d/x"), link("d", "../../outside"), evil("d/victim")],
        ),
        ("a hard link out", vec![same("h", victim), evil("h")]),
        (
            "a hard link to a link",
            vec![link("l", victim), same("h", "l"), evil("h")],
        ),
        (
            "special files",
            vec![
                evil("good"),
                special("pipe", Special::Pipe),
                special("letters", Special::Letters),
                special("blocks", Special::Blocks),
            ],
        ),
        (
            "rights of the owner",
            vec![
                evil("suid").mode(0o6755),
                evil("sgid").mode(0o2755),
                folder("sticky").mode(0o7777),
            ],
        ),
        (
            "one name twice",
            vec![evil("same"), file("same", "evil too"), evil("SAME")],
        ),
        (
            "what writes",
            vec![
                evil("good"),
                evil("\u{1b}]0;x\u{7}"),
                evil("a\nb"),
                evil("\u{9b}2J"),
                evil("\u{202e}gpj"),
            ],
        ),
    ]
}

fn holds(number: usize) {
    let format = &FORMATS[number];
    let mut made = 0;
    for (what, mut entries) in attacks() {
        let what = format!("{what} in {} {}", format.name, format.form);
        entries.retain(|it| format.holds(it));
        if entries.is_empty() {
            continue;
        }
        let ground = Ground::with(&(format.pack)(&entries));
        let before = ground.around();
        let told = ground.unpack_told(&what);
        ground.assert_held(&what, &before);
        assert_eq!(
            told.archive()["formats"][0],
            format.name,
            "{what}: {told:?}"
        );
        // Nothing is silent: where it has another name, where it is not there.
        let mut lies = Vec::new();
        let mut seen = 0;
        for entry in told.entries() {
            // Of packages: folders that are always there.
            if matches!(entry["name"].as_str(), Some("./" | "DEBIAN/")) {
                continue;
            }
            seen += 1;
            match entry["path"].as_str() {
                Some(path) => {
                    assert_eq!(raw(path), None, "{what}: {entry}");
                    lies.push(path);
                }
                None => assert!(entry["problem"].is_object(), "{what}: {entry}"),
            }
        }
        assert_eq!(seen, entries.len(), "{what}: {told:?}");
        lies.sort_unstable();
        let many = lies.len();
        lies.dedup();
        assert_eq!(
            lies.len(),
            many,
            "{what}: two entries are one file: {told:?}"
        );
        made += many;
    }
    assert!(made >= 12, "what could be made was made: {made}");
}

/// One test for each format, so that they run side by side.
macro_rules! formats {
    ($($name:ident = $number:literal,)*) => {
        $(#[test]
        fn $name() {
            holds($number);
        })*

        #[test]
        fn every_format_has_a_test() {
            assert_eq!([$($number),*].len(), FORMATS.len());
            let names = [$((stringify!($name), $number)),*];
            for (at, (name, number)) in names.into_iter().enumerate() {
                assert_eq!(at, number, "{name}");
            }
        }
    };
}

formats! {
    ar_of_bsd = 0,
    ar_of_gnu = 1,
    a_package_of_debian = 2,
    what_describes_a_package_of_debian = 3,
    arc = 4,
    arj = 5,
    cab = 6,
    cpio_odc = 7,
    cpio_newc = 8,
    cpio_crc = 9,
    cpio_binary = 10,
    cpio_binary_big = 11,
    iso_of_rock_ridge = 12,
    iso_of_joliet = 13,
    iso_of_neither = 14,
    lha_of_level_0 = 15,
    lha_of_level_2 = 16,
    rar_4 = 17,
    rar_5 = 18,
    rpm = 19,
    seven_zip = 20,
    squashfs = 21,
    tar = 22,
    wim = 23,
    xar = 24,
    a_package_of_macos = 25,
    zip = 26,
    zip_in_a_script = 27,
    zoo = 28,
}
