//! The filter over all keys: it is the same for the same entries.

use std::hash::Hasher;

use xorf::{BinaryFuse8, DmaSerializable};

use super::sorted::Entries;
use crate::lists::{filter_key, is_ip_key, reverse};

/// Returns the key of the filter's hashes: it follows from the entries, so that the file is the same
/// wherever it is made, and changes with each build, so that addresses that were made up to pass one
/// filter do not pass the next. What passes is looked up exactly: it costs a microsecond, no answer.
pub(super) fn content_hash(entries: &[&Entries<'_>]) -> u64 {
    let mut hasher = twox_hash::xxhash3_64::Hasher::new();
    for entries in entries {
        for entry in &entries.entries {
            hasher.write(entry.key(entries.bytes));
            hasher.write(b"\n");
        }
        hasher.write(b"\n");
    }
    hasher.finish()
}

/// Returns the filter over hosts, hosts of pages, and pages; and of how many keys it is. It is empty
/// if it cannot be built, and then every look-up goes to the exact strings.
pub(super) fn filter_of(
    hosts: &Entries<'_>,
    pages: &Entries<'_>,
    hash_key: u64,
) -> (Vec<u8>, usize) {
    let mut numbers = Vec::with_capacity(hosts.entries.len() + 2 * pages.entries.len());
    let mut text = Vec::new();
    for (entries, are_pages) in [(hosts, false), (pages, true)] {
        for entry in &entries.entries {
            let host = written(entry.key(entries.bytes), &mut text);
            numbers.push(filter_key(hash_key, &text));
            if are_pages {
                numbers.push(filter_key(hash_key, &text[..host]));
            }
        }
    }
    numbers.sort_unstable();
    numbers.dedup();
    let Ok(filter) = BinaryFuse8::try_from(&numbers) else {
        return (Vec::new(), numbers.len());
    };
    let mut bytes = vec![0; BinaryFuse8::DESCRIPTOR_LEN];
    filter.dma_copy_descriptor_to(&mut bytes);
    bytes.extend_from_slice(filter.dma_fingerprints());
    (bytes, numbers.len())
}

/// Writes an entry as it stands in an address, labels turned back; returns how long its host is.
fn written(key: &[u8], text: &mut Vec<u8>) -> usize {
    let host = key
        .iter()
        .position(|byte| *byte == b'/')
        .unwrap_or(key.len());
    text.clear();
    text.extend_from_slice(key);
    reverse(&key[..host], is_ip_key(&key[..host]), &mut text[..host]);
    host
}
