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

/// Returns whether `path` is, or lies in, what `pattern` names; a `*` never reaches across a `/`.
#[must_use]
pub fn holds_path(pattern: &Path, path: &Path) -> bool {
    let mut names = path.components();
    let fits_so_far = pattern.components().all(|part| match (part, names.next()) {
        (Component::Normal(part), Some(Component::Normal(name))) => {
            fits(part.as_encoded_bytes(), name.as_encoded_bytes())
        }
        (part, name) => part == Component::RootDir && name == Some(part),
    });
    // Where a path with `..` leads cannot be told without a disk.
    pattern.has_root() && fits_so_far && names.all(|name| matches!(name, Component::Normal(_)))
}

/// Returns the names of an absolute path from `/` on, or nothing if it is relative or climbs
/// with `..`: where such a path leads cannot be told without a disk.
#[cfg(feature = "junk")]
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
    fn a_star_stays_inside_its_component_and_below_it_lies_all() {
        for (pattern, path, expected) in [
            ("/home/*/x", "/home/ada/x", true),
            ("/home/*/x", "/home/ada/x/y/z", true),
            ("/home/*/x", "/home/ada/y/x", false),
            ("/home/*/x", "/home/ada", false),
            ("/a/*.part", "/a/.part", true),
            ("/a/*.part", "/a/film.part.txt", false),
            ("/a/b", "/a/./b/", true),
            ("/a/b", "/a/bc", false),
            ("/a/b", "/a/b/../c", false),
            ("a/b", "a/b", false),
        ] {
            assert_eq!(
                holds_path(Path::new(pattern), Path::new(path)),
                expected,
                "{pattern} {path}"
            );
        }
    }
}
