//! The file in which a person writes down what stays, whatever a rule says of it.

use std::io::Read;

use tool::Machine;

use crate::failure::Failure;

/// A longer file is none that a person wrote.
const LONGEST: u64 = 1 << 20;

/// Returns the lines of `candor/keep` in the config folder; none if it is not there.
///
/// # Errors
/// When it is there and cannot be read: nothing is done then, since what it keeps is not known.
pub(crate) fn lines(machine: &Machine) -> Result<Vec<String>, Failure> {
    let Some(person) = machine.people.first().filter(|_| machine.live) else {
        return Ok(Vec::new());
    };
    let path = person.config.join("candor/keep");
    let mut text = String::new();
    let read =
        crate::regular::open(&path).and_then(|it| it.take(LONGEST + 1).read_to_string(&mut text));
    let shown = tool::path_text::shown(path.as_os_str());
    match read {
        Ok(_) if text.len() as u64 <= LONGEST => Ok(text.lines().map(str::to_owned).collect()),
        Ok(_) => Err(
            Failure::new(format!("`{shown}` is too long to be a list of what stays"))
                .help("nothing was looked at; a line is a path or a glob, at most 1 MiB in all"),
        ),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(
            Failure::new(format!("cannot read what is to stay, `{shown}`"))
                .because(&error)
                .help("nothing was looked at; make the file readable text, or move it away"),
        ),
    }
}
