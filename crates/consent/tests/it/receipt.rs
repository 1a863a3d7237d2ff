//! A receipt holds every field that ISO/IEC TS 27560 makes mandatory, as JSON and as text.

use serde_json::Value;

use crate::world::{NOW, World};

/// The mandatory fields, by clause, and where they stand in the JSON.
///
/// Source: ISO/IEC TS 27560:2023, 6.3.2 to 6.3.7 and 6.4, by way of the W3C community group's guide
/// "Implementing ISO/IEC TS 27560:2023", read 2026-11.
const MANDATORY: [(&str, &str); 26] = [
    ("6.3.2 schema_version", "/record/schema_version"),
    ("6.3.2 record_id", "/record/record_id"),
    ("6.3.2 pii_principal_id", "/record/pii_principal_id"),
    (
        "6.3.4.1 privacy_notice",
        "/record/processing/privacy_notice/shown_by",
    ),
    ("6.3.4.2 language", "/record/processing/language"),
    ("6.3.4.3 purposes", "/record/processing/purposes/0/purpose"),
    (
        "6.3.4.7 pii_information",
        "/record/processing/pii_information/0/pii_type",
    ),
    (
        "6.3.4.8 pii_controllers",
        "/record/processing/pii_controllers/0",
    ),
    (
        "6.3.4.11 storage_locations",
        "/record/processing/storage_locations/0",
    ),
    (
        "6.3.4.12 retention_period",
        "/record/processing/retention_period",
    ),
    ("6.3.4.16 jurisdiction", "/record/processing/jurisdiction"),
    (
        "6.3.4.17 recipient_third_parties",
        "/record/processing/recipient_third_parties",
    ),
    (
        "6.3.4.18 withdrawal_method",
        "/record/processing/withdrawal_method/0",
    ),
    (
        "6.3.5.1 pii_type",
        "/record/processing/pii_information/3/pii_type",
    ),
    ("6.3.6 party_id", "/record/parties/0/party_id"),
    ("6.3.6 party_name", "/record/parties/0/party_name"),
    ("6.3.6 party_address", "/record/parties/0/party_address"),
    ("6.3.6 party_contact", "/record/parties/0/party_contact"),
    ("6.3.6 party_type", "/record/parties/0/party_type"),
    ("6.3.7 event_time", "/record/event/event_time"),
    ("6.3.7 validity_duration", "/record/event/validity_duration"),
    ("6.3.7 entity_id", "/record/event/entity_id"),
    ("6.3.7 event_type", "/record/event/event_type"),
    ("6.3.7 event_state", "/record/event/event_state"),
    ("6.4 schema_version of the receipt", "/schema_version"),
    ("6.4 receipt_id", "/receipt_id"),
];

#[test]
fn every_mandatory_field_is_there_and_says_something() {
    let receipt = World::new().agree();
    let json: Value = serde_json::to_value(&receipt).unwrap();
    let text = receipt.text();
    for (name, at) in MANDATORY {
        let value = json
            .pointer(at)
            .unwrap_or_else(|| panic!("{name} is missing"));
        match value {
            Value::String(words) => {
                assert!(!words.trim().is_empty(), "{name} is empty");
                // Ids that only join parts of the JSON are not for people.
                let joins = at.ends_with("party_id") || at.ends_with("pii_controllers/0");
                let is_form = at == "/record/schema_version" || at.ends_with("event_state");
                assert!(
                    joins || is_form || text.contains(words),
                    "{name} is not in\n{text}"
                );
            }
            // Whoever else runs one of the operator's servers.
            Value::Array(all) => {
                assert_eq!(all, &["Relay Ltd", "Random Oy"]);
                assert!(text.contains("Relay Ltd, Random Oy"), "{text}");
            }
            other => panic!("{name} is {other}"),
        }
    }
    assert_eq!(
        json.pointer("/record/event/event_type").unwrap(),
        "explicit"
    );
    assert_eq!(json.pointer("/record/event/event_state").unwrap(), "given");
    assert_eq!(
        json.pointer("/record/event/event_time").unwrap(),
        &NOW.to_string()
    );
    assert_eq!(
        json.pointer("/record/processing/lawful_basis").unwrap(),
        "consent"
    );
}

#[test]
fn the_principal_is_random_and_the_same_on_one_machine() {
    let (one, other) = (World::new(), World::new());
    let id = |world: &World| world.agree().record().pii_principal_id.clone();
    assert_eq!(id(&one), id(&one));
    assert_ne!(id(&one), id(&other));
    assert_ne!(
        one.agree().record().record_id,
        one.agree().record().record_id
    );
}

#[test]
fn a_receipt_can_be_seen_again_when_it_no_longer_holds() {
    use candor_consent::How;
    let world = World::new();
    let receipt = world.agree();
    let mut ledger = world.ledger();
    ledger
        .refused(
            &crate::world::operated(),
            crate::world::SEND,
            How::Question,
            NOW,
        )
        .unwrap();
    assert_eq!(
        ledger.last_receipt(&crate::world::program()),
        Some(receipt.clone())
    );
    assert_eq!(ledger.receipt_of(receipt.id()), Some(receipt));
    assert_eq!(ledger.receipt_of(&"0".repeat(64)), None);
}
