//! Why something stays, whatever speaks for it. Unknown is keep.

use std::path::{Component, Path, PathBuf};

use knowledge::{
    Base,
    applications::Places,
    pattern,
    protected::{Depth, Private, Protected, Protection, protected},
};
use tool::path_text::shown_path;

use crate::{disk::Whole, inventory::Inventory};

/// What makes things stay on one machine.
pub(crate) struct Keep<'i> {
    bases: Vec<Base>,
    inventory: &'i Inventory,
    protection: Protection,
    places: Vec<Places>,
    /// What is protected or private below other things, with its row.
    patterns: Vec<(PathBuf, &'static Protected)>,
}

impl<'i> Keep<'i> {
    pub(crate) fn new(bases: Vec<Base>, inventory: &'i Inventory) -> Self {
        let binds = |row: &&Protected| {
            let depth = !matches!(row.depth, Depth::Projects | Depth::Nothing);
            row.private == Some(Private::Itself) || depth && !row.gives_way
        };
        let rows = protected().iter().filter(binds);
        let patterns = rows
            .flat_map(|row| {
                let paths = bases.iter().flat_map(|base| row.paths(base));
                paths.map(|path| (path, row)).collect::<Vec<_>>()
            })
            .collect();
        Self {
            protection: Protection::of(&bases),
            places: bases.iter().map(Places::of).collect(),
            bases,
            inventory,
            patterns,
        }
    }

    /// Returns why a thing must stay, by where it is and what it holds; `None` if nothing says so.
    ///
    /// What is the application itself is not kept by links that lead into it.
    pub(crate) fn why(&self, path: &Path, own: bool, whole: &Whole) -> Option<String> {
        let (bases, inventory) = (self.bases.as_slice(), self.inventory);
        if let Some(row) = self.protection.from_uninstall(path, &self.places) {
            return Some(format!("it belongs to {}: {}", row.words, row.why));
        }
        if !self.places.iter().any(|it| it.fits(path)) {
            return Some("it does not lie in a place of one application".to_owned());
        }
        if let Some(row) = self.held(path, whole) {
            return Some(format!("it holds {}: {}", row.words, row.why));
        }
        let is_linked = |target: &&PathBuf| target.starts_with(path);
        if let Some(target) = inventory.linked.iter().find(is_linked).filter(|_| !own) {
            let home = bases.first().map(|base| base.home.as_path());
            return Some(format!(
                "a program that you start by its name lies in it: {}",
                shown_path(target, home)
            ));
        }
        let missed = whole.skipped.first()?;
        Some(format!("not all of it could be looked at: {}", missed.why))
    }

    /// Returns what of private or protected things a thing is, or holds.
    fn held(&self, path: &Path, whole: &Whole) -> Option<&'static Protected> {
        let holds = |(pattern, row): &&(PathBuf, &'static Protected)| match meets(pattern, path) {
            None => false,
            Some(true) => whole
                .inside
                .iter()
                .any(|it| pattern::holds_path(pattern, &it.path.0)),
            // What holds it is asked of the thing itself; only what is private is more.
            Some(false) => row.private == Some(Private::Itself),
        };
        self.patterns.iter().find(holds).map(|(_, row)| *row)
    }
}

/// Returns whether a pattern can name something inside a path (`true`) or names it, or what holds it
/// (`false`); `None` if neither.
fn meets(pattern: &Path, path: &Path) -> Option<bool> {
    let mut names = path.components();
    let mut parts = pattern.components();
    loop {
        match (parts.next(), names.next()) {
            (Some(Component::Normal(part)), Some(Component::Normal(name))) => {
                if !pattern::fits(part.as_encoded_bytes(), name.as_encoded_bytes()) {
                    return None;
                }
            }
            (Some(part), Some(name)) if part == name => {}
            (Some(_), None) => return Some(true),
            (None, _) => return Some(false),
            _ => return None,
        }
    }
}
