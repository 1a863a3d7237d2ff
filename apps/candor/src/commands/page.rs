//! The report as a page, in the file that the person named. No file is written over but such a page.

use std::{
    ffi::OsString,
    fs,
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;

use crate::failure::Failure;

/// The mark stands within this many bytes from the start.
const HEAD: u64 = 1 << 10;

/// Writes a page; an earlier page of Candor is replaced whole.
///
/// # Errors
/// When another file, a link or a folder is there, or the page cannot be written.
pub(super) fn replace(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let shown = tool::path_text::shown(file.as_os_str());
    let written = match is_ours(file) {
        Ok(true) => over(file, bytes),
        Ok(false) => {
            return Err(
                Failure::new(format!("`{shown}` is there, and no page that Candor wrote"))
                    .help("nothing was written over; name a file that is not there yet"),
            );
        }
        // A file that comes to be there in between stays.
        Err(error) if error.kind() == io::ErrorKind::NotFound => new(file, bytes),
        Err(error) => Err(error),
    };
    written.map_err(|error| {
        Failure::new(format!("cannot write the report to `{shown}`"))
            .because(&error)
            .help("name a file in a folder you can write to")
    })
}

/// Returns whether a page of ours is there; a link is none, wherever it leads.
fn is_ours(file: &Path) -> io::Result<bool> {
    if !fs::symlink_metadata(file)?.is_file() {
        return Ok(false);
    }
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let open = fs::OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(file)?;
    if !open.metadata()?.is_file() {
        return Ok(false);
    }
    let mut head = Vec::new();
    open.take(HEAD).read_to_end(&mut head)?;
    let mark = report::PAGE_MARK.as_bytes();
    Ok(head.windows(mark.len()).any(|it| it == mark))
}

fn over(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = OsString::from(".");
    name.push(file.file_name().unwrap_or_default());
    name.push(format!(".candor-{}", std::process::id()));
    let beside: PathBuf = file.with_file_name(name);
    new(&beside, bytes)?;
    fs::rename(&beside, file).inspect_err(|_| drop(fs::remove_file(&beside)))
}

fn new(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut out = fs::File::create_new(file)?;
    // Half a page is none.
    out.write_all(bytes)
        .inspect_err(|_| drop(fs::remove_file(file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_of_ours_is_replaced_and_never_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let page = |text: &str| format!("<!doctype html>\n{}1\">{text}", report::PAGE_MARK);
        replace(&at("page.html"), page("one").as_bytes()).unwrap();
        replace(&at("page.html"), page("two").as_bytes()).unwrap();
        assert_eq!(fs::read_to_string(at("page.html")).unwrap(), page("two"));
        fs::write(at("letter"), "dear").unwrap();
        fs::create_dir(at("folder")).unwrap();
        for (link, to) in [
            ("to-page", "page.html"),
            ("to-letter", "letter"),
            ("to-none", "none"),
        ] {
            std::os::unix::fs::symlink(at(to), at(link)).unwrap();
        }
        for name in ["letter", "folder", "to-page", "to-letter", "to-none"] {
            let said = replace(&at(name), b"new").unwrap_err().to_string();
            assert!(said.contains("help: nothing was written over"), "{said}");
        }
        assert_eq!(fs::read_to_string(at("letter")).unwrap(), "dear");
        assert_eq!(fs::read_to_string(at("page.html")).unwrap(), page("two"));
        assert!(!at("none").exists());
        // Nothing of the moment stays behind.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 6);
    }
}
