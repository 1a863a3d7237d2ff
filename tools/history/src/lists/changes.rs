//! What is different between two list files: a list that lies, or was taken over, shows here first.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use twox_hash::XxHash3_64;

use super::{Error, List};

/// What is different between two list files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// Every list of either, sorted by id.
    pub lists: Vec<ListChange>,
    /// The kinds of which most entries are new.
    pub families: Vec<FamilyChange>,
}

/// What is different in one list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListChange {
    /// Its id.
    pub id: String,
    /// How many entries it had, and has.
    pub before: u32,
    /// How many it has.
    pub after: u32,
    /// How many are new.
    pub added: u32,
    /// How many are gone.
    pub removed: u32,
    /// Whether that is more than a list changes by itself: it lost half, or is three times as long.
    pub much: bool,
}

/// New entries of one kind in one list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FamilyChange {
    /// How many.
    pub added: u32,
    /// The list's id.
    pub list: String,
    /// What the list calls the kind.
    pub family: String,
}

/// How many families are named.
const FAMILIES: usize = 10;
/// A list that was shorter may change as it likes.
const SHORT: u32 = 100;

impl Changes {
    /// Compares two list files by entry and list. What they say of an entry beyond that does not count.
    ///
    /// # Errors
    /// When one of them cannot be read to its end.
    pub fn between(before: &List<'_>, after: &List<'_>) -> Result<Self, Error> {
        let old = said(before, |_| {})?;
        let mut families: Vec<String> = Vec::new();
        let mut known: BTreeMap<String, u32> = BTreeMap::new();
        let mut family_of: Vec<u32> = Vec::new();
        let new = said(after, |family| {
            let next = known.len() as u32;
            let number = *known.entry(family.to_owned()).or_insert_with(|| {
                families.push(family.to_owned());
                next
            });
            family_of.push(number);
        })?;
        let mut lists: BTreeMap<&str, ListChange> = BTreeMap::new();
        for list in before.lists() {
            lists.entry(&list.id).or_default().before = list.entries;
        }
        for list in after.lists() {
            lists.entry(&list.id).or_default().after = list.entries;
        }
        let mut counts: BTreeMap<(u32, u32), u32> = BTreeMap::new();
        let mut added = vec![0; after.lists().len()];
        let mut old_hashes: Vec<u64> = old.iter().map(|(hash, _)| *hash).collect();
        old_hashes.sort_unstable();
        let mut order: Vec<u32> = (0..new.len() as u32).collect();
        order.sort_unstable_by_key(|at| new[*at as usize].0);
        let mut from = 0;
        for at in order {
            let (hash, list) = new[at as usize];
            while old_hashes.get(from).is_some_and(|it| *it < hash) {
                from += 1;
            }
            if old_hashes.get(from) != Some(&hash) {
                added[list as usize] += 1;
                *counts.entry((list, family_of[at as usize])).or_default() += 1;
            }
        }
        for (list, added) in after.lists().iter().zip(added) {
            lists.entry(&list.id).or_default().added = added;
        }
        let mut families: Vec<FamilyChange> = counts
            .into_iter()
            .map(|((list, family), added)| FamilyChange {
                added,
                list: after.lists()[list as usize].id.clone(),
                family: families[family as usize].clone(),
            })
            .collect();
        families.sort_by(|a, b| b.added.cmp(&a.added).then_with(|| a.cmp(b)));
        families.truncate(FAMILIES);
        let lists = lists.into_iter().map(|(id, change)| change.finished(id));
        Ok(Self {
            lists: lists.collect(),
            families,
        })
    }
}

impl ListChange {
    fn finished(mut self, id: &str) -> Self {
        self.id = id.to_owned();
        let kept = self.after.saturating_sub(self.added);
        self.removed = self.before.saturating_sub(kept);
        self.much = self.before >= SHORT
            && (self.removed > self.before / 2 || self.after / 3 > self.before);
        self
    }
}

/// Returns a number for each entry and list that names it, once, with the list's place.
fn said(list: &List<'_>, mut family: impl FnMut(&str)) -> Result<Vec<(u64, u32)>, Error> {
    let seeds: Vec<u64> = list
        .lists()
        .iter()
        .map(|it| XxHash3_64::oneshot(it.id.as_bytes()))
        .collect();
    let places: BTreeMap<&str, u32> = list
        .lists()
        .iter()
        .map(|it| it.id.as_str())
        .zip(0..)
        .collect();
    let mut all = Vec::with_capacity(list.len());
    list.each(|entry| {
        let mut before = "";
        for sighting in &entry.sightings {
            let id = sighting.list.id.as_str();
            if id != std::mem::replace(&mut before, id) {
                let place = places[id];
                let hash =
                    XxHash3_64::oneshot_with_seed(seeds[place as usize], entry.key.as_bytes());
                all.push((hash, place));
                family(sighting.family);
            }
        }
    })?;
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lists::{Compiler, ListFacts, Subject, Suffixes, starter};

    fn compiled(lists: &[(&str, std::ops::Range<u32>)]) -> Vec<u8> {
        let facts = lists.iter().map(|(id, _)| ListFacts {
            id: (*id).into(),
            ..starter().lists()[0].clone()
        });
        let facts: Vec<_> = facts.collect();
        let suffixes = Suffixes::default();
        let mut compiler = Compiler::new(&facts, &suffixes);
        for (list, (_, hosts)) in lists.iter().enumerate() {
            for n in hosts.clone() {
                let row = compiler.row(list, "scam", ["even", "odd"][n as usize % 2], "2026-11-01");
                compiler.add(list, Subject::Host(&format!("h{n}.example")), row);
            }
        }
        compiler.finish(1).unwrap().bytes
    }

    #[test]
    fn changes_are_told_by_list_and_kind() {
        let before = compiled(&[("a", 0..300), ("b", 0..200), ("gone", 0..5)]);
        let after = compiled(&[("a", 0..310), ("b", 150..220), ("new", 0..7)]);
        let [before, after] = [&before, &after].map(|it| List::open(it).unwrap());
        let changes = Changes::between(&before, &after).unwrap();
        let told = changes.lists.iter().map(|it| {
            (
                it.id.as_str(),
                it.before,
                it.after,
                it.added,
                it.removed,
                it.much,
            )
        });
        assert_eq!(
            told.collect::<Vec<_>>(),
            [
                ("a", 300, 310, 10, 0, false),
                ("b", 200, 70, 20, 150, true),
                ("gone", 5, 0, 0, 5, false),
                ("new", 0, 7, 7, 0, false),
            ]
        );
        assert_eq!(changes.families.len(), 6);
        let first = &changes.families[0];
        assert_eq!((first.list.as_str(), first.added), ("b", 10));
        let same = Changes::between(&after, &after).unwrap();
        assert!(same.families.is_empty() && same.lists.iter().all(|it| it.added + it.removed == 0));
    }
}
