//! Chromium and all browsers built on it: the file `History`.
//!
//! What led to a visit stands in four places: `from_visit`; `opener_visit`; the page in whose tab
//! a link was, in `visited_links`; and `external_referrer_url`, for links that opened a new tab or
//! window. Downloads have their redirects in a table of their own; those are no visits.
//!
//! Sources: chromium/src components/history/core/browser/history_types.h, visit_database.cc,
//! download_database.cc; ui/base/page_transition_types.h (2026-11); schema 70 measured with
//! Chromium 156, 43 on files of older browsers.

use std::collections::{HashMap, HashSet};

use formats::sqlite::{
    self, Tables,
    rusqlite::{Connection, OptionalExtension, Result, Row, Statement, params},
};
use tool::Moment;

use super::{
    MOST_DOWNLOADS, MOST_EARLIER, MOST_HOPS, MOST_VISITS,
    cells::{by_index, bytes, column, integer, text},
};
use crate::visit::{
    Danger, Download, From, History, How, LONGEST_URL, Redirect, Source, State, Url, Visit,
};

/// Microseconds from 1601-01-01 to 1970-01-01.
const EPOCH: i64 = 11_644_473_600_000_000;

/// Reads a Chromium history since a moment.
///
/// # Errors
/// What SQLite says of a file that is damaged or holds other tables.
pub fn history(connection: &Connection, since: Moment) -> Result<History> {
    let tables = sqlite::tables(connection)?;
    let columns = Columns::of(&tables);
    let mut found = Found::default();

    let newest = columns.visits(
        "{index}",
        "WHERE v.visit_time >= ?1 ORDER BY v.visit_time DESC LIMIT ?2",
    );
    let mut newest = by_index(connection, &newest, "visits_time_index")?;
    let mut rows = newest.query(params![since.0.saturating_add(EPOCH), MOST_VISITS + 1])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        count += 1;
        if count > MOST_VISITS {
            found.history.left_out = true;
            break;
        }
        found.add(row, true);
    }

    let mut asks = Asks::of(connection, &tables, &columns)?;
    found.earlier(&mut asks)?;
    found.named_by_address(&mut asks)?;
    found.downloads(connection, &tables, &mut asks, since)?;
    found.earlier(&mut asks)?;
    Ok(found.finished())
}

/// The questions that are asked again and again, prepared once.
struct Asks<'c> {
    /// A visit by its number.
    visit: Statement<'c>,
    /// The newest visit of an address. Without both indexes it would read the whole file each
    /// time, and is not asked.
    newest: Option<Statement<'c>>,
    /// The addresses of a download.
    hops: Option<Statement<'c>>,
}

impl<'c> Asks<'c> {
    fn of(connection: &'c Connection, tables: &Tables, columns: &Columns) -> Result<Self> {
        let newest = "SELECT v.id FROM urls u INDEXED BY urls_url_index \
                      JOIN visits v INDEXED BY visits_url_index ON v.url = u.id \
                      WHERE u.url = ?1 AND v.visit_time <= ?2 AND v.id <> ?3 \
                      ORDER BY v.visit_time DESC, v.id DESC LIMIT 1";
        let hops =
            "SELECT url FROM downloads_url_chains WHERE id = ?1 ORDER BY chain_index LIMIT ?2";
        Ok(Self {
            visit: connection.prepare(&columns.visits("", "WHERE v.id = ?1"))?,
            newest: connection.prepare(newest).ok(),
            hops: match tables.has_table("downloads_url_chains") {
                true => Some(connection.prepare(hops)?),
                false => None,
            },
        })
    }
}

/// The query for visits, as far as this file has the columns.
struct Columns {
    select: String,
    joins: String,
}

impl Columns {
    fn of(tables: &Tables) -> Self {
        let visit = |name| column(tables, "visits", "v", name);
        let mut joins = "LEFT JOIN urls u ON u.id = v.url".to_owned();
        let mut joined = |table: &str, alias: &str, on: &str, names: &[&str]| {
            let there =
                tables.has_table(table) && tables.has(table, on.split(' ').next().unwrap_or(on));
            if there {
                let key = on.replace(' ', " = ");
                joins.push_str(&format!(" LEFT JOIN {table} {alias} ON {alias}.{key}"));
            }
            let one = |name: &&str| match there {
                true => column(tables, table, alias, name),
                false => "NULL".to_owned(),
            };
            names.iter().map(one).collect::<Vec<_>>().join(", ")
        };
        let source = joined("visit_source", "s", "id v.id", &["source"]);
        let response = joined(
            "context_annotations",
            "c",
            "visit_id v.id",
            &["response_code"],
        );
        // Only a file that has the table also has the number that leads to it.
        let link = match tables.has("visits", "visited_link_id") {
            true => joined(
                "visited_links",
                "l",
                "id v.visited_link_id",
                &["top_level_url"],
            ),
            false => "NULL".to_owned(),
        };
        let select = [
            "v.id".to_owned(),
            "v.visit_time".to_owned(),
            "u.url".to_owned(),
            column(tables, "urls", "u", "hidden"),
            visit("transition"),
            visit("from_visit"),
            visit("opener_visit"),
            visit("external_referrer_url"),
            visit("originator_cache_guid"),
            source,
            response,
            link,
        ];
        Self {
            select: select.join(", "),
            joins,
        }
    }

    fn visits(&self, index: &str, rest: &str) -> String {
        format!(
            "SELECT {} FROM visits v {index} {} {rest}",
            self.select, self.joins
        )
    }
}

#[derive(Default)]
struct Found {
    history: History,
    by_id: HashMap<i64, usize>,
    /// Where a link was, for visits whose `from` is not a visit yet: page, then frame or opener.
    named: Vec<(i64, Vec<String>)>,
    /// Visits by address, oldest first, to find a page by its address without asking again.
    by_url: HashMap<String, Vec<(Moment, i64)>>,
}

impl Found {
    fn add(&mut self, row: &Row<'_>, in_window: bool) {
        let (Some(id), Some(time), Some(url)) = (integer(row, 0), integer(row, 1), text(row, 2))
        else {
            self.history.odd_rows += 1;
            return;
        };
        if self.by_id.contains_key(&id) {
            return;
        }
        // Signed in the file: the highest bit is that of a server redirect.
        let transition = integer(row, 4).unwrap_or_default() as u32;
        let linked = [integer(row, 5), integer(row, 6)]
            .into_iter()
            .flatten()
            .find(|from| *from > 0);
        let pages: Vec<String> = [text(row, 11), text(row, 7)]
            .into_iter()
            .flatten()
            .collect();
        if linked.is_none() && !pages.is_empty() {
            self.named.push((id, pages));
        }
        let time = Moment(time.saturating_sub(EPOCH));
        self.by_id.insert(id, self.history.visits.len());
        self.by_url.entry(url.clone()).or_default().push((time, id));
        self.history.visits.push(Visit {
            id,
            time,
            url: Url::new(url),
            how: how(transition),
            redirect: redirect(transition),
            source: source(text(row, 8).is_some(), integer(row, 9)),
            hidden: integer(row, 3).unwrap_or_default() != 0,
            response: integer(row, 10)
                .and_then(|code| u16::try_from(code).ok())
                .filter(|c| *c != 0),
            from: linked.map_or(From::Nowhere, From::Visit),
            frame: None,
            in_window,
        });
    }

    /// Reads the visits before the window that visits in it came from, and those they came from.
    fn earlier(&mut self, asks: &mut Asks<'_>) -> Result<()> {
        let mut asked: HashSet<i64> = HashSet::new();
        let mut wanted: Vec<i64> = self.history.visits.iter().filter_map(from_id).collect();
        wanted.extend(
            self.history
                .downloads
                .iter()
                .filter_map(|download| match download.page {
                    From::Visit(id) => Some(id),
                    _ => None,
                }),
        );
        for _ in 0..MOST_HOPS {
            wanted.retain(|id| !self.by_id.contains_key(id) && asked.insert(*id));
            if wanted.is_empty() || asked.len() > MOST_EARLIER {
                break;
            }
            let before = self.history.visits.len();
            for id in wanted.drain(..) {
                self.add_by_id(asks, id)?;
            }
            wanted.extend(self.history.visits[before..].iter().filter_map(from_id));
        }
        Ok(())
    }

    fn add_by_id(&mut self, asks: &mut Asks<'_>, id: i64) -> Result<()> {
        let mut rows = asks.visit.query(params![id])?;
        if let Some(row) = rows.next()? {
            self.add(row, false);
        }
        Ok(())
    }

    /// Finds the visits of pages that the file names by their address only.
    fn named_by_address(&mut self, asks: &mut Asks<'_>) -> Result<()> {
        self.by_url
            .values_mut()
            .for_each(|visits| visits.sort_unstable());
        for (id, pages) in std::mem::take(&mut self.named) {
            let Some(&at) = self.by_id.get(&id) else {
                continue;
            };
            let visit = &self.history.visits[at];
            let (time, own) = (visit.time, visit.url.text.clone());
            let mut from = From::Nowhere;
            for page in &pages {
                if from == From::Nowhere && !is_only_a_site(page, &own) {
                    let found = self.visit_of(asks, page, time, id)?;
                    from = found.map_or(From::Nowhere, From::Visit);
                }
            }
            // `external_referrer_url` is the last: a frame, when the page has a visit of its own.
            let referrer = pages.last().map(|page| Url::new(page.clone()).text);
            let at_page = |id: i64| {
                self.by_id
                    .get(&id)
                    .map(|at| &self.history.visits[*at].url.text)
            };
            let frame = match (&from, &referrer) {
                (From::Visit(id), Some(frame))
                    if pages.len() > 1 && at_page(*id) != Some(frame) =>
                {
                    referrer
                        .clone()
                        .filter(|frame| !is_only_a_site(frame, &own))
                }
                _ => None,
            };
            if from == From::Nowhere {
                from = referrer.map_or(From::Nowhere, From::Page);
            }
            let visit = &mut self.history.visits[at];
            (visit.from, visit.frame) = (from, frame);
        }
        Ok(())
    }

    /// Returns the newest visit of `page` that was not after `time`.
    fn visit_of(
        &mut self,
        asks: &mut Asks<'_>,
        page: &str,
        time: Moment,
        not: i64,
    ) -> Result<Option<i64>> {
        let known = self.by_url.get(page).and_then(|visits| {
            visits
                .iter()
                .rev()
                .find(|(when, id)| *when <= time && *id != not && (*when < time || *id < not))
        });
        if let Some((_, id)) = known {
            return Ok(Some(*id));
        }
        let Some(newest) = &mut asks.newest else {
            return Ok(None);
        };
        let bounds = params![page, time.0.saturating_add(EPOCH), not];
        let id = newest.query_row(bounds, |row| row.get(0)).optional()?;
        if let Some(id) = id {
            self.add_by_id(asks, id)?;
        }
        Ok(id)
    }

    fn downloads(
        &mut self,
        connection: &Connection,
        tables: &Tables,
        asks: &mut Asks<'_>,
        since: Moment,
    ) -> Result<()> {
        if !tables.has_table("downloads") || !tables.has("downloads", "start_time") {
            return Ok(());
        }
        let d = |name| column(tables, "downloads", "d", name);
        let ended = match tables.has("downloads", "end_time") {
            true => "OR d.end_time >= ?1",
            false => "",
        };
        let sql = format!(
            "SELECT d.id, d.start_time, {}, {}, {}, {}, {}, {}, {}, {}, {}, {} FROM downloads d \
             WHERE d.start_time >= ?1 {ended} ORDER BY d.start_time DESC LIMIT ?2",
            d("target_path"),
            d("current_path"),
            d("tab_url"),
            d("referrer"),
            d("state"),
            d("danger_type"),
            d("total_bytes"),
            d("received_bytes"),
            d("mime_type"),
            d("opened"),
        );
        let mut read = connection.prepare(&sql)?;
        let mut rows = read.query(params![since.0.saturating_add(EPOCH), MOST_DOWNLOADS])?;
        while let Some(row) = rows.next()? {
            let (Some(id), Some(time)) = (integer(row, 0), integer(row, 1)) else {
                self.history.odd_rows += 1;
                continue;
            };
            let time = Moment(time.saturating_sub(EPOCH));
            let hops = hops(asks, id)?;
            if hops.is_empty() {
                self.history.odd_rows += 1;
                continue;
            }
            let (tab, referrer) = (text(row, 4), text(row, 5));
            let page = match tab.or_else(|| referrer.clone()) {
                None => From::Nowhere,
                Some(page) => match self.visit_of(asks, &page, time, -1)? {
                    Some(id) => From::Visit(id),
                    None => From::Page(Url::new(page).text),
                },
            };
            let size = integer(row, 8)
                .filter(|size| *size > 0)
                .or_else(|| integer(row, 9));
            self.history.downloads.push(Download {
                id,
                time,
                hops,
                page,
                referrer: referrer.map(|referrer| Url::new(referrer).text),
                path: path(bytes(row, 2)).or_else(|| path(bytes(row, 3))),
                state: state(integer(row, 6)),
                danger: danger(integer(row, 7)),
                size: size.and_then(|size| u64::try_from(size).ok()),
                mime: text(row, 10).map(|mime| Url::cut_to(mime, 255).text),
                opened: integer(row, 11).map(|opened| opened != 0),
            });
        }
        Ok(())
    }

    fn finished(mut self) -> History {
        self.history
            .visits
            .sort_by_key(|visit| (visit.time, visit.id));
        self.history
            .downloads
            .sort_by_key(|download| (download.time, download.id));
        self.history
    }
}

fn from_id(visit: &Visit) -> Option<i64> {
    match visit.from {
        From::Visit(id) => Some(id),
        _ => None,
    }
}

/// Returns whether `page` says only from which other site a link came, not from which page.
///
/// Pages may ask for that (Referrer-Policy), and most do by default; the site's front page is then
/// the wrong guess.
fn is_only_a_site(page: &str, own: &str) -> bool {
    let Some((scheme, rest)) = page.split_once("://") else {
        return false;
    };
    let Some((host, "")) = rest.split_once('/') else {
        return false;
    };
    !own.strip_prefix(scheme)
        .and_then(|own| own.strip_prefix("://"))
        .and_then(|own| own.strip_prefix(host))
        .is_some_and(|own| own.starts_with('/'))
}

fn hops(asks: &mut Asks<'_>, id: i64) -> Result<Vec<Url>> {
    let Some(read) = &mut asks.hops else {
        return Ok(Vec::new());
    };
    let mut rows = read.query(params![id, MOST_HOPS as i64])?;
    let mut hops = Vec::new();
    while let Some(row) = rows.next()? {
        hops.extend(text(row, 0).map(Url::new));
    }
    Ok(hops)
}

fn path(bytes: Option<&[u8]>) -> Option<std::path::PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    let bytes = bytes.filter(|bytes| !bytes.is_empty() && bytes.len() <= LONGEST_URL)?;
    Some(std::ffi::OsStr::from_bytes(bytes).into())
}

/// Source: ui/base/page_transition_types.h, `PAGE_TRANSITION_CORE_MASK` and the qualifiers.
fn how(transition: u32) -> How {
    if transition & 0x0100_0000 != 0 {
        return How::BackForward;
    }
    match transition & 0xff {
        0 => How::Link,
        1 => How::Typed,
        2 => How::Bookmark,
        3 => How::Frame,
        4 => How::FrameLink,
        5 | 9 | 10 => How::Search,
        6 => How::Start,
        7 => How::Form,
        8 => How::Reload,
        _ => How::Unknown,
    }
}

fn redirect(transition: u32) -> Option<Redirect> {
    match (transition & 0x8000_0000 != 0, transition & 0x4000_0000 != 0) {
        (true, _) => Some(Redirect::Server),
        (false, true) => Some(Redirect::Client),
        (false, false) => None,
    }
}

/// Source: history_types.h, `VisitSource`; a visit without a row there was made here.
fn source(has_origin: bool, source: Option<i64>) -> Source {
    match source {
        Some(0) => Source::OtherDevice,
        _ if has_origin => Source::OtherDevice,
        None | Some(1) => Source::Here,
        Some(2) => Source::Extension,
        Some(3..=5) => Source::Imported,
        Some(_) => Source::Other,
    }
}

/// Source: components/history/core/browser/download_constants.h, `DownloadState`.
fn state(state: Option<i64>) -> State {
    match state {
        Some(0) => State::InProgress,
        Some(1) => State::Complete,
        Some(2) => State::Cancelled,
        Some(4) => State::Interrupted,
        _ => State::Unknown,
    }
}

/// Source: components/history/core/browser/download_constants.h, `DownloadDangerType`.
fn danger(danger: Option<i64>) -> Danger {
    match danger {
        Some(1) => Danger::DangerousKind,
        Some(2) => Danger::DangerousUrl,
        Some(3) => Danger::DangerousContent,
        Some(4 | 18) => Danger::NotJudged,
        Some(5) => Danger::Uncommon,
        Some(6) => Danger::KeptDespiteWarning,
        Some(7) => Danger::DangerousHost,
        Some(8) => Danger::Unwanted,
        Some(16) => Danger::OpenedDespiteWarning,
        Some(19) => Danger::AccountCompromise,
        _ => Danger::None,
    }
}

#[cfg(test)]
mod tests;
