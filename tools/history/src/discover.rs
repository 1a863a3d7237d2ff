//! Which browsers a machine has, and exactly which files a reader of their histories needs.
//!
//! Folders are listed here, nothing is opened: this runs before the worker is confined, and what
//! comes out is what it may then open.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use knowledge::{
    Base,
    browsers::{Browser, Engine, Packaging, Root, SIDECARS, browsers},
};
use serde::{Deserialize, Serialize};
use tool::{Machine, PathText, Skipped, places};

/// What was found on a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discovered {
    /// Profiles with a history, sorted by browser and path.
    pub profiles: Vec<Profile>,
    /// Browsers that are there and have no history that can be read.
    pub without: Vec<Without>,
    /// Folders that could not be listed.
    pub skipped: Vec<Skipped>,
}

/// One profile of one browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The browser's name in the table: `chrome`.
    pub browser: String,
    /// What a person calls it: `Google Chrome Beta`.
    pub title: String,
    /// How its files are read.
    pub engine: Engine,
    /// How the browser came onto the machine.
    pub packaging: Packaging,
    /// The profile's folder below the browser's: `Profile 1`; empty if it has none of its own.
    pub folder: String,
    /// Whose it is.
    pub home: PathText,
    /// The history.
    pub history: PathText,
    /// The file that names the profiles, if it is there.
    pub names: Option<PathText>,
    /// The file that lists downloads, where it is not the history itself.
    pub downloads: Option<PathText>,
}

/// A browser that is there and has no history that can be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Without {
    /// The browser's name in the table.
    pub browser: String,
    /// What a person calls it.
    pub title: String,
    /// The folder it was found by.
    pub path: PathText,
    /// Why there is nothing to read.
    pub why: String,
}

/// What a worker that reads the histories must be allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reads {
    /// Folders that are listed to find the files; none of them is needed for reading.
    pub folders: Vec<PathBuf>,
    /// Files that are opened. Those beside a database may appear and vanish; only what exists is
    /// named.
    pub files: Vec<PathBuf>,
}

impl Discovered {
    /// Returns what a worker that reads these profiles must be allowed.
    #[must_use]
    pub fn reads(&self) -> Reads {
        let mut reads = Reads::default();
        for profile in &self.profiles {
            let history = &profile.history.0;
            reads.folders.extend(history.parent().map(Path::to_owned));
            reads.files.extend(with_sidecars(history));
            if let Some(names) = &profile.names {
                reads.files.extend(with_sidecars(&names.0));
            }
            reads
                .files
                .extend(profile.downloads.iter().map(|path| path.0.clone()));
        }
        for all in [&mut reads.folders, &mut reads.files] {
            all.sort();
            all.dedup();
        }
        reads
    }
}

/// Returns what a worker that reads the histories of `machine` must be allowed.
#[must_use]
pub fn reads(machine: &Machine) -> Reads {
    discover(machine).reads()
}

/// Finds every profile of every browser in the homes of a machine.
#[must_use]
pub fn discover(machine: &Machine) -> Discovered {
    let mut found = Discovered::default();
    let mut seen = HashSet::new();
    for base in &machine.people {
        // Browsers with a name first: what one of them claims is no unknown browser's.
        let (unnamed, named): (Vec<_>, Vec<_>) = browsers().iter().partition(|b| b.is_any());
        for browser in named.into_iter().chain(unnamed) {
            for root in browser
                .root
                .iter()
                .filter(|root| root.platform == machine.platform)
            {
                look_below(base, browser, root, &mut found, &mut seen);
            }
        }
    }
    let key = |profile: &Profile| (profile.browser.clone(), profile.history.clone());
    found.profiles.sort_by_key(key);
    found.without.sort();
    found.skipped.sort();
    found.skipped.dedup();
    found
}

fn look_below(
    base: &Base,
    browser: &Browser,
    root: &Root,
    found: &mut Discovered,
    seen: &mut HashSet<PathBuf>,
) {
    let Some(pattern) = base.expand(&root.path) else {
        return;
    };
    let roots = places::find(&pattern);
    found.skipped.extend(roots.skipped);
    for folder in roots.paths {
        if !browser.engine.keeps_history() {
            let why = browser.about.clone().unwrap_or_default();
            found.without.push(without(browser, root, &folder, why));
            continue;
        }
        let names = browser
            .engine
            .names()
            .map(|name| folder.join(name))
            .filter(|it| is_file(it));
        // Programs that only show web pages have no list of profiles.
        if browser.is_any() && names.is_none() {
            continue;
        }
        let downloads = browser
            .engine
            .downloads()
            .map(|name| folder.join(name))
            .filter(|it| is_file(it));
        let before = found.profiles.len();
        let mut claimed = false;
        for history in browser.history(root) {
            let histories = places::find(&folder.join(history));
            found.skipped.extend(histories.skipped);
            for history in histories.paths {
                if !seen.insert(history.clone()) {
                    claimed = true;
                    continue;
                }
                found.profiles.push(Profile {
                    browser: browser.name.clone(),
                    title: browser.title_of(root),
                    engine: browser.engine,
                    packaging: root.packaging,
                    folder: folder_of(&folder, &history),
                    home: base.home.clone().into(),
                    history: history.into(),
                    names: names.clone().map(Into::into),
                    downloads: downloads.clone().map(Into::into),
                });
            }
        }
        if found.profiles.len() == before && !claimed && !browser.is_any() {
            let why = "There is a folder of it and no history in it.".to_owned();
            found.without.push(without(browser, root, &folder, why));
        }
    }
}

fn without(browser: &Browser, root: &Root, folder: &Path, why: String) -> Without {
    let title = browser.title_of(root);
    Without {
        browser: browser.name.clone(),
        title,
        path: folder.into(),
        why,
    }
}

/// Returns the folders between a browser's folder and a history: `Profile 1`.
fn folder_of(root: &Path, history: &Path) -> String {
    let between = history
        .parent()
        .and_then(|folder| folder.strip_prefix(root).ok());
    between
        .map(|between| between.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn with_sidecars(database: &Path) -> impl Iterator<Item = PathBuf> + '_ {
    let beside = SIDECARS.iter().map(|suffix| {
        let mut path = database.as_os_str().to_owned();
        path.push(suffix);
        PathBuf::from(path)
    });
    std::iter::once(database.to_owned()).chain(beside.filter(|path| is_file(path)))
}

fn is_file(path: &Path) -> bool {
    path.symlink_metadata()
        .is_ok_and(|metadata| metadata.is_file())
}

#[cfg(test)]
mod tests;
