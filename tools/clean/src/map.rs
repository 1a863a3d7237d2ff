//! The map: the folders and files that take the room.

use std::{cmp::Reverse, collections::BinaryHeap, path::PathBuf};

use serde::Serialize;
use tool::{
    Bytes, Days, Moment, PathText,
    pass::{FileId, FolderId, Forest, Kind, holdings::Holdings},
};

use crate::sums::Sum;

/// How many folders and files each list has.
const LISTED: usize = 25;
/// Files smaller than this are not worth naming for their age.
pub(crate) const OLD_FROM: u64 = 10 << 20;
/// A folder that holds this part of its parent stands for it: the parent is not listed beside it.
const NEARLY_ALL: f64 = 0.9;

/// What `candor map --json` says, as `schemas/candor.map.1.schema.json` has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Map {
    /// Each path that was asked for.
    pub roots: Vec<Root>,
    /// The largest folders below them, largest first. A folder that is little more than one folder
    /// inside it is left out for that one.
    pub largest_folders: Vec<FolderLine>,
    /// The largest files, largest first.
    pub largest_files: Vec<FileLine>,
    /// Large files that nobody has changed for longest, oldest first.
    pub oldest_files: Vec<FileLine>,
    /// Bytes that are in `allocated` more than once because files share them (btrfs, XFS).
    pub shared_between_files: Bytes,
}

/// One path that was asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Root {
    /// The path.
    pub path: PathText,
    /// Lengths of all files, hard links once.
    pub apparent: Bytes,
    /// What the disk sets aside, hard links once: what `du -s --block-size=1` prints.
    pub allocated: Bytes,
    /// What would be free at the least if it went.
    pub exclusive: Bytes,
    /// Names of files, links and the like.
    pub files: u64,
    /// Folders, the root not among them.
    pub folders: u64,
}

/// One folder of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FolderLine {
    /// The folder.
    pub path: PathText,
    /// As in [`Root`].
    pub apparent: Bytes,
    /// As in [`Root`].
    pub allocated: Bytes,
    /// As in [`Root`].
    pub exclusive: Bytes,
    /// As in [`Root`].
    pub files: u64,
}

/// One file of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FileLine {
    /// The file; for hard links, the name that sorts first.
    pub path: PathText,
    /// Its length.
    pub apparent: Bytes,
    /// What the disk sets aside for it.
    pub allocated: Bytes,
    /// What would be free at the least if all its names below the roots went.
    pub exclusive: Bytes,
    /// When its content last changed.
    pub modified: Moment,
    /// Days since then.
    pub age: Days,
}

impl Map {
    /// Returns the map of everything below the roots that were asked for.
    #[must_use]
    pub(crate) fn of(forest: &Forest, holdings: &Holdings, sums: &[Sum], now: Moment) -> Self {
        let sum = |id: FolderId| sums[forest.number(id)];
        let roots = forest.roots().iter().filter(|id| forest.folder(**id).main);
        let files = files_worth_naming(forest);
        let line = |file: &Named| file_line(forest, holdings, *file, now);
        let path = |file: Named| forest.path(file.id);
        let mut oldest: Vec<Named> = files
            .iter()
            .copied()
            .filter(|it| forest.file(it.id).allocated >= OLD_FROM)
            .collect();
        keep_first(&mut oldest, |file| forest.file(file.id).mtime_ns, path);
        let mut largest = files;
        keep_first(
            &mut largest,
            |file| Reverse(forest.file(file.id).allocated),
            path,
        );
        Self {
            roots: roots.map(|id| root(forest, *id, sum(*id))).collect(),
            largest_folders: largest_folders(forest, sums),
            largest_files: largest.iter().map(line).collect(),
            oldest_files: oldest.iter().map(line).collect(),
            shared_between_files: Bytes(holdings.counted_twice(forest)),
        }
    }
}

fn root(forest: &Forest, id: FolderId, sum: Sum) -> Root {
    Root {
        path: forest.folder_path(id).into(),
        apparent: Bytes(sum.apparent),
        allocated: Bytes(sum.allocated),
        exclusive: Bytes(sum.exclusive),
        files: sum.files,
        folders: sum.folders,
    }
}

fn largest_folders(forest: &Forest, sums: &[Sum]) -> Vec<FolderLine> {
    let mut largest_inside = vec![0_u64; sums.len()];
    for (id, _) in forest.folders() {
        if let Some(parent) = forest.parent(id) {
            let inside = &mut largest_inside[forest.number(parent)];
            *inside = (*inside).max(sums[forest.number(id)].allocated);
        }
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "a tenth more or less does not matter"
    )]
    let speaks_for_itself = |id: FolderId| {
        let number = forest.number(id);
        (largest_inside[number] as f64) < sums[number].allocated as f64 * NEARLY_ALL
    };
    let mut folders: Vec<FolderId> = forest
        .folders()
        .filter(|(id, row)| row.main && row.depth > 0 && speaks_for_itself(*id))
        .map(|(id, _)| id)
        .collect();
    let sum = |id: FolderId| sums[forest.number(id)];
    keep_first(
        &mut folders,
        |id| Reverse(sum(id).allocated),
        |id| forest.folder_path(id),
    );
    let line = |id: &FolderId| FolderLine {
        path: forest.folder_path(*id).into(),
        apparent: Bytes(sum(*id).apparent),
        allocated: Bytes(sum(*id).allocated),
        exclusive: Bytes(sum(*id).exclusive),
        files: sum(*id).files,
    };
    folders.iter().map(line).collect()
}

/// An inode under one of its names.
#[derive(Clone, Copy)]
struct Named {
    id: FileId,
    /// Whether it has names that were not seen.
    elsewhere: bool,
}

/// Returns the regular files below the roots that can be among the largest or the oldest listed, each
/// inode under one name.
fn files_worth_naming(forest: &Forest) -> Vec<Named> {
    let (mut single, mut linked) = (Vec::new(), Vec::new());
    // The sizes that so many single files reach at least, the smallest first out.
    let mut reached = BinaryHeap::new();
    for (id, row) in forest.files() {
        let smallest = match reached.peek() {
            Some(Reverse(smallest)) if reached.len() == LISTED => *smallest,
            _ => 0,
        };
        let may_be_listed = row.allocated >= smallest.clamp(1, OLD_FROM);
        if row.kind != Kind::File || !may_be_listed || !forest.is_main(id) {
            continue;
        }
        if !forest.may_have_other_names(row) {
            if reached.len() == LISTED {
                reached.pop();
            }
            reached.push(Reverse(row.allocated.max(smallest)));
        }
        match forest.may_have_other_names(row) {
            true => linked.push(id),
            false => single.push(Named {
                id,
                elsewhere: false,
            }),
        }
    }
    single.extend(
        crate::sums::by_inode(forest, linked)
            .into_iter()
            .map(|names| Named {
                id: names[0],
                elsewhere: usize::from(forest.file(names[0]).nlink) > names.len(),
            }),
    );
    single
}

fn file_line(forest: &Forest, holdings: &Holdings, file: Named, now: Moment) -> FileLine {
    let row = forest.file(file.id);
    FileLine {
        path: forest.path(file.id).into(),
        apparent: Bytes(row.size),
        allocated: Bytes(row.allocated),
        exclusive: Bytes(if file.elsewhere {
            0
        } else {
            holdings.own(forest, file.id)
        }),
        modified: row.modified(),
        age: row.modified().days_until(now),
    }
}

/// Keeps the first of a list by rank, then by path, in that order. Paths are put together only for
/// what can still be among the first.
fn keep_first<T: Copy, K: Ord>(
    list: &mut Vec<T>,
    rank: impl Fn(T) -> K,
    path: impl Fn(T) -> PathBuf,
) {
    if list.len() > LISTED {
        let (_, last, _) = list.select_nth_unstable_by_key(LISTED - 1, |item| rank(*item));
        let last = *last;
        list.retain(|item| rank(*item) <= rank(last));
    }
    list.sort_by_cached_key(|item| (rank(*item), path(*item)));
    list.truncate(LISTED);
}
