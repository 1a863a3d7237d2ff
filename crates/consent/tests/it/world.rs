//! A person's consent folder, a declaration and an operator.

use std::collections::BTreeMap;

use candor_consent::{
    Folder, How, Ledger, LedgerError, Outbox, ProgramId, Put, Receipt, Record, RecordState, Time,
    Token, Value,
};
use declare::{Declaration, Language, Operator};

pub(crate) const DECLARATION: &str = include_str!("../../../../tools/history/declaration.toml");
pub(crate) const OPERATOR: &str = include_str!("../../../declare/tests/declarations/operator.toml");
pub(crate) const SEND: &str = "threat-sighting";
/// 2026-11-26, in the middle of an epoch of seven days.
pub(crate) const NOW: Time = Time(1_795_658_400);
pub(crate) const DAY: u64 = 86_400;
pub(crate) const EPOCH: u32 = (NOW.0 / (7 * DAY)) as u32;

pub(crate) fn epoch_ends() -> Time {
    Time((u64::from(EPOCH) + 1) * 7 * DAY)
}

pub(crate) fn shipped() -> Declaration {
    Declaration::parse(DECLARATION).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn operated() -> Declaration {
    operated_by(OPERATOR)
}

pub(crate) fn operated_by(operator: &str) -> Declaration {
    let operator = Operator::parse(operator).unwrap_or_else(|error| panic!("{error}"));
    shipped().operated_by(&operator)
}

pub(crate) fn program() -> ProgramId {
    ProgramId::of("org.candor.history", SEND)
}

/// A folder that is removed when the test ends.
pub(crate) struct World {
    pub(crate) folder: Folder,
    _place: tempfile::TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        Self {
            folder: Folder::in_state(place.path()),
            _place: place,
        }
    }

    pub(crate) fn ledger(&self) -> Ledger {
        let opened = Ledger::open(&self.folder, NOW).unwrap();
        assert_eq!(opened.damage, None);
        opened.ledger
    }

    pub(crate) fn outbox(&self) -> Outbox {
        Outbox::open(&self.folder).unwrap()
    }

    /// Says yes.
    pub(crate) fn agree(&self) -> Receipt {
        give(&mut self.ledger(), &operated(), NOW).unwrap()
    }

    /// Says yes and puts a record; returns its number.
    pub(crate) fn agree_and_put(&self) -> i64 {
        let receipt = self.agree();
        match self.outbox().put(&record(), &receipt, NOW).unwrap() {
            Put::Stored(id) => id,
            other => panic!("{other:?}"),
        }
    }

    /// Returns every byte of every file in the folder.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut all = Vec::new();
        for entry in std::fs::read_dir(self.folder.path()).unwrap() {
            all.extend(std::fs::read(entry.unwrap().path()).unwrap());
        }
        all
    }

    pub(crate) fn holds(&self, text: &str) -> bool {
        let bytes = self.bytes();
        bytes.windows(text.len()).any(|it| it == text.as_bytes())
    }
}

/// Says yes to a declaration.
pub(crate) fn give(
    ledger: &mut Ledger,
    declaration: &Declaration,
    now: Time,
) -> Result<Receipt, LedgerError> {
    let notice = "candor notice history";
    ledger.given(declaration, SEND, notice, Language::En, How::Question, now)
}

pub(crate) fn record() -> Record {
    record_of("evil-host.example", EPOCH)
}

pub(crate) fn record_of(host: &str, epoch: u32) -> Record {
    let within = Time(u64::from(epoch) * 7 * DAY);
    Record::of(&operated(), SEND, fields(host), within).unwrap()
}

pub(crate) fn fields(host: &str) -> BTreeMap<String, Value> {
    [
        ("host", host),
        ("kind", "malware"),
        ("tier", "red"),
        ("came_by", "link"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), Value::Text(value.to_owned())))
    .collect()
}

/// Takes a shown record to this state, as the courier does.
pub(crate) fn take_to(outbox: &mut Outbox, id: i64, state: RecordState) {
    use candor_consent::Kind;
    let steps = [
        RecordState::Shown,
        RecordState::Randomised,
        RecordState::Ready,
        RecordState::Sent,
        RecordState::Withdrawable,
    ];
    for step in steps.into_iter().take_while(|step| *step <= state) {
        match step {
            RecordState::Shown => {
                outbox.was_shown(id, NOW).unwrap();
            }
            RecordState::Randomised => {
                let parcel = outbox
                    .add_parcel(id, Kind::Randomness, b"blinded", b"sealed question", NOW)
                    .unwrap();
                outbox.departing(parcel, NOW).unwrap();
                outbox.randomised(id, &[7; 64], NOW).unwrap();
            }
            RecordState::Ready => outbox
                .ready(id, b"the report's bytes", b"withdrawal secret", NOW)
                .unwrap(),
            RecordState::Sent => {
                let parcel = outbox
                    .add_parcel(
                        id,
                        Kind::Report,
                        b"the report's bytes",
                        b"sealed report",
                        NOW,
                    )
                    .unwrap();
                outbox.departing(parcel, NOW).unwrap();
            }
            _ => outbox
                .acknowledged(id, b"leaf 4711", NOW.plus(9 * DAY))
                .unwrap(),
        }
    }
    assert_eq!(outbox.row(id).unwrap().state, state);
}

pub(crate) fn token(lane: u8) -> Token {
    Token {
        lane,
        bytes: vec![0xA0 | lane; 64],
    }
}
