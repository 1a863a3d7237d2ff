use super::*;
use crate::canonical::canonical;

/// A folder of raw files of an update.
struct Raw(tempfile::TempDir);

impl Raw {
    fn new(version: u64, rows: &[(&str, &str, &str)]) -> Self {
        let raw = Self(tempfile::tempdir().unwrap());
        raw.describe(version, rows);
        raw
    }

    /// Writes files with their rows: name, what else stands in the row, text.
    fn describe(&self, version: u64, rows: &[(&str, &str, &str)]) {
        let mut description = format!("version = {version}\n");
        for (name, more, text) in rows {
            description.push_str(&format!(
                "[[list]]\nname = \"{name}\"\nfile = \"{name}\"\nlicence = \"MIT\"\ncategory = \"scam\"\n\
                 date = \"2026-11-01\"\n{more}\n"
            ));
            fs::write(self.0.path().join(name), text).unwrap();
        }
        fs::write(self.0.path().join(DESCRIPTION), description).unwrap();
    }

    fn input(&self) -> Input {
        Input {
            raw: Some(self.0.path().to_owned()),
            ..Input::default()
        }
    }
}

fn entries(made: &Made, text: &str) -> Vec<(String, Vec<String>)> {
    let list = List::open(&made.bytes).unwrap();
    let hits = list.look_up(&canonical(text.as_bytes()).unwrap()).unwrap();
    hits.into_iter()
        .map(|hit| {
            let lists = hit.sightings.iter().map(|it| it.list.id.clone());
            (hit.entry, lists.collect())
        })
        .collect()
}

const DOMAINS: &str = "form = \"domains\"";

#[test]
fn traps_of_real_lists_are_no_entries() {
    let traps = "github.com\nwww.google.com\ndocs.google.com\ntelegra.ph\nsites.google.com\n\
                 www.trustpilot.com\nmyjino.ru\nuber.space\ns3.eu-central-1.amazonaws.com\nduckdns.org\n\
                 192.168.1.1\nwww.dropbox.com\n0000153.0000255.0000011.0000125\nevil.duckdns.org\n";
    let raw = Raw::new(1, &[("traps", DOMAINS, traps)]);
    let made = make(&raw.input()).unwrap();
    for host in traps.lines().take(12) {
        assert_eq!(entries(&made, &format!("https://{host}/")), [], "{host}");
    }
    let found = entries(&made, "http://107.173.9.85/x");
    assert_eq!(found, [("107.173.9.85".into(), vec!["traps".into()])]);
    assert_eq!(entries(&made, "http://evil.duckdns.org/").len(), 1);
    assert_eq!(entries(&made, "http://good.duckdns.org/"), []);
    let left_out: u32 = made.left_out.iter().map(|it| it.count).sum();
    assert_eq!(left_out, 12, "{:?}", made.left_out);
    // The starter list takes part.
    assert_eq!(entries(&made, "http://coolwebsearch.info/").len(), 1);
}

#[test]
fn the_same_files_give_the_same_bytes_and_new_ones_tell_what_changed() {
    let many: String = (0..500).map(|n| format!("h{n}.example\n")).collect();
    let raw = Raw::new(
        1,
        &[
            ("a", DOMAINS, &many),
            ("b", DOMAINS, "h1.example\nx.example\n"),
        ],
    );
    let first = make(&raw.input()).unwrap();
    assert!(first.bytes == make(&raw.input()).unwrap().bytes);
    assert_eq!(
        entries(&first, "http://h1.example/"),
        [("h1.example".into(), vec!["a".into(), "b".into()])]
    );
    assert!(first.changes.is_none());

    let before = raw.0.path().join("compiled");
    fs::write(&before, &first.bytes).unwrap();
    raw.describe(
        2,
        &[
            ("a", DOMAINS, "h1.example\ny.example\n"),
            ("b", DOMAINS, "x.example\n"),
        ],
    );
    let input = Input {
        before: Some(before.clone()),
        ..raw.input()
    };
    let second = make(&input).unwrap();
    let changes = second.changes.unwrap();
    let a = changes.lists.iter().find(|it| it.id == "a").unwrap();
    assert_eq!(
        (a.before, a.after, a.added, a.removed, a.much),
        (500, 2, 1, 499, true)
    );

    // Old files are refused: they would hide what was added since.
    fs::write(&before, &second.bytes).unwrap();
    raw.describe(1, &[("a", DOMAINS, &many)]);
    assert!(matches!(
        make(&input),
        Err(MakeError::Older { found: 1, known: 2 })
    ));
    // A damaged file that is there keeps nobody from a new one.
    fs::write(&before, b"CANDOR2L and so on").unwrap();
    assert!(make(&input).unwrap().changes.is_none());
}

#[test]
fn versions_are_held_against_those_of_the_same_publisher() {
    let signed = |name: &str| format!("x\n\n\u{2014} {name} rfZ7KqYhSVs=\n");
    let raw = Raw::new(9, &[("a", DOMAINS, "one.example\n")]);
    let note = raw.0.path().join(RELEASE);
    fs::write(&note, signed("first.example")).unwrap();
    let first = make(&raw.input()).unwrap();
    let list = List::open(&first.bytes).unwrap();
    assert_eq!(list.signed_by(), "first.example+adf67b2a");
    let before = raw.0.path().join("compiled");
    fs::write(&before, &first.bytes).unwrap();
    let input = Input {
        before: Some(before),
        ..raw.input()
    };
    raw.describe(2, &[("a", DOMAINS, "two.example\n")]);
    assert!(matches!(make(&input), Err(MakeError::Older { .. })));
    // Another publisher counts anew.
    fs::write(&note, signed("second.example")).unwrap();
    let second = make(&input).unwrap();
    assert_eq!(entries(&second, "http://two.example/").len(), 1);
    // One who is named no more is left out, and takes their versions along.
    let without = Input {
        without_update: true,
        ..input
    };
    let left = make(&without).unwrap();
    assert_eq!(entries(&left, "http://two.example/"), []);
    let list = List::open(&left.bytes).unwrap();
    assert_eq!((list.version(), list.signed_by()), (0, ""));
}

#[test]
fn what_has_another_form_than_it_should_is_left_out_and_said() {
    let page = "<!doctype html>\n<title>Gone</title>\n<p>This list has moved.\n";
    let raw = Raw::new(
        1,
        &[
            ("page", "form = \"hosts\"", page),
            ("good", DOMAINS, "good.example\n"),
            ("none", DOMAINS, "# nothing at the moment\n"),
        ],
    );
    let made = make(&raw.input()).unwrap();
    assert_eq!(made.skipped.len(), 1, "{:?}", made.skipped);
    assert!(made.skipped[0].path.0.ends_with("page"));
    assert_eq!(entries(&made, "http://good.example/").len(), 1);
}

#[test]
fn a_list_that_fails_is_left_out_as_a_whole() {
    let json = "{\"deny\": [\"half.example\", ";
    let wrong = format!("{DOMAINS}\nsha256 = \"{}\"", "0".repeat(64));
    let right = "form = \"hosts\"\nsha256 = \"6d0c76b9d8c9c6e1b7b0f8a0a8f2a1ce4f5fd5e5a27b0fd7e4f4bd1cbf0be7bd\"";
    let rows = [
        ("broken", "form = \"json\"\nfields = [\"deny\"]", json),
        ("changed", wrong.as_str(), "changed.example\n"),
        ("good", DOMAINS, "good.example\n"),
        ("other", right, "0.0.0.0 other.example\n"),
    ];
    let raw = Raw::new(1, &rows);
    let digest: String = Sha256::digest(b"0.0.0.0 other.example\n")
        .iter()
        .map(|it| format!("{it:02x}"))
        .collect();
    let path = raw.0.path().join(DESCRIPTION);
    let text = fs::read_to_string(&path).unwrap();
    let told = right.split('"').nth(3).unwrap();
    fs::write(&path, text.replace(told, &digest)).unwrap();
    let made = make(&raw.input()).unwrap();
    let skipped: Vec<_> = made
        .skipped
        .iter()
        .map(|it| it.path.0.file_name().unwrap())
        .collect();
    assert_eq!(skipped, ["broken", "changed"]);
    assert_eq!(entries(&made, "http://half.example/"), []);
    assert_eq!(entries(&made, "http://changed.example/"), []);
    assert_eq!(entries(&made, "http://good.example/").len(), 1);
    assert_eq!(entries(&made, "http://other.example/").len(), 1);
    let list = List::open(&made.bytes).unwrap();
    assert!(list.lists().iter().all(|it| it.id != "broken"));
}

#[test]
fn a_person_adds_lists_and_folders_of_trails_are_read() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("malware/one.txt", "a.example"),
        ("malicious/two.txt", "b.example/x"),
        ("suspicious/three.txt", "c.example"),
    ] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let text = format!(
        "[[list]]\nname = \"maltrail\"\nfile = \"{}\"\nform = \"maltrail\"\nlicence = \"MIT\"\ncategory = \"malware\"\n",
        folder.path().display()
    );
    let input = Input {
        own: Sources::of_person(&text).unwrap(),
        ..Input::default()
    };
    let made = make(&input).unwrap();
    let list = List::open(&made.bytes).unwrap();
    // The starter list has one of that name.
    let own = list
        .lists()
        .iter()
        .find(|it| it.id == "own-maltrail")
        .unwrap();
    assert!(own.entries == 2 && sources::is_day(&own.date), "{own:?}");
    let hits = list
        .look_up(&canonical(b"http://b.example/x").unwrap())
        .unwrap();
    assert_eq!(
        (hits[0].sightings[0].family, hits[0].is_page),
        ("two", true)
    );
    assert_eq!(entries(&made, "http://c.example/"), []);
}

#[test]
fn a_wrong_description_is_told_with_its_line() {
    let raw = Raw::new(1, &[]);
    fs::write(raw.0.path().join(DESCRIPTION), "version = 1\nlist = 3\n").unwrap();
    let error = make(&raw.input()).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.starts_with("line 2: "), "{source}");
    // Nothing was brought in yet.
    let empty = tempfile::tempdir().unwrap();
    let input = Input {
        raw: Some(empty.path().to_owned()),
        ..Input::default()
    };
    assert_eq!(
        List::open(&make(&input).unwrap().bytes).unwrap().version(),
        0
    );
}
