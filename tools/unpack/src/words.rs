//! What `list` and `test` say to a person.

use formats::archive::{Entry, EntryKind};
use tool::{Block, Bytes, Cell, Level, Moment, PathText, Section, Table};

use crate::{
    charset::Charset,
    look::{Archive, Row, name_of},
    names::Change,
    unpacked::Unpacked,
    write::Written,
};

/// Entries shown of one archive in a report; the JSON output has all of them.
const SHOWN: usize = 10_000;
/// Entries shown that have another name now.
const SHOWN_RENAMED: usize = 100;

pub(crate) fn section(archives: &[Archive], tested: bool) -> Section {
    let mut section = Section {
        title: "Archives".to_owned(),
        ..Section::default()
    };
    for archive in archives {
        section.summary.push(summary(archive, tested));
        // A test shows what is wrong; whoever wants all of it asks for a list.
        let rows: Vec<&Row> = archive
            .rows
            .iter()
            .filter(|it| !tested || it.problem.is_some())
            .collect();
        if !rows.is_empty() {
            let charset = Charset::named(archive.charset).unwrap_or(Charset::Utf8);
            section
                .blocks
                .push(Block::Table(table(archive, &rows, charset)));
        }
        if archive.charset != "UTF-8" {
            section.notes.push(format!(
                "The names in {} say nothing of their letters; they are read as {}. `--encoding` names another.",
                tool::path_text::shown(archive.path.0.as_os_str()),
                archive.charset
            ));
        }
    }
    section
}

fn summary(archive: &Archive, tested: bool) -> String {
    let path = tool::path_text::shown(archive.path.0.as_os_str());
    let formats = match archive.formats.is_empty() {
        true => String::new(),
        false => format!(" ({})", archive.formats.join(", ")),
    };
    let entries = match archive.entries {
        1 => "1 entry".to_owned(),
        n => format!("{n} entries"),
    };
    let bad = archive
        .rows
        .iter()
        .filter(|it| it.problem.is_some())
        .count();
    let came_out = match (tested, bad) {
        (false, _) => String::new(),
        (true, 0) => format!(
            " All of them came out whole, {}.",
            archive.read.unwrap_or(Bytes(0))
        ),
        (true, 1) => " 1 did not come out whole.".to_owned(),
        (true, n) => format!(" {n} did not come out whole."),
    };
    format!(
        "{path}{formats}: {entries}, {} in {}.{came_out}",
        archive.bytes, archive.packed
    )
}

/// What `unpack` says.
pub(crate) fn unpacked(
    done: &Unpacked,
    written: &[Written],
    read: &dyn Fn(&[u8]) -> String,
) -> Section {
    let entries = match done.unpacked {
        1 => "1 entry".to_owned(),
        n => format!("{n} entries"),
    };
    let mut section = Section {
        title: "Unpacked".to_owned(),
        ..Section::default()
    };
    section.summary.push(format!("{entries}, {}.", done.bytes));
    match done.left_out {
        0 => {}
        1 => section.summary.push("1 entry was left out.".to_owned()),
        n => section.summary.push(format!("{n} entries were left out.")),
    }
    let renamed: Vec<&Written> = written.iter().filter(|it| !it.changes.is_empty()).collect();
    if !renamed.is_empty() {
        let rows = renamed.iter().take(SHOWN_RENAMED).map(|it| {
            let lies = it.parts.as_ref().map(|it| it.names().join("/"));
            let changes: Vec<Cell> = it
                .changes
                .iter()
                .map(|it| Cell::Text(changed_why(*it).into()))
                .collect();
            vec![
                Cell::Path(PathText(read(&it.name).into())),
                lies.map_or(Cell::Empty, |it| Cell::Path(PathText(it.into()))),
                Cell::Lines(changes),
            ]
        });
        section.blocks.push(Block::Table(Table {
            title: "Not just as in the archive".to_owned(),
            columns: ["In the archive", "Here", "Because"]
                .map(str::to_owned)
                .to_vec(),
            rows: rows.collect(),
            more: renamed.len().saturating_sub(SHOWN_RENAMED) as u64,
        }));
    }
    section
}

fn changed_why(change: Change) -> &'static str {
    match change {
        Change::Outside => "it points out of the folder",
        Change::Characters => "it holds characters that write to terminals",
        Change::Long => "it is longer than file systems hold",
        Change::Taken => "another entry has that name",
        Change::Disputed => "the archive says other things of it elsewhere",
    }
}

fn table(archive: &Archive, rows: &[&Row], charset: Charset) -> Table {
    let shown = rows.iter().take(SHOWN);
    Table {
        title: tool::path_text::shown(archive.path.0.as_os_str()),
        columns: ["Name", "Size", "Changed", ""].map(str::to_owned).to_vec(),
        rows: shown.map(|row| cells(row, charset)).collect(),
        more: rows.len().saturating_sub(SHOWN) as u64,
    }
}

fn cells(row: &Row, charset: Charset) -> Vec<Cell> {
    let entry = &row.entry;
    let name = PathText(name_of(entry, charset).into());
    vec![
        Cell::Path(name),
        entry.size.map_or(Cell::Empty, |it| Cell::Bytes(Bytes(it))),
        changed(entry),
        remark(row, charset),
    ]
}

fn changed(entry: &Entry) -> Cell {
    match entry.modified {
        None => Cell::Empty,
        // In a zone that nobody noted: as the clock on the wall showed it.
        Some(seconds) if entry.is_wall_time => Cell::Text(wall(seconds)),
        Some(seconds) => Cell::Moment(Moment(seconds.saturating_mul(1_000_000))),
    }
}

fn remark(row: &Row, charset: Charset) -> Cell {
    if let Some(why) = &row.problem {
        return Cell::Verdict(Level::Act, why.to_string());
    }
    let leads = |to: &[u8]| tool::path_text::shown(charset.read_one(to).as_ref());
    match &row.entry.kind {
        EntryKind::Link(to) => Cell::Text(format!("a link to {}", leads(to))),
        EntryKind::Same(first) => Cell::Text(format!("the same as {}", leads(first))),
        EntryKind::Special(what) => Cell::Text(format!("{what}; it is never unpacked")),
        _ if row.entry.is_encrypted => Cell::Text("locked by a password".to_owned()),
        EntryKind::Folder => Cell::Text("a folder".to_owned()),
        EntryKind::File => Cell::Empty,
    }
}

/// Returns a time without a zone: `2023-11-14 22:13`.
fn wall(seconds: i64) -> String {
    let (day, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Days of the Gregorian calendar, of years that begin in March (400 of them have 146,097 days).
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = (month + 2) % 12 + 1;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02}",
        second / 3600,
        second / 60 % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_time_is_what_the_clock_showed() {
        assert_eq!(wall(0), "1970-01-01 00:00");
        assert_eq!(wall(1_700_000_000), "2023-11-14 22:13");
        assert_eq!(wall(951_782_400), "2000-02-29 00:00");
        assert_eq!(wall(315_532_800), "1980-01-01 00:00");
    }
}
