//! Browsers: which there are, where each keeps its history and the names of its profiles.
//!
//! A [`Browser`] is a row of `tables/browsers.toml`, a [`Root`] one folder it may keep profiles
//! in. What lies below a root follows from the [`Engine`]. [`places`] says the same in the words
//! that declarations and the sandbox use: `browser.history.NAME` and `browser.profiles.NAME`.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::{Base, Place, Platform, rows};

/// What SQLite keeps beside a database while it is in use.
pub const SIDECARS: [&str; 2] = ["-wal", "-journal"];

/// One browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Browser {
    /// What places are called after: `chromium`.
    pub name: String,
    /// What a person calls it: `Google Chrome`.
    pub title: String,
    /// How its files are read.
    pub engine: Engine,
    /// What a person should know of it, in a sentence; always there when nothing can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Strings that betray a reader of its history in another program's binary.
    pub strings: Vec<String>,
    /// The folders it may keep profiles in.
    pub root: Vec<Root>,
}

/// One folder that a browser may keep profiles in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Root {
    /// The system that has it.
    pub platform: Platform,
    /// How the browser came onto the machine.
    pub packaging: Packaging,
    /// `Beta`, `Dev`; none for the usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// The folder: a pattern for [`Base::expand`].
    pub path: String,
    /// The histories below it, where they are not where the engine has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    history: Option<Vec<String>>,
    /// A history in it on a machine of /home/ada or /Users/ada; for a browser without one, a
    /// folder that shows it is there.
    pub example: String,
    /// How sure the path is.
    pub verified: Verified,
    /// Where it comes from, with its date or version.
    pub source: String,
}

/// A family of browsers whose files are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// `History` with `urls`, `visits` and `downloads`; times since 1601.
    Chromium,
    /// GNOME Web: `ephy-history.db`.
    Epiphany,
    /// `browsedata.db`, one time per address.
    Falkon,
    /// `places.sqlite`.
    Firefox,
    /// None: the browser writes no history, by design.
    KeepsNone,
    /// `history.sqlite` with one table.
    Qutebrowser,
    /// `History.db` and `Downloads.plist`; times since 2001.
    Safari,
    /// None: only the browser itself can read what it keeps.
    Unreadable,
}

/// How a browser came onto the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Packaging {
    /// By the distribution's or the maker's own package.
    Native,
    /// As a flatpak, with its data below `~/.var/app`.
    Flatpak,
    /// As a snap, with its data below `~/snap`.
    Snap,
}

/// How sure a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verified {
    /// That browser ran and was read by us.
    Measured,
    /// Read in the source of a program that reads it.
    Source,
    /// Named after a pattern; nobody looked.
    Unverified,
}

impl Engine {
    /// Returns where histories lie below a root: patterns, `*` inside one name.
    #[must_use]
    pub fn history(self) -> &'static [&'static str] {
        match self {
            // Source: chromium/src chrome/browser/profiles/profile_manager.cc (2026-11).
            Self::Chromium => &[
                "Default/History",
                "Profile */History",
                "Guest Profile/History",
            ],
            // On macOS profiles are one folder deeper than on Linux.
            Self::Firefox => &["*/places.sqlite", "Profiles/*/places.sqlite"],
            Self::Safari => &["History.db", "Profiles/*/History.db"],
            Self::Qutebrowser => &["history.sqlite"],
            Self::Epiphany => &["ephy-history.db"],
            Self::Falkon => &["profiles/*/browsedata.db"],
            Self::KeepsNone | Self::Unreadable => &[],
        }
    }

    /// Returns the file below a root that names the profiles, if the engine has one.
    #[must_use]
    pub fn names(self) -> Option<&'static str> {
        match self {
            Self::Chromium => Some("Local State"),
            Self::Firefox => Some("profiles.ini"),
            Self::Safari => Some("SafariTabs.db"),
            _ => None,
        }
    }

    /// Returns the file below a root that lists downloads, where it is not the history itself.
    #[must_use]
    pub fn downloads(self) -> Option<&'static str> {
        matches!(self, Self::Safari).then_some("Downloads.plist")
    }

    /// Returns whether there is a history to read.
    #[must_use]
    pub fn keeps_history(self) -> bool {
        !matches!(self, Self::KeepsNone | Self::Unreadable)
    }
}

impl Browser {
    /// Returns where histories lie below `root`.
    pub fn history<'a>(&self, root: &'a Root) -> Box<dyn Iterator<Item = &'a str> + 'a> {
        match &root.history {
            Some(own) => Box::new(own.iter().map(String::as_str)),
            None => Box::new(self.engine.history().iter().copied()),
        }
    }

    /// Returns the title with the channel of one of its roots: `Google Chrome Beta`.
    #[must_use]
    pub fn title_of(&self, root: &Root) -> String {
        match &root.channel {
            Some(channel) => format!("{} {channel}", self.title),
            None => self.title.clone(),
        }
    }

    /// Returns whether it stands for browsers nobody named: its roots match any folder.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.root.iter().all(|root| root.path.contains('*'))
    }
}

/// Returns every browser, sorted by name.
#[must_use]
pub fn browsers() -> &'static [Browser] {
    static BROWSERS: OnceLock<Vec<Browser>> = OnceLock::new();
    BROWSERS.get_or_init(|| rows::embedded(include_str!("../tables/browsers.toml")))
}

/// Returns the places of every browser that keeps a history, in the order of [`browsers`].
#[must_use]
pub fn places() -> Vec<Place> {
    let mut all = Vec::new();
    for browser in browsers()
        .iter()
        .filter(|browser| browser.engine.keeps_history())
    {
        all.push(history_place(browser));
        all.extend(profiles_place(browser));
    }
    all
}

fn history_place(browser: &Browser) -> Place {
    let mut place = empty(
        format!("browser.history.{}", browser.name),
        format!(
            "the history of {}: pages visited and files downloaded",
            browser.title
        ),
        browser,
    );
    for root in &browser.root {
        let patterns = patterns_of(&mut place, root.platform);
        for history in browser.history(root) {
            let file = format!("{}/{history}", root.path);
            patterns.extend(SIDECARS.iter().map(|suffix| format!("{file}{suffix}")));
            patterns.push(file);
        }
        patterns.extend(
            browser
                .engine
                .downloads()
                .map(|file| format!("{}/{file}", root.path)),
        );
        place.examples.push(root.example.clone());
    }
    place
}

fn profiles_place(browser: &Browser) -> Option<Place> {
    let names = browser.engine.names()?;
    let mut place = empty(
        format!("browser.profiles.{}", browser.name),
        format!("the names of the profiles of {}", browser.title),
        browser,
    );
    for root in &browser.root {
        patterns_of(&mut place, root.platform).push(format!("{}/{names}", root.path));
        let home = match root.platform {
            Platform::Linux => "/home/ada",
            Platform::Macos => "/Users/ada",
        };
        let base = Base::of_home(root.platform, "/".as_ref(), home.as_ref());
        if let Some(folder) = base.expand(&root.path.replace('*', "some-browser")) {
            place
                .examples
                .push(folder.join(names).display().to_string());
        }
    }
    Some(place)
}

fn empty(id: String, words: String, browser: &Browser) -> Place {
    let mut sources: Vec<&str> = browser
        .root
        .iter()
        .map(|root| root.source.as_str())
        .collect();
    sources.sort_unstable();
    sources.dedup();
    Place {
        id,
        words,
        linux: Vec::new(),
        macos: Vec::new(),
        commands: Vec::new(),
        examples: Vec::new(),
        strings: browser.strings.clone(),
        source: sources.join("; "),
    }
}

fn patterns_of(place: &mut Place, platform: Platform) -> &mut Vec<String> {
    match platform {
        Platform::Linux => &mut place.linux,
        Platform::Macos => &mut place.macos,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_say_where_they_come_from() {
        let names: Vec<_> = browsers().iter().map(|browser| &browser.name).collect();
        assert!(names.is_sorted(), "{names:?}");
        for browser in browsers() {
            let roots: Vec<_> = browser
                .root
                .iter()
                .map(|root| (root.platform.name(), &root.path))
                .collect();
            assert!(roots.is_sorted(), "{roots:?}");
            assert!(!browser.strings.is_empty(), "{}", browser.name);
            assert!(
                browser.root.iter().all(|root| root.source.len() > 10),
                "{}",
                browser.name
            );
            assert!(
                browser.engine.keeps_history() || browser.about.is_some(),
                "{}",
                browser.name
            );
        }
    }

    #[test]
    fn both_systems_have_the_browsers_of_the_reference() {
        let on = |platform| {
            let has = |browser: &&Browser| browser.root.iter().any(|r| r.platform == platform);
            browsers().iter().filter(has).count()
        };
        assert_eq!(
            (browsers().len(), on(Platform::Linux), on(Platform::Macos)),
            (26, 19, 24)
        );
    }

    #[test]
    fn every_example_lies_in_its_place() {
        for browser in browsers()
            .iter()
            .filter(|browser| browser.engine.keeps_history())
        {
            let place = history_place(browser);
            for root in &browser.root {
                let base = Base::of_home(root.platform, "/".as_ref(), home_of(root).as_ref());
                let fits = place.paths(&base).iter().any(|pattern| {
                    let pattern: Vec<_> = pattern.iter().collect();
                    let example: Vec<_> = root.example.trim_start_matches('/').split('/').collect();
                    pattern.len() == example.len() + 1
                        && pattern[1..].iter().zip(&example).all(|(pattern, name)| {
                            let pattern = pattern.to_str().unwrap();
                            match pattern.split_once('*') {
                                Some((head, tail)) => {
                                    name.starts_with(head) && name.ends_with(tail)
                                }
                                None => pattern == *name,
                            }
                        })
                });
                assert!(fits, "{}: {}", browser.name, root.example);
            }
        }
    }

    fn home_of(root: &Root) -> &'static str {
        if root.platform == Platform::Linux {
            "/home/ada"
        } else {
            "/Users/ada"
        }
    }

    #[test]
    fn a_place_covers_what_lies_beside_the_database() {
        let all = places();
        let chromium = all
            .iter()
            .find(|place| place.id == "browser.history.chromium")
            .unwrap();
        for file in ["History", "History-wal", "History-journal"] {
            let path = format!("$CONFIG/chromium/Default/{file}");
            assert!(chromium.linux.contains(&path), "{path}");
        }
        let names = all
            .iter()
            .find(|place| place.id == "browser.profiles.firefox")
            .unwrap();
        assert!(
            names
                .linux
                .contains(&"$CONFIG/mozilla/firefox/profiles.ini".to_owned())
        );
        assert!(!all.iter().any(|place| place.id.ends_with(".tor")));
    }
}
