//! What a person sees of the outbox: every field in words, every byte.

use std::collections::BTreeMap;

use rusqlite::OptionalExtension;

use super::{Outbox, OutboxError, RecordState};
use crate::{ProgramId, Time, Value};

/// One record as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its number.
    pub id: i64,
    /// What it is a record of.
    pub program: ProgramId,
    /// The material hash it was put under.
    pub material: String,
    /// The hash of the event that gave the consent it was put under.
    pub receipt: String,
    /// Its epoch.
    pub epoch: u32,
    /// When that ends; what has not left then never will.
    pub epoch_ends: Time,
    /// Where it stands.
    pub state: RecordState,
    /// When it was put.
    pub put: Time,
    /// When it was shown to the person.
    pub shown: Option<Time>,
    /// The courier does nothing with it before.
    pub not_before: Time,
    /// How often something was tried in vain.
    pub tries: u32,
    /// What kept the courier from going on.
    pub trouble: Option<String>,
    /// Its fields by name; none when it was dropped or forgotten.
    pub fields: BTreeMap<String, Value>,
    /// The bytes of the report, inside OHTTP, once they are fixed.
    pub report: Option<Vec<u8>>,
    /// When the report may first have left.
    pub sent: Option<Time>,
    /// What the server acknowledged it with.
    pub acknowledgement: Option<Vec<u8>>,
    /// When the server erases it at the latest.
    pub erased_at: Option<Time>,
}

/// What a parcel asks of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Randomness for a blinded text.
    Randomness,
    /// To take a report.
    Report,
}

impl Kind {
    /// Returns its word: `report`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Randomness => "randomness",
            Self::Report => "report",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Randomness, Self::Report]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// The bytes of one message, as they left or would leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// Its number.
    pub id: i64,
    /// What it asks.
    pub kind: Kind,
    /// What is inside OHTTP.
    pub plain: Vec<u8>,
    /// What is on the wire: the OHTTP message, byte by byte.
    pub sealed: Vec<u8>,
    /// When it was stored: always before it left.
    pub stored: Time,
    /// When it left, if it did.
    pub departed: Option<Time>,
}

/// A message for the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// When it was left.
    pub at: Time,
    /// What it says.
    pub text: String,
}

const COLUMNS: &str = "id, product, send, material, receipt, epoch, epoch_ends, state, put, shown, \
     not_before, tries, trouble, fields, report, sent, acknowledgement, erased_at";

impl Outbox {
    /// Returns every record that can be read, oldest first. Of the others [`Outbox::damaged`] tells; nothing
    /// of them is ever sent.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub fn rows(&self) -> Result<Vec<Row>, OutboxError> {
        self.all().map(|(rows, _)| rows)
    }

    /// Returns the numbers of the records that are not what Candor wrote.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub fn damaged(&self) -> Result<Vec<i64>, OutboxError> {
        self.all().map(|(_, damaged)| damaged)
    }

    fn all(&self) -> Result<(Vec<Row>, Vec<i64>), OutboxError> {
        let read = || -> rusqlite::Result<(Vec<Row>, Vec<i64>)> {
            let mut statement = self
                .database
                .prepare(&format!("SELECT {COLUMNS} FROM records ORDER BY id"))?;
            let mut rows = statement.query([])?;
            let (mut good, mut damaged) = (Vec::new(), Vec::new());
            while let Some(row) = rows.next()? {
                let id = row.get(0)?;
                match raw(row).ok().and_then(|raw| raw.read().ok()) {
                    Some(row) => good.push(row),
                    None => damaged.push(id),
                }
            }
            Ok((good, damaged))
        };
        read().map_err(|error| self.failed(error))
    }

    /// Returns one record.
    ///
    /// # Errors
    /// [`OutboxError::NoSuchRecord`].
    pub fn row(&self, id: i64) -> Result<Row, OutboxError> {
        self.database
            .query_row(
                &format!("SELECT {COLUMNS} FROM records WHERE id = ?1"),
                [id],
                |row| Ok(raw(row).map_err(|_| OutboxError::Damaged { id })),
            )
            .optional()
            .map_err(|error| self.failed(error))?
            .ok_or(OutboxError::NoSuchRecord(id))??
            .read()
    }

    /// Returns the messages made of a record, oldest first.
    ///
    /// # Errors
    /// [`OutboxError::Damaged`].
    pub fn parcels(&self, id: i64) -> Result<Vec<Parcel>, OutboxError> {
        let mut statement = self
            .database
            .prepare(
                "SELECT id, kind, plain, sealed, stored, departed FROM parcels WHERE record = ?1 ORDER BY id",
            )
            .map_err(|error| self.failed(error))?;
        let rows = statement
            .query_map([id], |row| {
                let kind: String = row.get(1)?;
                let departed: Option<i64> = row.get(5)?;
                Ok(Kind::named(&kind).map(|kind| {
                    Ok::<Parcel, rusqlite::Error>(Parcel {
                        id: row.get(0)?,
                        kind,
                        plain: row.get(2)?,
                        sealed: row.get(3)?,
                        stored: Time::of_stored(row.get(4)?),
                        departed: departed.map(Time::of_stored),
                    })
                }))
            })
            .map_err(|error| self.failed(error))?;
        let mut parcels = Vec::new();
        for row in rows {
            let row = row.map_err(|error| self.failed(error))?;
            let parcel = row.ok_or(OutboxError::Damaged { id })?;
            parcels.push(parcel.map_err(|error| self.failed(error))?);
        }
        Ok(parcels)
    }

    /// Notes that the fields of a record were shown to the person; a draft may now go on.
    ///
    /// # Errors
    /// [`OutboxError::NoSuchRecord`].
    pub fn was_shown(&mut self, id: i64, now: Time) -> Result<RecordState, OutboxError> {
        self.at_once(|transaction| {
            transaction.execute(
                "UPDATE records SET state = 'shown', shown = ?2 WHERE id = ?1 AND state = 'draft'",
                (id, now.stored()),
            )
        })?;
        Ok(self.row(id)?.state)
    }

    /// Returns the messages for the person, oldest first, and takes them away.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub fn take_messages(&mut self) -> Result<Vec<Message>, OutboxError> {
        self.at_once(|transaction| {
            let messages = {
                let mut statement =
                    transaction.prepare("SELECT at, text FROM messages ORDER BY id")?;
                let rows = statement.query_map([], |row| {
                    Ok(Message {
                        at: Time::of_stored(row.get(0)?),
                        text: row.get(1)?,
                    })
                })?;
                rows.collect::<Result<Vec<_>, _>>()?
            };
            // Where there is none nothing is written: to look must be possible on a full disk too.
            if !messages.is_empty() {
                transaction.execute("DELETE FROM messages", [])?;
            }
            Ok(messages)
        })
    }
}

/// A row before its words are understood.
struct Raw {
    row: Row,
    state: String,
    fields: Option<String>,
}

impl Raw {
    fn read(self) -> Result<Row, OutboxError> {
        let Self {
            mut row,
            state,
            fields,
        } = self;
        let damaged = OutboxError::Damaged { id: row.id };
        let Some(state) = RecordState::named(&state) else {
            return Err(damaged);
        };
        row.state = state;
        if let Some(fields) = fields {
            row.fields = serde_json::from_str(&fields).map_err(|_| damaged)?;
        }
        Ok(row)
    }
}

fn raw(row: &rusqlite::Row<'_>) -> rusqlite::Result<Raw> {
    let product: String = row.get(1)?;
    let send: String = row.get(2)?;
    let time = |at: usize| -> rusqlite::Result<Option<Time>> {
        Ok(row.get::<_, Option<i64>>(at)?.map(Time::of_stored))
    };
    Ok(Raw {
        row: Row {
            id: row.get(0)?,
            program: ProgramId::of(&product, &send),
            material: row.get(3)?,
            receipt: row.get(4)?,
            epoch: row.get(5)?,
            epoch_ends: Time::of_stored(row.get(6)?),
            state: RecordState::Dropped,
            put: Time::of_stored(row.get(8)?),
            shown: time(9)?,
            not_before: Time::of_stored(row.get(10)?),
            tries: row.get(11)?,
            trouble: row.get(12)?,
            fields: BTreeMap::new(),
            report: row.get(14)?,
            sent: time(15)?,
            acknowledgement: row.get(16)?,
            erased_at: time(17)?,
        },
        state: row.get(7)?,
        fields: row.get(13)?,
    })
}
