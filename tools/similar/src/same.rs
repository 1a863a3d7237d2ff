//! Groups of recordings that sound the same.
//!
//! Fingerprints are held against each other only where they share items: an index by item tells which. Each
//! recording is held against the first of a group and no other, and against few of them, so that a folder of
//! any size costs what its length is.

use std::collections::{BTreeMap, HashMap, HashSet};

use rusty_chromaprint::{Configuration, match_fingerprints};
use serde::Serialize;
use tool::{Bytes, PathText};

/// How much of the shorter recording must sound the same, in percent.
pub const LEAST_SHARE: u8 = 75;
/// In how many of 32 bits of each item what sounds the same may differ, in the mean. By chance it is 16.
const MOST_BITS: f64 = 6.0;
/// The bits of an item by which it is found in the index: small changes of an encoding leave these alone.
const INDEXED: u32 = 0xFFFF_FC00;
/// What two recordings must share of such items to be held against each other.
const LEAST_ITEMS: u32 = 4;
/// Firsts of groups that are found by one item: more have it only when it says nothing, such as a tone that is held.
const MOST_HOLDERS: usize = 64;
/// Firsts of groups that one recording is held against, those that share most.
const MOST_FIRSTS: usize = 16;

/// Recordings that sound like the first of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Same {
    /// The largest file first.
    pub files: Vec<Recording>,
}

/// One recording of a group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recording {
    /// Where it is.
    pub path: PathText,
    /// The length of its file.
    pub size: Bytes,
    /// How its samples are written: `flac`, `mp3`, `pcm_s16le`.
    pub encoding: String,
    /// Samples a second.
    pub rate: u32,
    /// How many channels it has.
    pub channels: u16,
    /// How long it is, in thousandths of a second; `None` when nothing says how much follows the first two minutes.
    pub duration_ms: Option<u64>,
    /// How much of the shorter one, of what was heard of it, sounds like the first: in percent.
    pub share: u8,
}

/// What comes of holding fingerprints against each other.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Groups {
    /// For each group the numbers of its recordings with their shares, the first with 100.
    pub(crate) groups: Vec<Vec<(usize, u8)>>,
    /// Pairs that share items and were not held against each other.
    pub(crate) left_out: u64,
}

/// Puts recordings in groups: each joins the group whose first it sounds like most, or becomes the first of its own.
pub(crate) fn groups(prints: &[&[u32]]) -> Groups {
    let mut holders: HashMap<u32, Vec<usize>> = HashMap::new();
    let mut groups: BTreeMap<usize, Vec<(usize, u8)>> = BTreeMap::new();
    let mut left_out = 0;
    for (number, print) in prints.iter().enumerate() {
        let items: HashSet<u32> = print.iter().map(|it| it & INDEXED).collect();
        let mut shared: HashMap<usize, u32> = HashMap::new();
        for first in items.iter().filter_map(|it| holders.get(it)).flatten() {
            *shared.entry(*first).or_default() += 1;
        }
        let mut firsts: Vec<(u32, usize)> = shared
            .into_iter()
            .map(|(first, count)| (count, first))
            .filter(|(count, _)| *count >= LEAST_ITEMS)
            .collect();
        firsts.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        left_out += firsts.len().saturating_sub(MOST_FIRSTS) as u64;
        firsts.truncate(MOST_FIRSTS);
        let shares = firsts
            .iter()
            .map(|(_, first)| (*first, share(prints[*first], print)));
        // (Of equal ones the earlier.)
        let best = shares
            .filter(|(_, share)| *share >= LEAST_SHARE)
            .max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0)));
        if let Some((first, share)) = best {
            groups.entry(first).or_default().push((number, share));
            continue;
        }
        for item in items {
            let holders = holders.entry(item).or_default();
            if holders.len() < MOST_HOLDERS {
                holders.push(number);
            }
        }
    }
    let groups = groups.into_iter().map(|(first, others)| {
        let group = std::iter::once((first, 100)).chain(others);
        group.collect()
    });
    Groups {
        groups: groups.collect(),
        left_out,
    }
}

/// Returns how much of the shorter one sounds the same, laid where both fit best: in percent.
pub(crate) fn share(one: &[u32], other: &[u32]) -> u8 {
    let shorter = one.len().min(other.len());
    // It refuses fingerprints of many hours. These are of two minutes.
    let Ok(segments) = match_fingerprints(one, other, &Configuration::default()) else {
        return 0;
    };
    let near = segments.iter().filter(|it| it.score <= MOST_BITS);
    let items: usize = near.map(|it| it.items_count).sum();
    // At most 100: segments do not overlap.
    (items * 100).checked_div(shorter).unwrap_or(0).min(100) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(seed: u64) -> Vec<u32> {
        let bytes = fixture::Content::new(seed).bytes(4 * 120);
        let four = |it: &[u8]| u32::from_le_bytes([it[0], it[1], it[2], it[3]]);
        bytes.chunks_exact(4).map(four).collect()
    }

    /// As another encoding changes it: some bits of most items.
    fn again(print: &[u32], seed: u64, from: usize) -> Vec<u32> {
        let changes = fixture::Content::new(seed).bytes(print.len());
        let change = |(item, by): (&u32, u8)| match by % 4 {
            0 => *item,
            _ => item ^ (1 << (by % 32)) ^ (1 << (by / 8)),
        };
        print.iter().zip(changes).map(change).skip(from).collect()
    }

    #[test]
    fn the_share_is_of_the_shorter_one() {
        let whole = print(1);
        assert_eq!(share(&whole, &whole), 100);
        assert!(share(&whole, &again(&whole, 2, 70)) >= 95);
        assert!(share(&again(&whole, 2, 70), &whole) >= 95);
        let half = [&whole[..60], &print(2)[..60]].concat();
        let share_of_half = share(&whole, &half);
        assert!((35..65).contains(&share_of_half), "{share_of_half}");
        assert_eq!(share(&whole, &print(3)), 0);
        assert_eq!((share(&whole, &[]), share(&[], &[])), (0, 0));
    }

    #[test]
    fn the_index_finds_what_asking_all_finds() {
        let prints: Vec<Vec<u32>> = (0..60)
            .map(|at| match at < 30 {
                true => print(at),
                false => again(&print(at % 20), 100 + at, (at % 7) as usize),
            })
            .collect();
        let prints: Vec<&[u32]> = prints.iter().map(Vec::as_slice).collect();
        let mut all: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for number in 0..prints.len() {
            let near = |first: &usize| share(prints[*first], prints[number]) >= LEAST_SHARE;
            if let Some(first) = (0..number).find(near) {
                all.entry(first).or_default().push(number);
            }
        }
        let found = groups(&prints);
        let found = found.groups.iter().map(|group| {
            let others = group[1..].iter().map(|it| it.0);
            (group[0].0, others.collect::<Vec<_>>())
        });
        assert_eq!(found.collect::<BTreeMap<_, _>>(), all);
        assert_eq!(all.len(), 20);
    }

    #[test]
    fn hundreds_of_copies_are_one_group() {
        let whole = print(1);
        let copies: Vec<Vec<u32>> = (0..400).map(|seed| again(&whole, seed, 0)).collect();
        let mut prints: Vec<&[u32]> = vec![&whole];
        prints.extend(copies.iter().map(Vec::as_slice));
        let found = groups(&prints);
        assert_eq!((found.groups.len(), found.groups[0].len()), (1, 401));
        assert_eq!(found.left_out, 0);
    }

    #[test]
    fn one_tone_held_does_not_let_all_be_held_against_all() {
        let tone = [7_u32; 300];
        let prints: Vec<Vec<u32>> = (0..200)
            .map(|seed| [&tone[..100], &print(seed)].concat())
            .collect();
        let prints: Vec<&[u32]> = prints.iter().map(Vec::as_slice).collect();
        assert_eq!(groups(&prints), Groups::default());
    }
}
