//! Everything that lies where applications leave things, and what its name says.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use knowledge::{
    Base,
    applications::{Asks, Key, Left, Shape, rows},
};
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
            for folder in row.folders(base) {
                let found = places::find(&folder);
                skipped.extend(found.skipped);
                for folder in found.paths {
                    let levels = row.levels(base);
                    below(&folder, levels, row, base, &mut lists, skipped, &mut |it| {
                        if seen.insert((it.row.id.clone(), it.path.clone())) {
                            all.push(it);
                        }
                    });
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

fn below(
    folder: &Path,
    levels: usize,
    row: &'static Left,
    base: &Base,
    lists: &mut BTreeMap<PathBuf, Vec<(PathBuf, EntryKind)>>,
    skipped: &mut Vec<Skipped>,
    take: &mut dyn FnMut(Candidate),
) {
    if !lists.contains_key(folder) {
        // A folder of applications that is a link leads to somebody else's: bleachbit, L9.
        let is_link = folder.symlink_metadata().is_ok_and(|it| it.is_symlink());
        let entries = match is_link {
            true => {
                let detail = "a link; what it leads to is left alone".to_owned();
                skipped.push(Skipped::new(folder, Why::Unsupported { detail }));
                Vec::new()
            }
            false => disk::entries(folder, skipped),
        };
        lists.insert(folder.to_owned(), entries);
    }
    let entries = lists.get(folder).cloned().unwrap_or_default();
    for (path, kind) in entries {
        if kind == EntryKind::Folder && levels > 1 {
            below(&path, levels - 1, row, base, lists, skipped, take);
        }
        let has_shape = match row.is {
            Shape::Folder => kind == EntryKind::Folder,
            Shape::File => kind == EntryKind::File,
            Shape::Any => matches!(kind, EntryKind::Folder | EntryKind::File),
        };
        let Some(names) = has_shape.then(|| row.read(&path, base)).flatten() else {
            continue;
        };
        take(Candidate {
            row,
            path,
            names,
            says: Vec::new(),
        });
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
