//! Signed notes: text with Ed25519 signatures under it, as a person can read and any tool check.
//!
//! ```text
//! intake.example/log
//! 12
//! S0pGN…=
//!
//! — intake.example/log Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5…
//! ```
//!
//! Source: C2SP signed-note v1.0.0, <https://c2sp.org/signed-note>, read 2026-11.

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::PublicKey;

/// The longest note that is read, in bytes.
pub const LONGEST: usize = 1 << 20;
/// The most signatures that are looked at.
const MOST_SIGNATURES: usize = 100;
/// The byte that says a key is Ed25519.
const ED25519: u8 = 1;
/// What begins each line of a signature.
const DASH: &str = "\u{2014} ";

/// Why a note is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is no note: no blank line, no signature, a control character, too long.
    #[error("this is no signed note: {0}")]
    Form(&'static str),
    /// No signature of the key that was asked for.
    #[error("the note is not signed by `{0}`")]
    Unsigned(String),
    /// A signature of that key that does not hold.
    #[error("the signature by `{0}` does not hold")]
    Signature(String),
    /// A name that cannot stand in a note.
    #[error("`{0}` is no name of a key: no space, no `+`, no control character")]
    Name(String),
    /// A text that is no verification key.
    #[error("`{0}` is no verification key: name+hash+key")]
    Key(String),
}

/// A key that signs, with its name.
#[derive(Clone)]
pub struct Signer {
    name: String,
    key: SigningKey,
}

impl fmt::Debug for Signer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Signer({})", self.name)
    }
}

impl Signer {
    /// Takes a name and the 32 random bytes of a key.
    ///
    /// # Errors
    /// [`NoteError::Name`].
    pub fn new(name: &str, seed: &[u8; 32]) -> Result<Self, NoteError> {
        check_name(name)?;
        Ok(Self {
            name: name.to_owned(),
            key: SigningKey::from_bytes(seed),
        })
    }

    /// Returns the key's 32 bytes, for a vault.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.key.to_bytes())
    }

    /// Returns what checks its signatures.
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        Verifier {
            name: self.name.clone(),
            key: PublicKey(self.key.verifying_key().to_bytes()),
        }
    }

    /// Signs a text, which must end with a line break and hold no other control character.
    ///
    /// # Errors
    /// [`NoteError::Form`].
    pub fn sign(&self, text: &str) -> Result<String, NoteError> {
        check_text(text)?;
        let mut signature = self.verifier().id().to_vec();
        signature.extend_from_slice(&self.key.sign(text.as_bytes()).to_bytes());
        Ok(format!(
            "{text}\n{DASH}{} {}\n",
            self.name,
            STANDARD.encode(signature)
        ))
    }
}

/// A key that checks signatures: `name+hash+key`, as C2SP writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Verifier {
    name: String,
    key: PublicKey,
}

impl Verifier {
    /// Takes a name and an Ed25519 public key.
    ///
    /// # Errors
    /// [`NoteError::Name`].
    pub fn new(name: &str, key: PublicKey) -> Result<Self, NoteError> {
        check_name(name)?;
        Ok(Self {
            name: name.to_owned(),
            key,
        })
    }

    /// Returns its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the public key.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Returns the text of a note that this key signed. Signatures of other keys are passed over.
    ///
    /// # Errors
    /// [`NoteError::Form`], [`NoteError::Unsigned`], [`NoteError::Signature`].
    pub fn open<'a>(&self, note: &'a str) -> Result<&'a str, NoteError> {
        Ok(self.checked(note)?.0)
    }

    /// Returns the note with this key's signature alone: whoever hands a note on can add lines of other keys.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn bare(&self, note: &str) -> Result<String, NoteError> {
        let (text, signature) = self.checked(note)?;
        Ok(format!("{text}\n{signature}\n"))
    }

    /// The text, and the line of this key's signature.
    fn checked<'a>(&self, note: &'a str) -> Result<(&'a str, &'a str), NoteError> {
        if note.len() > LONGEST {
            return Err(NoteError::Form("it is longer than a mebibyte"));
        }
        let (_, signatures) = note
            .rsplit_once("\n\n")
            .ok_or(NoteError::Form("no blank line before signatures"))?;
        let text = &note[..note.len() - signatures.len() - 1];
        check_text(text)?;
        let lines = signatures
            .strip_suffix('\n')
            .ok_or(NoteError::Form("no line break at its end"))?;
        if lines.split('\n').count() > MOST_SIGNATURES {
            return Err(NoteError::Form("more than 100 signatures"));
        }
        let mut found = None;
        for line in lines.split('\n') {
            let (name, id, signature) =
                read_signature(line).ok_or(NoteError::Form("a line that is no signature"))?;
            if name != self.name || id != self.id() {
                continue;
            }
            let holds = <&[u8; 64]>::try_from(&signature[..])
                .is_ok_and(|signature| is_signed(&self.key, text.as_bytes(), signature));
            if !holds {
                return Err(NoteError::Signature(self.name.clone()));
            }
            found = Some(line);
        }
        let line = found.ok_or_else(|| NoteError::Unsigned(self.name.clone()))?;
        Ok((text, line))
    }

    /// The first four bytes of the hash over name and key.
    fn id(&self) -> [u8; 4] {
        let hash = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', ED25519])
            .chain_update(self.key.0)
            .finalize();
        [hash[0], hash[1], hash[2], hash[3]]
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = u32::from_be_bytes(self.id());
        let key = [&[ED25519][..], &self.key.0].concat();
        write!(out, "{}+{id:08x}+{}", self.name, STANDARD.encode(key))
    }
}

impl FromStr for Verifier {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let read = || {
            let (name, rest) = text.split_once('+')?;
            let (_, key) = rest.split_once('+')?;
            let bytes = STANDARD.decode(key).ok()?;
            let key = PublicKey::from_slice(bytes.strip_prefix(&[ED25519])?)?;
            let verifier = Self::new(name, key).ok()?;
            (verifier.to_string() == text).then_some(verifier)
        };
        read().ok_or_else(|| NoteError::Key(text.to_owned()))
    }
}

impl From<Verifier> for String {
    fn from(verifier: Verifier) -> Self {
        verifier.to_string()
    }
}

impl TryFrom<String> for Verifier {
    type Error = NoteError;
    fn try_from(text: String) -> Result<Self, NoteError> {
        text.parse()
    }
}

/// `— name base64(id 4 | signature)`
fn read_signature(line: &str) -> Option<(&str, [u8; 4], Vec<u8>)> {
    let (name, coded) = line.strip_prefix(DASH)?.split_once(' ')?;
    check_name(name).ok()?;
    let bytes = STANDARD.decode(coded).ok()?;
    let (id, signature) = bytes.split_first_chunk()?;
    Some((name, *id, signature.to_vec()))
}

fn check_name(name: &str) -> Result<(), NoteError> {
    let fits = |it: char| !it.is_whitespace() && !it.is_control() && it != '+';
    match !name.is_empty() && name.len() <= 255 && name.chars().all(fits) {
        true => Ok(()),
        false => Err(NoteError::Name(name.to_owned())),
    }
}

fn check_text(text: &str) -> Result<(), NoteError> {
    if !text.ends_with('\n') {
        return Err(NoteError::Form("its text ends without a line break"));
    }
    if text.chars().any(|it| it.is_control() && it != '\n') {
        return Err(NoteError::Form("a control character in its text"));
    }
    Ok(())
}

/// Whether a message is signed by a key. Strict: no key and no signature of small order.
pub(crate) fn is_signed(key: &PublicKey, message: &[u8], signature: &[u8; 64]) -> bool {
    VerifyingKey::from_bytes(&key.0).is_ok_and(|key| {
        key.verify_strict(message, &Signature::from_bytes(signature))
            .is_ok()
    })
}
