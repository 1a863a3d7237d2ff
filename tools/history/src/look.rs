//! The check itself: reads every profile, looks every address up, and says what came out.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
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
    visit::{Download, History},
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
    let mut check = Check::new(machine.now, options.hours);
    check.data.without_history.clone_from(&discovered.without);
    check.data.not_read.clone_from(&discovered.skipped);
    for profile in &discovered.profiles {
        check.profile(profile);
    }
    let mut data = check.data;
    // Redirects share one time; they came oldest first from each profile and stay in their order.
    data.visits.reverse();
    data.visits.sort_by_key(|visit| Reverse(visit.time));
    data.downloads.reverse();
    data.downloads
        .sort_by_key(|download| Reverse(download.time));
    data.not_read.sort();
    data.not_read.dedup();

    let mut outcome = Outcome::new("history", &data, section::drawn(&data, options.rows));
    outcome.findings = findings::of(&data);
    outcome.skipped = data.not_read;
    outcome
}

struct Check {
    data: Data,
    /// Names of profiles by the file that has them: several profiles share one.
    names: BTreeMap<tool::PathText, HashMap<String, String>>,
    /// Most addresses are visited more than once.
    judged: HashMap<String, Verdict>,
}

impl Check {
    fn new(now: Moment, hours: u32) -> Self {
        let data = Data {
            window_hours: hours,
            since: now.hours_before(hours),
            until: now,
            browsers: Vec::new(),
            without_history: Vec::new(),
            visits: Vec::new(),
            downloads: Vec::new(),
            lists: lists::starter().0.lists().to_vec(),
            not_read: Vec::new(),
        };
        Self {
            data,
            names: BTreeMap::new(),
            judged: HashMap::new(),
        }
    }

    fn profile(&mut self, profile: &Profile) {
        let name = self.name_of(profile, &profile.folder);
        let read = match engines::read(profile.engine, &profile.history.0, self.data.since) {
            // The browser made the file and wrote nothing yet.
            Err(sqlite::Error::Empty { .. }) => Ok(Default::default()),
            read => read,
        };
        let (mut history, cost) = match read {
            Ok(read) => read,
            Err(error) => {
                return self
                    .data
                    .not_read
                    .push(Skipped::new(profile.history.0.clone(), why(&error)));
            }
        };
        let before = (self.data.visits.len(), self.data.downloads.len());
        let downloads = std::mem::take(&mut history.downloads);
        let by_id: ById<'_> = history
            .visits
            .iter()
            .map(|visit| (visit.id, visit))
            .collect();
        self.visits(&history, &by_id, &profile.title, &name);
        for download in downloads {
            self.download(download, &by_id, &profile.title, &name);
        }
        if profile.engine == Engine::Safari {
            self.safari_downloads(profile);
        }
        let (visits, downloads) = (
            &self.data.visits[before.0..],
            &self.data.downloads[before.1..],
        );
        let flagged = |verdict: &Verdict| verdict.level > verdict::Level::None;
        let flagged = visits
            .iter()
            .filter(|visit| flagged(&visit.verdict))
            .count()
            + downloads
                .iter()
                .filter(|download| flagged(&download.verdict))
                .count();
        self.data.browsers.push(data::Profile {
            browser: profile.title.clone(),
            profile: name,
            folder: profile.folder.clone(),
            path: profile.history.clone(),
            visits: visits.len() as u64,
            downloads: downloads.len() as u64,
            flagged: flagged as u64,
            newest: visits.iter().map(|visit| visit.time).max(),
            odd_rows: history.odd_rows,
            left_out: history.left_out,
            notes: history.notes,
            cost: data::Cost {
                pages: cost.pages_total,
                pages_read: cost.pages_read,
                tries: cost.tries,
            },
        });
    }

    fn name_of(&mut self, profile: &Profile, folder: &str) -> String {
        let Some(file) = &profile.names else {
            return or_default(folder);
        };
        if !self.names.contains_key(file) {
            let (names, skipped) = names(profile);
            self.data.not_read.extend(skipped);
            self.names.insert(file.clone(), names);
        }
        let name = self.names.get(file).and_then(|names| names.get(folder));
        name.cloned().unwrap_or_else(|| or_default(folder))
    }

    fn visits(&mut self, history: &History, by_id: &ById<'_>, browser: &str, profile: &str) {
        for visit in history.visits.iter().filter(|visit| visit.in_window) {
            let verdict = self.verdict_of(&visit.url.text);
            self.data.visits.push(data::Visit {
                time: visit.time,
                url: visit.url.text.clone(),
                cut: visit.url.cut,
                browser: browser.to_owned(),
                profile: profile.to_owned(),
                how: visit.how,
                redirect: visit.redirect,
                source: visit.source,
                hidden: visit.hidden,
                response: visit.response,
                in_future: self.is_in_future(visit.time),
                chain: chain::to_visit(visit, by_id),
                verdict,
            });
        }
    }

    fn download(&mut self, download: Download, by_id: &ById<'_>, browser: &str, profile: &str) {
        let mut verdict = Verdict::default();
        for hop in download.hops.iter().rev() {
            let of_hop = self.verdict_of(&hop.text);
            // The file's own address comes first and stays unless another one is worse.
            if verdict.words.is_empty() || of_hop.level > verdict.level {
                verdict = of_hop;
            }
        }
        if let Some(of_browser) = verdict::of_browser(&download)
            && of_browser.level >= verdict.level
        {
            verdict = of_browser;
        }
        self.data.downloads.push(data::Download {
            time: download.time,
            url: download
                .hops
                .last()
                .map(|url| url.text.clone())
                .unwrap_or_default(),
            browser: browser.to_owned(),
            profile: profile.to_owned(),
            state: download.state,
            danger: download.danger,
            bytes: download.size.map(Bytes),
            mime: download.mime.clone(),
            opened: download.opened,
            referrer: download.referrer.clone(),
            in_future: self.is_in_future(download.time),
            chain: chain::to_download(&download, by_id),
            path: download.path.map(Into::into),
            verdict,
        });
    }

    fn safari_downloads(&mut self, profile: &Profile) {
        let Some(file) = &profile.downloads else {
            return;
        };
        match safari::downloads(&file.0, self.data.since) {
            Ok(downloads) => {
                for (owner, download) in downloads {
                    let folder = owner
                        .map(|owner| format!("Profiles/{owner}"))
                        .unwrap_or_default();
                    let name = self.name_of(profile, &folder);
                    self.download(download, &ById::new(), &profile.title, &name);
                }
            }
            Err(error) => {
                let why = Why::Failed {
                    detail: words(&error),
                };
                self.data.not_read.push(Skipped::new(file.0.clone(), why));
            }
        }
    }

    fn is_in_future(&self, time: Moment) -> bool {
        time.0 > self.data.until.0.saturating_add(CLOCKS_DIFFER)
    }

    fn verdict_of(&mut self, url: &str) -> Verdict {
        if let Some(verdict) = self.judged.get(url) {
            return verdict.clone();
        }
        let (list, suffixes) = lists::starter();
        let verdict = match canonical(url.as_bytes()) {
            None => verdict::not_of_the_web(),
            Some(address) => match list.look_up(&address, suffixes) {
                Ok(hits) => verdict::of_hits(&hits, list.lists(), self.data.until),
                Err(error) => Verdict {
                    words: format!("not looked up: {error}"),
                    ..Verdict::default()
                },
            },
        };
        self.judged.insert(url.to_owned(), verdict.clone());
        verdict
    }
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
