//! `candor dupes --fdupes`: groups as fdupes and jdupes print them, for scripts that read those.

use std::{
    io::{self, Write},
    os::unix::ffi::OsStrExt,
    path::PathBuf,
};

use serde::Deserialize;
use tool::{List, PathText};

use super::{Ending, Failure, Session, Shared, Wants, print_by};

/// One group of equal files, of which only the paths are wanted.
#[derive(Deserialize)]
struct Group {
    paths: Vec<PathText>,
}

/// Prints the groups and nothing else: a path a line, as its bytes are on the disk, and an empty line
/// between groups. A hard link is no path of its own, as there.
pub(super) fn fdupes(
    paths: &[PathBuf],
    wants: &Wants<'_>,
    shared: &Shared,
) -> Result<Ending, Failure> {
    let mut session = Session::begin("dupes", shared)?;
    session.lists = true;
    session.pass(paths, wants)?;
    let lists = session.outcomes.iter().flat_map(|outcome| &outcome.lists);
    let groups: Vec<&List> = lists.filter(|list| list.name == "groups").collect();
    print_by(|out| {
        groups
            .iter()
            .flat_map(|list| &list.pieces)
            .try_fold(true, |is_first, piece| write(out, piece.get(), is_first))
            .map(drop)
    })?;
    session.talk();
    let skipped: usize = session.outcomes.iter().map(|it| it.skipped.len()).sum();
    if skipped > 0 {
        let things = if skipped == 1 { "thing" } else { "things" };
        eprintln!(
            "candor: {skipped} {things} could not be looked at; without --fdupes they are named"
        );
    }
    let found = session.outcomes.iter().any(|it| !it.findings.is_empty());
    Ok(match () {
        () if skipped > 0 || !session.complaints.is_empty() => Ending::Incomplete,
        () if found => Ending::Found,
        () => Ending::NothingFound,
    })
}

/// Writes one piece of the list, and returns whether the next group is the first one still.
fn write(out: &mut impl Write, piece: &str, mut is_first: bool) -> io::Result<bool> {
    for group in serde_json::from_str::<Vec<Group>>(piece)? {
        if !std::mem::take(&mut is_first) {
            out.write_all(b"\n")?;
        }
        for path in group.paths {
            out.write_all(path.0.as_os_str().as_bytes())?;
            out.write_all(b"\n")?;
        }
    }
    Ok(is_first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_apart_and_paths_are_bytes() {
        let mut out = Vec::new();
        let pieces = [
            "[]",
            r#"[{"size": 1, "paths": ["/a b", "/b"]}, {"paths": [{"base64": "L/8="}, "/c"]}]"#,
            r#"[{"paths": ["/d", "/e"]}]"#,
        ];
        let mut is_first = true;
        for piece in pieces {
            is_first = write(&mut out, piece, is_first).unwrap();
        }
        assert_eq!(out, b"/a b\n/b\n\n/\xff\n/c\n\n/d\n/e\n");
    }
}
