//! Threat lists: from entries to one file, and from an address to the entries it matches.
//!
//! ```text
//! entries ─ compile ─► file: header │ filter │ hosts │ pages │ sightings │ manifest
//! address ─ expressions ─► filter: "surely not" or "perhaps" ─► exact strings ─► Hit
//! ```
//!
//! The filter (binary fuse, 9 bits an entry) answers nearly every question from memory that stays
//! warm; what it lets pass is looked up among the exact strings, so an answer is never a guess.
//! A file of millions of entries has the same form as the starter list in the program.
//!
//! An address is never sent anywhere: the look-up is here, and so is the list.

mod compile;
mod expressions;
mod open;
mod starter;
mod suffixes;

pub use compile::{Compiled, Dropped, Entry, Subject, compile};
pub use open::{Error, Hit, List, Sighting};
pub use starter::{make_starter, starter};
pub use suffixes::Suffixes;

use serde::{Deserialize, Serialize};

/// What a person should know of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListFacts {
    /// Short and stable: `nocoin`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its day, `2026-08-23`: what the list says was so on that day.
    pub date: String,
    /// How many entries of it are in the file.
    pub entries: u32,
    /// Where it comes from.
    pub source: String,
    /// Its licence, an SPDX identifier.
    pub licence: String,
    /// Whether people look at each entry before it gets in.
    pub curated: bool,
    /// For how many days after its day an entry still says "is listed"; 0 means for ever.
    pub fresh_days: u32,
}

/// The first bytes of a list file; the last one before `L` is the version of its form.
const MAGIC: [u8; 8] = *b"CANDOR1L";
/// Sections, in order: filter, hosts, pages, sightings, manifest.
const SECTIONS: usize = 5;
/// Magic, hash key, two counts, sections, checksum of the body, checksum of the header.
const HEADER: usize = 8 + 8 + 8 + SECTIONS * 16 + 16 + 8;
/// One row of the sightings: list, category, family, day, 32 bits each.
const SIGHTING: usize = 4 * 4;
/// How many lists may name one entry: it is counted in one byte.
const MOST_SIGHTINGS: usize = 255;

/// The part of the file that is text.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Manifest {
    lists: Vec<ListFacts>,
    /// Categories, families and days, each once, sorted.
    words: Vec<String>,
}

/// Turns `www.example.com` into `com.example.www`: what belongs together then stands together,
/// and each parent of a name is a prefix of it.
fn reversed(host: &str, is_ip: bool) -> String {
    if is_ip {
        return host.to_owned();
    }
    let labels: Vec<&str> = host.rsplit('.').collect();
    labels.join(".")
}

/// Returns the number under which the filter knows a key.
fn filter_key(hash_key: u64, key: &[u8]) -> u64 {
    twox_hash::XxHash3_64::oneshot_with_seed(hash_key, key)
}
