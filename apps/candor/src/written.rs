//! Texts that a person writes for Candor: what stays, what is allowed, which lists are theirs.

use std::{
    io::{self, Read},
    path::Path,
};

#[cfg(any(feature = "clean", feature = "history"))]
use crate::failure::Failure;

/// A longer file is none that a person wrote.
const LONGEST: u64 = 1 << 20;

/// Returns the text of such a file; `None` if it is not there.
///
/// # Errors
/// When it is there and cannot be read, or is longer than 1 MiB. What it says is not known then.
pub(crate) fn text(path: &Path) -> io::Result<Option<String>> {
    let mut text = String::new();
    let read =
        crate::regular::open(path).and_then(|it| it.take(LONGEST + 1).read_to_string(&mut text));
    match read {
        Ok(_) if text.len() as u64 <= LONGEST => Ok(Some(text)),
        Ok(_) => Err(io::Error::other("it is longer than 1 MiB")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the lines of such a file; none if it is not there. `what` is what it says: "what is to stay".
///
/// # Errors
/// When it is there and cannot be read, with `help` on what may stand in it.
#[cfg(any(feature = "clean", feature = "history"))]
pub(crate) fn lines(path: &Path, what: &str, help: &str) -> Result<Vec<String>, Failure> {
    let text = text(path).map_err(|error| {
        let shown = tool::path_text::shown(path.as_os_str());
        Failure::new(format!("cannot read {what}, `{shown}`"))
            .because(&error)
            .help(help)
    })?;
    let text = text.unwrap_or_default();
    Ok(text.lines().map(str::to_owned).collect())
}
