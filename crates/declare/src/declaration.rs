//! The declaration itself: schema `candor-declaration/1`.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::{
    DeclarationError, Language, Operator, Period, Problem, Retention, Trigger, Words, check,
    check::{Path, Step},
};

/// The one schema this version reads.
pub(crate) const SCHEMA: &str = "candor-declaration/1";

/// What `to` and `storage_location` say where the operator's file says it.
pub(crate) const OPERATOR: &str = "@operator";

/// What one product reads, keeps and sends. It exists only if every rule holds.
#[derive(Clone, Debug)]
pub struct Declaration {
    pub(crate) document: Document,
    text: String,
    sha256: String,
    pub(crate) operator: Option<Operator>,
}

impl Declaration {
    /// Reads a declaration and checks every rule.
    ///
    /// # Errors
    /// [`DeclarationError`] with the line and a caret: text that is no TOML, an unknown or missing
    /// key, or each rule that does not hold. The caller adds the path.
    pub fn parse(text: &str) -> Result<Self, DeclarationError> {
        let document: Document =
            toml::from_str(text).map_err(|error| DeclarationError::of_toml(text, &error))?;
        let broken = check::broken_rules(&document);
        if broken.is_empty() {
            return Ok(Self {
                document,
                text: text.to_owned(),
                sha256: sha256_hex(text.as_bytes()),
                operator: None,
            });
        }
        // A second reading, only for the lines: the values above stay free of spans.
        let tree = DeTable::parse(text).map_err(|error| DeclarationError::of_toml(text, &error))?;
        Err(refused(text, &tree, broken))
    }

    /// Returns which product this is.
    #[must_use]
    pub fn product(&self) -> &Product {
        &self.document.product
    }

    /// Returns who answers for what is received; `None` where nothing is sent, or no operator is named.
    #[must_use]
    pub fn controller(&self) -> Option<&Controller> {
        self.document.controller.as_ref()
    }

    /// Returns what is read, in the order of the file.
    #[must_use]
    pub fn reads(&self) -> &[Read] {
        &self.document.reads
    }

    /// Returns what is kept on this machine.
    #[must_use]
    pub fn keeps(&self) -> &[Keep] {
        &self.document.keeps
    }

    /// Returns what is sent when a person agrees.
    #[must_use]
    pub fn sends(&self) -> &[Send] {
        &self.document.sends
    }

    /// Returns what the worker is confined to.
    #[must_use]
    pub fn sandbox(&self) -> &Sandbox {
        &self.document.sandbox
    }

    /// Returns how a person sees, erases and objects.
    #[must_use]
    pub fn rights(&self) -> &Rights {
        &self.document.rights
    }

    /// Returns the SHA-256 of the declaration's bytes, in hex. Every made file carries it.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Returns the text it was read from, byte by byte.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn read_named(&self, id: &str) -> Option<&Read> {
        self.document.reads.iter().find(|read| read.id == id)
    }
}

/// Points at every rule that does not hold.
pub(crate) fn refused(
    text: &str,
    tree: &Spanned<DeTable<'_>>,
    broken: Vec<(Path, String)>,
) -> DeclarationError {
    let point = |(path, message): (Path, String)| {
        Problem::at(text, span_of(tree.get_ref(), tree.span(), &path), message)
    };
    DeclarationError::new(broken.into_iter().map(point).collect())
}

/// Returns the SHA-256 of some bytes as 64 hex digits.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Returns where a path of keys and indexes stands; where it ends early, the last step that exists.
fn span_of(table: &DeTable<'_>, whole: Range<usize>, path: &[Step]) -> Range<usize> {
    let Some((Step::Key(first), rest)) = path.split_first() else {
        return whole;
    };
    let Some(mut value) = table.get(*first) else {
        return whole;
    };
    for step in rest {
        let next = match (step, value.get_ref()) {
            (Step::Key(key), DeValue::Table(table)) => table.get(*key),
            (Step::Index(index), DeValue::Array(array)) => array.get(*index),
            _ => None,
        };
        match next {
            Some(next) => value = next,
            None => break,
        }
    }
    value.span()
}

/// The file as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    pub(crate) schema: String,
    pub(crate) product: Product,
    pub(crate) controller: Option<Controller>,
    #[serde(default)]
    pub(crate) reads: Vec<Read>,
    #[serde(default)]
    pub(crate) keeps: Vec<Keep>,
    #[serde(default)]
    pub(crate) sends: Vec<Send>,
    pub(crate) sandbox: Sandbox,
    pub(crate) rights: Rights,
}

/// `[product]`: what is declared.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// A dotted name that is this product's alone: `org.candor.history`.
    pub id: String,
    /// Its name for people.
    pub name: Words,
    /// What it does, in a sentence or two.
    pub what: Words,
    /// The versions this declaration is for: `>=0.1, <0.2`.
    pub version: String,
    /// What kind of product it is; decides which places it may name.
    pub class: Class,
    /// The languages every text of this declaration is written in.
    pub languages: Vec<Language>,
}

/// What kind of product something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Looks after the machine. May name no place of a browser and no persistence place.
    Utility,
    /// Looks for threats.
    Security,
}

/// `[controller]`: who answers for what is received. Needed as soon as anything is sent; where that goes
/// to `@operator`, it stands in the operator's file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Controller {
    /// The legal name.
    pub name: String,
    /// The postal address.
    pub address: String,
    /// Where a person writes to.
    pub contact: String,
    /// The web page.
    pub url: String,
    /// Whose law applies: `EU`.
    pub jurisdiction: String,
}

/// `[[reads]]`: one thing that is read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// One word, by which `keeps` and `sends` name it.
    pub id: String,
    /// Its name for people.
    pub name: Words,
    /// The data category of fideslang: `user.behavior.browsing_history`.
    pub data: String,
    /// Place ids, or prefixes of them.
    pub places: Vec<String>,
    /// Whether files are opened.
    pub access: Access,
    /// What is taken from there.
    pub fields: Vec<String>,
    /// How far back it looks, where that means anything.
    pub window: Option<Period>,
    /// What sets it off.
    pub trigger: Trigger,
    /// The data use of fideslang: `essential.service.security`.
    #[serde(rename = "use")]
    pub purpose: String,
    /// Whether the product works without it.
    pub necessity: Necessity,
    /// Whether any of it may be sent. True needs a `[[sends]]` that names this reading.
    pub leaves_device: bool,
    /// What is read, in sentences for people.
    pub what: Words,
    /// Why, in sentences for people.
    pub why: Words,
}

/// Whether files are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Folders are listed: names, sizes, times. No file is opened.
    List,
    /// Files are opened for reading.
    Read,
}

/// Whether a product works without a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Necessity {
    /// It cannot.
    Required,
    /// It can.
    Optional,
}

/// `[[keeps]]`: one thing that stays on this machine after the run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keep {
    /// One word.
    pub id: String,
    /// Its name for people.
    pub name: Words,
    /// The id of the reading it comes from.
    pub from: String,
    /// The data category of fideslang.
    pub data: String,
    /// The folder or file, from a variable of the machine: `$CACHE/candor/`.
    #[serde(rename = "where")]
    pub location: String,
    /// Whether it is encrypted there.
    pub encrypted: bool,
    /// How long it stays.
    pub retention: Retention,
    /// What is kept, in sentences for people.
    pub what: Words,
    /// Why, in sentences for people.
    pub why: Words,
    /// How it is erased, and what is lost with it.
    pub erase: Words,
}

/// `[[sends]]`: one kind of record that leaves this machine when a person agrees.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Send {
    /// One word; also the record's name at the server.
    pub id: String,
    /// Its name for people.
    pub name: Words,
    /// The id of the reading it comes from.
    pub from: String,
    /// The ids of further readings it is made from.
    #[serde(default)]
    pub also_from: Vec<String>,
    /// Where it goes: `https` addresses, or `@operator` alone, whose file then says where.
    pub to: Vec<String>,
    /// How it travels.
    pub via: Via,
    /// Who receives it.
    pub recipient: Recipient,
    /// Everybody else who gets it, by name.
    pub third_parties: Vec<String>,
    /// The data use of fideslang: `essential.fraud_detection`.
    pub purpose: String,
    /// Whether the product needs it for what the person asked for.
    pub purpose_type: Purpose,
    /// What sets it off.
    pub trigger: Trigger,
    /// `separate`: asked for by itself, never together with anything else.
    pub consent: String,
    /// `off`: what holds before a person has answered.
    pub default: String,
    /// `same`: who pays is asked like who does not.
    pub paid_tier: String,
    /// `consent`: nothing else is a reason to send.
    pub legal_basis: String,
    /// Whether two records of one person can be joined.
    pub linked: bool,
    /// Whether it is used to follow a person across products.
    pub tracking: bool,
    /// Every identifier in or beside the record.
    pub identifiers: Vec<String>,
    /// How long the server keeps it.
    pub retention: Period,
    /// How the server deletes it.
    pub deletion: String,
    /// The country where it is kept: `DE`; `@operator` where its file says it.
    pub storage_location: String,
    /// At most this often: `1/day`.
    pub max_rate: String,
    /// How long an answer holds before it is asked again.
    pub validity: Period,
    /// The ways to withdraw.
    pub withdraw: Vec<String>,
    /// Whether the server can close this record for a version.
    pub kill_switch: bool,
    /// What the record holds.
    pub fields: Vec<Field>,
    /// What is sent, in sentences for people.
    pub what: Words,
    /// Why, in sentences for people.
    pub why: Words,
}

impl Send {
    /// Returns the ids of every reading it is made from, the first one first.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.from)
            .chain(&self.also_from)
            .map(String::as_str)
    }
}

/// How a record travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// Directly: the receiver sees the address it comes from.
    Https,
    /// Through a relay (RFC 9458): no single server sees both address and content.
    Ohttp,
}

/// Who receives a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recipient {
    /// The controller itself.
    Controller,
    /// Somebody who works on the controller's behalf.
    Processor,
    /// Somebody with purposes of their own.
    ThirdParty,
}

/// Whether sending is part of what the person asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// The product cannot do what was asked without it.
    Primary,
    /// It serves something else.
    Secondary,
}

/// `[[sends.fields]]`: one value in a record.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its name in the record.
    pub name: String,
    /// The field of the reading it is made from; none if it says nothing of the person.
    pub from: Option<String>,
    /// What is done to it on the way: `threshold-share:k=20`.
    pub transform: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// For `text` and `bytes`: the longest that is accepted, in characters or bytes.
    pub max_length: Option<u32>,
    /// For `integer`: the smallest that is accepted.
    pub minimum: Option<i64>,
    /// For `integer`: the largest that is accepted.
    pub maximum: Option<i64>,
    /// For `choice`: every value there is.
    pub choices: Option<Vec<String>>,
    /// What it is, in words for people.
    pub what: Words,
}

/// The type of one value in a record. Each is bounded, so that nothing can travel inside it unseen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldType {
    /// Text of bounded length.
    Text,
    /// A whole number between two bounds.
    Integer,
    /// Yes or no.
    Boolean,
    /// One of a few words.
    Choice,
    /// Bytes of bounded length, as base64.
    Bytes,
}

/// `[sandbox]`: what the worker is confined to. It must say the same as `reads` and `keeps`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sandbox {
    /// Places whose folders may be listed.
    pub list: Vec<String>,
    /// Places whose files may be opened for reading.
    pub read: Vec<String>,
    /// Where it may write, from a variable of the machine.
    pub write: Vec<String>,
    /// `none`.
    pub net: String,
    /// Programs it may start: none.
    pub exec: Vec<String>,
}

/// `[rights]`: what a person can do about it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rights {
    /// How to see what is kept.
    pub access: Words,
    /// How to erase it.
    pub erase: Words,
    /// Where to complain. Needed as soon as anything is sent.
    pub complain: Option<Words>,
    /// The impact assessment, if there is one: a path in the repository.
    pub impact_assessment: Option<String>,
}
