//! Groups of equal files, and what removing copies frees.

use serde::Serialize;
use tool::{
    Bytes, PathText,
    pass::{
        Forest,
        compare::{Class, Compared},
    },
};

/// What `candor dupes --json` says, as `schemas/candor.dupes.1.schema.json` has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Duplicates {
    /// Groups of equal files, the largest file first.
    pub groups: Vec<Group>,
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
    /// Returns groups with paths, in the order of [`Compared`].
    #[must_use]
    pub fn of(forest: &Forest, compared: &Compared) -> Self {
        let groups: Vec<Group> = compared
            .classes
            .iter()
            .map(|class| group(forest, class))
            .collect();
        Self {
            frees: groups.iter().map(|group| group.frees).sum(),
            groups,
            files_compared: compared.cost.candidates,
            files_opened: compared.cost.opened,
            bytes_read: Bytes(compared.cost.read),
            files_remembered: compared.cost.remembered,
        }
    }
}

fn group(forest: &Forest, class: &Class) -> Group {
    let path = |id| PathText(forest.path(id));
    let links = class.inodes.iter().flat_map(|inode| {
        let (first, more) = inode
            .names
            .split_first()
            .expect("an inode was seen under a name");
        more.iter().map(|name| Link {
            path: path(*name),
            same_file_as: path(*first),
        })
    });
    // Whichever file a person keeps, at least this much goes.
    let own = class.inodes.iter().map(|inode| inode.own);
    let kept = own.clone().max().unwrap_or(0);
    Group {
        size: Bytes(class.size),
        paths: class
            .inodes
            .iter()
            .map(|inode| path(inode.names[0]))
            .collect(),
        frees: Bytes(own.sum::<u64>().saturating_sub(kept)),
        links: links.collect(),
    }
}
