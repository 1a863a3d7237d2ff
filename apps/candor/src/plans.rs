//! Plans and journals as the broker knows them: where they are, whose they are, what time it is.

use std::{
    fs,
    io::Read,
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
};

use acts::{
    PlanFile,
    journal::{Journals, journals as in_folder},
};
use sha2::{Digest, Sha256};
use tool::Machine;

use crate::failure::Failure;

/// The longest plan that is read: a million steps.
const LONGEST: u64 = 1 << 29;

/// What helps when a file is no plan.
const NAME: &str =
    "name a plan that `--plan FILE` of `candor clean`, `candor dupes` or `candor uninstall` wrote";

/// How a plan is made.
pub(crate) const MAKE: &str = "make a plan here with `candor clean`, `candor dupes` or `candor uninstall` and \
    `--plan FILE --act trash`";

/// What helps when there is no folder for journals.
const NO_JOURNAL: &str = "nothing was done, for without a journal nothing could be undone; see that every \
    part of this path is a folder, the last ones yours to list and write to, or set XDG_STATE_HOME to another";

/// Reads a plan. Of one that was made on another machine every step is refused.
///
/// # Errors
/// When the file cannot be read, or is no plan of any version.
pub(crate) fn read(file: &Path) -> Result<PlanFile, Failure> {
    let shown = tool::path_text::shown(file.as_os_str());
    let failed = |error: &(dyn std::error::Error + 'static)| {
        Failure::new(format!("cannot carry out `{shown}`")).because(error)
    };
    let mut bytes = Vec::new();
    let read =
        crate::regular::open(file).and_then(|it| it.take(LONGEST + 1).read_to_end(&mut bytes));
    read.map_err(|error| failed(&error).help(NAME))?;
    if bytes.len() as u64 > LONGEST {
        return Err(Failure::new(format!("`{shown}` is too long to be a plan")).help(NAME));
    }
    let reading = PlanFile::of(&bytes)
        .map_err(|error| failed(&error).help(format!("nothing was done; {MAKE}")))?;
    // Steps of another schema are refused for that already.
    let ours = reading.plan.steps.is_empty() || reading.plan.machine == machine_name();
    Ok(match ours {
        true => reading,
        false => reading.refused(
            "the plan was made on another machine, and names files by their numbers there",
        ),
    })
}

/// Names this machine without saying which it is: a digest of its identity, as machine-id(5) asks for.
pub(crate) fn machine_name() -> String {
    let id = fs::read("/etc/machine-id")
        .unwrap_or_else(|_| rustix::system::uname().nodename().to_bytes().to_vec());
    let digest = Sha256::new()
        .chain_update("candor plan\0")
        .chain_update(id.trim_ascii())
        .finalize();
    digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Returns the folder of the journals, made if it was not there.
///
/// # Errors
/// When nobody's folders are known, or it cannot be made.
pub(crate) fn journal_folder(machine: &Machine) -> Result<PathBuf, Failure> {
    let folder = where_journals_are(machine)?;
    let made = fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder);
    made.and_then(|()| folder.canonicalize()).map_err(|error| {
        let shown = tool::path_text::shown(folder.as_os_str());
        Failure::new(format!("cannot make the folder of the journals, `{shown}`"))
            .because(&error)
            .help(NO_JOURNAL)
    })
}

/// Reads every journal, the oldest first; making none.
///
/// # Errors
/// When they cannot be read.
pub(crate) fn journals(machine: &Machine) -> Result<Journals, Failure> {
    let folder = where_journals_are(machine)?;
    // What a journal names is put in order: somebody else's must not tell this user's rights what to do.
    let owner = fs::symlink_metadata(&folder).map(|it| it.uid());
    if owner.is_ok_and(|owner| owner != rustix::process::geteuid().as_raw()) {
        let shown = tool::path_text::shown(folder.as_os_str());
        return Err(
            Failure::new(format!("the journals in `{shown}` are another user's")).help(
                "nothing was done; run this as that user, or set HOME to your own home folder",
            ),
        );
    }
    in_folder(&folder).map_err(|error| {
        let shown = tool::path_text::shown(folder.as_os_str());
        Failure::new(format!("cannot read the journals in `{shown}`"))
            .because(&error)
            .help(NO_JOURNAL)
    })
}

fn where_journals_are(machine: &Machine) -> Result<PathBuf, Failure> {
    let person = machine.people.first();
    let person = person.ok_or_else(|| Failure::new("nobody's home folder is known"))?;
    Ok(person.state.join("candor/journal"))
}

/// The name of a new run, when it begins, and that as local time.
pub(crate) fn new_run() -> (String, (String, String)) {
    let now = jiff::ZonedDateTime::now();
    let utc = now.timestamp();
    // A second and its thousandths keep the order of runs; the process tells two at once apart.
    let name = utc.strftime("%Y%m%d-%H%M%S%3f");
    let name = format!("{name}-{}", std::process::id());
    (
        name,
        (
            utc.to_string(),
            now.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
        ),
    )
}

/// Returns the moment in so many days, RFC 3339.
pub(crate) fn in_days(days: i64) -> String {
    let now = jiff::Timestamp::now();
    let then = now.checked_add(jiff::SignedDuration::from_hours(24 * days));
    then.unwrap_or(now).to_string()
}

/// Returns whether a moment of a journal has come. What cannot be read has not.
pub(crate) fn has_come(until: Option<&str>) -> bool {
    let moment = until.and_then(|text| text.parse::<jiff::Timestamp>().ok());
    moment.is_some_and(|moment| moment <= jiff::Timestamp::now())
}
