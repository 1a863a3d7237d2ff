//! From what was read to what is said of it: each visit and download with its way and its verdict.

use std::{
    collections::{HashMap, hash_map::Entry},
    rc::Rc,
};

use tool::{Bytes, Moment};

use crate::{
    canonical::{canonical, plain_host},
    chain::{self, ById},
    data,
    lists::starter,
    verdict::{self, Verdict},
    visit::{Download, How, Url, Visit},
};

/// Clocks of browser and machine may differ by this much before a visit lies in the future.
const CLOCKS_DIFFER: i64 = 60_000_000;

/// Looks addresses up in the starter list, each once.
pub(crate) struct Judge<'a> {
    /// Most addresses are visited more than once.
    judged: HashMap<&'a str, Rc<Verdict>>,
    /// Whether lists say nothing at all of a host, its parents and its pages, as of nearly all.
    silent: HashMap<&'a str, bool>,
    /// What is said of nearly all addresses.
    not_listed: Rc<Verdict>,
    now: Moment,
}

/// Whose visit it is.
#[derive(Clone, Copy)]
pub(crate) struct Of<'a> {
    pub(crate) browser: &'a str,
    pub(crate) profile: &'a str,
}

impl<'a> Judge<'a> {
    /// Returns a judge that knows nothing yet; `now` is what the machine's clock shows.
    pub(crate) fn new(now: Moment) -> Self {
        let (list, _) = starter();
        Self {
            judged: HashMap::new(),
            silent: HashMap::new(),
            not_listed: Rc::new(verdict::of_hits(&[], list.lists(), now)),
            now,
        }
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
        if plain_host(url).is_some_and(|host| self.lists_are_silent_about(host)) {
            return Rc::clone(&self.not_listed);
        }
        let place = match self.judged.entry(url) {
            Entry::Occupied(judged) => return Rc::clone(judged.get()),
            Entry::Vacant(place) => place,
        };
        let (list, suffixes) = starter();
        let verdict = match canonical(url.as_bytes()) {
            None => Rc::new(verdict::not_of_the_web()),
            Some(address) => match list.look_up(&address, suffixes) {
                Ok(hits) if hits.is_empty() => Rc::clone(&self.not_listed),
                Ok(hits) => Rc::new(verdict::of_hits(&hits, list.lists(), self.now)),
                Err(error) => Rc::new(Verdict {
                    words: format!("not looked up: {error}"),
                    ..Verdict::default()
                }),
            },
        };
        Rc::clone(place.insert(verdict))
    }

    fn lists_are_silent_about(&mut self, host: &'a str) -> bool {
        *self.silent.entry(host).or_insert_with(|| {
            let (list, suffixes) = starter();
            let address = canonical(host.as_bytes());
            address.is_some_and(|it| list.is_silent_about_host(&it, suffixes))
        })
    }
}
