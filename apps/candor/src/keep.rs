//! The file in which a person writes down what stays, whatever a rule says of it.

use tool::Machine;

use crate::{failure::Failure, written};

/// Returns the lines of `candor/keep` in the config folder; none if it is not there.
///
/// # Errors
/// When it is there and cannot be read: nothing is done then, since what it keeps is not known.
pub(crate) fn lines(machine: &Machine) -> Result<Vec<String>, Failure> {
    let Some(person) = machine.people.first().filter(|_| machine.live) else {
        return Ok(Vec::new());
    };
    let path = person.config.join("candor/keep");
    let help =
        "nothing was looked at; a line is a path or a glob: make it readable text, or move it away";
    written::lines(&path, "what is to stay", help)
}
