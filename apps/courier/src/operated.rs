//! What this version may send, and to whom: the shipped declarations, with the operator that was named.

use std::{collections::BTreeSet, fs, io, path::Path};

use consent::{Ledger, Outbox, ProgramId, Time};
use declare::{Declaration, Operator};
use wire::Program;

use crate::{failure::Failure, place::Places};

/// The declarations that this version was built with and that send something. Data, not code: the tools
/// themselves are not linked.
const DECLARATIONS: [&str; 2] = [
    include_str!("../../candor/declaration.toml"),
    include_str!("../../../tools/history/declaration.toml"),
];

/// The longest operator file that is read.
const LONGEST: u64 = 64 << 10;

/// One kind of record that may be sent to the operator.
#[derive(Debug)]
pub(crate) struct Offered {
    /// What it is called in ledger and outbox.
    pub(crate) id: ProgramId,
    /// The hash of what was agreed to.
    pub(crate) material: String,
    /// Its parameters.
    pub(crate) program: Program,
}

/// Reads the operator that was named; `None` where none was.
///
/// # Errors
/// When a file is there and cannot be read or is not valid. The person's own file is taken before the
/// machine's.
pub(crate) fn operator(places: &Places) -> Result<Option<Operator>, Failure> {
    for path in &places.operator {
        let Some(text) = read(path)? else { continue };
        return Operator::parse(&text).map(Some).map_err(|error| {
            Failure::with_help(
                format!(
                    "the operator file `{}` is not valid\n{error}",
                    path.display()
                ),
                "mend it, or remove it: without an operator nothing is sent",
            )
        });
    }
    Ok(None)
}

fn read(path: &Path) -> Result<Option<String>, Failure> {
    let failed = |error: io::Error| {
        Failure::with_help(
            format!(
                "cannot read the operator file `{}`: {error}",
                path.display()
            ),
            "nothing is sent until it can be read",
        )
    };
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
        Ok(found) if found.len() > LONGEST => {
            return Err(failed(io::Error::from(io::ErrorKind::FileTooLarge)));
        }
        Ok(_) => {}
    }
    fs::read_to_string(path).map(Some).map_err(failed)
}

/// Returns every kind of record that this version sends to this operator.
pub(crate) fn offered(operator: &Operator) -> Vec<Offered> {
    let mut offered = Vec::new();
    for text in DECLARATIONS {
        let declaration = Declaration::parse(text).expect("shipped declarations are tested");
        let declaration = declaration.operated_by(operator);
        for send in declaration.sends() {
            let program = Program::of(&declaration, &send.id).expect("shipped records are tested");
            offered.push(Offered {
                id: ProgramId::of(&declaration.product().id, &send.id),
                material: declaration.material_hash(),
                program,
            });
        }
    }
    offered
}

/// Those who are to be told that something is taken back, beside the operator that is named now.
#[derive(Debug, Default)]
pub(crate) struct Past {
    /// Who got what is taken back, each once, as they were agreed to.
    pub(crate) operators: Vec<Operator>,
    /// How many withdrawals are due of which nobody knows any more who got the report.
    pub(crate) lost: usize,
}

/// Returns who else is to be told of withdrawals that are due.
///
/// # Errors
/// When the outbox or the ledger cannot be read.
pub(crate) fn past(outbox: &Outbox, named: Option<&Operator>, now: Time) -> Result<Past, Failure> {
    let withdrawals = outbox.withdrawals(now)?;
    let mut past = Past::default();
    if withdrawals.is_empty() {
        return Ok(past);
    }
    let offered = named.map(offered).unwrap_or_default();
    let ledger = Ledger::read(outbox.folder())?;
    let mut seen = BTreeSet::new();
    for filed in &withdrawals {
        match recipient_of(&ledger, &filed.material)? {
            Some(recipient) => {
                let is_named = named.is_some_and(|it| is_the_same(it, &recipient));
                if !is_named && seen.insert(servers_of(&recipient).map(str::to_owned)) {
                    past.operators.push(recipient);
                }
            }
            None => {
                let is_offered = offered
                    .iter()
                    .any(|it| it.id == filed.program && it.material == filed.material);
                past.lost += usize::from(!is_offered);
            }
        }
    }
    Ok(past)
}

/// Returns the operator that was agreed to with this material hash; `None` where that is not kept.
///
/// # Errors
/// When the ledger cannot be read.
pub(crate) fn recipient_of(ledger: &Ledger, material: &str) -> Result<Option<Operator>, Failure> {
    let declared = ledger.declared(material)?;
    Ok(declared.and_then(|it| it.operator().cloned()))
}

/// Returns whether both mean the same servers. Keys may have changed since.
pub(crate) fn is_the_same(one: &Operator, other: &Operator) -> bool {
    servers_of(one) == servers_of(other)
}

fn servers_of(operator: &Operator) -> [&str; 2] {
    [operator.gateway(), &operator.relay().to_gateway]
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPERATOR: &str = include_str!("../../../crates/declare/tests/declarations/operator.toml");

    #[test]
    fn every_shipped_record_has_its_parameters() {
        let operator = Operator::parse(OPERATOR).unwrap();
        let offered = offered(&operator);
        let ids: Vec<String> = offered.iter().map(|it| it.id.to_string()).collect();
        assert_eq!(
            ids,
            [
                "org.candor.suite/usage-count",
                "org.candor.history/threat-sighting"
            ]
        );
        for one in &offered {
            assert_eq!(one.program.threshold(), 20);
            assert_eq!(one.program.epoch_days(), 7);
        }
        assert_ne!(offered[0].program.number(), offered[1].program.number());
    }

    #[test]
    fn a_broken_operator_file_is_named_and_none_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places {
            consent: consent::Folder::at(folder.path()),
            operator: [
                folder.path().join("own.toml"),
                folder.path().join("etc.toml"),
            ],
        };
        assert!(operator(&places).unwrap().is_none());
        fs::write(&places.operator[1], OPERATOR).unwrap();
        assert!(operator(&places).unwrap().is_some());
        fs::write(&places.operator[0], "schema = \"candor-operator/1\"\n").unwrap();
        let failure = operator(&places).unwrap_err().to_string();
        assert!(failure.contains("own.toml"), "{failure}");
    }
}
