//! Everything that lies where applications leave things, and what its name says.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use knowledge::applications::{Asks, Key, Left, Patterns, Shape, rows};
use tool::{EntryKind, Machine, Skipped, Why, places};

use crate::{
    disk,
    inventory::{self, people},
};

/// One thing in a place of applications, by one row.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) row: &'static Left,
    pub(crate) path: PathBuf,
    /// What stands in the braces of the row's pattern.
    pub(crate) names: Vec<(Key, String)>,
    /// What its content says, of rows that ask: programs it starts, or an identifier.
    pub(crate) says: Vec<String>,
}

impl Candidate {
    pub(crate) fn name(&self, key: Key) -> Option<&str> {
        let found = self.names.iter().find(|(it, _)| *it == key);
        found.map(|(_, name)| name.as_str())
    }
}

/// Lists the places of everyone, each folder once.
pub(crate) fn of(machine: &Machine, skipped: &mut Vec<Skipped>) -> Vec<Candidate> {
    let mut lists: BTreeMap<PathBuf, Vec<(PathBuf, EntryKind)>> = BTreeMap::new();
    let mut seen: BTreeSet<(String, PathBuf)> = BTreeSet::new();
    let mut all = Vec::new();
    for base in &people(machine) {
        for row in rows(machine.platform) {
            let patterns = row.on(base);
            for folder in patterns.folders() {
                let found = places::find(&folder);
                skipped.extend(found.skipped);
                for folder in found.paths {
                    let mut looking = Looking {
                        row,
                        patterns: &patterns,
                        lists: &mut lists,
                        skipped,
                        take: &mut |it| {
                            if seen.insert((it.row.id.clone(), it.path.clone())) {
                                all.push(it);
                            }
                        },
                    };
                    looking.below(&folder, patterns.levels());
                }
            }
        }
    }
    for candidate in &mut all {
        candidate.says = says(candidate, skipped);
    }
    all.sort_by(|a, b| (&a.path, &a.row.id).cmp(&(&b.path, &b.row.id)));
    all
}

/// One row's search; lists of folders are kept for other rows.
struct Looking<'l> {
    row: &'static Left,
    patterns: &'l Patterns,
    lists: &'l mut BTreeMap<PathBuf, Vec<(PathBuf, EntryKind)>>,
    skipped: &'l mut Vec<Skipped>,
    take: &'l mut dyn FnMut(Candidate),
}

impl Looking<'_> {
    fn below(&mut self, folder: &Path, levels: usize) {
        if !self.lists.contains_key(folder) {
            let entries = self.entries(folder);
            self.lists.insert(folder.to_owned(), entries);
        }
        let entries = self.lists.get(folder).cloned().unwrap_or_default();
        for (path, kind) in entries {
            if kind == EntryKind::Folder && levels > 1 {
                self.below(&path, levels - 1);
            }
            let has_shape = match self.row.is {
                Shape::Folder => kind == EntryKind::Folder,
                Shape::File => kind == EntryKind::File,
                Shape::Any => matches!(kind, EntryKind::Folder | EntryKind::File),
            };
            let names = has_shape.then(|| self.patterns.read(&path)).flatten();
            if let Some(names) = names {
                (self.take)(Candidate {
                    row: self.row,
                    path,
                    names,
                    says: Vec::new(),
                });
            }
        }
    }

    /// A folder of applications that is a link leads to what is somebody else's: it is left alone.
    fn entries(&mut self, folder: &Path) -> Vec<(PathBuf, EntryKind)> {
        let is_link = folder.symlink_metadata().is_ok_and(|it| it.is_symlink());
        if !is_link {
            return disk::entries(folder, self.skipped);
        }
        let detail = "a link; what it leads to is left alone".to_owned();
        let why = Why::Unsupported { detail };
        self.skipped.push(Skipped::new(folder, why));
        Vec::new()
    }
}

/// Returns what the content of a candidate says, if its row asks.
fn says(candidate: &Candidate, skipped: &mut Vec<Skipped>) -> Vec<String> {
    let path = &candidate.path;
    match candidate.row.asks {
        Asks::Nothing => Vec::new(),
        Asks::Identifier => {
            let note = path.join(".com.apple.containermanagerd.metadata.plist");
            let properties = inventory::properties(&note, skipped).unwrap_or_default();
            properties
                .get("MCMMetadataIdentifier")
                .cloned()
                .unwrap_or_default()
        }
        Asks::Program if path.extension().is_some_and(|it| it == "plist") => {
            let properties = inventory::properties(path, skipped).unwrap_or_default();
            let program = properties.get("Program").into_iter().flatten().next();
            let first = properties
                .get("ProgramArguments")
                .and_then(|all| all.first());
            program.or(first).cloned().into_iter().collect()
        }
        Asks::Program => inventory::started_by(path, skipped).into_iter().collect(),
    }
}
