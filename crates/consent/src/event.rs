//! One thing that happened to a consent, as a line of the ledger.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{ConsentRecord, Time, keys::hex};

/// What is agreed to: one kind of record of one declaration, `org.candor.history/threat-sighting`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProgramId(String);

impl ProgramId {
    /// Returns the id of this record of this product.
    #[must_use]
    pub fn of(product: &str, send: &str) -> Self {
        Self(format!("{product}/{send}"))
    }

    /// Returns the id as text: product, `/`, record.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the product's id.
    #[must_use]
    pub fn product(&self) -> &str {
        self.0
            .split_once('/')
            .map_or(&self.0, |(product, _)| product)
    }

    /// Returns the record's id within its declaration.
    #[must_use]
    pub fn send(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, send)| send)
    }
}

impl fmt::Display for ProgramId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// The question was shown.
    Asked,
    /// The person said yes, explicitly and to this alone.
    Given,
    /// The person said no.
    Refused,
    /// The person took a yes back.
    Withdrawn,
    /// The time for which a yes held is over.
    Expired,
    /// What was agreed to is no longer what would be done.
    Invalidated,
    /// The words of the declaration changed and nothing else: nothing is asked.
    Reworded,
}

/// How it came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// One key, at the question on a terminal.
    Question,
    /// The explicit words of a command that names this record.
    Command,
    /// Nobody did anything: the clock or the declaration did.
    Noticed,
}

/// One event. Its canonical form is its JSON with the keys in the order written here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Its place in the ledger, counted from 1.
    pub number: u64,
    /// When it happened.
    pub time: Time,
    /// What it is about.
    pub program: ProgramId,
    /// What happened.
    pub what: What,
    /// How it came about.
    pub how: How,
    /// The material hash of the operated declaration, 64 hex digits.
    pub material: String,
    /// The SHA-256 of the declaration's bytes, 64 hex digits; wording changes it.
    pub declaration: String,
    /// Of `given`: the record of what was agreed to, in full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Box<ConsentRecord>>,
    /// The hash of the event before, 64 hex digits; zeros for the first.
    pub previous: String,
}

impl Event {
    /// Returns the BLAKE3 hash of the canonical form, by which the next event and receipts name it.
    pub(crate) fn hash(&self) -> [u8; 32] {
        let canonical = serde_json::to_vec(self).expect("text and numbers are always JSON");
        blake3::derive_key("candor consent ledger event 1", &canonical)
    }
}

/// An event as its line has it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Line {
    pub(crate) event: Event,
    pub(crate) hash: String,
    pub(crate) signature: String,
}

/// What stands where a hash of an event before would, in the first one.
pub(crate) fn no_event() -> String {
    hex(&[0; 32])
}
