//! The check itself: reads every profile, looks every address up, and says what came out.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap, hash_map::Entry},
    rc::Rc,
};

use formats::sqlite;
use knowledge::browsers::Engine;
use tool::{Bytes, Machine, Moment, Outcome, Skipped, Why};

use crate::{
    canonical::canonical,
    chain::{self, ById},
    data::{self, Data},
    discover::{Discovered, Profile},
    engines::{self, safari},
    findings, lists,
    names::{names, words},
    section,
    verdict::{self, Verdict},
    visit::{Download, History, How, Visit},
};

/// Clocks of browser and machine may differ by this much before a visit lies in the future.
const CLOCKS_DIFFER: i64 = 60_000_000;

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
/// Only the files named by [`Discovered::reads`] are opened. A profile that cannot be read is
/// skipped and said; the others are checked.
#[must_use]
pub fn look(machine: &Machine, discovered: &Discovered, options: &Options) -> Outcome {
    let since = machine.now.hours_before(options.hours);
    let mut reader = Reader::default();
    let reads: Vec<Read<'_>> = discovered
        .profiles
        .iter()
        .filter_map(|profile| reader.read(profile, since))
        .collect();

    let (list, _) = lists::starter();
    let mut not_read = discovered.skipped.clone();
    not_read.append(&mut reader.not_read);
    not_read.sort();
    not_read.dedup();
    let mut check = Check {
        data: Data {
            window_hours: options.hours,
            since,
            until: machine.now,
            browsers: Vec::new(),
            without_history: discovered.without.clone(),
            visits: Vec::new(),
            downloads: Vec::new(),
            lists: list.lists().to_vec(),
            not_read,
        },
        judged: HashMap::new(),
        not_listed: Rc::new(verdict::of_hits(&[], list.lists(), machine.now)),
    };
    for read in &reads {
        check.profile(read);
    }
    let mut data = check.data;
    // Redirects share one time; they came oldest first from each profile and stay in their order.
    data.visits.reverse();
    data.visits.sort_by_key(|visit| Reverse(visit.time));
    data.downloads.reverse();
    data.downloads
        .sort_by_key(|download| Reverse(download.time));

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

struct Check<'a> {
    data: Data<'a>,
    /// Most addresses are visited more than once.
    judged: HashMap<&'a str, Rc<Verdict>>,
    /// What is said of nearly all of them.
    not_listed: Rc<Verdict>,
}

impl<'a> Check<'a> {
    fn profile(&mut self, read: &'a Read<'_>) {
        let before = (self.data.visits.len(), self.data.downloads.len());
        let visits = &read.history.visits;
        let by_id: ById<'a> = visits.iter().map(|visit| (visit.id, visit)).collect();
        for visit in visits.iter().filter(|visit| visit.in_window) {
            self.visit(visit, &by_id, read);
        }
        for download in &read.history.downloads {
            self.download(download, &by_id, read, &read.name);
        }
        for (name, download) in &read.listed_apart {
            self.download(download, &ById::new(), read, name);
        }
        let (visits, downloads) = (
            &self.data.visits[before.0..],
            &self.data.downloads[before.1..],
        );
        let flagged = visits
            .iter()
            .filter(|visit| is_flagged(&visit.verdict))
            .count()
            + downloads
                .iter()
                .filter(|download| is_flagged(&download.verdict))
                .count();
        let (profile, cost) = (read.profile, read.cost);
        self.data.browsers.push(data::Profile {
            browser: profile.title.clone(),
            profile: read.name.clone(),
            folder: profile.folder.clone(),
            path: profile.history.clone(),
            visits: visits.len() as u64,
            downloads: downloads.len() as u64,
            flagged: flagged as u64,
            newest: visits.iter().map(|visit| visit.time).max(),
            odd_rows: read.history.odd_rows,
            left_out: read.history.left_out,
            notes: read.history.notes.clone(),
            cost: data::Cost {
                pages: cost.pages_total,
                pages_read: cost.pages_read,
                tries: cost.tries,
            },
        });
    }

    fn visit(&mut self, visit: &'a Visit, by_id: &ById<'a>, read: &'a Read<'_>) {
        let verdict = self.verdict_of(&visit.url.text);
        self.data.visits.push(data::Visit {
            time: visit.time,
            url: &visit.url.text,
            cut: visit.url.cut,
            browser: &read.profile.title,
            profile: &read.name,
            how: visit.how,
            redirect: visit.redirect,
            source: visit.source,
            hidden: visit.hidden,
            response: visit.response,
            in_future: self.is_in_future(visit.time),
            chain: match is_flagged(&verdict) || visit.how == How::Download {
                true => chain::to_visit(visit, by_id),
                false => chain::step(visit, by_id),
            },
            verdict,
        });
    }

    fn download(
        &mut self,
        download: &'a Download,
        by_id: &ById<'a>,
        read: &'a Read<'_>,
        profile: &'a str,
    ) {
        let mut verdict = Rc::new(Verdict::default());
        for hop in download.hops.iter().rev() {
            let of_hop = self.verdict_of(&hop.text);
            // The file's own address comes first and stays unless another one is worse.
            if verdict.words.is_empty() || of_hop.level > verdict.level {
                verdict = of_hop;
            }
        }
        if let Some(of_browser) = verdict::of_browser(download)
            && of_browser.level >= verdict.level
        {
            verdict = Rc::new(of_browser);
        }
        self.data.downloads.push(data::Download {
            time: download.time,
            url: download.hops.last().map_or("", |url| &url.text),
            browser: &read.profile.title,
            profile,
            state: download.state,
            danger: download.danger,
            bytes: download.size.map(Bytes),
            mime: download.mime.as_deref(),
            opened: download.opened,
            referrer: download.referrer.as_deref(),
            in_future: self.is_in_future(download.time),
            chain: chain::to_download(download, by_id),
            path: download.path.clone().map(Into::into),
            verdict,
        });
    }

    fn is_in_future(&self, time: Moment) -> bool {
        time.0 > self.data.until.0.saturating_add(CLOCKS_DIFFER)
    }

    fn verdict_of(&mut self, url: &'a str) -> Rc<Verdict> {
        let place = match self.judged.entry(url) {
            Entry::Occupied(judged) => return Rc::clone(judged.get()),
            Entry::Vacant(place) => place,
        };
        let (list, suffixes) = lists::starter();
        let verdict = match canonical(url.as_bytes()) {
            None => Rc::new(verdict::not_of_the_web()),
            Some(address) => match list.look_up(&address, suffixes) {
                Ok(hits) if hits.is_empty() => Rc::clone(&self.not_listed),
                Ok(hits) => Rc::new(verdict::of_hits(&hits, list.lists(), self.data.until)),
                Err(error) => Rc::new(Verdict {
                    words: format!("not looked up: {error}"),
                    ..Verdict::default()
                }),
            },
        };
        Rc::clone(place.insert(verdict))
    }
}

fn is_flagged(verdict: &Verdict) -> bool {
    verdict.level > verdict::Level::None
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
