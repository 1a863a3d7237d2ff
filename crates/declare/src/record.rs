//! The records a server may accept, and for how long.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    Declaration, FieldType, Language, Period,
    declaration::{Field, Send},
};

/// Every record of one declaration; empty when nothing is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordSchema {
    schema: &'static str,
    product: String,
    declaration_sha256: String,
    material_hash: String,
    records: Vec<Record>,
}

impl RecordSchema {
    /// Returns the records, in the order of the declaration.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.records
    }
}

/// One kind of record: its shape, and what the server promised about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Record {
    id: String,
    retention: Period,
    deletion: String,
    storage_location: String,
    max_rate: String,
    kill_switch: bool,
    record: RecordShape,
}

/// A JSON Schema, draft 2020-12, of one flat object.
///
/// Source: <https://json-schema.org/draft/2020-12>, read 2026-11.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct RecordShape {
    #[serde(rename = "$schema")]
    dialect: &'static str,
    #[serde(rename = "$id")]
    id: String,
    title: String,
    description: String,
    #[serde(rename = "type")]
    kind: &'static str,
    additional_properties: bool,
    required: Vec<String>,
    properties: BTreeMap<String, Property>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Property {
    description: String,
    #[serde(rename = "$comment", skip_serializing_if = "Option::is_none")]
    transform: Option<String>,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_encoding: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_length: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum: Option<i64>,
    #[serde(rename = "enum", skip_serializing_if = "Option::is_none")]
    choices: Option<Vec<String>>,
}

impl Declaration {
    /// Returns the shape and the retention of every record this declaration lets out.
    #[must_use]
    pub fn record_schema(&self) -> RecordSchema {
        RecordSchema {
            schema: "candor-records/1",
            product: self.product().id.clone(),
            declaration_sha256: self.sha256().to_owned(),
            material_hash: self.material_hash(),
            records: self.sends().iter().map(|send| self.record(send)).collect(),
        }
    }

    fn record(&self, send: &Send) -> Record {
        let fields = send
            .fields
            .iter()
            .map(|field| (field.name.clone(), property(field)));
        let properties: BTreeMap<String, Property> = fields.collect();
        Record {
            id: send.id.clone(),
            retention: send.retention,
            deletion: send.deletion.clone(),
            storage_location: send.storage_location.clone(),
            max_rate: send.max_rate.clone(),
            kill_switch: send.kill_switch,
            record: RecordShape {
                dialect: "https://json-schema.org/draft/2020-12/schema",
                id: format!(
                    "urn:candor:record:{}:{}:{}",
                    self.product().id,
                    send.id,
                    self.sha256()
                ),
                title: send.name.in_language(Language::En).to_owned(),
                description: send.what.in_language(Language::En).to_owned(),
                kind: "object",
                additional_properties: false,
                required: properties.keys().cloned().collect(),
                properties,
            },
        }
    }
}

fn property(field: &Field) -> Property {
    let described = Property {
        description: field.what.in_language(Language::En).to_owned(),
        transform: field.transform.clone(),
        ..Property::default()
    };
    match field.kind {
        FieldType::Text => Property {
            kind: "string",
            max_length: field.max_length.map(u64::from),
            ..described
        },
        FieldType::Bytes => Property {
            kind: "string",
            content_encoding: Some("base64"),
            // Four characters for every three bytes begun (RFC 4648, section 4).
            max_length: field
                .max_length
                .map(|bytes| u64::from(bytes).div_ceil(3) * 4),
            ..described
        },
        FieldType::Integer => Property {
            kind: "integer",
            minimum: field.minimum,
            maximum: field.maximum,
            ..described
        },
        FieldType::Boolean => Property {
            kind: "boolean",
            ..described
        },
        FieldType::Choice => Property {
            kind: "string",
            choices: field.choices.clone(),
            ..described
        },
    }
}
