//! What is known of each file's content after the comparison: nothing is opened for it.

use std::collections::HashMap;

use tool::pass::{FileId, Forest, Kind, compare::Class};

/// Where each file stands among the classes of equal files.
#[derive(Debug)]
pub(crate) struct Contents<'c> {
    pub(crate) forest: &'c Forest,
    pub(crate) classes: &'c [Class],
    /// Of each file the place of its inode among all, by [`Forest::file_number`].
    places: Vec<u32>,
    /// The class of each inode, and its number there.
    inodes: Vec<(u32, u32)>,
}

/// The place of a file that is equal to no other.
const NONE: u32 = u32::MAX;

/// The content of one entry that is not a folder, so far that two of them can be told to be equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Content {
    /// A file without a byte.
    Empty,
    /// A file of this class.
    Class(u32),
    /// A file of several names, equal to no other: its device and inode.
    Inode(u16, u64),
    /// A link (true) or special file before its text is known, and its length.
    Unread(bool, u64),
    /// A link by where it leads, a special file by its kind and number: the number of that text.
    Text(u32),
    /// A folder, by the number of its kind.
    Folder(u32),
}

impl<'c> Contents<'c> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "there are fewer classes and inodes than files, which have ids of 32 bits"
    )]
    pub(crate) fn of(forest: &'c Forest, classes: &'c [Class]) -> Self {
        let mut places = match classes.is_empty() {
            true => Vec::new(),
            false => vec![NONE; forest.file_numbers()],
        };
        let mut inodes = Vec::new();
        for (class, it) in classes.iter().enumerate() {
            for (inode, it) in it.inodes.iter().enumerate() {
                let place = inodes.len() as u32;
                inodes.push((class as u32, inode as u32));
                for name in &it.names {
                    places[forest.file_number(*name)] = place;
                }
            }
        }
        Self {
            forest,
            classes,
            places,
            inodes,
        }
    }

    /// Returns the numbers of a file's class and of its inode there.
    pub(crate) fn class(&self, id: FileId) -> Option<(u32, u32)> {
        let place = *self.places.get(self.forest.file_number(id))?;
        self.inodes.get(place as usize).copied()
    }

    /// Returns a file's content without asking the disk; `None` if no other can be equal to it.
    pub(crate) fn content(&self, id: FileId) -> Option<Content> {
        let forest = self.forest;
        let row = forest.file(id);
        match row.kind {
            Kind::File if row.size == 0 => Some(Content::Empty),
            Kind::File => match self.class(id) {
                Some((class, _)) => Some(Content::Class(class)),
                None => forest
                    .may_have_other_names(row)
                    .then_some(Content::Inode(row.device, row.inode)),
            },
            kind => Some(Content::Unread(kind == Kind::Link, row.size)),
        }
    }

    /// Returns the bytes that would be freed if these files went: of files with other names none.
    pub(crate) fn own(&self, files: impl Iterator<Item = FileId>) -> u64 {
        let mut names: HashMap<(u32, u32), usize> = HashMap::new();
        for key in files.filter_map(|id| self.class(id)) {
            *names.entry(key).or_default() += 1;
        }
        let own = names.into_iter().map(|((class, inode), names)| {
            let inode = &self.classes[class as usize].inodes[inode as usize];
            match inode.names.len() == names {
                true => inode.own,
                false => 0,
            }
        });
        own.sum()
    }
}
