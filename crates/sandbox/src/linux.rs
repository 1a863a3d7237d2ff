//! Confinement on Linux: first everything that is inherited goes, then Landlock, then seccomp,
//! then both are tried.

#![expect(unsafe_code, reason = "confinement is made of bare system calls")]

mod calls;
mod kernel;
mod paths;
mod probes;
mod spawn;

use std::{io, path::Path};

pub use calls::calls_text;
pub use probes::probe;
pub use spawn::{Worker, spawn_worker};

use crate::{InForce, NotConfined, Rights, Status};

/// Confines this process to `rights`, for good.
///
/// Call it first in a worker's `main`, before any thread is started and before anything is
/// opened: it closes every descriptor but stdin, stdout and stderr. Threads that are started
/// later are confined as well. A panic or an abort ends the process as usual, without a core
/// file. The process is not dumpable any more, so that no other program of the same user can
/// attach to it or read its memory.
///
/// # Errors
/// [`NotConfined`] when a layer is missing, a step fails, or a check afterwards shows that
/// something which must be denied is not. The process may then be confined in part, and must end.
pub fn confine(rights: &Rights) -> Result<InForce, NotConfined> {
    let landlock_abi =
        kernel::landlock_abi().map_err(|source| NotConfined::NoLandlock { source })?;
    kernel::seccomp_offered().map_err(|source| NotConfined::NoSeccomp { source })?;
    let filter = calls::Filter::for_this_process(calls::Scope::of(rights))?;
    refuse_threads()?;

    step("give up core files", kernel::no_core_files())?;
    step("become undumpable", kernel::not_dumpable())?;
    step("raise the limit of open files", kernel::raise_open_files())?;
    // SAFETY: the documentation of this function asks the caller to have opened nothing yet, and
    // there is no other thread that could have.
    step("close inherited descriptors", unsafe {
        kernel::close_from(3)
    })?;
    if step(
        "look at the standard streams",
        kernel::any_standard_stream_is_socket(),
    )? {
        return Err(NotConfined::NotInForce {
            what: "sending through an inherited socket",
        });
    }

    let (landlock, not_granted) = paths::restrict(rights)?;
    filter.install()?;
    refuse_what_is_still_possible(rights)?;
    Ok(InForce {
        landlock_abi,
        landlock,
        system_calls: filter.len(),
        not_granted,
    })
}

/// Returns what this kernel offers for confinement. It changes nothing.
#[must_use]
pub fn status() -> Status {
    let landlock_abi = kernel::landlock_abi().ok();
    let seccomp = kernel::seccomp_offered().is_ok();
    Status {
        system: std::env::consts::OS.to_owned(),
        processor: std::env::consts::ARCH.to_owned(),
        landlock_abi,
        seccomp,
        enough: landlock_abi.is_some() && seccomp && calls::processor_is_known(),
    }
}

fn step<T>(step: &'static str, outcome: io::Result<T>) -> Result<T, NotConfined> {
    outcome.map_err(|source| NotConfined::Step {
        step,
        source: source.into(),
    })
}

/// Landlock binds the calling thread and its children only: an older thread would stay free.
fn refuse_threads() -> Result<(), NotConfined> {
    let threads = step("count the threads", std::fs::read_dir("/proc/self/task"))?;
    match threads.count() {
        1 => Ok(()),
        count => Err(NotConfined::Threads { count }),
    }
}

fn refuse_what_is_still_possible(rights: &Rights) -> Result<(), NotConfined> {
    let still_possible = |what| Err(NotConfined::NotInForce { what });
    let root = Path::new("/");
    // Not a socket, though that is what matters most: whoever traces a worker shall see no
    // network call at all. One filter answers both, and `probe` tries sockets in every form.
    if !kernel::is_refused(kernel::try_io_uring()) {
        return still_possible("setting up io_uring");
    }
    if !kernel::is_refused(kernel::try_exec()) {
        return still_possible("starting a program");
    }
    let writes = !rights.write.is_empty();
    if !writes && !kernel::is_refused(kernel::try_open_for_writing(root)) {
        return still_possible("opening for writing");
    }
    let all = [&rights.list, &rights.read, &rights.write];
    let root_is_granted = all
        .into_iter()
        .flatten()
        .any(|path| kernel::is_same(path, root));
    if !root_is_granted && std::fs::read_dir(root).is_ok() {
        return still_possible("listing a folder that was not granted");
    }
    Ok(())
}
