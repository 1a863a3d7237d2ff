//! The fields of the JSON output. What a person sees is drawn from the same values.
//!
//! Texts are borrowed from what was read: each is written out several times, and kept once.

use std::rc::Rc;

use serde::{Serialize, Serializer};
use tool::{Bytes, Moment, PathText, Skipped};

use crate::{
    chain::Hop,
    discover::Without,
    lists::ListFacts,
    verdict::Verdict,
    visit::{Danger, How, Redirect, Source, State, UrlText},
};

/// Everything that was read and found.
#[derive(Debug, Serialize)]
pub struct Data<'a> {
    /// How many hours were looked back.
    pub window_hours: u32,
    /// Where the window begins.
    pub since: Moment,
    /// Where it ends: the moment the machine's clock showed.
    pub until: Moment,
    /// Each profile that was read, sorted by browser and path.
    pub browsers: Vec<Profile>,
    /// Browsers that are there and have no history that can be read.
    pub without_history: Vec<Without>,
    /// Visits of the window, newest first; a list of its own in the output.
    #[serde(skip)]
    pub visits: Vec<Visit<'a>>,
    /// Downloads of the window, newest first; a list of its own in the output.
    #[serde(skip)]
    pub downloads: Vec<Download<'a>>,
    /// The lists that addresses were looked up in.
    pub lists: Vec<ListFacts>,
    /// What else is to be known of them, such as a line of the allow-list that allows nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub list_notes: Vec<String>,
    /// What could not be read, and why.
    pub not_read: Vec<Skipped>,
}

/// One profile that was read.
#[derive(Debug, Serialize)]
pub struct Profile {
    /// The browser.
    pub browser: String,
    /// The profile, by the name a person gave it where there is one.
    pub profile: String,
    /// Its folder below the browser's.
    pub folder: String,
    /// The history file.
    pub path: PathText,
    /// Visits in the window.
    pub visits: u64,
    /// Downloads in the window.
    pub downloads: u64,
    /// Visits and downloads that are on a list or that the browser warned of.
    pub flagged: u64,
    /// The newest visit of the window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest: Option<Moment>,
    /// Rows that hold no visit: no address, no time.
    pub odd_rows: u64,
    /// Whether the window held more visits than are read.
    pub left_out: bool,
    /// What this file cannot tell.
    pub notes: Vec<String>,
    /// What reading it took.
    pub cost: Cost,
}

/// What reading a history took.
#[derive(Debug, Serialize)]
pub struct Cost {
    /// Pages of the database.
    pub pages: u64,
    /// Pages that were read.
    pub pages_read: u64,
    /// How often it was read: more than once when the browser was writing.
    pub tries: u32,
}

/// One visit.
#[derive(Debug, Serialize)]
pub struct Visit<'a> {
    /// When.
    pub time: Moment,
    /// The address.
    pub url: UrlText<'a>,
    /// Whether the address was longer than is kept.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    /// The browser.
    pub browser: &'a str,
    /// The profile.
    pub profile: &'a str,
    /// How the person or the page before came to it.
    pub how: How,
    /// The redirect that led to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect: Option<Redirect>,
    /// Where it happened: here, or on another device.
    pub source: Source,
    /// Not a page a person saw as such: a frame, a redirect, an error.
    pub hidden: bool,
    /// What the server answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<u16>,
    /// Whether it lies after the moment the machine's clock showed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub in_future: bool,
    /// The way to it, itself last: the whole of it when an alarm was raised or it is a download,
    /// else its last step, as [`crate::chain::step`] says.
    pub chain: Vec<Hop<'a>>,
    /// What the lists say of its address; most visits share one.
    #[serde(serialize_with = "shared")]
    pub verdict: Rc<Verdict>,
}

/// One download.
#[derive(Debug, Serialize)]
pub struct Download<'a> {
    /// When it began.
    pub time: Moment,
    /// The file's own address.
    pub url: UrlText<'a>,
    /// The browser.
    pub browser: &'a str,
    /// The profile.
    pub profile: &'a str,
    /// Where the file was put.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<PathText>,
    /// How it ended.
    pub state: State,
    /// The browser's own judgement.
    pub danger: Danger,
    /// Its size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<Bytes>,
    /// What the server said it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime: Option<&'a str>,
    /// Whether it was opened from the browser, where that is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opened: Option<bool>,
    /// The page the browser named to the server; often only its site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer: Option<&'a str>,
    /// Whether it lies after the moment the machine's clock showed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub in_future: bool,
    /// The way to it: to the page it was started on, then each address up to the file.
    pub chain: Vec<Hop<'a>>,
    /// The gravest of what is said of its addresses and of the file.
    #[serde(serialize_with = "shared")]
    pub verdict: Rc<Verdict>,
}

fn shared<S: Serializer>(verdict: &Rc<Verdict>, out: S) -> Result<S::Ok, S::Error> {
    Verdict::serialize(verdict, out)
}
