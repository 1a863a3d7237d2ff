//! Applications in one file, with the entries of the menu that start them.
//!
//! An entry whose program is there is a living one (bleachbit#2118).

use std::path::{Path, PathBuf};

use knowledge::applications::{Key, rows};
use tool::{EntryKind, Machine, places};

use super::{Application, Entry, Fact, Inventory, Kind, people};
use crate::{disk, exec::Program};

/// Notes every file that is an application.
pub(super) fn read(machine: &Machine, entries: &[Entry], inventory: &mut Inventory) {
    let row = rows(machine.platform)
        .iter()
        .find(|row| row.id == "linux.appimage");
    let Some(row) = row else { return };
    let mut files: Vec<PathBuf> = Vec::new();
    for base in &people(machine) {
        let patterns = row.on(base);
        for folder in patterns.folders() {
            for folder in places::find(&folder).paths {
                for (path, kind) in disk::entries(&folder, &mut inventory.skipped) {
                    if kind == EntryKind::File && patterns.read(&path).is_some() {
                        files.push(path);
                    }
                }
            }
        }
    }
    files.sort();
    files.dedup();
    for file in files {
        let Some(stem) = file.file_stem().and_then(|stem| stem.to_str()) else {
            continue;
        };
        let short = short_name(stem);
        let mut found = Application::new(Kind::AppImage, &file.to_string_lossy(), short);
        found.fact(short, Fact::File);
        found.programs.insert(file.clone());
        for entry in entries.iter().filter(|entry| starts(entry, &file)) {
            entry.tell(&mut found);
            if let Some(name) = &entry.name {
                found.name.clone_from(name);
            }
            if entry.id.contains('.') && Key::Desktop.accepts(&entry.id) {
                found.ids.insert((Key::Desktop, entry.id.clone()));
            }
            if people(machine)
                .iter()
                .any(|base| entry.path.starts_with(&base.data))
            {
                found.own.push(entry.path.clone());
            }
        }
        found.own.push(file);
        inventory.applications.push(found);
    }
}

fn starts(entry: &Entry, file: &Path) -> bool {
    matches!(&entry.program, Program::Lives { named, real } if named == file || real == file)
}

/// Takes version and processor off a name: `Krita-5.2.9-x86_64` is `Krita`.
fn short_name(stem: &str) -> &str {
    let end = stem.char_indices().find(|(at, c)| {
        let next = stem[at + c.len_utf8()..].chars().next();
        matches!(c, '-' | '_' | ' ') && next.is_some_and(|it| it.is_ascii_digit() || it == 'v')
    });
    let stem = end.map_or(stem, |(at, _)| &stem[..at]);
    let stem = stem.trim_end_matches("-x86_64").trim_end_matches(".x86_64");
    stem.trim_end_matches("-aarch64")
}
