//! Firefox and all browsers built on it: the file `places.sqlite`.
//!
//! `from_visit` names what led to a visit. A download is a visit of its own whose `from_visit` is
//! the page with the link; the redirects on the way to it hang off a sibling, and are stitched to
//! it here (see [`stitched`]).
//!
//! Sources: mozilla-central toolkit/components/places/nsINavHistoryService.idl, Database.cpp;
//! toolkit/components/downloads/DownloadHistory.sys.mjs (2026-11); `user_version` 86 measured with
//! Firefox ESR 153, 35 to 54 on files of older browsers.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
};

use formats::sqlite::{
    self, Tables,
    rusqlite::{Connection, OptionalExtension, Result, Row, Statement, params},
};
use tool::Moment;

use super::{
    MOST_EARLIER, MOST_HOPS, MOST_VISITS,
    cells::{by_index, column, integer, text},
};
use crate::visit::{
    Danger, Download, From, History, How, LONGEST_URL, Redirect, Source, State, Url, Visit,
};

/// How much earlier than a download its last redirect may be.
const STITCH: i64 = 5_000_000;
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

    let sql = format!(
        "{select} {{index}} {JOIN} WHERE v.visit_date >= ?1 ORDER BY v.visit_date DESC LIMIT ?2"
    );
    let mut newest = by_index(connection, &sql, "moz_historyvisits_dateindex")?;
    // A little earlier than asked: a redirect before the window may belong to a download in it.
    let from = since.0.saturating_sub(STITCH).div_euclid(found.scale);
    let mut rows = newest.query(params![from, MOST_VISITS + 1])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        count += 1;
        if count > MOST_VISITS {
            found.history.left_out = true;
            break;
        }
        found.add(row, since);
    }
    drop(rows);

    found.noted_referrers(connection, &tables)?;
    found.earlier(connection, &select, since)?;
    found.downloads(connection, &tables)?;
    found
        .history
        .visits
        .sort_by_key(|visit| (visit.time, visit.id));
    found
        .history
        .downloads
        .sort_by_key(|download| (download.time, download.id));
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
        self.history.visits.push(Visit {
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
        let from = |visit: &Visit| match visit.from {
            From::Visit(id) => Some(id),
            _ => None,
        };
        let mut wanted: Vec<i64> = self.history.visits.iter().filter_map(from).collect();
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
            wanted.extend(self.history.visits[before..].iter().filter_map(from));
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

/// Returns for each download the redirect that led to it.
///
/// Firefox writes two branches from the page with the link: one to the first redirect and on to
/// the last, one straight to the file. The last redirect belongs to a download when nothing came
/// from it, it never got a title, its branch begins at the same visit, and the file followed within
/// five seconds. The nearest wins, and each redirect belongs to one download. Measured with Firefox
/// ESR 153: 14 ms.
fn stitched(visits: &[Visit], extra: &HashMap<i64, Extra>) -> HashMap<i64, i64> {
    let by_id: HashMap<i64, &Visit> = visits.iter().map(|visit| (visit.id, visit)).collect();
    let parent = |visit: &Visit| match visit.from {
        From::Visit(id) => Some(id),
        _ => None,
    };
    let parents: HashSet<i64> = visits.iter().filter_map(parent).collect();
    let is_redirect = |id: i64| extra.get(&id).is_some_and(|extra| extra.is_redirect());

    // The last redirects that lead nowhere, by the visit their branch begins at.
    let mut ends: HashMap<Option<i64>, Vec<&Visit>> = HashMap::new();
    for visit in visits {
        let untitled = extra.get(&visit.id).is_some_and(|extra| extra.untitled);
        if !is_redirect(visit.id) || !untitled || parents.contains(&visit.id) {
            continue;
        }
        let mut root = visit;
        for _ in 0..MOST_HOPS {
            match parent(root).and_then(|id| by_id.get(&id)) {
                Some(earlier) if is_redirect(root.id) => root = earlier,
                _ => break,
            }
        }
        ends.entry(parent(root)).or_default().push(visit);
    }
    let mut downloads: Vec<&Visit> = visits
        .iter()
        .filter(|visit| visit.how == How::Download)
        .collect();
    downloads.sort_by_key(|visit| (visit.time, visit.id));
    let (mut stitches, mut taken) = (HashMap::new(), HashSet::new());
    for download in downloads {
        let candidates = ends.get(&parent(download)).into_iter().flatten();
        let nearest = candidates
            .filter(|end| !taken.contains(&end.id))
            .filter(|end| (0..=STITCH).contains(&download.time.0.saturating_sub(end.time.0)))
            .max_by_key(|end| (end.time, end.id));
        if let Some(end) = nearest {
            taken.insert(end.id);
            stitches.insert(download.id, end.id);
        }
    }
    stitches
}

const NOTES: &str = "SELECT n.name, a.content FROM moz_annos a \
                     JOIN moz_anno_attributes n ON n.id = a.anno_attribute_id \
                     WHERE a.place_id = ?1 LIMIT 64";

/// What Firefox noted about a download.
#[derive(Default)]
struct Said {
    path: Option<PathBuf>,
    state: Option<State>,
    danger: Option<Danger>,
    size: Option<u64>,
}

impl Said {
    fn of(notes: &mut Statement<'_>, place: i64) -> Result<Self> {
        let mut rows = notes.query(params![place])?;
        let mut said = Self::default();
        while let Some(row) = rows.next()? {
            let (Some(name), Some(content)) = (text(row, 0), text(row, 1)) else {
                continue;
            };
            match name.as_str() {
                "downloads/destinationFileURI" => said.path = path_of(&content),
                "downloads/metaData" => said.add(&content),
                _ => {}
            }
        }
        Ok(said)
    }

    /// Source: DownloadHistory.sys.mjs, `METADATA_STATE_*` and `reputationCheckVerdict`.
    fn add(&mut self, metadata: &str) {
        let Ok(value) = serde_json::from_str::<serde_json::Value>(metadata) else {
            return;
        };
        self.size = value["fileSize"].as_u64();
        self.state = Some(match value["state"].as_i64() {
            Some(1) => State::Complete,
            Some(2) => State::Interrupted,
            Some(3) => State::Cancelled,
            Some(4) => State::InProgress,
            Some(6 | 8 | 9) => State::Blocked,
            _ => State::Unknown,
        });
        self.danger = match value["reputationCheckVerdict"].as_str() {
            Some("Malware") => Some(Danger::DangerousContent),
            Some("PotentiallyUnwanted") => Some(Danger::Unwanted),
            Some("Uncommon") => Some(Danger::Uncommon),
            Some("Insecure") => Some(Danger::DangerousKind),
            _ => None,
        };
    }
}

/// Returns the path of a `file:///…` address.
fn path_of(uri: &str) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    let text = uri
        .strip_prefix("file://")
        .filter(|text| text.len() <= LONGEST_URL)?;
    let mut path = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        let digit = |at: usize| {
            tail.get(at)
                .and_then(|digit| char::from(*digit).to_digit(16))
        };
        let escaped = digit(0).zip(digit(1)).filter(|_| *byte == b'%');
        let escaped = escaped.and_then(|(high, low)| u8::try_from(high << 4 | low).ok());
        path.push(escaped.unwrap_or(*byte));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    Some(std::ffi::OsString::from_vec(path).into())
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
