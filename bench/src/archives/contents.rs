//! What lies in a folder, and whether it is what was packed.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    hash::{DefaultHasher, Hasher},
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
};

use crate::failure::{Failure, Tried};

/// Every regular file below a folder, by its path from there.
///
/// Links, pipes and devices are left out: to open what an unpacker wrote can block.
pub(crate) type Contents = BTreeMap<PathBuf, Print>;

/// A file's size and a hash of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Print {
    pub(crate) size: u64,
    hash: u64,
}

impl Print {
    /// Returns the print of these bytes.
    #[cfg(test)]
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self::read(bytes).expect("bytes in memory can be read")
    }

    fn read(mut input: impl Read) -> std::io::Result<Self> {
        let (mut size, mut hasher) = (0, DefaultHasher::new());
        let mut block = vec![0; 1 << 16];
        loop {
            match input.read(&mut block) {
                Ok(0) => break,
                Ok(count) => {
                    hasher.write(&block[..count]);
                    size += count as u64;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        // How the input was cut into blocks is no part of it: this hasher takes bytes as they come.
        let hash = hasher.finish();
        Ok(Self { size, hash })
    }
}

/// Reads everything below a folder.
///
/// # Errors
/// When something there cannot be read.
pub(crate) fn contents(root: &Path) -> Result<Contents, Failure> {
    let mut found = Contents::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).tried("list", &folder)? {
            let path = entry.tried("list", &folder)?.path();
            let kind = fs::symlink_metadata(&path)
                .tried("ask for", &path)?
                .file_type();
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                let print = File::open(&path).and_then(Print::read);
                let inside = path.strip_prefix(root).unwrap_or(&path).to_owned();
                found.insert(inside, print.tried("read", &path)?);
            }
        }
    }
    Ok(found)
}

/// Returns the contents without the one folder that everything lies in, if there is one.
pub(crate) fn without_top(found: &Contents) -> Option<Contents> {
    let mut top = None;
    let mut inside = Contents::new();
    for (path, print) in found {
        let mut parts = path.components();
        let first = parts.next()?;
        if parts.as_path().as_os_str().is_empty() || *top.get_or_insert(first) != first {
            return None;
        }
        inside.insert(parts.as_path().to_owned(), *print);
    }
    Some(inside)
}

/// Says how two contents differ; `None` when they do not, or only by one folder that all lies in.
pub(crate) fn difference(packed: &Contents, came: &Contents) -> Option<String> {
    let stripped = without_top(came);
    if came == packed || stripped.as_ref() == Some(packed) {
        return None;
    }
    let equal_of = |came: &Contents| {
        let is_equal = |(path, print): &(&PathBuf, &Print)| came.get(*path) == Some(*print);
        packed.iter().filter(is_equal).count()
    };
    let equal = equal_of(came).max(stripped.as_ref().map_or(0, equal_of));
    Some(format!(
        "{equal} of {} files came out as they were packed, {} in all",
        packed.len(),
        came.len()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<const N: usize>(files: [(&str, &[u8]); N]) -> Contents {
        files
            .map(|(path, bytes)| (path.into(), Print::of(bytes)))
            .into()
    }

    #[test]
    fn a_folder_is_read_whole() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("sub")).unwrap();
        fs::write(folder.path().join("sub/one"), vec![7; 200_000]).unwrap();
        fs::write(folder.path().join("two"), "").unwrap();
        std::os::unix::fs::symlink("two", folder.path().join("link")).unwrap();
        let expected = of([("sub/one", &[7; 200_000]), ("two", b"")]);
        assert_eq!(contents(folder.path()).unwrap(), expected);
    }

    #[test]
    fn only_what_is_equal_is_taken_for_it() {
        let packed = of([("a/one", b"1"), ("two", b"2")]);
        assert_eq!(difference(&packed, &packed), None);
        let inside = of([("top/a/one", b"1"), ("top/two", b"2")]);
        assert_eq!(difference(&packed, &inside), None);
        for wrong in [
            of([("a/one", b"1"), ("two", b"3")]),
            of([("a/one", b"1"), ("three", b"2")]),
            of([("a/one", b"1"), ("two", b"2"), ("three", b"3")]),
            of([("top/a/one", b"1"), ("other/two", b"2")]),
            of([("two", b"2")]),
            of([]),
        ] {
            assert!(difference(&packed, &wrong).is_some(), "{wrong:?}");
        }
    }
}
