//! Whether what came out is what was packed. Pure: contents in, a word out.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use super::recipes::Holds;
use crate::archives::contents::{Contents, without_top};

/// What a program made of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Every file is there with its name and its bytes, and none that was not packed.
    Whole,
    /// All of them, and files that were not packed.
    More(usize),
    Part {
        equal: usize,
        of: usize,
    },
    /// It stopped at an archive inside.
    Inner(&'static str),
    No,
    Hangs,
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => out.write_str("ok"),
            Self::More(more) => write!(out, "all, and {more} that were not packed"),
            Self::Part { equal, of } => write!(out, "{equal} of {of}"),
            Self::Inner(what) => write!(out, "inner {what}"),
            Self::No => out.write_str("no"),
            Self::Hangs => out.write_str("hangs"),
        }
    }
}

/// Compares what came out with what was packed.
///
/// All may lie in one folder that the program made. A single file without a name is compared by its
/// bytes alone. Of a package only what lies in `usr/share` counts.
pub(crate) fn verdict(packed: &Contents, came: &Contents, holds: Holds) -> Verdict {
    if holds == Holds::Text {
        let same = came.values().eq(packed.values());
        return if same { Verdict::Whole } else { Verdict::No };
    }
    let best = [Some(came.clone()), without_top(came)]
        .into_iter()
        .flatten()
        .map(|it| match holds {
            Holds::Package | Holds::Payload => of_package(&it),
            Holds::Flat => by_last_name(&it),
            _ => it,
        })
        .max_by_key(|it| equal(packed, it))
        .unwrap_or_default();
    let (equal, of) = (equal(packed, &best), packed.len());
    match inner(came) {
        Some(what) if equal == 0 => Verdict::Inner(what),
        _ if equal == 0 => Verdict::No,
        _ if equal < of => Verdict::Part { equal, of },
        _ if best.len() > of => Verdict::More(best.len() - of),
        _ => Verdict::Whole,
    }
}

fn equal(packed: &Contents, came: &Contents) -> usize {
    let is_equal = |path: &PathBuf| packed.get(path) == came.get(path);
    packed.keys().filter(|path| is_equal(path)).count()
}

fn of_package(came: &Contents) -> Contents {
    let inside = came
        .iter()
        .filter_map(|(path, print)| Some((path.strip_prefix("usr/share").ok()?, print)));
    inside
        .map(|(path, print)| (path.to_owned(), *print))
        .collect()
}

/// Where a format or program keeps no folders, others may.
fn by_last_name(came: &Contents) -> Contents {
    let last = |path: &PathBuf| PathBuf::from(path.file_name().unwrap_or_default());
    came.iter()
        .map(|(path, print)| (last(path), *print))
        .collect()
}

/// Returns what kind of archive lies among the files, by their names: `data.tar.xz`, `tree.tar`.
fn inner(came: &Contents) -> Option<&'static str> {
    // A tar and a cpio that hold anything are larger than one block.
    let large = came.iter().filter(|(_, print)| print.size >= 512);
    let has = |path: &Path, kind: &str| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.split('.').skip(1).any(|part| part == kind)
    };
    let kind = |path: &PathBuf| ["tar", "cpio"].into_iter().find(|kind| has(path, kind));
    large.filter_map(|(path, _)| kind(path)).next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archives::contents::Print;

    fn of<const N: usize>(files: [(&str, &[u8]); N]) -> Contents {
        files
            .map(|(path, bytes)| (path.into(), Print::of(bytes)))
            .into()
    }

    #[test]
    fn whole_is_every_name_and_every_byte_and_no_more() {
        let packed = of([("one", b"1"), ("sub/two", b"2")]);
        let judged = |came: &Contents| verdict(&packed, came, Holds::Tree);
        assert_eq!(judged(&packed), Verdict::Whole);
        assert_eq!(
            judged(&of([("top/one", b"1"), ("top/sub/two", b"2")])),
            Verdict::Whole
        );
        let half = Verdict::Part { equal: 1, of: 2 };
        assert_eq!(judged(&of([("one", b"1")])), half);
        assert_eq!(judged(&of([("one", b"1"), ("sub/two", b"3")])), half);
        assert_eq!(judged(&of([("one", b"1"), ("two", b"2")])), half);
        assert_eq!(judged(&of([("one", b""), ("sub/two", b"22")])), Verdict::No);
        assert_eq!(judged(&of([])), Verdict::No);
        let more = of([("one", b"1"), ("sub/two", b"2"), ("three", b"3")]);
        assert_eq!(judged(&more), Verdict::More(1));
    }

    #[test]
    fn an_archive_inside_is_told() {
        let packed = of([("one", b"1")]);
        let judged = |came: &Contents| verdict(&packed, came, Holds::Tree);
        let block = [0; 1024];
        assert_eq!(judged(&of([("tree.tar", &block)])), Verdict::Inner("tar"));
        assert_eq!(judged(&of([("x/it.cpio", &block)])), Verdict::Inner("cpio"));
        assert_eq!(
            judged(&of([
                ("x/debian-binary", b"2.0"),
                ("x/data.tar.xz", &block)
            ])),
            Verdict::Inner("tar")
        );
        assert_eq!(judged(&of([("tree.tar", b"")])), Verdict::No);
        assert_eq!(judged(&of([("tar", &block)])), Verdict::No);
    }

    #[test]
    fn a_text_is_its_bytes_and_a_package_what_is_shared() {
        let text = of([("readme.txt", b"text")]);
        let judged = |came: &Contents| verdict(&text, came, Holds::Text);
        assert_eq!(judged(&of([("anything", b"text")])), Verdict::Whole);
        assert_eq!(judged(&of([("readme.txt", b"other")])), Verdict::No);
        assert_eq!(judged(&of([("a", b"text"), ("b", b"text")])), Verdict::No);
        assert_eq!(judged(&of([])), Verdict::No);
        let judged = |came: &Contents| verdict(&text, came, Holds::Package);
        let came = of([
            ("it/DEBIAN/control", b"Package"),
            ("it/usr/share/readme.txt", b"text"),
        ]);
        assert_eq!(judged(&came), Verdict::Whole);
        assert_eq!(judged(&of([("readme.txt", b"text")])), Verdict::No);
    }
}
