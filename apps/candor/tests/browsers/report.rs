//! What `candor` says of browsers, in a form that a test can compare.

use std::{collections::BTreeMap, process::Command};

use fixture::browsers::Home;
use jiff::Timestamp;
use serde_json::Value;

/// The JSON of `candor history` or of a `candor checkup`, which holds the same.
pub(crate) struct Report {
    /// The fields of the browser check.
    pub(crate) history: Value,
    /// All of it.
    pub(crate) whole: Value,
    pub(crate) code: Option<i32>,
}

impl Report {
    pub(crate) fn history(home: &Home) -> Self {
        let (whole, code) = run(home.command(env!("CARGO_BIN_EXE_candor")), "history");
        Self {
            history: whole.clone(),
            whole,
            code,
        }
    }

    pub(crate) fn checkup(home: &Home) -> Self {
        let (whole, code) = run(home.command(env!("CARGO_BIN_EXE_candor")), "checkup");
        Self {
            history: whole["history"].clone(),
            whole,
            code,
        }
    }

    /// Returns what could not be read, as text; empty when everything was.
    pub(crate) fn not_read(&self) -> String {
        let not_read = self.history["not_read"].as_array();
        let not_read = not_read.expect("the report says what could not be read");
        not_read.iter().map(|it| format!("{it}\n")).collect()
    }

    /// Returns the profiles that were read: `Chromium: Default`.
    pub(crate) fn profiles(&self) -> Vec<String> {
        let profiles = list(&self.history, "browsers");
        let name = |it: &Value| format!("{}: {}", text(it, "browser"), text(it, "folder"));
        profiles.iter().map(name).collect()
    }

    /// Returns the whole ways to all visits of a profile, in the order of the browser's file.
    ///
    /// A report tells of most visits the last step only; here the steps are put together.
    pub(crate) fn visits(&self, browser: &str, profile: &str) -> Vec<String> {
        let chains: BTreeMap<i64, &[Value]> = self
            .of("visits", browser, profile)
            .map(|visit| list(visit, "chain"))
            .map(|chain| {
                (
                    number(chain.last()).expect("a chain ends with the visit"),
                    chain,
                )
            })
            .collect();
        chains
            .keys()
            .map(|id| written(&whole(*id, &chains)))
            .collect()
    }

    /// Returns the ways to all downloads of a profile that have arrived whole, oldest first.
    pub(crate) fn downloads(&self, browser: &str, profile: &str) -> Vec<String> {
        let mut downloads: Vec<(String, String)> = self
            .of("downloads", browser, profile)
            .filter(|it| it["state"] == "complete")
            .map(|it| (text(it, "time").to_owned(), written(list(it, "chain"))))
            .collect();
        downloads.sort();
        downloads.into_iter().map(|(_, way)| way).collect()
    }

    /// Returns the visits or downloads of a profile.
    pub(crate) fn of(
        &self,
        what: &str,
        browser: &str,
        profile: &str,
    ) -> impl Iterator<Item = &Value> {
        let profile = self.profile(browser, profile)["profile"].clone();
        list(&self.history, what)
            .iter()
            .filter(move |it| it["browser"] == browser && it["profile"] == profile)
    }

    /// Returns what is said of the profile in a folder; null when it was not read.
    pub(crate) fn profile(&self, browser: &str, folder: &str) -> Value {
        let profiles = list(&self.history, "browsers");
        let found = profiles
            .iter()
            .find(|it| it["browser"] == browser && text(it, "folder").ends_with(folder));
        found.cloned().unwrap_or_default()
    }
}

/// Puts the steps to a visit together, from the first to the visit itself.
fn whole(id: i64, chains: &BTreeMap<i64, &[Value]>) -> Vec<Value> {
    let chain = chains[&id];
    match number(chain.first()).filter(|first| *first != id && chains.contains_key(first)) {
        Some(first) => [&whole(first, chains), &chain[1..]].concat(),
        None => chain.to_vec(),
    }
}

fn number(hop: Option<&Value>) -> Option<i64> {
    hop?["visit"].as_i64()
}

/// Writes a way in one line: `typed start > link r301 > server r302`.
///
/// Hosts are left out but those of other sites: `127.0.0.1/ad2`.
fn written(chain: &[Value]) -> String {
    let hop = |hop: &Value| {
        let by = hop["redirect"].as_str().unwrap_or(text(hop, "how"));
        let url = text(hop, "url");
        let url = url.strip_prefix("http://").unwrap_or(url);
        let (host, path) = url.split_once('/').unwrap_or((url, ""));
        let host = host.split(':').next().unwrap_or_default();
        match host {
            "site.localhost" => format!("{by} {path}"),
            _ => format!("{by} {host}/{path}"),
        }
    };
    let hops: Vec<String> = chain.iter().map(hop).collect();
    hops.join(" > ")
}

pub(crate) fn list<'a>(it: &'a Value, name: &str) -> &'a [Value] {
    it[name]
        .as_array()
        .unwrap_or_else(|| panic!("no list `{name}` in {it}"))
}

pub(crate) fn text<'a>(it: &'a Value, name: &str) -> &'a str {
    it[name]
        .as_str()
        .unwrap_or_else(|| panic!("no text `{name}` in {it}"))
}

pub(crate) fn time(it: &Value, name: &str) -> Timestamp {
    let text = text(it, name);
    text.parse()
        .unwrap_or_else(|error| panic!("`{text}` is no time: {error}"))
}

fn run(mut candor: Command, command: &str) -> (Value, Option<i32>) {
    let done = candor
        .args([command, "--json", "--since", "1h"])
        .output()
        .expect("candor can be started");
    let said = String::from_utf8_lossy(&done.stderr);
    let report = serde_json::from_slice(&done.stdout)
        .unwrap_or_else(|error| panic!("{}, {error}: {said}", done.status));
    (report, done.status.code())
}
