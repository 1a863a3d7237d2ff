//! Entries to files below one folder, and nowhere else.
//!
//! The folder is a handle. Every part of a path is opened by itself, below the handle of the part above it, and never
//! through a link; a part never holds a stroke. So nothing that lies in the folder or is put there meanwhile leads out of
//! it, on any system, and there is no second way to fall back to. Files are made and never opened again; what is there
//! stays. Links come last, when everything else is written: none can be written through.
//!
//! Never made: devices, pipes, sockets. Never kept: owners, and the bits that give a program its owner's rights.

mod fill;

use std::{
    collections::{BTreeSet, HashMap},
    fs::File,
    io::{self, Read, Write},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use formats::archive::{Entry, EntryKind, Next, Visitor};
use rustix::{
    fs::{AtFlags, Mode, OFlags, Timespec, Timestamps, UTIME_OMIT, XattrFlags},
    io::Errno,
};

use self::fill::{Filler, Made, SMALL};
use crate::{
    charset::Charset,
    links::{LeadsOut, Links},
    names::{Change, Parts, Strokes, Taken},
    wanted::Wanted,
};

/// How much is read and written at once, in bytes.
const PIECE: usize = 256 << 10;

/// How entries are written.
#[derive(Clone, Debug)]
pub struct Manner {
    /// In which letters names are that are no UTF-8. None where nobody knows yet: the first such name ends the writing
    /// then, see [`Writer::lacks_charset`].
    pub charset: Option<Charset>,
    /// What parts a name.
    pub strokes: Strokes,
    /// The bits that no file gets, as in umask(2).
    pub withheld: u32,
    /// How many seconds clocks here are ahead of UTC: for times that a clock on the wall showed.
    pub east: i64,
    /// Attributes that everything gets before its first byte: where the archive came from.
    pub marks: Vec<(String, Vec<u8>)>,
    /// Which entries are written.
    pub wanted: Wanted,
}

/// What became of one entry.
#[derive(Debug)]
pub struct Written {
    /// Its name as it lies in the archive.
    pub name: Vec<u8>,
    /// Where it lies now; none where nothing was made.
    pub parts: Option<Parts>,
    /// What was changed in its name.
    pub changes: BTreeSet<Change>,
    /// Why it is not there, or not whole.
    pub problem: Option<Problem>,
    /// How many bytes it has.
    pub bytes: u64,
}

impl Written {
    /// Returns whether it has another name than in the archive.
    #[must_use]
    pub fn is_renamed(&self) -> bool {
        self.changes.iter().any(|it| *it != Change::Disputed)
    }
}

/// Why an entry is not there, or not whole.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// Its bytes cannot be read; what was written of them is removed.
    #[error("it cannot be unpacked")]
    Unread(#[source] io::Error),
    /// It cannot be written.
    #[error("it cannot be written")]
    Unwritten(#[source] io::Error),
    /// It is something that is never unpacked.
    #[error("{0} is never unpacked")]
    Special(&'static str),
    /// It is a link that is not made.
    #[error("the link is not made")]
    Link(#[from] LeadsOut),
    /// Nothing is left of its name below the folder.
    #[error("its name is none")]
    Nameless,
    /// It is one more name of an entry that is not there.
    #[error("what it is one more name of is not there")]
    NoFirst,
}

/// Writes entries below a folder. [`Writer::finish`] makes the links and sets the times of folders.
pub struct Writer {
    manner: Manner,
    root: OwnedFd,
    /// The folders of the entry before, from the outside in, each with its handle.
    open: Vec<(String, OwnedFd)>,
    taken: Taken,
    /// Where files lie, by their names in the archive: what further names of them need.
    placed: HashMap<Vec<u8>, Parts>,
    links: Vec<(usize, Parts, String)>,
    folders: Vec<(Parts, Option<u32>, Option<i64>)>,
    written: Vec<Written>,
    lacks_charset: bool,
    left_out: u64,
    room: Vec<u8>,
    filler: Filler,
}

impl Writer {
    /// Begins to write below this folder, which should be empty and nobody else's.
    #[must_use]
    pub fn new(root: OwnedFd, manner: Manner) -> Self {
        Self {
            manner,
            root,
            open: Vec::new(),
            taken: Taken::default(),
            placed: HashMap::new(),
            links: Vec::new(),
            folders: Vec::new(),
            written: Vec::new(),
            lacks_charset: false,
            left_out: 0,
            room: vec![0; PIECE],
            filler: Filler::default(),
        }
    }

    /// Returns whether it ended at a name whose letters nobody knows.
    #[must_use]
    pub fn lacks_charset(&self) -> bool {
        self.lacks_charset
    }

    /// Returns how many entries were left out, because nobody wants them.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// In which letters a name is; none where nobody knows yet.
    fn charset_of(&self, entry: &Entry) -> Option<Charset> {
        match self.manner.charset {
            _ if entry.is_utf8 => Some(Charset::Utf8),
            Some(charset) => Some(charset),
            None => std::str::from_utf8(&entry.name)
                .is_ok()
                .then_some(Charset::Utf8),
        }
    }

    /// Makes the links, sets modes and times of folders, and tells what became of each entry, in the order they came.
    #[must_use]
    pub fn finish(mut self) -> Vec<Written> {
        self.fill();
        let mut all = Links::default();
        for (_, at, to) in &self.links {
            all.add(at, to);
        }
        for (index, at, to) in std::mem::take(&mut self.links) {
            let made = all
                .judge(&at)
                .map_err(Problem::Link)
                .and_then(|()| self.link(&at, &to).map_err(Problem::Unwritten));
            if let Err(problem) = made {
                let written = &mut self.written[index];
                written.parts = None;
                written.problem = Some(problem);
            }
        }
        // The innermost first: to make something in a folder changes its time.
        let mut folders = std::mem::take(&mut self.folders);
        folders.sort_by_key(|(parts, ..)| std::cmp::Reverse(parts.names().len()));
        let withheld = self.manner.withheld;
        for (parts, mode, modified) in folders {
            let mode = mode.unwrap_or(0o755) & !withheld | 0o700;
            // A folder that keeps its first mode is there all the same.
            let _ = self
                .below(parts.names())
                .and_then(|folder| settle(folder, mode, modified));
        }
        self.written
    }

    fn link(&mut self, at: &Parts, to: &str) -> io::Result<()> {
        let (name, above) = split(at)?;
        let folder = self.below(above)?;
        Ok(rustix::fs::symlinkat(to, folder, name)?)
    }

    /// Returns the handle of a folder, making what is missing of it.
    fn below(&mut self, parts: &[String]) -> io::Result<BorrowedFd<'_>> {
        let same = self.open.iter().zip(parts);
        let same = same.take_while(|((name, _), part)| name == *part).count();
        self.open.truncate(same);
        for part in &parts[same..] {
            let above = self
                .open
                .last()
                .map_or(self.root.as_fd(), |it| it.1.as_fd());
            let made = rustix::fs::mkdirat(above, part.as_str(), Mode::RWXU);
            match made {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(errno) => return Err(errno.into()),
            }
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let folder = rustix::fs::openat(above, part.as_str(), flags, Mode::empty())?;
            if made.is_ok() {
                mark(folder.as_fd(), &self.manner.marks)?;
            }
            self.open.push((part.clone(), folder));
        }
        Ok(self
            .open
            .last()
            .map_or(self.root.as_fd(), |it| it.1.as_fd()))
    }

    fn file(
        &mut self,
        at: &Parts,
        entry: &Entry,
        bytes: &mut dyn Read,
        room: &mut [u8],
    ) -> Result<u64, Problem> {
        let mode = entry.mode.unwrap_or(0o644) & !self.manner.withheld | 0o400;
        let modified = self.modified(entry);
        let marks = self.manner.marks.clone();
        let (name, above) = split(at).map_err(Problem::Unwritten)?;
        let folder = self.below(above).map_err(Problem::Unwritten)?;
        let file = made(folder, name, &marks).map_err(Problem::Unwritten)?;
        let made = Made {
            file,
            mode,
            modified,
            index: self.written.len(),
        };
        let done = match entry.size {
            Some(size) if size > SMALL => whole(&made, bytes, room),
            _ => self.small(made, bytes, room),
        };
        if done.is_err() {
            // Half a file would look like a whole one.
            self.remove(at);
        }
        done
    }

    /// Writes a file that is small, if it is: it is filled later then.
    fn small(&mut self, made: Made, bytes: &mut dyn Read, room: &mut [u8]) -> Result<u64, Problem> {
        let small = self.filler.room();
        let from = small.len();
        let read = bytes.take(SMALL + 1).read_to_end(small);
        let length = (small.len() - from) as u64;
        if read.is_ok() && length <= SMALL {
            self.filler.take(made, from);
            return Ok(length);
        }
        let first = small[from..].to_vec();
        small.truncate(from);
        read.map_err(Problem::Unread)?;
        whole(&made, &mut first.chain(bytes), room)
    }

    /// Waits until all files are filled. Those that could not be are gone, and told.
    fn fill(&mut self) {
        for (index, error) in self.filler.finish() {
            let written = &mut self.written[index];
            written.problem = Some(Problem::Unwritten(error));
            written.bytes = 0;
            self.placed.remove(&written.name);
            if let Some(at) = written.parts.take() {
                self.remove(&at);
            }
        }
    }

    fn remove(&mut self, at: &Parts) {
        let Ok((name, above)) = split(at) else { return };
        // What cannot be removed is told as not whole all the same.
        let _ = self
            .below(above)
            .and_then(|it| Ok(rustix::fs::unlinkat(it, name, AtFlags::empty())?));
    }

    fn modified(&self, entry: &Entry) -> Option<i64> {
        let east = if entry.is_wall_time {
            self.manner.east
        } else {
            0
        };
        entry.modified?.checked_sub(east)
    }

    /// Gives a file that was written one more name.
    fn same(&mut self, at: &Parts, first: &[u8]) -> Result<(), Problem> {
        self.fill();
        let first = self.placed.get(first).cloned().ok_or(Problem::NoFirst)?;
        let mut link = || -> io::Result<()> {
            let (old, above) = split(&first)?;
            let from = rustix::io::dup(self.below(above)?)?;
            let (new, above) = split(at)?;
            let to = self.below(above)?;
            Ok(rustix::fs::linkat(&from, old, to, new, AtFlags::empty())?)
        };
        link().map_err(Problem::Unwritten)
    }
}

impl Visitor for Writer {
    fn wants(&mut self, entry: &Entry) -> bool {
        let wanted = &self.manner.wanted;
        let Some(charset) = self.charset_of(entry).filter(|_| !wanted.is_all()) else {
            return true;
        };
        let name = charset.read_one(&entry.name);
        wanted.takes(&Parts::of(&name, self.manner.strokes).0)
    }

    fn entry(&mut self, entry: &Entry, bytes: &mut dyn Read) -> Next {
        let Some(charset) = self.charset_of(entry) else {
            self.lacks_charset = true;
            return Next::Stop;
        };
        let text = |name: &[u8]| charset.read_one(name);
        let (parts, mut changes) = Parts::of(&text(&entry.name), self.manner.strokes);
        let is_wanted = self.manner.wanted.takes(&parts);
        let parts = self.manner.wanted.stripped(parts).filter(|_| is_wanted);
        let Some(parts) = parts else {
            self.left_out += u64::from(entry.kind != EntryKind::Folder);
            return Next::Go;
        };
        let mut written = Written {
            name: entry.name.clone(),
            parts: None,
            changes: BTreeSet::new(),
            problem: None,
            bytes: 0,
        };
        if parts.names().is_empty() {
            written.changes = changes;
            // A folder is the one that everything lies in.
            written.problem = (entry.kind != EntryKind::Folder).then_some(Problem::Nameless);
            self.written.push(written);
            return Next::Go;
        }
        let (at, renamed) = match entry.kind {
            EntryKind::Folder => self.taken.folder(parts),
            EntryKind::Special(_) => (parts, BTreeSet::new()),
            _ => self.taken.file(parts),
        };
        changes.extend(renamed);
        if entry.is_disputed {
            changes.insert(Change::Disputed);
        }
        written.changes = changes;
        let done = match &entry.kind {
            EntryKind::File => {
                let mut room = std::mem::take(&mut self.room);
                let done = self.file(&at, entry, bytes, &mut room);
                self.room = room;
                done.map(|length| {
                    written.bytes = length;
                    self.placed.insert(entry.name.clone(), at.clone());
                })
            }
            EntryKind::Folder => {
                let made = self.below(at.names()).map(drop).map_err(Problem::Unwritten);
                let modified = self.modified(entry);
                self.folders.push((at.clone(), entry.mode, modified));
                made
            }
            EntryKind::Link(to) => {
                let to = text(to);
                self.links.push((self.written.len(), at.clone(), to));
                Ok(())
            }
            EntryKind::Same(first) => self.same(&at, first).map(|()| {
                self.placed.insert(entry.name.clone(), at.clone());
            }),
            EntryKind::Special(what) => Err(Problem::Special(what)),
        };
        match done {
            Ok(()) => written.parts = Some(at),
            Err(problem) => written.problem = Some(problem),
        }
        self.written.push(written);
        Next::Go
    }
}

/// Splits a path into its name and the folders above.
fn split(at: &Parts) -> io::Result<(&str, &[String])> {
    let (name, above) = at.names().split_last().ok_or(io::ErrorKind::InvalidInput)?;
    Ok((name, above))
}

/// Makes a file that was not there, for its owner alone, and marks it.
fn made(folder: BorrowedFd<'_>, name: &str, marks: &[(String, Vec<u8>)]) -> io::Result<File> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(folder, name, flags, Mode::RUSR | Mode::WUSR)?;
    mark(file.as_fd(), marks)?;
    Ok(file.into())
}

/// Gives a file the attributes that say where it came from. File systems without attributes hold none.
fn mark(file: BorrowedFd<'_>, marks: &[(String, Vec<u8>)]) -> io::Result<()> {
    for (name, value) in marks {
        match rustix::fs::fsetxattr(file, name.as_str(), value, XattrFlags::empty()) {
            Ok(()) | Err(Errno::NOTSUP) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}

fn copied(mut file: &File, bytes: &mut dyn Read, room: &mut [u8]) -> Result<u64, Problem> {
    let mut length = 0;
    loop {
        match bytes.read(room) {
            Ok(0) => return Ok(length),
            Ok(more) => {
                file.write_all(&room[..more]).map_err(Problem::Unwritten)?;
                length += more as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Problem::Unread(error)),
        }
    }
}

/// Writes a file now, and all of it.
fn whole(made: &Made, bytes: &mut dyn Read, room: &mut [u8]) -> Result<u64, Problem> {
    let length = copied(&made.file, bytes, room)?;
    settle(made.file.as_fd(), made.mode, made.modified).map_err(Problem::Unwritten)?;
    Ok(length)
}

/// Sets mode and time, when all else is done.
fn settle(file: BorrowedFd<'_>, mode: u32, modified: Option<i64>) -> io::Result<()> {
    // Nine bits, so that they fit the modes of every system.
    let bits = (mode & 0o777) as u16;
    rustix::fs::fchmod(file, Mode::from_raw_mode(bits.into()))?;
    let Some(seconds) = modified else {
        return Ok(());
    };
    let times = Timestamps {
        last_access: Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_OMIT,
        },
        last_modification: Timespec {
            tv_sec: seconds,
            tv_nsec: 0,
        },
    };
    Ok(rustix::fs::futimens(file, &times)?)
}
