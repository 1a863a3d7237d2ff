//! Firefox and all browsers built on it: the file `places.sqlite`.
//!
//! `from_visit` names what led to a visit. A download is a visit of its own whose `from_visit` is
//! the page with the link; the redirects on the way to it hang off a sibling, and are stitched to
//! it in `firefox/stitch.rs`.
//!
//! Sources: mozilla-central toolkit/components/places/nsINavHistoryService.idl, Database.cpp;
//! toolkit/components/downloads/DownloadHistory.sys.mjs (2026-11); `user_version` 86 measured with
//! Firefox ESR 153, 35 to 54 on files of older browsers.

mod notes;
mod stitch;

use std::collections::{HashMap, HashSet};

use formats::sqlite::{
    self, Tables,
    rusqlite::{Connection, OptionalExtension, Result, Row, params},
};
use tool::Moment;

use self::{
    notes::{NOTES, Said},
    stitch::{STITCH, stitched},
};
use super::{
    MOST_EARLIER, MOST_HOPS,
    cells::{by_index, column, integer, text},
};
use crate::visit::{Danger, Download, From, History, How, Redirect, Source, State, Url, Visit};

/// Times below this are milliseconds, which Firefox for Android writes: 1979 in microseconds.
const MILLISECONDS: i64 = 300_000_000_000_000;
/// How far apart a visit and what Firefox noted about its page may be.
const NOTED: i64 = 10_000_000;

/// Reads a Firefox history since a moment.
///
/// # Errors
/// What SQLite says of a file that is damaged or holds other tables.
pub fn history(connection: &Connection, since: Moment) -> Result<History> {
    let tables = sqlite::tables(connection)?;
    let mut found = Found {
        scale: scale(connection)?,
        ..Found::default()
    };
    let select = select(&tables);

    let sql =
        format!("{select} {{index}} {JOIN} WHERE v.visit_date >= ?1 ORDER BY v.visit_date DESC");
    let mut newest = by_index(connection, &sql, "moz_historyvisits_dateindex")?;
    // A little earlier than asked: a redirect before the window may belong to a download in it.
    let from = since.0.saturating_sub(STITCH).div_euclid(found.scale);
    let mut rows = newest.query(params![from])?;
    while let Some(row) = rows.next()? {
        if found.history.is_full() {
            break;
        }
        found.add(row, since);
    }
    drop(rows);

    found.noted_referrers(connection, &tables)?;
    found.earlier(connection, &select, since)?;
    found.downloads(connection, &tables)?;
    found.history.sort();
    found.history.notes.push(
        "Firefox does not keep which visits came from another device by synchronisation.".into(),
    );
    Ok(found.history)
}

const JOIN: &str = "LEFT JOIN moz_places p ON p.id = v.place_id";

fn select(tables: &Tables) -> String {
    // Of the title only whether there is one: a redirect has none.
    let untitled = match tables.has("moz_places", "title") {
        true => "p.title IS NULL OR p.title = ''",
        false => "NULL",
    };
    let v = |name| column(tables, "moz_historyvisits", "v", name);
    format!(
        "SELECT v.id, v.visit_date, p.url, {}, {}, {}, v.place_id, {untitled} \
         FROM moz_historyvisits v",
        column(tables, "moz_places", "p", "hidden"),
        v("visit_type"),
        v("from_visit"),
    )
}

fn scale(connection: &Connection) -> Result<i64> {
    let sql = "SELECT visit_date FROM moz_historyvisits ORDER BY visit_date DESC LIMIT 1";
    let newest = connection
        .query_row(sql, [], |row| Ok(integer(row, 0)))
        .optional()?
        .flatten();
    Ok(if newest.is_some_and(|newest| newest < MILLISECONDS) {
        1000
    } else {
        1
    })
}

#[derive(Default)]
struct Found {
    history: History,
    by_id: HashMap<i64, usize>,
    /// What the rows say beyond a visit: type, place, whether there is no title.
    extra: HashMap<i64, Extra>,
    /// Microseconds in one unit of the file's times.
    scale: i64,
}

#[derive(Clone, Copy)]
struct Extra {
    kind: i64,
    place: Option<i64>,
    untitled: bool,
}

impl Extra {
    fn is_redirect(self) -> bool {
        matches!(self.kind, 5 | 6)
    }
}

impl Found {
    fn add(&mut self, row: &Row<'_>, since: Moment) {
        let (Some(id), Some(time), Some(url)) = (integer(row, 0), integer(row, 1), text(row, 2))
        else {
            self.history.odd_rows += 1;
            return;
        };
        if self.by_id.contains_key(&id) {
            return;
        }
        let time = Moment(time.saturating_mul(self.scale));
        let kind = integer(row, 4).unwrap_or_default();
        let from = integer(row, 5).filter(|from| *from > 0 && *from != id);
        let untitled = integer(row, 7) == Some(1);
        self.extra.insert(
            id,
            Extra {
                kind,
                place: integer(row, 6),
                untitled,
            },
        );
        self.by_id.insert(id, self.history.visits.len());
        self.history.add(Visit {
            id,
            time,
            url: Url::new(url),
            how: how(kind),
            redirect: match kind {
                5 => Some(Redirect::Permanent),
                6 => Some(Redirect::Temporary),
                _ => None,
            },
            source: Source::Here,
            hidden: integer(row, 3).unwrap_or_default() != 0,
            response: None,
            from: from.map_or(From::Nowhere, From::Visit),
            frame: None,
            in_window: time >= since,
        });
    }

    /// Reads the visits before the window that visits in it came from, and those they came from.
    fn earlier(&mut self, connection: &Connection, select: &str, since: Moment) -> Result<()> {
        let mut one = connection.prepare(&format!("{select} {JOIN} WHERE v.id = ?1"))?;
        let mut asked: HashSet<i64> = HashSet::new();
        let mut wanted: Vec<i64> = self
            .history
            .visits
            .iter()
            .filter_map(Visit::led_by)
            .collect();
        for _ in 0..MOST_HOPS {
            wanted.retain(|id| !self.by_id.contains_key(id) && asked.insert(*id));
            if wanted.is_empty() || asked.len() > MOST_EARLIER {
                break;
            }
            let before = self.history.visits.len();
            for id in wanted.drain(..) {
                let mut rows = one.query(params![id])?;
                if let Some(row) = rows.next()? {
                    self.add(row, since);
                }
            }
            wanted.extend(
                self.history.visits[before..]
                    .iter()
                    .filter_map(Visit::led_by),
            );
        }
        Ok(())
    }

    /// Fills in what led to a visit from what Firefox notes about how a page is used.
    fn noted_referrers(&mut self, connection: &Connection, tables: &Tables) -> Result<()> {
        let table = "moz_places_metadata";
        if !["place_id", "referrer_place_id", "created_at"]
            .iter()
            .all(|c| tables.has(table, c))
        {
            return Ok(());
        }
        let sql = "SELECT referrer_place_id FROM moz_places_metadata \
                   WHERE place_id = ?1 AND created_at BETWEEN ?2 AND ?3 \
                   AND referrer_place_id IS NOT NULL ORDER BY created_at LIMIT 1";
        let mut noted = connection.prepare(sql)?;
        let sql = "SELECT id FROM moz_historyvisits WHERE place_id = ?1 AND visit_date <= ?2 \
                   AND id <> ?3 ORDER BY visit_date DESC LIMIT 1";
        let mut newest = connection.prepare(sql)?;
        for visit in &mut self.history.visits {
            // A typed address has a page before it, but that page did not lead to it.
            let place = self.extra.get(&visit.id).and_then(|extra| extra.place);
            let (From::Nowhere, How::Link, Some(place)) = (&visit.from, visit.how, place) else {
                continue;
            };
            let milliseconds = visit.time.0.div_euclid(1000);
            let until = milliseconds.saturating_add(NOTED / 1000);
            let referrer: Option<i64> = noted
                .query_row(params![place, milliseconds, until], |row| row.get(0))
                .optional()?;
            let Some(referrer) = referrer else { continue };
            let time = visit.time.0.div_euclid(self.scale);
            let id = newest
                .query_row(params![referrer, time, visit.id], |row| row.get(0))
                .optional()?;
            visit.from = id.map_or(From::Nowhere, From::Visit);
        }
        Ok(())
    }

    fn downloads(&mut self, connection: &Connection, tables: &Tables) -> Result<()> {
        let mut notes =
            match tables.has_table("moz_annos") && tables.has_table("moz_anno_attributes") {
                true => Some(connection.prepare(NOTES)?),
                false => None,
            };
        let stitches = stitched(&self.history.visits, &self.extra);
        let downloads: Vec<i64> = self
            .history
            .visits
            .iter()
            .filter(|visit| visit.in_window && visit.how == How::Download)
            .map(|visit| visit.id)
            .collect();
        for id in downloads {
            let at = self.by_id[&id];
            let page = self.history.visits[at].from.clone();
            let mut hops = vec![self.history.visits[at].url.clone()];
            if let Some(last) = stitches.get(&id) {
                let mut hop = Some(*last);
                while let Some(&at) = hop.and_then(|id| self.by_id.get(&id)) {
                    let visit = &self.history.visits[at];
                    hops.push(visit.url.clone());
                    let redirected = self.extra.get(&visit.id).is_some_and(|e| e.is_redirect());
                    hop = match visit.from {
                        From::Visit(from) if redirected && hops.len() < MOST_HOPS => Some(from),
                        _ => None,
                    };
                }
                self.history.visits[at].from = From::Visit(*last);
            }
            hops.reverse();
            let place = self.extra.get(&id).and_then(|extra| extra.place);
            let said = match (&mut notes, place) {
                (Some(notes), Some(place)) => Said::of(notes, place)?,
                _ => Said::default(),
            };
            self.history.downloads.push(Download {
                id,
                time: self.history.visits[at].time,
                hops,
                page,
                referrer: None,
                path: said.path,
                state: said.state.unwrap_or(State::Unknown),
                danger: said.danger.unwrap_or(Danger::None),
                size: said.size,
                mime: None,
                opened: None,
            });
        }
        Ok(())
    }
}

/// Source: nsINavHistoryService.idl, `TRANSITION_*`.
fn how(kind: i64) -> How {
    match kind {
        1 | 5 | 6 => How::Link,
        2 => How::Typed,
        3 => How::Bookmark,
        4 => How::Frame,
        7 => How::Download,
        8 => How::FrameLink,
        9 => How::Reload,
        _ => How::Unknown,
    }
}

#[cfg(test)]
mod tests;
