//! How the ledger grows: first the event, then the head; both or neither.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use declare::{Declaration, Language, Send};

use super::{Ledger, LedgerError, chain::beginning};
use crate::{
    Event, FolderError, How, ProgramId, State, Time, What, declared,
    event::{Line, no_event},
    folder::{Lock, read_private},
    keys::{InstallKey, fill, hex},
    receipt::{Given, record_of},
};

impl Ledger {
    /// Notes one event of a declared record; a yes with its receipt.
    pub(super) fn append(
        &mut self,
        declaration: &Declaration,
        send: &Send,
        what: What,
        how: How,
        now: Time,
        given: Option<(&str, Language)>,
    ) -> Result<(), LedgerError> {
        let program = ProgramId::of(&declaration.product().id, &send.id);
        let lock = self.folder.lock()?;
        self.reread(&lock)?;
        let key = InstallKey::read_or_make(&self.folder, &lock)?;
        let record = match given {
            None => None,
            Some((notice, language)) => {
                let mut id = [0; 16];
                fill(&mut id)?;
                let given = Given {
                    record_id: hex(&id),
                    principal: key.principal(),
                    time: now,
                    notice,
                    language,
                };
                let record = record_of(declaration, send, &given)
                    .ok_or_else(|| LedgerError::NobodyReceives(program.clone()))?;
                declared::keep(&self.folder, declaration)?;
                Some(Box::new(record))
            }
        };
        let event = Event {
            number: 0,
            time: now,
            program,
            what,
            how,
            material: declaration.material_hash(),
            declaration: declaration.sha256().to_owned(),
            record,
            previous: String::new(),
        };
        self.write(event, &lock)
    }

    /// Gives the event its number and its place in the chain, and writes it: first the event, then the
    /// head.
    pub(super) fn write(&mut self, mut event: Event, lock: &Lock) -> Result<(), LedgerError> {
        let key = InstallKey::read_or_make(&self.folder, lock)?;
        event.number = self.events.len() as u64 + 1;
        event.previous = self
            .events
            .last()
            .map_or_else(no_event, |last| hex(&last.hash()));
        let hash = event.hash();
        let line = Line {
            hash: hex(&hash),
            signature: hex(&key.sign(&hash)),
            event,
        };
        let mut text = serde_json::to_vec(&line).expect("text and numbers are always JSON");
        text.push(b'\n');
        if self.events.is_empty() {
            // Without it, a ledger that lost its head and all but its first event would look like a new one.
            self.folder.replace(&self.folder.head(), &beginning())?;
        }
        let path = self.folder.ledger();
        let failed = |source| FolderError::Write {
            path: path.clone(),
            source,
        };
        let before = grow(&path, &text).map_err(failed)?;
        let head = format!("{} {}\n", line.event.number, line.hash);
        if let Err(error) = self.folder.replace(&self.folder.head(), head.as_bytes()) {
            // What is reported as not done must not hold. Where the head did get there, only its folder was
            // not synced: the event stands, and a head that is one behind after a power cut is allowed.
            let there = read_private(&self.folder.head())?;
            if there.as_deref() != Some(head.as_bytes()) {
                cut(&path, before).map_err(failed)?;
                return Err(error.into());
            }
        }
        self.events.push(line.event);
        self.state = State::of(&self.events);
        Ok(())
    }
}

/// Writes at the end of a file and waits until it is there; what a full disk left half is taken back.
/// Returns how long it was before.
fn grow(path: &Path, bytes: &[u8]) -> io::Result<u64> {
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)?;
    let before = file.metadata()?.len();
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        file.set_len(before)?;
        file.sync_all()?;
    }
    written.map(|()| before)
}

/// Takes back what was written after this length.
fn cut(path: &Path, length: u64) -> io::Result<()> {
    let file = OpenOptions::new().write(true).open(path)?;
    file.set_len(length)?;
    file.sync_all()
}
