//! Chromium and all browsers built on it: the file `History`.
//!
//! What led to a visit stands in four places: `from_visit`; `opener_visit`; the page in whose tab
//! a link was, in `visited_links`; and `external_referrer_url`, for links that opened a new tab or
//! window. Downloads have their redirects in a table of their own; those are no visits.
//!
//! Sources: chromium/src components/history/core/browser/history_types.h, visit_database.cc,
//! download_database.cc; ui/base/page_transition_types.h (2026-11); schema 70 measured with
//! Chromium 156, 43 on files of older browsers.

mod codes;

use std::collections::{HashMap, HashSet};

use formats::sqlite::{
    self, Tables,
    rusqlite::{Connection, OptionalExtension, Result, Row, Statement, params},
};
use tool::Moment;

use self::codes::{danger, how, redirect, source, state};
use super::{
    MOST_DOWNLOADS, MOST_EARLIER, MOST_HOPS,
    cells::{by_index, bytes, column, integer, is_text, text},
};
use crate::visit::{Download, From, History, LONGEST_URL, Url, Visit};

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
        "WHERE v.visit_time >= ?1 ORDER BY v.visit_time DESC",
    );
    let mut newest = by_index(connection, &newest, "visits_time_index")?;
    let mut rows = newest.query(params![since.0.saturating_add(EPOCH)])?;
    while let Some(row) = rows.next()? {
        if found.history.is_full() {
            break;
        }
        found.add(row, true);
    }
    found.by_url.sort_unstable();

    let mut asks = Asks::of(connection, &tables, &columns)?;
    found.downloads(connection, &tables, &mut asks, since)?;
    found.origins(&mut asks)?;
    found.history.sort();
    Ok(found.history)
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
                      WHERE u.url = ?1 AND (v.visit_time, v.id) < (?2, ?3) \
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
        // Joins a table where the file has it, and returns one column of it.
        let mut joined = |table: &str, alias: &str, key: &str, to: &str, name: &str| {
            if !tables.has(table, key) || !tables.has("visits", to) {
                return "NULL".to_owned();
            }
            joins.push_str(&format!(
                " LEFT JOIN {table} {alias} ON {alias}.{key} = v.{to}"
            ));
            column(tables, table, alias, name)
        };
        let source = joined("visit_source", "s", "id", "id", "source");
        let response = joined(
            "context_annotations",
            "c",
            "visit_id",
            "id",
            "response_code",
        );
        // Asked only for visits that name no other: `Found::add` looks at it for no others.
        let link =
            match tables.has("visited_links", "id") && tables.has("visits", "visited_link_id") {
                true => format!(
                    "CASE WHEN {from} OR {opener} THEN NULL ELSE \
                 (SELECT {page} FROM visited_links l WHERE l.id = v.visited_link_id) END",
                    from = names_another(&visit("from_visit")),
                    opener = names_another(&visit("opener_visit")),
                    page = column(tables, "visited_links", "l", "top_level_url"),
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

/// Returns the condition that a column holds the number of a visit.
fn names_another(column: &str) -> String {
    format!("(typeof({column}) = 'integer' AND {column} > 0)")
}

#[derive(Default)]
struct Found {
    history: History,
    by_id: HashMap<i64, usize>,
    /// Visits of the window by a hash of their address, sorted once all are there, to find a page
    /// without asking the file.
    by_url: Vec<(u64, Moment, i64)>,
    /// Visits that no other visit is known to have led to, with the pages that may have.
    named: Vec<(i64, Named)>,
    /// Visits before the window that were asked for, so that none is twice.
    asked: HashSet<i64>,
}

/// What a row says of where a link was.
#[derive(Clone)]
struct Named {
    /// The page in whose tab it was.
    tab: Option<String>,
    /// The page or frame that it was in; from another site often only that site.
    referrer: Option<String>,
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
        let linked = [integer(row, 5), integer(row, 6)].into_iter().flatten();
        let linked = linked.into_iter().find(|from| *from > 0);
        if linked.is_none() {
            let (tab, referrer) = (text(row, 11).map(cut), text(row, 7).map(cut));
            if tab.is_some() || referrer.is_some() {
                self.named.push((id, Named { tab, referrer }));
            }
        }
        let time = Moment(time.saturating_sub(EPOCH));
        let url = Url::new(url);
        self.by_id.insert(id, self.history.visits.len());
        if in_window {
            self.by_url.push((hash(&url.text), time, id));
        }
        let response = integer(row, 10).and_then(|code| u16::try_from(code).ok());
        self.history.add(Visit {
            id,
            time,
            url,
            how: how(transition),
            redirect: redirect(transition),
            source: source(is_text(row, 8), integer(row, 9)),
            hidden: integer(row, 3).unwrap_or_default() != 0,
            response: response.filter(|code| *code != 0),
            from: linked.map_or(From::Nowhere, From::Visit),
            frame: None,
            in_window,
        });
    }

    /// Finds what led to each visit and download, before the window too.
    ///
    /// A page named by its address may itself have been opened by a page named by its address, so
    /// this goes on until nothing new turns up, or long enough.
    fn origins(&mut self, asks: &mut Asks<'_>) -> Result<()> {
        for _ in 0..MOST_HOPS {
            self.earlier(asks)?;
            if self.named.is_empty() {
                break;
            }
            for (id, named) in std::mem::take(&mut self.named) {
                self.settle(asks, id, named)?;
            }
        }
        Ok(())
    }

    /// Reads the visits before the window that others came from, and those they came from.
    fn earlier(&mut self, asks: &mut Asks<'_>) -> Result<()> {
        let pages = self
            .history
            .downloads
            .iter()
            .filter_map(|download| match download.page {
                From::Visit(id) => Some(id),
                _ => None,
            });
        let mut wanted: Vec<i64> = self
            .history
            .visits
            .iter()
            .filter_map(Visit::led_by)
            .chain(pages)
            .collect();
        for _ in 0..MOST_HOPS {
            wanted.retain(|id| !self.by_id.contains_key(id) && !self.asked.contains(id));
            if wanted.is_empty() {
                break;
            }
            let before = self.history.visits.len();
            for id in wanted.drain(..) {
                self.add_by_id(asks, id)?;
            }
            wanted.extend(
                self.history.visits[before..]
                    .iter()
                    .filter_map(Visit::led_by),
            );
        }
        Ok(())
    }

    fn add_by_id(&mut self, asks: &mut Asks<'_>, id: i64) -> Result<()> {
        if self.asked.len() >= MOST_EARLIER || !self.asked.insert(id) {
            return Ok(());
        }
        let mut rows = asks.visit.query(params![id])?;
        if let Some(row) = rows.next()? {
            self.add(row, false);
        }
        Ok(())
    }

    /// Finds the visit of the page that led to a visit, as its row names it.
    fn settle(&mut self, asks: &mut Asks<'_>, id: i64, named: Named) -> Result<()> {
        let Some(&at) = self.by_id.get(&id) else {
            return Ok(());
        };
        let visit = &self.history.visits[at];
        let (time, own) = (visit.time, visit.url.text.clone());
        // The tab tells more than the referrer, which may be a frame of it or only a site.
        let whole = |page: &Option<String>| page.clone().filter(|it| !is_only_a_site(it, &own));
        let (tab, referrer) = (whole(&named.tab), whole(&named.referrer));
        let mut from = None;
        for page in [&tab, &referrer].into_iter().flatten() {
            if from.is_none() {
                from = self
                    .visit_of(asks, page, (time, id))?
                    .map(|id| (id, page.clone()));
            }
        }
        let visit = &mut self.history.visits[at];
        match from {
            Some((from, page)) => {
                visit.frame = referrer.filter(|referrer| *referrer != page);
                visit.from = From::Visit(from);
            }
            None => {
                let page = named.tab.or(named.referrer);
                visit.from = page.map_or(From::Nowhere, From::Page);
            }
        }
        Ok(())
    }

    /// Returns the newest visit of `page` before a visit at that time with that number.
    fn visit_of(
        &mut self,
        asks: &mut Asks<'_>,
        page: &str,
        before: (Moment, i64),
    ) -> Result<Option<i64>> {
        // All visits of the window were read, so the newest of them is the newest there is.
        let hash = hash(page);
        let older = self
            .by_url
            .partition_point(|visit| *visit < (hash, before.0, before.1));
        let newest = older.checked_sub(1).map(|at| self.by_url[at]);
        if let Some((_, _, id)) = newest.filter(|visit| visit.0 == hash) {
            return Ok(Some(id));
        }
        let Some(newest) = &mut asks.newest else {
            return Ok(None);
        };
        let bounds = params![page, before.0.0.saturating_add(EPOCH), before.1];
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
            let page = match tab.map(cut).or_else(|| referrer.clone().map(cut)) {
                None => From::Nowhere,
                Some(page) if is_only_a_site(&page, &hops[0].text) => From::Page(page),
                Some(page) => match self.visit_of(asks, &page, (time, i64::MAX))? {
                    Some(id) => From::Visit(id),
                    None => From::Page(page),
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
}

fn cut(text: String) -> String {
    Url::new(text).text
}

fn hash(text: &str) -> u64 {
    twox_hash::XxHash3_64::oneshot(text.as_bytes())
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

#[cfg(test)]
mod tests;
