//! Where things lie that were thrown away or put aside.

use std::{os::unix::ffi::OsStrExt, path::Path};

/// Returns whether a path lies in a trash or a quarantine, of whatever file system and user.
///
/// Source: FreeDesktop.org Trash Specification 1.0, 2014-01-02; `.Trash` and `.Trashes` are those of macOS;
/// the names of a quarantine are Candor's own (docs/decisions/0009-acting.md).
#[must_use]
pub fn is_in_a_bin(path: &Path) -> bool {
    let mut above: &[u8] = b"";
    for name in path.iter().map(OsStrExt::as_bytes) {
        let is_bin = matches!(
            (above, name),
            (b"Trash", b"files" | b"info")
                | (b"candor", b"quarantine")
                | (_, b".Trash" | b".Trashes")
        );
        if is_bin || name.starts_with(b".Trash-") || name.starts_with(b".candor-quarantine-") {
            return true;
        }
        above = name;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bin_is_known_by_its_names() {
        for (path, expected) in [
            ("/home/ada/.local/share/Trash/files/a", true),
            ("/home/ada/.local/share/Trash/expunged/a", false),
            ("/media/disk/.Trash-1000/files/a", true),
            ("/media/disk/.Trash/1000/files/a", true),
            ("/Users/ada/.Trash/a", true),
            ("/Volumes/disk/.Trashes/501/a", true),
            ("/home/ada/.local/state/candor/quarantine/run.1", true),
            ("/media/disk/.candor-quarantine-1000/run.1", true),
            ("/home/ada/quarantine/a", false),
            ("/home/ada/Trash/a", false),
            ("/home/ada/files/Trash", false),
        ] {
            assert_eq!(is_in_a_bin(Path::new(path)), expected, "{path}");
        }
    }
}
