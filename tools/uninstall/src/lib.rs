//! An application and what it left, by evidence; and what applications left that are gone.
//!
//! First the [inventory]: which applications there are, from the lists of package managers, entries of
//! the menu and what bundles say of themselves. Then what lies in the places where applications leave
//! things, each a row of `knowledge::applications`. What belongs to the application is graded:
//!
//! - *exact*: it bears an identifier that no other application has (bundle id, desktop id, flatpak, snap);
//! - *strong*: something else than the name says so too (window class, the program that an entry starts,
//!   the package's own list);
//! - *medium*: only the name fits.
//!
//! Exact and strong are selected, medium is told with the reason. A part of a name proves nothing. What
//! two applications claim, what is protected or private, and what could not be looked at whole stays:
//! unknown is keep. Looks only; a person decides, and another crate acts.
//!
//! Sources: knowledge/tables/applications-linux.toml, applications-macos.toml, application-places.toml.
#![forbid(unsafe_code)]

mod candidates;
mod claims;
mod disk;
mod exec;
mod found;
pub mod inventory;
mod keep;
mod leftovers;
mod orphans;
mod reads;
mod words;

use std::cell::OnceCell;

use serde::{Deserialize, Serialize};
use tool::{Lists, Machine, Outcome};

use candidates::Candidate;
use claims::Claimed;
use inventory::Inventory;

pub use found::{Found, Item, Named, Told};
pub use reads::{Reads, reads};

/// The declaration: what this tool reads, keeps and sends.
pub const DECLARATION: &str = include_str!("../declaration.toml");

/// The name of the list of proposals, for whoever makes a plan of them.
pub const PROPOSALS: &str = "proposals";

/// What a person asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Asked {
    /// One application, by its name or its id: `gimp`, `flatpak:org.gimp.GIMP`, `com.tinyspeck.slackmacgap`.
    Application(String),
    /// What applications left that are gone.
    Orphans,
}

/// Looks for what was asked. Proposals are handed on if lists are wanted.
#[must_use]
pub fn look(machine: &Machine, asked: &Asked, lists: &mut Lists<'_>) -> Outcome {
    Survey::of(machine).look(asked, lists)
}

/// What is installed on a machine, and what lies where applications leave things: looked at once.
pub struct Survey<'m> {
    machine: &'m Machine,
    inventory: Inventory,
    candidates: Vec<Candidate>,
    /// Who has a claim to what; found out when the first application is asked for.
    claimed: OnceCell<Vec<Claimed>>,
}

impl<'m> Survey<'m> {
    /// Looks at a machine.
    #[must_use]
    pub fn of(machine: &'m Machine) -> Self {
        let mut inventory = inventory::of(machine);
        let candidates = candidates::of(machine, &mut inventory.skipped);
        inventory.skipped.sort();
        inventory.skipped.dedup();
        Self {
            machine,
            inventory,
            candidates,
            claimed: OnceCell::new(),
        }
    }

    /// Answers one question. Proposals are handed on if lists are wanted.
    #[must_use]
    pub fn look(&self, asked: &Asked, lists: &mut Lists<'_>) -> Outcome {
        let (machine, inventory) = (self.machine, &self.inventory);
        let (found, proposals) = match asked {
            Asked::Application(name) => {
                let claims = || claims::all(machine, inventory, &self.candidates);
                let claimed = self.claimed.get_or_init(claims);
                leftovers::of(machine, inventory, &self.candidates, claimed, name)
            }
            Asked::Orphans => orphans::of(machine, inventory, &self.candidates),
        };
        lists.rows(PROPOSALS, &proposals);
        let mut outcome = Outcome::new("uninstall", &found, words::section(asked, &found));
        outcome.findings = words::findings(asked, &found);
        outcome.skipped.clone_from(&inventory.skipped);
        outcome
    }
}
