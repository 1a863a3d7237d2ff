//! Why something stays, whatever speaks for it. Unknown is keep.

use std::path::{Component, Path, PathBuf};

use knowledge::{
    Base,
    applications::fits,
    pattern,
    protected::{Depth, Private, protected, protects_from_uninstall},
};
use tool::path_text::shown_path;

use crate::{disk::Whole, inventory::Inventory};

/// Returns why a thing must stay, by where it is and what it holds; `None` if nothing says so.
pub(crate) fn why(
    path: &Path,
    own: bool,
    whole: &Whole,
    bases: &[Base],
    inventory: &Inventory,
) -> Option<String> {
    if let Some(row) = protects_from_uninstall(path, bases) {
        return Some(format!("it belongs to {}: {}", row.words, row.why));
    }
    if !bases.iter().any(|base| fits(path, base)) {
        return Some("it does not lie in a place of one application".to_owned());
    }
    if let Some(held) = holds(path, whole, bases) {
        return Some(held);
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
fn holds(path: &Path, whole: &Whole, bases: &[Base]) -> Option<String> {
    for row in protected() {
        let private = row.private == Some(Private::Itself);
        let binds = !row.gives_way && !matches!(row.depth, Depth::Projects | Depth::Nothing);
        if !private && !binds {
            continue;
        }
        for pattern in bases.iter().flat_map(|base| row.paths(base)) {
            let Some(deeper) = meets(&pattern, path) else {
                continue;
            };
            let held = match deeper {
                true => whole
                    .inside
                    .iter()
                    .any(|it| pattern::holds_path(&pattern, &it.path.0)),
                // What holds it is asked of the thing itself; only what is private is more.
                false => private,
            };
            if held {
                return Some(format!("it holds {}: {}", row.words, row.why));
            }
        }
    }
    None
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
