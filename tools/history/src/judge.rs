//! From what was read to what is said of it: each visit and download with its way and its verdict.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    rc::Rc,
};

use tool::{Bytes, Moment};

use crate::{
    canonical::{Address, canonical, plain_host},
    chain::{self, ById},
    data,
    lists::{Error, Hit, Known},
    shelf::Shelf,
    verdict::{self, Verdict},
    visit::{Download, How, Url, Visit},
};

/// Clocks of browser and machine may differ by this much before a visit lies in the future.
const CLOCKS_DIFFER: i64 = 60_000_000;

/// A host that a person typed so often, or went to on so many occasions, is known to them.
const OFTEN_TYPED: u32 = 3;
const OFTEN_VISITED: u32 = 20;

/// Looks addresses up on the shelf, each once.
pub(crate) struct Judge<'a> {
    shelf: &'a Shelf,
    /// Names that others are made to look like.
    known: Known<'a>,
    /// Hosts that are visited often: whatever they look like, the person knows them.
    often: HashSet<&'a str>,
    /// Most addresses are visited more than once.
    judged: HashMap<&'a str, Rc<Verdict>>,
    /// What is said of every address of a host when lists say nothing of the host, its parents and its
    /// pages, as of nearly all; `None` when they do.
    hosts: HashMap<&'a str, Option<Rc<Verdict>>>,
    /// What is said of nearly all addresses.
    not_listed: Rc<Verdict>,
    /// Why an address could not be looked up, if there was one.
    failed: Option<String>,
    now: Moment,
}

/// Whose visit it is.
#[derive(Clone, Copy)]
pub(crate) struct Of<'a> {
    pub(crate) browser: &'a str,
    pub(crate) profile: &'a str,
}

impl<'a> Judge<'a> {
    /// Returns a judge of these visits that has looked nothing up yet; `now` is what the machine's clock
    /// shows.
    pub(crate) fn new(
        shelf: &'a Shelf,
        visits: impl IntoIterator<Item = &'a Visit>,
        now: Moment,
    ) -> Self {
        let mut counts: HashMap<&str, (u32, u32)> = HashMap::new();
        for visit in visits {
            if let Some(host) = plain_host(&visit.url.text) {
                let (all, typed) = counts.entry(host).or_default();
                *all += 1;
                *typed += u32::from(visit.how == How::Typed);
            }
        }
        let often_typed = |count: &(u32, u32)| count.1 >= OFTEN_TYPED;
        let typed = counts.iter().filter(|(_, it)| often_typed(it));
        let often = counts.iter();
        let often = often.filter(|(_, it)| often_typed(it) || it.0 >= OFTEN_VISITED);
        let list = shelf.list();
        Self {
            shelf,
            known: Known::new(list.suffixes(), typed.map(|(host, _)| *host)),
            often: often.map(|(host, _)| *host).collect(),
            judged: HashMap::new(),
            hosts: HashMap::new(),
            not_listed: Rc::new(verdict::of_hits(&[], list.lists(), now)),
            failed: None,
            now,
        }
    }

    /// Returns why an address could not be looked up, if there was one.
    pub(crate) fn failed(&self) -> Option<&str> {
        self.failed.as_deref()
    }

    pub(crate) fn visit(
        &mut self,
        visit: &'a Visit,
        by_id: &ById<'a>,
        of: Of<'a>,
    ) -> data::Visit<'a> {
        let verdict = self.verdict_of(&visit.url.text);
        data::Visit {
            time: visit.time,
            url: visit.url.written(),
            cut: visit.url.cut,
            browser: of.browser,
            profile: of.profile,
            how: visit.how,
            redirect: visit.redirect,
            source: visit.source,
            hidden: visit.hidden,
            response: visit.response,
            in_future: self.is_in_future(visit.time),
            chain: match verdict.is_flagged() || visit.how == How::Download {
                true => chain::to_visit(visit, by_id),
                false => chain::step(visit, by_id),
            },
            verdict,
        }
    }

    pub(crate) fn download(
        &mut self,
        download: &'a Download,
        by_id: &ById<'a>,
        of: Of<'a>,
    ) -> data::Download<'a> {
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
        data::Download {
            time: download.time,
            url: download.hops.last().map_or_else(|| "".into(), Url::written),
            browser: of.browser,
            profile: of.profile,
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
        }
    }

    fn is_in_future(&self, time: Moment) -> bool {
        time.0 > self.now.0.saturating_add(CLOCKS_DIFFER)
    }

    fn verdict_of(&mut self, url: &'a str) -> Rc<Verdict> {
        if let Some(host) = plain_host(url)
            && let Some(verdict) = self.of_silent_host(host)
        {
            return verdict;
        }
        let place = match self.judged.entry(url) {
            Entry::Occupied(judged) => return Rc::clone(judged.get()),
            Entry::Vacant(place) => place,
        };
        let verdict = match canonical(url.as_bytes()) {
            None => Rc::new(verdict::not_of_the_web()),
            Some(address) => match self.shelf.list().look_up(&address) {
                Ok(hits) if hits.is_empty() => {
                    unlisted(self.shelf, &self.known, &self.often, &address)
                        .map_or_else(|| Rc::clone(&self.not_listed), Rc::new)
                }
                Ok(hits) => Rc::new(listed(self.shelf, &address, &hits, self.now)),
                Err(error) => {
                    self.failed = Some(error.to_string());
                    Rc::new(not_looked_up(&error))
                }
            },
        };
        Rc::clone(place.insert(verdict))
    }

    /// Returns what is said of every address of a host that lists say nothing of.
    fn of_silent_host(&mut self, host: &'a str) -> Option<Rc<Verdict>> {
        if let Some(known) = self.hosts.get(host) {
            return known.clone();
        }
        let address = canonical(host.as_bytes());
        let silent = address.filter(|it| self.shelf.list().is_silent_about_host(it));
        let verdict = silent.map(|address| {
            unlisted(self.shelf, &self.known, &self.often, &address)
                .map_or_else(|| Rc::clone(&self.not_listed), Rc::new)
        });
        self.hosts.insert(host, verdict.clone());
        verdict
    }
}

/// Returns what is said of one address by itself, and the entries it matches.
pub(crate) fn said_of<'s>(
    shelf: &'s Shelf,
    address: &Address,
    now: Moment,
) -> (Verdict, Vec<Hit<'s>>) {
    let list = shelf.list();
    let known = Known::new(list.suffixes(), []);
    match list.look_up(address) {
        Ok(hits) if hits.is_empty() => {
            let like = unlisted(shelf, &known, &HashSet::new(), address);
            let verdict = like.unwrap_or_else(|| verdict::of_hits(&[], list.lists(), now));
            (verdict, hits)
        }
        Ok(hits) => (listed(shelf, address, &hits, now), hits),
        Err(error) => (not_looked_up(&error), Vec::new()),
    }
}

fn listed(shelf: &Shelf, address: &Address, hits: &[Hit<'_>], now: Moment) -> Verdict {
    let verdict = verdict::of_hits(hits, shelf.list().lists(), now);
    match shelf.allow().by(&address.host) {
        Some(allowed) => verdict::allowed(verdict, allowed),
        None => verdict,
    }
}

fn not_looked_up(error: &Error) -> Verdict {
    Verdict {
        words: format!("not looked up: {error}"),
        ..Verdict::default()
    }
}

/// Returns what is said of an address that is on no list, if its name looks like another.
fn unlisted(
    shelf: &Shelf,
    known: &Known<'_>,
    often: &HashSet<&str>,
    address: &Address,
) -> Option<Verdict> {
    let host = address.host.as_str();
    if address.is_ip || often.contains(host) || shelf.allow().by(host).is_some() {
        return None;
    }
    let like = known.like(host)?;
    Some(verdict::of_likeness(&like, shelf.list().lists()))
}
