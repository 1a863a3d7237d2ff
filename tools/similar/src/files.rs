//! Which files are looked into, and how each is opened.

use std::{collections::HashSet, fs::File};

use rustix::fs::{CWD, Mode, OFlags, openat};
use tool::{
    Skipped, Why,
    pass::{Below, FileId, Forest, Kind},
};

/// Files of one kind, told by their names.
pub(crate) struct Named {
    /// By path; one file is one, whatever names it has.
    pub(crate) files: Vec<FileId>,
    /// How many lie in private places and are not opened.
    pub(crate) private: u64,
}

/// Returns the files whose names `fit`. A file that is empty holds nothing to compare.
pub(crate) fn named(forest: &Forest, private: &Below, fit: impl Fn(&[u8]) -> bool) -> Named {
    let mut named = Named {
        files: Vec::new(),
        private: 0,
    };
    for (id, row) in forest.files() {
        let is_file = row.kind == Kind::File && row.size > 0 && forest.is_main(id);
        if !is_file || !fit(forest.name(id)) {
            continue;
        }
        match private.holds(forest, id) {
            true => named.private += 1,
            false => named.files.push(id),
        }
    }
    named.files.sort_by(|a, b| forest.by_path(*a, *b));
    let mut inodes = HashSet::new();
    named.files.retain(|id| {
        let row = forest.file(*id);
        inodes.insert((row.device, row.inode))
    });
    named
}

/// Returns whether a name ends in a dot and one of these endings, which are in small letters.
pub(crate) fn ends_in(name: &[u8], endings: &[&str]) -> bool {
    let Some(dot) = name.iter().rposition(|byte| *byte == b'.') else {
        return false;
    };
    let ending = &name[dot + 1..];
    endings
        .iter()
        .any(|it| ending.eq_ignore_ascii_case(it.as_bytes()))
}

/// Opens a file as it was when the walk saw it.
pub(crate) fn opened(forest: &Forest, id: FileId) -> Result<File, Skipped> {
    let path = forest.path(id);
    // (`openat`, since that is what a confined worker may call.) A link or a pipe that took its place is not followed, and not waited for.
    let flags =
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = openat(CWD, &path, flags, Mode::empty())
        .map_err(|error| Skipped::failed(path.as_path(), &error.into()))?;
    let file = File::from(file);
    let meta = file
        .metadata()
        .map_err(|error| Skipped::failed(path.as_path(), &error))?;
    match meta.is_file() && meta.len() == forest.file(id).size {
        true => Ok(file),
        false => Err(Skipped::new(path, Why::Changed)),
    }
}

/// How many threads decode: as many as asked, or one per processor and four at the most, since each holds
/// what it decodes.
pub(crate) fn threads(asked: Option<usize>) -> Option<usize> {
    let processors = || std::thread::available_parallelism().map_or(1, usize::from);
    asked.or_else(|| Some(processors().min(4)))
}
