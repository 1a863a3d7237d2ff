//! What a mode of Unix says a file is.

/// The bits that say it, and what they are for a folder and a symbolic link.
pub(super) const KIND: u32 = 0o170_000;
pub(super) const FOLDER: u32 = 0o040_000;
pub(super) const LINK: u32 = 0o120_000;

/// Returns what nobody unpacks by its name, if this is the mode of such.
///
/// Source: POSIX.1-2017, `<sys/stat.h>`; the numbers are those of every Unix, and of pax and cpio.
pub(super) fn special(mode: u32) -> Option<&'static str> {
    match mode & KIND {
        0o010_000 => Some("a pipe"),
        0o020_000 => Some("a character device"),
        0o060_000 => Some("a block device"),
        0o140_000 => Some("a socket"),
        _ => None,
    }
}
