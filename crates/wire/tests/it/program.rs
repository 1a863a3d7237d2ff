//! What a declaration makes of a program, and what it refuses.

use std::collections::BTreeMap;

use candor_wire::{
    Epoch, Value,
    normal::NormalError,
    program::{DecodeError, EncodeError, ProgramError},
};

use crate::made::{DECLARATION, program, program_of, values};

#[test]
fn a_program_is_what_its_declaration_says() {
    let program = program();
    assert_eq!(program.id(), "org.example.sightings/threat-sighting");
    assert_eq!(
        (program.threshold(), program.epoch_days(), program.lanes()),
        (20, 7, 8)
    );
    assert_eq!((program.max_length(), program.body_length()), (61, 80));
    assert_eq!(program.report_length(), 220);
    assert_eq!(program.retention().to_string(), "90d");
    assert!(program.has_kill_switch());
    let (begins, ends) = program.epoch_bounds(Epoch(2900));
    assert_eq!((begins, ends), (2900 * 604_800, 2901 * 604_800));
    assert_eq!(program.epoch_of(begins - 1), Epoch(2899));
    assert_eq!(program.epoch_of(begins), Epoch(2900));
    assert_eq!(program.epoch_of(ends), Epoch(2901));
    assert_eq!(program.epoch_of(u64::MAX), Epoch(u32::MAX));
}

#[test]
fn everything_material_changes_the_hash_and_wording_does_not() {
    let hash = |from: &str, to: &str| {
        assert!(DECLARATION.contains(from), "{from}");
        *program_of(&DECLARATION.replace(from, to), "threat-sighting")
            .unwrap()
            .hash()
    };
    let now = *program().hash();
    for (from, to) in [
        ("k=20", "k=21"),
        ("max_rate = \"1/7d\"", "max_rate = \"1/14d\""),
        ("max_length = 61", "max_length = 60"),
        ("\"adware\"", "\"spam\""),
        ("maximum = 3", "maximum = 4"),
        ("retention = \"90d\"", "retention = \"60d\""),
        ("Example e.V.", "Another e.V."),
        ("intake.example.org", "elsewhere.example.org"),
        ("storage_location = \"DE\"", "storage_location = \"FR\""),
        ("name = \"kind\"", "name = \"sort\""),
        (
            "k=20\"\ntype = \"text\"",
            "k=20,path-if-vector\"\ntype = \"text\"",
        ),
    ] {
        assert_ne!(hash(from, to), now, "{from} -> {to}");
    }
    for (from, to) in [
        ("So that others are warned.", "Others are warned by it."),
        ("[\"malware\", \"phishing\"", "[\"phishing\", \"malware\""),
        ("# Two records", "# Some records"),
    ] {
        assert_eq!(hash(from, to), now, "{from} -> {to}");
    }
    let usage = program_of(DECLARATION, "usage-count").unwrap();
    assert_ne!(*usage.hash(), now);
}

#[test]
fn what_the_protocol_cannot_carry_is_refused() {
    let refused = |from: &str, to: &str| {
        assert!(DECLARATION.contains(from), "{from}");
        match program_of(&DECLARATION.replace(from, to), "threat-sighting") {
            Err(ProgramError::Unfit { why, .. }) => why,
            other => panic!("{from} -> {to}: {other:?}"),
        }
    };
    for wrong in [
        "k=9",
        "k=1001",
        "k=020",
        "k=+20",
        "k=",
        "k=20,other",
        "m=20",
    ] {
        let why = refused(
            "threshold-share:k=20\"\ntype = \"text\"",
            &format!("threshold-share:{wrong}\"\ntype = \"text\""),
        );
        assert!(why.contains("is no transform"), "{wrong}: {why}");
    }
    for wrong in ["2/7d", "1/hour", "1/24h", "1/29d"] {
        let why = refused("max_rate = \"1/7d\"", &format!("max_rate = \"{wrong}\""));
        assert!(why.contains("gives no epoch"), "{wrong}: {why}");
    }
    let why = refused("max_length = 61", "max_length = 254");
    assert!(why.contains("at most 253"), "{why}");
    let why = refused("maximum = 3", "maximum = 300");
    assert!(why.contains("at most 4096"), "{why}");
    let why = refused("\"adware\"", "\"ad;ware\"");
    assert!(why.contains("no plain word"), "{why}");
    let why = refused(
        "transform = \"threshold-share:k=20\"\ntype = \"text\"",
        "type = \"text\"",
    );
    assert!(why.contains("no field has"), "{why}");
    let none = program_of(DECLARATION, "nothing").unwrap_err();
    assert!(
        none.to_string().contains("org.example.sightings/nothing"),
        "{none}"
    );
}

#[test]
fn a_length_has_one_pad() {
    for (length, body) in [(61, 80), (62, 144), (125, 144), (126, 272), (253, 272)] {
        let text = DECLARATION.replace("max_length = 61", &format!("max_length = {length}"));
        let program = program_of(&text, "threat-sighting").unwrap();
        assert_eq!(program.body_length(), body, "{length}");
    }
}

#[test]
fn records_that_are_none_are_refused() {
    let program = program();
    let with = |name: &str, value: Value| {
        let mut record = values("harm.example");
        record.insert(name.to_owned(), value);
        program.encode(&record).unwrap_err()
    };
    let text = |text: &str| Value::Text(text.to_owned());
    let field = |field: &str| field.to_owned();
    assert_eq!(
        with("other", text("x")),
        EncodeError::Unknown {
            field: field("other")
        }
    );
    assert_eq!(
        with("kind", text("other")),
        EncodeError::Value {
            field: field("kind")
        }
    );
    assert_eq!(
        with("kind", Value::Integer(0)),
        EncodeError::Value {
            field: field("kind")
        }
    );
    assert_eq!(
        with("tier", Value::Integer(0)),
        EncodeError::Value {
            field: field("tier")
        }
    );
    assert_eq!(
        with("tier", Value::Integer(4)),
        EncodeError::Value {
            field: field("tier")
        }
    );
    assert_eq!(
        with("opened", text("true")),
        EncodeError::Value {
            field: field("opened")
        }
    );
    assert_eq!(
        with("host", Value::Boolean(true)),
        EncodeError::Value {
            field: field("host")
        }
    );
    assert_eq!(
        with("host", text("router")),
        EncodeError::Normal(NormalError::SingleLabel)
    );
    let long = format!("{}.example", "a".repeat(54));
    assert_eq!(
        with("host", text(&long)),
        EncodeError::TooLong {
            length: 62,
            most: 61
        }
    );
    let mut record = values("harm.example");
    record.remove("tier");
    let missing = program.encode(&record).unwrap_err();
    assert_eq!(
        missing,
        EncodeError::Missing {
            field: field("tier")
        }
    );
}

#[test]
fn every_value_of_the_counted_fields_has_one_number() {
    let program = program();
    let mut seen = 0;
    for aux in 0..=u16::MAX {
        let Ok(values) = program.decode("harm.example", aux) else {
            assert!(!program.has_aux(aux));
            continue;
        };
        assert_eq!(program.encode(&values).unwrap().aux(), aux);
        seen += 1;
    }
    assert_eq!(seen, 4 * 4 * 3 * 2);
    let wrong = program.decode("harm.example", 96).unwrap_err();
    assert_eq!(wrong, DecodeError::Aux { aux: 96 });
    assert_eq!(
        program.decode("Harm.example", 0).unwrap_err(),
        DecodeError::Text
    );
}

#[test]
fn choices_alone_are_one_secret_text() {
    let program = program_of(DECLARATION, "usage-count").unwrap();
    assert_eq!((program.threshold(), program.epoch_days()), (20, 7));
    let values = BTreeMap::from([
        ("history".to_owned(), Value::Text("2-5".to_owned())),
        ("clean".to_owned(), Value::Text("0".to_owned())),
        ("undone".to_owned(), Value::Boolean(true)),
        ("runs".to_owned(), Value::Integer(-1)),
    ]);
    let encoded = program.encode(&values).unwrap();
    assert_eq!(encoded.text(), "clean=0;history=2-5;runs=-1;undone=true");
    assert_eq!(encoded.aux(), 0);
    assert_eq!(program.decode(encoded.text(), 0).unwrap(), values);
    for wrong in [
        "",
        "clean=0;history=2-5;runs=-1",
        "clean=0;history=2-5;runs=-1;undone=true;",
        "history=2-5;clean=0;runs=-1;undone=true",
        "clean=00;history=2-5;runs=-1;undone=true",
        "clean=0;history=2-5;runs=+1;undone=true",
        "clean=0;history=2-5;runs=13;undone=true",
        "clean=0;history=9;runs=1;undone=true",
    ] {
        assert_eq!(
            program.decode(wrong, 0).unwrap_err(),
            DecodeError::Text,
            "{wrong}"
        );
    }
}
