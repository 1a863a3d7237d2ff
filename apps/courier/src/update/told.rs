//! What a run says: a line while it goes on, and what came of it.

use std::{
    error::Error,
    io::{IsTerminal, Write, stderr},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::Brought;
use crate::failure::with_causes;

/// How often the line changes.
const PERIOD: Duration = Duration::from_millis(200);

/// The line on a terminal.
pub(crate) struct Progress {
    shown: bool,
    is_terminal: bool,
    last: Option<Instant>,
}

impl Progress {
    pub(crate) fn of_terminal() -> Self {
        Self {
            shown: false,
            is_terminal: stderr().is_terminal(),
            last: None,
        }
    }

    /// Says how far something is.
    pub(crate) fn at(&mut self, what: &str, got: u64, of: Option<u64>) {
        let is_due = self.last.is_none_or(|it| it.elapsed() >= PERIOD);
        if !self.is_terminal || !is_due {
            return;
        }
        self.last = Some(Instant::now());
        self.shown = true;
        let of = of.map_or_else(String::new, |of| format!(" of {}", size(of)));
        let line: String = format!("{what}: {}{of}", size(got))
            .chars()
            .take(78)
            .collect();
        // A terminal that has gone away takes no line; the work goes on.
        let _ = write!(stderr(), "\r{line:<78}");
    }

    /// Takes the line away.
    pub(crate) fn end(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = write!(stderr(), "\r{:78}\r", "");
        }
    }
}

/// A list of the person's that was fetched.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) id: String,
    pub(crate) bytes: u64,
    /// Whether it is another one than before.
    pub(crate) is_new: bool,
}

/// What came of a run.
#[derive(Debug, Default)]
pub(crate) struct Done {
    pub(crate) publisher: Option<Brought>,
    pub(crate) own: Vec<Fetched>,
    /// Bytes that came over the network.
    pub(crate) received: u64,
    pub(crate) troubles: Vec<(String, String)>,
}

impl Done {
    pub(crate) fn trouble(&mut self, what: &str, why: &dyn Error) {
        self.troubles.push((what.to_owned(), with_causes(why)));
    }

    pub(crate) fn to_json(&self) -> Value {
        let own = self.own.iter();
        let troubles = self.troubles.iter();
        json!({
            "schema": "candor/courier-update/1",
            "publisher": self.publisher.as_ref().map(Brought::to_json),
            "own": own.map(|it| json!({"id": it.id, "bytes": it.bytes, "is_new": it.is_new})).collect::<Vec<_>>(),
            "received": self.received,
            "troubles": troubles.map(|(what, why)| json!({"what": what, "why": why})).collect::<Vec<_>>(),
        })
    }
}

/// Returns a length as people read it.
fn size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
    let amount = bytes as f64;
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{:.1} KiB", amount / 1024.0),
        _ => format!("{:.1} MiB", amount / 1_048_576.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_fits_its_schema() {
        const SCHEMA: &str =
            include_str!("../../../../schemas/candor.courier-update.1.schema.json");
        let done = Done {
            own: vec![Fetched {
                id: "mine".to_owned(),
                bytes: 12_345,
                is_new: true,
            }],
            received: 12_345,
            troubles: vec![("fetching".to_owned(), "nobody there".to_owned())],
            ..Done::default()
        };
        let schema: Value = serde_json::from_str(SCHEMA).unwrap();
        let json = done.to_json();
        let mut told: Vec<&String> = json.as_object().unwrap().keys().collect();
        let mut described: Vec<&String> =
            schema["properties"].as_object().unwrap().keys().collect();
        told.sort();
        described.sort();
        assert_eq!(told, described);
        assert_eq!(schema["properties"]["schema"]["const"], json["schema"]);
    }
}
