//! `candor schedule`: a timer of the system that starts something of Candor by itself. None of it changes
//! anything that is a person's.
//!
//! Only files are written. The system is told by the person, with the command that is printed: this
//! program starts no other.

mod timer;

use std::{
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use knowledge::{Base, Platform};

use self::timer::{MARK, Timer, Unit, When};
use crate::{
    cli::{Schedule, What},
    failure::{Ending, Failure},
    machine,
};

/// Writes, shows or removes a timer.
pub(super) fn schedule(asked: &Schedule) -> Result<Ending, Failure> {
    let machine = machine::here_and_now()?;
    let person = machine
        .people
        .first()
        .ok_or_else(|| Failure::new("nobody's home folder is known"))?;
    let program = std::env::current_exe().map_err(|error| {
        Failure::new("where this program is cannot be found out").because(&error)
    })?;
    let timer = timer(asked, person, &program)?;
    let units = timer.units(machine.platform, person);
    for unit in &units {
        not_of_others(&unit.path)?;
    }
    if asked.remove {
        return remove(&timer, &units, machine.platform);
    }
    if asked.show {
        for Unit { path, text } in &units {
            super::print(format!("# {}\n{text}\n", path.display()).as_bytes())?;
        }
        return Ok(Ending::NothingFound);
    }
    for unit in &units {
        write(unit)?;
        eprintln!("Written: {}", tool::path_text::shown(unit.path.as_os_str()));
    }
    #[cfg(feature = "clean")]
    if asked.what == What::Preview
        && let Some(folder) = page(person).parent()
    {
        fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    }
    eprintln!(
        "{} Switch it on with\n\n    {}\n\nand off with `candor schedule {} --remove`.",
        does(asked.what, person),
        timer.switch(machine.platform, &units, true),
        timer.name
    );
    Ok(Ending::NothingFound)
}

/// The page that is written anew each week.
#[cfg(feature = "clean")]
fn page(person: &Base) -> PathBuf {
    person.state.join("candor/preview.html")
}

/// Returns what a timer does, for who is about to switch it on.
#[cfg_attr(
    not(feature = "clean"),
    expect(unused_variables, reason = "only the page lies in a person's folder")
)]
fn does(what: What, person: &Base) -> String {
    match what {
        #[cfg(feature = "clean")]
        What::Preview => format!(
            "It shows the junk in `{}` once a week and changes nothing.",
            tool::path_text::shown(page(person).as_os_str())
        ),
        #[cfg(feature = "consent")]
        What::Courier => "Once an hour it brings what you agreed to and saw to the operator you named, one thing at a \
                          time, and nothing else."
            .to_owned(),
        #[cfg(feature = "history")]
        What::Lists => "Once a day it brings in the lists of `candor/update.toml` and `candor/lists.toml`, and \
                        compiles them."
            .to_owned(),
    }
}

#[cfg_attr(
    not(feature = "clean"),
    expect(unused_variables, reason = "only the page lies in a person's folder")
)]
fn timer(asked: &Schedule, person: &Base, program: &Path) -> Result<Timer, Failure> {
    let (name, about, words, when) = match asked.what {
        #[cfg(feature = "clean")]
        What::Preview => (
            "preview",
            "Show junk with Candor",
            vec![
                program.to_owned(),
                "clean".into(),
                "--html".into(),
                page(person),
            ],
            When::Weekly(asked.day.unwrap_or_default()),
        ),
        #[cfg(feature = "consent")]
        What::Courier => (
            "courier",
            "Send what was agreed to and seen, with Candor",
            vec![
                program.with_file_name(crate::courier::COURIER),
                "send".into(),
            ],
            When::Hourly,
        ),
        #[cfg(feature = "history")]
        What::Lists => (
            "lists",
            "Bring threat lists in with Candor",
            vec![program.to_owned(), "update".into()],
            When::Daily,
        ),
    };
    if asked.day.is_some() && !matches!(when, When::Weekly(_)) {
        return Err(Failure::new("`--day` belongs to `candor schedule preview`")
            .help("leave it out: this is started more often than once a week"));
    }
    let words = words.into_iter().map(|word: PathBuf| {
        let shown = tool::path_text::shown(word.as_os_str());
        word.into_os_string().into_string().map_err(|_| {
            Failure::new(format!("`{shown}` is no text, and timers take only text"))
                .help("put Candor, and its state folder, where the path is plain text")
        })
    });
    Ok(Timer {
        name,
        about,
        words: words.collect::<Result<_, _>>()?,
        when,
    })
}

/// Refuses to touch a file of that name that we did not write.
fn not_of_others(path: &Path) -> Result<(), Failure> {
    let about = match fs::symlink_metadata(path) {
        Ok(about) => about,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(path, &error)),
    };
    // Nothing that we wrote is longer.
    let ours = about.is_file()
        && about.len() < 1 << 20
        && fs::read_to_string(path).is_ok_and(|text| text.contains(MARK));
    match ours {
        true => Ok(()),
        false => {
            let shown = tool::path_text::shown(path.as_os_str());
            Err(Failure::new(format!(
                "`{shown}` is there, and not from `candor schedule`"
            ))
            .help("nothing was written; move it away first"))
        }
    }
}

fn write(unit: &Unit) -> Result<(), Failure> {
    let folder = unit.path.parent().unwrap_or(Path::new("/"));
    let beside = unit.path.with_extension("candor-new");
    let written = fs::create_dir_all(folder).and_then(|()| {
        let mut out = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o644)
            .open(&beside)?;
        let written = out
            .write_all(unit.text.as_bytes())
            .and_then(|()| out.sync_all());
        let renamed = written.and_then(|()| fs::rename(&beside, &unit.path));
        renamed.inspect_err(|_| drop(fs::remove_file(&beside)))
    });
    written.map_err(|error| failed(&unit.path, &error))
}

fn remove(timer: &Timer, units: &[Unit], platform: Platform) -> Result<Ending, Failure> {
    let mut gone = 0;
    for unit in units {
        match fs::remove_file(&unit.path) {
            Ok(()) => gone += 1,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(&unit.path, &error)),
        }
    }
    gone += usize::from(unlinked(units)?);
    match gone {
        0 => eprintln!("There was nothing to remove."),
        _ => eprintln!(
            "Removed; it does not start again. If it was switched on, end what still waits with\n\n    {}\n",
            timer.switch(platform, units, false)
        ),
    }
    Ok(Ending::NothingFound)
}

/// Removes the link by which systemd starts our timer, if it leads to it.
fn unlinked(units: &[Unit]) -> Result<bool, Failure> {
    let is_timer = |unit: &&Unit| unit.path.extension().is_some_and(|it| it == "timer");
    let Some(timer) = units.iter().find(is_timer) else {
        return Ok(false);
    };
    let (Some(folder), Some(name)) = (timer.path.parent(), timer.path.file_name()) else {
        return Ok(false);
    };
    let wants = folder.join("timers.target.wants");
    let link = wants.join(name);
    let ours = [timer.path.clone(), Path::new("..").join(name)];
    match fs::read_link(&link).is_ok_and(|to| ours.contains(&to)) {
        true => fs::remove_file(&link)
            .map(|()| true)
            .map_err(|error| failed(&link, &error)),
        false => Ok(false),
    }
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    let shown = tool::path_text::shown(path.as_os_str());
    Failure::new(format!("cannot write or remove `{shown}`"))
        .because(error)
        .help("make its folder one that you can write to")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(what: What) -> Schedule {
        Schedule {
            what,
            day: None,
            show: false,
            remove: false,
        }
    }

    fn of(what: What) -> Timer {
        let person = Base::of_home(Platform::Linux, Path::new("/"), Path::new("/home/ada"));
        timer(&asked(what), &person, Path::new("/opt/candor")).unwrap()
    }

    #[test]
    fn no_timer_starts_what_acts() {
        use clap::ValueEnum;
        assert!(!What::value_variants().is_empty());
        for what in What::value_variants() {
            for unit in of(*what).systemd(Path::new("/units")) {
                for act in [
                    "apply",
                    "--plan",
                    "--act",
                    "purge",
                    "--yes",
                    "--at-once",
                    "--unconfined",
                ] {
                    assert!(!unit.text.contains(act), "{}", unit.text);
                }
            }
        }
    }

    #[cfg(feature = "clean")]
    #[test]
    fn the_junk_is_shown_on_a_day_and_the_others_have_none() {
        let preview = of(What::Preview);
        let page = "/home/ada/.local/state/candor/preview.html";
        assert_eq!(preview.words, ["/opt/candor", "clean", "--html", page]);
        assert_eq!(preview.when, When::Weekly(crate::cli::Day::Sunday));
        #[cfg(feature = "consent")]
        {
            let mut asked = asked(What::Courier);
            asked.day = Some(crate::cli::Day::Friday);
            let person = Base::of_home(Platform::Linux, Path::new("/"), Path::new("/home/ada"));
            let said = timer(&asked, &person, Path::new("/opt/candor")).unwrap_err();
            assert!(said.to_string().contains("--day"));
        }
    }

    #[cfg(feature = "consent")]
    #[test]
    fn the_courier_lies_beside_this_program() {
        assert_eq!(of(What::Courier).words, ["/opt/candor-courier", "send"]);
    }

    #[test]
    fn the_link_that_switched_it_on_goes_too_if_it_is_ours() {
        let folder = tempfile::tempdir().unwrap();
        let timer = of(What::default());
        let units = timer.systemd(folder.path());
        let wants = folder.path().join("timers.target.wants");
        fs::create_dir(&wants).unwrap();
        let link = wants.join(units[1].path.file_name().unwrap());
        for (to, goes) in [
            (units[1].path.clone(), true),
            ("/etc/other.timer".into(), false),
        ] {
            units.iter().for_each(|unit| write(unit).unwrap());
            std::os::unix::fs::symlink(&to, &link).unwrap();
            remove(&timer, &units, Platform::Linux).unwrap();
            assert_eq!(!link.is_symlink(), goes, "{}", to.display());
            assert!(!units[0].path.exists() && !units[1].path.exists());
        }
    }

    #[test]
    fn files_of_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("candor-preview.timer");
        assert!(not_of_others(&path).is_ok());
        let unit = Unit {
            path: path.clone(),
            text: format!("# {MARK}\n"),
        };
        write(&unit).unwrap();
        write(&unit).unwrap();
        assert!(not_of_others(&path).is_ok());
        fs::write(&path, "[Timer]\n").unwrap();
        let said = not_of_others(&path).unwrap_err().to_string();
        assert!(said.contains("not from `candor schedule`"), "{said}");
    }
}
