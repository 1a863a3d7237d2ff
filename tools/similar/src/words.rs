//! What `similar` says to a person.

use tool::{Block, Bytes, Cell, Finding, Level, Section, Table};

use crate::{alike::Alike, look::Found};

/// Groups shown in full in a report; the JSON output has all of them.
const SHOWN_GROUPS: usize = 30;
/// Pictures shown of one group.
const SHOWN_PICTURES: usize = 8;

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
        subject: format!("{pictures} pictures that look like another, in {} groups", alike.len()),
        place: None,
        bytes: Some(Bytes(others.map(|it| it.size.0).sum())),
        evidence: "64 bits of what each picture shows, compared in the eight ways to turn and mirror it."
            .to_owned(),
        advice: "Look at each group. The first has most pixels; a smaller one may still be the one you changed."
            .to_owned(),
    }]
}

fn table(alike: &[Alike]) -> Table {
    let rows = alike.iter().take(SHOWN_GROUPS).map(|group| {
        let (mut paths, mut sizes) = (Vec::new(), Vec::new());
        for it in group.pictures.iter().take(SHOWN_PICTURES) {
            paths.push(Cell::Path(it.path.clone()));
            sizes.push(Cell::Text(format!("{} × {}", it.width, it.height)));
        }
        if group.pictures.len() > SHOWN_PICTURES {
            let more = group.pictures.len() - SHOWN_PICTURES;
            paths.push(Cell::Text(format!("and {more} more")));
        }
        vec![Cell::Lines(sizes), Cell::Lines(paths)]
    });
    Table {
        title: "Pictures that look alike".to_owned(),
        columns: ["Pixels", "Where"].map(str::to_owned).to_vec(),
        rows: rows.collect(),
        more: alike.len().saturating_sub(SHOWN_GROUPS) as u64,
    }
}
