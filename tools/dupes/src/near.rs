//! Folders that hold almost the same: how much of their content they share, whatever its names.
//!
//! Pairs are found through classes of equal files: two folders with a file of one class each, then the
//! folders above both. So two folders that share nothing cost nothing. Contents that lie in very many
//! folders find no pair, as they would find all of them, but count where another one did.

use std::{cmp::Reverse, collections::HashMap};

use serde::Serialize;
use tool::{
    Bytes, PathText,
    pass::{FolderId, Kind},
};

use crate::folders::Folders;

/// Contents in more folders than this find no pairs.
const NOISY: usize = 8;
/// Pairs of folders with equal files directly in them; beyond that, those that share least are left out.
const PAIRS: usize = 50_000;
/// How far above the folder of a file folders are paired that lie differently deep.
const REACH: usize = 4;
/// Pairs that are counted out, those that may share most first.
const COUNTED: usize = 2_000;
/// Files looked at to count pairs out.
const LOOKS: u64 = 4_000_000;
/// Less than this much in common, of the larger one's bytes, is not told.
const FLOOR: u64 = 50;
/// Neither is one file.
const LEAST_FILES: u64 = 2;
/// Pairs that are told.
const TOLD: usize = 500;

/// Two folders that hold almost the same. Neither holds all that the other does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NearFolders {
    /// The two, sorted by path.
    pub folders: [NearFolder; 2],
    /// Bytes of the contents that both hold, each as often as both do.
    pub shared: Bytes,
    /// Files of these contents.
    pub shared_files: u64,
    /// How much of the larger one's bytes that is, rounded down.
    pub percent: u8,
    /// How much of its files that is, empty ones left out.
    pub percent_files: u8,
}

/// One of two folders.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NearFolder {
    /// Where it is.
    pub path: PathText,
    /// The lengths of its files.
    pub size: Bytes,
    /// How many files it holds that are not empty.
    pub files: u64,
}

type Pair = (FolderId, FolderId);

/// What a pair shares: bytes, files.
type Shared = (u64, u64);

/// Returns folders that hold almost the same, those that share most first.
pub(crate) fn near(folders: &Folders<'_>) -> Vec<NearFolders> {
    let forest = folders.tree.forest;
    let holds = |id: FolderId| folders.holds[forest.number(id)];
    let larger = |(one, other): Pair| {
        let (one, other) = (holds(one), holds(other));
        (one.bytes.max(other.bytes), one.files.max(other.files))
    };
    let is_enough = |pair: Pair, shared: Shared| {
        let enough = u128::from(larger(pair).0) * u128::from(FLOOR);
        shared.1 >= LEAST_FILES && u128::from(shared.0) * 100 >= enough
    };
    let repeated = repeated(folders);
    let mut likely: Vec<(Pair, Shared)> = above(folders, &beside(folders), &repeated)
        .into_iter()
        .filter(|(pair, shared)| is_enough(*pair, *shared))
        .collect();
    likely.sort_unstable_by_key(|(pair, shared)| (Reverse(*shared), larger(*pair), *pair));
    let of_kind = |group: &'_ Vec<FolderId>| folders.kinds[forest.number(group[0])];
    let kinds: Kinds<'_> = folders
        .equal
        .iter()
        .filter_map(|group| Some((of_kind(group)?, &group[..])))
        .collect();
    let is_above = |(holder, other): Pair| holds_its_like(folders, &kinds, holder, other);
    let mut looks = 0;
    let mut counted: Vec<(Pair, Shared)> = Vec::new();
    for (pair, _) in likely.into_iter().take(COUNTED) {
        looks += holds(pair.0).entries + holds(pair.1).entries;
        if looks > LOOKS {
            break;
        }
        if is_above((pair.0, pair.1)) || is_above((pair.1, pair.0)) {
            continue;
        }
        let shared = in_both(folders, pair);
        if is_enough(pair, shared) {
            counted.push((pair, shared));
        }
    }
    counted.sort_by_cached_key(|(pair, shared)| {
        let paths = [pair.0, pair.1].map(|id| forest.folder_path(id));
        // A folder in which there is nothing but another one says less than that one.
        let entries = holds(pair.0).entries + holds(pair.1).entries;
        (Reverse(*shared), larger(*pair), entries, paths)
    });
    let mut told: Vec<(Pair, Shared)> = Vec::new();
    for (pair, shared) in counted {
        if told.len() == TOLD {
            break;
        }
        if !told.iter().any(|(known, _)| follows(folders, pair, *known)) {
            told.push((pair, shared));
        }
    }
    let near = told.into_iter().map(|(pair, shared)| {
        let (bytes, files) = larger(pair);
        let mut both = [pair.0, pair.1].map(|id| NearFolder {
            path: forest.folder_path(id).into(),
            size: Bytes(holds(id).bytes),
            files: holds(id).files,
        });
        both.sort_by(|a, b| a.path.cmp(&b.path));
        NearFolders {
            folders: both,
            shared: Bytes(shared.0),
            shared_files: shared.1,
            percent: percent(shared.0, bytes),
            percent_files: percent(shared.1, files),
        }
    });
    near.collect()
}

fn percent(part: u64, whole: u64) -> u8 {
    let percent = u128::from(part) * 100 / u128::from(whole.max(1));
    u8::try_from(percent.min(100)).unwrap_or(100)
}

/// Pairs the folders that have equal files directly in them.
fn beside(folders: &Folders<'_>) -> Vec<(Pair, Shared)> {
    let forest = folders.tree.forest;
    let mut pairs: HashMap<Pair, Shared> = HashMap::new();
    let mut holders: Vec<FolderId> = Vec::new();
    for class in folders.contents.classes {
        holders.clear();
        for name in class.inodes.iter().flat_map(|inode| &inode.names) {
            let folder = forest.file(*name).folder;
            if !holders.contains(&folder) {
                holders.push(folder);
            }
            // One more than the most is enough to know that they are too many.
            if holders.len() > NOISY {
                break;
            }
        }
        if holders.len() > NOISY {
            continue;
        }
        holders.sort_unstable();
        for (number, one) in holders.iter().enumerate() {
            for other in &holders[number + 1..] {
                let shared = pairs.entry((*one, *other)).or_default();
                shared.0 = shared.0.saturating_add(class.size);
                shared.1 += 1;
            }
        }
    }
    let mut pairs: Vec<_> = pairs.into_iter().collect();
    pairs.sort_unstable_by_key(|(pair, shared)| (Reverse(*shared), *pair));
    pairs.truncate(PAIRS);
    pairs
}

/// Pairs the folders above, too, and adds up what they share at the most.
fn above(
    folders: &Folders<'_>,
    beside: &[(Pair, Shared)],
    repeated: &[bool],
) -> HashMap<Pair, Shared> {
    let tree = &folders.tree;
    let is_repeated = |id: FolderId| repeated[tree.forest.number(id)];
    let mut all: HashMap<Pair, Shared> = HashMap::new();
    for ((one, other), shared) in beside {
        // Below the folder that holds both: two that lie in each other are no pair.
        let up = |from: FolderId, to: FolderId| -> Vec<FolderId> {
            let apart = |it: &FolderId| !tree.is_within(to, *it);
            tree.above(from).take_while(apart).collect()
        };
        let (ones, others) = (up(*one, *other), up(*other, *one));
        for (height, one) in ones.iter().enumerate() {
            for (other_height, other) in others.iter().enumerate() {
                // Copies of a folder lie equally deep in it; what was sorted anew, a few folders apart.
                if height != other_height && (height > REACH || other_height > REACH) {
                    continue;
                }
                if is_repeated(*one) || is_repeated(*other) || !can_be_told(folders, *one, *other) {
                    continue;
                }
                let pair = if one < other {
                    (*one, *other)
                } else {
                    (*other, *one)
                };
                let sum = all.entry(pair).or_default();
                sum.0 = sum.0.saturating_add(shared.0);
                sum.1 += shared.1;
            }
        }
    }
    all
}

/// Finds the folders that are the same as an earlier one, or lie in one that is, by number: what is near
/// to them is near to that one, too.
fn repeated(folders: &Folders<'_>) -> Vec<bool> {
    let forest = folders.tree.forest;
    let mut repeated = vec![false; forest.folder_numbers()];
    for group in &folders.equal {
        for id in &group[1..] {
            repeated[forest.number(*id)] = true;
        }
    }
    for id in &folders.tree.from_the_top {
        let above = forest.parent(*id);
        repeated[forest.number(*id)] |= above.is_some_and(|it| repeated[forest.number(it)]);
    }
    repeated
}

/// Returns whether two folders can be told as almost the same: not when they are the same, or one was
/// not looked at whole.
fn can_be_told(folders: &Folders<'_>, one: FolderId, other: FolderId) -> bool {
    let forest = folders.tree.forest;
    let is_folder = |id: FolderId| {
        let row = forest.folder(id);
        row.main && row.whole && !folders.is_part_of_bundle(id)
    };
    let kind = |id: FolderId| folders.kinds[forest.number(id)];
    let place = |id: FolderId| (forest.folder(id).device, forest.folder(id).inode);
    let same = kind(one).is_some() && kind(one) == kind(other);
    is_folder(one) && is_folder(other) && !same && place(one) != place(other)
}

/// Folders that are the same, by their kind.
type Kinds<'k> = HashMap<u32, &'k [FolderId]>;

/// Returns whether a folder holds one that is the same as the other: then that one is told.
fn holds_its_like(
    folders: &Folders<'_>,
    kinds: &Kinds<'_>,
    holder: FolderId,
    other: FolderId,
) -> bool {
    let kind = folders.kinds[folders.tree.forest.number(other)];
    let like = kind.and_then(|kind| kinds.get(&kind));
    like.is_some_and(|like| like.iter().any(|it| folders.tree.is_within(*it, holder)))
}

/// Counts out what both hold.
fn in_both(folders: &Folders<'_>, pair: Pair) -> Shared {
    let forest = folders.tree.forest;
    let count = |id: FolderId| {
        let mut counts: HashMap<u32, u64> = HashMap::new();
        for file in folders.tree.files_below(id) {
            if forest.file(file).kind != Kind::File {
                continue;
            }
            if let Some((class, _)) = folders.contents.class(file) {
                *counts.entry(class).or_default() += 1;
            }
        }
        counts
    };
    let (one, other) = (count(pair.0), count(pair.1));
    let both = one.iter().filter_map(|(class, count)| {
        let files = *count.min(other.get(class)?);
        let size = folders.contents.classes[*class as usize].size;
        Some((size.saturating_mul(files), files))
    });
    both.fold((0, 0), |sum, it| (sum.0.saturating_add(it.0), sum.1 + it.1))
}

/// Returns whether a pair says nothing new beside one that shares more: each of the two lies in one of
/// that pair, or holds it.
fn follows(folders: &Folders<'_>, pair: Pair, known: Pair) -> bool {
    let tree = &folders.tree;
    let related = |a, b| tree.is_within(a, b) || tree.is_within(b, a);
    (related(pair.0, known.0) && related(pair.1, known.1))
        || (related(pair.0, known.1) && related(pair.1, known.0))
}
