//! Names and paths with `*` in them.

use std::path::{Component, Path};

/// Returns whether `name` fits `pattern`, where `*` stands for any run of bytes and nothing else
/// is special.
#[must_use]
pub fn fits(pattern: &[u8], name: &[u8]) -> bool {
    // Greedy with one point to go back to: linear in practice, at worst |pattern| x |name|.
    let (mut p, mut n) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                back = Some((p + 1, n));
                p += 1;
            }
            Some(byte) if *byte == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match back {
                Some((after_star, at)) => {
                    back = Some((after_star, at + 1));
                    p = after_star;
                    n = at + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// Returns whether the whole of `path` fits `pattern`, component by component; a `*` never
/// reaches across a `/`.
#[must_use]
pub fn fits_path(pattern: &Path, path: &Path) -> bool {
    let (Some(pattern), Some(path)) = (components(pattern), components(path)) else {
        return false;
    };
    pattern.len() == path.len() && pattern.iter().zip(&path).all(|(p, n)| fits(p, n))
}

/// Returns the names of an absolute path from `/` on, or nothing if it is relative or climbs
/// with `..`: where such a path leads cannot be told without a disk.
pub(crate) fn components(path: &Path) -> Option<Vec<&[u8]>> {
    let mut parts = path.components();
    if parts.next() != Some(Component::RootDir) {
        return None;
    }
    parts
        .map(|part| match part {
            Component::Normal(name) => Some(name.as_encoded_bytes()),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_inside_its_component() {
        for (pattern, path, expected) in [
            ("/home/*/x", "/home/ada/x", true),
            ("/home/*/x", "/home/ada/y/x", false),
            ("/a/*.part", "/a/.part", true),
            ("/a/*.part", "/a/film.part.txt", false),
            ("/a/b", "/a/./b/", true),
            ("/a/b", "/a/c/../b", false),
            ("a/b", "a/b", false),
        ] {
            assert_eq!(
                fits_path(Path::new(pattern), Path::new(path)),
                expected,
                "{pattern} {path}"
            );
        }
    }
}
