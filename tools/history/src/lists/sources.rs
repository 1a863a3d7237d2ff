//! Which lists there are, where their raw files lie, and in what form: `lists.toml`.
//!
//! There are two such files: one beside the raw files that are brought in with an update, which also says
//! its version; and the one a person writes. Both have the same rows:
//!
//! ```toml
//! version = 7                      # of an update only
//!
//! [[list]]
//! name = "Our own list"
//! file = "/srv/lists/own.txt"      # or url = "https://…", to be fetched
//! form = "domains"                 # hosts, domains, urls, adblock, csv, json, maltrail, ips
//! licence = "CC0-1.0"
//! category = "phishing"
//! ```
//!
//! Keys that are not known, and values that cannot be, are errors with the line and the key.

use std::{
    collections::BTreeSet,
    ops::Range,
    path::{Component, Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::{
    ListFacts,
    forms::{Form, Shape},
};

/// What an entry may do. Other lists, of advertisements, of trackers, of what adults look at, say what a
/// person likes, not what harms them: they are never loaded.
pub const CATEGORIES: [&str; 10] = [
    "adware",
    "botnet",
    "cryptominer",
    "malware",
    "phishing",
    "ransomware",
    "scam",
    "stalkerware",
    "test page",
    "typosquatting",
];
/// How long an entry says "is listed" when nobody says how long.
const FRESH_DAYS: u32 = 90;
/// A longer file is none that a person wrote, or that describes lists.
const LONGEST: usize = 1 << 20;
const MOST_LISTS: usize = 1000;

/// One list, and where its raw file is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// What a person should know of it. An empty date stands for the day the file was last changed.
    pub facts: ListFacts,
    /// Where it is.
    pub place: Place,
    /// Its form.
    pub form: Form,
    /// What its columns or arrays mean.
    pub shape: Shape,
    /// What its entries do.
    pub category: String,
    /// What its entries are called where the list itself says nothing.
    pub family: String,
    /// What the raw file's SHA-256 must be, in hexadecimal.
    pub sha256: Option<String>,
}

/// Where a raw file is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// Here: of an update, below its folder; of a person's list, anywhere.
    File(PathBuf),
    /// At this address; once it was fetched, in the folder of raw files under the list's id.
    Url(String),
}

/// The lists that one file names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sources {
    /// The version of an update, which only grows; 0 of a person's file.
    pub version: u64,
    /// The lists, sorted by id.
    pub lists: Vec<Listed>,
}

/// What is wrong in such a file.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct Error {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there, with the key.
    pub what: String,
}

impl Sources {
    /// Reads the file that lies beside the raw files of an update.
    ///
    /// # Errors
    /// [`Error`] with the line and the key.
    pub fn of_update(text: &str) -> Result<Self, Error> {
        read(text, true)
    }

    /// Reads the file that a person writes.
    ///
    /// # Errors
    /// [`Error`] with the line and the key.
    pub fn of_person(text: &str) -> Result<Self, Error> {
        read(text, false)
    }
}

impl Listed {
    /// Returns where the raw file lies, given the folder of raw files.
    #[must_use]
    pub fn path(&self, raw: &Path) -> PathBuf {
        match &self.place {
            Place::File(path) => raw.join(path),
            Place::Url(_) => raw.join("own").join(&self.facts.id),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: Option<Spanned<u64>>,
    #[serde(default, rename = "list")]
    lists: Vec<Spanned<Row>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: Option<Spanned<String>>,
    name: Spanned<String>,
    url: Option<Spanned<String>>,
    file: Option<Spanned<PathBuf>>,
    form: Form,
    licence: String,
    category: Spanned<String>,
    family: Option<String>,
    publisher: Option<String>,
    source: Option<String>,
    date: Option<Spanned<String>>,
    fresh_days: Option<u32>,
    curated: Option<Spanned<bool>>,
    #[serde(default)]
    past: bool,
    sha256: Option<Spanned<String>>,
    column: Option<Spanned<String>>,
    family_column: Option<String>,
    date_column: Option<String>,
    separator: Option<char>,
    fields: Option<Spanned<Vec<String>>>,
    #[serde(default)]
    except_fields: Vec<String>,
}

fn read(text: &str, is_update: bool) -> Result<Sources, Error> {
    let at = |span, what| error_at(text, span, what);
    if text.len() > LONGEST {
        return Err(at(0..0, "longer than 1 MiB".to_owned()));
    }
    let document: Document = toml::from_str(text).map_err(|error: toml::de::Error| {
        at(error.span().unwrap_or_default(), error.message().to_owned())
    })?;
    let version = match (&document.version, is_update) {
        (Some(version), true) if *version.get_ref() > 0 => *version.get_ref(),
        (None, false) => 0,
        (Some(version), true) => {
            return Err(at(version.span(), "`version` must be 1 or more".to_owned()));
        }
        (None, true) => return Err(at(0..0, "`version` is missing".to_owned())),
        (Some(version), false) => {
            let what = "`version` belongs to updates; a list of your own has none";
            return Err(at(version.span(), what.to_owned()));
        }
    };
    if document.lists.len() > MOST_LISTS {
        return Err(at(0..0, format!("more than {MOST_LISTS} lists")));
    }
    let mut lists = Vec::new();
    let mut ids = BTreeSet::new();
    for row in document.lists {
        let span = row.span();
        let listed = listed(row.into_inner(), span.clone(), is_update)
            .map_err(|(span, what)| at(span, what))?;
        if !ids.insert(listed.facts.id.clone()) {
            let what = format!(
                "two lists have the id `{}`; give one of them an `id`",
                listed.facts.id
            );
            return Err(at(span, what));
        }
        lists.push(listed);
    }
    lists.sort_by(|a, b| a.facts.id.cmp(&b.facts.id));
    Ok(Sources { version, lists })
}

type Wrong = (Range<usize>, String);

fn listed(row: Row, whole: Range<usize>, is_update: bool) -> Result<Listed, Wrong> {
    let wrong = |span: Range<usize>, what: &str| Err((span, what.to_owned()));
    let name = row.name.get_ref().trim();
    if name.is_empty() || name.len() > 200 {
        return wrong(row.name.span(), "`name` must have 1 to 200 letters");
    }
    let id = match &row.id {
        Some(id) if is_id(id.get_ref()) => id.get_ref().clone(),
        Some(id) => {
            let what = "`id` must be made of a-z, 0-9 and `-`, at most 60 of them";
            return wrong(id.span(), what);
        }
        None => id_of(name),
    };
    if !is_id(&id) {
        return wrong(
            row.name.span(),
            "`name` gives no id; add an `id` of a-z, 0-9 and `-`",
        );
    }
    let place = match (row.url, row.file) {
        (Some(url), None) if is_update => {
            let what = "`url` belongs to lists of your own; an update names the `file` it brings";
            return wrong(url.span(), what);
        }
        (Some(url), None) => Place::Url(checked_url(&url).map_err(|what| (url.span(), what))?),
        (None, Some(file)) => {
            let path = file.get_ref();
            let plain = |it: Component<'_>| matches!(it, Component::Normal(_));
            match is_update {
                true if !path.components().all(plain) => {
                    return wrong(
                        file.span(),
                        "`file` must be a name below the folder of raw files",
                    );
                }
                false if !path.is_absolute() => {
                    return wrong(file.span(), "`file` must be a whole path, from / on");
                }
                _ => Place::File(path.clone()),
            }
        }
        (Some(_), Some(file)) => return wrong(file.span(), "`url` and `file` exclude each other"),
        (None, None) => return wrong(whole, "`url` or `file` is missing"),
    };
    let category = row.category.get_ref();
    if !CATEGORIES.contains(&category.as_str()) {
        let all = CATEGORIES.join("`, `");
        return Err((
            row.category.span(),
            format!("`category` must be one of `{all}`"),
        ));
    }
    if let Some(curated) = &row.curated
        && !is_update
    {
        let what = "`curated` belongs to updates; a list of your own counts like any one list";
        return wrong(curated.span(), what);
    }
    let date = match &row.date {
        Some(date) if is_day(date.get_ref()) => date.get_ref().clone(),
        Some(date) => return wrong(date.span(), "`date` must be a day, as 2026-08-23"),
        None if is_update => return wrong(whole, "`date` is missing"),
        None => String::new(),
    };
    let sha256 = match row.sha256 {
        Some(it)
            if it.get_ref().len() != 64 || !it.get_ref().bytes().all(|b| b.is_ascii_hexdigit()) =>
        {
            return wrong(it.span(), "`sha256` must be 64 hexadecimal digits");
        }
        other => other.map(|it| it.into_inner().to_lowercase()),
    };
    match (row.form, &row.column, &row.fields) {
        (Form::Json, _, Some(fields)) if !fields.get_ref().is_empty() => {}
        (Form::Json, _, _) => {
            return wrong(whole, "`fields` is missing: the arrays that list hosts");
        }
        (_, _, Some(fields)) => return wrong(fields.span(), "`fields` belongs to the form `json`"),
        (Form::Csv, None, _) => {
            return wrong(
                whole,
                "`column` is missing: the name or number of the one with hosts",
            );
        }
        (form, Some(column), _) if form != Form::Csv => {
            return wrong(column.span(), "`column` belongs to the form `csv`");
        }
        _ => {}
    }
    let source = match (&row.source, &place) {
        (Some(source), _) => source.clone(),
        (None, Place::Url(url)) => url.clone(),
        (None, Place::File(path)) => path.display().to_string(),
    };
    Ok(Listed {
        facts: ListFacts {
            name: name.to_owned(),
            publisher: row.publisher.unwrap_or_else(|| id.clone()),
            id,
            date,
            entries: 0,
            source,
            licence: row.licence,
            curated: row.curated.is_some_and(Spanned::into_inner),
            fresh_days: row.fresh_days.unwrap_or(FRESH_DAYS),
            past: row.past,
        },
        place,
        form: row.form,
        shape: Shape {
            column: row.column.map(Spanned::into_inner),
            family_column: row.family_column,
            date_column: row.date_column,
            separator: row.separator,
            fields: row.fields.map(Spanned::into_inner).unwrap_or_default(),
            except_fields: row.except_fields,
        },
        category: category.clone(),
        family: row.family.unwrap_or_else(|| category.clone()),
        sha256,
    })
}

/// Returns an error at a place in a text.
pub(super) fn error_at(text: &str, span: Range<usize>, what: String) -> Error {
    Error {
        line: 1 + text.get(..span.start).unwrap_or(text).matches('\n').count(),
        what,
    }
}

/// Plain HTTP only where nobody is in between.
pub(super) fn checked_url(url: &Spanned<String>) -> Result<String, String> {
    let text = url.get_ref();
    let host = text
        .split("://")
        .nth(1)
        .and_then(|rest| rest.split(['/', ':', '?']).next());
    let is_local = matches!(host, Some("localhost" | "127.0.0.1" | "[::1]"));
    let known = text.starts_with("https://") || (text.starts_with("http://") && is_local);
    let server = text.split("://").nth(1).unwrap_or_default();
    if server
        .split(['/', '?', '#'])
        .next()
        .is_some_and(|it| it.contains('@'))
    {
        return Err("`url` must hold no name and password".to_owned());
    }
    match known && text.len() <= 2000 && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(text.clone()),
        false => Err("`url` must be an address that begins with https://".to_owned()),
    }
}

fn is_id(text: &str) -> bool {
    let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    (1..=60).contains(&text.len()) && text.bytes().all(plain) && !text.starts_with('-')
}

fn id_of(name: &str) -> String {
    let letters = name.to_lowercase();
    let words = letters.split(|letter: char| !letter.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join("-").chars().take(60).collect()
}

/// Returns whether a text is a day, as `2026-08-23`.
pub(crate) fn is_day(text: &str) -> bool {
    let digit = |(at, byte): (usize, u8)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    text.len() == 10 && text.bytes().enumerate().all(digit)
}

#[cfg(test)]
mod tests;
