//! Stdout as a descriptor, for what is written in large pieces.

use std::{
    io::{self, BufWriter, Write},
    os::fd::AsFd,
};

/// Stdout without the line buffer of the standard library, which looks for line ends in megabytes.
pub(crate) struct Stdout;

impl Stdout {
    /// Returns stdout behind a buffer: large enough that a report is a few writes, small enough to
    /// stay in the processor's cache.
    pub(crate) fn buffered() -> BufWriter<Self> {
        BufWriter::with_capacity(64 * 1024, Self)
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(io::stdout().as_fd(), bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
