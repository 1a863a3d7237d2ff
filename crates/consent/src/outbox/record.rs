//! A record as it enters the outbox: exactly the fields that its declaration names, within their bounds.

use std::{collections::BTreeMap, fmt};

use declare::{Declaration, Field, FieldType};
use serde::{Deserialize, Serialize};

use crate::{ProgramId, Time};

/// One value of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A text, or one of a few words.
    Text(String),
}

impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(true) => out.write_str("yes"),
            Self::Boolean(false) => out.write_str("no"),
            Self::Integer(number) => number.fmt(out),
            Self::Text(text) => out.write_str(text),
        }
    }
}

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
    /// The declaration has no such record.
    #[error("`{product}` declares no record `{send}`")]
    NoSuchRecord {
        /// The product.
        product: String,
        /// The record.
        send: String,
    },
    /// A field is not declared.
    #[error("the record has no field `{0}`")]
    Unknown(String),
    /// A declared field is missing.
    #[error("the field `{0}` is missing")]
    Missing(String),
    /// A value does not fit its field.
    #[error("the field `{0}` does not hold such a value")]
    Unfit(String),
}

impl Record {
    /// Returns the record of an operated declaration, for an epoch that ends at `epoch_ends`.
    ///
    /// # Errors
    /// [`RecordError`] unless the fields are exactly the declared ones, each within its bounds.
    pub fn of(
        declaration: &Declaration,
        send: &str,
        fields: BTreeMap<String, Value>,
        epoch: u32,
        epoch_ends: Time,
    ) -> Result<Self, RecordError> {
        let product = &declaration.product().id;
        let declared = declaration.sends().iter().find(|it| it.id == send);
        let declared = declared.ok_or_else(|| RecordError::NoSuchRecord {
            product: product.clone(),
            send: send.to_owned(),
        })?;
        for field in &declared.fields {
            let value = fields
                .get(&field.name)
                .ok_or_else(|| RecordError::Missing(field.name.clone()))?;
            if !fits(field, value) {
                return Err(RecordError::Unfit(field.name.clone()));
            }
        }
        let unknown = fields
            .keys()
            .find(|name| !declared.fields.iter().any(|field| field.name == **name));
        if let Some(name) = unknown {
            return Err(RecordError::Unknown(name.clone()));
        }
        Ok(Self {
            program: ProgramId::of(product, send),
            material: declaration.material_hash(),
            epoch,
            epoch_ends,
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

fn fits(field: &Field, value: &Value) -> bool {
    match (field.kind, value) {
        (FieldType::Boolean, Value::Boolean(_)) => true,
        (FieldType::Integer, Value::Integer(number)) => {
            field.minimum.is_some_and(|least| least <= *number)
                && field.maximum.is_some_and(|most| *number <= most)
        }
        (FieldType::Choice, Value::Text(word)) => {
            field.choices.as_ref().is_some_and(|all| all.contains(word))
        }
        (FieldType::Text, Value::Text(text)) => {
            let longest = field.max_length.unwrap_or(0) as usize;
            !text.is_empty() && text.chars().count() <= longest && !text.contains(char::is_control)
        }
        _ => false,
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
