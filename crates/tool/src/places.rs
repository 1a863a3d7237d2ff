//! From rows of knowledge to paths that exist on this machine.

use std::path::{Component, Path, PathBuf};

use knowledge::pattern::fits;
use rustix::{fs::AtFlags, io::Errno};

use crate::Skipped;

/// What [`find`] came back with.
#[derive(Debug, Default)]
pub struct Found {
    /// Paths that exist, sorted.
    pub paths: Vec<PathBuf>,
    /// Folders on the way that could not be listed.
    pub skipped: Vec<Skipped>,
}

/// Finds the paths that fit a pattern such as `/home/ada/.config/chromium/*/History`.
///
/// `*` stands for any run of characters inside one component, hidden names included; nothing else
/// is special. Links are followed in the fixed start of the pattern, never for a component found
/// by a wildcard, so that a link planted in a profile folder leads nowhere.
#[must_use]
pub fn find(pattern: &Path) -> Found {
    let mut found = Found::default();
    let mut start = PathBuf::new();
    let mut rest = Vec::new();
    for component in pattern.components() {
        let Component::Normal(name) = component else {
            start.push(component);
            continue;
        };
        match rest.is_empty() && !holds_star(name) {
            true => start.push(name),
            false => rest.push(name),
        }
    }
    descend(&start, &rest, &mut found);
    found.paths.sort();
    found
}

fn descend(folder: &Path, rest: &[&std::ffi::OsStr], found: &mut Found) {
    let Some((name, rest)) = rest.split_first() else {
        if exists(folder) {
            found.paths.push(folder.to_owned());
        }
        return;
    };
    if !holds_star(name) {
        return descend(&folder.join(name), rest, found);
    }
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            // Most rows name folders this machine does not have.
            if !matches!(
                error.kind(),
                std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
            ) {
                found.skipped.push(Skipped::failed(folder, &error));
            }
            return;
        }
    };
    for entry in entries.flatten() {
        let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
        if !is_link
            && fits(
                name.as_encoded_bytes(),
                entry.file_name().as_encoded_bytes(),
            )
        {
            descend(&entry.path(), rest, found);
        }
    }
}

fn exists(path: &Path) -> bool {
    use rustix::fs::{CWD, statat};
    !matches!(
        statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW),
        Err(Errno::NOENT | Errno::NOTDIR)
    )
}

fn holds_star(name: &std::ffi::OsStr) -> bool {
    name.as_encoded_bytes().contains(&b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_link_leads_nowhere_and_the_start_may_be_a_link() {
        let disk = tempfile::tempdir().unwrap();
        let at = |name: &str| disk.path().join(name);
        std::fs::create_dir_all(at("real/Default")).unwrap();
        std::fs::create_dir_all(at("outside")).unwrap();
        for folder in ["real/Default", "outside"] {
            std::fs::write(at(folder).join("History"), "x").unwrap();
        }
        std::os::unix::fs::symlink(at("outside"), at("real/Planted")).unwrap();
        std::os::unix::fs::symlink(at("real"), at("linked")).unwrap();
        let found = find(&at("linked/*/History"));
        assert_eq!(found.paths, [at("linked/Default/History")]);
        assert!(found.skipped.is_empty());
        assert!(find(&at("missing/*/x")).paths.is_empty());
    }
}
