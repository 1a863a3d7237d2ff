//! How often each command was started this week: counted only if a person agreed to send it.
//!
//! One file in the consent folder, `{"schema":"candor-usage/1","weeks":{"2968":{"checkup":3}}}`, of this
//! week and the one before. A week is an epoch of the record.

use std::{collections::BTreeMap, fs, io, path::PathBuf};

use consent::{Folder, Policy, Row, Value};
use serde::{Deserialize, Serialize};

use crate::{consents::Consents, failure::Failure};

const SCHEMA: &str = "candor-usage/1";
/// The record of the counts.
pub(crate) const RECORD: &str = "usage-count";
const WEEK: u64 = 7 * 86_400;
/// Longest file that is read.
const LONGEST: u64 = 64 << 10;

/// The commands that are counted, as the record names them.
const COUNTED: [&str; 7] = [
    "battery",
    "checkup",
    "clean",
    "dupes",
    "history",
    "similar",
    "uninstall",
];

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Counts {
    schema: String,
    weeks: BTreeMap<u64, BTreeMap<String, u32>>,
}

/// Counts a command that was started. Returns the record of the week before, if it was put just now.
///
/// Without a consent nothing is read or written.
pub(crate) fn count(consents: &Consents, command: &str) -> Result<Option<Row>, Failure> {
    let command = match command {
        "map" => "clean",
        other => other,
    };
    if !COUNTED.contains(&command) {
        return Ok(None);
    }
    let folder = &consents.folder;
    let given = consents.standing(consents.subject(RECORD)?).is_given();
    if !given || consents.policy == Policy::SendingForbidden {
        return Ok(None);
    }
    let week = consents.now.0 / WEEK;
    let mut counts = read(folder);
    counts
        .weeks
        .retain(|of, _| (week.saturating_sub(1)..=week).contains(of));
    let times = counts.weeks.entry(week).or_default();
    let times = times.entry(command.to_owned()).or_insert(0);
    *times = times.saturating_add(1);
    let text = serde_json::to_vec(&counts).expect("names and numbers are always JSON");
    let kept = folder.replace(&file(folder), &text);
    kept.map_err(|error| Failure::new("this run cannot be counted").because(&error))?;
    let before = counts.weeks.get(&week.saturating_sub(1));
    consents.put(RECORD, before.map(record))
}

/// Removes the counts.
pub(crate) fn erase(folder: &Folder) -> Result<(), Failure> {
    match fs::remove_file(file(folder)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Failure::new("cannot remove the counts of runs").because(&error))
        }
        _ => Ok(()),
    }
}

/// A file that is not what was written there counts as none: nobody is told less or more by it.
fn read(folder: &Folder) -> Counts {
    let path = file(folder);
    let is_short = fs::metadata(&path).is_ok_and(|it| it.len() <= LONGEST);
    let bytes = is_short.then(|| fs::read(&path).ok()).flatten();
    let counts = bytes.and_then(|bytes| serde_json::from_slice::<Counts>(&bytes).ok());
    counts
        .filter(|counts| counts.schema == SCHEMA)
        .unwrap_or_else(|| Counts {
            schema: SCHEMA.to_owned(),
            weeks: BTreeMap::new(),
        })
}

fn file(folder: &Folder) -> PathBuf {
    folder.path().join("usage.json")
}

/// Returns the record of a week: of each command one of four words.
fn record(times: &BTreeMap<String, u32>) -> BTreeMap<String, Value> {
    let word = |name: &str| match times.get(name).copied().unwrap_or(0) {
        0 => "0",
        1 => "1",
        2..=6 => "2-6",
        _ => "7-more",
    };
    let fields = COUNTED.iter();
    fields
        .map(|name| ((*name).to_owned(), Value::Text(word(name).to_owned())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_number_only_its_bucket_is_told() {
        let times = [("clean", 1), ("dupes", 6), ("history", 7), ("map", 3)];
        let times = times.map(|(name, times)| (name.to_owned(), times));
        let record = record(&BTreeMap::from(times));
        let word = |name: &str| record[name].clone();
        assert_eq!(record.len(), COUNTED.len());
        assert_eq!(word("battery"), Value::Text("0".into()));
        assert_eq!(word("clean"), Value::Text("1".into()));
        assert_eq!(word("dupes"), Value::Text("2-6".into()));
        assert_eq!(word("history"), Value::Text("7-more".into()));
    }

    #[test]
    fn the_record_is_the_declared_one() {
        let declaration = declare::Declaration::parse(crate::consents::SUITE).unwrap();
        let fields = &declaration.sends()[0].fields;
        let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, COUNTED);
    }
}
