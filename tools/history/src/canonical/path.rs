//! The path of an address: `/a/./b//../c` is `/a/c`.

use std::borrow::Cow;

/// Returns the path without `.`, `..` and empty names; it begins with `/`.
pub(super) fn resolved(path: &[u8]) -> Cow<'_, [u8]> {
    let is_mark = |two: &[u8]| two[0] == b'/' && matches!(two[1], b'/' | b'.');
    let has_marks = path.windows(2).fold(false, |any, two| any | is_mark(two));
    if path.starts_with(b"/") && !has_marks {
        return Cow::Borrowed(path);
    }
    let mut names: Vec<&[u8]> = Vec::new();
    let mut ends_in_folder = true;
    for name in path.split(|byte| *byte == b'/') {
        ends_in_folder = matches!(name, b"" | b"." | b"..");
        match name {
            b"" | b"." => {}
            b".." => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    let mut out = vec![b'/'];
    out.extend(names.join(&b'/'));
    if ends_in_folder && !names.is_empty() {
        out.push(b'/');
    }
    Cow::Owned(out)
}
