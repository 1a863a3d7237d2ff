//! Rules of our own on made-up homes: what each search finds, and what is refused.
#![expect(clippy::unwrap_used, reason = "in a test, also in what it calls")]

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use candor_clean::cleanerml::{Asked, Input, look};
use knowledge::Platform;
use serde_json::Value;
use tool::{Machine, Moment};

const HOME: &[&str] = &[
    ".app-1/cache/a.log",
    ".app-1/cache/.hidden/b.log",
    ".app-1/x.conf",
    ".app-2/cache/c.txt",
    ".cache/tool/d",
    ".config/gimp/gimprc",
    ".ssh/id_ed25519",
    "Documents/letter.bak",
    "elsewhere/secret",
    "notes/draft.bak",
    "notes/[1].txt",
];

/// A disk with the homes of Ada and Bob, each with the same files; and links in Ada's.
fn disk(platform: Platform) -> (tempfile::TempDir, Machine) {
    let disk = tempfile::tempdir().unwrap();
    let homes = match platform {
        Platform::Linux => "home",
        Platform::Macos => "Users",
    };
    for person in ["ada", "bob"] {
        for file in HOME {
            let file = disk.path().join(homes).join(person).join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "x").unwrap();
        }
    }
    let ada = disk.path().join(homes).join("ada");
    for (to, link) in [
        ("../elsewhere", ".app-1/to-folder"),
        ("x.conf", ".app-1/to-file"),
        ("nowhere", ".app-1/to-nothing"),
        ("elsewhere", ".app-3"),
    ] {
        symlink(to, ada.join(link)).unwrap();
    }
    let mut machine = Machine::at_root(platform, disk.path(), Moment(0)).unwrap();
    machine.people.retain(|it| it.home.ends_with("ada"));
    (disk, machine)
}

/// Returns the outcome of one option with these elements in it, and `<var>`s before it.
fn preview(machine: &Machine, actions: &str, before: &str, deep: bool) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "<cleaner id='app'><label>App</label>{before}<option id='o'><label>O</label>\
         <description>D</description>{actions}</option></cleaner>"
    );
    fs::write(folder.path().join("app.xml"), text).unwrap();
    let input = Input {
        folder: folder.path().canonicalize().unwrap().into(),
        roots: machine
            .people
            .iter()
            .map(|it| it.home.clone().into())
            .collect(),
        environment: vec![("EMPTY".to_owned(), PathBuf::new().into())],
        running: None,
        asked: Asked {
            deep,
            ..Asked::default()
        },
    };
    let outcome = fixture::whole(|lists| look(machine, &input, lists));
    assert_eq!(outcome.skipped, [], "{actions}");
    fixture::data(&outcome)
}

/// What was found, below Ada's home.
fn found(machine: &Machine, data: &Value) -> BTreeSet<String> {
    let rows = data["entries"].as_array().unwrap().iter();
    let path = |row: &Value| {
        let path = Path::new(row["path"].as_str().unwrap());
        let below = path.strip_prefix(&machine.people[0].home).unwrap_or(path);
        below.to_str().unwrap().to_owned()
    };
    rows.map(path).collect()
}

/// Why paths were refused, and rows of the deny list that kept something out.
fn why(data: &Value) -> BTreeSet<String> {
    let texts = |list: &Value, field: &str| -> Vec<String> {
        let rows = list.as_array().unwrap().iter();
        rows.map(|it| it[field].as_str().unwrap().to_owned())
            .collect()
    };
    let option = &data["options"][0];
    let all = texts(&option["refused"], "why").into_iter();
    all.chain(texts(&option["protected"], "row")).collect()
}

fn set(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|it| (*it).to_owned()).collect()
}

#[test]
fn each_search_finds_what_bleachbit_documents() {
    let (_disk, machine) = disk(Platform::Linux);
    let home = |rest: &str| machine.people[0].home.join(rest).display().to_string();
    let whole = format!("wholeregex='{}'", "^/home/ada/.app-1/.*log$");
    for (search, expected, refused) in [
        (
            "search='file' path='~/.app-1/x.conf'",
            &[".app-1/x.conf"][..],
            &[][..],
        ),
        ("search='file' path='~/.app-1/*.conf'", &[], &[]),
        (
            "search='file' path='~/.app-1//./x.conf'",
            &[".app-1/x.conf"],
            &[],
        ),
        ("search='file' path='~/.app-1/x.conf/'", &[], &[]),
        (
            "search='file' path='~/.app-1/to-nothing'",
            &[".app-1/to-nothing"],
            &[],
        ),
        ("search='file' path='~/.app-1/to-folder/'", &[], &["link"]),
        ("search='file' path='~/.app-3/secret'", &[], &["link"]),
        (
            "search='glob' path='~/.app-*/*.conf'",
            &[".app-1/x.conf"],
            &["link"],
        ),
        (
            "search='glob' path='~/.app-1/cache/*'",
            &[".app-1/cache/a.log"],
            &[],
        ),
        (
            "search='glob' path='~/.app-1/cache/.*'",
            &[".app-1/cache/.hidden"],
            &[],
        ),
        (
            "search='glob' path='~/.app-1/**/a.log'",
            &[".app-1/cache/a.log"],
            &["link"],
        ),
        ("search='glob' path='~/*.app-1'", &[], &[]),
        (
            "search='glob' path='~/notes/[[]1].txt'",
            &["notes/[1].txt"],
            &[],
        ),
        (
            "search='glob' path='~/.app-[12]/'",
            &[".app-1", ".app-2"],
            &[],
        ),
        (
            "search='glob' path='~/.app-*'",
            &[".app-1", ".app-2", ".app-3"],
            &[],
        ),
        (
            "search='walk.files' path='~/.app-1'",
            &[
                ".app-1/cache/.hidden/b.log",
                ".app-1/cache/a.log",
                ".app-1/to-file",
                ".app-1/to-nothing",
                ".app-1/x.conf",
            ],
            &[],
        ),
        (
            "search='walk.all' path='~/.app-[12]/cache/'",
            &[
                ".app-1/cache/.hidden",
                ".app-1/cache/.hidden/b.log",
                ".app-1/cache/a.log",
                ".app-2/cache/c.txt",
            ],
            &[],
        ),
        (
            "search='walk.top' path='~/.app-2'",
            &[".app-2", ".app-2/cache", ".app-2/cache/c.txt"],
            &[],
        ),
        (
            "search='walk.top' path='~/.app-2/cache*'",
            &[".app-2/cache/c.txt"],
            &[],
        ),
        ("search='walk.all' path='~/.app-3'", &[], &["link"]),
        ("search='walk.all' path='~/.app-1/x.conf'", &[], &[]),
        (
            "search='walk.all' path='~/.app-1' type='d'",
            &[".app-1/cache", ".app-1/cache/.hidden", ".app-1/to-folder"],
            &[],
        ),
        (
            "search='walk.all' path='~/.app-1' type='f' nregex='log$'",
            &[".app-1/to-file", ".app-1/x.conf"],
            &[],
        ),
        (
            "search='walk.files' path='~/.app-1' regex='^a'",
            &[".app-1/cache/a.log"],
            &[],
        ),
        (
            &format!("search='walk.files' path='~' {whole}"),
            &[],
            &["container"],
        ),
        (
            &format!("search='walk.files' path='{}' {whole}", home(".app-1")),
            &[".app-1/cache/.hidden/b.log", ".app-1/cache/a.log"],
            &[],
        ),
        (
            "search='file' path='$XDG_CACHE_HOME/tool/d'",
            &[".cache/tool/d"],
            &[],
        ),
    ] {
        let action = format!("<action command='delete' {search}/>");
        let data = preview(&machine, &action, "", false);
        assert_eq!(found(&machine, &data), set(expected), "{search}");
        assert_eq!(why(&data), set(refused), "{search}");
    }
}

/// S14 of the safety gates: what a rule may not do, however it is written.
#[test]
fn a_rule_cannot_reach_what_is_not_its_own() {
    let (_disk, machine) = disk(Platform::Linux);
    for (path, search, expected) in [
        ("$EMPTY/.app-1/x.conf", "file", "empty-variable"),
        ("$NONSENSE/.app-1/x.conf", "file", "undefined-variable"),
        ("$$none$$/.app-1/x.conf", "file", "empty-variable"),
        ("$$nonsense$$/x", "file", "undefined-variable"),
        ("~bob/notes/draft.bak", "file", "other-home"),
        ("~/../bob/notes/draft.bak", "file", "climbs"),
        ("/home/bob/notes/*", "glob", "outside"),
        ("notes/*", "glob", "not-absolute"),
        ("~/", "walk.all", "container"),
        ("~/.cache", "walk.all", "container"),
        ("~/.config/", "walk.top", "container"),
        ("~/Documents", "walk.files", "container"),
        ("~/.*", "walk.all", "container"),
        ("~/.cache", "file", "cache-top"),
        ("~/Documents", "glob", "documents"),
        ("~/.config/gimp", "file", "app-settings"),
        ("~/.ssh/id_ed25519", "file", "keys"),
        ("~/.ssh", "walk.all", "protected"),
        ("~/.s*/*", "glob", "keys"),
    ] {
        let action = format!("<action command='delete' search='{search}' path='{path}'/>");
        let none = "<var name='none'><value search='glob'>~/.no-such-*</value></var>";
        let data = preview(&machine, &action, none, false);
        assert!(why(&data).contains(expected), "{path} {search}: {data}");
        let found = found(&machine, &data);
        let is_own = |it: &String| it.starts_with(".app-");
        assert!(found.iter().all(is_own), "{path} {search}: {found:?}");
    }
}

/// `~/.cache` being a link (L9, bleachbit#385): no rule reaches what it leads to.
#[test]
fn bleachbit_385_a_cache_folder_that_is_a_link_is_not_followed() {
    let (_disk, machine) = disk(Platform::Linux);
    let home = &machine.people[0].home;
    fs::remove_dir_all(home.join(".cache")).unwrap();
    symlink("elsewhere", home.join(".cache")).unwrap();
    for action in [
        "<action command='delete' search='walk.all' path='~/.cache/'/>",
        "<action command='delete' search='walk.all' path='$XDG_CACHE_HOME'/>",
        "<action command='delete' search='file' path='~/.cache/secret'/>",
        "<action command='delete' search='glob' path='$XDG_CACHE_HOME/*'/>",
    ] {
        let data = preview(&machine, action, "", false);
        assert_eq!(found(&machine, &data), set(&[]), "{action}");
        assert_eq!(why(&data), set(&["link"]), "{action}");
    }
}

/// Mole#243: a folder went together with what was to be kept in it.
#[test]
fn mole_243_a_folder_that_holds_something_protected_is_kept_out() {
    let (_disk, machine) = disk(Platform::Linux);
    let mail = machine.people[0].home.join(".thunderbird/a.default/Mail");
    fs::create_dir_all(&mail).unwrap();
    fs::write(mail.join("Inbox"), "x").unwrap();
    fs::write(mail.parent().unwrap().join("cache.db"), "x").unwrap();
    let action = "<action command='delete' search='walk.all' path='~/.thunderbird'/>";
    let data = preview(&machine, action, "", false);
    assert_eq!(
        found(&machine, &data),
        set(&[".thunderbird/a.default/cache.db"])
    );
    assert_eq!(why(&data), set(&["holder", "mail-and-messages"]));
    assert_eq!(data["kept_out"].as_array().unwrap().len(), 3, "{data}");
}

#[test]
fn variables_and_deep_searches() {
    let (_disk, machine) = disk(Platform::Linux);
    let before = "<var name='base'><value search='glob'>~/.app-*</value><value>~/.app-2</value></var>\
                  <var name='what'><value>a.log</value><value>c.txt</value></var>";
    let action = "<action command='truncate' search='file' path='$$base$$/cache/$$what$$'/>";
    let data = preview(&machine, action, before, false);
    let expected = set(&[".app-1/cache/a.log", ".app-2/cache/c.txt"]);
    assert_eq!(found(&machine, &data), expected);
    assert_eq!(data["entries"][0]["act"], "truncate");
    assert_eq!(
        why(&data),
        set(&["link"]),
        "a match that is a link is no value"
    );

    let action = "<action command='delete' search='deep' regex='\\.bak$'/>";
    let data = preview(&machine, action, "", false);
    assert_eq!(data["options"][0]["deep_left_out"], 1);
    assert_eq!(found(&machine, &data), set(&[]));
    let data = preview(&machine, action, "", true);
    let expected = set(&["Documents/letter.bak", "notes/draft.bak"]);
    assert_eq!(found(&machine, &data), expected);
}

#[test]
fn a_mac_has_its_own_rules() {
    let (_disk, machine) = disk(Platform::Macos);
    let actions = "<action command='delete' os='macos' search='file' path='~/.app-1/x.conf'/>\
                   <action command='delete' os='darwin' search='file' path='~/.app-1/cache/a.log'/>\
                   <action command='delete' os='linux' search='file' path='~/.app-2/cache/c.txt'/>";
    let data = preview(&machine, actions, "", false);
    let expected = set(&[".app-1/cache/a.log", ".app-1/x.conf"]);
    assert_eq!(found(&machine, &data), expected);
}

#[test]
fn a_running_program_is_told() {
    let (_disk, machine) = disk(Platform::Linux);
    let action = "<action command='delete' search='file' path='~/.app-1/x.conf'/>";
    for (signs, expected) in [
        ("", "unknown"),
        ("<running type='exe'>app</running>", "unknown"),
        (
            "<running type='pathname'>~/.app-*/x.conf</running>",
            "running",
        ),
        ("<running type='pathname'>~/.app-1/no-*</running>", "idle"),
    ] {
        let data = preview(&machine, action, signs, false);
        assert_eq!(data["options"][0]["running"], expected, "{signs}");
        assert_eq!(found(&machine, &data).len(), 1, "it changes nothing");
    }
}
