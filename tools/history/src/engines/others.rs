//! Browsers with one small table and no chains: qutebrowser, GNOME Web, Falkon.
//!
//! Sources: qutebrowser/browser/history.py (`user_version` 4, tested on a file of others);
//! gitlab.gnome.org/GNOME/epiphany lib/history/ephy-history-service-*.c; invent.kde.org
//! network/falkon src/lib/history/history.cpp. The last two were never run by us (2026-11).

use formats::sqlite::{
    self,
    rusqlite::{Connection, Result, Row, params},
};
use tool::Moment;

use super::cells::{column, integer, real, text};
use crate::visit::{From, History, How, Source, Url, Visit};

/// Reads a qutebrowser history since a moment. A row has no number, so rows are counted.
///
/// # Errors
/// What SQLite says of a file that is damaged or holds other tables.
pub fn qutebrowser(connection: &Connection, since: Moment) -> Result<History> {
    let tables = sqlite::tables(connection)?;
    let sql = format!(
        "SELECT h.rowid, h.atime, h.url, {} FROM History h WHERE h.atime >= ?1 \
         ORDER BY h.atime DESC, h.rowid DESC",
        column(&tables, "history", "h", "redirect"),
    );
    let mut history = read(connection, &sql, params![since.0 / 1_000_000], |row| {
        let time = integer(row, 1)?.checked_mul(1_000_000)?;
        let mut visit = visit(integer(row, 0)?, time, text(row, 2)?);
        // True for an address that led on to another one; which one is not kept.
        visit.hidden = integer(row, 3).unwrap_or_default() != 0;
        Some(visit)
    })?;
    history
        .notes
        .push("qutebrowser does not keep what led to a visit.".into());
    Ok(history)
}

/// Reads a GNOME Web history since a moment.
///
/// # Errors
/// What SQLite says of a file that is damaged or holds other tables.
pub fn epiphany(connection: &Connection, since: Moment) -> Result<History> {
    let tables = sqlite::tables(connection)?;
    let newest: Option<i64> =
        connection.query_row("SELECT max(visit_time) FROM visits", [], |row| {
            Ok(integer(row, 0))
        })?;
    // Seconds in older versions, microseconds since.
    let scale = if newest.is_some_and(|newest| newest < 100_000_000_000) {
        1_000_000
    } else {
        1
    };
    let v = |name| column(&tables, "visits", "v", name);
    let sql = format!(
        "SELECT v.id, v.visit_time, u.url, {}, {} FROM visits v LEFT JOIN urls u ON u.id = v.url \
         WHERE v.visit_time >= ?1 ORDER BY v.visit_time DESC",
        v("visit_type"),
        v("referring_visit"),
    );
    read(
        connection,
        &sql,
        params![since.0.div_euclid(scale)],
        |row| {
            let time = integer(row, 1)?.checked_mul(scale)?;
            let mut visit = visit(integer(row, 0)?, time, text(row, 2)?);
            // Source: lib/history/ephy-history-types.h, `EphyHistoryPageVisitType`.
            visit.how = match integer(row, 3) {
                Some(1) => How::Link,
                Some(2) => How::Typed,
                Some(3) => How::FrameLink,
                Some(4) => How::Frame,
                Some(5 | 9) => How::Start,
                Some(6) => How::Form,
                Some(7) => How::Reload,
                Some(8) => How::Bookmark,
                _ => How::Unknown,
            };
            let from = integer(row, 4).filter(|from| *from > 0);
            visit.from = from.map_or(From::Nowhere, From::Visit);
            Some(visit)
        },
    )
}

/// Reads a Falkon history since a moment. It keeps one time per address, the last.
///
/// # Errors
/// What SQLite says of a file that is damaged or holds other tables.
pub fn falkon(connection: &Connection, since: Moment) -> Result<History> {
    let sql = "SELECT h.id, h.date, h.url FROM history h WHERE h.date >= ?1 \
               ORDER BY h.date DESC";
    let mut history = read(connection, sql, params![since.0 / 1000], |row| {
        #[expect(clippy::cast_possible_truncation, reason = "out of range saturates")]
        let time = (real(row, 1)? * 1000.0) as i64;
        Some(visit(integer(row, 0)?, time, text(row, 2)?))
    })?;
    history
        .notes
        .push("Falkon keeps only the last visit of each address.".into());
    Ok(history)
}

fn read(
    connection: &Connection,
    sql: &str,
    bounds: &[&dyn formats::sqlite::rusqlite::ToSql],
    visit: impl Fn(&Row<'_>) -> Option<Visit>,
) -> Result<History> {
    let mut history = History::default();
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(bounds)?;
    while let Some(row) = rows.next()? {
        if history.is_full() {
            break;
        }
        match visit(row) {
            Some(visit) => history.add(visit),
            None => history.odd_rows += 1,
        }
    }
    history.sort();
    Ok(history)
}

fn visit(id: i64, time: i64, url: String) -> Visit {
    Visit {
        id,
        time: Moment(time),
        url: Url::new(url),
        how: How::Unknown,
        redirect: None,
        source: Source::Here,
        hidden: false,
        response: None,
        from: From::Nowhere,
        frame: None,
        in_window: true,
    }
}

#[cfg(test)]
mod tests;
