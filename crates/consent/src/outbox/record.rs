//! A record as it enters the outbox: exactly the fields that its declaration names, within their bounds.

use std::collections::BTreeMap;

use declare::Declaration;
use serde::Serialize;
use wire::{
    Program,
    program::{EncodeError, ProgramError},
};

use crate::{ProgramId, Time, Value};

/// A record that fits its declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub(super) program: ProgramId,
    pub(super) material: String,
    pub(super) epoch: u32,
    pub(super) epoch_ends: Time,
    pub(super) fields: BTreeMap<String, Value>,
}

/// Why something is no record of its declaration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The protocol cannot carry what is declared.
    #[error("this record cannot be sent as it is declared")]
    Program(#[from] ProgramError),
    /// A field is missing, unknown, out of its bounds, or not in its normal form.
    #[error("this is no record of `{program}`")]
    Fields {
        /// What it would be a record of.
        program: ProgramId,
        /// Which field, and why.
        #[source]
        source: EncodeError,
    },
}

impl Record {
    /// Returns the record of an operated declaration, for the epoch of `now`.
    ///
    /// # Errors
    /// [`RecordError`] unless the fields are exactly the declared ones, each within its bounds and in its
    /// normal form: what could not be sent is not put either.
    pub fn of(
        declaration: &Declaration,
        send: &str,
        fields: BTreeMap<String, Value>,
        now: Time,
    ) -> Result<Self, RecordError> {
        let program = Program::of(declaration, send)?;
        let id = ProgramId::of(&declaration.product().id, send);
        program
            .encode(&fields)
            .map_err(|source| RecordError::Fields {
                program: id.clone(),
                source,
            })?;
        let epoch = program.epoch_of(now.0);
        let (_, ends) = program.epoch_bounds(epoch);
        Ok(Self {
            program: id,
            material: declaration.material_hash(),
            epoch: epoch.0,
            epoch_ends: Time(ends),
            fields,
        })
    }

    /// Returns which program it is a record of.
    #[must_use]
    pub fn program(&self) -> &ProgramId {
        &self.program
    }

    /// Returns its fields by name.
    #[must_use]
    pub fn fields(&self) -> &BTreeMap<String, Value> {
        &self.fields
    }
}

/// Where a record stands; the head of [`crate::Outbox`] tells what each means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordState {
    /// Put, seen by nobody.
    Draft,
    /// Shown to the person.
    Shown,
    /// The randomness server answered.
    Randomised,
    /// The report's bytes are fixed.
    Ready,
    /// The bytes may have left.
    Sent,
    /// Acknowledged; a withdrawal erases it.
    Withdrawable,
    /// The server's time for it is over.
    Forgotten,
    /// It will not be sent.
    Dropped,
}

impl RecordState {
    const ALL: [Self; 8] = [
        Self::Draft,
        Self::Shown,
        Self::Randomised,
        Self::Ready,
        Self::Sent,
        Self::Withdrawable,
        Self::Forgotten,
        Self::Dropped,
    ];

    /// Returns its word: `draft`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Shown => "shown",
            Self::Randomised => "randomised",
            Self::Ready => "ready",
            Self::Sent => "sent",
            Self::Withdrawable => "withdrawable",
            Self::Forgotten => "forgotten",
            Self::Dropped => "dropped",
        }
    }

    /// Returns whether its bytes are sure never to have left.
    #[must_use]
    pub fn is_waiting(self) -> bool {
        matches!(
            self,
            Self::Draft | Self::Shown | Self::Randomised | Self::Ready
        )
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}
