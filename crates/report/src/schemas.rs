//! Keeps `schemas/` and what [`crate::json`] writes together.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tool::{Outcome, Section};

use crate::sample;

/// The tools that take part in a checkup: the command, and the name of their fields in it.
const TOOLS: [(&str, &str); 5] = [
    ("map", "map"),
    ("clean", "junk"),
    ("dupes", "dupes"),
    ("history", "history"),
    ("battery", "battery"),
];

/// Returns every schema file by command.
fn schemas() -> BTreeMap<String, Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas");
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("schemas stand in the repository") {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let command = name
            .strip_prefix("candor.")
            .and_then(|rest| rest.strip_suffix(".1.schema.json"));
        let command = command.unwrap_or_else(|| panic!("{name} is not named as schemas are"));
        let schema = serde_json::from_slice(&std::fs::read(&path).unwrap());
        found.insert(
            command.to_owned(),
            schema.unwrap_or_else(|error| panic!("{name}: {error}")),
        );
    }
    found
}

fn names(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Object(map) => map.keys().cloned().collect(),
        Value::Array(list) => list
            .iter()
            .map(|it| it.as_str().unwrap().to_owned())
            .collect(),
        other => panic!("{other} holds no names"),
    }
}

#[test]
fn every_command_has_a_schema_that_says_what_it_is() {
    let schemas = schemas();
    let commands: Vec<_> = schemas.keys().map(String::as_str).collect();
    assert_eq!(
        commands,
        [
            "apply",
            "archives",
            "battery",
            "checkup",
            "clean",
            "cleanerml",
            "consent",
            "courier",
            "courier-update",
            "doctor",
            "dupes",
            "history",
            "journal",
            "lists",
            "map",
            "notice",
            "outbox",
            "plan",
            "similar",
            "uninstall",
            "unpack",
            "update",
        ]
    );
    for (command, schema) in &schemas {
        assert_eq!(
            schema["$schema"],
            "https://json-schema.org/draft/2020-12/schema"
        );
        assert_eq!(schema["$id"], format!("urn:candor:schema:{command}:1"));
        assert_eq!(
            schema["properties"]["schema"]["const"],
            format!("candor/{command}/1")
        );
        assert!(
            schema["title"]
                .as_str()
                .is_some_and(|title| title.contains(command))
        );
    }
}

#[test]
fn an_envelope_has_exactly_the_fields_that_are_required() {
    // These look at no files and have no envelope.
    let others = [
        "apply",
        "consent",
        "courier",
        "courier-update",
        "doctor",
        "journal",
        "notice",
        "outbox",
        "plan",
        "update",
    ];
    let tools = schemas()
        .into_iter()
        .filter(|(command, _)| !others.contains(&&**command));
    for (command, schema) in tools {
        let outcome = Outcome::new("any", &json!({}), Section::default());
        let mut report = sample::single(&command, outcome);
        if command == "checkup" {
            report.outcomes.clear();
        }
        let written: Value = serde_json::from_str(&sample::json_text(&report)).unwrap();
        assert_eq!(names(&written), names(&schema["required"]), "{command}");
        for shared in ["machine", "confined"] {
            assert_eq!(
                names(&written[shared]),
                names(&schema["$defs"][shared]["required"]),
                "{command} {shared}"
            );
        }
    }
}

#[test]
fn findings_and_skips_are_written_as_described() {
    let schema = &schemas()["checkup"];
    let written: Value = serde_json::from_str(&sample::json_text(&sample::checkup())).unwrap();
    for (list, definition) in [("findings", "finding"), ("skipped", "skipped")] {
        let definition = &schema["$defs"][definition];
        let items = written[list].as_array().unwrap();
        assert!(!items.is_empty());
        for item in items {
            assert!(
                names(item).is_subset(&names(&definition["properties"])),
                "{item}"
            );
            assert!(
                names(item).is_superset(&names(&definition["required"])),
                "{item}"
            );
        }
    }
}

#[test]
fn a_checkup_describes_each_tool_as_the_tool_does() {
    let schemas = schemas();
    let checkup = &schemas["checkup"];
    for (command, key) in TOOLS {
        let definitions = schemas[command]["$defs"].as_object().unwrap();
        for (name, definition) in definitions {
            let name = if name == "data" { key } else { name };
            assert_eq!(&checkup["$defs"][name], definition, "{command}: {name}");
        }
        assert_eq!(checkup["properties"][key]["$ref"], format!("#/$defs/{key}"));
    }
}

/// A version is only added to, so a reader must let pass what it does not know.
#[test]
fn schemas_allow_what_they_do_not_name_and_refer_only_to_what_is_there() {
    for (command, schema) in schemas() {
        let text = schema.to_string();
        assert!(
            !text.contains("additionalProperties") && !text.contains("unevaluatedProperties"),
            "{command}"
        );
        let definitions = names(&schema["$defs"]);
        for reference in text
            .split("\"$ref\":\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
        {
            let name = reference
                .strip_prefix("#/$defs/")
                .expect("references stay in the file");
            assert!(definitions.contains(name), "{command} refers to {name}");
        }
    }
}
