//! What `similar` says to a person.

use tool::{Block, Bytes, Cell, Finding, Level, Section, Table};

use crate::{
    alike::Alike,
    look::Found,
    recording::{HEARD_SECONDS, LEAST_SECONDS},
    same::{LEAST_SHARE, Recording, Same},
};

/// Groups shown in full in a report; the JSON output has all of them.
const SHOWN_GROUPS: usize = 30;
/// Pictures or recordings shown of one group.
const SHOWN_FILES: usize = 8;

pub(crate) fn section(found: &Found, alike: &[Alike]) -> Section {
    let mut section = Section {
        title: "Similar pictures".to_owned(),
        ..Section::default()
    };
    section.summary.push(match alike.len() {
        0 => format!("No two of {} pictures look alike.", found.pictures),
        1 => format!(
            "1 group of pictures that look alike, among {}.",
            found.pictures
        ),
        n => format!(
            "{n} groups of pictures that look alike, among {}.",
            found.pictures
        ),
    });
    if !alike.is_empty() {
        section.blocks.push(Block::Table(table(alike)));
    }
    section.notes.push(format!(
        "{} were read. What looks alike need not be the same: look at them before you decide. Candor \
         proposes nothing here, and changed nothing.",
        found.bytes_read
    ));
    if found.plain > 0 {
        section.notes.push(format!(
            "{} of one shade all over are not compared.",
            found.plain
        ));
    }
    if found.pictures_private > 0 {
        section.notes.push(format!(
            "{} pictures in private places were not opened. Name such a folder as a PATH to have them \
             compared.",
            found.pictures_private
        ));
    }
    section
}

pub(crate) fn findings(alike: &[Alike]) -> Vec<Finding> {
    if alike.is_empty() {
        return Vec::new();
    }
    let pictures: usize = alike.iter().map(|it| it.pictures.len()).sum();
    let others = alike.iter().flat_map(|it| &it.pictures[1..]);
    vec![Finding {
        rule: "similar.pictures".to_owned(),
        level: Level::Note,
        subject: format!("{pictures} pictures that look like another, in {}", groups(alike.len())),
        place: None,
        bytes: Some(Bytes(others.map(|it| it.size.0).sum())),
        evidence: "64 bits of what each picture shows, compared in the eight ways to turn and mirror it."
            .to_owned(),
        advice: "Look at each group. The first has most pixels; a smaller one may still be the one you changed."
            .to_owned(),
    }]
}

fn groups(count: usize) -> String {
    format!("{count} {}", if count == 1 { "group" } else { "groups" })
}

/// One picture a line, the groups apart by their number.
fn table(alike: &[Alike]) -> Table {
    let mut rows = Vec::new();
    for (number, group) in (1..).zip(alike.iter().take(SHOWN_GROUPS)) {
        for it in group.pictures.iter().take(SHOWN_FILES) {
            rows.push(vec![
                Cell::Text(format!("{number}")),
                Cell::Text(format!("{} × {}", it.width, it.height)),
                Cell::Path(it.path.clone()),
            ]);
        }
        if group.pictures.len() > SHOWN_FILES {
            let more = group.pictures.len() - SHOWN_FILES;
            let more = Cell::Text(format!("and {more} more"));
            rows.push(vec![
                Cell::Text(format!("{number}")),
                Cell::Text(String::new()),
                more,
            ]);
        }
    }
    Table {
        title: "Pictures that look alike".to_owned(),
        columns: ["Group", "Pixels", "Where"].map(str::to_owned).to_vec(),
        rows,
        more: alike.len().saturating_sub(SHOWN_GROUPS) as u64,
    }
}

pub(crate) fn section_of_recordings(found: &Found, same: &[Same]) -> Section {
    let listened = &found.listened;
    let mut section = Section {
        title: "Similar recordings".to_owned(),
        ..Section::default()
    };
    section.summary.push(match same.len() {
        0 => format!("No two of {} recordings sound the same.", listened.heard),
        1 => format!(
            "1 group of recordings that sound the same, among {}.",
            listened.heard
        ),
        n => format!(
            "{n} groups of recordings that sound the same, among {}.",
            listened.heard
        ),
    });
    if !same.is_empty() {
        section.blocks.push(Block::Table(table_of_recordings(same)));
    }
    section.notes.push(format!(
        "{} were read: the first {HEARD_SECONDS} seconds of each. What sounds the same need not be: a \
         longer cut may follow. Listen before you decide. Candor proposes nothing here, and changed nothing.",
        found.bytes_read
    ));
    for (count, text) in [
        (
            listened.short,
            format!("shorter than {LEAST_SECONDS} seconds are not compared."),
        ),
        (
            listened.silent,
            format!("with less than {LEAST_SECONDS} seconds of sound are not compared."),
        ),
        (
            listened.recordings_private,
            "recordings in private places were not opened. Name such a folder as a PATH to have them compared."
                .to_owned(),
        ),
        (
            listened.pairs_left_out,
            "pairs that have a little in common were not compared: there are too many.".to_owned(),
        ),
    ] {
        if count > 0 {
            section.notes.push(format!("{count} {text}"));
        }
    }
    section
}

pub(crate) fn findings_of_recordings(same: &[Same]) -> Vec<Finding> {
    if same.is_empty() {
        return Vec::new();
    }
    let recordings: usize = same.iter().map(|it| it.files.len()).sum();
    let others = same.iter().flat_map(|it| &it.files[1..]);
    let least = others.clone().map(|it| it.share).min().unwrap_or(100);
    vec![Finding {
        rule: "similar.recordings".to_owned(),
        level: Level::Note,
        subject: format!(
            "{recordings} recordings that sound like another, in {}",
            groups(same.len())
        ),
        place: None,
        bytes: Some(Bytes(others.map(|it| it.size.0).sum())),
        evidence: format!(
            "Their fingerprints agree over {least} % of the shorter one at the least; {LEAST_SHARE} % are asked for."
        ),
        advice: "Listen to each group. The first is the largest file; a smaller one may still be the better one."
            .to_owned(),
    }]
}

/// One row for each recording, so that all of it stands in one line.
fn table_of_recordings(same: &[Same]) -> Table {
    let mut rows = Vec::new();
    for (group, same) in same.iter().take(SHOWN_GROUPS).enumerate() {
        for (at, it) in same.files.iter().take(SHOWN_FILES).enumerate() {
            let share = match at {
                0 => "first".to_owned(),
                _ => format!("{} %", it.share),
            };
            rows.push(vec![
                Cell::Text((group + 1).to_string()),
                Cell::Text(share),
                Cell::Text(duration(it.duration_ms)),
                Cell::Text(encoding(it)),
                Cell::Text(it.size.to_string()),
                Cell::Path(it.path.clone()),
            ]);
        }
    }
    let all: usize = same.iter().map(|it| it.files.len()).sum();
    Table {
        title: "Recordings that sound the same".to_owned(),
        columns: ["Group", "Same", "Length", "Encoding", "Size", "Where"]
            .map(str::to_owned)
            .to_vec(),
        more: (all - rows.len()) as u64,
        rows,
    }
}

fn duration(thousandths: Option<u64>) -> String {
    let Some(thousandths) = thousandths else {
        return "unknown".to_owned();
    };
    let seconds = thousandths / 1000;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

fn encoding(it: &Recording) -> String {
    let name = match it.encoding.starts_with("pcm") {
        true => "uncompressed".to_owned(),
        false => it.encoding.to_uppercase(),
    };
    format!("{name} {} Hz {}", it.rate, channels(it.channels))
}

fn channels(count: u16) -> String {
    match count {
        1 => "mono".to_owned(),
        2 => "stereo".to_owned(),
        n => format!("{n} channels"),
    }
}
