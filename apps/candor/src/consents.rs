//! What this person agreed to: operator, declarations, ledger and policy, put together.
//!
//! Candor names no operator. Without one nothing can be agreed to; without a consent nothing is stored, let
//! alone sent. This program has no network code: the courier sends, and is another program.

mod failures;

use std::{collections::BTreeMap, io, path::PathBuf};

use consent::{
    Damage, Folder, Ledger, Outbox, Policy, ProgramId, Put, Record, RecordState, Row, Standing,
    Time, Value,
};
use declare::{Declaration, Operator};
use tool::Machine;

use crate::{
    failure::{Ending, Failure},
    usage, written,
};

pub(crate) use failures::cannot;
use failures::{damaged, forgotten, set_aside};

/// What the suite itself counts and sends, if a person agrees.
pub(crate) const SUITE: &str = include_str!("../declaration.toml");

/// Every declaration of this build that sends something, by the name `candor notice` knows it by.
const SENDING: &[(&str, &str)] = &[
    #[cfg(feature = "history")]
    ("history", history::DECLARATION),
    ("candor", SUITE),
];

/// One record that a person can agree to send.
#[derive(Debug)]
pub(crate) struct Subject {
    /// The name `candor notice` knows its declaration by.
    pub(crate) notice: &'static str,
    /// The declaration, with the operator if one is named.
    pub(crate) declaration: Declaration,
    /// The record's id in it.
    pub(crate) send: String,
}

impl Subject {
    pub(crate) fn program(&self) -> ProgramId {
        ProgramId::of(&self.declaration.product().id, &self.send)
    }
}

/// The operator that is named on this machine, and where.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) operator: Operator,
    pub(crate) file: PathBuf,
}

/// Everything that decides whether something may be sent.
#[derive(Debug)]
pub(crate) struct Consents {
    pub(crate) folder: Folder,
    pub(crate) ledger: Ledger,
    /// What was wrong with a ledger that was put aside, until the person answered to each subject anew.
    pub(crate) damage: Option<Damage>,
    /// Outboxes that were damaged and put aside: nobody knows what left through them.
    pub(crate) aside: Vec<PathBuf>,
    pub(crate) policy: Policy,
    pub(crate) named: Option<Named>,
    /// Whether there is an operator's file that cannot be used: nobody knows then what was agreed to, but
    /// taking back goes on.
    is_unknown: bool,
    pub(crate) subjects: Vec<Subject>,
    pub(crate) now: Time,
    /// What could not be read, or was damaged; nothing is sent because of it. To be told by whoever reads
    /// this.
    pub(crate) complaints: Vec<Failure>,
}

impl Consents {
    /// Reads what holds for the person of this machine, and notes in the ledger what time and a new
    /// declaration did to it.
    pub(crate) fn of(machine: &Machine) -> Result<Self, Failure> {
        let now = time(machine);
        let folder = folder(machine)?;
        let mut complaints = Vec::new();
        let named = named(machine);
        let is_unknown = named.is_err();
        let named = named.unwrap_or_else(|failure| {
            complaints.push(failure);
            None
        });
        let policy = Policy::of_machine().unwrap_or_else(|error| {
            complaints.push(Failure::new("the policy of this machine").because(&error));
            Policy::SendingForbidden
        });
        let subjects = subjects(named.as_ref())?;
        let opened = Ledger::open(&folder, now).map_err(|error| cannot(&error))?;
        let is_answered = |it: &Subject| opened.ledger.has_answer(&it.program());
        let damage = opened.damage.filter(|_| !subjects.iter().all(is_answered));
        complaints.extend(damage.as_ref().map(damaged));
        let mut consents = Self {
            subjects,
            folder,
            ledger: opened.ledger,
            damage,
            aside: Vec::new(),
            policy,
            named,
            is_unknown,
            now,
            complaints,
        };
        // What fails from here on is told, and keeps nobody from looking or taking back.
        if !is_unknown {
            for subject in &consents.subjects {
                let noticed = consents.ledger.notice(&subject.declaration, now);
                let failed = noticed.err().map(|error| cannot(&error));
                consents.complaints.extend(failed);
            }
            let failed = consents.erase_counts().err();
            consents.complaints.extend(failed);
        }
        consents.settle();
        Ok(consents)
    }

    /// Brings the outbox up to date. One that is damaged is set aside, and told of until the person moves it away.
    fn settle(&mut self) {
        let settled = Outbox::open_existing(&self.folder);
        let settled = settled.and_then(|outbox| match outbox {
            Some(mut outbox) => outbox.settle(self.now),
            None => Ok(()),
        });
        match settled {
            Ok(()) => {}
            Err(error) if error.is_of_damage() => {
                let failed = Outbox::set_aside(&self.folder, self.now).err();
                self.complaints.extend(failed.map(|error| cannot(&error)));
            }
            Err(error) => self.complaints.push(cannot(&error)),
        }
        match Outbox::kept_aside(&self.folder) {
            Ok(kept) => self.aside = kept,
            Err(error) => self.complaints.push(cannot(&error)),
        }
    }

    /// Returns every complaint, with one for each outbox that still lies aside.
    pub(crate) fn complaints(&self) -> impl Iterator<Item = Failure> {
        let aside = self.aside.iter().map(|it| set_aside(it));
        self.complaints.iter().cloned().chain(aside)
    }

    /// Tells every complaint. Whoever then fails has said before what was damaged.
    pub(crate) fn complain(&self) {
        for complaint in self.complaints() {
            eprint!("{complaint}");
        }
    }

    /// Returns how a command ends that did what it was asked.
    pub(crate) fn ending(&self) -> Ending {
        match self.complaints().next() {
            None => Ending::NothingFound,
            Some(_) => Ending::Incomplete,
        }
    }

    /// Counts are there as long as a person agrees to be counted, and no longer.
    fn erase_counts(&self) -> Result<(), Failure> {
        let counted = self.subject(usage::RECORD)?;
        match self.folder.exists() && !self.standing(counted).is_given() {
            true => usage::erase(&self.folder),
            false => Ok(()),
        }
    }

    /// Returns the subject of this name: `threat-sighting`.
    pub(crate) fn subject(&self, name: &str) -> Result<&Subject, Failure> {
        let is_it = |it: &&Subject| it.send == name || it.program().as_str() == name;
        self.subjects.iter().find(is_it).ok_or_else(|| {
            let names: Vec<&str> = self.subjects.iter().map(|it| it.send.as_str()).collect();
            Failure::new(format!("there is no record `{name}` to agree to"))
                .help(format!("there are: {}", names.join(", ")))
        })
    }

    /// Returns where the consent to a subject stands.
    pub(crate) fn standing(&self, subject: &Subject) -> Standing {
        let material = subject.declaration.material_hash();
        let state = self.ledger.state();
        state.standing(&subject.program(), &material, self.now)
    }

    /// Returns the outbox, making it if there is none.
    pub(crate) fn outbox(&self) -> Result<Outbox, Failure> {
        Outbox::open(&self.folder).map_err(|error| cannot(&error))
    }

    /// Returns the outbox if there ever was one.
    pub(crate) fn outbox_if_any(&self) -> Result<Option<Outbox>, Failure> {
        Outbox::open_existing(&self.folder).map_err(|error| cannot(&error))
    }

    /// Puts the first of these that is a record, if a person agreed to it, no policy forbids it, and this
    /// epoch has none yet. Returns the record as it waits.
    pub(crate) fn put(
        &self,
        name: &str,
        candidates: impl IntoIterator<Item = BTreeMap<String, Value>>,
    ) -> Result<Option<Row>, Failure> {
        let subject = self.subject(name)?;
        if self.is_unknown {
            return Ok(None);
        }
        if self.policy == Policy::SendingForbidden || !self.standing(subject).is_given() {
            return Ok(None);
        }
        let receipt = self
            .ledger
            .receipt(&subject.declaration, &subject.send, self.now)
            .map_err(|error| cannot(&error))?;
        let mut outbox = self.outbox()?;
        for fields in candidates {
            // What the declaration does not let out, such as a host that is too long, is not put.
            let record = Record::of(&subject.declaration, &subject.send, fields, self.now);
            let Ok(record) = record else { continue };
            let put = outbox.put(&record, &receipt, self.now);
            return match put.map_err(|error| cannot(&error))? {
                Put::Stored(id) => outbox.row(id).map(Some).map_err(|error| cannot(&error)),
                Put::OneAlready | Put::TooLate => Ok(None),
            };
        }
        Ok(None)
    }

    /// Returns whether something that was put under a consent to this may still be in the outbox, or may have
    /// left it: also where the outbox or the ledger cannot be asked any more.
    pub(crate) fn may_have_records(&self, program: &ProgramId) -> bool {
        if self.damage.is_some() || !self.aside.is_empty() {
            return true;
        }
        let outbox = match self.outbox_if_any() {
            Ok(Some(outbox)) => outbox,
            Ok(None) => return false,
            Err(_) => return true,
        };
        let Ok(rows) = outbox.rows() else {
            return true;
        };
        let is_there = |row: &Row| {
            row.program == *program
                && !matches!(row.state, RecordState::Dropped | RecordState::Forgotten)
        };
        rows.iter().any(is_there)
    }

    /// Removes the outboxes that lie aside, and complains of what they held.
    pub(crate) fn forget_aside(&mut self) {
        match Outbox::remove_aside(&self.folder) {
            Ok(0) => {}
            Ok(_) => self.complaints.push(forgotten()),
            Err(error) => self.complaints.push(cannot(&error)),
        }
        // Again, since some may still be there.
        self.aside = Outbox::kept_aside(&self.folder).unwrap_or_default();
    }

    /// Notes that the fields of a record were shown to the person.
    pub(crate) fn was_shown(&self, id: i64) -> Result<RecordState, Failure> {
        let mut outbox = self.outbox()?;
        outbox
            .was_shown(id, self.now)
            .map_err(|error| cannot(&error))
    }
}

/// Returns the folder of consent of the person of this machine.
pub(crate) fn folder(machine: &Machine) -> Result<Folder, Failure> {
    let person = machine
        .people
        .first()
        .ok_or_else(|| Failure::new("nobody's home folder is known"))?;
    Ok(Folder::in_state(&person.state))
}

/// Returns the machine's moment in whole seconds.
pub(crate) fn time(machine: &Machine) -> Time {
    Time(u64::try_from(machine.now.0 / 1_000_000).unwrap_or(0))
}

/// Returns the operator that is named: in the person's configuration folder, else for all on this machine.
pub(crate) fn named(machine: &Machine) -> Result<Option<Named>, Failure> {
    let own = machine.people.first();
    let own = own.map(|person| person.config.join("candor/operator.toml"));
    let all = PathBuf::from("/etc/candor/operator.toml");
    for file in own.into_iter().chain([all]) {
        let shown = tool::path_text::shown(file.as_os_str());
        let unreadable = |error: io::Error| {
            Failure::new(format!("cannot read the operator's file `{shown}`"))
                .because(&error)
                .help("mend it or move it away; until then nothing is agreed to and nothing is put")
        };
        let Some(text) = written::text(&file).map_err(unreadable)? else {
            continue;
        };
        let operator = Operator::parse(&text).map_err(|error| {
            Failure::new(format!("the operator's file `{shown}` is not valid"))
                .because(&error)
                .help("mend it or move it away; until then nothing is agreed to and nothing is put")
        })?;
        return Ok(Some(Named { operator, file }));
    }
    Ok(None)
}

/// Returns a declaration as it is with the operator, if one is named.
pub(crate) fn operated(declaration: Declaration, named: Option<&Named>) -> Declaration {
    match named {
        Some(named) => declaration.operated_by(&named.operator),
        None => declaration,
    }
}

fn subjects(named: Option<&Named>) -> Result<Vec<Subject>, Failure> {
    let mut subjects = Vec::new();
    for (notice, text) in SENDING {
        let declaration = Declaration::parse(text).map_err(|error| {
            Failure::new(format!("the declaration of `{notice}` is not valid")).because(&error)
        })?;
        let declaration = operated(declaration, named);
        for send in declaration.sends() {
            subjects.push(Subject {
                notice,
                declaration: declaration.clone(),
                send: send.id.clone(),
            });
        }
    }
    Ok(subjects)
}

#[cfg(all(test, feature = "history"))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by it")]

    use std::{fs, path::Path};

    use consent::How;
    use declare::Language;
    use knowledge::{Base, Platform};
    use tool::Moment;

    use super::*;

    const OPERATOR: &str = include_str!("../../../crates/declare/tests/declarations/operator.toml");

    /// A machine whose person named an operator and agreed to both records.
    fn agreed(home: &Path) -> Consents {
        let config = home.join(".config/candor");
        fs::create_dir_all(&config).unwrap();
        fs::write(config.join("operator.toml"), OPERATOR).unwrap();
        let machine = Machine {
            platform: Platform::Linux,
            root: PathBuf::from("/"),
            people: vec![Base::of_home(Platform::Linux, Path::new("/"), home)],
            now: Moment(1_795_658_400_000_000),
            live: true,
        };
        let mut consents = Consents::of(&machine).unwrap();
        for subject in &consents.subjects {
            let (declaration, send) = (&subject.declaration, &subject.send);
            let now = consents.now;
            let ledger = &mut consents.ledger;
            ledger
                .given(declaration, send, "", Language::En, How::Command, now)
                .unwrap();
        }
        consents
    }

    fn sighting() -> BTreeMap<String, Value> {
        [
            ("host", "evil.example"),
            ("kind", "scam"),
            ("tier", "red"),
            ("came_by", "link"),
        ]
        .map(|(name, value)| (name.to_owned(), Value::Text(value.to_owned())))
        .into()
    }

    #[test]
    fn a_policy_forbids_what_a_person_agreed_to() {
        let home = tempfile::tempdir().unwrap();
        let mut consents = agreed(home.path());
        consents.policy = Policy::SendingForbidden;
        let put = consents.put("threat-sighting", [sighting()]).unwrap();
        assert_eq!(put, None);
        assert!(consents.outbox_if_any().unwrap().is_none());
        consents.policy = Policy::Silent;
        let put = consents.put("threat-sighting", [sighting()]).unwrap();
        assert!(put.is_some());
    }

    #[test]
    fn the_first_that_is_a_record_is_put() {
        let home = tempfile::tempdir().unwrap();
        let consents = agreed(home.path());
        let mut private = sighting();
        private.insert("host".to_owned(), Value::Text("printer.local".to_owned()));
        let mut more = sighting();
        more.insert("when".to_owned(), Value::Text("now".to_owned()));
        let put = consents.put("threat-sighting", [private, more, sighting()]);
        let row = put.unwrap().unwrap();
        assert_eq!(row.fields, sighting());
        assert!(consents.put("other", [sighting()]).is_err());
    }
}
