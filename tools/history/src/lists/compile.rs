//! From entries to the bytes of a list file: the same entries always give the same bytes.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::IpAddr,
};

use twox_hash::{XxHash3_64, XxHash3_128};
use xorf::{BinaryFuse8, DmaSerializable};

use super::{
    HEADER, ListFacts, MAGIC, MOST_SIGHTINGS, Manifest, SECTIONS, SIGHTING, Suffixes, filter_key,
    reversed,
};
use crate::canonical::{Address, canonical};

/// One entry of one list.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// What is listed.
    pub subject: Subject<'a>,
    /// Which list says so: its place among the lists given to [`compile`].
    pub list: usize,
    /// What it does: `adware`.
    pub category: &'a str,
    /// What the list calls its kind: `osx_shlayer`.
    pub family: &'a str,
    /// Since when it is listed, `2026-08-23`.
    pub since: &'a str,
}

/// What an entry lists.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// A host and everything below it.
    Host(&'a str),
    /// A page; a folder if it ends in `/`.
    Page(&'a str),
}

/// What came out of [`compile`].
#[derive(Debug)]
pub struct Compiled {
    /// The file.
    pub bytes: Vec<u8>,
    /// Entries that were left out, as they were written, with the reason.
    pub dropped: Vec<(String, Dropped)>,
}

/// Why an entry was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// It names no host.
    NoAddress,
    /// Strangers register names below it; it would flag all of them.
    Suffix,
    /// So many people visit it that the entry is a mistake.
    TopSite,
    /// It is an address inside somebody's own network.
    PrivateAddress,
    /// It names a list that does not exist, or too many lists name it.
    List,
}

/// One row of the sightings: list, category, family, day, the last three by their words.
type Row<'a> = (usize, &'a str, &'a str, &'a str);
/// What is said of each key, hosts or pages.
type Table<'a> = BTreeMap<String, BTreeSet<Row<'a>>>;

/// Makes a list file out of entries.
///
/// `hash_key` moves the filter's false positives: with a key nobody knows, nobody can make up
/// addresses that are slow to look up. `entries` of the facts are counted anew.
#[must_use]
pub fn compile(
    lists: &[ListFacts],
    entries: &[Entry<'_>],
    suffixes: &Suffixes,
    hash_key: u64,
) -> Compiled {
    let mut dropped = Vec::new();
    let (mut hosts, mut pages) = (Table::new(), Table::new());
    let mut lists = lists.to_vec();
    lists.iter_mut().for_each(|list| list.entries = 0);

    for entry in entries {
        let (text, is_host) = match entry.subject {
            Subject::Host(text) => (text, true),
            Subject::Page(text) => (text, false),
        };
        match accepted(text, is_host, suffixes) {
            Err(why) => dropped.push((text.to_owned(), why)),
            Ok(key) => {
                let rows = if is_host { &mut hosts } else { &mut pages }
                    .entry(key)
                    .or_default();
                let row = (entry.list, entry.category, entry.family, entry.since);
                let Some(list) = lists.get_mut(entry.list) else {
                    dropped.push((text.to_owned(), Dropped::List));
                    continue;
                };
                if rows.len() >= MOST_SIGHTINGS {
                    dropped.push((text.to_owned(), Dropped::List));
                } else if rows.insert(row) {
                    list.entries += 1;
                }
            }
        }
    }
    hosts.retain(|_, rows| !rows.is_empty());
    pages.retain(|_, rows| !rows.is_empty());
    Compiled {
        bytes: written(lists, &hosts, &pages, hash_key),
        dropped,
    }
}

/// Returns the key of an entry, if it may be one.
fn accepted(text: &str, is_host: bool, suffixes: &Suffixes) -> Result<String, Dropped> {
    let address = canonical(text.as_bytes()).ok_or(Dropped::NoAddress)?;
    let Address {
        host,
        is_ip,
        path,
        query,
    } = &address;
    if *is_ip && is_private(host) {
        return Err(Dropped::PrivateAddress);
    }
    let key = reversed(host, *is_ip);
    if !is_host {
        let query = query
            .as_ref()
            .map(|query| format!("?{query}"))
            .unwrap_or_default();
        return Ok(format!("{key}{path}{query}"));
    }
    if path != "/" || query.is_some() {
        return Err(Dropped::NoAddress);
    }
    if !is_ip && suffixes.is_suffix(host) {
        return Err(Dropped::Suffix);
    }
    if suffixes.is_top_site(host) {
        return Err(Dropped::TopSite);
    }
    Ok(key)
}

fn is_private(host: &str) -> bool {
    match host.trim_matches(['[', ']']).parse() {
        Ok(IpAddr::V4(ip)) => {
            ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_unspecified()
        }
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unspecified() || ip.is_unique_local(),
        Err(_) => false,
    }
}

fn written(lists: Vec<ListFacts>, hosts: &Table<'_>, pages: &Table<'_>, hash_key: u64) -> Vec<u8> {
    let all = || hosts.values().chain(pages.values()).flatten();
    let words: BTreeSet<&str> = all().flat_map(|(_, a, b, c)| [*a, *b, *c]).collect();
    let words: Vec<&str> = words.into_iter().collect();

    let mut sightings = Sightings {
        words: &words,
        bytes: Vec::new(),
        known: HashMap::new(),
    };
    let host_map = map_of(hosts, &mut sightings);
    let page_map = map_of(pages, &mut sightings);
    let manifest = Manifest {
        lists,
        words: words.iter().map(|word| (*word).to_owned()).collect(),
    };
    let manifest = serde_json::to_vec(&manifest).expect("strings and numbers fit JSON");
    let filter = filter_of(hosts.keys().chain(pages.keys()), hash_key);
    let sections = [filter, host_map, page_map, sightings.bytes, manifest];

    let mut body = Vec::new();
    let mut header = Vec::with_capacity(HEADER);
    header.extend(MAGIC);
    header.extend(hash_key.to_le_bytes());
    for count in [hosts.len(), pages.len()] {
        header.extend(u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
    }
    for section in &sections {
        header.extend(((HEADER + body.len()) as u64).to_le_bytes());
        header.extend((section.len() as u64).to_le_bytes());
        body.extend_from_slice(section);
    }
    debug_assert_eq!(sections.len(), SECTIONS);
    header.extend(XxHash3_128::oneshot(&body).to_le_bytes());
    let check = XxHash3_64::oneshot(&header);
    header.extend(check.to_le_bytes());
    header.extend(body);
    header
}

/// The rows of all keys; keys about which the same is said share theirs.
struct Sightings<'a> {
    words: &'a [&'a str],
    bytes: Vec<u8>,
    known: HashMap<Vec<u8>, u64>,
}

impl Sightings<'_> {
    /// Returns where the rows stand and how many they are, in one number.
    fn place_of(&mut self, rows: &BTreeSet<Row<'_>>) -> u64 {
        let word = |word: &str| {
            let at = self
                .words
                .binary_search(&word)
                .expect("every word was collected before");
            u32::try_from(at).expect("fewer words than 32 bits count")
        };
        let mut bytes = Vec::with_capacity(rows.len() * SIGHTING);
        for (list, category, family, since) in rows {
            let list = u32::try_from(*list).expect("fewer lists than 32 bits count");
            for number in [list, word(category), word(family), word(since)] {
                bytes.extend(number.to_le_bytes());
            }
        }
        let next = (self.bytes.len() / SIGHTING) as u64;
        *self.known.entry(bytes).or_insert_with_key(|bytes| {
            self.bytes.extend_from_slice(bytes);
            next << 8 | rows.len() as u64
        })
    }
}

fn map_of(table: &Table<'_>, sightings: &mut Sightings<'_>) -> Vec<u8> {
    let mut builder = fst::MapBuilder::memory();
    for (key, rows) in table {
        let place = sightings.place_of(rows);
        builder
            .insert(key, place)
            .expect("keys of a sorted map come in order, into memory");
    }
    builder.into_inner().expect("memory takes every byte")
}

/// Returns the filter: its description, then its fingerprints; empty if it cannot be built, and
/// then every look-up goes to the exact strings.
fn filter_of<'a>(keys: impl Iterator<Item = &'a String>, hash_key: u64) -> Vec<u8> {
    let mut numbers: Vec<u64> = keys
        .map(|key| filter_key(hash_key, key.as_bytes()))
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    let Ok(filter) = BinaryFuse8::try_from(&numbers) else {
        return Vec::new();
    };
    let mut bytes = vec![0; BinaryFuse8::DESCRIPTOR_LEN];
    filter.dma_copy_descriptor_to(&mut bytes);
    bytes.extend_from_slice(filter.dma_fingerprints());
    bytes
}
