//! A large history as Chromium keeps it.

use rusqlite::{Connection, Statement, params};

use super::{Tree, content::Random};
use crate::{failure::Failure, setting::Setting};

/// The moment that the last visit leads up to; `candor` is told that it is now.
pub(crate) const NOW: &str = "2026-11-20T12:00:00Z";
/// The same in microseconds since 1601, as Chromium counts.
const NOW_MICROSECONDS: i64 = (1_795_176_000 + 11_644_473_600) * 1_000_000;
/// Chromium forgets after 90 days. Source: components/history/core/browser/expire_history_backend.cc.
const DAYS: i64 = 90;

/// Where Chromium's history is below a home folder on Linux.
pub(crate) const PLACE: &str = ".config/chromium/Default/History";

/// Returns how many of so many visits lie in the last 24 hours.
pub(crate) fn of_last_day(visits: u64) -> u64 {
    (visits + DAYS as u64 / 2) / DAYS as u64
}

/// Returns a home folder with a history of that many visits, spread evenly over 90 days: 500,000
/// make 300 MB. Two of five visits are to a new page, the others to one seen before.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn tree(setting: &Setting, visits: u64) -> Result<Tree, Failure> {
    let recipe = format!("browser 2: {visits} visits");
    let room = visits.saturating_mul(800) + (1 << 20);
    setting.tree("browser", &recipe, room, |maker| {
        maker.folder(".config/chromium/Default")?;
        let path = maker.foreign(PLACE);
        fill(&mut Connection::open(path)?, visits as i64)?;
        Ok(())
    })
}

fn fill(connection: &mut Connection, visits: i64) -> rusqlite::Result<()> {
    connection.execute_batch(
        "PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
         PRAGMA cache_size = -500000;",
    )?;
    connection.execute_batch(include_str!("chromium.sql"))?;
    let transaction = connection.transaction()?;
    {
        let mut rows = Rows::of(&transaction)?;
        let mut random = Random::new(1);
        let step = DAYS * 86_400 * 1_000_000 / visits;
        // The page of each visit so far, oldest first.
        let mut seen: Vec<i64> = Vec::new();
        let mut pages = 0;
        for visit in 1..=visits {
            let time = NOW_MICROSECONDS - (visits - visit) * step - step / 2;
            let is_new = pages < 100 || random.between(0, 5) < 2;
            let page = if is_new {
                pages += 1;
                rows.page(pages, time, &mut random)?;
                pages
            } else {
                seen[again(seen.len(), visits, &mut random)]
            };
            rows.visit(visit, page, time, &mut random)?;
            seen.push(page);
        }
    }
    transaction.commit()
}

/// Returns which of `seen` visits a person comes back to: one of the last hour in 72.6 % of cases,
/// of the last day in 12 %, of the last week in 7.8 %, an older one otherwise.
///
/// Source: H. Obendorf, H. Weinreich, E. Herder, M. Mayer, "Web page revisitation revisited", CHI
/// 2007, by S.-T. Shen and S. D. Prior, "Revisiting revisitation in computer interaction", 2011.
fn again(seen: usize, visits: i64, random: &mut Random) -> usize {
    let day = visits / DAYS;
    let (from, to) = match random.between(0, 1000) {
        0..726 => (0, day / 24),
        726..846 => (day / 24, day),
        846..924 => (day, day * 7),
        _ => (day * 7, visits),
    };
    let (from, to) = (from.max(1) as u64, (to.max(1) as u64).min(seen as u64));
    let back = if from < to {
        random.between(from, to + 1)
    } else {
        to
    };
    seen - back as usize
}

struct Rows<'c> {
    page: Statement<'c>,
    visit: Statement<'c>,
    content: Statement<'c>,
    context: Statement<'c>,
    link: Statement<'c>,
}

impl<'c> Rows<'c> {
    fn of(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            page: connection.prepare(
                "INSERT INTO urls(id, url, title, visit_count, last_visit_time) VALUES(?1, ?2, ?3, 1, ?4)",
            )?,
            visit: connection.prepare(
                "INSERT INTO visits(id, url, visit_time, from_visit, external_referrer_url, transition,
                 segment_id, visit_duration, opener_visit, originator_cache_guid, visited_link_id)
                 VALUES(?1, ?2, ?3, ?4, '', ?5, 0, 1000000, 0, '', ?6)",
            )?,
            content: connection.prepare(
                "INSERT INTO content_annotations(visit_id, visibility_score, categories, page_language,
                 alternative_title) VALUES(?1, 0.95, ?2, 'en', '')",
            )?,
            context: connection.prepare(
                "INSERT INTO context_annotations(visit_id, context_annotation_flags,
                 duration_since_last_visit, total_foreground_duration, response_code)
                 VALUES(?1, 0, 5000000, 900000, 200)",
            )?,
            link: connection.prepare(
                "INSERT INTO visited_links(id, link_url_id, top_level_url, frame_url, visit_count)
                 VALUES(?1, ?2, ?3, ?3, 1)",
            )?,
        })
    }

    fn page(&mut self, page: i64, time: i64, random: &mut Random) -> rusqlite::Result<()> {
        let site = (random.part().powi(3) * 4000.0) as u64;
        let tail = random.next();
        let length = 60 + random.between(0, 200) as usize;
        let words = "articles-and-other-things-that-people-read-on-the-way-/".repeat(5);
        let url = format!(
            "https://www.site-{site:04}.example/{}{tail:016x}?id={page}",
            &words[..length]
        );
        let title = format!("A page about {tail:x} and what else there is, part {page}");
        self.page.execute(params![page, url, title, time]).map(drop)
    }

    fn visit(
        &mut self,
        id: i64,
        page: i64,
        time: i64,
        random: &mut Random,
    ) -> rusqlite::Result<()> {
        // Core link (0) or typed (1), with the bits for the start and the end of a chain.
        let is_typed = random.between(0, 5) == 0;
        let transition = 0x3000_0000 | i64::from(is_typed);
        let from = if is_typed || id == 1 { 0 } else { id - 1 };
        let linked = if is_typed || id % 2 == 0 { 0 } else { id };
        self.visit
            .execute(params![id, page, time, from, transition, linked])?;
        if linked > 0 {
            let site = random.between(0, 4000);
            let top =
                format!("https://www.site-{site:04}.example/where-the-link-was/{linked:08}.html");
            self.link.execute(params![linked, page, top])?;
        }
        let topics = "/m/0k4j:63,/m/02vxn:41,/m/098wr:38,/m/01jfm_:22,/m/07s6nbt:19,/m/05qt0:12";
        self.content.execute(params![id, topics])?;
        self.context.execute([id]).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visits_end_now_and_are_even() {
        let mut connection = Connection::open_in_memory().unwrap();
        fill(&mut connection, 900).unwrap();
        let count = |since: i64| -> i64 {
            let sql = "SELECT count(*) FROM visits WHERE visit_time >= ?1 AND visit_time <= ?2";
            connection
                .query_row(sql, [since, NOW_MICROSECONDS], |row| row.get(0))
                .unwrap()
        };
        assert_eq!(count(0), 900);
        assert_eq!(
            count(NOW_MICROSECONDS - 86_400_000_000),
            of_last_day(900) as i64
        );
    }
}
