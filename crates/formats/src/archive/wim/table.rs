//! The list of what lies where: bytes of files by their SHA-1, and the folders of each image.
//!
//! Source: as of the header; for solid resources wimlib's blob_table.c: entries of one that follow each other are a run,
//! in which those with a certain size name resources, and the others lie in these as if they were one after the other.

use std::{
    collections::{HashMap, hash_map},
    io::{self, Read, Seek},
};

use super::{
    super::{Exceeded, error::damaged},
    header::{Extent, Header, array, u16_at, u32_at},
    resource::{Reader, Resource},
};

/// The SHA-1 of bytes.
pub(super) type Hash = [u8; 20];

/// One entry.
const ENTRY: usize = 50;
/// The size that says that an entry is a solid resource.
const IS_RESOURCE: u64 = 1 << 32;

/// What lies where.
pub(super) struct Table {
    /// Folders and names, by image.
    pub(super) images: Vec<Resource>,
    pub(super) solid: Vec<Resource>,
    pub(super) blobs: HashMap<Hash, Blob>,
}

/// Bytes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blob {
    Alone(Resource),
    /// From a place in one of the solid resources.
    In {
        resource: usize,
        at: u64,
        size: u64,
    },
}

impl Blob {
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Alone(resource) => resource.size,
            Self::In { size, .. } => *size,
        }
    }
}

impl Table {
    pub(super) fn read(
        reader: &mut Reader<'_, impl Read + Seek>,
        header: &Header,
    ) -> io::Result<Self> {
        let whole = Resource::alone(&header.table, header);
        // What is made of it takes some times its size.
        let bytes = reader.whole(&whole, reader.memory() / 4)?;
        let mut table = Self {
            images: Vec::new(),
            solid: Vec::new(),
            blobs: HashMap::new(),
        };
        let mut run = 0..0;
        for (index, entry) in bytes.chunks_exact(ENTRY).enumerate() {
            let extent = extent(entry);
            let is_solid = header.has_solid && extent.is_solid();
            if !is_solid {
                run = 0..0;
            } else if run.is_empty() {
                let from = table.solid.len();
                table.add_run(reader, &bytes[index * ENTRY..])?;
                run = from..table.solid.len();
            }
            // Of other parts, or no bytes at all.
            let hash: Hash = array(entry, 30).unwrap_or_default();
            if u16_at(entry, 24) != header.part || hash == Hash::default() {
                continue;
            }
            match extent {
                _ if is_solid && extent.size == IS_RESOURCE => {}
                _ if is_solid => {
                    let blob = table.in_run(run.clone(), &extent)?;
                    table.add(hash, blob);
                }
                // One that nothing refers to is left over.
                _ if extent.is_metadata() => {
                    if u32_at(entry, 26) > 0 {
                        table.images.push(Resource::alone(&extent, header));
                    }
                }
                _ => table.add(hash, Blob::Alone(Resource::alone(&extent, header))),
            }
        }
        table.refuse_overlaps()?;
        Ok(table)
    }

    /// The first one counts.
    fn add(&mut self, hash: Hash, blob: Blob) {
        if let hash_map::Entry::Vacant(place) = self.blobs.entry(hash) {
            place.insert(blob);
        }
    }

    /// Adds the resources of a run.
    fn add_run(
        &mut self,
        reader: &mut Reader<'_, impl Read + Seek>,
        entries: &[u8],
    ) -> io::Result<()> {
        let run = entries.chunks_exact(ENTRY).map(extent);
        let run = run.take_while(Extent::is_solid);
        for extent in run.filter(|it| it.size == IS_RESOURCE) {
            let resource = Resource::solid(&mut reader.source, &extent)?;
            self.solid.push(resource);
        }
        Ok(())
    }

    /// Finds the resource of a run that something lies in.
    fn in_run(&self, run: std::ops::Range<usize>, extent: &Extent) -> io::Result<Blob> {
        let (mut at, size) = (extent.at, extent.packed);
        for resource in run {
            let whole = self.solid[resource].size;
            if at.checked_add(size).is_some_and(|it| it <= whole) {
                return Ok(Blob::In { resource, at, size });
            }
            let Some(behind) = at.checked_sub(whole) else {
                break;
            };
            at = behind;
        }
        Err(damaged("something lies outside of its resource"))
    }

    /// Of bytes that lie over each other, all would be unpacked for each.
    fn refuse_overlaps(&self) -> io::Result<()> {
        let mut extents: Vec<_> = self
            .blobs
            .values()
            .filter_map(|it| match *it {
                Blob::In { resource, at, size } => Some((resource, at, at.saturating_add(size))),
                Blob::Alone(_) => None,
            })
            .collect();
        extents.sort_unstable();
        let overlap = |two: &[(usize, u64, u64)]| two[0].0 == two[1].0 && two[1].1 < two[0].2;
        match extents.windows(2).any(overlap) {
            true => Err(io::Error::other(Exceeded::Overlap)),
            false => Ok(()),
        }
    }
}

fn extent(entry: &[u8]) -> Extent {
    Extent::of(&array(entry, 0).unwrap_or([0; 24]))
}
