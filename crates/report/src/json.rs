//! A report for programs. What its fields mean stands in `schemas/`.
//!
//! A tool's own fields are spliced in as the text they came as: they may be many megabytes, and
//! nothing here needs to know them. Only their names, one level deep, are read.

use std::{
    collections::BTreeSet,
    fmt,
    io::{self, Write},
};

use serde::{
    Deserialize, Serialize,
    de::{Deserializer, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use tool::{List, Outcome};

use crate::{Report, escape};

/// Writes a report as one line of JSON.
///
/// One tool's fields stand at the top level: `{"schema":"candor/dupes/1", …, "groups":[…]}`. In a
/// checkup each tool's stand under its name: `{"schema":"candor/checkup/1", …, "dupes":{…}}`.
/// A tool never replaces a field of the envelope: a field of the same name is called `dupes_findings`.
///
/// # Errors
/// What `out` fails with.
pub fn json(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let mut envelope = Object::begin(out)?;
    let took = u64::try_from(report.took.as_millis()).unwrap_or(u64::MAX);
    envelope.value("schema", &format!("candor/{}/1", report.command))?;
    envelope.value("version", &report.version)?;
    envelope.value("made", &report.made)?;
    envelope.value("took_ms", &took)?;
    envelope.value("machine", &report.machine)?;
    envelope.value("confined", &report.confinement)?;
    envelope.value("left_the_machine", &report.left)?;
    for outcome in &report.outcomes {
        let own = serde_json::from_str(outcome.data.get());
        match (report.command.as_str(), own) {
            ("checkup", Ok(own)) => {
                envelope.name(key(outcome), key(outcome))?;
                let mut object = Object::begin(&mut *envelope.out)?;
                object.fields(outcome, &own)?;
                object.end()?;
            }
            (_, Ok(own)) => envelope.fields(outcome, &own)?,
            // Not an object: not what a tool may say, but not lost either.
            ("checkup", Err(_)) => envelope.raw(key(outcome), key(outcome), &outcome.data)?,
            (_, Err(_)) => envelope.raw("data", key(outcome), &outcome.data)?,
        }
    }
    envelope.value("findings", &report.findings())?;
    envelope.value("skipped", &report.skipped())?;
    envelope.end()?;
    out.write_all(b"\n")
}

/// The names that a tool's fields cannot take.
const ENVELOPE: [&str; 9] = [
    "schema",
    "version",
    "made",
    "took_ms",
    "machine",
    "confined",
    "left_the_machine",
    "findings",
    "skipped",
];

/// An object that is being written.
struct Object<'o, W> {
    out: &'o mut W,
    /// The names that stand in it already.
    taken: BTreeSet<String>,
}

impl<'o, W: Write> Object<'o, W> {
    fn begin(out: &'o mut W) -> io::Result<Self> {
        out.write_all(b"{")?;
        let taken = BTreeSet::new();
        Ok(Self { out, taken })
    }

    fn end(self) -> io::Result<()> {
        self.out.write_all(b"}")
    }

    fn value(&mut self, name: &str, value: &impl Serialize) -> io::Result<()> {
        let text =
            serde_json::to_string(value).expect("an envelope has string keys and no custom error");
        self.begin_field(name)?;
        self.out.write_all(escape::json(&text).as_bytes())
    }

    /// Writes a tool's own fields and its lists.
    fn fields(&mut self, outcome: &Outcome, own: &Fields<'_>) -> io::Result<()> {
        for (name, value) in &own.0 {
            self.raw(name, key(outcome), value)?;
        }
        for list in &outcome.lists {
            self.name(&list.name, key(outcome))?;
            self.list(list)?;
        }
        Ok(())
    }

    fn raw(&mut self, name: &str, tool: &str, value: &RawValue) -> io::Result<()> {
        self.name(name, tool)?;
        self.out.write_all(escape::json(value.get()).as_bytes())
    }

    fn list(&mut self, list: &List) -> io::Result<()> {
        let mut between: &[u8] = b"[";
        for rows in list.rows() {
            self.out.write_all(between)?;
            self.out.write_all(escape::json(rows).as_bytes())?;
            between = b",";
        }
        match between {
            b"[" => self.out.write_all(b"[]"),
            _ => self.out.write_all(b"]"),
        }
    }

    /// Writes the name of a tool's field, changed if another field has it.
    fn name(&mut self, name: &str, tool: &str) -> io::Result<()> {
        let mut name = name.to_owned();
        while self.taken.contains(&name) || ENVELOPE.contains(&name.as_str()) {
            name = format!("{tool}_{name}");
        }
        self.begin_field(&name)
    }

    fn begin_field(&mut self, name: &str) -> io::Result<()> {
        let between = if self.taken.is_empty() { "" } else { "," };
        let text = serde_json::to_string(name).expect("a string fits JSON");
        write!(self.out, "{between}{}:", escape::json(&text))?;
        self.taken.insert(name.to_owned());
        Ok(())
    }
}

/// The fields of an object in their order, their values as they came.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }

        from.deserialize_map(InOrder)
    }
}

/// Returns the name a tool's fields stand under in a checkup.
fn key(outcome: &Outcome) -> &str {
    match outcome.tool.as_str() {
        // What the preview of `candor clean` finds is junk; the command's name would read as a verdict.
        "clean" => "junk",
        "" => "unnamed",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json as value};
    use tool::{Outcome, Section};

    use super::RawValue;
    use crate::{Report, sample, sample::json_text as json};

    fn read(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn one_tools_fields_stand_at_the_top() {
        let report = sample::single("dupes", sample::dupes());
        let text = json(&report);
        assert!(text.starts_with(r#"{"schema":"candor/dupes/1","version":"0.1.0","made":"2026-11-23T20:48:56Z","took_ms":4290,"#));
        assert!(text.ends_with("}\n") && text.lines().count() == 1);
        let read = read(&text);
        assert_eq!(
            read["machine"],
            value!({"platform": "linux", "root": "/", "home": "/home/ada", "live": true})
        );
        assert_eq!(
            read["confined"],
            value!({"in_force": true, "words": "Landlock (ABI 6) and seccomp"})
        );
        assert_eq!(read["left_the_machine"], "nothing");
        assert_eq!(read["groups"][0]["frees"], 946_864_128_u64);
        assert_eq!(read["findings"], value!([]));
    }

    #[test]
    fn a_checkup_keeps_tools_apart() {
        let read = read(&json(&sample::checkup()));
        assert_eq!(read["schema"], "candor/checkup/1");
        assert_eq!(read["map"]["files"], 203_411);
        assert_eq!(read["junk"]["bytes"], 1_932_735_283_u64);
        assert_eq!(read["dupes"]["bytes_read"], 4096);
        assert_eq!(read["findings"][0]["level"], "act");
        assert_eq!(read["findings"].as_array().unwrap().len(), 3);
        let skipped = read["skipped"].as_array().unwrap();
        assert_eq!(
            skipped.len(),
            9,
            "a path that two tools skipped stands once"
        );
        assert!(
            skipped.contains(&value!({"path": "/home/ada/secret/1", "why": {"kind": "denied"}}))
        );
    }

    #[test]
    fn a_tool_cannot_replace_a_field_of_the_envelope() {
        let data =
            value!({"schema": "candor/other/9", "left_the_machine": "everything", "groups": 1});
        let outcome = Outcome::new("dupes", &data, Section::default());
        let text = json(&sample::single("dupes", outcome));
        let read = read(&text);
        assert_eq!(read["schema"], "candor/dupes/1");
        assert_eq!(read["left_the_machine"], "nothing");
        assert_eq!(read["dupes_schema"], "candor/other/9");
        assert_eq!(text.matches(r#""schema""#).count(), 1);
    }

    #[test]
    fn what_is_no_object_is_kept() {
        let outcome = Outcome::new("dupes", &value!([1, 2]), Section::default());
        assert_eq!(
            read(&json(&sample::single("dupes", outcome)))["data"],
            value!([1, 2])
        );
    }

    #[test]
    fn numbers_keep_their_text() {
        let raw = RawValue::from_string(r#"{"n": 123456789012345678901234567890.10}"#.to_owned())
            .unwrap();
        let outcome = Outcome {
            data: raw,
            ..Outcome::new("dupes", &value!({}), Section::default())
        };
        assert!(
            json(&sample::single("dupes", outcome))
                .contains(r#""n":123456789012345678901234567890.10"#)
        );
    }

    #[test]
    fn lists_stand_among_the_fields_and_take_no_name_twice() {
        let piece = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
        let mut outcome = Outcome {
            data: piece(r#"{"z":1,"a":2}"#),
            ..Outcome::new("dupes", &value!({}), Section::default())
        };
        for (name, text) in [
            ("groups", "[]"),
            ("groups", "[1, [2]]"),
            ("groups", "[{\"b\": \"\u{9b}\"}]"),
            ("empty", "[]"),
            ("a", "[3]"),
            ("findings", "[4]"),
        ] {
            tool::lists::put_together(&mut outcome.lists, name, piece(text));
        }
        let alone = json(&sample::single("dupes", outcome.clone()));
        let fields = r#","z":1,"a":2,"groups":[1, [2],{"b": "\u009b"}],"empty":[],"dupes_a":[3],"dupes_findings":[4],"findings":"#;
        assert!(alone.contains(fields), "{alone}");
        let report = Report {
            command: "checkup".to_owned(),
            ..sample::single("dupes", outcome)
        };
        let together = json(&report);
        let fields = r#""dupes":{"z":1,"a":2,"groups":[1, [2],{"b": "\u009b"}],"empty":[],"dupes_a":[3],"dupes_findings":[4]},"findings":"#;
        assert!(together.contains(fields), "{together}");
        assert_eq!(
            read(&together)["dupes"]["groups"],
            value!([1, [2], {"b": "\u{9b}"}])
        );
    }
}
