//! Whether a password opens an archive, before anything is written.

use std::{
    fs::File,
    io::{self, Read},
};

use formats::archive::{
    ArchiveError, Asked, Budget, Entry, EntryKind, Kind, Limits, Next, Unreadable, Visitor,
    visit_parts,
};
use tool::Why;

use crate::look::{why_of, why_unread};

/// Returns why nothing of an archive is to be unpacked: it is locked, wholly or under another password than the one that
/// is given. Looks only at formats that know passwords.
pub(crate) fn refused(
    files: &mut [File],
    kind: Kind,
    length: u64,
    password: Option<&[u8]>,
) -> Option<Why> {
    if !matches!(
        kind,
        Kind::Arj | Kind::Rar | Kind::SelfExtractor | Kind::SevenZip | Kind::Zip
    ) {
        return None;
    }
    let mut locked = Locked::default();
    if let Err(ArchiveError::Locked(why)) = visited(files, length, password, &mut locked) {
        return Some(why_of(&ArchiveError::Locked(why)));
    }
    let (at, _) = locked.least?;
    if password.is_none() {
        let why = why_of(&ArchiveError::Locked(Unreadable::NeedsPassword));
        return (locked.open == 0).then_some(why);
    }
    let mut tried = Tried {
        at,
        error: None,
        seen: 0,
    };
    // Other faults are told when it is unpacked.
    let _ = visited(files, length, password, &mut tried);
    let error = tried.error?;
    let inner = error.get_ref().and_then(|it| it.downcast_ref());
    matches!(inner, Some(Unreadable::WrongPassword)).then(|| why_unread(&error))
}

fn visited(
    files: &mut [File],
    length: u64,
    password: Option<&[u8]>,
    visitor: &mut dyn Visitor,
) -> Result<(), ArchiveError> {
    let budget = Budget::new(Limits::for_archive(length));
    let asked = Asked {
        budget: &budget,
        password,
    };
    visit_parts(files, &asked, visitor).map(drop)
}

/// Finds the file that is tried: of those that are locked the one that takes the fewest bytes, the first of them.
#[derive(Default)]
struct Locked {
    seen: usize,
    /// Files with bytes that are not locked.
    open: usize,
    least: Option<(usize, u64)>,
}

impl Visitor for Locked {
    fn wants(&mut self, _entry: &Entry) -> bool {
        false
    }

    fn entry(&mut self, entry: &Entry, _bytes: &mut dyn Read) -> Next {
        let at = self.seen;
        self.seen += 1;
        if entry.kind != EntryKind::File || entry.size == Some(0) {
            return Next::Go;
        }
        if !entry.is_encrypted {
            self.open += 1;
            return Next::Go;
        }
        // Where files share a block, none takes bytes by itself: the first is the quickest.
        let packed = entry.packed.unwrap_or_default();
        if self.least.is_none_or(|it| packed < it.1) {
            self.least = Some((at, packed));
        }
        Next::Go
    }
}

/// Reads one file.
struct Tried {
    at: usize,
    seen: usize,
    error: Option<io::Error>,
}

impl Visitor for Tried {
    fn wants(&mut self, _entry: &Entry) -> bool {
        false
    }

    fn entry(&mut self, _entry: &Entry, bytes: &mut dyn Read) -> Next {
        let at = self.seen;
        self.seen += 1;
        if at < self.at {
            return Next::Go;
        }
        self.error = io::copy(bytes, &mut io::sink()).err();
        Next::Stop
    }
}
