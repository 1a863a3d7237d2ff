//! Values held against the schemas.

use std::{collections::BTreeSet, fs};

use serde_json::Value;

/// Asserts that a value has the fields its schema requires and no other it names.
#[track_caller]
pub(crate) fn assert_as_described(schema: &str, value: &Value, definition: Option<&str>) {
    let path = format!(
        "{}/../../schemas/candor.{schema}.1.schema.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let schema: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let described = definition.map_or(&schema, |name| &schema["$defs"][name]);
    let names = |value: &Value| -> BTreeSet<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    let required = described["required"].as_array().unwrap();
    for name in required {
        assert!(
            value.get(name.as_str().unwrap()).is_some(),
            "{name} is missing in {value}"
        );
    }
    assert!(
        names(value).is_subset(&names(&described["properties"])),
        "{value}"
    );
}
