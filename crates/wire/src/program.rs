//! A program: one kind of record of one declaration, and everything both ends must agree on.
//!
//! Its parameters come from the declaration that was shown to the person. They are hashed into
//! `P`, and `P` enters every derivation: a server that lowers the threshold, widens a field or
//! names another recipient has another `P`, and what a device sent under this one stays closed.

mod error;
mod fields;

use std::collections::BTreeMap;

use declare::{Declaration, FieldType, Period, Send};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

pub use self::error::{DecodeError, EncodeError, ProgramError};
use self::fields::Listing;
use crate::{Epoch, Lane, ProgramHash, ProgramNumber, Tag, hash, normal};

silent!(Encoded);

/// Lanes of every program: tokens an enrolment gets per epoch, reports it can send.
pub const LANES: u8 = 8;
/// The smallest threshold a program may have.
pub const LOWEST_THRESHOLD: u16 = 10;
/// The largest.
pub const HIGHEST_THRESHOLD: u16 = 1000;
/// Lengths a body is filled up to. A program has one of them, so that a body tells no length.
pub const PADS: [u16; 3] = [64, 128, 256];
/// What a body holds beside the text: its length, and the fields that are counted.
const BESIDE_TEXT: u16 = 3;
/// Bytes of a report before its body.
pub(crate) const HEAD: usize = 140;
/// Bytes that seal a body beyond what it holds.
pub(crate) const SEAL: usize = 16;
/// Values that all counted fields together may take: 12 bits.
const MOST_AUX: u32 = 1 << 12;
/// The longest epoch, in days.
const LONGEST_EPOCH: u16 = 28;

/// One kind of record of one declaration.
#[derive(Clone, Debug)]
pub struct Program {
    id: String,
    hash: ProgramHash,
    threshold: u16,
    epoch_days: u16,
    pad: u16,
    max_length: u16,
    retention: Period,
    kill_switch: bool,
    secret: Secret,
    aux: Listing,
}

/// What becomes readable only from the threshold on.
#[derive(Clone, Debug)]
enum Secret {
    /// One field of text: a host, with a path where the declaration lets one through.
    Host { field: String, with_path: bool },
    /// No text: all choices together, as `name=value;name=value`.
    Choices(Listing),
}

/// One value of a record, as JSON has it. A choice is a text.
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

/// A record as the protocol carries it: the text that is shared, the number that is counted.
#[derive(Clone, PartialEq, Eq)]
pub struct Encoded {
    text: String,
    aux: u16,
}

impl Encoded {
    /// Returns the text that nobody reads before the threshold.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the counted fields in one number, below 4096.
    #[must_use]
    pub fn aux(&self) -> u16 {
        self.aux
    }
}

impl Drop for Encoded {
    fn drop(&mut self) {
        self.text.zeroize();
        self.aux.zeroize();
    }
}

impl Program {
    /// Reads the program of one `[[sends]]` out of a declaration.
    ///
    /// Fields with `transform = "threshold-share:k=20"` are secret: either one of type text (a
    /// host; with `,path-if-vector` after the number a path may follow), or only choices, numbers
    /// and booleans, which then travel together as one text. All other fields are counted.
    ///
    /// # Errors
    /// [`ProgramError`] where the declaration has no such record, or one this protocol cannot
    /// carry.
    pub fn of(declaration: &Declaration, send_id: &str) -> Result<Self, ProgramError> {
        let id = format!("{}/{send_id}", declaration.product().id);
        let send = declaration.sends().iter().find(|send| send.id == send_id);
        let send = send.ok_or_else(|| ProgramError::NoSuchRecord { id: id.clone() })?;
        let refused = |why| ProgramError::Unfit {
            id: id.clone(),
            why,
        };
        let (threshold, secret, max_length) = secret_of(send).map_err(refused)?;
        let aux = Listing::of(&send.fields, |field| field.transform.is_none()).map_err(refused)?;
        if aux.size() > u64::from(MOST_AUX) {
            return Err(refused(format!(
                "the fields beside the secret one have {} values together: at most {MOST_AUX}",
                aux.size()
            )));
        }
        let epoch_days = epoch_days(&send.max_rate).map_err(refused)?;
        let pad = PADS
            .into_iter()
            .find(|pad| *pad >= max_length + BESIDE_TEXT);
        let pad = pad.ok_or_else(|| {
            refused(format!(
                "a text of {max_length} bytes does not fit: at most {}",
                PADS[PADS.len() - 1] - BESIDE_TEXT
            ))
        })?;
        let mut program = Self {
            id,
            hash: ProgramHash([0; 32]),
            threshold,
            epoch_days,
            pad,
            max_length,
            retention: send.retention,
            kill_switch: send.kill_switch,
            secret,
            aux,
        };
        program.hash = program.hashed(&declaration.material_hash());
        Ok(program)
    }

    /// Returns its name: the product's id, a slash, the record's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns `P`, the hash over all its parameters and the declaration's material part.
    #[must_use]
    pub fn hash(&self) -> &ProgramHash {
        &self.hash
    }

    /// Returns its name on the wire. A server refuses two programs with one number.
    #[must_use]
    pub fn number(&self) -> ProgramNumber {
        self.hash.number()
    }

    /// Returns `K`: so many reports of different tokens open a text.
    #[must_use]
    pub fn threshold(&self) -> u16 {
        self.threshold
    }

    /// Returns how many days an epoch lasts.
    #[must_use]
    pub fn epoch_days(&self) -> u16 {
        self.epoch_days
    }

    /// Returns the epoch of a time in Unix seconds.
    #[must_use]
    pub fn epoch_of(&self, unix: u64) -> Epoch {
        Epoch(u32::try_from(unix / self.epoch_seconds()).unwrap_or(u32::MAX))
    }

    /// Returns when an epoch begins and when it is over (the first second that is no longer in
    /// it), in Unix seconds.
    #[must_use]
    pub fn epoch_bounds(&self, epoch: Epoch) -> (u64, u64) {
        let begins = u64::from(epoch.0) * self.epoch_seconds();
        (begins, begins + self.epoch_seconds())
    }

    /// Returns how many lanes there are.
    #[must_use]
    pub fn lanes(&self) -> u8 {
        LANES
    }

    /// Returns the lane a tag falls into.
    #[must_use]
    pub fn lane_of(&self, tag: &Tag) -> Lane {
        lane_of(tag)
    }

    /// Returns the longest text, in bytes.
    #[must_use]
    pub fn max_length(&self) -> u16 {
        self.max_length
    }

    /// Returns how long a body of this program is, in bytes, with its authenticator.
    #[must_use]
    pub fn body_length(&self) -> usize {
        usize::from(self.pad) + SEAL
    }

    /// Returns how long a report of this program is, in bytes.
    #[must_use]
    pub fn report_length(&self) -> usize {
        HEAD + self.body_length()
    }

    /// Returns how long what was revealed may be kept.
    #[must_use]
    pub fn retention(&self) -> Period {
        self.retention
    }

    /// Returns whether the server can close this record for a version.
    #[must_use]
    pub fn has_kill_switch(&self) -> bool {
        self.kill_switch
    }

    /// Turns a record's values into what is sent.
    ///
    /// # Errors
    /// [`EncodeError`] names the field that is missing, unknown, out of its bounds or not in its
    /// normal form.
    pub fn encode(&self, values: &BTreeMap<String, Value>) -> Result<Encoded, EncodeError> {
        let known = |name: &str| self.aux.has(name) || self.secret.has(name);
        if let Some(name) = values.keys().find(|name| !known(name)) {
            return Err(EncodeError::Unknown {
                field: name.clone(),
            });
        }
        let text = match &self.secret {
            Secret::Choices(listing) => listing.text_of(values)?,
            Secret::Host { field, .. } => match values.get(field) {
                Some(Value::Text(text)) => text.clone(),
                Some(_) => {
                    return Err(EncodeError::Value {
                        field: field.clone(),
                    });
                }
                None => {
                    return Err(EncodeError::Missing {
                        field: field.clone(),
                    });
                }
            },
        };
        let aux = u16::try_from(self.aux.number_of(values)?).expect("at most 12 bits, see `of`");
        let encoded = Encoded { text, aux };
        self.check_text(&encoded.text)?;
        Ok(encoded)
    }

    /// Turns what was revealed back into a record's values.
    ///
    /// # Errors
    /// [`DecodeError`] where the text is not in its normal form or the number is no value of the
    /// counted fields: no honest device sends that.
    pub fn decode(&self, text: &str, aux: u16) -> Result<BTreeMap<String, Value>, DecodeError> {
        self.check_text(text).map_err(|_| DecodeError::Text)?;
        let counted = self.aux.values_of(u64::from(aux));
        let mut values = counted.ok_or(DecodeError::Aux { aux })?;
        match &self.secret {
            Secret::Host { field, .. } => {
                values.insert(field.clone(), Value::Text(text.to_owned()));
            }
            Secret::Choices(listing) => {
                values.extend(listing.read_text(text).ok_or(DecodeError::Text)?);
            }
        }
        Ok(values)
    }

    /// Checks that a text is as this program would send it: length, and the one normal form.
    ///
    /// # Errors
    /// [`EncodeError::TooLong`] or [`EncodeError::Normal`] with the reason.
    pub fn check_text(&self, text: &str) -> Result<(), EncodeError> {
        if text.len() > usize::from(self.max_length) {
            return Err(EncodeError::TooLong {
                length: text.len(),
                most: self.max_length,
            });
        }
        match &self.secret {
            Secret::Host { with_path, .. } => Ok(normal::check(text, *with_path)?),
            Secret::Choices(listing) => match listing.read_text(text) {
                Some(_) => Ok(()),
                None => Err(EncodeError::Choices),
            },
        }
    }

    /// Returns whether a number is a value of the counted fields.
    #[must_use]
    pub fn has_aux(&self, aux: u16) -> bool {
        u64::from(aux) < self.aux.size()
    }

    fn epoch_seconds(&self) -> u64 {
        u64::from(self.epoch_days) * 86_400
    }

    /// Hashes all parameters, in this order; `docs/protocol.md`, "Program".
    fn hashed(&self, material_hash: &str) -> ProgramHash {
        let (kind, secret) = match &self.secret {
            Secret::Host { field, with_path } => {
                (if *with_path { "host-path" } else { "host" }, field.clone())
            }
            Secret::Choices(listing) => ("choices", listing.canonical()),
        };
        ProgramHash(hash::sha256(
            "program",
            &[
                self.id.as_bytes(),
                &self.threshold.to_be_bytes(),
                &self.epoch_days.to_be_bytes(),
                &[LANES],
                &self.pad.to_be_bytes(),
                &self.max_length.to_be_bytes(),
                kind.as_bytes(),
                secret.as_bytes(),
                self.aux.canonical().as_bytes(),
                material_hash.as_bytes(),
            ],
        ))
    }
}

impl Secret {
    fn has(&self, name: &str) -> bool {
        match self {
            Self::Host { field, .. } => field == name,
            Self::Choices(listing) => listing.has(name),
        }
    }
}

/// The lane of a tag: its first byte modulo the number of lanes.
pub(crate) fn lane_of(tag: &Tag) -> Lane {
    Lane(tag.0[0] % LANES)
}

/// Reads threshold, secret fields and the longest text out of one `[[sends]]`.
fn secret_of(send: &Send) -> Result<(u16, Secret, u16), String> {
    let shared = send.fields.iter().filter(|field| field.transform.is_some());
    let shared: Vec<_> = shared.collect();
    let Some(first) = shared.first() else {
        return Err("no field has `transform = \"threshold-share:k=20\"`".to_owned());
    };
    let mut read = shared.iter().map(|field| {
        let transform = field.transform.as_deref().unwrap_or_default();
        threshold_share(transform).ok_or_else(|| {
            format!(
                "`{transform}` is no transform of this protocol: write `threshold-share:k=20`, \
                 with a number from {LOWEST_THRESHOLD} to {HIGHEST_THRESHOLD}, and \
                 `,path-if-vector` after it where a path may follow a host"
            )
        })
    });
    let (threshold, with_path) = read.next().expect("there is a first")?;
    for other in read {
        if other? != (threshold, with_path) {
            return Err("the secret fields have different transforms".to_owned());
        }
    }
    if first.kind == FieldType::Text && shared.len() == 1 {
        let max_length = first.max_length.unwrap_or_default();
        let max_length = u16::try_from(max_length)
            .map_err(|_| format!("a text of {max_length} bytes does not fit"))?;
        let field = first.name.clone();
        return Ok((threshold, Secret::Host { field, with_path }, max_length));
    }
    if with_path {
        return Err("`path-if-vector` stands at a field that holds no host".to_owned());
    }
    let listing = Listing::of(&send.fields, |field| field.transform.is_some())?;
    let longest = u16::try_from(listing.longest_text())
        .map_err(|_| "the secret choices are too long together".to_owned())?;
    Ok((threshold, Secret::Choices(listing), longest))
}

/// Reads `threshold-share:k=20` or `threshold-share:k=20,path-if-vector`.
fn threshold_share(transform: &str) -> Option<(u16, bool)> {
    let rest = transform.strip_prefix("threshold-share:k=")?;
    let (digits, with_path) = match rest.strip_suffix(",path-if-vector") {
        Some(digits) => (digits, true),
        None => (rest, false),
    };
    let threshold = whole_number(digits)?;
    (LOWEST_THRESHOLD..=HIGHEST_THRESHOLD)
        .contains(&threshold)
        .then_some((threshold, with_path))
}

/// Reads the length of an epoch out of `1/7d`.
fn epoch_days(max_rate: &str) -> Result<u16, String> {
    let days = match max_rate.strip_prefix("1/") {
        Some("day") => Some(1),
        Some("week") => Some(7),
        Some(span) => span.strip_suffix('d').and_then(whole_number),
        None => None,
    };
    days.filter(|days| (1..=LONGEST_EPOCH).contains(days))
        .ok_or_else(|| {
            format!(
                "`{max_rate}` gives no epoch: write one report in 1 to {LONGEST_EPOCH} whole days, \
                 like `1/7d`"
            )
        })
}

/// Reads a number in its one way to be written.
fn whole_number(digits: &str) -> Option<u16> {
    let plain = !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}
