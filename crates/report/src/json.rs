//! A report for programs. What its fields mean stands in `schemas/`.
//!
//! A tool's own fields are spliced in as the text they came as: they may be many megabytes, and
//! nothing here needs to know them. Only their names, one level deep, are read.

use std::collections::{BTreeMap, BTreeSet};

use serde::{
    Serialize,
    ser::{SerializeMap as _, Serializer},
};
use serde_json::value::RawValue;
use tool::Outcome;

use crate::{LEFT_THE_MACHINE, Report, escape};

/// Returns a report as one line of JSON.
///
/// One tool's fields stand at the top level: `{"schema":"candor/dupes/1", …, "groups":[…]}`. In a
/// checkup each tool's stand under its name: `{"schema":"candor/checkup/1", …, "dupes":{…}}`.
/// A tool never replaces a field of the envelope: a field of the same name is called `dupes_findings`.
#[must_use]
pub fn json(report: &Report) -> String {
    let mut text = serde_json::to_string(&Envelope(report))
        .expect("an envelope has string keys and no custom error");
    text.push('\n');
    escape::json(text)
}

/// Returns a report as JSON with one value a line, two blanks a level.
#[must_use]
pub fn json_pretty(report: &Report) -> String {
    indented(&json(report))
}

struct Envelope<'a>(&'a Report);

impl Serialize for Envelope<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let report = self.0;
        let mut map = out.serialize_map(None)?;
        map.serialize_entry("schema", &format!("candor/{}/1", report.command))?;
        map.serialize_entry("version", &report.version)?;
        map.serialize_entry("made", &report.made)?;
        map.serialize_entry(
            "took_ms",
            &u64::try_from(report.took.as_millis()).unwrap_or(u64::MAX),
        )?;
        map.serialize_entry("machine", &report.machine)?;
        map.serialize_entry("confined", &report.confinement)?;
        map.serialize_entry("left_the_machine", LEFT_THE_MACHINE)?;
        for (name, value) in fields(report) {
            map.serialize_entry(&name, &value)?;
        }
        map.serialize_entry("findings", &report.findings())?;
        map.serialize_entry("skipped", &report.skipped())?;
        map.end()
    }
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

/// Returns the tools' fields in order, no name twice.
fn fields(report: &Report) -> Vec<(String, &RawValue)> {
    let mut taken: BTreeSet<String> = ENVELOPE.map(String::from).into();
    let mut all = Vec::new();
    for outcome in &report.outcomes {
        let fields: Vec<(String, &RawValue)> = match (report.command.as_str(), own_fields(outcome))
        {
            ("checkup", _) => vec![(key(outcome).to_owned(), &*outcome.data)],
            (_, Some(fields)) => fields.into_iter().collect(),
            // Not an object: not what a tool may say, but not lost either.
            (_, None) => vec![("data".to_owned(), &*outcome.data)],
        };
        for (mut name, value) in fields {
            while !taken.insert(name.clone()) {
                name = format!("{}_{name}", key(outcome));
            }
            all.push((name, value));
        }
    }
    all
}

fn own_fields(outcome: &Outcome) -> Option<BTreeMap<String, &RawValue>> {
    serde_json::from_str(outcome.data.get()).ok()
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

/// Returns the same JSON, laid out; strings and numbers keep their text.
fn indented(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    let mut chars = text
        .chars()
        .filter(|c| !matches!(c, '\n' | '\r'))
        .peekable();
    while let Some(c) = chars.next() {
        if in_string {
            out.push(c);
            (in_string, escaped) = (escaped || c != '"', !escaped && c == '\\');
            continue;
        }
        match c {
            ' ' | '\t' => {}
            '"' => {
                in_string = true;
                out.push(c);
            }
            '{' | '[' => {
                out.push(c);
                while chars.next_if(|c| matches!(c, ' ' | '\t')).is_some() {}
                if let Some(end) = chars.next_if(|c| matches!(c, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c => out.push(c),
        }
    }
    out.push('\n');
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json as value};
    use tool::Section;

    use super::*;
    use crate::sample;

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
    fn pretty_says_the_same() {
        let report = sample::checkup();
        let pretty = json_pretty(&report);
        assert_eq!(read(&pretty), read(&json(&report)));
        assert!(pretty.starts_with("{\n  \"schema\": \"candor/checkup/1\",\n"));
        insta::assert_snapshot!(indented(r#"{"a":[],"b":{ },"c":[1,"x\"[{,"],"d":{"e":"\\"}}"#), @r#"
        {
          "a": [],
          "b": {},
          "c": [
            1,
            "x\"[{,"
          ],
          "d": {
            "e": "\\"
          }
        }
        "#);
    }
}
