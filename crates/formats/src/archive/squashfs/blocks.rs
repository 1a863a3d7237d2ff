//! The bytes of a file in a SquashFS.

use std::{
    io::{self, Read, Seek},
    rc::Rc,
};

use super::{
    super::error::damaged,
    Header,
    inode::File,
    metadata::{Place, Store},
};

/// Entries of the table of shared blocks in one block of it, and what each takes.
const IN_BLOCK: u32 = 512;
const ENTRY: u16 = 16;

pub(super) struct Blocks<'a, 'b, S> {
    store: &'a mut Store<'b, S>,
    header: &'a Header,
    file: &'a File,
    /// How many of its blocks were read, and where the next one lies.
    taken: usize,
    next: u64,
    left: u64,
    block: Rc<[u8]>,
    at: usize,
    end: usize,
}

impl<'a, 'b, S: Read + Seek> Blocks<'a, 'b, S> {
    pub(super) fn of(store: &'a mut Store<'b, S>, header: &'a Header, file: &'a File) -> Self {
        Self {
            store,
            header,
            file,
            taken: 0,
            next: file.at,
            left: file.size,
            block: Rc::from([]),
            at: 0,
            end: 0,
        }
    }

    fn next_block(&mut self) -> io::Result<()> {
        let most = self.header.block as usize;
        let due = usize::try_from(self.left).unwrap_or(most).min(most);
        let (block, from) = match self.file.blocks.get(self.taken) {
            // A block of zeros takes no room.
            Some(0) => (Rc::from(vec![0; due]), 0),
            Some(size) => {
                let block = self.store.data(self.next, *size, most)?;
                self.next = self.next.saturating_add(u64::from(size & 0xff_ffff));
                (block, 0)
            }
            None => self.fragment()?,
        };
        self.taken += 1;
        self.end = from + due;
        if self.end > block.len() {
            return Err(damaged("a block is shorter than it must be"));
        }
        (self.block, self.at) = (block, from);
        self.left -= due as u64;
        Ok(())
    }

    /// Reads the block that the end of the file shares; returns where in it that lies.
    fn fragment(&mut self) -> io::Result<(Rc<[u8]>, usize)> {
        let fragment = self
            .file
            .fragment
            .filter(|it| it.0 < self.header.fragments.1);
        let (number, offset) = fragment.ok_or_else(|| damaged("its end lies nowhere"))?;
        let table = self
            .header
            .fragments
            .0
            .saturating_add(u64::from(number / IN_BLOCK) * 8);
        let table = self.store.number(table)?;
        let place = Place {
            block: 0,
            offset: (number % IN_BLOCK) as u16 * ENTRY,
        };
        let mut entry = self.store.reader(table, place);
        let (at, size) = (entry.longest()?, entry.long()?);
        let block = self.store.data(at, size, self.header.block as usize)?;
        Ok((block, offset as usize))
    }
}

impl<S: Read + Seek> Read for Blocks<'_, '_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.at == self.end {
            if self.left == 0 {
                return Ok(0);
            }
            self.next_block()?;
        }
        let left = &self.block[self.at..self.end];
        let length = left.len().min(buffer.len());
        buffer[..length].copy_from_slice(&left[..length]);
        self.at += length;
        Ok(length)
    }
}
