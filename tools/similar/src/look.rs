//! Which pictures are opened, and what comes of them.

use std::{ffi::OsString, os::unix::ffi::OsStringExt};

use serde::Serialize;
use tool::{
    Bytes, Lists, Outcome, Skipped, Why,
    pass::{Below, FileId, Forest, Watch, in_order},
};

use crate::{
    alike::{Alike, Picture, groups},
    files::{named, opened, threads},
    listen::{Listened, say_no_recordings},
    picture::{MOST_BYTES, NoPicture, is_picture, of_file},
    print::{Print, prints},
    words,
};

/// What takes part.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// In how many of 64 bits two pictures may differ; for recordings it means nothing.
    pub distance: u8,
    /// How many threads decode; `None` for one per processor, and four at the most: each holds what it decodes.
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
    /// The figures about recordings: none, where pictures were looked at.
    #[serde(flatten)]
    pub listened: Listened,
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
    let named = named(forest, &options.private, is_picture);
    found.pictures_private = named.private;
    let mut all = named.files;
    all.retain(|id| {
        let fits = forest.file(*id).size <= MOST_BYTES;
        if !fits {
            let detail = format!("longer than {}", Bytes(MOST_BYTES));
            skipped.push(Skipped::new(forest.path(*id), Why::TooLarge { detail }));
        }
        fits
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
    let threads = threads(options.threads);
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
    say_no_recordings(lists);
    let mut outcome = Outcome::new("similar", &found, words::section(&found, &alike));
    outcome.findings = words::findings(&alike);
    skipped.sort();
    outcome.skipped = skipped;
    outcome
}

fn decoded(forest: &Forest, id: FileId) -> Result<Seen, Skipped> {
    let file = opened(forest, id)?;
    match of_file(&file) {
        Ok(small) => Ok(Seen {
            id,
            size: small.size,
            prints: prints(&small.greys),
        }),
        Err(why) => Err(Skipped::new(forest.path(id), reason(why))),
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
