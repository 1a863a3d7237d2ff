//! A person's machine: a home folder with an operator file, a consent and a record, and the real courier.

use std::{
    cell::Cell,
    collections::BTreeMap,
    fs,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use consent::{Folder, How, Ledger, Outbox, Put, Record, RecordState, Row, Time, Value};
use declare::Language;

use crate::operator::Running;

/// 2026-11-26 12:00:00 UTC, a Thursday, the first day of an epoch.
pub(crate) const NOW: u64 = 1_795_694_400;

pub(crate) struct Device {
    home: tempfile::TempDir,
    /// What its clock shows.
    pub(crate) now: Cell<u64>,
}

impl Device {
    /// A machine where nobody was asked anything yet.
    pub(crate) fn of(operator: &Running) -> Self {
        let home = tempfile::tempdir().unwrap();
        let config = home.path().join(".config/candor");
        fs::create_dir_all(&config).unwrap();
        fs::write(config.join("operator.toml"), operator.file()).unwrap();
        fs::write(home.path().join("diary.txt"), "dear diary\n").unwrap();
        Self {
            home,
            now: Cell::new(NOW),
        }
    }

    /// A machine whose owner agreed, and saw a record about this host.
    pub(crate) fn with_sighting(operator: &Running, host: &str) -> Self {
        let device = Self::of(operator);
        device.agrees(operator);
        let id = device.puts(operator, host);
        device
            .outbox()
            .was_shown(id, Time(device.now.get()))
            .unwrap();
        device
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.home.path().to_owned()
    }

    pub(crate) fn folder(&self) -> Folder {
        Folder::in_state(&self.home.path().join(".local/state"))
    }

    pub(crate) fn outbox(&self) -> Outbox {
        Outbox::open(&self.folder()).unwrap()
    }

    pub(crate) fn ledger(&self) -> Ledger {
        Ledger::open(&self.folder(), Time(self.now.get()))
            .unwrap()
            .ledger
    }

    pub(crate) fn agrees(&self, operator: &Running) {
        self.ledger()
            .given(
                &operator.declaration(),
                "threat-sighting",
                "candor notice history",
                Language::En,
                How::Command,
                Time(self.now.get()),
            )
            .unwrap();
    }

    pub(crate) fn puts(&self, operator: &Running, host: &str) -> i64 {
        let declaration = operator.declaration();
        let fields = sighting(&declaration, host);
        let record = Record::of(
            &declaration,
            "threat-sighting",
            fields,
            Time(self.now.get()),
        )
        .unwrap();
        let receipt = self
            .ledger()
            .receipt(&declaration, "threat-sighting", Time(self.now.get()))
            .unwrap();
        match self
            .outbox()
            .put(&record, &receipt, Time(self.now.get()))
            .unwrap()
        {
            Put::Stored(id) => id,
            other => panic!("{other:?}"),
        }
    }

    /// Lets time pass on this machine.
    pub(crate) fn passes(&self, seconds: u64) {
        self.now.set(self.now.get() + seconds);
    }

    pub(crate) fn row(&self, id: i64) -> Row {
        self.outbox().row(id).unwrap()
    }

    pub(crate) fn state(&self) -> RecordState {
        self.row(1).state
    }

    /// Runs the courier once, without waiting between steps.
    pub(crate) fn round(&self) -> serde_json::Value {
        self.courier(&["send", "--json", "--at-once"])
    }

    /// Runs the courier once, as it waits in life.
    pub(crate) fn patient_round(&self) -> serde_json::Value {
        self.courier(&["send", "--json"])
    }

    /// Runs the courier once, without waiting; returns how it ended and what it said.
    pub(crate) fn output(&self, arguments: &[&str]) -> Output {
        let output = Command::new(env!("CARGO_BIN_EXE_candor-courier"))
            .args(arguments)
            .args(["--now", &self.now.get().to_string()])
            .env_clear()
            .env("HOME", self.home.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        // The next round is a minute later; none takes so long.
        self.passes(60);
        output
    }

    fn courier(&self, arguments: &[&str]) -> serde_json::Value {
        let output = self.output(arguments);
        let said = String::from_utf8_lossy(&output.stdout);
        serde_json::from_str(&said).unwrap_or_else(|error| {
            panic!(
                "{error}: {said}\n{}",
                String::from_utf8_lossy(&output.stderr)
            )
        })
    }
}

/// A record of the shipped declaration: the host, and of every other field the first value there is.
fn sighting(declaration: &declare::Declaration, host: &str) -> BTreeMap<String, Value> {
    let send = declaration
        .sends()
        .iter()
        .find(|it| it.id == "threat-sighting")
        .unwrap();
    send.fields
        .iter()
        .map(|field| {
            let value = match (&field.choices, field.minimum) {
                (Some(choices), _) => Value::Text(choices[0].clone()),
                (None, Some(least)) => Value::Integer(least),
                (None, None) if field.name == "host" => Value::Text(host.to_owned()),
                (None, None) => Value::Boolean(false),
            };
            (field.name.clone(), value)
        })
        .collect()
}
