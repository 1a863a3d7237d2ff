//! The trees that programs are measured on, the same on every machine.
//!
//! A tree is made once. Its manifest is written last, beside it, and names the recipe: a tree whose
//! manifest is missing or names another recipe is removed and made anew.

pub(crate) mod browser;
pub(crate) mod cleaners;
pub(crate) mod content;
pub(crate) mod deep;
pub(crate) mod home;
pub(crate) mod large;
pub(crate) mod probe;
pub(crate) mod shared;
pub(crate) mod small;

use std::{
    collections::HashMap,
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    failure::{Failure, Tried},
    setting::Setting,
    table,
    trees::content::Content,
};

/// A tree that stands.
pub(crate) struct Tree {
    pub(crate) root: PathBuf,
    pub(crate) facts: Facts,
}

/// What is known of a tree because it was made so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// Names of files; a hard link is one more.
    pub(crate) files: u64,
    pub(crate) folders: u64,
    /// Apparent bytes, hard links once.
    pub(crate) bytes: u64,
    /// Bytes of all names of files.
    pub(crate) name_bytes: u64,
    pub(crate) groups: u64,
    /// Files that are one too many: all of each group but one.
    pub(crate) redundant: u64,
    /// Half of the files are not larger.
    pub(crate) median: u64,
    pub(crate) largest: u64,
}

impl Facts {
    /// Returns the sizes in a sentence.
    pub(crate) fn words(&self) -> String {
        let size = |bytes: u64| table::bytes(bytes as f64);
        let alike = (self.redundant + self.groups) as f64 / self.files.max(1) as f64 * 100.0;
        format!(
            "{} files in {} folders, {}; half of them up to {}, the largest {}; {alike:.0} % have a \
             copy ({} groups).",
            self.files,
            self.folders,
            size(self.bytes),
            size(self.median),
            size(self.largest),
            self.groups
        )
    }
}

#[derive(PartialEq, Serialize, Deserialize)]
struct Manifest {
    recipe: String,
    facts: Facts,
}

impl Setting {
    /// Returns the tree of that name, made now unless it stands already.
    ///
    /// `recipe` names everything that changes the tree. `room` is how many bytes of disk it takes.
    ///
    /// # Errors
    /// When there is no room for it, or it cannot be made.
    pub(crate) fn tree(
        &self,
        name: &str,
        recipe: &str,
        room: u64,
        make: impl FnOnce(&mut Maker) -> Result<(), Failure>,
    ) -> Result<Tree, Failure> {
        self.tree_at(&self.trees().join(name), recipe, room, make)
    }

    /// As [`Setting::tree`], but anywhere, such as on a file system of its own.
    ///
    /// # Errors
    /// As [`Setting::tree`].
    pub(crate) fn tree_at(
        &self,
        root: &Path,
        recipe: &str,
        room: u64,
        make: impl FnOnce(&mut Maker) -> Result<(), Failure>,
    ) -> Result<Tree, Failure> {
        let file = root.with_extension("manifest");
        let stands = fs::read(&file)
            .ok()
            .and_then(|it| serde_json::from_slice::<Manifest>(&it).ok());
        if let Some(manifest) = stands.filter(|it| it.recipe == recipe && root.is_dir()) {
            return Ok(Tree {
                root: root.to_owned(),
                facts: manifest.facts,
            });
        }
        let _ = fs::remove_file(&file);
        if root.exists() {
            fs::remove_dir_all(root).tried("remove", root)?;
        }
        room_for(root.parent().unwrap_or(root), room)?;
        eprintln!("  makes {} ({recipe})", root.display());
        let mut maker = Maker::new(root)?;
        make(&mut maker)?;
        let facts = maker.facts();
        let text = serde_json::to_vec(&Manifest {
            recipe: recipe.to_owned(),
            facts: facts.clone(),
        })
        .expect("a manifest fits JSON");
        rustix::fs::sync();
        fs::write(&file, text).tried("write", &file)?;
        Ok(Tree {
            root: root.to_owned(),
            facts,
        })
    }
}

/// Says whether a disk has the room, with a tenth to spare.
fn room_for(folder: &Path, bytes: u64) -> Result<(), Failure> {
    let disk = rustix::fs::statvfs(folder).tried("ask for the room on", folder)?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    if free / 11 * 10 >= bytes {
        return Ok(());
    }
    let size = |bytes: u64| table::bytes(bytes as f64);
    let words = format!(
        "it needs {} of disk and {} are free",
        size(bytes),
        size(free)
    );
    Err(Failure::other(words))
}

/// Makes a tree and keeps count.
pub(crate) struct Maker {
    root: PathBuf,
    facts: Facts,
    sizes: Vec<u64>,
    /// How many files have each content. Contents of two numbers are never equal.
    copies: HashMap<(u64, u64), u64>,
}

impl Maker {
    fn new(root: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(root).tried("make", root)?;
        let (facts, sizes, copies) = (Facts::default(), Vec::new(), HashMap::new());
        Ok(Self {
            root: root.to_owned(),
            facts,
            sizes,
            copies,
        })
    }

    /// Makes a folder, and those above it.
    pub(crate) fn folder(&mut self, path: &str) -> Result<(), Failure> {
        let whole = self.root.join(path);
        if !whole.is_dir() {
            let depth = path.split('/').count();
            let missing = whole
                .ancestors()
                .take(depth)
                .filter(|it| !it.is_dir())
                .count();
            fs::create_dir_all(&whole).tried("make", &whole)?;
            self.facts.folders += missing as u64;
        }
        Ok(())
    }

    /// Makes a file of the content with that number: two of the same number and size are equal.
    pub(crate) fn file(&mut self, path: &str, size: u64, number: u64) -> Result<(), Failure> {
        let whole = self.root.join(path);
        let mut file = File::create_new(&whole).tried("make", &whole)?;
        Content::new(number)
            .write(&mut file, size)
            .tried("write", &whole)?;
        self.seen(path, size, Some(number));
        Ok(())
    }

    /// Makes a file that is equal to every other of this number except for 64 KiB at `place`.
    pub(crate) fn patched(
        &mut self,
        path: &str,
        size: u64,
        number: u64,
        place: u64,
        patch: u64,
    ) -> Result<(), Failure> {
        use std::os::unix::fs::FileExt;
        let whole = self.root.join(path);
        let mut file = File::create_new(&whole).tried("make", &whole)?;
        Content::new(number)
            .write(&mut file, size)
            .tried("write", &whole)?;
        let mut bytes = Vec::new();
        Content::new(patch)
            .write(&mut bytes, (size - place).min(64 * 1024))
            .tried("make", &whole)?;
        file.write_all_at(&bytes, place).tried("write", &whole)?;
        self.seen(path, size, None);
        Ok(())
    }

    /// Makes a file that takes no room: all of it is a hole.
    pub(crate) fn hollow(&mut self, path: &str, size: u64) -> Result<(), Failure> {
        let whole = self.root.join(path);
        let file = File::create_new(&whole).tried("make", &whole)?;
        file.set_len(size).tried("stretch", &whole)?;
        self.seen(path, size, None);
        Ok(())
    }

    /// Makes a file with data only at `places`, each with the content of its number.
    pub(crate) fn sparse(
        &mut self,
        path: &str,
        size: u64,
        number: u64,
        places: impl Iterator<Item = (u64, u64)>,
    ) -> Result<(), Failure> {
        use std::io::{Seek, SeekFrom};
        let whole = self.root.join(path);
        let mut file = File::create_new(&whole).tried("make", &whole)?;
        file.set_len(size).tried("stretch", &whole)?;
        for (at, (place, length)) in (0..).zip(places) {
            file.seek(SeekFrom::Start(place)).tried("write", &whole)?;
            let content = Content::new(number.wrapping_mul(1000).wrapping_add(at));
            content.write(&mut file, length).tried("write", &whole)?;
        }
        self.seen(path, size, Some(number));
        Ok(())
    }

    /// Makes a file that shares all its bytes on the disk with one that stands.
    pub(crate) fn reflink(&mut self, from: &str, path: &str, number: u64) -> Result<(), Failure> {
        let (source, whole) = (self.root.join(from), self.root.join(path));
        let source = File::open(&source).tried("open", &source)?;
        let file = File::create_new(&whole).tried("make", &whole)?;
        rustix::fs::ioctl_ficlone(&file, &source).tried("make a shared copy at", &whole)?;
        let size = source.metadata().tried("ask for", &whole)?.len();
        self.seen(path, size, Some(number));
        Ok(())
    }

    /// Gives a file that stands one more name.
    pub(crate) fn link(&mut self, from: &str, path: &str) -> Result<(), Failure> {
        let whole = self.root.join(path);
        fs::hard_link(self.root.join(from), &whole).tried("link", &whole)?;
        self.named(path);
        Ok(())
    }

    /// Makes a file of known text.
    pub(crate) fn text(&mut self, path: &str, text: &str) -> Result<(), Failure> {
        self.bytes(path, text.as_bytes())
    }

    /// Makes a file of known bytes.
    pub(crate) fn bytes(&mut self, path: &str, bytes: &[u8]) -> Result<(), Failure> {
        let whole = self.root.join(path);
        let mut file = File::create_new(&whole).tried("make", &whole)?;
        file.write_all(bytes).tried("write", &whole)?;
        self.seen(path, bytes.len() as u64, None);
        Ok(())
    }

    /// Returns where a path of the tree is, for what is made by other means, and counts it.
    pub(crate) fn foreign(&mut self, path: &str) -> PathBuf {
        self.named(path);
        self.root.join(path)
    }

    fn seen(&mut self, path: &str, size: u64, number: Option<u64>) {
        self.named(path);
        self.facts.bytes += size;
        self.sizes.push(size);
        if let Some(number) = number {
            *self.copies.entry((number, size)).or_default() += 1;
        }
    }

    fn named(&mut self, path: &str) {
        self.facts.files += 1;
        self.facts.name_bytes += path.rsplit('/').next().unwrap_or(path).len() as u64;
    }

    fn facts(mut self) -> Facts {
        self.sizes.sort_unstable();
        let repeated = self.copies.values().filter(|count| **count > 1);
        Facts {
            groups: repeated.clone().count() as u64,
            redundant: repeated.map(|count| count - 1).sum(),
            median: self.sizes.get(self.sizes.len() / 2).copied().unwrap_or(0),
            largest: self.sizes.last().copied().unwrap_or(0),
            ..self.facts
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_counted_as_it_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let mut maker = Maker::new(&folder.path().join("tree")).unwrap();
        maker.folder("a/b").unwrap();
        maker.folder("a").unwrap();
        maker.file("a/one", 100, 1).unwrap();
        maker.file("a/b/two", 100, 1).unwrap();
        maker.file("a/b/three", 100, 2).unwrap();
        maker.link("a/one", "a/b/four").unwrap();
        maker.hollow("five", 1000).unwrap();
        let same = |a: &str, b: &str| {
            let read = |name| fs::read(folder.path().join("tree").join(name)).unwrap();
            read(a) == read(b)
        };
        assert!(same("a/one", "a/b/two") && !same("a/one", "a/b/three"));
        let expected = Facts {
            files: 5,
            folders: 2,
            bytes: 1300,
            name_bytes: 19,
            groups: 1,
            redundant: 1,
            median: 100,
            largest: 1000,
        };
        assert_eq!(maker.facts(), expected);
    }

    #[test]
    fn no_tree_fills_a_disk() {
        let folder = tempfile::tempdir().unwrap();
        assert!(room_for(folder.path(), 1).is_ok());
        assert!(room_for(folder.path(), u64::MAX / 2).is_err());
    }
}
