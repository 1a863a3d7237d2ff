use super::*;

const ROW: &str =
    "[[list]]\nname = \"Our List\"\nform = \"domains\"\nlicence = \"MIT\"\ncategory = \"scam\"\n";

fn own(more: &str) -> Result<Sources, String> {
    Sources::of_person(&format!("{ROW}{more}")).map_err(|error| error.to_string())
}

#[test]
fn a_row_says_what_a_person_should_know() {
    let sources = own("file = \"/srv/own.txt\"\n").unwrap();
    let [listed] = &sources.lists[..] else {
        panic!("{sources:?}")
    };
    let facts = &listed.facts;
    assert_eq!(
        (facts.id.as_str(), facts.publisher.as_str()),
        ("our-list", "our-list")
    );
    assert_eq!(
        (facts.source.as_str(), facts.curated, facts.fresh_days),
        ("/srv/own.txt", false, 90)
    );
    assert_eq!(listed.path(Path::new("/raw")), Path::new("/srv/own.txt"));
    assert_eq!((sources.version, listed.family.as_str()), (0, "scam"));

    let sources = own("url = \"https://lists.example/own.txt\"\n").unwrap();
    let path = sources.lists[0].path(Path::new("/raw"));
    assert_eq!(path, Path::new("/raw/own/our-list"));
    assert_eq!(
        sources.lists[0].facts.source,
        "https://lists.example/own.txt"
    );

    let text =
        format!("version = 3\n{ROW}file = \"a/b.txt\"\ndate = \"2026-11-01\"\ncurated = true\n");
    let sources = Sources::of_update(&text).unwrap();
    assert!(sources.version == 3 && sources.lists[0].facts.curated);
    assert_eq!(
        sources.lists[0].path(Path::new("/raw")),
        Path::new("/raw/a/b.txt")
    );
}

#[test]
fn what_is_wrong_is_told_with_line_and_key() {
    for (more, expected) in [
        ("", "line 1: `url` or `file` is missing"),
        (
            "file = \"own.txt\"\n",
            "line 6: `file` must be a whole path, from / on",
        ),
        (
            "file = \"/x\"\nurl = \"https://x\"\n",
            "line 6: `url` and `file` exclude each other",
        ),
        (
            "url = \"http://lists.example/x\"\n",
            "line 6: `url` must be an address that begins with https://",
        ),
        (
            "url = \"https://me:secret@lists.example/x\"\n",
            "line 6: `url` must hold no name and password",
        ),
        (
            "file = \"/x\"\ncurated = true\n",
            "line 7: `curated` belongs to updates; a list of your own counts like any one list",
        ),
        (
            "file = \"/x\"\nid = \"Ä\"\n",
            "line 7: `id` must be made of a-z, 0-9 and `-`, at most 60 of them",
        ),
        (
            "file = \"/x\"\ndate = \"soon\"\n",
            "line 7: `date` must be a day, as 2026-08-23",
        ),
        (
            "file = \"/x\"\nsha256 = \"00\"\n",
            "line 7: `sha256` must be 64 hexadecimal digits",
        ),
        (
            "file = \"/x\"\ncolumn = \"2\"\n",
            "line 7: `column` belongs to the form `csv`",
        ),
        (
            "file = \"/x\"\nfields = [\"deny\"]\n",
            "line 7: `fields` belongs to the form `json`",
        ),
        (
            "file = \"/x\"\n[[list]]\nname = \"our list\"\nform = \"ips\"\nlicence = \"MIT\"\ncategory = \"scam\"\nfile = \"/y\"\n",
            "line 7: two lists have the id `our-list`; give one of them an `id`",
        ),
    ] {
        assert_eq!(own(more).unwrap_err(), expected);
    }
    for (text, expected) in [
        (
            ROW.replace("scam", "ads"),
            "line 5: `category` must be one of `adware`, ",
        ),
        (
            ROW.replace("form", "farm"),
            "line 3: unknown field `farm`, expected one of `id`, ",
        ),
        (
            ROW.replace("domains", "dns"),
            "line 3: unknown variant `dns`, expected one of `hosts`, ",
        ),
        (
            ROW.replace("domains", "json"),
            "line 1: `fields` is missing",
        ),
        (ROW.replace("domains", "csv"), "line 1: `column` is missing"),
        (
            ROW.replace("licence = \"MIT\"\n", ""),
            "line 1: missing field `licence`",
        ),
        (
            format!("version = 1\n{ROW}"),
            "line 1: `version` belongs to updates",
        ),
        ("[[list]\n".to_owned(), "line 1: "),
    ] {
        let text = format!("{text}file = \"/x\"\n");
        let error = Sources::of_person(&text).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    for (head, file, expected) in [
        ("", "a.txt", "line 1: `version` is missing"),
        (
            "version = 0\n",
            "a.txt",
            "line 1: `version` must be 1 or more",
        ),
        (
            "version = 1\n",
            "../a.txt",
            "line 7: `file` must be a name below the folder of raw files",
        ),
        (
            "version = 1\n",
            "/a.txt",
            "line 7: `file` must be a name below the folder of raw files",
        ),
        ("version = 1\n", "a.txt", "line 2: `date` is missing"),
    ] {
        let error = Sources::of_update(&format!("{head}{ROW}file = \"{file}\"\n")).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    // A publisher cannot name what the person fetches.
    let text = format!("version = 1\n{ROW}url = \"https://lists.example/own.txt\"\n");
    let error = Sources::of_update(&text).unwrap_err().to_string();
    assert!(
        error.starts_with("line 7: `url` belongs to lists of your own"),
        "{error}"
    );
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        let _ = Sources::of_person(&text);
        let _ = Sources::of_update(&format!("version = 1\n{ROW}{text}"));
    }
}
