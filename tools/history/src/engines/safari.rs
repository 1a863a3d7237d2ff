//! Safari: `History.db` of each profile, and one `Downloads.plist` for all.
//!
//! The file names redirects in both directions and nothing else that led to a visit: not the page
//! a link was on. Nothing here was run on macOS; it was read in other readers and tested on two
//! files of others, `user_version` 15 and 16.
//!
//! Sources: puffyCid/artemis b9e4ba6, ydkhatri/mac_apt 28849f6 (2026-11), as facts.

use std::{collections::HashMap, path::Path};

use formats::{
    plist,
    sqlite::{
        self,
        rusqlite::{Connection, Result, Row, params},
    },
};
use tool::Moment;

use super::{
    MOST_DOWNLOADS, MOST_EARLIER,
    cells::{column, integer, real, text},
};
use crate::visit::{Danger, Download, From, History, How, Redirect, Source, State, Url, Visit};

/// Seconds from 1970-01-01 to 2001-01-01.
const EPOCH: f64 = 978_307_200.0;

/// Reads a Safari history since a moment.
///
/// # Errors
/// What SQLite says of a file that is damaged or holds other tables.
pub fn history(connection: &Connection, since: Moment) -> Result<History> {
    let tables = sqlite::tables(connection)?;
    let v = |name| column(&tables, "history_visits", "v", name);
    let select = format!(
        "SELECT v.id, v.visit_time, i.url, {}, {}, {}, {}, {} \
         FROM history_visits v LEFT JOIN history_items i ON i.id = v.history_item",
        v("redirect_source"),
        v("redirect_destination"),
        v("origin"),
        v("load_successful"),
        column(&tables, "history_items", "i", "status_code"),
    );
    let mut history = History::default();
    let mut links = Links::default();

    // There is no index by time: all visits are looked through, which is quick.
    let sql = format!("{select} WHERE v.visit_time >= ?1 ORDER BY v.visit_time DESC");
    let mut newest = connection.prepare(&sql)?;
    #[expect(clippy::cast_precision_loss, reason = "a microsecond more or less")]
    let from = since.0 as f64 / 1e6 - EPOCH;
    let mut rows = newest.query(params![from])?;
    while let Some(row) = rows.next()? {
        if history.is_full() {
            break;
        }
        add(&mut history, &mut links, row, true);
    }
    drop(rows);

    let mut one = connection.prepare(&format!("{select} WHERE v.id = ?1"))?;
    for _ in 0..MOST_EARLIER {
        let Some(id) = links.missing() else { break };
        let mut rows = one.query(params![id])?;
        if let Some(row) = rows.next()? {
            add(&mut history, &mut links, row, false);
        }
    }
    for visit in &mut history.visits {
        if let Some(source) = links.source_of(visit.id) {
            visit.from = From::Visit(source);
            visit.redirect = Some(Redirect::Unknown);
        }
    }
    history.sort();
    history.notes.push(
        "Safari keeps which address redirected to which, but not on which page a link was.".into(),
    );
    Ok(history)
}

/// Which visit redirected to which, as rows of either side say.
#[derive(Default)]
struct Links {
    known: HashMap<i64, ()>,
    sources: HashMap<i64, i64>,
    wanted: Vec<i64>,
}

impl Links {
    fn source_of(&self, id: i64) -> Option<i64> {
        self.sources
            .get(&id)
            .copied()
            .filter(|source| self.known.contains_key(source))
    }

    /// Returns a visit that others name and that was not read yet.
    fn missing(&mut self) -> Option<i64> {
        loop {
            let id = self.wanted.pop()?;
            if !self.known.contains_key(&id) {
                // Once is enough, also for one that is not there.
                return Some(id);
            }
        }
    }
}

fn add(history: &mut History, links: &mut Links, row: &Row<'_>, in_window: bool) {
    let (Some(id), Some(time), Some(url)) = (integer(row, 0), real(row, 1), text(row, 2)) else {
        history.odd_rows += 1;
        return;
    };
    if links.known.insert(id, ()).is_some() {
        return;
    }
    if let Some(source) = integer(row, 3).filter(|source| *source != id) {
        links.sources.insert(id, source);
        links.wanted.push(source);
    }
    if let Some(destination) = integer(row, 4).filter(|destination| *destination != id) {
        links.sources.entry(destination).or_insert(id);
    }
    history.add(Visit {
        id,
        time: moment(time),
        url: Url::new(url),
        how: How::Unknown,
        redirect: None,
        source: match integer(row, 5) {
            None | Some(0) => Source::Here,
            // Read in source as "from iCloud"; nobody measured it.
            Some(_) => Source::OtherDevice,
        },
        hidden: integer(row, 6) == Some(0),
        response: integer(row, 7)
            .and_then(|code| u16::try_from(code).ok())
            .filter(|code| *code != 0),
        from: From::Nowhere,
        frame: None,
        in_window,
    });
}

#[expect(clippy::cast_possible_truncation, reason = "out of range saturates")]
fn moment(seconds: f64) -> Moment {
    Moment(((seconds + EPOCH) * 1e6) as i64)
}

/// Returns the downloads since a moment, each with the profile that made it: none for the one
/// everybody begins with.
///
/// # Errors
/// When the file cannot be read or is no list of downloads.
pub fn downloads(
    path: &Path,
    since: Moment,
) -> Result<Vec<(Option<String>, Download)>, plist::Error> {
    let mut found = Vec::new();
    for (index, row) in plist::read(path)?.into_iter().enumerate() {
        let (Some(url), Some(time)) = (row.url, row.added.or(row.finished)) else {
            continue;
        };
        if time < since.0 || found.len() >= MOST_DOWNLOADS as usize {
            continue;
        }
        let complete = row.finished.is_some() && row.bytes_arrived >= row.bytes_promised;
        let profile = row.profile.filter(|profile| profile != "DefaultProfile");
        found.push((
            profile,
            Download {
                id: i64::try_from(index).unwrap_or(i64::MAX),
                time: Moment(time),
                hops: vec![Url::new(url)],
                page: From::Nowhere,
                referrer: None,
                path: row.path.map(Into::into),
                state: if complete {
                    State::Complete
                } else {
                    State::Unknown
                },
                danger: Danger::None,
                size: row.bytes_promised.or(row.bytes_arrived),
                mime: None,
                opened: None,
            },
        ));
    }
    Ok(found)
}

/// Returns the names of Safari's named profiles by the folder of each.
///
/// # Errors
/// What SQLite says of a file that is damaged or holds other tables.
pub fn profile_names(path: &Path) -> Result<HashMap<String, String>, sqlite::Error> {
    let read = sqlite::read(path, |connection| {
        let tables = sqlite::tables(connection)?;
        let columns = ["subtype", "external_uuid", "title"];
        let mut names = HashMap::new();
        if !columns.iter().all(|column| tables.has("bookmarks", column)) {
            return Ok(names);
        }
        let sql = "SELECT external_uuid, title FROM bookmarks \
                   WHERE subtype = 2 AND external_uuid <> 'DefaultProfile' LIMIT 1000";
        let mut read = connection.prepare(sql)?;
        let mut rows = read.query([])?;
        while let Some(row) = rows.next()? {
            if let (Some(id), Some(name)) = (text(row, 0), text(row, 1)) {
                names.insert(id, name);
            }
        }
        Ok(names)
    });
    read.map(|(names, _)| names)
}

#[cfg(test)]
mod tests;
