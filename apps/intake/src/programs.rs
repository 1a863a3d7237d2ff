//! The programs this server takes: those of the declarations it was given, and no other.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use declare::{Declaration, Operator};
use wire::{Program, ProgramHash, program::ProgramError};

use crate::calendar::{Calendar, HOUR};

/// A declaration as it was read.
#[derive(Debug)]
pub struct Declared {
    /// The product's id.
    pub product: String,
    /// The file's name, without folders.
    pub file: String,
    /// Its text, which is public.
    pub text: String,
    /// The SHA-256 of its text, in hex.
    pub sha256: String,
}

/// A program that is taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// What both ends agree on.
    pub program: Program,
    /// Its dates.
    pub calendar: Calendar,
    /// Where it was declared.
    pub declared: Arc<Declared>,
}

/// Every program that is taken, by its number on the wire.
#[derive(Clone, Debug, Default)]
pub struct Programs {
    by_number: BTreeMap<u16, Taken>,
    declared: Vec<Arc<Declared>>,
    operator: Option<String>,
}

/// Why a declaration cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum ProgramsError {
    /// The file cannot be read.
    #[error("cannot read `{path}`, which the settings name")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// It names no receiver itself, and the settings name no operator.
    #[error("`{path}` is sent to an operator, and the settings name no `operator` file")]
    NoOperator {
        /// The file.
        path: PathBuf,
    },
    /// It is no declaration.
    #[error("`{path}` is no declaration:\n{why}")]
    Declaration {
        /// The file.
        path: PathBuf,
        /// Every line that is wrong.
        why: String,
    },
    /// One of its records cannot be taken.
    #[error("a record of `{path}` cannot be taken")]
    Program {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: ProgramError,
    },
    /// A report could come back after it was erased: only what is on the disk tells that its token was spent.
    #[error(
        "`{id}` keeps reports for {kept} hours, and its epoch with the grace lasts {open}: one that was erased \
         could be sent again. Declare a longer retention or a shorter epoch"
    )]
    KeptTooShort {
        /// The program.
        id: String,
        /// How long it keeps, in hours.
        kept: u64,
        /// How long reports of an epoch are let in, in hours.
        open: u64,
    },
    /// Two programs have one number on the wire.
    #[error(
        "`{one}` and `{other}` have the same number {number:04x} on the wire: take one of them"
    )]
    SameNumber {
        /// The one.
        one: String,
        /// The other.
        other: String,
        /// The number.
        number: u16,
    },
}

impl Programs {
    /// Reads declarations, and takes every record they send.
    ///
    /// # Errors
    /// [`ProgramsError`]; none is taken then.
    pub fn read(
        files: &[PathBuf],
        operator: Option<&Path>,
        grace: u64,
    ) -> Result<Self, ProgramsError> {
        let mut programs = Self::default();
        let operator = operator.map(operator_in).transpose()?;
        programs.operator = operator.as_ref().map(|it| it.sha256().to_owned());
        for path in files {
            let text = std::fs::read_to_string(path).map_err(|source| ProgramsError::Read {
                path: path.clone(),
                source,
            })?;
            programs.take(path, text, operator.as_ref(), grace)?;
        }
        Ok(programs)
    }

    fn take(
        &mut self,
        path: &Path,
        text: String,
        operator: Option<&Operator>,
        grace: u64,
    ) -> Result<(), ProgramsError> {
        let declaration =
            Declaration::parse(&text).map_err(|error| ProgramsError::Declaration {
                path: path.to_owned(),
                why: error.to_string(),
            })?;
        let declaration = match operator {
            Some(operator) => declaration.operated_by(operator),
            None if declaration.needs_operator() => {
                return Err(ProgramsError::NoOperator {
                    path: path.to_owned(),
                });
            }
            None => declaration,
        };
        let declared = Arc::new(Declared {
            product: declaration.product().id.clone(),
            file: path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
            text,
            sha256: declaration.sha256().to_owned(),
        });
        for send in declaration.sends() {
            let program =
                Program::of(&declaration, &send.id).map_err(|source| ProgramsError::Program {
                    path: path.to_owned(),
                    source,
                })?;
            let number = program.number().0;
            if let Some(other) = self.by_number.get(&number) {
                return Err(ProgramsError::SameNumber {
                    one: other.program.id().to_owned(),
                    other: program.id().to_owned(),
                    number,
                });
            }
            let calendar = Calendar::of(&program, grace);
            let open = calendar.epoch + calendar.grace;
            if calendar.retention < open {
                return Err(ProgramsError::KeptTooShort {
                    id: program.id().to_owned(),
                    kept: calendar.retention / HOUR,
                    open: open.div_ceil(HOUR),
                });
            }
            let taken = Taken {
                calendar,
                program,
                declared: Arc::clone(&declared),
            };
            self.by_number.insert(number, taken);
        }
        self.declared.push(declared);
        Ok(())
    }

    /// Returns the SHA-256 of the operator's file, in hex, if one is named.
    #[must_use]
    pub fn operator(&self) -> Option<&str> {
        self.operator.as_deref()
    }

    /// Returns the program with this number.
    #[must_use]
    pub fn numbered(&self, number: u16) -> Option<&Taken> {
        self.by_number.get(&number)
    }

    /// Returns every program, in order of numbers.
    pub fn all(&self) -> impl Iterator<Item = &Taken> {
        self.by_number.values()
    }

    /// Returns the hashes of all, in order.
    #[must_use]
    pub fn hashes(&self) -> Vec<ProgramHash> {
        let mut hashes: Vec<_> = self.all().map(|taken| *taken.program.hash()).collect();
        hashes.sort_unstable();
        hashes
    }

    /// Returns the declarations, in the order of the settings.
    #[must_use]
    pub fn declared(&self) -> &[Arc<Declared>] {
        &self.declared
    }
}

/// Reads the operator file, which decides with a declaration what was agreed to.
fn operator_in(path: &Path) -> Result<Operator, ProgramsError> {
    let text = std::fs::read_to_string(path).map_err(|source| ProgramsError::Read {
        path: path.to_owned(),
        source,
    })?;
    Operator::parse(&text).map_err(|error| ProgramsError::Declaration {
        path: path.to_owned(),
        why: error.to_string(),
    })
}
