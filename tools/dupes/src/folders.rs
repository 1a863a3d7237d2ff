//! Folders that hold the same: names, kinds, layout and content of everything below.
//!
//! Each folder gets the number of its kind from the bottom up: two have the same when they hold the same
//! names, each of the same kind and content. A file's content is the class the comparison put it in, so
//! nothing is read for it; of links where they lead is asked only where all else is the same. A folder
//! that holds something that was not looked at, or is private, is the same as no other.

use std::{
    collections::{HashMap, HashSet},
    fs,
    os::unix::{
        ffi::OsStrExt,
        fs::{FileTypeExt, MetadataExt},
    },
    path::Path,
};

use knowledge::bundles::{Bundle, bundle};
use serde::Serialize;
use tool::{
    Bytes, PathText, Skipped,
    pass::{Below, FileId, FolderId, Kind},
};

use crate::{
    content::{Content, Contents},
    tree::{Holds, Tree},
};

/// Folders that hold the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FolderGroup {
    /// The lengths of all files in each.
    pub size: Bytes,
    /// How many files that are not empty each holds.
    pub files: u64,
    /// Their paths, sorted.
    pub paths: Vec<PathText>,
    /// What would be freed at the least if one of them stayed, whichever.
    pub frees: Bytes,
    /// What they are, if they are bundles: `an application`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle: Option<String>,
}

/// Everything there is to know of folders that hold the same.
#[derive(Debug)]
pub(crate) struct Folders<'f> {
    pub(crate) tree: Tree<'f>,
    pub(crate) contents: Contents<'f>,
    /// What each folder holds, by number.
    pub(crate) holds: Vec<Holds>,
    /// The outermost bundle each folder is, or lies in, by number.
    bundles: Vec<Option<(FolderId, &'static Bundle)>>,
    /// The kind of each folder that another one shares, by number.
    pub(crate) kinds: Vec<Option<u32>>,
    /// All folders of each kind that several share, sorted by path; those that hold most first.
    pub(crate) equal: Vec<Vec<FolderId>>,
}

/// Which files take part.
pub(crate) struct Ground<'g> {
    /// Whether a file was to be compared, if another had its size.
    pub(crate) asked: &'g dyn Fn(FileId) -> bool,
    pub(crate) private: &'g Below,
    /// What the comparison could not look at.
    pub(crate) skipped: &'g [Skipped],
}

impl<'f> Folders<'f> {
    /// Finds the folders that hold the same.
    pub(crate) fn of(contents: Contents<'f>, ground: &Ground<'_>) -> Self {
        let forest = contents.forest;
        let tree = Tree::of(forest);
        let holds = tree.holdings();
        let bundles = bundles(&tree);
        let unknown = unknown(&tree, ground);
        let mut folders = Self {
            tree,
            contents,
            holds,
            bundles,
            kinds: Vec::new(),
            equal: Vec::new(),
        };
        folders.find(&unknown, ground);
        folders
    }

    fn find(&mut self, unknown: &[bool], ground: &Ground<'_>) {
        let forest = self.tree.forest;
        let taken = |id: FileId| {
            let row = forest.file(id);
            // What is empty, or no file, is never compared, and known all the same.
            let compared = row.kind == Kind::File && row.size > 0;
            !ground.private.holds(forest, id) && (!compared || (ground.asked)(id))
        };
        let content = |id: FileId| self.contents.content(id).filter(|_| taken(id));
        let kinds = kinds(&self.tree, unknown, &content);
        let (mut shared, mut equal) = self.shared(&kinds);
        let unread = |id: &FolderId| forest.files_in(*id).any(|(_, row)| row.kind != Kind::File);
        if equal.iter().any(|folders| unread(&folders[0])) {
            let mut texts = Texts::default();
            let texts = std::cell::RefCell::new(&mut texts);
            let content = |id: FileId| match content(id)? {
                Content::Unread(..) => {
                    let folder = forest.number(forest.file(id).folder);
                    shared[folder]?;
                    texts.borrow_mut().text(&forest.path(id)).map(Content::Text)
                }
                known => Some(known),
            };
            let kinds = self::kinds(&self.tree, unknown, &content);
            (shared, equal) = self.shared(&kinds);
        }
        // A folder holds more than any folder in it: so each comes before those in it.
        equal.sort_by_cached_key(|folders| {
            let holds = self.holds[forest.number(folders[0])];
            let first = forest.folder_path(folders[0]);
            (std::cmp::Reverse((holds.entries, holds.bytes)), first)
        });
        (self.kinds, self.equal) = (shared, equal);
    }

    /// Returns the kinds that several folders share, and these folders; what holds no byte is left out.
    fn shared(&self, kinds: &[Option<u32>]) -> (Vec<Option<u32>>, Vec<Vec<FolderId>>) {
        let forest = self.tree.forest;
        let mut members: HashMap<u32, Vec<FolderId>> = HashMap::new();
        for id in &self.tree.from_the_top {
            let number = forest.number(*id);
            let row = forest.folder(*id);
            let is_part = self.bundles[number].is_some_and(|(bundle, _)| bundle != *id);
            if !row.main || !row.whole || is_part || self.holds[number].bytes == 0 {
                continue;
            }
            if let Some(kind) = kinds[number] {
                members.entry(kind).or_default().push(*id);
            }
        }
        let mut shared = vec![None; kinds.len()];
        let mut equal = Vec::new();
        for (kind, mut folders) in members {
            if folders.len() < 2 {
                continue;
            }
            folders.sort_by_cached_key(|id| forest.folder_path(*id));
            // One folder that was reached through two mounts is one.
            let mut places = HashSet::new();
            let place = |id: &FolderId| (forest.folder(*id).device, forest.folder(*id).inode);
            folders.retain(|id| places.insert(place(id)));
            if folders.len() > 1 {
                let numbers = folders.iter().map(|id| forest.number(*id));
                numbers.for_each(|number| shared[number] = Some(kind));
                equal.push(folders);
            }
        }
        (shared, equal)
    }

    /// Returns the bundle a folder is, if it is one and in no other.
    pub(crate) fn bundle(&self, id: FolderId) -> Option<&'static Bundle> {
        let (outermost, bundle) = self.bundles[self.tree.forest.number(id)]?;
        (outermost == id).then_some(bundle)
    }

    /// Returns whether a folder is a part of a bundle, and not the whole of it.
    pub(crate) fn is_part_of_bundle(&self, id: FolderId) -> bool {
        let bundle = self.bundles[self.tree.forest.number(id)];
        bundle.is_some_and(|(outermost, _)| outermost != id)
    }

    /// Returns the groups to be told, those that hold most bytes first: a folder inside one of several
    /// that hold the same is told once, and only beside one elsewhere.
    pub(crate) fn groups(&self) -> Vec<FolderGroup> {
        let mut groups: Vec<FolderGroup> = self
            .equal
            .iter()
            .map(|folders| self.without_followers(folders))
            .filter(|folders| folders.len() > 1)
            .map(|folders| self.group(&folders))
            .collect();
        groups.sort_by(|a, b| b.size.0.cmp(&a.size.0).then_with(|| a.paths.cmp(&b.paths)));
        groups
    }

    fn without_followers(&self, folders: &[FolderId]) -> Vec<FolderId> {
        let forest = self.tree.forest;
        let mut told = HashSet::new();
        let is_told = |id: &FolderId| {
            let above = forest.parent(*id);
            let kind = above.and_then(|above| self.kinds[forest.number(above)]);
            // Whatever follows of the folders above holds for each of them.
            kind.is_none_or(|kind| told.insert((kind, forest.folder_name(*id))))
        };
        folders.iter().copied().filter(is_told).collect()
    }

    fn group(&self, folders: &[FolderId]) -> FolderGroup {
        let forest = self.tree.forest;
        let own = folders.iter().map(|id| self.own(*id));
        let (sum, most) = own.fold((0_u64, 0), |(sum, most), own| {
            (sum.saturating_add(own), own.max(most))
        });
        let holds = self.holds[forest.number(folders[0])];
        let bundle = self.bundle(folders[0]);
        FolderGroup {
            size: Bytes(holds.bytes),
            files: holds.files,
            paths: folders
                .iter()
                .map(|id| forest.folder_path(*id).into())
                .collect(),
            frees: Bytes(sum - most),
            bundle: bundle.map(|it| it.words.clone()),
        }
    }

    /// Returns what would be freed if a folder went.
    pub(crate) fn own(&self, id: FolderId) -> u64 {
        self.contents.own(self.tree.files_below(id))
    }
}

/// Gives each folder the number of its kind, by [`Forest::number`]; `None` to those that cannot be the
/// same as another.
fn kinds(
    tree: &Tree<'_>,
    unknown: &[bool],
    content: &dyn Fn(FileId) -> Option<Content>,
) -> Vec<Option<u32>> {
    let forest = tree.forest;
    let mut kinds: Vec<Option<u32>> = vec![None; unknown.len()];
    let mut known: HashMap<Vec<(&[u8], Content)>, u32> = HashMap::new();
    for id in tree.from_the_top.iter().rev() {
        let number = forest.number(*id);
        if unknown[number] {
            continue;
        }
        let folders = tree.children(*id).iter().map(|child| {
            let kind = kinds[forest.number(*child)]?;
            Some((forest.folder_name(*child), Content::Folder(kind)))
        });
        let files = forest
            .files_in(*id)
            .map(|(file, _)| Some((forest.name(file), content(file)?)));
        let Some(mut entries) = folders.chain(files).collect::<Option<Vec<_>>>() else {
            continue;
        };
        entries.sort_unstable();
        let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
        kinds[number] = Some(*known.entry(entries).or_insert(next));
    }
    kinds
}

/// Finds the folders in which something was not looked at, by number.
fn unknown(tree: &Tree<'_>, ground: &Ground<'_>) -> Vec<bool> {
    let forest = tree.forest;
    let mut unknown = vec![false; forest.folder_numbers()];
    for skipped in forest.skipped.iter().chain(ground.skipped) {
        if let Some(folder) = nearest(tree, &skipped.path.0) {
            unknown[forest.number(folder)] = true;
        }
    }
    for id in &tree.from_the_top {
        unknown[forest.number(*id)] |= ground.private.holds_folder(forest, *id);
    }
    for id in tree.from_the_top.iter().rev() {
        if let Some(parent) = forest.parent(*id).filter(|_| unknown[forest.number(*id)]) {
            unknown[forest.number(parent)] = true;
        }
    }
    unknown
}

/// Returns the folder a path names, or the nearest above it that was seen.
fn nearest(tree: &Tree<'_>, path: &Path) -> Option<FolderId> {
    let forest = tree.forest;
    let path = path.as_os_str().as_bytes();
    let rest_of = |root: &FolderId| {
        let rest = path.strip_prefix(forest.folder_name(*root))?;
        let is_below = rest.is_empty() || rest[0] == b'/' || forest.folder_name(*root) == b"/";
        Some((*root, rest)).filter(|_| is_below)
    };
    // A root that is a file stands for its folder, which may be a root itself.
    let roots = forest.roots().iter().filter_map(rest_of);
    let (mut folder, rest) = roots
        .max_by_key(|(root, rest)| (std::cmp::Reverse(rest.len()), forest.folder(*root).whole))?;
    for name in rest.split(|byte| *byte == b'/').filter(|it| !it.is_empty()) {
        let children = tree.children(folder);
        let at = children.binary_search_by(|child| forest.folder_name(*child).cmp(name));
        match at {
            Ok(at) => folder = children[at],
            Err(_) => break,
        }
    }
    Some(folder)
}

/// Finds the outermost bundle of each folder, by number.
fn bundles(tree: &Tree<'_>) -> Vec<Option<(FolderId, &'static Bundle)>> {
    let forest = tree.forest;
    let mut bundles = vec![None; forest.folder_numbers()];
    for id in &tree.from_the_top {
        let above = forest.parent(*id).and_then(|it| bundles[forest.number(it)]);
        let own = || bundle(forest.folder_name(*id)).map(|it| (*id, it));
        bundles[forest.number(*id)] = above.or_else(own);
    }
    bundles
}

/// Texts of links and special files, each with a number.
#[derive(Default)]
struct Texts(HashMap<Vec<u8>, u32>);

impl Texts {
    /// Asks where a link leads, or what a special file is; `None` if that cannot be told.
    fn text(&mut self, path: &Path) -> Option<u32> {
        let meta = fs::symlink_metadata(path).ok()?;
        let kind = meta.file_type();
        let text = match kind.is_symlink() {
            true => [b"link ", fs::read_link(path).ok()?.as_os_str().as_bytes()].concat(),
            false => {
                let kinds = [
                    kind.is_fifo(),
                    kind.is_socket(),
                    kind.is_char_device(),
                    kind.is_block_device(),
                ];
                format!("special {kinds:?} {}", meta.rdev()).into_bytes()
            }
        };
        let next = u32::try_from(self.0.len()).ok()?;
        Some(*self.0.entry(text).or_insert(next))
    }
}
