//! What a person holds in hand after a yes: a record and a receipt after ISO/IEC TS 27560:2023.
//!
//! Sections and names of fields: ISO/IEC TS 27560:2023, clauses 6.3.2 to 6.3.7, by way of the W3C
//! community group's guide "Implementing ISO/IEC TS 27560:2023", read 2026-11.

use declare::{Declaration, Language, Necessity, Recipient, Send};
use serde::{Deserialize, Serialize};

use crate::{ProgramId, Time};

/// The form of records and receipts.
pub(crate) const SCHEMA: &str = "candor-consent-record/1 (ISO/IEC TS 27560:2023)";

/// What was agreed to, in full, as it was when it was agreed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentRecord {
    /// The form of this record (6.3.2).
    pub schema_version: String,
    /// 32 random hex digits (6.3.2).
    pub record_id: String,
    /// What this machine calls this person: random, never sent (6.3.2).
    pub pii_principal_id: String,
    /// What is done with which data (6.3.4).
    pub processing: Processing,
    /// Who answers for it and who else takes part (6.3.6).
    pub parties: Vec<Party>,
    /// How and when the yes was given, and for how long (6.3.7).
    pub event: RecordEvent,
}

/// What is done with which data (6.3.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Processing {
    /// The notice that was shown: how to see it again, and what it was made from (.1).
    pub privacy_notice: Notice,
    /// The language of the question (.2).
    pub language: String,
    /// What it is for, in the categories of fideslang and in words (.3).
    pub purposes: Vec<PurposeOf>,
    /// On what ground (.6).
    pub lawful_basis: String,
    /// Which data (.7).
    pub pii_information: Vec<Information>,
    /// Ids of the parties that answer for it (.8).
    pub pii_controllers: Vec<String>,
    /// How the data come about (.9).
    pub collection_method: String,
    /// How they travel and what is done to them (.10).
    pub processing_method: String,
    /// Where they are kept (.11).
    pub storage_locations: Vec<String>,
    /// For how long at most (.12).
    pub retention_period: String,
    /// Where they are worked with (.13).
    pub processing_locations: Vec<String>,
    /// Whose law applies (.16).
    pub jurisdiction: String,
    /// Who else gets them, by name; none if nobody (.17).
    pub recipient_third_parties: Vec<String>,
    /// How to take the yes back (.18).
    pub withdrawal_method: Vec<String>,
    /// What a person can ask for (.19).
    pub privacy_rights: Vec<String>,
    /// Where to complain (.22).
    pub authority_party: String,
}

/// The notice that was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// How to see it again.
    pub shown_by: String,
    /// The SHA-256 of the declaration it was made from, 64 hex digits.
    pub declaration_sha256: String,
    /// The hash of what is material in it, with the operator, 64 hex digits.
    pub material_sha256: String,
}

/// One purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurposeOf {
    /// The data use of fideslang.
    pub purpose: String,
    /// `primary` or `secondary` (.4).
    pub purpose_type: String,
    /// Why, in the declaration's words.
    pub description: String,
}

/// One kind of data (6.3.5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Information {
    /// The field, and the data category of fideslang it is made from.
    pub pii_type: String,
    /// What it is, in the declaration's words.
    pub description: String,
    /// Whether the product works without it.
    pub pii_optional: bool,
}

/// One party (6.3.6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// By which the processing names it.
    pub party_id: String,
    /// Its legal name.
    pub party_name: String,
    /// Its postal address.
    pub party_address: String,
    /// Where to write to.
    pub party_contact: String,
    /// Its page.
    pub party_url: String,
    /// `pii-controller`, or `pii-processor`.
    pub party_type: String,
}

/// The event that gave the consent (6.3.7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordEvent {
    /// When.
    pub event_time: String,
    /// How long it holds.
    pub validity_duration: String,
    /// From here on it does not hold.
    pub valid_until: Time,
    /// Who gave it: the principal's id.
    pub entity_id: String,
    /// `explicit`: nothing was ticked beforehand, and nothing else was agreed to with it.
    pub event_type: String,
    /// `given`.
    pub event_state: String,
}

/// A copy of a record for the person, with its own number and the event that it comes from.
///
/// It comes out of [`crate::Ledger::receipt`] alone, and only for a consent that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// The form of this receipt.
    pub(crate) schema_version: String,
    /// The hash of the event, by which the outbox and the courier name this consent; 64 hex digits.
    pub(crate) receipt_id: String,
    /// What it is about.
    pub(crate) program: ProgramId,
    /// The record.
    pub(crate) record: ConsentRecord,
}

impl Receipt {
    /// Returns the hash of the event that gave this consent, 64 hex digits.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.receipt_id
    }

    /// Returns what was agreed to.
    #[must_use]
    pub fn program(&self) -> &ProgramId {
        &self.program
    }

    /// Returns the record.
    #[must_use]
    pub fn record(&self) -> &ConsentRecord {
        &self.record
    }

    /// Returns the material hash that was agreed to, 64 hex digits.
    #[must_use]
    pub fn material(&self) -> &str {
        &self.record.processing.privacy_notice.material_sha256
    }

    /// Returns the receipt as text for a person: one line a field.
    #[must_use]
    pub fn text(&self) -> String {
        let processing = &self.record.processing;
        let event = &self.record.event;
        let mut lines = vec![
            format!("Receipt of a consent ({})", self.schema_version),
            String::new(),
            format!("You agreed to      {}", self.program),
            format!("On                 {}", event.event_time),
            format!(
                "It holds           {}, until {}, or until you withdraw it",
                event.validity_duration, event.valid_until
            ),
            format!(
                "How                {}, {}",
                event.event_type, processing.lawful_basis
            ),
        ];
        for purpose in &processing.purposes {
            lines.push(format!(
                "What for           {} ({}, {})",
                purpose.description, purpose.purpose, purpose.purpose_type
            ));
        }
        for information in &processing.pii_information {
            lines.push(format!(
                "Data               {}: {}",
                information.pii_type, information.description
            ));
        }
        lines.push(format!(
            "How it comes about {}",
            processing.collection_method
        ));
        lines.push(format!(
            "How it travels     {}",
            processing.processing_method
        ));
        for party in &self.record.parties {
            lines.push(format!(
                "Who                {} ({}), {}; {}; {}",
                party.party_name,
                party.party_type,
                party.party_address,
                party.party_contact,
                party.party_url
            ));
        }
        let none = |names: &[String]| match names {
            [] => "nobody".to_owned(),
            names => names.join(", "),
        };
        lines.extend([
            format!(
                "Who else           {}",
                none(&processing.recipient_third_parties)
            ),
            format!(
                "Kept               at most {}, in {}; law of {}",
                processing.retention_period,
                processing.storage_locations.join(", "),
                processing.jurisdiction
            ),
            format!(
                "To withdraw        {}",
                processing.withdrawal_method.join("; ")
            ),
        ]);
        for right in &processing.privacy_rights {
            lines.push(format!("Your rights        {right}"));
        }
        lines.extend([
            format!("To complain        {}", processing.authority_party),
            format!("The notice         {}", processing.privacy_notice.shown_by),
            format!("Language           {}", processing.language),
            format!("Receipt            {}", self.receipt_id),
            format!("Record             {}", self.record.record_id),
            format!(
                "You, on this machine only  {}",
                self.record.pii_principal_id
            ),
            format!(
                "Declaration        {}",
                processing.privacy_notice.declaration_sha256
            ),
            format!(
                "Its material part  {}",
                processing.privacy_notice.material_sha256
            ),
        ]);
        lines.join("\n") + "\n"
    }
}

/// Who said yes, when, and under which number.
pub(crate) struct Given<'a> {
    pub(crate) record_id: String,
    pub(crate) principal: String,
    pub(crate) time: Time,
    /// How the person can see the notice again: `candor notice history`.
    pub(crate) notice: &'a str,
    pub(crate) language: Language,
}

/// Puts down what is agreed to. `None` where nobody answers for it: then nothing can be agreed to.
pub(crate) fn record_of(
    declaration: &Declaration,
    send: &Send,
    given: &Given<'_>,
) -> Option<ConsentRecord> {
    let controller = declaration.controller()?;
    let words = |words: &declare::Words| words.in_language(given.language).to_owned();
    let read = declaration.reads().iter().find(|it| it.id == send.from);
    let category = read.map_or("user", |read| read.data.as_str());
    let information = send.fields.iter().map(|field| Information {
        pii_type: format!("{} ({category})", field.name),
        description: words(&field.what),
        pii_optional: read.is_none_or(|read| read.necessity == Necessity::Optional)
            || send.purpose_type == declare::Purpose::Secondary,
    });
    let rights = declaration.rights();
    let transforms = send
        .fields
        .iter()
        .filter_map(|field| field.transform.as_deref());
    let transforms: Vec<&str> = transforms.collect();
    Some(ConsentRecord {
        schema_version: SCHEMA.to_owned(),
        record_id: given.record_id.clone(),
        pii_principal_id: given.principal.clone(),
        processing: Processing {
            privacy_notice: Notice {
                shown_by: given.notice.to_owned(),
                declaration_sha256: declaration.sha256().to_owned(),
                material_sha256: declaration.material_hash(),
            },
            language: given.language.tag().to_owned(),
            purposes: vec![PurposeOf {
                purpose: send.purpose.clone(),
                purpose_type: match send.purpose_type {
                    declare::Purpose::Primary => "primary",
                    declare::Purpose::Secondary => "secondary",
                }
                .to_owned(),
                description: words(&send.why),
            }],
            lawful_basis: send.legal_basis.clone(),
            pii_information: information.collect(),
            pii_controllers: vec!["controller".to_owned()],
            collection_method: words(&send.what),
            processing_method: format!(
                "{}; {}; at most {}",
                match send.via {
                    declare::Via::Https => "directly, encrypted",
                    declare::Via::Ohttp => "through a relay, encrypted (OHTTP, RFC 9458)",
                },
                match transforms.as_slice() {
                    [] => "as it is".to_owned(),
                    transforms => transforms.join(", "),
                },
                send.max_rate
            ),
            storage_locations: vec![send.storage_location.clone()],
            retention_period: send.retention.to_string(),
            processing_locations: vec![send.storage_location.clone()],
            jurisdiction: controller.jurisdiction.clone(),
            recipient_third_parties: send.third_parties.clone(),
            withdrawal_method: send.withdraw.clone(),
            privacy_rights: vec![words(&rights.access), words(&rights.erase)],
            authority_party: rights.complain.as_ref().map(words).unwrap_or_default(),
        },
        parties: vec![Party {
            party_id: "controller".to_owned(),
            party_name: controller.name.clone(),
            party_address: controller.address.clone(),
            party_contact: controller.contact.clone(),
            party_url: controller.url.clone(),
            party_type: match send.recipient {
                Recipient::Processor => "pii-processor",
                Recipient::Controller | Recipient::ThirdParty => "pii-controller",
            }
            .to_owned(),
        }],
        event: RecordEvent {
            event_time: given.time.to_string(),
            validity_duration: send.validity.to_string(),
            valid_until: given.time.plus(u64::from(send.validity.hours()) * 3600),
            entity_id: given.principal.clone(),
            event_type: "explicit".to_owned(),
            event_state: "given".to_owned(),
        },
    })
}
