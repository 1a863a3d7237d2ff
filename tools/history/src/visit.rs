//! What the readers of all browsers hand over: visits and downloads, in one form.

use std::{cell::OnceCell, path::PathBuf};

use serde::Serialize;
use serde_json::value::RawValue;
use tool::Moment;

/// Longest address that is kept; what is longer is cut, and said to be.
pub const LONGEST_URL: usize = 64 * 1024;

/// What was read from one profile.
#[derive(Debug, Default)]
pub struct History {
    /// Visits of the window, and those before it that their chains need.
    pub visits: Vec<Visit>,
    /// Downloads of the window.
    pub downloads: Vec<Download>,
    /// Rows that hold something else than a visit: no address, no time.
    pub odd_rows: u64,
    /// Whether the window held more than is read; the oldest are missing then.
    pub left_out: bool,
    /// What this file could not tell, in sentences.
    pub notes: Vec<String>,
    /// Bytes of all addresses.
    text: usize,
}

impl History {
    /// The newest visits of a profile that are read, at most. A heavy day has 5,000; each is kept
    /// with the whole way to it.
    const MOST_VISITS: usize = 20_000;
    /// The bytes of all addresses of a profile, at most.
    const MOST_TEXT: usize = 64 << 20;

    /// Takes one visit in.
    pub(crate) fn add(&mut self, visit: Visit) {
        self.text = self.text.saturating_add(visit.url.text.len());
        self.visits.push(visit);
    }

    /// Returns whether no more visits of the window are read, and remembers that some are missing.
    pub(crate) fn is_full(&mut self) -> bool {
        self.left_out |= self.visits.len() >= Self::MOST_VISITS || self.text >= Self::MOST_TEXT;
        self.left_out
    }

    /// Puts visits and downloads in their order.
    pub(crate) fn sort(&mut self) {
        self.visits.sort_by_key(|visit| (visit.time, visit.id));
        self.downloads
            .sort_by_key(|download| (download.time, download.id));
    }
}

/// One visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Its number in the file.
    pub id: i64,
    /// When it was.
    pub time: Moment,
    /// The address, cut to [`LONGEST_URL`].
    pub url: Url,
    /// How the person or the page came to it.
    pub how: How,
    /// The redirect that led to it, if one did.
    pub redirect: Option<Redirect>,
    /// Where it happened.
    pub source: Source,
    /// Not a page a person saw as such: a frame, a redirect, an error.
    pub hidden: bool,
    /// What the server answered, where the browser keeps it: 404.
    pub response: Option<u16>,
    /// What led to it.
    pub from: From,
    /// A frame between `from` and this visit, which is no visit of its own.
    pub frame: Option<String>,
    /// False for a visit before the window, which is here for the chains only.
    pub in_window: bool,
}

/// An address as it is kept.
#[derive(Clone, Debug)]
pub struct Url {
    /// Its text.
    pub text: String,
    /// Whether it was longer than is kept.
    pub cut: bool,
    /// The text as JSON, made when it is first written out.
    json: OnceCell<Box<RawValue>>,
}

impl PartialEq for Url {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, self.cut) == (&other.text, other.cut)
    }
}

impl Eq for Url {}

/// An address on its way out. An address stands in several chains; it is made JSON once.
#[derive(Clone, Copy, Debug)]
pub struct UrlText<'a> {
    text: &'a str,
    json: Option<&'a OnceCell<Box<RawValue>>>,
}

impl<'a> UrlText<'a> {
    /// Returns the first `longest` bytes of an address at most, on a whole character.
    #[must_use]
    pub fn cut_to(self, longest: usize) -> Self {
        match self.text.len() > longest {
            true => self.text[..self.text.floor_char_boundary(longest)].into(),
            false => self,
        }
    }
}

impl<'a> std::convert::From<&'a str> for UrlText<'a> {
    fn from(text: &'a str) -> Self {
        Self { text, json: None }
    }
}

impl std::ops::Deref for UrlText<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        self.text
    }
}

impl PartialEq for UrlText<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for UrlText<'_> {}

impl PartialEq<&str> for UrlText<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.text == *other
    }
}

impl Serialize for UrlText<'_> {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self.json {
            Some(made) => made.get_or_init(|| json_of(self.text)).serialize(out),
            None => self.text.serialize(out),
        }
    }
}

fn json_of(text: &str) -> Box<RawValue> {
    // Nearly all addresses are their own JSON, which is told many bytes at a time.
    let plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    match text.bytes().fold(true, |all, byte| all & plain(byte)) {
        true => RawValue::from_string(["\"", text, "\""].concat()),
        false => serde_json::value::to_raw_value(text),
    }
    .expect("a text fits JSON")
}

impl Visit {
    /// Returns the visit that led to this one, if one did.
    #[must_use]
    pub fn led_by(&self) -> Option<i64> {
        match self.from {
            From::Visit(id) => Some(id),
            From::Nowhere | From::Page(_) => None,
        }
    }
}

impl Url {
    /// Returns the address to be written out.
    #[must_use]
    pub fn written(&self) -> UrlText<'_> {
        UrlText {
            text: &self.text,
            json: Some(&self.json),
        }
    }

    /// Returns the address, cut to [`LONGEST_URL`].
    #[must_use]
    pub fn new(text: String) -> Self {
        Self::cut_to(text, LONGEST_URL)
    }

    /// Returns the address, cut to at most `longest` bytes.
    #[must_use]
    pub fn cut_to(mut text: String, longest: usize) -> Self {
        let cut = text.len() > longest;
        if cut {
            text.truncate(text.floor_char_boundary(longest));
        }
        let json = OnceCell::new();
        Self { text, cut, json }
    }
}

/// What led to a visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// Nothing that the file names.
    Nowhere,
    /// Another visit of the file.
    Visit(i64),
    /// A page that the file names by its address only.
    Page(String),
}

/// How a person or a page came to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// By a link, or by a script of a page.
    Link,
    /// Typed, pasted, or chosen among what the address bar proposed.
    Typed,
    /// From a bookmark or another list of the browser.
    Bookmark,
    /// Loaded by a page into a frame.
    Frame,
    /// Chosen inside a frame.
    FrameLink,
    /// Searched for in the address bar.
    Search,
    /// Opened by the browser or another program: start page, session, command line.
    Start,
    /// By sending a form.
    Form,
    /// Loaded again.
    Reload,
    /// By going back or forward.
    BackForward,
    /// As a file to keep.
    Download,
    /// The browser does not say.
    Unknown,
}

impl How {
    /// Returns whether a person asked for the address itself, so that nothing led them there.
    #[must_use]
    pub fn is_intent(self) -> bool {
        matches!(
            self,
            Self::Typed | Self::Bookmark | Self::Search | Self::Start
        )
    }

    /// Returns the words for it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Typed => "typed",
            Self::Bookmark => "bookmark",
            Self::Frame => "frame",
            Self::FrameLink => "link in a frame",
            Self::Search => "search",
            Self::Start => "start",
            Self::Form => "form",
            Self::Reload => "reload",
            Self::BackForward => "back or forward",
            Self::Download => "download",
            Self::Unknown => "not said",
        }
    }
}

/// The redirect that led to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Redirect {
    /// By the server, for good (301, 308).
    Permanent,
    /// By the server, for now (302, 303, 307).
    Temporary,
    /// By the server; the browser does not keep which.
    Server,
    /// By the page itself: a refresh or a script.
    Client,
    /// The browser only says that there was one.
    Unknown,
}

/// Where a visit happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// In this browser.
    Here,
    /// On another device; it came here by synchronisation.
    OtherDevice,
    /// In another browser; it was imported.
    Imported,
    /// An extension wrote it.
    Extension,
    /// Somewhere else, under a number nobody explained.
    Other,
}

/// One download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// Its number in the file.
    pub id: i64,
    /// When it began.
    pub time: Moment,
    /// Each address on the way, the file's own last. At least one.
    pub hops: Vec<Url>,
    /// The page it was started on.
    pub page: From,
    /// The page that the browser named to the server; often only its site.
    pub referrer: Option<String>,
    /// Where the file was put.
    pub path: Option<PathBuf>,
    /// How it ended.
    pub state: State,
    /// The browser's own judgement.
    pub danger: Danger,
    /// Its size in bytes.
    pub size: Option<u64>,
    /// What the server said it is.
    pub mime: Option<String>,
    /// Whether it was opened from the browser, where that is kept.
    pub opened: Option<bool>,
}

/// How a download ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It had not when the history was read.
    InProgress,
    /// The whole file came.
    Complete,
    /// The person stopped it.
    Cancelled,
    /// It broke off.
    Interrupted,
    /// The browser blocked it.
    Blocked,
    /// The browser does not say.
    Unknown,
}

/// What the browser itself thought of a download.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Danger {
    /// It raised no alarm, or does not say.
    None,
    /// A kind of file that can do harm.
    DangerousKind,
    /// From an address on the browser's list.
    DangerousUrl,
    /// Its content is on the browser's list.
    DangerousContent,
    /// It could not be judged: the browser's protection is off or had no answer.
    NotJudged,
    /// Hardly anybody else downloaded it.
    Uncommon,
    /// The browser warned, and the person kept it.
    KeptDespiteWarning,
    /// From a host on the browser's list.
    DangerousHost,
    /// Unwanted software.
    Unwanted,
    /// The browser warned, and the person opened it.
    OpenedDespiteWarning,
    /// Made to take over accounts.
    AccountCompromise,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_same_json_each_time() {
        for text in ["https://a.example/ä?x=1", "a\"b\\c\u{1}", ""] {
            let url = Url::new(text.to_owned());
            let expected = serde_json::to_string(text).unwrap();
            for _ in 0..2 {
                assert_eq!(serde_json::to_string(&url.written()).unwrap(), expected);
            }
            assert_eq!(
                serde_json::to_string(&UrlText::from(text)).unwrap(),
                expected
            );
        }
        let long = Url::new("ä".repeat(9));
        assert_eq!(&*long.written().cut_to(5), "ää");
        assert_eq!(
            serde_json::to_string(&long.written().cut_to(5)).unwrap(),
            "\"ää\""
        );
    }
}
