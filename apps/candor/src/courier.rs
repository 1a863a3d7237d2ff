//! The courier: the one program of Candor that uses a network, beside this one. This program has no code
//! for it.

use std::{env, process::Command};

use crate::failure::Failure;

/// The program that sends and fetches.
pub(crate) const COURIER: &str = "candor-courier";

/// Returns what starts it.
///
/// # Errors
/// When it is not beside this program.
pub(crate) fn command() -> Result<Command, Failure> {
    let own = env::current_exe()
        .map_err(|error| Failure::new("cannot tell where this program lies").because(&error))?;
    let courier = own.with_file_name(COURIER);
    match courier.is_file() {
        true => Ok(Command::new(courier)),
        false => {
            let shown = tool::path_text::shown(courier.as_os_str());
            Err(
                Failure::new(format!("there is no courier at `{shown}`")).help(
                    "nobody was asked; `candor-courier` is a program of its own, install it beside this one",
                ),
            )
        }
    }
}
