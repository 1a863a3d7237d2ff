//! The ledger: a file that only grows, one signed event a line, each naming the one before.
//!
//! ```text
//! {"event":{"number":1,…,"previous":"00…"},"hash":"…","signature":"…"}
//! ```
//!
//! Beside it lies its head: how many events there are and the hash of the last, so that a ledger that
//! lost its end is damaged and not simply shorter; a lost end could have been a withdrawal. The head
//! is there before the first event, and written anew after each: it may be one behind, never ahead, and a
//! ledger without it is damaged as well.

mod aside;
mod chain;
mod parts;
mod write;

use std::path::PathBuf;

use declare::{Declaration, Language, Send};

use crate::{
    Event, Folder, FolderError, How, ProgramId, Receipt, Standing, State, Time, What, declared,
    event::no_event, folder::Lock, keys::hex, receipt::SCHEMA,
};

use aside::{damage_of, set_aside, set_aside_before};
use parts::Parts;

/// What was agreed to, refused and withdrawn on this machine.
#[derive(Debug)]
pub struct Ledger {
    folder: Folder,
    events: Vec<Event>,
    state: State,
}

/// A ledger, and what was wrong with the one before it.
#[derive(Debug)]
pub struct Opened {
    /// The ledger; an empty one if the old one was damaged.
    pub ledger: Ledger,
    /// What was wrong and where the old one lies now. It is told each time, until the person moves the old one away:
    /// whoever knows all there is to answer may be silent once [`Ledger::has_answer`] says so for each.
    pub damage: Option<Damage>,
}

/// A consent that holds, with all that follows from it.
#[derive(Clone, Debug)]
pub struct Agreed {
    /// What was agreed to.
    pub program: ProgramId,
    /// The declaration that was shown, with its operator.
    pub declaration: Declaration,
    /// The hash of the event that gave it, 64 hex digits.
    pub event: String,
    /// From here on it no longer holds.
    pub until: Time,
}

/// A ledger that is not what Candor wrote. Nothing in it counts as agreed to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ledger of consents is damaged at line {line}: {why}")]
pub struct Damage {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
    /// Where the damaged ledger lies now; none while it is where it was. Its head and a key that is none have
    /// names that begin so.
    pub kept: Option<PathBuf>,
}

impl Damage {
    /// Returns the files that were kept and still lie there: the ledger, its head, a key that is none.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        let parts = self.kept.as_deref().map(Parts::aside);
        let mut files = parts.map_or_else(Vec::new, |it| vec![it.ledger, it.head, it.key]);
        files.retain(|it| it.symlink_metadata().is_ok());
        files
    }
}

/// Something the ledger could not do.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// A file of the folder cannot be used.
    #[error("the ledger of consents cannot be used")]
    Folder(#[from] FolderError),
    /// It is damaged.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// The declaration has no such record.
    #[error("`{product}` declares no record `{send}`")]
    NoSuchRecord {
        /// The product.
        product: String,
        /// The record.
        send: String,
    },
    /// Nobody answers for what would be received.
    #[error(
        "nobody receives `{0}`: no operator is named, so there is nothing to agree to; `candor notice` says how to name one"
    )]
    NobodyReceives(ProgramId),
    /// There is no yes that holds.
    #[error("there is no consent to `{program}` that holds: it is {}", standing.name())]
    NotGiven {
        /// The program.
        program: ProgramId,
        /// Where its consent stands.
        standing: Standing,
    },
}

impl Ledger {
    /// Reads the ledger. One that is damaged is renamed, kept, and replaced by an empty one, in which
    /// nothing is agreed to.
    ///
    /// Where nothing was ever written, nothing is written now.
    ///
    /// # Errors
    /// [`LedgerError::Folder`] when a file cannot be read, or cannot be renamed.
    pub fn open(folder: &Folder, now: Time) -> Result<Opened, LedgerError> {
        if !folder.exists() {
            return Ok(Opened {
                ledger: Self::empty(folder),
                damage: None,
            });
        }
        let lock = folder.lock()?;
        match Self::read_locked(folder) {
            Ok(ledger) => {
                let damage = set_aside_before(folder)?.map(|kept| damage_of(folder, kept));
                Ok(Opened { ledger, damage })
            }
            Err(LedgerError::Damaged(mut damage)) => {
                damage.kept = Some(set_aside(folder, now, &lock)?);
                Ok(Opened {
                    ledger: Self::empty(folder),
                    damage: Some(damage),
                })
            }
            Err(error) => Err(error),
        }
    }

    /// Reads the ledger and changes nothing, for whoever only asks what holds.
    ///
    /// # Errors
    /// [`LedgerError::Damaged`] as well: then nothing holds.
    pub fn read(folder: &Folder) -> Result<Self, LedgerError> {
        if !folder.exists() {
            return Ok(Self::empty(folder));
        }
        let _lock = folder.lock()?;
        Self::read_locked(folder)
    }

    /// Returns what holds.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Returns every event, oldest first.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Notes that the question was shown.
    ///
    /// # Errors
    /// [`LedgerError`]; then nothing is noted.
    pub fn asked(
        &mut self,
        declaration: &Declaration,
        send: &str,
        how: How,
        now: Time,
    ) -> Result<(), LedgerError> {
        let send = named(declaration, send)?;
        self.append(declaration, send, What::Asked, how, now, None)
    }

    /// Notes a yes, and returns the receipt. `notice` is how the person can see the notice again.
    ///
    /// # Errors
    /// [`LedgerError::NobodyReceives`] when the declaration has no operator; [`LedgerError`] when it
    /// cannot be written. Then nothing is agreed to.
    pub fn given(
        &mut self,
        declaration: &Declaration,
        send: &str,
        notice: &str,
        language: Language,
        how: How,
        now: Time,
    ) -> Result<Receipt, LedgerError> {
        let send = named(declaration, send)?;
        let given = (notice, language);
        self.append(declaration, send, What::Given, how, now, Some(given))?;
        self.receipt(declaration, &send.id, now)
    }

    /// Notes a no.
    ///
    /// # Errors
    /// [`LedgerError`]; then nothing is noted.
    pub fn refused(
        &mut self,
        declaration: &Declaration,
        send: &str,
        how: How,
        now: Time,
    ) -> Result<(), LedgerError> {
        let send = named(declaration, send)?;
        self.append(declaration, send, What::Refused, how, now, None)
    }

    /// Notes that a yes was taken back: from now on nothing of it is put or sent. [`crate::Outbox::empty`] then
    /// takes out what waits; [`crate::Outbox::withdraw`] does both.
    ///
    /// # Errors
    /// [`LedgerError`]; then nothing is noted.
    pub fn withdrawn(
        &mut self,
        program: &ProgramId,
        how: How,
        now: Time,
    ) -> Result<(), LedgerError> {
        let lock = self.folder.lock()?;
        self.reread(&lock)?;
        let last = self.events.iter().rev().find(|it| it.program == *program);
        let (material, declaration) = last.map_or_else(
            || (no_event(), no_event()),
            |it| (it.material.clone(), it.declaration.clone()),
        );
        let event = Event {
            number: 0,
            time: now,
            program: program.clone(),
            what: What::Withdrawn,
            how,
            material,
            declaration,
            record: None,
            previous: String::new(),
        };
        self.write(event, &lock)
    }

    /// Notes what time and a new declaration did to a yes: expired, invalidated, or only other words.
    ///
    /// Called before anything is asked or sent; called twice it notes nothing new.
    ///
    /// # Errors
    /// [`LedgerError`]; what was noted before the fault stays noted.
    pub fn notice(
        &mut self,
        declaration: &Declaration,
        now: Time,
    ) -> Result<Vec<(ProgramId, What)>, LedgerError> {
        let mut noticed = Vec::new();
        for send in declaration.sends() {
            let program = ProgramId::of(&declaration.product().id, &send.id);
            let never = no_event();
            let was_given = self.state.as_noted(&program).is_given();
            let material = declaration.material_hash();
            let what = match self.state.standing(&program, &material, now) {
                Standing::Invalidated if was_given => What::Invalidated,
                Standing::Expired if was_given => What::Expired,
                Standing::Given { .. } => {
                    let (words, _) = self.state.last(&program).unwrap_or((&never, now));
                    if words == declaration.sha256() {
                        continue;
                    }
                    What::Reworded
                }
                _ => continue,
            };
            self.append(declaration, send, what, How::Noticed, now, None)?;
            noticed.push((program, what));
        }
        Ok(noticed)
    }

    /// Returns every consent that holds at a moment, with the declaration it was given to. One whose
    /// declaration is not kept any more is left out: nobody can know what was agreed to.
    ///
    /// # Errors
    /// [`LedgerError::Folder`] when a declaration cannot be read.
    pub fn agreed(&self, now: Time) -> Result<Vec<Agreed>, LedgerError> {
        let mut all = Vec::new();
        for program in self.state.programs() {
            let Standing::Given { event, until } = self.state.as_noted(program) else {
                continue;
            };
            let material = self.state.material(program).unwrap_or_default();
            let declaration = self.declared(material)?.filter(|_| now < until);
            all.extend(declaration.map(|declaration| Agreed {
                program: program.clone(),
                declaration,
                event,
                until,
            }));
        }
        Ok(all)
    }

    /// Returns the declaration, with its operator, of a material hash that was once agreed to: what a
    /// withdrawal of long ago needs.
    ///
    /// # Errors
    /// [`LedgerError::Folder`] when it cannot be read.
    pub fn declared(&self, material: &str) -> Result<Option<Declaration>, LedgerError> {
        Ok(declared::read(&self.folder, material)?)
    }

    /// Returns the receipt of a consent that is given and holds for this declaration.
    ///
    /// # Errors
    /// [`LedgerError::NotGiven`] when it does not.
    pub fn receipt(
        &self,
        declaration: &Declaration,
        send: &str,
        now: Time,
    ) -> Result<Receipt, LedgerError> {
        let send = named(declaration, send)?;
        let program = ProgramId::of(&declaration.product().id, &send.id);
        let standing = self
            .state
            .standing(&program, &declaration.material_hash(), now);
        let found = match &standing {
            Standing::Given { event, .. } => self.receipt_of(event),
            _ => None,
        };
        found.ok_or(LedgerError::NotGiven { program, standing })
    }

    /// Returns the receipt of an event that once gave a consent, whether that holds or not: a person
    /// may see all of them, but [`crate::Outbox::put`] takes only one that holds.
    #[must_use]
    pub fn receipt_of(&self, event: &str) -> Option<Receipt> {
        let found = self
            .events
            .iter()
            .rev()
            .find(|it| it.what == What::Given && hex(&it.hash()) == event)?;
        Some(Receipt {
            schema_version: SCHEMA.to_owned(),
            receipt_id: event.to_owned(),
            program: found.program.clone(),
            record: found.record.as_deref()?.clone(),
        })
    }

    /// Returns the last receipt of a program, whether it still holds or not.
    #[must_use]
    pub fn last_receipt(&self, program: &ProgramId) -> Option<Receipt> {
        let mut events = self.events.iter().rev();
        let given = events.find(|it| it.program == *program && it.what == What::Given)?;
        self.receipt_of(&hex(&given.hash()))
    }

    fn empty(folder: &Folder) -> Self {
        Self {
            folder: folder.clone(),
            events: Vec::new(),
            state: State::default(),
        }
    }

    /// Returns whether the person ever answered to a program: agreed, refused, or took back.
    #[must_use]
    pub fn has_answer(&self, program: &ProgramId) -> bool {
        let is_answer =
            |it: &Event| matches!(it.what, What::Given | What::Refused | What::Withdrawn);
        let mut events = self.events.iter();
        events.any(|it| it.program == *program && is_answer(it))
    }

    pub(crate) fn read_locked(folder: &Folder) -> Result<Self, LedgerError> {
        let events = Parts::of(folder).events()?;
        Ok(Self {
            folder: folder.clone(),
            state: State::of(&events),
            events,
        })
    }

    /// Another process may have written since.
    fn reread(&mut self, _lock: &Lock) -> Result<(), LedgerError> {
        *self = Self::read_locked(&self.folder)?;
        Ok(())
    }
}

fn named<'a>(declaration: &'a Declaration, send: &str) -> Result<&'a Send, LedgerError> {
    let found = declaration.sends().iter().find(|it| it.id == send);
    found.ok_or_else(|| LedgerError::NoSuchRecord {
        product: declaration.product().id.clone(),
        send: send.to_owned(),
    })
}
