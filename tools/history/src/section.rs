//! The check for people: what is flagged first, then what was read, then the newest visits, then
//! what must be known to read it rightly.

use tool::{Block, Cell, Section, Table};

use crate::{
    chain::Hop,
    data::{Data, Download, Visit},
    findings::{came_by, shortened},
    verdict::{self, Verdict, dated},
    visit::Source,
};

/// Hops of a way that are shown in one cell.
const SHOWN_HOPS: usize = 6;

/// Draws what was found; `rows` bounds the newest visits and downloads.
pub(crate) fn drawn(data: &Data<'_>, rows: usize) -> Section {
    let mut section = Section {
        title: "Browser check".into(),
        ..Section::default()
    };
    section.summary = summary(data);
    let tables = [
        flagged(data),
        browsers(data),
        without(data),
        downloads(data, rows),
        visits(data, rows),
    ];
    section.blocks = tables
        .into_iter()
        .filter(|t| !t.rows.is_empty())
        .map(Block::Table)
        .collect();
    section.notes = notes(data);
    section
}

fn summary(data: &Data<'_>) -> Vec<String> {
    if data.browsers.is_empty() {
        return vec!["No browser with a history was found.".into()];
    }
    let elsewhere = data
        .visits
        .iter()
        .filter(|visit| visit.source == Source::OtherDevice)
        .count();
    let mut read = format!(
        "{} and {} of the last {} in {}.",
        counted(data.visits.len(), "visit"),
        counted(data.downloads.len(), "download"),
        counted(data.window_hours as usize, "hour"),
        counted(data.browsers.len(), "browser profile"),
    );
    if elsewhere > 0 {
        read.push_str(&format!(
            " {} on another device.",
            counted(elsewhere, "visit")
        ));
    }
    let verdicts = data.visits.iter().map(|it| &it.verdict);
    let verdicts = verdicts.chain(data.downloads.iter().map(|it| &it.verdict));
    let guessed = |verdict: &&std::rc::Rc<Verdict>| verdict.level == verdict::Level::Blue;
    let (guesses, others): (Vec<_>, Vec<_>) = verdicts.partition(guessed);
    let flagged = others.iter().filter(|it| it.is_flagged()).count();
    let found = match flagged {
        0 => format!(
            "None of their addresses is on any of {}.",
            dated(&data.lists)
        ),
        1 => format!(
            "1 of them is on a list or raised the browser's own alarm ({}).",
            dated(&data.lists)
        ),
        n => format!(
            "{n} of them are on a list or raised the browser's own alarm ({}).",
            dated(&data.lists)
        ),
    };
    let mut summary = vec![read, found];
    match guesses.len() {
        0 => {}
        1 => summary.push("1 of them has a name that looks like another. That is a guess.".into()),
        n => summary.push(format!(
            "{n} of them have names that look like others. That is a guess."
        )),
    }
    summary
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

fn flagged(data: &Data<'_>) -> Table {
    let mut rows: Vec<(verdict::Level, Vec<Cell>)> = Vec::new();
    for Download {
        time,
        browser,
        profile,
        chain,
        verdict,
        ..
    } in data
        .downloads
        .iter()
        .filter(|download| download.verdict.is_flagged())
    {
        rows.push((
            verdict.level,
            flagged_row(verdict, *time, browser, profile, chain),
        ));
    }
    for Visit {
        time,
        browser,
        profile,
        chain,
        verdict,
        source,
        ..
    } in data
        .visits
        .iter()
        .filter(|visit| visit.verdict.is_flagged())
    {
        let profile = match source {
            Source::OtherDevice => format!("{profile}, on another device"),
            _ => (*profile).to_owned(),
        };
        rows.push((
            verdict.level,
            flagged_row(verdict, *time, browser, &profile, chain),
        ));
    }
    rows.sort_by_key(|(level, _)| std::cmp::Reverse(*level));
    Table {
        title: "On a list, warned of by the browser, or looking like another name".into(),
        columns: ["What is said", "When", "Browser", "The way there"]
            .map(Into::into)
            .into(),
        rows: rows.into_iter().map(|(_, row)| row).collect(),
        more: 0,
    }
}

fn flagged_row(
    verdict: &Verdict,
    time: tool::Moment,
    browser: &str,
    profile: &str,
    chain: &[Hop<'_>],
) -> Vec<Cell> {
    let level = verdict.level.of_finding();
    let skipped = chain.len().saturating_sub(SHOWN_HOPS);
    let mut way: Vec<Cell> = Vec::new();
    if skipped > 0 {
        way.push(Cell::Text(format!("({skipped} earlier)")));
    }
    let hop = |hop: &Hop<'_>| Cell::Text(format!("{} ({})", shortened(&hop.url), came_by(hop)));
    way.extend(chain.iter().skip(skipped).map(hop));
    vec![
        Cell::Verdict(level, verdict.words.clone()),
        Cell::Moment(time),
        Cell::Text(format!("{browser} ({profile})")),
        Cell::Lines(way),
    ]
}

fn browsers(data: &Data<'_>) -> Table {
    let row = |profile: &crate::data::Profile| {
        vec![
            Cell::Text(profile.browser.clone()),
            Cell::Text(profile.profile.clone()),
            Cell::Count(profile.visits),
            Cell::Count(profile.downloads),
            Cell::Count(profile.flagged),
            profile.newest.map_or(Cell::Empty, Cell::Moment),
        ]
    };
    Table {
        title: "Browsers that were read".into(),
        columns: [
            "Browser",
            "Profile",
            "Visits",
            "Downloads",
            "Flagged",
            "Newest visit",
        ]
        .map(Into::into)
        .into(),
        rows: data.browsers.iter().map(row).collect(),
        more: 0,
    }
}

fn without(data: &Data<'_>) -> Table {
    let row = |it: &crate::discover::Without| {
        vec![
            Cell::Text(it.title.clone()),
            Cell::Path(it.path.clone()),
            Cell::Text(it.why.clone()),
        ]
    };
    Table {
        title: "Browsers without a history that can be read".into(),
        columns: ["Browser", "Found at", "Why"].map(Into::into).into(),
        rows: data.without_history.iter().map(row).collect(),
        more: 0,
    }
}

fn downloads(data: &Data<'_>, rows: usize) -> Table {
    let row = |download: &Download<'_>| {
        vec![
            Cell::Moment(download.time),
            Cell::Text(shortened(&download.url)),
            download.path.clone().map_or(Cell::Empty, Cell::Path),
            download.bytes.map_or(Cell::Empty, Cell::Bytes),
        ]
    };
    Table {
        title: "Newest downloads".into(),
        columns: ["When", "From", "To", "Size"].map(Into::into).into(),
        rows: data.downloads.iter().take(rows).map(row).collect(),
        more: data.downloads.len().saturating_sub(rows) as u64,
    }
}

fn visits(data: &Data<'_>, rows: usize) -> Table {
    let row = |visit: &Visit<'_>| {
        let mut words = visit.chain.last().map_or("", came_by).to_owned();
        if visit.source == Source::OtherDevice {
            words.push_str(", on another device");
        }
        if visit.in_future {
            words.push_str(", in the future");
        }
        vec![
            Cell::Moment(visit.time),
            Cell::Text(shortened(&visit.url)),
            Cell::Text(format!("{} ({})", visit.browser, visit.profile)),
            Cell::Text(words),
        ]
    };
    Table {
        title: "Newest visits".into(),
        columns: ["When", "Address", "Browser", "Came by"]
            .map(Into::into)
            .into(),
        rows: data.visits.iter().take(rows).map(row).collect(),
        more: data.visits.len().saturating_sub(rows) as u64,
    }
}

fn notes(data: &Data<'_>) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    for list in &data.lists {
        notes.push(format!(
            "List: {}, {} entries, dated {}.",
            list.name, list.entries, list.date
        ));
    }
    notes.extend(data.list_notes.iter().cloned());
    notes
        .push("To be on no list says only that: lists know a small part of what does harm.".into());
    notes.push("Addresses were looked up on this machine. None was sent anywhere.".into());
    notes.push(
        "Chromium and its relatives write about every 10 seconds: the newest visits may be missing."
            .into(),
    );
    notes.push(
        "Private windows leave no history, and a history that was cleared holds nothing. Pages that \
         load by themselves inside a frame, such as advertisements, are not recorded; a click on \
         one is."
            .into(),
    );
    for profile in &data.browsers {
        for note in &profile.notes {
            if !notes.contains(note) {
                notes.push(note.clone());
            }
        }
        let name = format!("{} ({})", profile.browser, profile.profile);
        if profile.odd_rows > 0 {
            let rows = counted(
                usize::try_from(profile.odd_rows).unwrap_or(usize::MAX),
                "row",
            );
            notes.push(format!(
                "{name}: {rows} without an address or a time left out."
            ));
        }
        if profile.left_out {
            notes.push(format!(
                "{name}: more visits than are read; the oldest of the window are missing."
            ));
        }
    }
    let future = data.visits.iter().filter(|visit| visit.in_future).count();
    if future > 0 {
        let verb = if future == 1 { "lies" } else { "lie" };
        notes.push(format!(
            "{} {verb} in the future: a clock was wrong when it was written, or is wrong now.",
            counted(future, "visit")
        ));
    }
    let cut = data.visits.iter().filter(|visit| visit.cut).count();
    if cut > 0 {
        notes.push(format!(
            "{} longer than 64 KiB and cut.",
            if cut == 1 {
                "1 address was".to_owned()
            } else {
                format!("{cut} addresses were")
            }
        ));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_several() {
        assert_eq!(
            (counted(1, "visit").as_str(), counted(0, "visit").as_str()),
            ("1 visit", "0 visits")
        );
    }
}
