//! Equal folders the plain way: everything is read, nothing is clever.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::{
        ffi::OsStrExt,
        fs::{FileTypeExt, MetadataExt},
    },
    path::{Path, PathBuf},
};

pub(crate) type Groups = BTreeSet<BTreeSet<PathBuf>>;

/// What every folder holds, written out whole, and whether there is a byte of content in it.
pub(crate) fn equal_folders(root: &Path) -> BTreeMap<PathBuf, (Vec<u8>, bool)> {
    let mut all = BTreeMap::new();
    written_out(root, root, &mut all);
    all
}

fn written_out(
    folder: &Path,
    root: &Path,
    all: &mut BTreeMap<PathBuf, (Vec<u8>, bool)>,
) -> (Vec<u8>, bool) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().path())
        .collect();
    entries.sort();
    let (mut text, mut has_content) = (Vec::new(), false);
    for path in entries {
        let meta = fs::symlink_metadata(&path).unwrap();
        let kind = meta.file_type();
        let (letter, content) = if kind.is_dir() {
            let (content, inside) = written_out(&path, root, all);
            has_content |= inside;
            (b'd', content)
        } else if kind.is_file() {
            has_content |= meta.len() > 0;
            // Large files would be written out at every level.
            (b'f', digest(&fs::read(&path).unwrap()))
        } else if kind.is_symlink() {
            let target = fs::read_link(&path).unwrap();
            (b'l', target.as_os_str().as_bytes().to_vec())
        } else {
            assert!(kind.is_fifo(), "nothing else is in the trees");
            (b's', meta.rdev().to_string().into_bytes())
        };
        let name = path.file_name().unwrap().as_bytes();
        text.push(letter);
        for part in [name, &content] {
            text.extend(part.len().to_le_bytes());
            text.extend(part);
        }
    }
    // A folder stands in the text of the one above by a digest of its own.
    let whole = (digest(&text), has_content);
    all.insert(folder.strip_prefix(root).unwrap().to_owned(), whole.clone());
    whole
}

/// FNV-1a with 128 bits, of Fowler, Noll and Vo, and the length.
fn digest(bytes: &[u8]) -> Vec<u8> {
    let prime = 0x0000_0000_0100_0000_0000_0000_0000_013B_u128;
    let mut hash = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128;
    for byte in bytes {
        hash = (hash ^ u128::from(*byte)).wrapping_mul(prime);
    }
    [&hash.to_le_bytes()[..], &bytes.len().to_le_bytes()].concat()
}

/// Groups of equal folders with content, where what follows of the folders above is told once.
pub(crate) fn told_once(all: &BTreeMap<PathBuf, (Vec<u8>, bool)>) -> Groups {
    let mut groups: BTreeMap<&[u8], Vec<&PathBuf>> = BTreeMap::new();
    for (path, (text, has_content)) in all {
        if *has_content {
            groups.entry(text).or_default().push(path);
        }
    }
    let is_shared = |path: &Path| groups.get(&all[path].0[..]).is_some_and(|it| it.len() > 1);
    let mut told = Groups::new();
    for paths in groups.values() {
        let mut followers = BTreeSet::new();
        let mut group = BTreeSet::new();
        for path in paths {
            let above = path.parent().filter(|above| is_shared(above));
            let is_new =
                above.is_none_or(|above| followers.insert((&all[above].0, path.file_name())));
            if is_new {
                group.insert((*path).clone());
            }
        }
        if group.len() > 1 {
            told.insert(group);
        }
    }
    told
}
