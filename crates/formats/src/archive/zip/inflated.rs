//! Deflated entries, one after the other by the same few states: each is larger than most entries, and in between what is
//! kept of entries a heap would fall to pieces.

use std::{
    io::{self, BufRead, BufReader, Read},
    sync::{Mutex, PoisonError},
};

use flate2::{Decompress, FlushDecompress, Status};

use super::super::error::damaged;

/// States that nobody uses now.
pub(super) type States = Mutex<Vec<Decompress>>;

/// How much of what is packed is read at once, in bytes.
const PIECE: u64 = 64 << 10;

/// What was deflated, without a header or a sum.
pub(super) struct Inflated<'a, R> {
    packed: BufReader<R>,
    states: &'a States,
    /// None when it was given back.
    state: Option<Decompress>,
    is_end: bool,
}

impl<'a, R: Read> Inflated<'a, R> {
    /// `length` is how many bytes it was deflated to.
    pub(super) fn new(packed: R, length: u64, states: &'a States) -> Self {
        let spare = states.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Self {
            packed: BufReader::with_capacity(length.clamp(1, PIECE) as usize, packed),
            states,
            state: Some(spare.unwrap_or_else(|| Decompress::new(false))),
            is_end: false,
        }
    }
}

impl<R: Read> Read for Inflated<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(state) = self.state.as_mut().filter(|_| !self.is_end) else {
            return Ok(0);
        };
        while !buffer.is_empty() {
            let packed = self.packed.fill_buf()?;
            let is_all = packed.is_empty();
            let (read, written) = (state.total_in(), state.total_out());
            let status = state.decompress(packed, buffer, FlushDecompress::None);
            let status = status.map_err(|_| damaged("what was deflated is damaged"))?;
            let read = (state.total_in() - read) as usize;
            let written = (state.total_out() - written) as usize;
            self.packed.consume(read);
            self.is_end = status == Status::StreamEnd;
            if written > 0 || self.is_end {
                return Ok(written);
            }
            if is_all {
                return Err(damaged("it ends in an entry"));
            }
        }
        Ok(0)
    }
}

impl<R> Drop for Inflated<'_, R> {
    fn drop(&mut self) {
        let Some(mut state) = self.state.take() else {
            return;
        };
        state.reset(false);
        self.states
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(state);
    }
}
