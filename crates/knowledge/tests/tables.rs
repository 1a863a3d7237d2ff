//! Every row of the tables of places, junk and protected places is true to its own example.

use std::{collections::BTreeSet, path::Path, sync::OnceLock};

use candor_knowledge as knowledge;
use candor_knowledge::{
    Base, Platform,
    junk::{self, Junk, Kind, Matcher},
    pattern::{fits, holds_path},
    protected::{Depth, protected},
};

const BOTH: [Platform; 2] = [Platform::Linux, Platform::Macos];

fn ada(platform: Platform) -> Base {
    let home = match platform {
        Platform::Linux => "/home/ada",
        Platform::Macos => "/Users/ada",
    };
    Base::of_home(platform, Path::new("/"), Path::new(home))
}

/// Returns the matcher of one system, made once: it is the same for every row.
fn matcher(platform: Platform) -> &'static Matcher {
    static MATCHERS: [OnceLock<Matcher>; 2] = [OnceLock::new(), OnceLock::new()];
    let make = || {
        Matcher::new(junk::rows(platform), &[ada(platform)]).expect("the rows stay below the limit")
    };
    MATCHERS[usize::from(platform == Platform::Macos)].get_or_init(make)
}

fn found(platform: Platform, path: &str) -> Option<&'static str> {
    let rule = matcher(platform).start(Path::new(path)).junk?;
    Some(&rule.of(junk::rows(platform)).id)
}

#[test]
fn rows_are_sorted_and_say_everything() {
    for platform in BOTH {
        let rows = junk::rows(platform);
        assert!(
            rows.is_sorted_by(|a, b| a.id < b.id),
            "{platform}: sorted by id, none twice"
        );
        let own = rows
            .iter()
            .filter(|row| row.id.starts_with(platform.name()))
            .count();
        assert!(own >= 45, "{platform}: {own} kinds of its own");
        for row in rows {
            let Junk {
                id,
                name,
                why,
                lost,
                example,
                source,
                ..
            } = row;
            for field in [name, why, lost, example, source] {
                assert!(!field.trim().is_empty(), "{id}: an empty field");
            }
            assert!(
                !why.ends_with('.') && !lost.ends_with('.'),
                "{id}: no period, they are joined"
            );
            assert_ne!(
                row.paths.is_empty(),
                row.anywhere.is_none(),
                "{id}: by path or by name"
            );
            let asks = !row.guard.programs.is_empty() || !row.guard.locks.is_empty();
            assert_eq!(asks, !row.guard.words.is_empty(), "{id}: a guard has words");
            assert!(
                row.kind != Kind::Report || !row.default,
                "{id}: only told, never ticked"
            );
            let kept = matches!(row.kind, Kind::Trash | Kind::State | Kind::Installer);
            assert!(
                !(row.default && kept && row.id.contains("trash")),
                "{id}: only if asked"
            );
        }
    }
    assert!(protected().is_sorted_by(|a, b| a.id < b.id));
    assert!(knowledge::places().is_sorted_by(|a, b| a.id < b.id));
}

#[test]
fn only_what_was_read_somewhere_is_ticked() {
    for platform in BOTH {
        let rows = junk::rows(platform);
        let mut read = 0;
        for row in rows {
            assert!(
                !row.default || !row.source.contains("unverified"),
                "{}: ticked, but not read in a source",
                row.id
            );
            let dated = row.source.contains("read 2026-11");
            assert!(
                dated || row.source.starts_with("unverified: "),
                "{}: neither read nor said to be unread",
                row.id
            );
            read += usize::from(dated && row.id.starts_with(platform.name()));
        }
        assert!(read >= 70, "{platform}: {read} kinds of its own were read");
    }
}

#[test]
fn every_path_starts_from_a_known_folder() {
    for platform in BOTH {
        let junk = junk::rows(platform).iter().flat_map(|row| {
            row.paths
                .iter()
                .chain(&row.guard.locks)
                .map(move |path| (&row.id, path))
        });
        let protected = protected().iter().flat_map(|row| {
            row.patterns(platform)
                .iter()
                .map(move |path| (&row.id, path))
        });
        let places = knowledge::places().into_iter().flat_map(|row| {
            row.patterns(platform)
                .iter()
                .map(move |path| (&row.id, path))
        });
        for (id, path) in junk.chain(protected).chain(places) {
            assert!(ada(platform).expand(path).is_some(), "{id}: {path}");
            assert!(
                !path.contains("**") && !path.contains("/.."),
                "{id}: {path}"
            );
            assert!(path == "/" || !path.ends_with('/'), "{id}: {path}");
            let variable = path.starts_with('$');
            assert!(
                platform == Platform::Linux || !variable,
                "{id}: {path}: no XDG on macOS"
            );
        }
    }
}

#[test]
fn every_example_is_found_by_its_own_row_and_no_other() {
    for platform in BOTH {
        let rows = junk::rows(platform);
        for row in rows.iter().filter(|row| !row.paths.is_empty()) {
            let path = Path::new(&row.example);
            let matcher = matcher(platform);
            assert_eq!(
                found(platform, &row.example),
                Some(&*row.id),
                "{}",
                row.example
            );
            // The match begins at the example itself, not above it.
            let above = matcher.start(path.parent().unwrap());
            assert_eq!(above.junk, None, "{}: {}", row.id, row.example);
        }
    }
}

#[test]
fn every_path_of_a_row_can_match() {
    // A pattern that a protected place or another row swallows whole is a mistake in a table.
    for platform in BOTH {
        for row in junk::rows(platform) {
            for pattern in &row.paths {
                let path = ada(platform).expand(pattern).unwrap();
                let path = path.to_str().unwrap().replace('*', "0x");
                assert_eq!(found(platform, &path), Some(&*row.id), "{pattern}");
            }
        }
    }
}

#[test]
fn junk_by_name_asks_for_its_evidence() {
    for platform in BOTH {
        let rows = junk::rows(platform);
        let matcher = matcher(platform);
        for (row, anywhere) in rows
            .iter()
            .filter_map(|row| Some((row, row.anywhere.as_ref()?)))
        {
            let example = Path::new(&row.example);
            let name = example.file_name().unwrap();
            let state = matcher.start(example).state;
            let named = matcher.named(state, name.as_encoded_bytes());
            let found = named.iter().find(|named| named.rule.of(rows).id == row.id);
            let found = found.unwrap_or_else(|| panic!("{}: {}", row.id, row.example));
            assert_eq!(
                (&found.beside, &found.inside),
                (&anywhere.beside, &anywhere.inside)
            );
            assert!(
                !anywhere.name.contains(['*', '/']),
                "{}: names are exact",
                row.id
            );
            let proven = !found.beside.is_empty() || !found.inside.is_empty();
            assert!(
                proven || anywhere.is == junk::Shape::File,
                "{}: a name proves nothing",
                row.id
            );
        }
        let closed = match platform {
            Platform::Linux => ["/home/ada/.nvm/x", "/usr/lib", "/home/ada/.config/Code/x"],
            Platform::Macos => [
                "/Users/ada/Library/x",
                "/Applications/A.app/x",
                "/Users/ada/.nvm",
            ],
        };
        for folder in closed {
            let state = matcher.start(Path::new(folder)).state;
            let inside = matcher.step(state, b"node_modules").state;
            assert!(
                matcher.named(inside, b"node_modules").is_empty(),
                "{folder}"
            );
        }
        let home = matcher.start(&ada(platform).home).state;
        let state = matcher
            .step(matcher.step(home, b"work").state, b"node_modules")
            .state;
        assert_eq!(matcher.named(state, b"node_modules").len(), 1);
        assert!(matcher.named(state, b"node_module").is_empty());
    }
}

#[test]
fn no_rule_takes_a_folder_that_others_share() {
    let shared: [(Platform, &[&str]); 2] = [
        (
            Platform::Linux,
            &[
                "/",
                "/home",
                "/home/ada",
                "/tmp",
                "/var",
                "/var/tmp",
                "/var/log",
                "/var/cache",
                "/var/cache/apt",
                "/var/lib",
                "/home/ada/.cache",
                "/home/ada/.config",
                "/home/ada/.config/Code",
                "/home/ada/.local",
                "/home/ada/.local/share",
                "/home/ada/.local/share/Trash",
                "/home/ada/.local/state",
                "/home/ada/.mozilla",
                "/home/ada/.mozilla/firefox",
                "/home/ada/.npm",
                "/home/ada/.cargo",
                "/home/ada/.gradle",
                "/home/ada/.var/app/org.gnome.Maps",
                "/home/ada/snap/firefox",
                "/home/ada/Downloads",
                "/home/ada/Documents",
                "/home/ada/.m2",
                "/home/ada/go",
                "/home/ada/.config/google-chrome",
                "/home/ada/.config/google-chrome/Default",
            ],
        ),
        (
            Platform::Macos,
            &[
                "/",
                "/Users",
                "/Users/ada",
                "/private",
                "/private/tmp",
                "/private/var",
                "/private/var/folders",
                "/Library",
                "/Applications",
                "/Volumes/Stick",
                "/Users/ada/Library",
                "/Users/ada/Library/Caches",
                "/Users/ada/Library/Logs",
                "/Users/ada/Library/Application Support",
                "/Users/ada/Library/Containers",
                "/Users/ada/Library/Containers/com.apple.mail",
                "/Users/ada/Library/Containers/com.apple.mail/Data",
                "/Users/ada/Library/Group Containers",
                "/Users/ada/Library/Preferences",
                "/Users/ada/Library/Application Support/Google/Chrome/Default",
                "/Users/ada/Library/Caches/JetBrains",
                "/Users/ada/Library/Caches/Google",
                "/Users/ada/Library/Developer",
                "/Users/ada/Downloads",
                "/Users/ada/.Trash",
            ],
        ),
    ];
    for (platform, folders) in shared {
        for folder in folders {
            assert_eq!(found(platform, folder), None, "{folder}");
        }
    }
}

#[test]
fn protected_examples_are_protected_and_their_rows_say_why() {
    for row in protected() {
        for field in [&row.words, &row.why, &row.source] {
            assert!(!field.trim().is_empty(), "{}", row.id);
        }
        for platform in BOTH {
            let base = ada(platform);
            let paths = row.paths(&base);
            let top = base.home.parent().unwrap();
            let covers = |example: &str| {
                let example = Path::new(example);
                let names = |path: &Path| path.components().count();
                paths.iter().any(|path| {
                    holds_path(path, example)
                        && (row.depth != Depth::Itself || names(path) == names(example))
                })
            };
            let example = row.examples.iter().find(|example| covers(example));
            assert_eq!(
                example.is_none(),
                paths.is_empty(),
                "{} below {}",
                row.id,
                top.display()
            );
            let Some(example) = example else { continue };
            assert_eq!(found(platform, example), None, "{}: {example}", row.id);
            let matcher = matcher(platform);
            let state = matcher.start(Path::new(example)).state;
            if row.depth != Depth::Itself {
                let inside = matcher.step(state, b".DS_Store").state;
                assert!(
                    matcher.named(inside, b".DS_Store").is_empty(),
                    "{}: {example}",
                    row.id
                );
            }
        }
    }
}

#[test]
fn caches_that_hold_more_than_caches_are_left_alone() {
    for (platform, path) in [
        (
            Platform::Linux,
            "/home/ada/.cache/JetBrains/IntelliJIdea2025.3/LocalHistory",
        ),
        (Platform::Linux, "/home/ada/.cache/pypoetry/virtualenvs/app"),
        (Platform::Linux, "/home/ada/.cache/spotify/Storage/0a"),
        (Platform::Linux, "/home/ada/.cache/keepassxc/keepassxc.ini"),
        (Platform::Linux, "/home/ada/.cache/unheard-of"),
        (
            Platform::Linux,
            "/home/ada/.config/google-chrome/Default/History",
        ),
        (
            Platform::Linux,
            "/home/ada/.var/app/org.keepassxc.KeePassXC/cache/x",
        ),
        (Platform::Linux, "/home/ada/.m2/repository/org/app"),
        (Platform::Linux, "/tmp/.X11-unix"),
        (Platform::Linux, "/var/log/syslog"),
        (Platform::Macos, "/Users/ada/Library/Caches/CloudKit/db"),
        (
            Platform::Macos,
            "/Users/ada/Library/Caches/JetBrains/GoLand2025.3/LocalHistory",
        ),
        (
            Platform::Macos,
            "/Users/ada/Library/Caches/com.1password.1password",
        ),
        (
            Platform::Macos,
            "/Users/ada/Library/Containers/com.docker.docker/Data/Library/Caches/x",
        ),
        (Platform::Macos, "/Users/ada/.claude/projects"),
    ] {
        assert_eq!(found(platform, path), None, "{path}");
    }
}

#[test]
fn people_share_the_rows_of_the_machine_and_have_their_own() {
    let rows = junk::rows(Platform::Linux);
    let root = Path::new("/mnt/disk");
    let homes = ["/mnt/disk/home/ada", "/mnt/disk/home/bob"];
    let bases = homes.map(|home| Base::of_home(Platform::Linux, root, Path::new(home)));
    let matcher = Matcher::new(rows, &bases).unwrap();
    let id = |path: &str| {
        matcher
            .start(Path::new(path))
            .junk
            .map(|rule| &*rule.of(rows).id)
    };
    assert_eq!(
        id("/mnt/disk/home/bob/.npm/_logs/1.log"),
        Some("linux.npm-logs")
    );
    assert_eq!(
        id("/mnt/disk/home/ada/.npm/_logs/1.log"),
        Some("linux.npm-logs")
    );
    assert_eq!(
        id("/mnt/disk/var/crash/x.crash"),
        Some("linux.apport-crash")
    );
    assert_eq!(
        id("/var/crash/x.crash"),
        None,
        "not on the disk that is looked at"
    );
}

#[test]
fn places_lie_where_their_examples_are() {
    for place in knowledge::places() {
        for field in [&place.words, &place.source] {
            assert!(!field.trim().is_empty(), "{}", place.id);
        }
        for platform in BOTH {
            let paths = place.paths(&ada(platform));
            let lies_in = |example: &String| {
                let example = Path::new(example);
                paths.iter().any(|pattern| holds_path(pattern, example))
            };
            let covered = place.examples.iter().any(lies_in);
            assert_eq!(covered, !paths.is_empty(), "{} on {platform}", place.id);
        }
        let somewhere = place.linux.len() + place.macos.len() + place.commands.len();
        assert!(somewhere > 0, "{}", place.id);
    }
}

#[test]
fn a_name_means_a_place_by_whole_parts() {
    let ids = |name: &str| -> BTreeSet<&str> { knowledge::named(name).map(|it| &*it.id).collect() };
    assert_eq!(ids("home"), BTreeSet::from(["home"]));
    assert_eq!(ids("battery.linux"), BTreeSet::from(["battery.linux"]));
    assert!(ids("battery").is_superset(&BTreeSet::from(["battery.linux", "battery.macos"])));
    assert!(ids("junk").len() >= 90 && ids("junk").contains("junk.linux.thumbnails"));
    assert!(ids("jun").is_empty() && ids("junk.").is_empty() && ids("").is_empty());
}

#[test]
fn evidence_beside_a_project_may_have_stars() {
    let rows = junk::rows(Platform::Linux);
    let row = rows
        .iter()
        .find(|row| row.id == "project.dotnet-obj")
        .unwrap();
    let beside = &row.anywhere.as_ref().unwrap().beside;
    assert!(
        beside
            .iter()
            .any(|pattern| fits(pattern.as_bytes(), b"App.csproj"))
    );
}
