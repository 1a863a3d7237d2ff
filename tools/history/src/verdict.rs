//! What is said of an address: on which list since when, or on none of those looked into.
//!
//! "Not listed" is all that not being listed means. No verdict says more than the lists do.

use serde::Serialize;
use tool::Moment;

use crate::{
    lists::{Hit, ListFacts, Sighting},
    visit::{Danger, Download, State},
};

/// How much a verdict asks of a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Not on any of the lists, or not an address that lists know.
    #[default]
    None,
    /// It was listed, too long ago to say that it is.
    Grey,
    /// On one list, or a page made for tests, or the person overrode the browser's warning.
    Amber,
    /// On a list that people look after, on two lists, or the browser itself raised the alarm.
    Red,
}

/// What is said of one address or download.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// How much it asks.
    pub level: Level,
    /// The same in words.
    pub words: String,
    /// The entry it matches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// Who says so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub listed: Vec<Listed>,
}

impl Verdict {
    /// Returns whether it asks anything of a person.
    #[must_use]
    pub fn is_flagged(&self) -> bool {
        self.level > Level::None
    }
}

/// What one list says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The list.
    pub list: String,
    /// Since when.
    pub since: String,
    /// What it does: `adware`.
    pub category: String,
    /// What the list calls its kind.
    pub family: String,
}

/// The category of pages that exist to test browser protection.
const TEST_PAGE: &str = "test page";

/// Returns what lists say of an address that matches `hits`, at the moment `now`.
#[must_use]
pub fn of_hits(hits: &[Hit<'_>], lists: &[ListFacts], now: Moment) -> Verdict {
    let judged = hits.iter().map(|hit| of_hit(hit, now));
    judged
        .max_by_key(|verdict| verdict.level)
        .unwrap_or_else(|| not_listed(lists))
}

/// Returns what is said of an address that no list can hold.
#[must_use]
pub fn not_of_the_web() -> Verdict {
    let words = "not an address of the web: not looked up".to_owned();
    Verdict {
        words,
        ..Verdict::default()
    }
}

/// Returns what the browser itself thought of a download, if that is an alarm.
#[must_use]
pub fn of_browser(download: &Download) -> Option<Verdict> {
    let because = match download.danger {
        Danger::DangerousUrl => "its address is on the browser's own list",
        Danger::DangerousContent => "what is in it is on the browser's own list",
        Danger::DangerousHost => "its host is on the browser's own list",
        Danger::AccountCompromise => "it is made to take over accounts",
        Danger::Unwanted => "it is unwanted software",
        Danger::OpenedDespiteWarning => "the browser gives no reason; it was opened all the same",
        Danger::KeptDespiteWarning => "the browser gives no reason; it was kept all the same",
        _ => return None,
    };
    let arrived = match download.state {
        State::Complete => "the file is complete",
        _ => "the file did not arrive whole",
    };
    let level = match download.danger {
        Danger::OpenedDespiteWarning => Level::Red,
        Danger::KeptDespiteWarning | Danger::Unwanted => Level::Amber,
        _ if download.state == State::Complete => Level::Red,
        _ => Level::Amber,
    };
    let words = format!("the browser warned of this file: {because}; {arrived}");
    Some(Verdict {
        level,
        words,
        ..Verdict::default()
    })
}

fn of_hit(hit: &Hit<'_>, now: Moment) -> Verdict {
    let (fresh, old): (Vec<&Sighting<'_>>, Vec<&Sighting<'_>>) = hit
        .sightings
        .iter()
        .partition(|sighting| is_fresh(sighting.list, now));
    let said = if fresh.is_empty() { &old } else { &fresh };
    let is_test = said.iter().any(|sighting| sighting.category == TEST_PAGE);
    let mut lists: Vec<&str> = said
        .iter()
        .map(|sighting| sighting.list.id.as_str())
        .collect();
    lists.dedup();
    let level = match fresh.is_empty() {
        true => Level::Grey,
        false if is_test => Level::Amber,
        false if lists.len() > 1 || said.iter().any(|sighting| sighting.list.curated) => Level::Red,
        false => Level::Amber,
    };
    let listed = said.iter().map(|sighting| Listed {
        list: sighting.list.name.clone(),
        since: sighting.since.to_owned(),
        category: sighting.category.to_owned(),
        family: sighting.family.to_owned(),
    });
    Verdict {
        level,
        words: words(hit, said, level, is_test),
        entry: Some(hit.entry.clone()),
        listed: listed.collect(),
    }
}

fn words(hit: &Hit<'_>, said: &[&Sighting<'_>], level: Level, is_test: bool) -> String {
    let entry = &hit.entry;
    let on = |sighting: &&Sighting<'_>| format!("{} since {}", sighting.list.name, sighting.since);
    let names: Vec<String> = said.iter().map(on).collect();
    let what = said
        .first()
        .map_or(String::new(), |s| format!("{}, {}", s.category, s.family));
    let lists = if names.len() == 1 { "list" } else { "lists" };
    let names = names.join(" and ");
    match level {
        Level::Grey => format!("was on {lists} {names} (entry {entry}, {what}); that is long ago"),
        _ if is_test => {
            format!(
                "on {lists} {names} (entry {entry}): it exists to test protection and does no harm"
            )
        }
        _ => format!("on {lists} {names} (entry {entry}, {what})"),
    }
}

fn not_listed(lists: &[ListFacts]) -> Verdict {
    Verdict {
        words: format!("not on any of {}", dated(lists)),
        ..Verdict::default()
    }
}

/// Returns how many lists of which days these are: `5 lists dated 2025-12-30 to 2026-11-23`.
#[must_use]
pub fn dated(lists: &[ListFacts]) -> String {
    let oldest = lists.iter().map(|list| &list.date).min();
    let newest = lists.iter().map(|list| &list.date).max();
    match (oldest, newest) {
        (Some(oldest), Some(newest)) if oldest == newest => {
            format!("{} lists dated {oldest}", lists.len())
        }
        (Some(oldest), Some(newest)) => format!("{} lists dated {oldest} to {newest}", lists.len()),
        _ => "0 lists".to_owned(),
    }
}

/// Returns whether what a list said on its day still holds; a day that cannot be read does not.
fn is_fresh(list: &ListFacts, now: Moment) -> bool {
    let day = serde_json::from_value(serde_json::Value::String(format!(
        "{}T00:00:00Z",
        list.date
    )));
    let days = day
        .map(|day: Moment| day.days_until(now).0)
        .unwrap_or(u32::MAX);
    list.fresh_days == 0 || days <= list.fresh_days
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment(1_795_466_936_000_000); // 2026-11-23

    fn list(id: &str, date: &str, curated: bool, fresh_days: u32) -> ListFacts {
        ListFacts {
            id: id.into(),
            name: id.to_uppercase(),
            date: date.into(),
            entries: 1,
            source: "a test".into(),
            licence: "MIT".into(),
            curated,
            fresh_days,
        }
    }

    fn judged(lists: &[ListFacts], category: &str) -> Verdict {
        let sightings = lists
            .iter()
            .map(|list| Sighting {
                list,
                category,
                family: "x",
                since: &list.date,
            })
            .collect();
        of_hits(
            &[Hit {
                entry: "evil.example".into(),
                is_page: false,
                sightings,
            }],
            lists,
            NOW,
        )
    }

    #[test]
    fn the_ladder_goes_from_one_list_to_two_or_a_curated_one() {
        let one = list("a", "2026-11-01", false, 90);
        let curated = list("b", "2026-11-02", true, 90);
        let old = list("c", "2026-01-01", true, 90);
        let level = |lists: &[&ListFacts]| {
            judged(
                &lists.iter().map(|list| (*list).clone()).collect::<Vec<_>>(),
                "adware",
            )
            .level
        };
        assert_eq!(level(&[&one]), Level::Amber);
        assert_eq!(
            level(&[&one, &list("d", "2026-11-01", false, 0)]),
            Level::Red
        );
        assert_eq!(level(&[&curated]), Level::Red);
        assert_eq!(level(&[&old]), Level::Grey);
        assert_eq!(level(&[&one, &old]), Level::Amber);
        assert_eq!(judged(&[curated], TEST_PAGE).level, Level::Amber);
    }

    #[test]
    fn words_name_list_day_and_entry() {
        let verdict = judged(&[list("a", "2026-11-01", false, 90)], "adware");
        assert_eq!(
            verdict.words,
            "on list A since 2026-11-01 (entry evil.example, adware, x)"
        );
        let verdict = judged(&[list("a", "2026-01-01", false, 90)], "adware");
        assert!(
            verdict.words.starts_with("was on list A since 2026-01-01"),
            "{}",
            verdict.words
        );
        let lists = [
            list("a", "2026-01-01", false, 90),
            list("b", "2026-11-01", false, 90),
        ];
        let verdict = of_hits(&[], &lists, NOW);
        assert_eq!(
            verdict.words,
            "not on any of 2 lists dated 2026-01-01 to 2026-11-01"
        );
        assert_eq!(verdict.level, Level::None);
    }
}
