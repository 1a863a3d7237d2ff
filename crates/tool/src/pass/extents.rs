//! Which bytes of a disk a file stands on: shared, its own, or none at all.
//!
//! One of the few places in Candor that hold unsafe code: the FIEMAP request has no wrapper in
//! `rustix` 1.1, and the kernel writes its answer behind a pointer. Everything unsafe is in
//! `request`, whose buffer is a plain array of integers that any bits are valid for.
//!
//! Source: Linux Documentation/filesystems/fiemap.rst and include/uapi/linux/fiemap.h, 6.12.
#![allow(unsafe_code)]

use rustix::{fd::BorrowedFd, io};

/// A run of a file's bytes and where the disk holds it. All three are bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Extent {
    /// Where the run begins in the file.
    pub logical: u64,
    /// Where it begins on the device.
    pub physical: u64,
    /// How long it is.
    pub length: u64,
}

/// What is known of a file's extents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extents {
    /// Every extent with a place on the device, in file order.
    pub placed: Vec<Extent>,
    /// Bytes of extents that no other file refers to.
    pub own: u64,
    /// Bytes of extents that another file, or a snapshot, refers to as well.
    pub shared: u64,
    /// False when some extent has no settled place (not yet written, inline, encoded): then equal
    /// places prove nothing.
    pub settled: bool,
}

const ROOM: usize = 120;
const HEADER_WORDS: usize = 4;
const EXTENT_WORDS: usize = 7;
/// More extents than this in one file and the rest counts as shared: nothing is promised for it.
const MOST_EXTENTS: usize = 1 << 20;

const LAST: u32 = 0x1;
const UNKNOWN: u32 = 0x2;
const DELAYED: u32 = 0x4;
const ENCODED: u32 = 0x8;
const INLINE: u32 = 0x200;
const SHARED: u32 = 0x2000;

/// Asks the file system for the extents of an open file of `size` bytes.
///
/// The file is not read and nothing is written back first, so bytes that are still on their way to
/// the disk are `settled: false`.
///
/// # Errors
/// The system's error, `EOPNOTSUPP` among them, when the file system does not tell.
pub fn extents(file: BorrowedFd<'_>, size: u64) -> io::Result<Extents> {
    let mut found = Extents {
        settled: true,
        ..Extents::default()
    };
    let mut start = 0;
    while start < size {
        let answer = request(file, start)?;
        // Word 2 holds, in its low half, how many extents were written.
        let count = (answer[2] >> 32) as usize;
        let mut last = count == 0;
        for index in 0..count.min(ROOM) {
            let words = &answer[HEADER_WORDS + index * EXTENT_WORDS..][..EXTENT_WORDS];
            let extent = Extent {
                logical: words[0],
                physical: words[1],
                length: words[2],
            };
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the flags are the low half"
            )]
            let flags = words[5] as u32;
            last |= flags & LAST != 0;
            match flags & SHARED != 0 {
                true => found.shared = found.shared.saturating_add(extent.length),
                false => found.own = found.own.saturating_add(extent.length),
            }
            found.settled &= flags & (UNKNOWN | DELAYED | ENCODED | INLINE) == 0;
            let end = extent.logical.saturating_add(extent.length);
            // A file system that does not move on would keep us here for ever.
            last |= end <= start;
            start = end;
            found.placed.push(extent);
        }
        if found.placed.len() > MOST_EXTENTS {
            found.shared = found.shared.saturating_add(size.saturating_sub(start));
            found.settled = false;
            break;
        }
        if last {
            break;
        }
    }
    Ok(found)
}

type Answer = [u64; HEADER_WORDS + ROOM * EXTENT_WORDS];

#[cfg(target_os = "linux")]
fn request(file: BorrowedFd<'_>, start: u64) -> io::Result<Answer> {
    use rustix::ioctl::{Opcode, Updater, ioctl};

    // struct fiemap: u64 start, u64 length, u32 flags, u32 mapped, u32 room, u32 reserved; then
    // struct fiemap_extent: u64 logical, physical, length, 2 reserved, u32 flags, 3 reserved.
    const FS_IOC_FIEMAP: Opcode =
        rustix::ioctl::opcode::read_write::<[u64; HEADER_WORDS]>(b'f', 11);
    let mut answer: Answer = [0; HEADER_WORDS + ROOM * EXTENT_WORDS];
    answer[0] = start;
    answer[1] = u64::MAX - start;
    answer[3] = u64::from_ne_bytes(halves(ROOM as u32, 0));
    // SAFETY: the opcode is FIEMAP's, which reads the header and writes at most `room` extents
    // behind it; `Answer` is exactly that large, and any bits are valid integers.
    unsafe { ioctl(file, Updater::<FS_IOC_FIEMAP, Answer>::new(&mut answer))? };
    // Read back in the order `extents` expects, whatever the machine's byte order.
    let [_, _, _, _, a, b, c, d] = answer[2].to_ne_bytes();
    answer[2] = u64::from(u32::from_ne_bytes([a, b, c, d])) << 32;
    for index in 0..ROOM {
        let flags = &mut answer[HEADER_WORDS + index * EXTENT_WORDS + 5];
        let [a, b, c, d, ..] = flags.to_ne_bytes();
        *flags = u64::from(u32::from_ne_bytes([a, b, c, d]));
    }
    Ok(answer)
}

#[cfg(target_os = "linux")]
fn halves(first: u32, second: u32) -> [u8; 8] {
    let (first, second) = (first.to_ne_bytes(), second.to_ne_bytes());
    std::array::from_fn(|i| if i < 4 { first[i] } else { second[i - 4] })
}

/// No other system we know tells extents this way.
#[cfg(not(target_os = "linux"))]
fn request(_: BorrowedFd<'_>, _: u64) -> io::Result<Answer> {
    Err(io::Errno::NOTSUP)
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, SeekFrom, Write};

    use rustix::fd::AsFd;

    use super::*;

    #[test]
    fn extents_cover_what_was_written_or_the_file_system_says_no() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[7; 300_000]).unwrap();
        file.seek(SeekFrom::Start(10_000_000)).unwrap();
        file.write_all(&[7; 300_000]).unwrap();
        file.sync_all().unwrap();
        match extents(file.as_fd(), 10_300_000) {
            Ok(found) => {
                let covered: u64 = found.placed.iter().map(|extent| extent.length).sum();
                assert_eq!(covered, found.own + found.shared);
                assert!((600_000..10_000_000).contains(&covered), "{found:?}");
                assert!(
                    found
                        .placed
                        .windows(2)
                        .all(|pair| pair[0].logical < pair[1].logical)
                );
            }
            // tmpfs does not know extents.
            Err(error) => assert_eq!(error, io::Errno::NOTSUP),
        }
    }
}
