//! What a SquashFS says of a file or folder.

use std::io::{self, Read, Seek};

use super::{
    super::{Exceeded, error::damaged},
    Header,
    metadata::{Place, Reader, Store},
};

/// No part of a file lies in a block that it shares.
const NONE: u32 = u32::MAX;

pub(super) struct Inode {
    pub(super) mode: u16,
    pub(super) modified: u32,
    pub(super) what: What,
}

pub(super) enum What {
    Folder { at: Place, size: u32 },
    File(File),
    Link(Vec<u8>),
    Special(&'static str),
}

pub(super) struct File {
    pub(super) size: u64,
    /// Where its own blocks begin.
    pub(super) at: u64,
    /// How long each of them is, as it lies there.
    pub(super) blocks: Vec<u32>,
    /// The number of the block that its end shares with others, and where it lies in that.
    pub(super) fragment: Option<(u32, u32)>,
    pub(super) has_more_names: bool,
}

impl Inode {
    pub(super) fn read<S: Read + Seek>(
        store: &mut Store<'_, S>,
        header: &Header,
        place: Place,
    ) -> io::Result<Self> {
        let budget = store.budget();
        let longest = budget.limits().bytes;
        let mut reader = store.reader(header.inodes, place);
        let kind = reader.word()?;
        let mode = reader.word()?;
        reader.long()?;
        let modified = reader.long()?;
        reader.long()?;
        let what = match kind {
            1 => {
                let block = reader.long()?.into();
                reader.long()?;
                let size = reader.word()?.into();
                let offset = reader.word()?;
                What::Folder {
                    at: Place { block, offset },
                    size,
                }
            }
            8 => {
                reader.long()?;
                let size = reader.long()?;
                let block = reader.long()?.into();
                reader.long()?;
                reader.word()?;
                let offset = reader.word()?;
                What::Folder {
                    at: Place { block, offset },
                    size,
                }
            }
            2 => {
                let at = reader.long()?.into();
                let fragment = (reader.long()?, reader.long()?);
                let size = reader.long()?.into();
                What::File(file(
                    &mut reader,
                    header,
                    longest,
                    at,
                    size,
                    fragment,
                    false,
                )?)
            }
            9 => {
                let at = reader.longest()?;
                let size = reader.longest()?;
                reader.longest()?;
                let has_more_names = reader.long()? > 1;
                let fragment = (reader.long()?, reader.long()?);
                reader.long()?;
                What::File(file(
                    &mut reader,
                    header,
                    longest,
                    at,
                    size,
                    fragment,
                    has_more_names,
                )?)
            }
            3 | 10 => {
                reader.long()?;
                let length = reader.long()? as usize;
                if length > budget.limits().name {
                    return Err(io::Error::other(Exceeded::Name(budget.limits().name)));
                }
                What::Link(reader.bytes(length)?)
            }
            4 | 11 => What::Special("a block device"),
            5 | 12 => What::Special("a character device"),
            6 | 13 => What::Special("a pipe"),
            7 | 14 => What::Special("a socket"),
            _ => return Err(damaged("something of a kind that there is none of")),
        };
        Ok(Self {
            mode,
            modified,
            what,
        })
    }
}

fn file<S: Read + Seek>(
    reader: &mut Reader<'_, '_, S>,
    header: &Header,
    longest: u64,
    at: u64,
    size: u64,
    fragment: (u32, u32),
    has_more_names: bool,
) -> io::Result<File> {
    if size > longest {
        return Err(io::Error::other(Exceeded::Bytes(longest)));
    }
    let block = u64::from(header.block);
    let fragment = (fragment.0 != NONE).then_some(fragment);
    let many = match fragment {
        Some(_) => size / block,
        None => size.div_ceil(block),
    };
    let mut blocks = Vec::new();
    for _ in 0..many {
        blocks.push(reader.long()?);
    }
    Ok(File {
        size,
        at,
        blocks,
        fragment,
        has_more_names,
    })
}
