//! `candor unpack`: a folder is made beside where things are to lie, a confined worker fills it, and what came out is moved
//! into place; nothing that is there is replaced.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use rustix::fs::{CWD, RenameFlags};
use sandbox::Rights;
use serde::Serialize;
use tool::{Moment, Outcome, PathText, Section, Why, lists::put_together};
use unpack::{Password, Unpacked, Unpacking, Wish};

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
/// As many names are tried before it is given up.
const MOST_NAMES: u32 = 10_000;

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
    let destination = destination(asked.into.as_deref())?;
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
        destination: &Path,
        asked: &Unpack,
        password: &mut Option<Password>,
    ) -> Result<(Shown, Outcome), Failure> {
        let mut unpacking = Unpacking {
            archive: archive.into(),
            parts: super::unpack::texts(parts),
            index,
            into: PathBuf::new().into(),
            password: password.clone(),
            charset: asked.reading.encoding.clone(),
            withheld: withheld(),
            east: east(self.machine.now),
            room: room(destination),
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
            Some(folder) => placed(&staging.0.join(folder), archive, destination)?,
            None => None,
        };
        let to = to.map(PathText);
        Ok((Shown { unpacked, to }, outcome))
    }

    fn worker(&mut self, unpacking: &mut Unpacking, staging: &Staging) -> Result<Outcome, Failure> {
        unpacking.into = staging.0.as_path().into();
        let named: Vec<PathBuf> = unpacking.parts.iter().map(|it| it.0.clone()).collect();
        let rights = Rights {
            read: named.clone(),
            write: vec![staging.0.clone()],
            // For links, modes and times.
            act: true,
            ..Rights::default()
        };
        let job = Job::Unpack(unpacking.clone());
        let result = Some(staging.0.as_path());
        let mut delivered = self.deliver(&["unpack"], job, rights, &named, result)?;
        let outcome = delivered.outcomes.pop();
        outcome.ok_or_else(|| Failure::new("a worker ended without a word"))
    }
}

/// A folder that nobody else can look into, beside what comes to lie in place; it goes when it is dropped.
struct Staging(PathBuf);

impl Staging {
    fn beside(destination: &Path) -> Result<Self, Failure> {
        let mut folders = fs::DirBuilder::new();
        folders.mode(0o700);
        for number in 0..MOST_NAMES {
            let name = format!(".candor-unpack-{}-{number}", std::process::id());
            let path = destination.join(name);
            match folders.create(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(unwritten(destination, &error)),
            }
        }
        let error = io::Error::from(io::ErrorKind::AlreadyExists);
        Err(unwritten(destination, &error))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // What cannot be removed is in a folder of ours, and nobody's but this person's.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn unwritten(destination: &Path, error: &io::Error) -> Failure {
    let shown = tool::path_text::shown(destination.as_os_str());
    Failure::new(format!("cannot write in `{shown}`"))
        .because(error)
        .help("see that it is yours to write and has room, or name another folder with --into")
}

fn destination(into: Option<&Path>) -> Result<PathBuf, Failure> {
    let path = into.unwrap_or(Path::new("."));
    if into.is_some() {
        fs::create_dir_all(path).map_err(|error| unwritten(path, &error))?;
    }
    path.canonicalize().map_err(|error| unwritten(path, &error))
}

/// Moves what came out into place: what is alone by its own name, else all of it in a folder named after the archive.
/// Returns where it lies; none where nothing came out.
fn placed(folder: &Path, archive: &Path, destination: &Path) -> Result<Option<PathBuf>, Failure> {
    let failed = |error: io::Error| unwritten(destination, &error);
    let mut entries = fs::read_dir(folder).map_err(failed)?;
    let Some(first) = entries.next().transpose().map_err(failed)? else {
        return Ok(None);
    };
    let is_alone = entries.next().is_none();
    let (from, name) = match is_alone {
        true => (first.path(), first.file_name()),
        false => (folder.to_owned(), unpack::stem(archive)),
    };
    for number in 1..MOST_NAMES {
        let to = destination.join(numbered(&name, number));
        match rustix::fs::renameat_with(CWD, &from, CWD, &to, RenameFlags::NOREPLACE) {
            Ok(()) => return Ok(Some(to)),
            Err(rustix::io::Errno::EXIST) => {}
            Err(errno) => return Err(failed(errno.into())),
        }
    }
    Err(failed(io::ErrorKind::AlreadyExists.into()))
}

/// Returns `name (2).txt` for the second of `name.txt`.
fn numbered(name: &OsStr, number: u32) -> OsString {
    if number == 1 {
        return name.to_owned();
    }
    let path = Path::new(name);
    let mut numbered = path.file_stem().unwrap_or_default().to_owned();
    numbered.push(format!(" ({number})"));
    if let Some(ending) = path.extension() {
        numbered.push(".");
        numbered.push(ending);
    }
    numbered
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
