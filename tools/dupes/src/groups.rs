//! Groups of equal files, and what removing copies frees.

use serde::Serialize;
use tool::{
    Bytes, PathText,
    pass::{
        FileId, Forest,
        compare::{Class, Compared, Inode},
    },
};

/// What `candor dupes --json` says, as `schemas/candor.dupes.1.schema.json` has it; the groups are a
/// list of their own.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Duplicates {
    /// What would be freed if one file of each group stayed.
    pub frees: Bytes,
    /// Files whose size another file shares.
    pub files_compared: u64,
    /// Files opened to compare them.
    pub files_opened: u64,
    /// Bytes read to compare them.
    pub bytes_read: Bytes,
    /// Files known from an earlier run and unchanged since.
    pub files_remembered: u64,
    /// Files in private places, which were not compared.
    pub files_private: u64,
}

/// Files with the same content.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// The length of each file.
    pub size: Bytes,
    /// One path for each file, sorted.
    pub paths: Vec<PathText>,
    /// What would be freed at the least if one of them stayed, whichever.
    pub frees: Bytes,
    /// Further names of the same files: hard links, which take no room.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
}

/// A second name of a file in a group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Link {
    /// The name.
    pub path: PathText,
    /// The path of the same file in the group.
    pub same_file_as: PathText,
}

impl Duplicates {
    /// Returns the figures of what was compared, and of what was not.
    #[must_use]
    pub fn of(compared: &Compared, files_private: u64) -> Self {
        Self {
            frees: compared.classes.iter().map(frees).sum(),
            files_compared: compared.cost.candidates,
            files_opened: compared.cost.opened,
            bytes_read: Bytes(compared.cost.read),
            files_remembered: compared.cost.remembered,
            files_private,
        }
    }
}

impl Group {
    /// Returns a class of equal files with its paths.
    #[must_use]
    pub fn of(forest: &Forest, class: &Class) -> Self {
        let path = |id: FileId| PathText(forest.path(id));
        let first = |inode: &Inode| path(inode.names[0]);
        let links = class.inodes.iter().flat_map(|inode| {
            inode.names[1..].iter().map(move |name| Link {
                path: path(*name),
                same_file_as: first(inode),
            })
        });
        Self {
            size: Bytes(class.size),
            paths: class.inodes.iter().map(first).collect(),
            frees: frees(class),
            links: links.collect(),
        }
    }
}

/// Returns what is freed at the least when one of these files stays: whichever a person keeps, all
/// but the one that holds most.
pub(crate) fn frees(class: &Class) -> Bytes {
    let own = class.inodes.iter().map(|inode| inode.own);
    let kept = own.clone().max().unwrap_or(0);
    Bytes(own.sum::<u64>().saturating_sub(kept))
}
