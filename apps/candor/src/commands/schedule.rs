//! `candor schedule`: a timer of the system that shows the junk once a week, and never acts.
//!
//! Only files are written. The system is told by the person, with the command that is printed: this
//! program starts no other.
//!
//! Sources: systemd.timer(5), systemd.service(5) and systemd.unit(5) of systemd 252, read 2026-11-25;
//! launchd.plist(5) of macOS 14.

use std::{
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use knowledge::{Base, Platform};

use crate::{
    cli::{Day, Schedule},
    failure::{Ending, Failure},
    machine,
};

/// What tells our files from those of others.
const MARK: &str = "Made by candor schedule; it looks and never acts.";

/// A file of the system's timers.
struct Unit {
    path: PathBuf,
    text: String,
}

/// Writes, shows or removes the timer.
pub(super) fn schedule(asked: &Schedule) -> Result<Ending, Failure> {
    let machine = machine::here_and_now()?;
    let person = machine
        .people
        .first()
        .ok_or_else(|| Failure::new("nobody's home folder is known"))?;
    let program = std::env::current_exe().map_err(|error| {
        Failure::new("where this program is cannot be found out").because(&error)
    })?;
    let units = units(machine.platform, person, &program, asked.day)?;
    for unit in &units {
        not_of_others(&unit.path)?;
    }
    if asked.remove {
        return remove(&units, machine.platform);
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
    let page = page(person);
    if let Some(folder) = page.parent() {
        fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    }
    eprintln!(
        "It shows the junk in `{}` once a week and changes nothing. Switch it on with\n\n    {}\n\nand off \
         with `candor schedule --remove`.",
        tool::path_text::shown(page.as_os_str()),
        switch(machine.platform, &units, true)
    );
    Ok(Ending::NothingFound)
}

/// The page that is written anew each week.
fn page(person: &Base) -> PathBuf {
    person.state.join("candor/preview.html")
}

fn units(
    platform: Platform,
    person: &Base,
    program: &Path,
    day: Day,
) -> Result<Vec<Unit>, Failure> {
    let page = page(person);
    let words = [program, &page].map(|path| {
        path.to_str().ok_or_else(|| {
            let shown = tool::path_text::shown(path.as_os_str());
            Failure::new(format!("`{shown}` is no text, and timers take only text"))
                .help("put Candor, and its state folder, where the path is plain text")
        })
    });
    let [program, page] = words;
    let (program, page) = (program?, page?);
    Ok(match platform {
        Platform::Linux => systemd(&person.config.join("systemd/user"), program, page, day),
        Platform::Macos => vec![launchd(&person.home, program, page, day)],
    })
}

fn systemd(folder: &Path, program: &str, page: &str, day: Day) -> Vec<Unit> {
    let name = |day: Day| {
        day.to_possible_value()
            .map_or(String::new(), |it| it.get_name()[..3].to_owned())
    };
    let unit = |name: &str, text: String| Unit {
        path: folder.join(name),
        text: format!("# {MARK}\n{text}"),
    };
    let service = format!(
        "[Unit]\nDescription=Show junk with Candor\n\n[Service]\nType=oneshot\nExecStart={} clean --html {}\n\
         StandardOutput=null\n# 1: something was found. 2: something could not be looked at, which the page says.\nSuccessExitStatus=1 2\nNoNewPrivileges=yes\nNice=10\n\
         IOSchedulingClass=idle\n",
        quoted(program),
        quoted(page)
    );
    let timer = format!(
        "[Unit]\nDescription=Show junk with Candor once a week\n\n[Timer]\nOnCalendar={} 12:00\n\
         RandomizedDelaySec=1h\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n",
        name(day)
    );
    vec![
        unit("candor-preview.service", service),
        unit("candor-preview.timer", timer),
    ]
}

/// Returns a word of a command line as systemd reads it.
fn quoted(word: &str) -> String {
    let mut text = String::from("\"");
    for letter in word.chars() {
        match letter {
            '"' | '\\' => text.extend(['\\', letter]),
            // A specifier and a variable.
            '%' | '$' => text.extend([letter, letter]),
            '\n' => text.push_str("\\n"),
            letter => text.push(letter),
        }
    }
    text + "\""
}

fn launchd(home: &Path, program: &str, page: &str, day: Day) -> Unit {
    let word = |word: &str| format!("        <string>{}</string>\n", in_xml(word));
    let words: String = [program, "clean", "--html", page]
        .into_iter()
        .map(word)
        .collect();
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- {MARK} -->\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST \
         1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n<dict>\n    \
         <key>Label</key>\n    <string>org.candor.preview</string>\n    <key>ProgramArguments</key>\n    \
         <array>\n{words}    </array>\n    <key>StartCalendarInterval</key>\n    <dict>\n        \
         <key>Weekday</key>\n        <integer>{}</integer>\n        <key>Hour</key>\n        \
         <integer>12</integer>\n    </dict>\n    <key>LowPriorityIO</key>\n    <true/>\n    <key>ProcessType</key>\n    \
         <string>Background</string>\n    <key>StandardOutPath</key>\n    \
         <string>/dev/null</string>\n</dict>\n</plist>\n",
        day as u8
    );
    Unit {
        path: home.join("Library/LaunchAgents/org.candor.preview.plist"),
        text,
    }
}

fn in_xml(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The command that switches the timer on or off.
fn switch(platform: Platform, units: &[Unit], on: bool) -> String {
    let path = units.first().map_or(Path::new(""), |unit| &unit.path);
    let shown = tool::path_text::shown(path.as_os_str());
    match (platform, on) {
        (Platform::Linux, true) => {
            "systemctl --user daemon-reload && systemctl --user enable --now candor-preview.timer"
                .to_owned()
        }
        (Platform::Linux, false) => {
            "systemctl --user stop candor-preview.timer; systemctl --user daemon-reload".to_owned()
        }
        (Platform::Macos, true) => format!("launchctl bootstrap gui/$(id -u) '{shown}'"),
        (Platform::Macos, false) => "launchctl bootout gui/$(id -u)/org.candor.preview".to_owned(),
    }
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

fn remove(units: &[Unit], platform: Platform) -> Result<Ending, Failure> {
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
            switch(platform, units, false)
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

    fn person(platform: Platform) -> Base {
        Base::of_home(platform, Path::new("/"), Path::new("/home/ada"))
    }

    #[test]
    fn the_timer_of_linux_only_looks() {
        let odd = Path::new("/opt/50% \"of\" $HOME/candor");
        let units = units(Platform::Linux, &person(Platform::Linux), odd, Day::Friday).unwrap();
        let [service, timer] = &units[..] else {
            panic!("two files");
        };
        assert!(
            service
                .path
                .ends_with(".config/systemd/user/candor-preview.service")
        );
        let line = "ExecStart=\"/opt/50%% \\\"of\\\" $$HOME/candor\" clean --html \
                    \"/home/ada/.local/state/candor/preview.html\"\n";
        assert!(service.text.contains(line), "{}", service.text);
        assert!(
            timer.text.contains("OnCalendar=fri 12:00\n"),
            "{}",
            timer.text
        );
        for unit in units {
            for act in ["apply", "--plan", "--act", "purge", "--yes"] {
                assert!(!unit.text.contains(act), "{}", unit.text);
            }
        }
    }

    #[test]
    fn the_agent_of_macos_only_looks() {
        let odd = Path::new("/opt/a<b>&c/candor");
        let units = units(Platform::Macos, &person(Platform::Macos), odd, Day::Monday).unwrap();
        let agent = plist::Value::from_reader_xml(units[0].text.as_bytes()).unwrap();
        let agent = agent.as_dictionary().unwrap();
        let words = agent["ProgramArguments"].as_array().unwrap();
        let words: Vec<&str> = words.iter().map(|it| it.as_string().unwrap()).collect();
        let page = "/home/ada/.local/state/candor/preview.html";
        assert_eq!(words, ["/opt/a<b>&c/candor", "clean", "--html", page]);
        let when = agent["StartCalendarInterval"].as_dictionary().unwrap();
        assert_eq!(when["Weekday"].as_unsigned_integer(), Some(1));
    }

    #[test]
    fn the_link_that_switched_it_on_goes_too_if_it_is_ours() {
        let folder = tempfile::tempdir().unwrap();
        let units = systemd(folder.path(), "/opt/candor", "/page.html", Day::Sunday);
        let wants = folder.path().join("timers.target.wants");
        fs::create_dir(&wants).unwrap();
        let link = wants.join("candor-preview.timer");
        for (to, goes) in [
            (units[1].path.clone(), true),
            ("/etc/other.timer".into(), false),
        ] {
            units.iter().for_each(|unit| write(unit).unwrap());
            std::os::unix::fs::symlink(&to, &link).unwrap();
            remove(&units, Platform::Linux).unwrap();
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
