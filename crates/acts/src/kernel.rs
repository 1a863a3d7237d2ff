//! What differs between systems. Two requests have no wrapper in `rustix` 1.1: sharing the bytes of
//! equal files, and a lease that tells whether somebody writes to a file.
//!
//! Everything unsafe is one `ioctl` on a block of integers that any bits are valid for, and two `fcntl`
//! with plain numbers.
//!
//! Sources: ioctl_fideduperange(2) and F_GETLEASE(2const), Linux man-pages 6.9;
//! include/uapi/linux/fs.h of Linux 6.12.
#![allow(unsafe_code)]

#[cfg(target_os = "linux")]
use std::os::fd::AsRawFd;
use std::os::fd::OwnedFd;

use rustix::{
    fs::OFlags,
    io::{Errno, Result},
};

/// Bytes that are shared with one call: no file system takes more at a time everywhere.
pub(crate) const CHUNK: u64 = 16 << 20;

/// What the file system did with one chunk.
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "it does nothing there")
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shared {
    /// So many bytes are equal and now stand on the disk once.
    Bytes(u64),
    /// The bytes differ; nothing was done.
    Differs,
}

/// Lets `into` share the bytes at `offset` with `from`, if they are equal. The kernel compares them
/// while nobody can write, and changes neither content nor times.
///
/// # Errors
/// The system's: `EOPNOTSUPP` or `EINVAL` where the file system cannot.
#[cfg(target_os = "linux")]
pub(crate) fn share(from: &OwnedFd, into: &OwnedFd, offset: u64, length: u64) -> Result<Shared> {
    const FIDEDUPERANGE: libc::Ioctl = 0xC018_9436;
    const DIFFERS: i32 = 1;
    #[repr(C)]
    struct Request {
        src_offset: u64,
        src_length: u64,
        dest_count: u16,
        reserved1: u16,
        reserved2: u32,
        dest_fd: i64,
        dest_offset: u64,
        bytes_deduped: u64,
        status: i32,
        reserved: u32,
    }
    let mut request = Request {
        src_offset: offset,
        src_length: length,
        dest_count: 1,
        reserved1: 0,
        reserved2: 0,
        dest_fd: i64::from(into.as_raw_fd()),
        dest_offset: offset,
        bytes_deduped: 0,
        status: 0,
        reserved: 0,
    };
    // SAFETY: the request has the layout of `struct file_dedupe_range` with one `info`, is as long as
    // `dest_count` says, and holds integers only, so that whatever the kernel writes is valid.
    let answer = unsafe { libc::ioctl(from.as_raw_fd(), FIDEDUPERANGE, &raw mut request) };
    checked(answer)?;
    match request.status {
        0 => Ok(Shared::Bytes(request.bytes_deduped)),
        DIFFERS => Ok(Shared::Differs),
        error => Err(Errno::from_raw_os_error(error.saturating_neg())),
    }
}

/// macOS has no such request: `clonefile` would replace the file unseen.
#[cfg(not(target_os = "linux"))]
pub(crate) fn share(_: &OwnedFd, _: &OwnedFd, _: u64, _: u64) -> Result<Shared> {
    Err(Errno::OPNOTSUPP)
}

/// Keeps writers away from a file that is open for reading, until it is closed: who opens it for
/// writing meanwhile waits. Where the system grants that to nobody but the owner, or not at all, nothing
/// happens.
///
/// # Errors
/// `EAGAIN` when somebody has the file open for writing now.
#[cfg(target_os = "linux")]
pub(crate) fn keep_writers_away(file: &OwnedFd) -> Result<()> {
    // include/uapi/asm-generic/fcntl.h
    const F_SETSIG: libc::c_int = 10;
    // Whoever waits for us is announced with a signal. The usual one would end the process; this one
    // is ignored unless somebody asks for it.
    // SAFETY: plain numbers on a descriptor that is borrowed for the call.
    let signal = unsafe { libc::fcntl(file.as_raw_fd(), F_SETSIG, libc::SIGURG) };
    if signal == -1 {
        return Ok(());
    }
    // SAFETY: as above.
    let answer = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, libc::F_RDLCK) };
    match checked(answer) {
        Err(Errno::AGAIN) => Err(Errno::AGAIN),
        _ => Ok(()),
    }
}

/// Returns whether anybody but the caller has a file open, whoever they are; a mapped file counts.
///
/// # Errors
/// The system's where that cannot be asked: `EACCES` of another user's file, `EINVAL` where the file
/// system grants no leases.
#[cfg(target_os = "linux")]
pub(crate) fn is_open_elsewhere(file: &OwnedFd) -> Result<bool> {
    const F_SETSIG: libc::c_int = 10;
    // SAFETY: plain numbers on a descriptor that is borrowed for the call; the signal as above.
    checked(unsafe { libc::fcntl(file.as_raw_fd(), F_SETSIG, libc::SIGURG) })?;
    // A lease for writing is granted only to the one who has the file open alone.
    // SAFETY: as above.
    match checked(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, libc::F_WRLCK) }) {
        Err(Errno::AGAIN) => return Ok(true),
        answer => answer?,
    }
    // SAFETY: as above.
    checked(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, libc::F_UNLCK) })?;
    Ok(false)
}

/// macOS has no leases.
#[cfg(not(target_os = "linux"))]
pub(crate) fn is_open_elsewhere(_: &OwnedFd) -> Result<bool> {
    Err(Errno::NOTSUP)
}

/// macOS has no leases: nobody is kept away, and the looks before and after have to do.
#[cfg(not(target_os = "linux"))]
pub(crate) fn keep_writers_away(_: &OwnedFd) -> Result<()> {
    Ok(())
}

/// How a folder is opened that is only a way: it need not be readable.
#[cfg(target_os = "linux")]
pub(crate) const WAY: OFlags = OFlags::PATH.union(OFlags::DIRECTORY);
#[cfg(not(target_os = "linux"))]
pub(crate) const WAY: OFlags = OFlags::DIRECTORY;

/// A file is read without a note of that in its access time, where that may be asked for.
#[cfg(target_os = "linux")]
pub(crate) const NO_ACCESS_TIME: OFlags = OFlags::NOATIME;
#[cfg(not(target_os = "linux"))]
pub(crate) const NO_ACCESS_TIME: OFlags = OFlags::empty();

/// Returns which device and which mount of it an open folder is on: nothing can be moved between two.
#[cfg(target_os = "linux")]
pub(crate) fn mount(folder: &OwnedFd) -> Result<(u64, u64)> {
    use rustix::fs::{AtFlags, StatxFlags, makedev, statx};
    let found = statx(folder, c"", AtFlags::EMPTY_PATH, StatxFlags::MNT_ID)?;
    let device = makedev(found.stx_dev_major, found.stx_dev_minor);
    Ok((device, found.stx_mnt_id))
}

/// On macOS a device has one mount.
#[cfg(not(target_os = "linux"))]
pub(crate) fn mount(folder: &OwnedFd) -> Result<(u64, u64)> {
    let device = rustix::fs::fstat(folder)?.st_dev as u64;
    Ok((device, device))
}

#[cfg(target_os = "linux")]
fn checked(answer: libc::c_int) -> Result<()> {
    match answer {
        -1 => Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)),
        _ => Ok(()),
    }
}
