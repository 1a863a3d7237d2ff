//! The rules a declaration must keep, beyond having the right keys.
//!
//! Each rule says what is wrong and what would be right, and points at its line.

mod operator;
mod product;
mod sandbox;
mod sends;

use std::collections::BTreeSet;

use crate::{
    Controller, Language, Words,
    declaration::{Document, Keep, Read, SCHEMA},
    place::{is_place, is_word},
};

pub(crate) use operator::broken_operator;

/// One step on the way to a value: a key of a table or an index of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Key(&'static str),
    Index(usize),
}

impl From<&'static str> for Step {
    fn from(key: &'static str) -> Self {
        Self::Key(key)
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// The way to a value: `reads`, 1, `places`.
pub(crate) type Path = Vec<Step>;

/// Writes a path: `at!["reads", 1, "places"]`.
macro_rules! at {
    ($($step:expr),+ $(,)?) => { vec![$($crate::check::Step::from($step)),+] };
}
use at;

/// What is broken so far, each with the way to it.
#[derive(Default)]
struct Broken(Vec<(Path, String)>);

impl Broken {
    fn at(&mut self, path: Path, message: impl Into<String>) {
        self.0.push((path, message.into()));
    }

    /// Notes the message unless `holds`.
    fn unless(&mut self, holds: bool, path: Path, message: impl FnOnce() -> String) {
        if !holds {
            self.at(path, message());
        }
    }
}

/// Returns every rule that does not hold, with the way to the value that breaks it.
pub(crate) fn broken_rules(document: &Document) -> Vec<(Path, String)> {
    let mut broken = Broken::default();
    broken.unless(document.schema == SCHEMA, at!["schema"], || {
        format!("this version of Candor reads the schema `{SCHEMA}`")
    });
    product::check(document, &mut broken);
    ids(document, &mut broken);
    for (i, read) in document.reads.iter().enumerate() {
        check_read(document, i, read, &mut broken);
    }
    for (i, keep) in document.keeps.iter().enumerate() {
        check_keep(document, i, keep, &mut broken);
    }
    for (i, send) in document.sends.iter().enumerate() {
        sends::check(document, i, send, &mut broken);
    }
    sandbox::check(document, &mut broken);
    broken.0
}

/// One id means one thing in the whole declaration: notices, receipts and records name it alone.
fn ids(document: &Document, broken: &mut Broken) {
    let reads = document
        .reads
        .iter()
        .enumerate()
        .map(|(i, it)| (at!["reads", i, "id"], &it.id));
    let keeps = document
        .keeps
        .iter()
        .enumerate()
        .map(|(i, it)| (at!["keeps", i, "id"], &it.id));
    let sends = document
        .sends
        .iter()
        .enumerate()
        .map(|(i, it)| (at!["sends", i, "id"], &it.id));
    let mut seen = BTreeSet::new();
    for (path, id) in reads.chain(keeps).chain(sends) {
        broken.unless(is_word(id), path.clone(), || {
            format!("`{id}` is no id: write one lower-case word, with `-` between its parts")
        });
        broken.unless(seen.insert(id), path, || {
            format!("the id `{id}` is taken: each id stands once in a declaration")
        });
    }
}

fn check_read(document: &Document, i: usize, read: &Read, broken: &mut Broken) {
    let words = [
        ("name", &read.name),
        ("what", &read.what),
        ("why", &read.why),
    ];
    for (key, words) in words {
        check_words(document, words, at!["reads", i, key], broken);
    }
    check_category(&read.data, at!["reads", i, "data"], broken);
    check_category(&read.purpose, at!["reads", i, "use"], broken);
    broken.unless(!read.places.is_empty(), at!["reads", i, "places"], || {
        "a reading names at least one place".to_owned()
    });
    for (n, place) in read.places.iter().enumerate() {
        broken.unless(is_place(place), at!["reads", i, "places", n], || {
            no_place(place)
        });
    }
    broken.unless(!read.fields.is_empty(), at!["reads", i, "fields"], || {
        "a reading names every field it takes".to_owned()
    });
    let mut seen = BTreeSet::new();
    for (n, field) in read.fields.iter().enumerate() {
        broken.unless(
            is_word(field) && seen.insert(field),
            at!["reads", i, "fields", n],
            || format!("`{field}` must be one lower-case word and stand once"),
        );
    }
    let is_sent = document
        .sends
        .iter()
        .any(|send| send.sources().any(|from| from == read.id));
    broken.unless(
        read.leaves_device == is_sent,
        at!["reads", i, "leaves_device"],
        || {
            let id = &read.id;
            match read.leaves_device {
                true => format!(
                    "`{id}` is said to leave the device, but no [[sends]] has from = \"{id}\""
                ),
                false => format!(
                    "`{id}` is said to stay on the device, but a [[sends]] has from = \"{id}\""
                ),
            }
        },
    );
}

fn check_keep(document: &Document, i: usize, keep: &Keep, broken: &mut Broken) {
    let words = [
        ("name", &keep.name),
        ("what", &keep.what),
        ("why", &keep.why),
        ("erase", &keep.erase),
    ];
    for (key, words) in words {
        check_words(document, words, at!["keeps", i, key], broken);
    }
    check_category(&keep.data, at!["keeps", i, "data"], broken);
    check_from(document, &keep.from, at!["keeps", i, "from"], broken);
    broken.unless(
        is_location(&keep.location),
        at!["keeps", i, "where"],
        || no_location(&keep.location),
    );
}

fn check_from(document: &Document, from: &str, path: Path, broken: &mut Broken) {
    broken.unless(
        document.reads.iter().any(|read| read.id == from),
        path,
        || format!("no [[reads]] has the id `{from}`: what is kept or sent must first be read"),
    );
}

/// Texts stand in every language of the declaration and in no other.
fn check_words(document: &Document, words: &Words, path: Path, broken: &mut Broken) {
    let missing_english = !words.0.contains_key(&Language::En);
    broken.unless(!missing_english, path.clone(), || {
        "the words in `en` are missing".to_owned()
    });
    for language in &document.product.languages {
        // English has had its own sentence above.
        if *language != Language::En && !words.0.contains_key(language) {
            let message = format!(
                "the words in `{language}` are missing, which `product.languages` promises"
            );
            broken.at(path.clone(), message);
        }
    }
    for (language, text) in &words.0 {
        broken.unless(
            document.product.languages.contains(language),
            path.clone(),
            || {
                format!(
                    "`{language}` is not in `product.languages`, so nobody would see these words"
                )
            },
        );
        broken.unless(!text.trim().is_empty(), path.clone(), || {
            format!("the words in `{language}` are empty")
        });
        broken.unless(!text.contains(char::is_control), path.clone(), || {
            format!("the words in `{language}` hold a line break or a control character")
        });
    }
}

/// Categories and uses are dotted words of fideslang; which of them exist is not checked here.
fn check_category(text: &str, path: Path, broken: &mut Broken) {
    broken.unless(is_place(text) && text.contains('.'), path, || {
        format!(
            "`{text}` is no fideslang category: write dotted lower-case words like `user.behavior`"
        )
    });
}

/// A place to write begins at a folder that is the product's own to use, and never climbs.
fn is_location(text: &str) -> bool {
    let Some((start, rest)) = text.split_once('/') else {
        return false;
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    matches!(start, "$CACHE" | "$CONFIG" | "$DATA" | "$STATE")
        && !rest.contains(|c: char| c.is_control() || c == '*')
        && rest.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn no_location(text: &str) -> String {
    format!(
        "`{text}` is no place to write: begin with `$CACHE/`, `$CONFIG/`, `$DATA/` or `$STATE/` and name a folder or file of the product"
    )
}

fn no_place(text: &str) -> String {
    format!(
        "`{text}` is no place id: write dotted lower-case words like `browser.history`, never a path"
    )
}

/// Whoever receives data has a name and an address.
fn check_controller(controller: &Controller, at: Path, broken: &mut Broken) {
    let lines = [
        ("name", &controller.name),
        ("address", &controller.address),
        ("contact", &controller.contact),
        ("url", &controller.url),
        ("jurisdiction", &controller.jurisdiction),
    ];
    for (key, line) in lines {
        let mut path = at.clone();
        path.push(Step::Key(key));
        broken.unless(is_line(line), path, || {
            format!("`{key}` must be one line of text")
        });
    }
}

fn check_country(text: &str, path: Path, broken: &mut Broken) {
    let is_country = text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
    broken.unless(is_country, path, || {
        format!("`{text}` is no country: write two capital letters like `DE`")
    });
}

/// Returns whether this is `https://`, a host, and nothing that names a person there.
fn is_address(address: &str) -> bool {
    let host = address.strip_prefix("https://").unwrap_or_default();
    let is_plain = !host.is_empty()
        && host
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'@');
    is_plain && !host.starts_with(['/', ':'])
}

fn is_line(text: &str) -> bool {
    !text.trim().is_empty() && !text.contains(char::is_control)
}
