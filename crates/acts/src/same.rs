//! Whether two open files hold the same bytes.

use std::os::fd::OwnedFd;

use rustix::io::{Errno, pread};
use tool::Identity;

use crate::{
    handle::{compare, of_open},
    refusal::{Refusal, Result},
};

/// Bytes read of each file at a time: both pieces stay in the processor's cache.
const PIECE: usize = 128 * 1024;

/// Compares two open files of `size` bytes from the first byte to behind the last, and looks at both
/// again afterwards: if either changed meanwhile, nothing was shown.
///
/// # Errors
/// [`Refusal::Differs`], [`Refusal::Changed`], or what the system said.
pub(crate) fn same_bytes(one: (&OwnedFd, &Identity), other: (&OwnedFd, &Identity)) -> Result<()> {
    let (mut left, mut right) = (vec![0; PIECE], vec![0; PIECE]);
    let mut at = 0;
    loop {
        let read = fill(one.0, at, &mut left)?;
        if read != fill(other.0, at, &mut right)? || left[..read] != right[..read] {
            return Err(Refusal::Differs);
        }
        at += read as u64;
        if read < PIECE {
            break;
        }
    }
    if at != one.1.size {
        return Err(Refusal::Changed {
            what: "its size changed",
        });
    }
    for (file, seen) in [one, other] {
        compare(seen, &of_open(file)?)?;
    }
    Ok(())
}

/// Reads until the piece is full or the file ends.
fn fill(file: &OwnedFd, at: u64, piece: &mut [u8]) -> Result<usize> {
    let mut filled = 0;
    while filled < piece.len() {
        match pread(file, &mut piece[filled..], at + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(Errno::INTR) => {}
            Err(error) => return Err(Refusal::of("read it")(error)),
        }
    }
    Ok(filled)
}
