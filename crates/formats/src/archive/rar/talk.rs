//! The thread that unpacks: it is asked for members, and hands over what comes out.

use std::{
    cell::Cell,
    io::{self, Read, Seek, SeekFrom, Write},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, SyncSender},
    },
};

use rars::{Archive, ArchiveReadOptions, Error, ExtractionDecision, ExtractionErrorAction};

use super::decoder::Told;

/// What it says, and what it is asked for.
pub(super) struct Talk {
    tell: SyncSender<Told>,
    wants: Receiver<usize>,
    wanted: Cell<Option<usize>>,
    /// Whether a member was begun and not ended.
    is_open: Cell<bool>,
}

impl Talk {
    pub(super) fn new(tell: SyncSender<Told>, wants: Receiver<usize>) -> Self {
        Self {
            tell,
            wants,
            wanted: Cell::new(None),
            is_open: Cell::new(false),
        }
    }

    /// Waits until a member is asked for; none when nobody listens any more.
    fn wish(&self) -> Option<usize> {
        if self.wanted.get().is_none() {
            self.wanted.set(self.wants.recv().ok());
        }
        self.wanted.get()
    }

    fn begin(&self, index: usize) -> Box<dyn Write> {
        if self.wanted.get() == Some(index) {
            self.wanted.set(None);
        }
        self.is_open.set(true);
        // Who does not listen is found out when bytes are handed over.
        let _ = self.tell.send(Told::Begins(index));
        Box::new(Out(self.tell.clone()))
    }

    fn close(&self, error: Option<Error>) {
        if self.is_open.replace(false) {
            let _ = self.tell.send(Told::Ends(error));
        }
    }

    /// Unpacks an archive, each member when it is asked for.
    pub(super) fn unpack(&self, archive: &Archive, options: ArchiveReadOptions<'_>) {
        let is_solid = archive.is_solid();
        let mut index = 0;
        let outcome = archive.extract_with_control_and_errors(
            options,
            |member| {
                self.close(None);
                let here = index;
                index += 1;
                let Some(wish) = self.wish() else {
                    return Ok(ExtractionDecision::Stop);
                };
                let has_bytes = !member.meta.is_directory && !member.meta.is_redirection;
                Ok(match has_bytes && (here == wish || is_solid) {
                    true => ExtractionDecision::Extract(self.begin(here)),
                    false => ExtractionDecision::Skip,
                })
            },
            |_, error| {
                self.close(Some(error.clone()));
                Ok(ExtractionErrorAction::Continue)
            },
        );
        self.end(outcome.err());
    }

    /// Unpacks an archive in parts, where none can be passed over: what nobody asked for is handed over as well.
    pub(super) fn unpack_parts(&self, parts: &[Archive], options: ArchiveReadOptions<'_>) {
        let members = rars::volume_members(parts).unwrap_or_default().into_iter();
        // Links to other members are not opened.
        let mut opened = members
            .enumerate()
            .filter(|(_, it)| !it.meta.is_redirection);
        let outcome = rars::extract_volumes_to_with_options(parts, options, |meta| {
            self.close(None);
            let here = opened.next();
            if self.wish().is_none() {
                return Err(Error::Cancelled);
            }
            Ok(match here {
                Some((here, _)) if !meta.is_directory => self.begin(here),
                _ => Box::new(io::sink()),
            })
        });
        self.end(outcome.err());
    }

    /// Says of whatever is asked for after the last member that it cannot be had, and why.
    fn end(&self, error: Option<Error>) {
        let was_open = self.is_open.get();
        self.close(error.clone());
        let error = error.unwrap_or(Error::EntryNotFound);
        // It failed before the bytes of what was asked for were begun.
        if !was_open && self.wanted.take().is_some() {
            let _ = self.tell.send(Told::Ends(Some(error.clone())));
        }
        while self.wants.recv().is_ok() {
            if self.tell.send(Told::Ends(Some(error.clone()))).is_err() {
                return;
            }
        }
    }
}

/// Whether the first member of a part begins in another one.
pub(super) fn begins_before(part: &Archive) -> bool {
    let first = part.members().next();
    first.is_some_and(|it| it.meta.is_split_before)
}

/// Hands over what is unpacked.
struct Out(SyncSender<Told>);

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.send(Told::Bytes(bytes.to_vec()));
        sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The archive, on the other side.
pub(super) struct Far {
    pub(super) part: usize,
    pub(super) length: u64,
    pub(super) at: u64,
    pub(super) tell: SyncSender<Told>,
    pub(super) given: Arc<Mutex<Receiver<io::Result<Vec<u8>>>>>,
}

impl Read for Far {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
        let (part, at, most) = (self.part, self.at, buffer.len());
        self.tell
            .send(Told::Wants { part, at, most })
            .map_err(|_| gone())?;
        let piece = self
            .given
            .lock()
            .map_err(|_| gone())?
            .recv()
            .map_err(|_| gone())??;
        let length = piece.len().min(most);
        buffer[..length].copy_from_slice(&piece[..length]);
        self.at += length as u64;
        Ok(length)
    }
}

impl Seek for Far {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
        };
        self.at = to.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
