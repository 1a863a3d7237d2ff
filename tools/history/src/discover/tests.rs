use std::{collections::BTreeSet, fs};

use knowledge::Platform;
use tempfile::TempDir;
use tool::Moment;

use super::*;

/// Makes a machine that has a file at each path, and looks at it.
fn discovered(platform: Platform, paths: &[&str]) -> (TempDir, PathBuf, Discovered) {
    let folder = tempfile::tempdir().unwrap();
    for path in paths {
        let path = folder.path().join(path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }
    let machine = Machine::at_root(platform, folder.path(), Moment(0)).unwrap();
    let found = discover(&machine);
    (folder, machine.root, found)
}

#[test]
fn every_row_of_the_table_is_found_in_one_pass() {
    for platform in [Platform::Linux, Platform::Macos] {
        let mut paths = Vec::new();
        let (mut profiles, mut without) = (BTreeSet::new(), BTreeSet::new());
        let mut unnamed = Vec::new();
        for browser in browsers() {
            for root in browser.root.iter().filter(|root| root.platform == platform) {
                paths.push(root.example.clone());
                let names = browser.engine.names();
                match browser.engine.keeps_history() {
                    true => profiles.insert((browser.name.clone(), root.example.clone())),
                    false => without.insert(browser.title.clone()),
                };
                if browser.is_any() {
                    let folder = Path::new(&root.example).ancestors().nth(2).unwrap();
                    unnamed.push(folder.join(names.unwrap()).display().to_string());
                }
            }
        }
        paths.extend(unnamed);
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let (_folder, root, found) = discovered(platform, &paths);
        let seen: BTreeSet<_> = found
            .profiles
            .iter()
            .map(|profile| {
                let history = profile.history.0.strip_prefix(&root).unwrap();
                (profile.browser.clone(), format!("/{}", history.display()))
            })
            .collect();
        assert_eq!(seen, profiles, "{platform}");
        let seen: BTreeSet<_> = found
            .without
            .iter()
            .map(|without| without.title.clone())
            .collect();
        assert_eq!(seen, without, "{platform}");
        assert_eq!(found.skipped, []);
    }
}

#[test]
fn all_profiles_of_a_browser_are_found_and_what_they_need_is_named() {
    let at = |name: &str| format!("/home/ada/.config/google-chrome/{name}");
    let names = [
        "Default/History",
        "Default/History-journal",
        "Default/Cookies",
        "Profile 1/History",
        "Profile 1/History-wal",
        "Guest Profile/History",
        "System Profile/Preferences",
        "Local State",
    ]
    .map(at);
    let paths: Vec<&str> = names.iter().map(String::as_str).collect();
    let (_folder, root, found) = discovered(Platform::Linux, &paths);
    let folders: Vec<_> = found
        .profiles
        .iter()
        .map(|profile| profile.folder.as_str())
        .collect();
    assert_eq!(folders, ["Default", "Guest Profile", "Profile 1"]);
    assert_eq!(found.profiles[0].title, "Google Chrome");
    let files: Vec<_> = found
        .reads()
        .files
        .iter()
        .map(|path| {
            path.strip_prefix(root.join("home/ada/.config/google-chrome"))
                .unwrap()
                .display()
                .to_string()
        })
        .collect();
    assert_eq!(
        files,
        [
            "Default/History",
            "Default/History-journal",
            "Guest Profile/History",
            "Local State",
            "Profile 1/History",
            "Profile 1/History-wal"
        ]
    );
}

#[test]
fn a_program_that_shows_web_pages_is_no_browser() {
    let (_folder, _, found) = discovered(
        Platform::Linux,
        &[
            "/home/ada/.config/chat/Default/History",
            "/home/ada/.config/new-browser/Default/History",
            "/home/ada/.config/new-browser/Local State",
        ],
    );
    let names: Vec<_> = found
        .profiles
        .iter()
        .map(|profile| profile.browser.as_str())
        .collect();
    assert_eq!(names, ["other-chromium"]);
    assert!(
        found.profiles[0]
            .history
            .0
            .to_str()
            .unwrap()
            .contains("new-browser")
    );
}

#[test]
fn a_browser_without_a_history_is_said_to_be_there() {
    let (_folder, _, found) = discovered(
        Platform::Linux,
        &[
            "/home/ada/.config/vivaldi/Local State",
            "/home/ada/.local/share/torbrowser/tbb/x",
        ],
    );
    let said: Vec<_> = found
        .without
        .iter()
        .map(|it| (it.title.as_str(), it.why.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            (
                "Tor Browser",
                "It is always in private mode and writes no history."
            ),
            ("Vivaldi", "There is a folder of it and no history in it."),
        ]
    );
}

#[test]
fn what_was_discovered_goes_to_the_worker_unchanged() {
    let (_folder, _, found) = discovered(
        Platform::Linux,
        &["/home/ada/.mozilla/firefox/a.default/places.sqlite"],
    );
    assert_eq!(found.profiles.len(), 1);
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Discovered>(&json).unwrap(), found);
}

#[test]
fn each_person_s_browsers_are_found() {
    let (_folder, _, found) = discovered(
        Platform::Macos,
        &[
            "/Users/ada/Library/Safari/History.db",
            "/Users/ada/Library/Safari/Downloads.plist",
            "/Users/bob/Library/Application Support/Firefox/Profiles/a.b/places.sqlite",
        ],
    );
    let said: Vec<_> = found
        .profiles
        .iter()
        .map(|profile| {
            (
                profile.title.as_str(),
                profile.home.0.file_name().unwrap().to_str().unwrap(),
                profile.downloads.is_some(),
            )
        })
        .collect();
    assert_eq!(said, [("Firefox", "bob", false), ("Safari", "ada", true)]);
}
