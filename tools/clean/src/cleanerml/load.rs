//! The folder of definitions: which files are read, and which are not trusted.

use std::{
    fs::File,
    io::Read,
    os::{fd::OwnedFd, unix::ffi::OsStrExt},
    path::Path,
};

use rustix::fs::{CWD, Dir, FileType, Mode, OFlags, Stat, fstat, openat};
use tool::{Machine, Skipped, Why};

use super::{
    definition::Cleaner,
    parse::{self, LARGEST},
};

/// More files than this are not read. BleachBit brings 104.
const MOST_FILES: usize = 2_000;
/// The bit that lets everyone write.
const BY_ANYONE: u32 = 0o002;

/// What a folder of definitions holds.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// Sorted by id. Of two with one id the later file counts, as in BleachBit.
    pub(crate) cleaners: Vec<Cleaner>,
    /// How many files are definitions, whatever system they are for.
    pub(crate) files: u64,
    pub(crate) skipped: Vec<Skipped>,
}

/// Reads every `*.xml` directly in a folder.
///
/// # Errors
/// When the folder cannot be listed, or everyone may put files into it.
pub(crate) fn load(folder: &Path, machine: &Machine) -> Result<Loaded, Skipped> {
    let failed = |error: rustix::io::Errno| Skipped::failed(folder, &error.into());
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let handle = openat(CWD, folder, flags | OFlags::DIRECTORY, Mode::empty()).map_err(failed)?;
    let of_folder = fstat(&handle).map_err(failed)?;
    if is_open_to_all(&of_folder) {
        return Err(untrusted(folder));
    }
    let is_ours = machine.people.iter().any(|it| folder.starts_with(&it.home));
    let is_systems = of_folder.st_uid == 0 && !is_ours;
    let mut loaded = Loaded::default();
    for name in names(&handle).map_err(failed)? {
        let path = folder.join(&name);
        let skipped = |why| Skipped::new(path.as_path(), why);
        if loaded.files as usize >= MOST_FILES {
            let detail = format!("more than {MOST_FILES} definitions");
            loaded.skipped.push(skipped(Why::TooLarge { detail }));
            break;
        }
        let read = openat(&handle, &name, flags | OFlags::NONBLOCK, Mode::empty());
        let read = read.map_err(|error| skipped(Why::of(&error.into())));
        let read = read.and_then(|file| text(file).map_err(skipped));
        let cleaner = read.and_then(|(text, stat)| {
            let is_trusted = is_systems && stat.st_uid == 0;
            let damaged = |detail| skipped(Why::Damaged { detail });
            parse::cleaner(&text, &path, machine.platform, is_trusted).map_err(damaged)
        });
        match cleaner {
            Ok(cleaner) => {
                loaded.files += 1;
                if let Some(cleaner) = cleaner {
                    loaded.cleaners.retain(|it| it.id != cleaner.id);
                    loaded.cleaners.push(cleaner);
                }
            }
            Err(why) => loaded.skipped.push(why),
        }
    }
    loaded.cleaners.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(loaded)
}

/// Returns the names that end as definitions do, sorted.
fn names(folder: &OwnedFd) -> rustix::io::Result<Vec<std::ffi::OsString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let name = entry?.file_name().to_bytes().to_vec();
        if name.to_ascii_lowercase().ends_with(b".xml") {
            names.push(std::ffi::OsStr::from_bytes(&name).to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Returns the text of a definition that can be trusted.
fn text(file: OwnedFd) -> Result<(String, Stat), Why> {
    let stat = fstat(&file).map_err(|error| Why::of(&error.into()))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        let detail = "it is no ordinary file".to_owned();
        return Err(Why::Damaged { detail });
    }
    if is_open_to_all(&stat) {
        return Err(words_of_untrusted());
    }
    let mut bytes = Vec::new();
    let read = File::from(file).take(LARGEST + 1).read_to_end(&mut bytes);
    read.map_err(|error| Why::of(&error))?;
    if bytes.len() as u64 > LARGEST {
        let detail = format!("a definition of more than {LARGEST} bytes");
        return Err(Why::TooLarge { detail });
    }
    let text = String::from_utf8(bytes).map_err(|_| Why::Damaged {
        detail: "it is not UTF-8".to_owned(),
    })?;
    Ok((text, stat))
}

fn is_open_to_all(stat: &Stat) -> bool {
    u32::from(stat.st_mode) & BY_ANYONE != 0
}

fn untrusted(path: &Path) -> Skipped {
    Skipped::new(path, words_of_untrusted())
}

fn words_of_untrusted() -> Why {
    Why::Failed {
        detail: "every user of this machine can change it, so its rules are not used".to_owned(),
    }
}
