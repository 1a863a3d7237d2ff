//! What a worker must not be able to do, tried from inside one.
//!
//! Each attempt is made such that it would pass the walls and meet another answer, or succeed,
//! if they were not there: `kernel says ENOENT` is not a denial. Where a system call is closed
//! altogether it is made with numbers and null pointers only, so that a wall that is missing
//! leads to an error and not to damage.

mod files;
mod network;
mod processes;

use std::io;

use libc::c_long;

use super::kernel;
use crate::{Ground, Probe};

/// Tries everything a confined worker must not be able to do, and says how the kernel answered.
///
/// Call it in a worker that is confined to [`Ground::rights`]. Elsewhere it will do some of the
/// things it tries, to the files of `ground` and to its own process.
#[must_use]
pub fn probe(ground: &Ground) -> Vec<Probe> {
    let all = [network::ATTEMPTS, processes::ATTEMPTS, files::ATTEMPTS];
    all.into_iter()
        .flatten()
        .map(|attempt| attempt.outcome(ground))
        .collect()
}

struct Attempt {
    name: &'static str,
    tried: &'static str,
    make: fn(&Ground) -> io::Result<()>,
}

impl Attempt {
    fn outcome(&self, ground: &Ground) -> Probe {
        let outcome = (self.make)(ground);
        // Two calls are hidden rather than refused: see `HIDDEN` in the table of calls.
        let hidden = ["clone3", "openat2"].contains(&self.name)
            && outcome
                .as_ref()
                .is_err_and(|it| it.raw_os_error() == Some(libc::ENOSYS));
        let detail = match &outcome {
            Ok(()) => "it was done".to_owned(),
            Err(error) => error.to_string(),
        };
        let denied = hidden || kernel::is_refused(outcome);
        Probe {
            name: self.name.to_owned(),
            tried: self.tried.to_owned(),
            denied,
            detail,
        }
    }
}

/// Makes a system call with numbers and nulls: no argument is an address of this process.
fn bare(call: c_long, arguments: &[i64]) -> io::Result<()> {
    let at = |index| arguments.get(index).copied().unwrap_or(0);
    // SAFETY: every caller in these files passes descriptors, flags, identities and zeros. The
    // kernel can read or write nothing of ours through them.
    let answer = unsafe { libc::syscall(call, at(0), at(1), at(2), at(3), at(4), at(5)) };
    kernel::checked(answer).map(drop)
}

fn parent() -> u32 {
    std::os::unix::process::parent_id()
}
