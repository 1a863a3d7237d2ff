//! What a person agreed to, and the outbox that nothing enters without it.
//!
//! ```text
//! operated declaration ─► question ─► Ledger ─► State::of(events) ─► Standing
//!                                       │
//!                                       └─► Receipt ─► Outbox::put ─► courier
//! ```
//!
//! The [`Ledger`] is a file of events that only grows: each names the hash of the one before and is
//! signed with the install key. What holds now is replayed from it by a pure function, [`State::of`].
//! A [`Receipt`] comes out of a consent that was given and holds; [`Outbox::put`] takes a record only
//! with one. What a person was not shown does not leave the outbox.
//!
//! All of it lies in one [`Folder`]: the ledger, its head, the keys, the outbox. Whoever can write
//! there as this person can rewrite all of it; the chain and the signatures show damage and partial
//! changes, not a thorough forger with the same rights.
//!
//! No clock and no network here: every function is told what time it is.
#![forbid(unsafe_code)]

mod declared;
mod event;
mod folder;
mod keys;
mod ledger;
mod outbox;
mod policy;
mod receipt;
mod state;
mod time;

pub use event::{Event, How, ProgramId, What};
pub use folder::{Folder, FolderError};
pub use keys::{InstallSecret, hex};
pub use ledger::{Agreed, Damage, Ledger, LedgerError, Opened};
pub use outbox::{
    Due, Kind, Message, NoProof, Outbox, OutboxError, PUBLIC, Parcel, Proven, Put, Record,
    RecordError, RecordState, Row, Step, Token, Withdrawal,
};
pub use policy::{Policy, PolicyError};
pub use receipt::{ConsentRecord, Receipt};
pub use state::{Standing, State};
pub use time::Time;
/// One value of a record.
pub use wire::Value;
