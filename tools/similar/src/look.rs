//! Which pictures are opened, and what comes of them.

use std::{ffi::OsString, fs::File, os::unix::ffi::OsStringExt};

use rustix::fs::{CWD, Mode, OFlags, openat};
use serde::Serialize;
use tool::{
    Bytes, Lists, Outcome, Skipped, Why,
    pass::{Below, FileId, Forest, Kind, Watch, in_order},
};

use crate::{
    alike::{Alike, Picture, groups},
    picture::{MOST_BYTES, NoPicture, is_picture, of_file},
    print::{Print, prints},
    words,
};

/// What takes part.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// In how many of 64 bits two pictures may differ.
    pub distance: u8,
    /// How many threads decode; `None` for one per processor, and four at the most: each holds a picture.
    pub threads: Option<usize>,
    /// What nobody but its own program opens.
    pub private: Below,
}

/// What `candor similar --json` says, as `schemas/candor.similar.1.schema.json` has it; the groups are a
/// list of their own.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Found {
    /// Pictures that were decoded.
    pub pictures: u64,
    /// Those of them that show nothing, one shade all over, and so look like no other.
    pub plain: u64,
    /// The lengths of their files.
    pub bytes_read: Bytes,
    /// Pictures in private places, which were not opened.
    pub pictures_private: u64,
}

/// What one picture came to.
struct Seen {
    id: FileId,
    size: (u32, u32),
    prints: Option<[Print; 8]>,
}

/// Finds pictures that look alike among what was walked, and hands the groups to `lists`.
///
/// One file is one picture, whatever names it has.
pub fn look(
    forest: &Forest,
    options: &Options,
    watch: &Watch<'_>,
    lists: &mut Lists<'_>,
) -> Outcome {
    let mut found = Found::default();
    let mut skipped = Vec::new();
    let mut all: Vec<FileId> = Vec::new();
    for (id, row) in forest.files() {
        let is_file = row.kind == Kind::File && row.size > 0 && forest.is_main(id);
        if !is_file || !is_picture(forest.name(id)) {
            continue;
        }
        if options.private.holds(forest, id) {
            found.pictures_private += 1;
        } else if row.size > MOST_BYTES {
            let detail = format!("longer than {}", Bytes(MOST_BYTES));
            skipped.push(Skipped::new(forest.path(id), Why::TooLarge { detail }));
        } else {
            all.push(id);
        }
    }
    all.sort_by(|a, b| forest.by_path(*a, *b));
    let mut inodes = std::collections::HashSet::new();
    all.retain(|id| {
        let row = forest.file(*id);
        inodes.insert((row.device, row.inode))
    });
    let total = all.iter().map(|id| forest.file(*id).size).sum();
    if total > 0 {
        watch.begin_reading(total);
    }
    let decode = |number: usize| {
        let id = all[number];
        let seen = decoded(forest, id);
        let name = || OsString::from_vec(forest.name(id).to_vec());
        watch.add(1, forest.file(id).size, name);
        seen
    };
    let threads = options.threads.or_else(|| Some(processors().min(4)));
    let mut seen: Vec<Seen> = Vec::new();
    in_order(all.len(), threads, &decode, &mut |it| match it {
        Ok(it) => seen.push(it),
        Err(it) => skipped.push(it),
    });
    found.pictures = seen.len() as u64;
    found.bytes_read = Bytes(seen.iter().map(|it| forest.file(it.id).size).sum());
    found.plain = seen.iter().filter(|it| it.prints.is_none()).count() as u64;
    let alike = alike(forest, seen, options.distance);
    lists.rows("groups", &alike);
    let mut outcome = Outcome::new("similar", &found, words::section(&found, &alike));
    outcome.findings = words::findings(&alike);
    skipped.sort();
    outcome.skipped = skipped;
    outcome
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn decoded(forest: &Forest, id: FileId) -> Result<Seen, Skipped> {
    let path = forest.path(id);
    let row = forest.file(id);
    // (`openat`, since that is what a confined worker may call.) A link or a pipe that took its place is not followed, and not waited for.
    let flags =
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = openat(CWD, &path, flags, Mode::empty())
        .map_err(|error| Skipped::failed(path.as_path(), &error.into()))?;
    let file = File::from(file);
    let meta = file
        .metadata()
        .map_err(|error| Skipped::failed(path.as_path(), &error))?;
    if !meta.is_file() || meta.len() != row.size {
        return Err(Skipped::new(path, Why::Changed));
    }
    match of_file(&file) {
        Ok(small) => Ok(Seen {
            id,
            size: small.size,
            prints: prints(&small.greys),
        }),
        Err(why) => Err(Skipped::new(path, reason(why))),
    }
}

fn reason(why: NoPicture) -> Why {
    match why {
        NoPicture::Unknown => Why::Unsupported {
            detail: "no picture of a kind that Candor decodes, whatever its name says".to_owned(),
        },
        NoPicture::TooLarge => Why::TooLarge {
            detail: "more pixels than Candor decodes".to_owned(),
        },
        NoPicture::Damaged(detail) => Why::Damaged { detail },
    }
}

/// Makes groups, the picture with most pixels of each first, the groups by its path.
fn alike(forest: &Forest, mut seen: Vec<Seen>, distance: u8) -> Vec<Alike> {
    seen.retain(|it| it.prints.is_some());
    // Whoever comes first in a group is the one the others are held against.
    seen.sort_by(|a, b| {
        let pixels = |it: &Seen| u64::from(it.size.0) * u64::from(it.size.1);
        pixels(b)
            .cmp(&pixels(a))
            .then_with(|| forest.by_path(a.id, b.id))
    });
    let prints: Vec<[Print; 8]> = seen.iter().filter_map(|it| it.prints).collect();
    let picture = |(number, distance): (usize, u8)| {
        let it = &seen[number];
        Picture {
            path: forest.path(it.id).into(),
            size: Bytes(forest.file(it.id).size),
            width: it.size.0,
            height: it.size.1,
            distance,
        }
    };
    let mut alike: Vec<Alike> = groups(&prints, distance)
        .into_iter()
        .map(|group| Alike {
            pictures: group.into_iter().map(picture).collect(),
        })
        .collect();
    alike.sort_by(|a, b| a.pictures[0].path.cmp(&b.pictures[0].path));
    alike
}
