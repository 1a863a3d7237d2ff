//! The machine we run on, from its environment. One of the files that may ask which system this is.

use std::{
    env,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use knowledge::{Base, Platform};
use tool::{Machine, Moment};

use crate::{
    cli::{self, Shared},
    failure::Failure,
};

/// Returns the machine to look at: this one, or the one below `--root`.
///
/// # Errors
/// When `--root` is no machine of that platform, or this person's home folder is not known.
pub(crate) fn machine(shared: &Shared) -> Result<Machine, Failure> {
    let now = match shared.now {
        Some(stamp) => Moment(stamp.as_microsecond()),
        None => now(),
    };
    let (Some(root), Some(platform)) = (&shared.root, shared.platform) else {
        return here(now);
    };
    let platform = match platform {
        cli::Platform::Linux => Platform::Linux,
        cli::Platform::Macos => Platform::Macos,
    };
    Machine::at_root(platform, root, now).map_err(|error| {
        Failure::new("cannot look at the machine named with --root")
            .because(&error)
            .help(
                "name the folder where that machine's disk is mounted, the one that holds its \
             `home` or `Users`, and say --platform linux or --platform macos",
            )
    })
}

/// Returns the machine we run on, as its clock has it now: what acts can act on no other.
///
/// # Errors
/// When this person's home folder is not known.
#[cfg(any(feature = "acts", feature = "consent", feature = "history"))]
pub(crate) fn here_and_now() -> Result<Machine, Failure> {
    here(now())
}

/// Returns the machine we run on, at its own moment or at the one that is named.
///
/// # Errors
/// When this person's home folder is not known.
#[cfg(feature = "consent")]
pub(crate) fn at(named: Option<jiff::Timestamp>) -> Result<Machine, Failure> {
    here(named.map_or_else(now, |stamp| Moment(stamp.as_microsecond())))
}

fn now() -> Moment {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Moment(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

fn here(now: Moment) -> Result<Machine, Failure> {
    let home = env::home_dir()
        .filter(|home| home.is_absolute())
        .ok_or_else(|| {
            Failure::new("the home folder is not known")
                .help("set HOME to the home folder, or name a PATH")
        })?;
    // The walk names folders by where they really are, and rules are compared with those names.
    let home = home.canonicalize().map_err(|error| {
        let shown = tool::path_text::shown(home.as_os_str());
        Failure::new(format!("the home folder `{shown}` cannot be found"))
            .because(&error)
            .help("set HOME to the home folder of the person whose things are to be looked at")
    })?;
    let mut base = Base::of_home(PLATFORM, Path::new("/"), &home);
    if PLATFORM == Platform::Linux {
        let set = |name: &str| {
            env::var_os(name)
                .map(PathBuf::from)
                .filter(|it| it.is_absolute())
        };
        for (name, folder) in [
            ("XDG_CONFIG_HOME", &mut base.config),
            ("XDG_CACHE_HOME", &mut base.cache),
            ("XDG_DATA_HOME", &mut base.data),
            ("XDG_STATE_HOME", &mut base.state),
        ] {
            // The specification says that a relative path is to be ignored.
            if let Some(named) = set(name) {
                *folder = named.canonicalize().unwrap_or(named);
            }
        }
        // What a cache folder that is a link leads to was not made by caches: no row may name it.
        // BleachBit 4.4.2 lists and removes it.
        if let Some(named) = set("XDG_CACHE_HOME").filter(|it| it.is_symlink()) {
            base.cache = named;
        }
    } else {
        base.cache = home.join("Library/Caches");
    }
    let root = PathBuf::from("/");
    Ok(Machine {
        platform: PLATFORM,
        root,
        people: vec![base],
        now,
        live: true,
    })
}

#[cfg(target_os = "macos")]
const PLATFORM: Platform = Platform::Macos;
#[cfg(not(target_os = "macos"))]
const PLATFORM: Platform = Platform::Linux;

#[cfg(any(feature = "battery", feature = "clean", feature = "uninstall"))]
/// Asks a program of the system for what only a program can tell; `None` where it is not needed.
///
/// Only the broker may: workers can start nothing.
pub(crate) fn ask(command: &[&str]) -> Option<Vec<u8>> {
    if !cfg!(target_os = "macos") {
        return None;
    }
    let (program, arguments) = command.split_first()?;
    let output = std::process::Command::new(program)
        .args(arguments)
        .output()
        .ok()?;
    output.status.success().then_some(output.stdout)
}
