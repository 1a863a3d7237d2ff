//! Threat lists: from raw files to one file, and from an address to the entries it matches.
//!
//! ```text
//! raw files ─ forms ─► entries ─ compile ─► file: filter │ hosts │ pages │ who says so │ suffixes
//! address ─ expressions ─► filter: "surely not" or "perhaps" ─► exact strings ─► Hit
//! ```
//!
//! The filter (binary fuse, 9 bits a key) answers nearly every question from memory that stays
//! warm; what it lets pass is looked up among the exact strings, so an answer is never a guess.
//! A file of millions of entries has the same form as the starter list in the program.
//!
//! An address is never sent anywhere: the look-up is here, and so is the list.
//! Why it is made this way: docs/decisions/0006-list-file.md.

mod allow;
mod changes;
mod code;
mod compile;
mod expressions;
mod file;
pub mod forms;
mod keyname;
mod keys;
mod lookalike;
mod make;
mod open;
mod publisher;
pub mod sources;
mod starter;
mod suffixes;

pub use allow::{Allow, OddLine};
pub use changes::{Changes, FamilyChange, ListChange};
pub use compile::{Compiled, Compiler, Dropped, Error as CompileError, LeftOut, Subject};
pub use file::Error;
pub use lookalike::{Known, Like, Likeness};
pub use make::{DESCRIPTION, Input, Made, MakeError, Tallies, make};
pub use open::{Entry, Hit, List, Sighting, fuzz};
pub use publisher::Publisher;
pub use starter::{make_starter, starter};
pub use suffixes::{Owner, Suffixes};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a person should know of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListFacts {
    /// Short and stable: `nocoin`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Who makes it. Two lists of one publisher say a thing once.
    pub publisher: String,
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
    /// Whether it holds what was listed once: no entry of it says "is listed".
    pub past: bool,
}

/// One row of what is said: list, category, family, day, 32 bits each.
const SIGHTING: usize = 4 * 4;

/// The part of the file that is JSON.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Manifest {
    lists: Vec<ListFacts>,
    /// What was left out of each list, by reason.
    left_out: Vec<BTreeMap<Dropped, u32>>,
    /// Whose update went into it; see [`List::signed_by`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    signed_by: String,
}

/// Turns `www.example.com` into `com.example.www`: what belongs together then stands together,
/// and each parent of a name is a prefix of it. Turned twice it is as before.
fn reversed(host: &str, is_ip: bool) -> String {
    let mut out = vec![0; host.len()];
    reverse(host.as_bytes(), is_ip, &mut out);
    String::from_utf8(out).expect("labels of a text, with the dots between them")
}

/// The same, into a place of the host's length.
fn reverse(host: &[u8], is_ip: bool, out: &mut [u8]) {
    if is_ip {
        out.copy_from_slice(host);
        return;
    }
    let mut end = out.len();
    for label in host.split(|byte| *byte == b'.') {
        let from = end - label.len();
        out[from..end].copy_from_slice(label);
        if from > 0 {
            out[from - 1] = b'.';
        }
        end = from.saturating_sub(1);
    }
}

/// Returns whether the host of a key is an IP address, whose parts are not turned round. No other name has
/// the form of one.
fn is_ip_key(host: &[u8]) -> bool {
    match host.first() {
        Some(b'[') => true,
        Some(b'0'..=b'9') => {
            let text = std::str::from_utf8(host);
            text.is_ok_and(|text| text.parse::<std::net::Ipv4Addr>().is_ok())
        }
        _ => false,
    }
}

/// Returns the number under which the filter knows a host or a page, as it stands in an address.
fn filter_key(hash_key: u64, key: &[u8]) -> u64 {
    twox_hash::XxHash3_64::oneshot_with_seed(hash_key, key)
}
