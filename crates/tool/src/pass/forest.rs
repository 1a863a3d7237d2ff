//! Everything the walk saw, in rows without a path.
//!
//! Each thread of the walk fills its own [`Part`]; nothing is moved afterwards. A row names its
//! folder, a folder names its parent, and a path is put together only for what is reported. A file
//! takes 56 bytes plus its name.

mod paths;

use std::{ffi::OsStr, os::unix::ffi::OsStrExt, path::Path};

use super::crew::MOST;
use crate::{Moment, Skipped};

/// Names one entry that is not a folder: a file, link, FIFO, socket or device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

/// Names one folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FolderId(u32);

impl FileId {
    /// Returns a key by which files of one folder, and folders walked one after another, stand
    /// next to each other.
    pub(super) fn on_the_way(self) -> (usize, usize) {
        unpack(self.0)
    }
}

const PARTS: u32 = MOST as u32;
const NO_FOLDER: FolderId = FolderId(u32::MAX);

fn pack(part: usize, index: usize) -> Option<u32> {
    u32::try_from(index)
        .ok()?
        .checked_mul(PARTS)?
        .checked_add(u32::try_from(part).ok()?)
}

fn unpack(id: u32) -> (usize, usize) {
    ((id % PARTS) as usize, (id / PARTS) as usize)
}

/// What kind of entry a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A regular file.
    File,
    /// A symbolic link. Never followed.
    Link,
    /// A FIFO, socket or device. Never opened.
    Special,
}

/// One entry that is not a folder.
#[derive(Clone, Copy, Debug)]
pub struct FileRow {
    /// Length in bytes.
    pub size: u64,
    /// Bytes the file system holds for it.
    pub allocated: u64,
    /// Its inode number, which identifies it together with `device`.
    pub inode: u64,
    /// Last change of content, nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Last change of content or properties, nanoseconds since 1970. No program can set it back.
    pub ctime_ns: i64,
    name: u32,
    /// The folder it was seen in.
    pub folder: FolderId,
    /// How many names it has on its file system; 65,535 stands for that many or more.
    pub nlink: u16,
    name_len: u16,
    /// Which of [`Forest::devices`] it is on.
    pub device: u16,
    /// What it is.
    pub kind: Kind,
    /// Whether it may be read without changing its access time.
    pub(super) ours: bool,
}

impl FileRow {
    /// Returns when its content last changed.
    #[must_use]
    pub fn modified(&self) -> Moment {
        Moment(self.mtime_ns.div_euclid(1000))
    }
}

/// One folder.
#[derive(Clone, Copy, Debug)]
pub struct FolderRow {
    /// Its inode number.
    pub inode: u64,
    /// Bytes the file system holds for the folder itself.
    pub allocated: u64,
    /// Length of the folder itself, as its file system counts it.
    pub size: u64,
    /// Last change of its list of names, nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Last change of its list of names or properties, nanoseconds since 1970.
    pub ctime_ns: i64,
    name: u32,
    parent: FolderId,
    /// How many folders are above it, up to its root.
    pub depth: u32,
    listed: Listed,
    /// Which of [`Forest::devices`] it is on.
    pub device: u16,
    name_len: u16,
    /// Whether it is below a root that was asked for, and not in a place only some tools look at.
    pub main: bool,
    /// Whether everything in it was to be looked at: not so of the folder of a root that is a file.
    pub whole: bool,
}

/// Where the rows of a listed folder stand.
#[derive(Clone, Copy, Debug, Default)]
struct Listed {
    start: u32,
    count: u32,
    part: u16,
}

/// A device the walk met.
#[derive(Clone, Copy, Debug)]
pub struct Device {
    /// The number the system gives it while it is mounted.
    pub number: u64,
    /// Whether files on it can share their bytes (btrfs, XFS, bcachefs, OCFS2).
    pub sharing: bool,
    /// Whether it was reached through more than one mount, so that one file may have been seen
    /// twice though it has one name.
    pub seen_twice: bool,
}

/// What one thread saw.
#[derive(Debug, Default)]
pub(super) struct Part {
    files: Vec<FileRow>,
    folders: Vec<FolderRow>,
    names: Vec<u8>,
    listed: Vec<(FolderId, Listed)>,
    pub(super) troubles: Vec<Trouble>,
}

/// Something that could not be looked at, before paths can be put together.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) folder: Option<FolderId>,
    pub(super) name: Vec<u8>,
    pub(super) why: crate::Why,
}

/// What a walker hands in for one entry.
pub(super) struct NewFile<'a> {
    pub(super) name: &'a [u8],
    pub(super) folder: FolderId,
    pub(super) stat: &'a super::system::Stat,
    pub(super) kind: Kind,
    pub(super) device: u16,
    pub(super) ours: bool,
}

/// What a walker hands in for one folder.
pub(super) struct NewFolder<'a> {
    pub(super) name: &'a [u8],
    pub(super) parent: Option<FolderId>,
    pub(super) stat: &'a super::system::Stat,
    pub(super) depth: u32,
    pub(super) device: u16,
    pub(super) main: bool,
    pub(super) whole: bool,
}

/// An arena holds no more rows or name bytes than 32 bits can count.
#[derive(Debug)]
pub(super) struct Full;

impl Part {
    /// Returns how many rows stand before the next file, to be handed to [`Part::listed`].
    pub(super) fn mark(&self) -> usize {
        self.files.len()
    }

    pub(super) fn file(&mut self, part: usize, new: &NewFile<'_>) -> Result<(), Full> {
        // An id must exist for the row that is added.
        pack(part, self.files.len()).ok_or(Full)?;
        let (name, name_len) = self.name(new.name)?;
        self.files.push(FileRow {
            size: new.stat.size,
            allocated: new.stat.allocated,
            inode: new.stat.inode,
            mtime_ns: new.stat.mtime_ns,
            ctime_ns: new.stat.ctime_ns,
            name,
            folder: new.folder,
            nlink: u16::try_from(new.stat.nlink).unwrap_or(u16::MAX),
            name_len,
            device: new.device,
            kind: new.kind,
            ours: new.ours,
        });
        Ok(())
    }

    pub(super) fn folder(&mut self, part: usize, new: &NewFolder<'_>) -> Result<FolderId, Full> {
        let id = pack(part, self.folders.len())
            .filter(|id| *id != NO_FOLDER.0)
            .ok_or(Full)?;
        let (name, name_len) = self.name(new.name)?;
        self.folders.push(FolderRow {
            inode: new.stat.inode,
            allocated: new.stat.allocated,
            size: new.stat.size,
            mtime_ns: new.stat.mtime_ns,
            ctime_ns: new.stat.ctime_ns,
            name,
            parent: new.parent.unwrap_or(NO_FOLDER),
            depth: new.depth,
            listed: Listed::default(),
            device: new.device,
            name_len,
            main: new.main,
            whole: new.whole,
        });
        Ok(FolderId(id))
    }

    /// Notes that all files since `mark` are what `folder` holds.
    pub(super) fn listed(&mut self, part: usize, folder: FolderId, mark: usize) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "`file` refused more rows than this"
        )]
        let listed = Listed {
            start: mark as u32,
            count: (self.files.len() - mark) as u32,
            part: part as u16,
        };
        self.listed.push((folder, listed));
    }

    fn name(&mut self, name: &[u8]) -> Result<(u32, u16), Full> {
        let start = u32::try_from(self.names.len()).map_err(|_| Full)?;
        let len = u16::try_from(name.len()).map_err(|_| Full)?;
        self.names.extend_from_slice(name);
        Ok((start, len))
    }
}

/// Everything one walk saw.
#[derive(Debug, Default)]
pub struct Forest {
    parts: Vec<Part>,
    /// How many folders the parts before each one have.
    folders_before: Vec<usize>,
    /// How many files the parts before each one have.
    files_before: Vec<usize>,
    roots: Vec<FolderId>,
    /// The devices the walk met.
    pub devices: Vec<Device>,
    /// What could not be looked at, sorted by path.
    pub skipped: Vec<Skipped>,
}

impl Forest {
    pub(super) fn grow(
        parts: Vec<(usize, Part)>,
        roots: Vec<FolderId>,
        devices: Vec<Device>,
    ) -> Self {
        let mut forest = Self {
            roots,
            devices,
            ..Self::default()
        };
        forest.parts.resize_with(MOST, Part::default);
        for (number, part) in parts {
            forest.parts[number] = part;
        }
        let (mut folders, mut files) = (0, 0);
        for part in &forest.parts {
            forest.folders_before.push(folders);
            forest.files_before.push(files);
            folders += part.folders.len();
            files += part.files.len();
        }
        for number in 0..MOST {
            for (folder, listed) in std::mem::take(&mut forest.parts[number].listed) {
                let (part, index) = unpack(folder.0);
                forest.parts[part].folders[index].listed = listed;
            }
        }
        for number in 0..MOST {
            for trouble in std::mem::take(&mut forest.parts[number].troubles) {
                let name = Path::new(OsStr::from_bytes(&trouble.name));
                let path = match trouble.folder {
                    Some(folder) if trouble.name.is_empty() => forest.folder_path(folder),
                    Some(folder) => forest.folder_path(folder).join(name),
                    None => name.to_owned(),
                };
                forest.skipped.push(Skipped::new(path, trouble.why));
            }
        }
        forest.skipped.sort();
        forest.skipped.dedup();
        forest
    }

    /// Returns the folders the walk began at, those that were asked for first.
    #[must_use]
    pub fn roots(&self) -> &[FolderId] {
        &self.roots
    }

    /// Returns whether a file lies below a root that was asked for.
    #[must_use]
    pub fn is_main(&self, id: FileId) -> bool {
        self.folder(self.file(id).folder).main
    }

    /// Returns one file's row.
    #[must_use]
    pub fn file(&self, id: FileId) -> &FileRow {
        let (part, index) = unpack(id.0);
        &self.parts[part].files[index]
    }

    /// Returns one folder's row.
    #[must_use]
    pub fn folder(&self, id: FolderId) -> &FolderRow {
        let (part, index) = unpack(id.0);
        &self.parts[part].folders[index]
    }

    /// Returns the folder that holds this one; `None` for a root.
    #[must_use]
    pub fn parent(&self, id: FolderId) -> Option<FolderId> {
        Some(self.folder(id).parent).filter(|parent| *parent != NO_FOLDER)
    }

    /// Returns every file, those of one folder next to each other, folders roughly as on the disk.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &FileRow)> {
        self.parts.iter().enumerate().flat_map(|(part, rows)| {
            rows.files
                .iter()
                .enumerate()
                .filter_map(move |(index, row)| Some((FileId(pack(part, index)?), row)))
        })
    }

    /// Returns every folder; a folder does not always come after its parent.
    pub fn folders(&self) -> impl Iterator<Item = (FolderId, &FolderRow)> {
        self.parts.iter().enumerate().flat_map(|(part, rows)| {
            rows.folders
                .iter()
                .enumerate()
                .filter_map(move |(index, row)| Some((FolderId(pack(part, index)?), row)))
        })
    }

    /// Returns every folder, each after its parent.
    #[must_use]
    pub fn folders_from_the_top(&self) -> Vec<FolderId> {
        let deepest = self.folders().map(|(_, row)| row.depth).max();
        let mut by_depth = vec![Vec::new(); deepest.map_or(0, |depth| depth as usize + 1)];
        for (id, row) in self.folders() {
            by_depth[row.depth as usize].push(id);
        }
        by_depth.concat()
    }

    /// Returns the files directly in a folder; none if it could not be listed.
    pub fn files_in(&self, id: FolderId) -> impl Iterator<Item = (FileId, &FileRow)> {
        let listed = self.folder(id).listed;
        let part = usize::from(listed.part);
        let range = listed.start as usize..listed.start as usize + listed.count as usize;
        self.parts[part].files[range.clone()]
            .iter()
            .zip(range)
            .filter_map(move |(row, index)| Some((FileId(pack(part, index)?), row)))
    }

    /// Returns how many files and folders there are.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        let files = self.parts.iter().map(|part| part.files.len() as u64).sum();
        let folders = self
            .parts
            .iter()
            .map(|part| part.folders.len() as u64)
            .sum();
        (files, folders)
    }

    /// Returns a dense number for a folder, below [`Forest::folder_numbers`], to index tables by.
    #[must_use]
    pub fn number(&self, id: FolderId) -> usize {
        let (part, index) = unpack(id.0);
        self.folders_before[part] + index
    }

    /// Returns how many folders there are, and so one more than the largest [`Forest::number`].
    #[must_use]
    pub fn folder_numbers(&self) -> usize {
        self.parts.iter().map(|part| part.folders.len()).sum()
    }

    /// Returns a dense number for a file, below [`Forest::file_numbers`], to index tables by.
    #[must_use]
    pub fn file_number(&self, id: FileId) -> usize {
        let (part, index) = unpack(id.0);
        self.files_before[part] + index
    }

    /// Returns how many files there are, and so one more than the largest [`Forest::file_number`].
    #[must_use]
    pub fn file_numbers(&self) -> usize {
        self.parts.iter().map(|part| part.files.len()).sum()
    }

    /// Returns an entry's name: bytes, as on the disk.
    #[must_use]
    pub fn name(&self, id: FileId) -> &[u8] {
        let (part, index) = unpack(id.0);
        let row = &self.parts[part].files[index];
        &self.parts[part].names[row.name as usize..][..usize::from(row.name_len)]
    }

    /// Returns a folder's name; for a root, its whole path.
    #[must_use]
    pub fn folder_name(&self, id: FolderId) -> &[u8] {
        let (part, index) = unpack(id.0);
        let row = &self.parts[part].folders[index];
        &self.parts[part].names[row.name as usize..][..usize::from(row.name_len)]
    }

    /// Returns whether two names can stand for one inode on this row's device: it has several
    /// names, or its device was reached through several mounts.
    #[must_use]
    pub fn may_have_other_names(&self, row: &FileRow) -> bool {
        row.nlink > 1
            || self
                .devices
                .get(usize::from(row.device))
                .is_some_and(|d| d.seen_twice)
    }

    /// Returns whether this row's file system lets files share their bytes.
    #[must_use]
    pub fn shares(&self, row: &FileRow) -> bool {
        self.devices
            .get(usize::from(row.device))
            .is_some_and(|device| device.sharing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_as_small_as_promised() {
        assert_eq!(size_of::<FileRow>(), 56);
    }

    #[test]
    fn ids_go_there_and_back_and_stop_at_32_bits() {
        for (part, index) in [(0, 0), (15, 0), (3, 1_000_000)] {
            assert_eq!(unpack(pack(part, index).unwrap()), (part, index));
        }
        assert_eq!(pack(0, 1 << 28), None);
    }
}
