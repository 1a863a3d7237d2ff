//! `candor unpack`: a folder is made beside where things are to lie, a confined worker fills it, and what came out is moved
//! into place; nothing that is there is replaced.

mod staging;

use std::{
    io,
    path::{Path, PathBuf},
};

use sandbox::Rights;
use serde::Serialize;
use tool::{Moment, Outcome, PathText, Section, Why, lists::put_together};
use unpack::{Password, Unpacked, Unpacking, Wish};

use self::staging::{Destination, Staging};
use super::Session;
use crate::{
    cli::Unpack,
    failure::{Ending, Failure},
    interrupt::Held,
    job::Job,
    password,
};

/// Attributes that say where a file came from.
///
/// Sources: freedesktop.org, "Common extended attributes"; Apple, LaunchServices, `LSQuarantine`.
const MARKS: [&str; 3] = [
    "com.apple.quarantine",
    "user.xdg.origin.url",
    "user.xdg.referrer.url",
];

/// One archive in the JSON output.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    unpacked: Unpacked,
    /// Where what came out lies.
    to: Option<PathText>,
}

/// Unpacks archives.
pub(super) fn run(asked: &Unpack) -> Result<Ending, Failure> {
    let mut session = Session::begin("unpack", &asked.shared)?;
    let destination = Destination::open(asked.into.as_deref())?;
    let mut password = password::handed_over(asked.reading.password_fd)?;
    session.writes = true;
    let held = Held::begin().map_err(|error| {
        Failure::new("cannot hold signals back while something is unpacked").because(&error)
    })?;
    let mut all = Outcome::new("unpack", &(), Section::default());
    all.section.title = "Unpacked".to_owned();
    let mut shown = Vec::new();
    let (archives, failures) = super::unpack::archives(&asked.archives);
    session.complaints.extend(failures);
    for (index, parts) in archives.iter().enumerate() {
        let Some(path) = parts.first() else { continue };
        if held.is_caught() {
            break;
        }
        match session.one(index, parts, path, &destination, asked, &mut password) {
            Ok((one, mut outcome)) => {
                let to = one
                    .to
                    .as_ref()
                    .map(|it| tool::path_text::shown(it.0.as_os_str()));
                let lies = to.unwrap_or_else(|| "nothing".to_owned());
                let name = tool::path_text::shown(path.as_os_str());
                let summary = outcome.section.summary.join(" ");
                all.section
                    .summary
                    .push(format!("{name}: {lies}. {summary}"));
                all.section.blocks.append(&mut outcome.section.blocks);
                all.skipped.append(&mut outcome.skipped);
                for list in outcome.lists {
                    for piece in list.pieces {
                        put_together(&mut all.lists, &list.name, piece);
                    }
                }
                shown.push(one);
            }
            Err(failure) => session.complaints.push(failure),
        }
    }
    // What an interrupted one left is gone by now; those before it stay.
    held.end();
    let data = serde_json::json!({ "archives": shown });
    all.data = Outcome::new("unpack", &data, Section::default()).data;
    session.outcomes.push(all);
    session.end(&asked.shared)
}

impl Session {
    /// Unpacks one archive, and moves what came out into place.
    fn one(
        &mut self,
        index: usize,
        parts: &[PathBuf],
        archive: &Path,
        destination: &Destination,
        asked: &Unpack,
        password: &mut Option<Password>,
    ) -> Result<(Shown, Outcome), Failure> {
        let mut unpacking = Unpacking {
            archive: archive.into(),
            parts: super::unpack::texts(parts),
            index,
            into: PathBuf::new().into(),
            identity: (0, 0),
            password: password.clone(),
            charset: asked.reading.encoding.clone(),
            withheld: withheld(),
            east: east(self.machine.now),
            room: room(destination.path()),
            marks: marks(archive),
            wish: Wish {
                only: asked.only.clone(),
                strip: asked.strip,
            },
        };
        let mut staging = Staging::beside(destination)?;
        let mut outcome = self.worker(&mut unpacking, &staging)?;
        let is_locked = outcome
            .skipped
            .iter()
            .any(|it| matches!(it.why, Why::Locked { .. }));
        if is_locked && password.is_none() {
            *password = password::asked_for()?;
            if password.is_some() {
                unpacking.password = password.clone();
                staging = Staging::beside(destination)?;
                outcome = self.worker(&mut unpacking, &staging)?;
            }
        }
        let unpacked: Unpacked = serde_json::from_str(outcome.data.get())
            .map_err(|error| Failure::new("a worker was not understood").because(&error))?;
        let to = match &unpacked.folder {
            Some(folder) => staging.placed(folder, &unpack::stem(archive))?,
            None => None,
        };
        let to = to.map(PathText);
        Ok((Shown { unpacked, to }, outcome))
    }

    fn worker(
        &mut self,
        unpacking: &mut Unpacking,
        staging: &Staging<'_>,
    ) -> Result<Outcome, Failure> {
        unpacking.into = staging.path().into();
        unpacking.identity = staging.identity()?;
        let named: Vec<PathBuf> = unpacking.parts.iter().map(|it| it.0.clone()).collect();
        let rights = Rights {
            read: named.clone(),
            write: vec![staging.path().to_owned()],
            // For links, modes and times.
            act: true,
            ..Rights::default()
        };
        let job = Job::Unpack(unpacking.clone());
        let result = Some(staging.path());
        let mut delivered = self.deliver(&["unpack"], job, rights, &named, result)?;
        let outcome = delivered.outcomes.pop();
        outcome.ok_or_else(|| Failure::new("a worker ended without a word"))
    }
}

fn unwritten(destination: &Path, error: &io::Error) -> Failure {
    let shown = tool::path_text::shown(destination.as_os_str());
    Failure::new(format!("cannot write in `{shown}`"))
        .because(error)
        .help("see that it is yours to write and has room, or name another folder with --into")
}

/// Returns the bits that files of this person do not get.
fn withheld() -> u32 {
    // There is no way to ask but to set it; this process makes no file meanwhile.
    let withheld = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    rustix::process::umask(withheld);
    // Bit by bit: systems have modes of different widths.
    let has = |at: &u32| withheld.contains(rustix::fs::Mode::from_raw_mode(1 << at));
    (0..9).filter(has).fold(0, |sum, at| sum | 1 << at)
}

/// Returns how many seconds clocks here are ahead of UTC.
fn east(now: Moment) -> i64 {
    let now = jiff::Timestamp::from_microsecond(now.0).unwrap_or_default();
    let zone = jiff::tz::TimeZone::system();
    zone.to_offset(now).seconds().into()
}

/// Returns how many bytes may come out: what is free, but for a twentieth.
fn room(destination: &Path) -> u64 {
    rustix::fs::statvfs(destination).map_or(u64::MAX, |it| {
        it.f_bavail.saturating_mul(it.f_frsize) / 20 * 19
    })
}

/// Returns what an archive says of where it came from.
fn marks(archive: &Path) -> Vec<(String, Vec<u8>)> {
    let each = MARKS.iter().filter_map(|name| {
        let mut value = vec![0; 4096];
        let length = rustix::fs::getxattr(archive, *name, &mut value).ok()?;
        value.truncate(length);
        Some(((*name).to_owned(), value))
    });
    each.collect()
}
