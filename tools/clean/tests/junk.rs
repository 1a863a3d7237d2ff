//! What is junk on pretend machines, and what is not.
#![expect(clippy::unwrap_used, reason = "in a test, also in what it calls")]

use std::{collections::BTreeMap, fs, path::Path};

use candor_clean::{Asked, Odd, Scope, Wishes, holdings, junk, places_outside_home};
use tool::{
    Lists, Machine, Outcome, Proposal,
    pass::{self, Watch, walk},
};

fn look(
    machine: &Machine,
    asked: &Asked,
    held: &BTreeMap<String, String>,
) -> (Outcome, Vec<Proposal>) {
    let roots = machine
        .people
        .iter()
        .map(|person| person.home.clone())
        .collect();
    let also = places_outside_home(machine);
    let scope = pass::Scope {
        roots,
        also,
        threads: None,
    };
    let forest = walk(&scope, &Watch::new(&|_| {}));
    let holdings = holdings(&forest, false);
    let scope = Scope {
        forest: &forest,
        holdings: &holdings,
        machine,
        held,
    };
    let mut proposals = Vec::new();
    let mut take = |list: &str, rows: &str| {
        assert_eq!(list, candor_clean::PROPOSALS);
        proposals.extend(serde_json::from_str::<Vec<Proposal>>(rows).unwrap());
    };
    let outcome = junk(&scope, asked, &mut Lists::to(&mut take));
    (outcome, proposals)
}

fn outcome(machine: &Machine) -> Outcome {
    look(machine, &Asked::default(), &BTreeMap::new()).0
}

#[test]
fn cases() {
    for case in fixture::cases!("tests/cases") {
        let pretend = case.pretend();
        let outcome = outcome(&pretend.machine);
        case.check(&pretend.without_root(outcome.data.get()));
    }
}

#[test]
fn it_keeps_what_every_tool_keeps() {
    fixture::suite(outcome);
}

/// Makes every folder as old as the file in it: a folder that just got a file counts as touched.
fn grow_old(folder: &Path, days: u32) {
    for entry in fs::read_dir(folder)
        .unwrap()
        .flatten()
        .filter(|it| it.path().is_dir())
    {
        grow_old(&entry.path(), days);
    }
    let now = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_795_435_200);
    let then = now - std::time::Duration::from_secs(u64::from(days) * 86_400);
    fs::File::open(folder).unwrap().set_modified(then).unwrap();
}

/// Every row finds its own example on a machine that holds nothing else.
#[test]
fn every_kind_is_found_where_its_example_says() {
    for platform in [knowledge::Platform::Linux, knowledge::Platform::Macos] {
        let rows = knowledge::junk::rows(platform);
        for row in rows.iter().filter(|row| row.anywhere.is_none()) {
            let old = row.min_age_days + 1;
            let tree = format!(
                "platform {platform}\nnow 2026-11-23T12:00:00Z\n-- tree\nhome/ada/\nUsers/ada/\n\"{}\" size=9000 age={old}d\n",
                row.example.trim_start_matches('/').replace('"', "\\\"")
            );
            let pretend = fixture::Pretend::new(&tree);
            grow_old(&pretend.machine.root, old);
            let found = outcome(&pretend.machine);
            let rules: Vec<&str> = found.findings.iter().map(|it| it.rule.as_str()).collect();
            assert_eq!(rules, [format!("clean.{}", row.id)], "{}", row.example);
            assert!(found.findings[0].bytes.unwrap().0 >= 9000, "{}", row.id);
        }
    }
}

/// A home with junk that is ticked and junk that is not, and what must stay of it.
const HOME: &str = r#"platform linux
now 2026-11-23T12:00:00Z
-- tree
home/ada/.cache/thumbnails/large/a.png          size=20000 age=3d
home/ada/.cache/thumbnails/normal/b.png         size=10000 age=3d
home/ada/.cache/chromium/Default/Cache/data     size=70000 age=3d
home/ada/code/app/package.json                  text="{}" age=40d
home/ada/code/app/node_modules/                 age=40d
home/ada/code/app/node_modules/left/            age=40d
home/ada/code/app/node_modules/left/index.js    size=30000 age=40d
home/ada/code/empty/                            age=40d
home/ada/code/empty/inner/                      age=40d
home/ada/code/broken                            -> gone/away
home/ada/code/whole                             -> app/package.json
home/ada/code/on-a-disk-that-is-away            -> /media/ada/disk/file
home/ada/code/.#notes                           -> ada@host.1234:1700000000
home/ada/Documents/letter.txt                   size=5000
"#;

fn paths(pretend: &fixture::Pretend, proposals: &[Proposal]) -> Vec<String> {
    let home = &pretend.machine.people[0].home;
    let path = |it: &Proposal| {
        let path = it.path.0.strip_prefix(home).unwrap();
        path.to_str().unwrap().to_owned()
    };
    proposals.iter().map(path).collect()
}

fn wishes(kinds: &[&str], without: &[&str]) -> Asked {
    let owned = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect();
    Asked {
        wishes: Some(Wishes {
            kinds: owned(kinds),
            without: owned(without),
        }),
        ..Asked::default()
    }
}

#[test]
fn a_plan_takes_what_is_ticked_or_named_and_nothing_else() {
    let pretend = fixture::Pretend::new(HOME);
    let free = BTreeMap::new();
    let proposed = |asked: &Asked| paths(&pretend, &look(&pretend.machine, asked, &free).1);
    let thumbnails = [".cache/thumbnails/large", ".cache/thumbnails/normal"];
    let cache = ".cache/chromium/Default/Cache";
    assert_eq!(proposed(&Asked::default()), [""; 0], "no plan is wanted");
    let ticked = proposed(&wishes(&[], &["project"]));
    assert_eq!(ticked, [cache, thumbnails[0], thumbnails[1]]);
    assert_eq!(proposed(&wishes(&["linux.thumbnails"], &[])), thumbnails);
    assert_eq!(
        proposed(&wishes(&["project"], &[])),
        ["code/app/node_modules"]
    );
    assert_eq!(
        proposed(&wishes(&["linux.thumb"], &[])),
        [""; 0],
        "no part of a word"
    );
}

#[test]
fn a_proposal_names_everything_below_a_folder() {
    let pretend = fixture::Pretend::new(HOME);
    let (_, proposals) = look(
        &pretend.machine,
        &wishes(&["project"], &[]),
        &BTreeMap::new(),
    );
    let [modules] = &proposals[..] else {
        panic!("{proposals:?}")
    };
    assert_eq!(modules.rule.as_deref(), Some("project.node-modules"));
    assert!(modules.frees.0 >= 30_000);
    let inside: Vec<_> = modules.inside.iter().map(|it| it.path.0.clone()).collect();
    let at = |name: &str| modules.path.0.join(name);
    assert_eq!(inside, [at("left"), at("left/index.js")]);
}

#[test]
fn mole_243_a_kept_child_keeps_the_folder_it_lies_in() {
    let pretend = fixture::Pretend::new(HOME);
    let home = pretend.machine.people[0].home.display().to_string();
    for (line, kept) in [
        (format!("{home}/.cache/thumbnails/large/a.png"), "large"),
        ("~/.cache/thumbnails/large".to_owned(), "large"),
        ("b.png".to_owned(), "normal"),
    ] {
        let asked = Asked {
            keep: vec![line.clone()],
            ..wishes(&["linux.thumbnails"], &[])
        };
        let (found, proposals) = look(&pretend.machine, &asked, &BTreeMap::new());
        let other = if kept == "large" { "normal" } else { "large" };
        assert_eq!(
            paths(&pretend, &proposals),
            [format!(".cache/thumbnails/{other}")],
            "{line}"
        );
        assert!(found.data.get().contains("you keep"), "{line}");
    }
    let above = Asked {
        keep: vec!["~/.cache".to_owned()],
        ..wishes(&[], &[])
    };
    let (_, proposals) = look(&pretend.machine, &above, &BTreeMap::new());
    assert_eq!(
        paths(&pretend, &proposals),
        [""; 0],
        "all that is ticked lies there"
    );
}

#[test]
fn what_a_running_program_uses_stays_and_is_said() {
    let pretend = fixture::Pretend::new(HOME);
    let why = "chromium is running (process 7)".to_owned();
    let held = BTreeMap::from([("linux.chromium-cache".to_owned(), why.clone())]);
    let (found, proposals) = look(&pretend.machine, &wishes(&["linux"], &[]), &held);
    let expected = [".cache/thumbnails/large", ".cache/thumbnails/normal"];
    assert_eq!(paths(&pretend, &proposals), expected);
    let words = found.section.notes.join("\n");
    assert!(words.contains(&why), "{words}");
}

#[test]
fn a_folder_with_a_socket_or_something_unseen_in_it_stays() {
    let pretend = fixture::Pretend::new(HOME);
    let large = pretend.machine.people[0]
        .home
        .join(".cache/thumbnails/large");
    let _socket = std::os::unix::net::UnixListener::bind(large.join("socket")).unwrap();
    let asked = wishes(&["linux.thumbnails"], &[]);
    let (found, proposals) = look(&pretend.machine, &asked, &BTreeMap::new());
    assert_eq!(paths(&pretend, &proposals), [".cache/thumbnails/normal"]);
    assert!(found.data.get().contains("a program that is running"));
}

#[test]
fn empty_folders_and_broken_links_are_looked_for_when_asked() {
    let pretend = fixture::Pretend::new(HOME);
    let (found, _) = look(&pretend.machine, &Asked::default(), &BTreeMap::new());
    assert!(!found.data.get().contains("found."));
    let asked = Asked {
        also: vec![Odd::EmptyFolders, Odd::BrokenLinks],
        ..wishes(&["none"], &[])
    };
    let (found, proposals) = look(&pretend.machine, &asked, &BTreeMap::new());
    assert_eq!(paths(&pretend, &proposals), ["code/empty", "code/broken"]);
    assert_eq!(proposals[0].inside.len(), 1);
    assert!(found.data.get().contains("\"found.broken-links\""));
}

/// Whatever is proposed, its rule says so when it is asked again, and of nothing above it.
#[test]
fn mole_150_the_rules_agree_with_themselves_and_never_name_a_container() {
    let pretend = fixture::Pretend::new(HOME);
    let machine = &pretend.machine;
    let rules = candor_clean::Rules::of(machine.platform, &machine.people).unwrap();
    let asked = Asked {
        also: vec![Odd::EmptyFolders, Odd::BrokenLinks],
        ..wishes(&["linux", "project"], &[])
    };
    let (_, proposals) = look(machine, &asked, &BTreeMap::new());
    assert_eq!(proposals.len(), 6);
    for it in proposals {
        let rule = it.rule.as_deref().unwrap();
        let refused = rules.refuses(rule, &it.path.0, it.is.kind, &it.inside);
        assert_eq!(refused, None, "{:?}", it.path);
        let above = it.path.0.ancestors().skip(1);
        for path in above.take_while(|path| path.starts_with(&machine.root)) {
            let kind = tool::EntryKind::Folder;
            let own = tool::Seen {
                path: it.path.clone(),
                is: it.is,
            };
            let refused = rules.refuses(rule, path, kind, &[own]);
            let empty = rule == Odd::EmptyFolders.id();
            assert!(refused.is_some() || empty, "{rule} names {path:?}");
        }
    }
}
