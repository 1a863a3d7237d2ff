//! Reads a list file where it lies: nothing is unpacked, and no byte of it is believed.

use std::panic::{AssertUnwindSafe, catch_unwind};

use twox_hash::{XxHash3_64, XxHash3_128};
use xorf::{BinaryFuse8, BinaryFuse8Ref, DmaSerializable, Filter, FilterRef};

use super::{
    HEADER, ListFacts, MAGIC, Manifest, SECTIONS, SIGHTING, Suffixes, expressions, filter_key,
    reversed,
};
use crate::canonical::Address;

/// A list file, open for looking up.
pub struct List<'a> {
    bytes: &'a [u8],
    hash_key: u64,
    filter: Option<BinaryFuse8Ref<'a>>,
    hosts: fst::raw::Fst<&'a [u8]>,
    pages: fst::raw::Fst<&'a [u8]>,
    sightings: &'a [u8],
    manifest: Manifest,
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

/// Why bytes are no list file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// They do not begin like one, or are of a form this version does not know.
    #[error("not a list file of a form this version can read")]
    NotAList,
    /// A part of it lies outside, does not fit its checksum or contradicts itself.
    #[error("the list file is damaged: {part}")]
    Damaged {
        /// Which part.
        part: &'static str,
    },
}

fn damaged(part: &'static str) -> Error {
    Error::Damaged { part }
}

impl<'a> List<'a> {
    /// Opens a list file.
    ///
    /// The header and the bounds of all parts are checked, which takes the same time for any
    /// number of entries. Whether the parts are as they were written is for [`List::verify`].
    ///
    /// # Errors
    /// [`Error`] when the bytes are no list file, or a part lies outside of them.
    pub fn open(bytes: &'a [u8]) -> Result<Self, Error> {
        let header = bytes.get(..HEADER).ok_or(Error::NotAList)?;
        if !header.starts_with(&MAGIC) {
            return Err(Error::NotAList);
        }
        let (checked, check) = header.split_at(HEADER - 8);
        if XxHash3_64::oneshot(checked) != number(check, 0) {
            return Err(damaged("header"));
        }
        let mut sections = [bytes; SECTIONS];
        for (index, section) in sections.iter_mut().enumerate() {
            let at = 24 + 16 * index;
            let (start, length) = (number(header, at), number(header, at + 8));
            let range = usize::try_from(start).ok().zip(start.checked_add(length));
            let range = range.and_then(|(start, end)| Some(start..usize::try_from(end).ok()?));
            *section = range
                .and_then(|range| bytes.get(range))
                .ok_or(damaged("bounds"))?;
        }
        let [filter, hosts, pages, sightings, manifest] = sections;
        let map = |bytes, part| fst::raw::Fst::new(bytes).map_err(|_| damaged(part));
        Ok(Self {
            bytes,
            hash_key: number(header, 8),
            filter: filter_of(filter)?,
            // A crafted map could make its reader step outside; see `exact`.
            hosts: guarded(|| map(hosts, "hosts"))??,
            pages: guarded(|| map(pages, "pages"))??,
            sightings,
            manifest: serde_json::from_slice(manifest).map_err(|_| damaged("manifest"))?,
        })
    }

    /// Reads the whole file and compares it with the checksum in its header.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a byte is not as it was written.
    pub fn verify(&self) -> Result<(), Error> {
        let (header, body) = self.bytes.split_at(HEADER);
        let expected = &header[HEADER - 24..HEADER - 8];
        match XxHash3_128::oneshot(body).to_le_bytes() == expected {
            true => Ok(()),
            false => Err(damaged("body")),
        }
    }

    /// Returns the lists that went into the file.
    #[must_use]
    pub fn lists(&self) -> &[ListFacts] {
        &self.manifest.lists
    }

    /// Returns how many hosts and pages are listed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hosts.len().saturating_add(self.pages.len())
    }

    /// Returns whether nothing is listed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the entries that `address` matches: hosts from the exact one to its parents, then
    /// pages.
    ///
    /// # Errors
    /// [`Error::Damaged`] when the file contradicts itself where it was looked into.
    pub fn look_up(&self, address: &Address, suffixes: &Suffixes) -> Result<Vec<Hit<'_>>, Error> {
        let mut found = Ok(Vec::new());
        let mut add = |map: &fst::raw::Fst<&[u8]>, key: &str, is_page| {
            if let Ok(hits) = &mut found {
                match self.exact(map, key, address.is_ip, is_page) {
                    Ok(hit) => hits.extend(hit),
                    Err(error) => found = Err(error),
                }
            }
        };
        let mut pages = Vec::new();
        let mut hosts = 0;
        expressions::hosts(address, suffixes, |host| {
            if self.perhaps(host) {
                add(&self.hosts, host, false);
            }
            if self.has_pages_of(host) {
                pages.push((host.to_owned(), hosts == 0));
            }
            hosts += 1;
        });
        // Hosts come first in the answer, then pages.
        for (host, is_exact) in pages {
            let folder_from = host.len() + address.path.len();
            expressions::pages(&host, address, |page| {
                if self.perhaps(page) {
                    add(&self.pages, page, is_exact && page.len() >= folder_from);
                }
            });
        }
        found
    }

    /// Returns true if neither the host of `address`, nor a parent, nor any page of these is listed:
    /// then no address of that host is, whatever its path.
    #[must_use]
    pub fn is_silent_about_host(&self, address: &Address, suffixes: &Suffixes) -> bool {
        let mut silent = true;
        expressions::hosts(address, suffixes, |host| {
            silent = silent && !self.perhaps(host) && !self.has_pages_of(host);
        });
        silent
    }

    /// Returns false if no page of this very host is listed; true also when the map is damaged.
    fn has_pages_of(&self, host: &str) -> bool {
        let walk = || {
            let mut node = self.pages.root();
            for byte in host.bytes().chain([b'/']) {
                match node.find_input(byte) {
                    Some(at) => node = self.pages.node(node.transition_addr(at)),
                    None => return false,
                }
            }
            true
        };
        !self.pages.is_empty() && guarded(walk).unwrap_or(true)
    }

    /// Returns false if the key is surely not listed.
    fn perhaps(&self, key: &str) -> bool {
        let number = filter_key(self.hash_key, key.as_bytes());
        self.filter
            .as_ref()
            .is_none_or(|filter| filter.contains(&number))
    }

    /// Returns what is listed under exactly this key.
    fn exact(
        &self,
        map: &fst::raw::Fst<&[u8]>,
        key: &str,
        is_ip: bool,
        is_page: bool,
    ) -> Result<Option<Hit<'_>>, Error> {
        let Some(place) = guarded(|| map.get(key))? else {
            return Ok(None);
        };
        let place = place.value();
        let (first, count) = (place >> 8, place & 0xff);
        let rows = usize::try_from(first).ok().and_then(|first| {
            let start = first.checked_mul(SIGHTING)?;
            let length = usize::try_from(count).ok()?.checked_mul(SIGHTING)?;
            self.sightings.get(start..start.checked_add(length)?)
        });
        let rows = rows
            .filter(|rows| !rows.is_empty())
            .ok_or(damaged("sightings"))?;
        let sightings: Option<Vec<_>> = rows
            .chunks_exact(SIGHTING)
            .map(|row| self.sighting(row))
            .collect();
        let (host, path) = key.split_at(key.find('/').unwrap_or(key.len()));
        Ok(Some(Hit {
            entry: format!("{}{path}", reversed(host, is_ip)),
            is_page,
            sightings: sightings.ok_or(damaged("sightings"))?,
        }))
    }

    fn sighting(&self, row: &[u8]) -> Option<Sighting<'_>> {
        let index = |column: usize| {
            let bytes = row.get(4 * column..4 * column + 4)?.try_into().ok()?;
            usize::try_from(u32::from_le_bytes(bytes)).ok()
        };
        let word = |column| self.manifest.words.get(index(column)?).map(String::as_str);
        Some(Sighting {
            list: self.manifest.lists.get(index(0)?)?,
            category: word(1)?,
            family: word(2)?,
            since: word(3)?,
        })
    }
}

/// Runs a look into a map of the `fst` crate, which trusts the bytes it is given.
///
/// Bytes made to harm can send it outside the map, where Rust stops it with a panic. The panic
/// ends here: the list counts as damaged, the check of the history goes on.
fn guarded<T>(look: impl FnOnce() -> T) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(look)).map_err(|_| damaged("map"))
}

/// Returns the filter, if there is one and no look into it can leave its fingerprints.
fn filter_of(bytes: &[u8]) -> Result<Option<BinaryFuse8Ref<'_>>, Error> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let (description, fingerprints) = bytes
        .split_at_checked(BinaryFuse8::DESCRIPTOR_LEN)
        .ok_or(damaged("filter"))?;
    let part = |at: usize| {
        let bytes = description[at..at + 4]
            .try_into()
            .expect("four bytes are four bytes");
        u64::from(u32::from_le_bytes(bytes))
    };
    // The three places of a key lie in three neighbouring segments of this length.
    let (length, mask, segments) = (part(8), part(12), part(16));
    let fits = length.is_power_of_two()
        && mask == length - 1
        && segments > 0
        && segments % length == 0
        && fingerprints.len() as u64 == segments + 2 * length
        && segments + 2 * length <= u64::from(u32::MAX);
    match fits {
        true => Ok(Some(BinaryFuse8Ref::from_dma(description, fingerprints))),
        false => Err(damaged("filter")),
    }
}

fn number(bytes: &[u8], at: usize) -> u64 {
    let mut eight = [0; 8];
    if let Some(bytes) = bytes.get(at..at + 8) {
        eight.copy_from_slice(bytes);
    }
    u64::from_le_bytes(eight)
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
