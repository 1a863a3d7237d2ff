//! What is said of an address: on which list since when, or on none of those looked into.
//!
//! "Not listed" is all that not being listed means. No verdict says more than the lists do.

use std::collections::BTreeSet;

use serde::Serialize;
use tool::Moment;

use crate::{
    lists::{Hit, Like, ListFacts, Sighting},
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
    /// On no list, but its name looks like another: a guess, which never asks more than that.
    Blue,
    /// On one list, or a page made for tests, or the person overrode the browser's warning.
    Amber,
    /// On a list that people look after, on two lists, or the browser itself raised the alarm.
    Red,
}

impl Level {
    /// Returns how much a finding about it asks.
    pub(crate) fn of_finding(self) -> tool::Level {
        match self {
            Self::Red => tool::Level::Act,
            Self::Amber => tool::Level::Look,
            Self::Blue | Self::Grey | Self::None => tool::Level::Note,
        }
    }
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
    /// Whether that is one page, rather than a host or a folder of it.
    #[serde(skip)]
    pub entry_is_page: bool,
    /// Who says so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub listed: Vec<Listed>,
    /// The known name it looks like, where that is all there is to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub looks_like: Option<String>,
    /// The line of the person's allow-list that lets it pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_by: Option<String>,
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

impl Listed {
    pub(crate) fn of(sighting: &Sighting<'_>) -> Self {
        Self {
            list: sighting.list.name.clone(),
            since: sighting.since.to_owned(),
            category: sighting.category.to_owned(),
            family: sighting.family.to_owned(),
        }
    }
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

/// Returns what is said of an address that is on no list and looks like another.
#[must_use]
pub fn of_likeness(like: &Like, lists: &[ListFacts]) -> Verdict {
    let words = format!(
        "looks like another name: {}; not on any of {}",
        like.words(),
        dated(lists)
    );
    Verdict {
        level: Level::Blue,
        words,
        looks_like: like.known.clone(),
        ..Verdict::default()
    }
}

/// Returns what is said of a listed address that the person allows: the same, and that it asks nothing.
#[must_use]
pub fn allowed(verdict: Verdict, by: &str) -> Verdict {
    Verdict {
        level: Level::None,
        words: format!("allowed by your line {by}; {}", verdict.words),
        allowed_by: Some(by.to_owned()),
        ..verdict
    }
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
    // Several lists of one publisher are one voice: whoever gets into one gets into all.
    let publishers = said.iter().map(|it| it.list.publisher.as_str());
    let publishers: BTreeSet<&str> = publishers.collect();
    let curated = said.iter().any(|sighting| sighting.list.curated);
    let level = match fresh.is_empty() {
        true => Level::Grey,
        false if is_test => Level::Amber,
        false if publishers.len() > 1 || curated => Level::Red,
        false => Level::Amber,
    };
    let listed = said.iter().map(|sighting| Listed::of(sighting));
    Verdict {
        level,
        words: words(hit, said, level, is_test),
        entry: Some(hit.entry.clone()),
        entry_is_page: hit.is_page,
        listed: listed.collect(),
        ..Verdict::default()
    }
}

fn words(hit: &Hit<'_>, said: &[&Sighting<'_>], level: Level, is_test: bool) -> String {
    let path = hit.entry.split_once('/').map_or("", |(_, path)| path);
    let entry = match (path.is_empty(), hit.is_page) {
        (true, _) => hit.entry.clone(),
        (false, true) => format!("{}, this page and not the site", hit.entry),
        (false, false) => format!("{}, this folder and not the site", hit.entry),
    };
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
    !list.past && (list.fresh_days == 0 || days <= list.fresh_days)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment(1_795_466_936_000_000); // 2026-11-23

    fn list(id: &str, date: &str, curated: bool, fresh_days: u32) -> ListFacts {
        ListFacts {
            id: id.into(),
            name: id.to_uppercase(),
            publisher: id.into(),
            date: date.into(),
            entries: 1,
            source: "a test".into(),
            licence: "MIT".into(),
            curated,
            fresh_days,
            past: false,
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
        // Two lists of one publisher are one voice, and a list of the past never says "is".
        let mut same = list("d", "2026-11-01", false, 0);
        same.publisher = "a".into();
        assert_eq!(level(&[&one, &same]), Level::Amber);
        let mut past = list("e", "2026-11-01", true, 0);
        past.past = true;
        assert_eq!(level(&[&past]), Level::Grey);
        assert_eq!(level(&[&past, &one]), Level::Amber);
    }

    #[test]
    fn a_page_stands_for_itself_and_not_for_its_site() {
        let list = list("a", "2026-11-01", false, 90);
        let sighting = Sighting {
            list: &list,
            category: "phishing",
            family: "x",
            since: "2026-11-01",
        };
        for (entry, is_page, words) in [
            ("a.example/x.html", true, "this page and not the site"),
            ("a.example/x/", false, "this folder and not the site"),
        ] {
            let hit = Hit {
                entry: entry.into(),
                is_page,
                sightings: vec![sighting],
            };
            let verdict = of_hits(&[hit], std::slice::from_ref(&list), NOW);
            assert!(verdict.words.contains(words), "{}", verdict.words);
        }
    }

    #[test]
    fn a_likeness_is_a_guess_and_what_is_allowed_asks_nothing() {
        let lists = [list("a", "2026-11-01", true, 90)];
        let like = Like {
            known: Some("paypal.com".into()),
            how: crate::lists::Likeness::Slip,
        };
        let verdict = of_likeness(&like, &lists);
        assert_eq!((verdict.level, verdict.listed.len()), (Level::Blue, 0));
        assert!(Level::Blue < Level::Amber && Level::Grey < Level::Blue);
        assert_eq!(
            verdict.words,
            "looks like another name: its name differs from paypal.com in one letter; not on any of 1 \
             lists dated 2026-11-01"
        );
        let verdict = allowed(judged(&lists, "adware"), "evil.example");
        assert_eq!((verdict.level, verdict.listed.len()), (Level::None, 1));
        assert!(
            verdict
                .words
                .starts_with("allowed by your line evil.example; on list A since")
        );
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
