//! What a run puts into the outbox, and what it says of it. Without a consent: nothing, and nothing.

use std::{
    collections::BTreeMap,
    io::{IsTerminal, stderr},
};

use consent::{Row, Value};

use super::{Failure, Session, outbox};
use crate::{
    consents::{self, Consents, cannot},
    usage,
};

impl Session {
    /// Puts what this run found, and what was counted last week, if a person agreed to each.
    ///
    /// What cannot be put is a complaint: the report is complete all the same.
    pub(super) fn put(&mut self) {
        let put = self.put_each();
        self.complaints.extend(put.err());
    }

    fn put_each(&mut self) -> Result<(), Failure> {
        if !self.machine.live || !consents::folder(&self.machine)?.exists() {
            return Ok(());
        }
        let consents = Consents::of(&self.machine)?;
        self.complaints.extend(consents.complaints());
        self.put.extend(usage::count(&consents, &self.command)?);
        self.put_sightings(&consents)
    }

    fn put_sightings(&mut self, consents: &Consents) -> Result<(), Failure> {
        let found = self.outcomes.iter().find(|it| it.tool == "history");
        let candidates = found.map_or_else(Vec::new, |it| sightings(it.data.get()));
        if candidates.is_empty() {
            return Ok(());
        }
        let put = consents.put("threat-sighting", candidates)?;
        self.put.extend(put);
        Ok(())
    }

    /// Shows what was put, and what the courier has left to say. What a person saw on a terminal is shown;
    /// of what went into a file or a pipe nobody knows.
    pub(super) fn tell(&self) {
        let is_seen = stderr().is_terminal();
        for row in &self.put {
            eprint!("{}", words(row, is_seen));
        }
        if !is_seen {
            return;
        }
        let shown = self.shown();
        if let Err(failure) = shown {
            eprint!("{failure}");
        }
    }

    fn shown(&self) -> Result<(), Failure> {
        if !self.machine.live || !consents::folder(&self.machine)?.exists() {
            return Ok(());
        }
        let consents = Consents::of(&self.machine)?;
        for row in &self.put {
            consents.was_shown(row.id)?;
        }
        let Some(mut outbox) = consents.outbox_if_any()? else {
            return Ok(());
        };
        for message in outbox.take_messages().map_err(|error| cannot(&error))? {
            eprintln!("\n{}  {}", message.at, report::plain(&message.text));
        }
        Ok(())
    }
}

/// Reads what a worker says could be reported. It is held against the declaration before it is put.
fn sightings(data: &str) -> Vec<BTreeMap<String, Value>> {
    #[derive(serde::Deserialize)]
    struct Said {
        #[serde(default)]
        sightings: Vec<BTreeMap<String, Value>>,
    }
    serde_json::from_str::<Said>(data).map_or_else(|_| Vec::new(), |said| said.sightings)
}

fn words(row: &Row, is_seen: bool) -> String {
    let id = row.id;
    let next = match is_seen {
        true => format!(
            "`candor outbox send` lets it go; `candor outbox drop {id}` erases it; `candor outbox show {id}` shows every byte."
        ),
        false => format!("It does not go before you have seen it: `candor outbox show {id}`."),
    };
    format!(
        "\nPut into the outbox, because you agreed to {}: record {id}\n{}{next}\n",
        row.program.send(),
        outbox::fields(row)
    )
}
