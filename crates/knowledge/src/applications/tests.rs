//! Rows that name what one application has, and nothing that others share.

use std::path::Path;

use proptest::prelude::*;

use super::*;

fn ada(platform: Platform) -> Base {
    let home = match platform {
        Platform::Linux => "/home/ada",
        Platform::Macos => "/Users/ada",
    };
    Base::of_home(platform, Path::new("/"), Path::new(home))
}

const BOTH: [Platform; 2] = [Platform::Linux, Platform::Macos];

#[test]
fn every_row_reads_its_example_and_every_pattern_is_one() {
    for platform in BOTH {
        let base = ada(platform);
        for row in rows(platform) {
            let read = row.read(Path::new(&row.example), &base);
            assert!(read.is_some(), "{}: {}", row.id, row.example);
            assert!(row.id.starts_with(platform.name()), "{}", row.id);
            assert!(!row.lost.is_empty() && !row.words.is_empty(), "{}", row.id);
            for pattern in &row.paths {
                let template = Template::of(pattern, &base);
                let template = template.unwrap_or_else(|| panic!("{}: {pattern}", row.id));
                assert!((1..=3).contains(&template.levels()), "{pattern}");
                assert!(pattern.contains('{'), "{pattern}");
            }
        }
        assert!(rows(platform).is_sorted_by(|a, b| a.id < b.id));
    }
}

#[test]
fn names_and_identifiers_that_prove_nothing_are_refused() {
    for name in [
        "data", "Code", "APP", "x", "Go", "", "Claude", "Google", ".hidden", "..", "a/b",
    ] {
        assert!(!Key::Name.accepts(name), "{name}");
    }
    for id in [
        "",
        ".",
        "com",
        "com.",
        ".com.foo",
        "com..foo",
        "com.apple.Safari",
        "com.foo bar",
    ] {
        assert!(!Key::Bundle.accepts(id), "{id}");
    }
    for id in [
        "com.apple",
        "com.crashlytics.data",
        "group.com.apple.notes",
        "org.sparkle-project.Sparkle",
    ] {
        assert!(is_shared_id(id), "{id}");
    }
    for id in [
        "com.applegate.Notes",
        "org.gimp.GIMP",
        "app.zen_browser.zen",
        "notion.id",
    ] {
        assert!(Key::Bundle.accepts(id), "{id}");
    }
    assert!(Key::Name.accepts("shotcut") && Key::Name.accepts("vlc"));
}

#[test]
fn a_file_for_one_host_is_told_from_a_longer_identifier() {
    let base = ada(Platform::Macos);
    let row = rows(Platform::Macos)
        .iter()
        .find(|row| row.id == "macos.preferences")
        .unwrap();
    let read = |name: &str| row.read(&base.home.join("Library/Preferences").join(name), &base);
    let uuid = "0A1B2C3D-0000-4000-8000-00000000000F";
    assert_eq!(
        read(&format!("ByHost/com.foo.app.{uuid}.plist")).unwrap(),
        [
            (Key::Bundle, "com.foo.app".to_owned()),
            (Key::Uuid, uuid.to_owned())
        ]
    );
    assert_eq!(read("ByHost/com.foo.app.helper.plist"), None);
    assert_eq!(
        read("com.foo.app2.plist").unwrap(),
        [(Key::Bundle, "com.foo.app2".to_owned())]
    );
    assert_eq!(read(".plist"), None);
}

/// Folders that many applications share: all that stands above something of one, and some more.
fn shared(platform: Platform) -> Vec<PathBuf> {
    let base = ada(platform);
    let mut all: BTreeSet<PathBuf> = rows(platform)
        .iter()
        .flat_map(|row| row.on(&base).folders())
        .flat_map(|folder| folder.ancestors().map(Path::to_owned).collect::<Vec<_>>())
        .collect();
    for more in [
        "Documents",
        "Desktop",
        "Pictures",
        "letter.txt",
        ".ssh",
        ".claude",
        ".mozilla",
        ".vscode",
    ] {
        all.insert(base.home.join(more));
    }
    all.into_iter().collect()
}

#[test]
fn mole_150_no_folder_that_applications_share_fits() {
    for platform in BOTH {
        let base = ada(platform);
        for folder in shared(platform) {
            assert!(!fits(&folder, &base), "{}", folder.display());
        }
    }
}

proptest! {
    /// Whatever an application is called, no pattern becomes a shared folder, or what is beside it.
    #[test]
    fn no_name_turns_a_pattern_into_a_shared_folder(name in "\\PC{0,12}|[./]{0,4}|com\\.[a-z]{0,3}") {
        for platform in BOTH {
            let base = ada(platform);
            let shared = shared(platform);
            let places = Places::of(&base);
            for row in rows(platform) {
                for pattern in &row.paths {
                    let mut path = String::new();
                    let mut rest = pattern.as_str();
                    while let Some((before, after)) = rest.split_once('{') {
                        path.push_str(before);
                        path.push_str(&name);
                        rest = after.split_once('}').map_or("", |it| it.1);
                    }
                    path.push_str(rest);
                    let Some(path) = base.expand(&path) else { continue };
                    let whole: PathBuf = path.components().collect();
                    if shared.contains(&whole) {
                        prop_assert!(!places.fits(&path), "{}", path.display());
                    }
                }
            }
        }
    }
}

#[test]
fn protected_places_give_way_to_one_application_and_to_nothing_else() {
    use crate::protected::{Protection, protects};
    let protects_from_uninstall = |path: &Path, bases: &[Base]| {
        let places: Vec<Places> = bases.iter().map(Places::of).collect();
        Protection::of(bases).from_uninstall(path, &places)
    };
    let bases = [ada(Platform::Linux)];
    let kept = |path: &str| protects_from_uninstall(Path::new(path), &bases).map(|row| &*row.id);
    assert_eq!(kept("/home/ada/.config/shotcut"), None);
    assert_eq!(kept("/home/ada/.config"), Some("app-settings"));
    assert_eq!(kept("/home/ada/.config/keepassxc"), Some("keychains"));
    assert_eq!(kept("/home/ada/.config/data"), Some("app-settings"));
    assert_eq!(kept("/home/ada/.var/app/org.gimp.GIMP/cache"), None);
    assert_eq!(kept("/home/ada/.var/app"), Some("containers-top"));
    assert_eq!(kept("/home/ada/.claude"), Some("agents"));
    assert!(protects(Path::new("/home/ada/.config/shotcut"), &bases).is_some());
    let bases = [ada(Platform::Macos)];
    let kept = |path: &str| protects_from_uninstall(Path::new(path), &bases).map(|row| &*row.id);
    assert_eq!(
        kept("/Users/ada/Library/Preferences/com.foo.app.plist"),
        None
    );
    assert_eq!(
        kept("/Users/ada/Library/Preferences/com.apple.finder.plist"),
        Some("app-settings-files")
    );
    assert_eq!(
        kept("/Users/ada/Library/Containers/com.docker.docker"),
        Some("containers")
    );
    assert_eq!(
        kept("/Users/ada/Library/Group Containers/group.com.foo.app"),
        Some("clouds")
    );
    assert_eq!(kept("/Applications/VLC.app"), None);
    assert_eq!(
        kept("/private/var/db/receipts/com.foo.app.plist"),
        Some("system")
    );
}
