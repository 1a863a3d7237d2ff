//! A decoder that pushes, on a thread of its own, asked for one member at a time.
//!
//! The thread holds nothing of the archive: it asks for each piece, so that all that is read passes the budget, and ends
//! when nobody listens any more.

use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, Sender, channel, sync_channel},
    },
    thread,
};

use rars::{Archive, ArchiveMember, ArchiveReadOptions, ArchiveReader, Error};

use super::{
    super::{Asked, cached::Cached, error::damaged, reader::filled},
    one,
    talk::{Far, Talk, begins_before},
};

/// How many pieces may wait to be taken: unpacking and writing overlap.
const WAITING: usize = 16;
/// How much of the archive is handed over at once, in bytes.
const PIECE: usize = 256 << 10;
/// Headers of all members, in bytes.
const HEADERS: u64 = 512 << 20;

/// What the thread says.
pub(super) enum Told {
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
