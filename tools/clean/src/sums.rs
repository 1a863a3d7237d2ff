//! What each folder holds, with everything below it.

use tool::pass::{FileId, FileRow, FolderId, Forest, Kind, holdings::Holdings};

/// What one folder holds, with everything below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    /// Lengths of files, each inode once.
    pub(crate) apparent: u64,
    /// Bytes the disk sets aside, each inode once, folders included: as `du` counts.
    pub(crate) allocated: u64,
    /// Bytes that would be free at the least if this folder went.
    pub(crate) exclusive: u64,
    /// Names of files, links and the like.
    pub(crate) files: u64,
    /// Folders below this one.
    pub(crate) folders: u64,
}

impl Sum {
    fn add(&mut self, other: Self) {
        self.apparent = self.apparent.saturating_add(other.apparent);
        self.allocated = self.allocated.saturating_add(other.allocated);
        self.exclusive = self.exclusive.saturating_add(other.exclusive);
        self.files += other.files;
        self.folders += other.folders;
    }
}

/// Returns a table of sums, indexed by [`Forest::number`].
///
/// An inode with several names counts once, in the folder of the name that sorts first. It is
/// exclusive to the lowest folder that holds all of its names; to none, if it has names elsewhere.
pub(crate) fn sums(forest: &Forest, holdings: &Holdings) -> Vec<Sum> {
    let mut sums = vec![Sum::default(); forest.folder_numbers()];
    let mut linked = Vec::new();
    for (id, row) in forest.files() {
        let sum = &mut sums[forest.number(row.folder)];
        sum.files += 1;
        if forest.may_have_other_names(row) {
            linked.push(id);
            continue;
        }
        sum.apparent = sum.apparent.saturating_add(length(row));
        sum.allocated = sum.allocated.saturating_add(row.allocated);
        sum.exclusive = sum.exclusive.saturating_add(holdings.own(forest, id));
    }
    for names in by_inode(forest, linked) {
        let row = forest.file(names[0]);
        let sum = &mut sums[forest.number(row.folder)];
        sum.apparent = sum.apparent.saturating_add(length(row));
        sum.allocated = sum.allocated.saturating_add(row.allocated);
        if usize::from(row.nlink) <= names.len() {
            let folders = names.iter().map(|name| forest.file(*name).folder);
            if let Some(holder) = lowest_above_all(forest, folders) {
                let sum = &mut sums[forest.number(holder)];
                sum.exclusive = sum.exclusive.saturating_add(holdings.own(forest, names[0]));
            }
        }
    }
    add_up(forest, &mut sums);
    sums
}

/// Adds each folder itself, then each folder to its parent, from the lowest up.
fn add_up(forest: &Forest, sums: &mut [Sum]) {
    // A folder reached through two mounts is one folder.
    let mut twice: Vec<(u16, u64, FolderId)> = forest
        .folders()
        .filter(|(_, row)| {
            forest
                .devices
                .get(usize::from(row.device))
                .is_some_and(|d| d.seen_twice)
        })
        .map(|(id, row)| (row.device, row.inode, id))
        .collect();
    twice.sort_unstable();
    let repeated: std::collections::HashSet<FolderId> = twice
        .windows(2)
        .filter(|pair| (pair[0].0, pair[0].1) == (pair[1].0, pair[1].1))
        .map(|pair| pair[1].2)
        .collect();
    for id in forest.folders_from_the_top().into_iter().rev() {
        let row = forest.folder(id);
        let number = forest.number(id);
        if !repeated.contains(&id) {
            sums[number].allocated = sums[number].allocated.saturating_add(row.allocated);
            sums[number].exclusive = sums[number].exclusive.saturating_add(row.allocated);
        }
        if let Some(parent) = forest.parent(id) {
            let below = Sum {
                folders: sums[number].folders + 1,
                ..sums[number]
            };
            sums[forest.number(parent)].add(below);
        }
    }
}

/// The length of a file or link; a device has none.
fn length(row: &FileRow) -> u64 {
    if row.kind == Kind::Special {
        0
    } else {
        row.size
    }
}

/// Groups names by inode; the names of a group are sorted by path, the groups by inode.
pub(crate) fn by_inode(forest: &Forest, mut names: Vec<FileId>) -> Vec<Vec<FileId>> {
    let key = |id: &FileId| {
        let row = forest.file(*id);
        (row.device, row.inode)
    };
    names.sort_unstable_by_key(|id| (key(id), *id));
    let groups = names.chunk_by(|a, b| key(a) == key(b));
    let by_path = |group: &[FileId]| {
        let mut group = group.to_vec();
        if group.len() > 1 {
            group.sort_unstable_by(|a, b| forest.by_path(*a, *b));
        }
        group
    };
    groups.map(by_path).collect()
}

/// Returns the lowest folder that is, or lies above, each of these; `None` if they have no root in
/// common.
fn lowest_above_all(
    forest: &Forest,
    folders: impl IntoIterator<Item = FolderId>,
) -> Option<FolderId> {
    let mut folders = folders.into_iter();
    let mut common = folders.next()?;
    for mut other in folders {
        while common != other {
            let deeper = match forest.folder(common).depth >= forest.folder(other).depth {
                true => &mut common,
                false => &mut other,
            };
            *deeper = forest.parent(*deeper)?;
        }
    }
    Some(common)
}
