//! Timers as the system reads them: units of systemd, agents of launchd.
//!
//! Sources: systemd.timer(5), systemd.service(5) and systemd.unit(5) of systemd 252, read 2026-11-25;
//! launchd.plist(5) of macOS 14.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use knowledge::{Base, Platform};

use crate::cli::Day;

/// What tells our files from those of others.
pub(super) const MARK: &str = "Made by candor schedule";

/// What is started, and when.
#[derive(Debug)]
pub(super) struct Timer {
    /// Names its files: `preview`.
    pub(super) name: &'static str,
    /// What it does, for who looks at a list of timers.
    pub(super) about: &'static str,
    /// The program and its words.
    pub(super) words: Vec<String>,
    pub(super) when: When,
}

/// When something is started.
#[cfg_attr(
    not(all(feature = "clean", feature = "consent", feature = "history")),
    allow(dead_code, reason = "each of them has its own time")
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// On a day of the week, about noon.
    Weekly(Day),
    /// At any time of a day.
    Daily,
    /// At any time of an hour.
    Hourly,
}

/// A file of the system's timers.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

impl Timer {
    /// Returns the files that make it.
    pub(super) fn units(&self, platform: Platform, person: &Base) -> Vec<Unit> {
        match platform {
            Platform::Linux => self.systemd(&person.config.join("systemd/user")),
            Platform::Macos => vec![self.launchd(&person.home)],
        }
    }

    /// Returns the command that switches it on or off.
    pub(super) fn switch(&self, platform: Platform, units: &[Unit], on: bool) -> String {
        let name = self.name;
        let path = units.first().map_or(Path::new(""), |unit| &unit.path);
        let shown = tool::path_text::shown(path.as_os_str());
        match (platform, on) {
            (Platform::Linux, true) => {
                format!(
                    "systemctl --user daemon-reload && systemctl --user enable --now candor-{name}.timer"
                )
            }
            (Platform::Linux, false) => {
                format!("systemctl --user stop candor-{name}.timer; systemctl --user daemon-reload")
            }
            (Platform::Macos, true) => format!("launchctl bootstrap gui/$(id -u) '{shown}'"),
            (Platform::Macos, false) => {
                format!("launchctl bootout gui/$(id -u)/org.candor.{name}")
            }
        }
    }

    pub(super) fn systemd(&self, folder: &Path) -> Vec<Unit> {
        let Self { name, about, .. } = self;
        let unit = |kind: &str, text: String| Unit {
            path: folder.join(format!("candor-{name}.{kind}")),
            text: format!("# {MARK}: {about}.\n{text}"),
        };
        let words: Vec<String> = self.words.iter().map(|word| quoted(word)).collect();
        // 2 of a look is said when a person looks; 2 of what nobody looks at is a failed unit.
        let success = match self.when {
            When::Weekly(_) => {
                "# 1: something was found. 2: something could not be looked at, which Candor says when it is asked.\n\
                 SuccessExitStatus=1 2\n"
            }
            When::Daily | When::Hourly => {
                "# 1: something was found. 2, something could not be done, fails the unit: `systemctl --user --failed`.\n\
                 SuccessExitStatus=1\n"
            }
        };
        let service = format!(
            "[Unit]\nDescription={about}\n\n[Service]\nType=oneshot\nExecStart={}\n\
             StandardOutput=null\n{success}NoNewPrivileges=yes\nNice=10\nIOSchedulingClass=idle\n",
            words.join(" ")
        );
        let (calendar, spread) = match self.when {
            When::Weekly(day) => (format!("{} 12:00", short(day)), "1h"),
            When::Daily => ("daily".to_owned(), "20h"),
            When::Hourly => ("hourly".to_owned(), "50min"),
        };
        let timer = format!(
            "[Unit]\nDescription={about}\n\n[Timer]\nOnCalendar={calendar}\n\
             RandomizedDelaySec={spread}\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n"
        );
        vec![unit("service", service), unit("timer", timer)]
    }

    fn launchd(&self, home: &Path) -> Unit {
        let Self { name, about, .. } = self;
        let word = |word: &String| format!("        <string>{}</string>\n", in_xml(word));
        let words: String = self.words.iter().map(word).collect();
        let hour = "        <key>Hour</key>\n        <integer>12</integer>\n";
        let when = match self.when {
            When::Weekly(day) => format!(
                "    <key>StartCalendarInterval</key>\n    <dict>\n        \
                 <key>Weekday</key>\n        <integer>{}</integer>\n{hour}    </dict>\n",
                day as u8
            ),
            When::Daily => {
                format!("    <key>StartCalendarInterval</key>\n    <dict>\n{hour}    </dict>\n")
            }
            When::Hourly => {
                "    <key>StartInterval</key>\n    <integer>3600</integer>\n".to_owned()
            }
        };
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- {MARK}: {about}. -->\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST \
             1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n<dict>\n    \
             <key>Label</key>\n    <string>org.candor.{name}</string>\n    <key>ProgramArguments</key>\n    \
             <array>\n{words}    </array>\n{when}    <key>LowPriorityIO</key>\n    <true/>\n    <key>ProcessType</key>\n    \
             <string>Background</string>\n    <key>StandardOutPath</key>\n    \
             <string>/dev/null</string>\n</dict>\n</plist>\n"
        );
        Unit {
            path: home.join(format!("Library/LaunchAgents/org.candor.{name}.plist")),
            text,
        }
    }
}

/// Returns a day as systemd names it: `sun`.
fn short(day: Day) -> String {
    day.to_possible_value()
        .map_or(String::new(), |it| it.get_name()[..3].to_owned())
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

fn in_xml(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(platform: Platform) -> Base {
        Base::of_home(platform, Path::new("/"), Path::new("/home/ada"))
    }

    fn timer(program: &str, when: When) -> Timer {
        Timer {
            name: "preview",
            about: "Show junk with Candor",
            words: [program, "clean", "--html", "/page.html"]
                .map(str::to_owned)
                .to_vec(),
            when,
        }
    }

    #[test]
    fn systemd_reads_each_word_as_it_is() {
        let odd = timer("/opt/50% \"of\" $HOME/candor", When::Weekly(Day::Friday));
        let units = odd.units(Platform::Linux, &person(Platform::Linux));
        let [service, timer] = &units[..] else {
            panic!("two files");
        };
        assert!(
            service
                .path
                .ends_with(".config/systemd/user/candor-preview.service")
        );
        let line = "ExecStart=\"/opt/50%% \\\"of\\\" $$HOME/candor\" \"clean\" \"--html\" \"/page.html\"\n";
        assert!(service.text.contains(line), "{}", service.text);
        assert!(
            timer.text.contains("OnCalendar=fri 12:00\n"),
            "{}",
            timer.text
        );
        assert!(units.iter().all(|it| it.text.contains(MARK)));
    }

    #[test]
    fn launchd_reads_each_word_as_it_is() {
        let person = person(Platform::Macos);
        let units =
            timer("/opt/a<b>&c/candor", When::Weekly(Day::Monday)).units(Platform::Macos, &person);
        let agent = plist::Value::from_reader_xml(units[0].text.as_bytes()).unwrap();
        let agent = agent.as_dictionary().unwrap();
        let words = agent["ProgramArguments"].as_array().unwrap();
        let words: Vec<&str> = words.iter().map(|it| it.as_string().unwrap()).collect();
        assert_eq!(
            words,
            ["/opt/a<b>&c/candor", "clean", "--html", "/page.html"]
        );
        let when = agent["StartCalendarInterval"].as_dictionary().unwrap();
        assert_eq!(when["Weekday"].as_unsigned_integer(), Some(1));
    }

    #[test]
    fn each_time_is_said_in_both_languages() {
        for (when, calendar, key) in [
            (When::Daily, "OnCalendar=daily\n", "StartCalendarInterval"),
            (When::Hourly, "OnCalendar=hourly\n", "StartInterval"),
        ] {
            let timer = timer("/opt/candor", when);
            let units = timer.systemd(Path::new("/units"));
            assert!(units[1].text.contains(calendar));
            let agent = timer.launchd(Path::new("/home/ada"));
            let read = plist::Value::from_reader_xml(agent.text.as_bytes()).unwrap();
            assert!(read.as_dictionary().unwrap().contains_key(key));
        }
    }
}
