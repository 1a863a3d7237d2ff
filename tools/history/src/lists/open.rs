//! Looks addresses up in a list file where it lies: nothing is unpacked, and no byte of it is believed.

use std::{fs::File, path::Path};

use xorf::{BinaryFuse8, BinaryFuse8Ref, DmaSerializable, Filter, FilterRef};

use super::{
    ListFacts, Manifest, SIGHTING, Suffixes, expressions,
    file::{
        Error, FILTER, HOST_KEYS, MANIFEST, PAGE_KEYS, PARTS, Parts, ROWS, SETS, SUFFIXES, Source,
        WORDS, damaged,
    },
    filter_key, is_ip_key,
    keys::Keys,
    reversed,
};
use crate::canonical::Address;

/// The Public Suffix List is a tenth of this; a table of more would take memory for nothing.
const LONGEST_RULES: usize = 4 << 20;

/// A list file, open for looking up.
pub struct List<'a> {
    parts: Parts<'a>,
    hosts: Keys<'a>,
    pages: Keys<'a>,
    rows: std::borrow::Cow<'a, [u8]>,
    sets: std::borrow::Cow<'a, [u8]>,
    words: std::borrow::Cow<'a, [u8]>,
    manifest: Manifest,
    suffixes: std::sync::OnceLock<Suffixes>,
}

/// An entry that an address matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit<'a> {
    /// The entry: `example.com` or `example.com/a/`.
    pub entry: String,
    /// Whether it names the very page, not its host or a folder.
    pub is_page: bool,
    /// Which lists say so, at least one.
    pub sightings: Vec<Sighting<'a>>,
}

/// What one list says of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting<'a> {
    /// The list.
    pub list: &'a ListFacts,
    /// What the entry does: `adware`.
    pub category: &'a str,
    /// What the list calls its kind: `osx_shlayer`.
    pub family: &'a str,
    /// Since when it is listed, `2026-08-23`.
    pub since: &'a str,
}

impl<'a> List<'a> {
    /// Opens a list file in memory.
    ///
    /// Header, bounds and the small parts are checked, which takes the same time for any number of
    /// entries. Pages are checked when they are asked for; all at once is for [`List::verify`].
    ///
    /// # Errors
    /// [`Error`] when the bytes are no list file, or a part lies outside of them.
    pub fn open(bytes: &'a [u8]) -> Result<Self, Error> {
        Self::of(Source::Bytes(bytes))
    }

    fn of(source: Source<'a>) -> Result<Self, Error> {
        let parts = Parts::of(source)?;
        let keys = |what: &'static str, [codes, index, pages]: [usize; 3]| {
            let (at, length) = parts.place(pages);
            Keys::of(what, &parts.part(codes)?, parts.part(index)?, at, length)
        };
        let manifest = serde_json::from_slice(&parts.part(MANIFEST)?);
        Ok(Self {
            hosts: keys("hosts", HOST_KEYS)?,
            pages: keys("pages", PAGE_KEYS)?,
            rows: parts.part(ROWS)?,
            sets: parts.part(SETS)?,
            words: parts.part(WORDS)?,
            manifest: manifest.map_err(|_| damaged(PARTS[MANIFEST]))?,
            suffixes: std::sync::OnceLock::new(),
            parts,
        })
    }

    /// Reads the whole file and compares it with its checksums.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a byte is not as it was written.
    pub fn verify(&self) -> Result<(), Error> {
        self.parts.verify()
    }

    /// Returns the lists that went into the file.
    #[must_use]
    pub fn lists(&self) -> &[ListFacts] {
        &self.manifest.lists
    }

    /// Returns what was left out of each list, in the order of [`List::lists`]: how many by which reason.
    #[must_use]
    pub fn left_out(&self) -> &[std::collections::BTreeMap<super::Dropped, u32>] {
        &self.manifest.left_out
    }

    /// Returns the version of what the file was made of; a later one is greater.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.parts.version
    }

    /// Returns whose update the file was made of, as `name+hash` of the key that signed it; empty where nobody
    /// did. Versions of two publishers say nothing of each other.
    #[must_use]
    pub fn signed_by(&self) -> &str {
        &self.manifest.signed_by
    }

    /// Returns how many hosts are listed.
    #[must_use]
    pub fn host_count(&self) -> u32 {
        self.parts.counts[0]
    }

    /// Returns how many pages are listed.
    #[must_use]
    pub fn page_count(&self) -> u32 {
        self.parts.counts[1]
    }

    /// Returns how many hosts and pages are listed.
    #[must_use]
    pub fn len(&self) -> usize {
        (self.host_count() as usize).saturating_add(self.page_count() as usize)
    }

    /// Returns whether nothing is listed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the suffixes and sites that the list was compiled with.
    ///
    /// A part that cannot be read stands for none; [`List::verify`] says so.
    #[must_use]
    pub fn suffixes(&self) -> &Suffixes {
        self.suffixes.get_or_init(|| {
            let text = self.parts.part(SUFFIXES).unwrap_or_default();
            let text = text.get(..LONGEST_RULES).unwrap_or(&text);
            Suffixes::of_text(String::from_utf8_lossy(text))
        })
    }

    /// Returns the entries that `address` matches: hosts from the exact one to its parents, then
    /// pages.
    ///
    /// # Errors
    /// [`Error::Damaged`] when the file contradicts itself where it was looked into.
    pub fn look_up(&self, address: &Address) -> Result<Vec<Hit<'_>>, Error> {
        let mut known: Vec<&str> = Vec::new();
        expressions::hosts(address, self.suffixes(), |host| {
            if self.may_have(host) {
                known.push(host);
            }
        });
        let mut found = Vec::new();
        for host in &known {
            found.extend(self.exact(&self.hosts, host, address.is_ip, false)?);
        }
        if self.page_count() == 0 {
            return Ok(found);
        }
        for host in known {
            // A folder is shorter than the page it holds; a parent's page is another one.
            let whole = address.host.len() + address.path.len();
            let mut pages = Ok(());
            expressions::pages(host, address, |page| {
                if pages.is_ok() && self.may_have(page) {
                    let is_page = host.len() == address.host.len() && page.len() >= whole;
                    match self.exact(&self.pages, page, address.is_ip, is_page) {
                        Ok(hit) => found.extend(hit),
                        Err(error) => pages = Err(error),
                    }
                }
            });
            pages?;
        }
        Ok(found)
    }

    /// Returns true if neither the host of `address`, nor a parent, nor any page of these is listed:
    /// then no address of that host is, whatever its path.
    #[must_use]
    pub fn is_silent_about_host(&self, address: &Address) -> bool {
        let mut silent = true;
        expressions::hosts(address, self.suffixes(), |host| {
            silent = silent && !self.may_have(host);
        });
        silent
    }

    /// Calls `see` with every entry, hosts first, in the order of their keys, and what is said of it.
    ///
    /// # Errors
    /// When a part cannot be read or is damaged.
    pub fn each(&self, mut see: impl FnMut(Entry<'_>)) -> Result<(), Error> {
        for (keys, is_page) in [(&self.hosts, false), (&self.pages, true)] {
            let mut failed = Ok(());
            keys.each(&self.parts.source, |key, set| {
                match (std::str::from_utf8(key), self.sightings(set)) {
                    (Ok(key), Ok(sightings)) => see(Entry {
                        key,
                        is_page,
                        sightings,
                    }),
                    _ => failed = Err(damaged(PARTS[SETS])),
                }
            })?;
            failed?;
        }
        Ok(())
    }

    /// Returns how many bits the filter takes for each of its keys: hosts, pages, and hosts of pages.
    #[must_use]
    pub fn filter_bits(&self) -> f64 {
        let bits = 8.0 * self.parts.place(FILTER).1 as f64;
        bits / f64::from(self.parts.counts[3].max(1))
    }

    /// Returns false if this very host or page, its parents aside, is surely not listed, and of a host no
    /// page either.
    #[must_use]
    pub fn may_have(&self, text: &str) -> bool {
        // A filter that cannot be read sends every question to the exact strings.
        let Some(filter) = self.parts.filter() else {
            return true;
        };
        let (description, fingerprints) = filter.split_at(BinaryFuse8::DESCRIPTOR_LEN);
        let filter = BinaryFuse8Ref::from_dma(description, fingerprints);
        filter.contains(&filter_key(self.parts.hash_key, text.as_bytes()))
    }

    /// Returns what is listed under exactly this host or page.
    fn exact(
        &self,
        keys: &Keys<'_>,
        text: &str,
        is_ip: bool,
        is_page: bool,
    ) -> Result<Option<Hit<'_>>, Error> {
        let key = entry_text(text, is_ip);
        let Some(set) = keys.find(key.as_bytes(), &self.parts.source)? else {
            return Ok(None);
        };
        Ok(Some(Hit {
            entry: text.to_owned(),
            is_page,
            sightings: self.sightings(set)?,
        }))
    }

    /// Returns what is said of all keys with this number.
    fn sightings(&self, set: u32) -> Result<Vec<Sighting<'_>>, Error> {
        let bad = || damaged(PARTS[SETS]);
        let set = set as usize;
        let end = number(&self.sets, set).ok_or_else(bad)?;
        let from = match set.checked_sub(1) {
            Some(before) => number(&self.sets, before).ok_or_else(bad)?,
            None => 0,
        };
        let rows = self
            .rows
            .get(from.saturating_mul(SIGHTING)..end.saturating_mul(SIGHTING))
            .filter(|rows| !rows.is_empty())
            .ok_or_else(bad)?;
        let rows = rows.chunks_exact(SIGHTING).map(|row| self.sighting(row));
        rows.collect::<Option<_>>().ok_or_else(bad)
    }

    fn sighting(&self, row: &[u8]) -> Option<Sighting<'_>> {
        let word = |column| self.word(number(row, column)?);
        Some(Sighting {
            list: self.manifest.lists.get(number(row, 0)?)?,
            category: word(1)?,
            family: word(2)?,
            since: word(3)?,
        })
    }

    /// Returns one of the words: how many there are, where each ends, the words.
    fn word(&self, index: usize) -> Option<&str> {
        let count = number(&self.words, 0)?;
        let (ends, text) = self
            .words
            .get(4..)?
            .split_at_checked(count.checked_mul(4)?)?;
        let from = match index.checked_sub(1) {
            Some(before) => number(ends, before)?,
            None => 0,
        };
        std::str::from_utf8(text.get(from..number(ends, index)?)?).ok()
    }
}

impl List<'static> {
    /// Opens a list file on the disk. It is read where it is asked: the filter once, else a page.
    ///
    /// # Errors
    /// [`Error`] when it cannot be read, is no list file or a small part of it is damaged.
    pub fn open_file(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(|source| Error::Read { source })?;
        Self::of(Source::File(file))
    }
}

/// One entry of a list file.
pub struct Entry<'l> {
    /// Its key: hosts with their labels turned round, then the path.
    pub key: &'l str,
    /// Whether it is a page or a folder.
    pub is_page: bool,
    /// Which lists say so, at least one.
    pub sightings: Vec<Sighting<'l>>,
}

impl Entry<'_> {
    /// Returns the entry as it is written in an address: `www.example.com/a`.
    #[must_use]
    pub fn text(&self) -> String {
        let host = self.key.split('/').next().unwrap_or_default();
        entry_text(self.key, is_ip_key(host.as_bytes()))
    }
}

/// Turns the host of a key, or of an address, round; what follows it stays.
fn entry_text(key: &str, is_ip: bool) -> String {
    let (host, path) = key.split_at(key.find('/').unwrap_or(key.len()));
    format!("{}{path}", reversed(host, is_ip))
}

/// Opens bytes as a list file, with the checksums they should have, and asks it everything: the fuzz
/// target and the test of mutations call it.
pub fn fuzz(bytes: &[u8]) {
    let mut bytes = bytes.to_vec();
    super::file::seal(&mut bytes);
    let Ok(list) = List::open(&bytes) else {
        return;
    };
    for text in [
        "http://a.b.coolwebsearch.info/x/y?z",
        "203.0.113.7/x",
        "evil.github.io",
    ] {
        if let Some(address) = crate::canonical::canonical(text.as_bytes()) {
            let _ = list.look_up(&address);
            let _ = list.is_silent_about_host(&address);
        }
    }
    let _ = list.each(|entry| drop(entry.text()));
    let _ = list.verify();
}

/// Returns the number at this place of a row of numbers.
fn number(bytes: &[u8], index: usize) -> Option<usize> {
    let at = index.checked_mul(4)?;
    let four = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
    usize::try_from(u32::from_le_bytes(four)).ok()
}

impl std::fmt::Debug for List<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("List")
            .field("entries", &self.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
