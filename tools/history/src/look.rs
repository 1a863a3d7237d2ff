//! The check itself: reads every profile, looks every address up, and says what came out.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use formats::sqlite;
use knowledge::browsers::Engine;
use tool::{Lists, Machine, Moment, Outcome, Skipped, Why};

use crate::{
    chain::ById,
    data::{self, Data},
    discover::{Discovered, Profile},
    engines::{self, safari},
    findings,
    judge::{Judge, Of},
    names::{names, words},
    section,
    shelf::Shelf,
    visit::{Download, History},
};

/// What a person may choose.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many hours are looked back.
    pub hours: u32,
    /// How many of the newest visits are shown to a person; all are in the JSON.
    pub rows: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            hours: 24,
            rows: 20,
        }
    }
}

/// Checks the last hours of every discovered profile.
///
/// Only the files named by [`Discovered::reads`] are opened, beside what the shelf needs. A profile that
/// cannot be read is skipped and said; the others are checked. All visits and downloads go to `lists`.
pub fn look(
    machine: &Machine,
    discovered: &Discovered,
    shelf: &Shelf,
    options: &Options,
    lists: &mut Lists<'_>,
) -> Outcome {
    let since = machine.now.hours_before(options.hours);
    let mut reader = Reader::default();
    let reads: Vec<Read<'_>> = discovered
        .profiles
        .iter()
        .filter_map(|profile| reader.read(profile, since))
        .collect();

    let mut not_read = discovered.skipped.clone();
    not_read.append(&mut reader.not_read);
    not_read.extend(shelf.unusable().cloned());
    not_read.sort();
    not_read.dedup();
    let mut data = Data {
        window_hours: options.hours,
        since,
        until: machine.now,
        browsers: Vec::new(),
        without_history: discovered.without.clone(),
        visits: Vec::new(),
        downloads: Vec::new(),
        lists: shelf.list().lists().to_vec(),
        list_notes: shelf.notes().to_vec(),
        not_read,
    };
    let all = reads.iter().flat_map(|read| &read.history.visits);
    let mut judge = Judge::new(shelf, all, machine.now);
    for read in &reads {
        profile(read, &mut judge, &mut data);
    }
    let damaged = judge.failed().and_then(|detail| shelf.damaged_at(detail));
    data.not_read.extend(damaged);
    // Redirects share one time; they came oldest first from each profile and stay in their order.
    data.visits.reverse();
    data.visits.sort_by_key(|visit| Reverse(visit.time));
    data.downloads.reverse();
    data.downloads
        .sort_by_key(|download| Reverse(download.time));

    lists.rows("visits", &data.visits);
    lists.rows("downloads", &data.downloads);
    let mut outcome = Outcome::new("history", &data, section::drawn(&data, options.rows));
    outcome.findings = findings::of(&data);
    outcome.skipped = data.not_read;
    outcome
}

/// What was read of one profile.
struct Read<'a> {
    profile: &'a Profile,
    name: String,
    history: History,
    cost: sqlite::ReadCost,
    /// Downloads of a file that all profiles share, each with the name of its own.
    listed_apart: Vec<(String, Download)>,
}

impl Read<'_> {
    fn of(&self) -> Of<'_> {
        Of {
            browser: &self.profile.title,
            profile: &self.name,
        }
    }
}

#[derive(Default)]
struct Reader {
    /// Names of profiles by the file that has them: several profiles share one.
    names: BTreeMap<tool::PathText, HashMap<String, String>>,
    not_read: Vec<Skipped>,
}

impl Reader {
    fn read<'a>(&mut self, profile: &'a Profile, since: Moment) -> Option<Read<'a>> {
        let name = self.name_of(profile, &profile.folder);
        let (history, cost) = match engines::read(profile.engine, &profile.history.0, since) {
            Ok(read) => read,
            // The browser made the file and wrote nothing yet.
            Err(sqlite::Error::Empty { .. }) => Default::default(),
            Err(error) => {
                let skipped = Skipped::new(profile.history.0.clone(), why(&error));
                self.not_read.push(skipped);
                return None;
            }
        };
        let listed_apart = match profile.engine {
            Engine::Safari => self.safari_downloads(profile, since),
            _ => Vec::new(),
        };
        Some(Read {
            profile,
            name,
            history,
            cost,
            listed_apart,
        })
    }

    fn name_of(&mut self, profile: &Profile, folder: &str) -> String {
        let Some(file) = &profile.names else {
            return or_default(folder);
        };
        if !self.names.contains_key(file) {
            let (names, skipped) = names(profile);
            self.not_read.extend(skipped);
            self.names.insert(file.clone(), names);
        }
        let name = self.names.get(file).and_then(|names| names.get(folder));
        name.cloned().unwrap_or_else(|| or_default(folder))
    }

    fn safari_downloads(&mut self, profile: &Profile, since: Moment) -> Vec<(String, Download)> {
        let Some(file) = &profile.downloads else {
            return Vec::new();
        };
        let downloads = safari::downloads(&file.0, since).unwrap_or_else(|error| {
            let why = Why::Failed {
                detail: words(&error),
            };
            self.not_read.push(Skipped::new(file.0.clone(), why));
            Vec::new()
        });
        let named = downloads.into_iter().map(|(owner, download)| {
            let folder = owner
                .map(|owner| format!("Profiles/{owner}"))
                .unwrap_or_default();
            (self.name_of(profile, &folder), download)
        });
        named.collect()
    }
}

/// Takes what was read of one profile into `data`.
fn profile<'a>(read: &'a Read<'_>, judge: &mut Judge<'a>, data: &mut Data<'a>) {
    let before = (data.visits.len(), data.downloads.len());
    let all = &read.history.visits;
    let by_id: ById<'a> = all.iter().map(|visit| (visit.id, visit)).collect();
    for visit in all.iter().filter(|visit| visit.in_window) {
        let made = judge.visit(visit, &by_id, read.of());
        data.visits.push(made);
    }
    for download in &read.history.downloads {
        let made = judge.download(download, &by_id, read.of());
        data.downloads.push(made);
    }
    for (name, download) in &read.listed_apart {
        let of = Of {
            profile: name,
            ..read.of()
        };
        data.downloads
            .push(judge.download(download, &ById::new(), of));
    }
    let (visits, downloads) = (&data.visits[before.0..], &data.downloads[before.1..]);
    let verdicts = visits.iter().map(|it| &it.verdict);
    let verdicts = verdicts.chain(downloads.iter().map(|it| &it.verdict));
    let (profile, cost) = (read.profile, read.cost);
    let made = data::Profile {
        browser: profile.title.clone(),
        profile: read.name.clone(),
        folder: profile.folder.clone(),
        path: profile.history.clone(),
        visits: visits.len() as u64,
        downloads: downloads.len() as u64,
        flagged: verdicts.filter(|it| it.is_flagged()).count() as u64,
        newest: visits.iter().map(|visit| visit.time).max(),
        odd_rows: read.history.odd_rows,
        left_out: read.history.left_out,
        notes: read.history.notes.clone(),
        cost: data::Cost {
            pages: cost.pages_total,
            pages_read: cost.pages_read,
            tries: cost.tries,
        },
    };
    data.browsers.push(made);
}

fn or_default(folder: &str) -> String {
    if folder.is_empty() {
        "default".to_owned()
    } else {
        folder.to_owned()
    }
}

fn why(error: &sqlite::Error) -> Why {
    match error {
        sqlite::Error::Missing { .. } => Why::Gone,
        sqlite::Error::Denied { .. } => Why::Denied,
        sqlite::Error::Changing { .. } => Why::Changed,
        sqlite::Error::TooLarge { .. } | sqlite::Error::TooMuchWork { .. } => Why::TooLarge {
            detail: words(error),
        },
        sqlite::Error::Read { .. } => Why::Failed {
            detail: words(error),
        },
        _ => Why::Damaged {
            detail: words(error),
        },
    }
}

#[cfg(test)]
mod tests;
