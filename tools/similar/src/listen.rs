//! Which recordings are opened, and what comes of them.

use std::{ffi::OsString, os::unix::ffi::OsStringExt};

use serde::Serialize;
use tool::{
    Bytes, Lists, Outcome, Skipped, Why,
    pass::{FileId, Forest, Watch, in_order},
};

use crate::{
    alike::Alike,
    files::{named, opened, threads},
    look::{Found, Options},
    recording::{HEARD_SECONDS, Heard, NoRecording, Sound, heard, is_recording},
    same::{Groups, Recording, Same, groups},
    words,
};

/// The figures about recordings in what `candor similar --json` says.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Listened {
    /// Recordings that were decoded.
    pub heard: u64,
    /// Those of them that are too short to be compared.
    pub short: u64,
    /// Those of them that are silent, or nearly all so, and are not compared.
    pub silent: u64,
    /// Recordings in private places, which were not opened.
    pub recordings_private: u64,
    /// Pairs that have something in common and were not compared, since there were too many.
    pub pairs_left_out: u64,
}

/// Finds recordings that sound the same among what was walked, and hands the groups to `lists`. No picture is opened.
///
/// One file is one recording, whatever names it has.
pub fn listen(
    forest: &Forest,
    options: &Options,
    watch: &Watch<'_>,
    lists: &mut Lists<'_>,
) -> Outcome {
    let named = named(forest, &options.private, is_recording);
    let all = named.files;
    let total = all.iter().map(|id| forest.file(*id).size).sum();
    if total > 0 {
        watch.begin_reading(total);
    }
    let decode = |number: usize| {
        let id = all[number];
        let (read, heard) = listened(forest, id);
        let name = || OsString::from_vec(forest.name(id).to_vec());
        watch.add(1, forest.file(id).size, name);
        (read, heard.map(|heard| (id, heard)))
    };
    let mut read = 0;
    let mut recordings: Vec<(FileId, Heard)> = Vec::new();
    let mut skipped = Vec::new();
    let threads = threads(options.threads);
    in_order(all.len(), threads, &decode, &mut |(bytes, heard)| {
        read += bytes;
        match heard {
            Ok(it) => recordings.push(it),
            Err(it) => skipped.push(it),
        }
    });
    let count = |sound: &Sound| recordings.iter().filter(|it| it.1.sound == *sound).count() as u64;
    let listened = Listened {
        heard: recordings.len() as u64,
        short: count(&Sound::Short),
        silent: count(&Sound::Silent),
        recordings_private: named.private,
        pairs_left_out: 0,
    };
    let (same, left_out) = same(forest, recordings);
    let found = Found {
        bytes_read: Bytes(read),
        listened: Listened {
            pairs_left_out: left_out,
            ..listened
        },
        ..Found::default()
    };
    lists.rows("groups", [] as [Alike; 0]);
    lists.rows("recordings", &same);
    let section = words::section_of_recordings(&found, &same);
    let mut outcome = Outcome::new("similar", &found, section);
    outcome.findings = words::findings_of_recordings(&same);
    skipped.sort();
    outcome.skipped = skipped;
    outcome
}

/// Says that none were looked for: the field is there in any case.
pub(crate) fn say_no_recordings(lists: &mut Lists<'_>) {
    lists.rows("recordings", [] as [Same; 0]);
}

fn listened(forest: &Forest, id: FileId) -> (u64, Result<Heard, Skipped>) {
    let file = match opened(forest, id) {
        Ok(file) => file,
        Err(skipped) => return (0, Err(skipped)),
    };
    let (read, heard) = heard(&file, forest.file(id).size);
    let skipped = |why| Skipped::new(forest.path(id), reason(why));
    (read, heard.map_err(skipped))
}

fn reason(why: NoRecording) -> Why {
    match why {
        NoRecording::Unknown => Why::Unsupported {
            detail: "no recording of a kind that Candor decodes, whatever its name says".to_owned(),
        },
        NoRecording::TooLarge => Why::TooLarge {
            detail: format!("more in its first {HEARD_SECONDS} seconds than Candor decodes"),
        },
        NoRecording::Damaged(detail) => Why::Damaged { detail },
    }
}

/// Makes groups, the largest file of each first, the groups by its path; and tells how many pairs were left out.
fn same(forest: &Forest, mut recordings: Vec<(FileId, Heard)>) -> (Vec<Same>, u64) {
    recordings.retain(|it| matches!(it.1.sound, Sound::Print(_)));
    // Whoever comes first in a group is the one the others are held against.
    recordings.sort_by(|(a, _), (b, _)| {
        let size = |id: &FileId| forest.file(*id).size;
        size(b).cmp(&size(a)).then_with(|| forest.by_path(*a, *b))
    });
    let prints: Vec<&[u32]> = recordings
        .iter()
        .filter_map(|it| match &it.1.sound {
            Sound::Print(print) => Some(&**print),
            _ => None,
        })
        .collect();
    let Groups { groups, left_out } = groups(&prints);
    let recording = |(number, share): (usize, u8)| {
        let (id, heard) = &recordings[number];
        Recording {
            path: forest.path(*id).into(),
            size: Bytes(forest.file(*id).size),
            encoding: heard.encoding.clone(),
            rate: heard.rate,
            channels: heard.channels,
            duration_ms: heard.duration,
            share,
        }
    };
    let mut same: Vec<Same> = groups
        .into_iter()
        .map(|group| Same {
            files: group.into_iter().map(recording).collect(),
        })
        .collect();
    same.sort_by(|a, b| a.files[0].path.cmp(&b.files[0].path));
    (same, left_out)
}
