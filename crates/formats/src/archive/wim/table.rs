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
/// Encoders make a few.
const MOST_SOLID: usize = 1 << 16;

/// What lies where.
pub(super) struct Table {
    /// Folders and names, by image.
    pub(super) images: Vec<Resource>,
    pub(super) solid: Vec<Resource>,
    pub(super) blobs: HashMap<Hash, Blob>,
}

/// Solid resources that follow each other.
struct Run {
    /// The first of them.
    first: usize,
    /// Where each begins, as if they lay one after the other.
    begins: Vec<u64>,
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
        let mut run: Option<Run> = None;
        for (index, entry) in bytes.chunks_exact(ENTRY).enumerate() {
            let extent = extent(entry);
            let is_solid = header.has_solid && extent.is_solid();
            if !is_solid {
                run = None;
            } else if run.is_none() {
                run = Some(table.add_run(reader, &bytes[index * ENTRY..])?);
            }
            // Of other parts, or no bytes at all.
            let hash: Hash = array(entry, 30).unwrap_or_default();
            if u16_at(entry, 24) != header.part || hash == Hash::default() {
                continue;
            }
            match &run {
                Some(_) if extent.size == IS_RESOURCE => {}
                Some(run) => {
                    let blob = table.in_run(run, &extent)?;
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
    ) -> io::Result<Run> {
        let mut run = Run {
            first: self.solid.len(),
            begins: Vec::new(),
        };
        let mut begins: u64 = 0;
        let extents = entries.chunks_exact(ENTRY).map(extent);
        let extents = extents.take_while(Extent::is_solid);
        for extent in extents.filter(|it| it.size == IS_RESOURCE) {
            if self.solid.len() >= MOST_SOLID {
                return Err(damaged("there are too many solid resources"));
            }
            let resource = Resource::solid(&mut reader.source, &extent)?;
            self.solid.push(resource);
            run.begins.push(begins);
            begins = begins.saturating_add(resource.size);
        }
        Ok(run)
    }

    /// Finds the resource of a run that something lies in.
    fn in_run(&self, run: &Run, extent: &Extent) -> io::Result<Blob> {
        let wrong = || damaged("something lies outside of its resource");
        let behind = run.begins.partition_point(|it| *it <= extent.at);
        let index = behind.checked_sub(1).ok_or_else(wrong)?;
        let (at, size) = (extent.at - run.begins[index], extent.packed);
        let resource = run.first + index;
        let whole = self.solid[resource].size;
        match at.checked_add(size).is_some_and(|it| it <= whole) {
            true => Ok(Blob::In { resource, at, size }),
            false => Err(wrong()),
        }
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
