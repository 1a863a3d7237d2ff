//! A decoder that pushes, on a thread of its own, asked for one member at a time.
//!
//! The thread holds nothing of the archive: it asks for each piece, so that all that is read passes the budget, and ends
//! when nobody listens any more.

use std::{
    cell::Cell,
    io::{self, Read, Seek, SeekFrom, Write},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    },
    thread,
};

use rars::{
    Archive, ArchiveMember, ArchiveReadOptions, ArchiveReader, Error, ExtractionDecision,
    ExtractionErrorAction,
};

use super::{
    super::{Asked, cached::Cached, error::damaged, reader::filled},
    one,
};

/// How many pieces may wait to be taken: unpacking and writing overlap.
const WAITING: usize = 16;
/// How much of the archive is handed over at once, in bytes.
const PIECE: usize = 256 << 10;
/// Headers of all members, in bytes.
const HEADERS: u64 = 512 << 20;

/// What the thread says.
enum Told {
    /// Bytes of the archive are wanted.
    Wants {
        part: usize,
        at: u64,
        most: usize,
    },
    Listed(Result<Vec<ArchiveMember>, Error>),
    /// What follows belongs to this member.
    Begins(usize),
    Bytes(Vec<u8>),
    Ends(Option<Error>),
}

pub(super) struct Decoder<'a, S> {
    parts: &'a mut [S],
    asked: &'a Asked<'a>,
    told: Receiver<Told>,
    pieces: Sender<io::Result<Vec<u8>>>,
    wanted: Sender<usize>,
}

impl<'a, S: Read + Seek> Decoder<'a, S> {
    /// Starts the thread. The headers are read with the password only where they are locked: what is not is listed under
    /// any.
    pub(super) fn start(
        parts: &'a mut [S],
        asked: &'a Asked<'a>,
        are_headers_locked: bool,
    ) -> io::Result<Self> {
        let (tell, told) = sync_channel(WAITING);
        let (pieces, given) = channel();
        let (wanted, wants) = channel();
        let limits = *asked.budget.limits();
        let password = asked.password.map(<[u8]>::to_vec);
        let mut far = Vec::new();
        let given = Arc::new(Mutex::new(given));
        for (part, source) in parts.iter_mut().enumerate() {
            far.push(Far {
                part,
                length: source.seek(SeekFrom::End(0))?,
                at: 0,
                tell: tell.clone(),
                given: given.clone(),
            });
        }
        thread::Builder::new().name("rar".into()).spawn(move || {
            let memory = u64::from(limits.memory_kib) << 10;
            let options = ArchiveReadOptions::with_optional_password(password.as_deref())
                .with_max_header_count(limits.entries.saturating_add(16))
                .with_max_header_bytes(HEADERS)
                .with_rar50_dictionary_size_limit(memory)
                .with_max_reader_workspace_bytes(memory.saturating_mul(2).saturating_add(64 << 20));
            let mut of_headers = options;
            of_headers.password = options.password.filter(|_| are_headers_locked);
            let each = far
                .into_iter()
                .map(|it| ArchiveReader::read_reader_with_options(Cached::new(it), of_headers));
            let archives: Result<Vec<Archive>, Error> = each.collect();
            let listed = match archives.as_deref() {
                Ok([one]) => Ok(one.members().collect()),
                // Its first member says that there is one before.
                Ok([first, ..]) if begins_before(first) => Ok(first.members().collect()),
                Ok(parts) => rars::volume_members(parts),
                Err(error) => Err(error.clone()),
            };
            if tell.send(Told::Listed(listed)).is_err() {
                return;
            }
            let talk = Talk::new(tell, wants);
            match archives.as_deref() {
                Ok([one]) => talk.unpack(one, options),
                Ok(parts) => talk.unpack_parts(parts, options),
                Err(_) => {}
            }
        })?;
        Ok(Self {
            parts,
            asked,
            told,
            pieces,
            wanted,
        })
    }

    pub(super) fn members(&mut self) -> Result<Vec<ArchiveMember>, Error> {
        match self.next() {
            Ok(Told::Listed(members)) => members,
            Ok(_) | Err(_) => Err(Error::InvalidHeader("its headers cannot be read")),
        }
    }

    /// Returns the bytes of a member, which are unpacked when they are asked for; members are asked for in their order.
    pub(super) fn bytes<'b>(
        &'b mut self,
        index: usize,
        member: &ArchiveMember,
    ) -> Bytes<'a, 'b, S> {
        let is_file = !member.meta.is_directory && !member.meta.is_redirection;
        Bytes {
            decoder: self,
            index,
            is_encrypted: member.meta.is_encrypted,
            state: if is_file {
                State::Untouched
            } else {
                State::Ended
            },
            piece: Vec::new(),
            at: 0,
        }
    }

    /// Waits for what the thread says next, and hands it what it asks for until then.
    fn next(&mut self) -> io::Result<Told> {
        loop {
            let told = self.told.recv();
            match told.map_err(|_| damaged("its decoder gave up"))? {
                Told::Wants { part, at, most } => {
                    let piece = self.piece(part, at, most);
                    // Nobody left to hear it: the next turn says so.
                    let _ = self.pieces.send(piece);
                }
                told => return Ok(told),
            }
        }
    }

    fn piece(&mut self, part: usize, at: u64, most: usize) -> io::Result<Vec<u8>> {
        let mut piece = vec![0; most.min(PIECE)];
        let source = &mut self.parts[part];
        source.seek(SeekFrom::Start(at))?;
        let length = filled(source, &mut piece)?;
        piece.truncate(length);
        Ok(piece)
    }
}

enum State {
    Untouched,
    Asked,
    Begun,
    Ended,
}

/// The bytes of one member.
pub(super) struct Bytes<'a, 'b, S: Read + Seek> {
    decoder: &'b mut Decoder<'a, S>,
    index: usize,
    is_encrypted: bool,
    state: State,
    piece: Vec<u8>,
    at: usize,
}

impl<S: Read + Seek> Read for Bytes<'_, '_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.piece.len() {
            match self.state {
                State::Ended => return Ok(0),
                State::Untouched => {
                    let asked = self.decoder.wanted.send(self.index);
                    asked.map_err(|_| damaged("its decoder gave up"))?;
                    self.state = State::Asked;
                }
                State::Asked | State::Begun => self.go_on()?,
            }
        }
        let left = &self.piece[self.at..];
        let length = left.len().min(buffer.len());
        buffer[..length].copy_from_slice(&left[..length]);
        self.at += length;
        Ok(length)
    }
}

impl<S: Read + Seek> Bytes<'_, '_, S> {
    fn go_on(&mut self) -> io::Result<()> {
        let told = self
            .decoder
            .next()
            .inspect_err(|_| self.state = State::Ended)?;
        match (told, &self.state) {
            (Told::Begins(index), _) if index == self.index => self.state = State::Begun,
            (Told::Bytes(piece), State::Begun) => {
                self.piece = piece;
                self.at = 0;
            }
            // What stands before in a solid archive has to be unpacked as well.
            (Told::Bytes(piece), _) => {
                let budget = self.decoder.asked.budget;
                budget.was_decoded(piece.len()).map_err(io::Error::other)?;
            }
            (Told::Ends(Some(error)), _) => {
                // One before it is broken, and all behind it with it, or this one is.
                self.state = State::Ended;
                return Err(one(&error, self.is_encrypted, self.decoder.asked));
            }
            (Told::Ends(None), State::Begun) => self.state = State::Ended,
            _ => {}
        }
        Ok(())
    }
}

impl<S: Read + Seek> Drop for Bytes<'_, '_, S> {
    /// What is left of a member that was begun passes, so that the next one can be asked for.
    fn drop(&mut self) {
        while matches!(self.state, State::Asked | State::Begun) {
            if self.go_on().is_err() {
                break;
            }
        }
    }
}

/// The thread's side of it.
struct Talk {
    tell: SyncSender<Told>,
    wants: Receiver<usize>,
    wanted: Cell<Option<usize>>,
    /// Whether a member was begun and not ended.
    is_open: Cell<bool>,
}

impl Talk {
    fn new(tell: SyncSender<Told>, wants: Receiver<usize>) -> Self {
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
    fn unpack(&self, archive: &Archive, options: ArchiveReadOptions<'_>) {
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
    fn unpack_parts(&self, parts: &[Archive], options: ArchiveReadOptions<'_>) {
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
fn begins_before(part: &Archive) -> bool {
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
struct Far {
    part: usize,
    length: u64,
    at: u64,
    tell: SyncSender<Told>,
    given: Arc<Mutex<Receiver<io::Result<Vec<u8>>>>>,
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
