//! The rules, asked again when a plan is carried out, and whether what they are about is in use.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use knowledge::{
    Base,
    junk::{self, Guard, Matcher, Named, Shape, TooManyRules},
    pattern::fits,
};
use tool::{EntryKind, Machine, Seen};

use crate::odd;

/// The rules for the folders of these people.
pub struct Rules {
    rows: &'static [junk::Junk],
    matcher: Matcher,
}

impl Rules {
    /// Returns the rules of a machine.
    ///
    /// # Errors
    /// When there are so many homes that the rules for all of them cannot be held.
    pub fn of(platform: knowledge::Platform, bases: &[Base]) -> Result<Self, TooManyRules> {
        let rows = junk::rows(platform);
        Ok(Self {
            matcher: Matcher::new(rows, bases)?,
            rows,
        })
    }

    /// Says why a rule does not vouch for it that something may go, if it does not: it has no such name,
    /// does not stand where the rule says, or lacks the evidence beside and inside it.
    ///
    /// Folders are listed and links are looked at for that; no file is opened.
    #[must_use]
    pub fn refuses(
        &self,
        rule: &str,
        path: &Path,
        kind: EntryKind,
        inside: &[Seen],
    ) -> Option<String> {
        if let Some(answer) = odd::refuses(rule, path, kind, inside) {
            return answer;
        }
        let Some(at) = self.rows.iter().position(|row| row.id == rule) else {
            return Some(format!("this version of Candor has no rule `{rule}`"));
        };
        let row = &self.rows[at];
        if row.kind == junk::Kind::Report {
            return Some(format!("what the rule `{rule}` finds is only told"));
        }
        let is = |found: Option<junk::RuleIndex>| found.is_some_and(|it| usize::from(it.0) == at);
        if is(self.matcher.start(path).junk) {
            return None;
        }
        let by_name = row.anywhere.is_some() && self.is_named(at, path, kind, inside);
        (!by_name).then(|| format!("the rule `{rule}` does not say that of it"))
    }

    /// Returns the rule that may call a path junk, or something it lies in, whatever evidence the rule
    /// asks for: a copy there vouches for no other, since it may go itself.
    #[must_use]
    pub fn may_take(&self, path: &Path) -> Option<&'static str> {
        let rule = self.matcher.may_take(path)?;
        Some(rule.of(self.rows).id.as_str())
    }

    /// Returns whether a path lies in, or is, something that the rule knows by its name.
    fn is_named(&self, at: usize, path: &Path, kind: EntryKind, inside: &[Seen]) -> bool {
        let (Some(above), Some(name)) = (path.parent(), path.file_name()) else {
            return false;
        };
        let shape = match kind {
            EntryKind::Folder => Shape::Folder,
            EntryKind::File => Shape::File,
            EntryKind::Link | EntryKind::Special => return false,
        };
        let from = self.matcher.start(above);
        if from.junk.is_some() {
            return false;
        }
        let state = self.matcher.step(from.state, name.as_encoded_bytes()).state;
        let named = self.matcher.named(state, name.as_encoded_bytes());
        let proved = |it: &&Named| {
            let directly = |seen: &Seen| match seen.path.0.parent() == Some(path) {
                true => seen
                    .path
                    .0
                    .file_name()
                    .map(|it| it.as_encoded_bytes().to_vec()),
                false => None,
            };
            usize::from(it.rule.0) == at
                && it.is == shape
                && holds_any(&it.beside, || names_in(above))
                && holds_any(&it.inside, || inside.iter().filter_map(directly).collect())
        };
        named.iter().any(|it| proved(&it))
    }
}

fn holds_any(wanted: &[String], held: impl Fn() -> Vec<Vec<u8>>) -> bool {
    wanted.is_empty()
        || held()
            .iter()
            .any(|name| wanted.iter().any(|it| fits(it.as_bytes(), name)))
}

/// Returns the names in a folder; none if it cannot be listed, so that nothing is proved by it.
fn names_in(folder: &Path) -> Vec<Vec<u8>> {
    let name = |entry: fs::DirEntry| entry.file_name().as_encoded_bytes().to_vec();
    fs::read_dir(folder).map_or_else(|_| Vec::new(), |all| all.flatten().map(name).collect())
}

/// What runs on a machine, as far as it can be seen.
#[derive(Clone, Debug, Default)]
pub struct Running {
    /// Each program.
    pub programs: Vec<Program>,
    /// Why some programs cannot be seen; `None` if all can.
    pub hidden: Option<String>,
}

/// A program that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The number of its process.
    pub process: u32,
    /// Whether it is of the user whose things are looked at. Other users' programs matter only to what lies
    /// outside the home folder.
    pub own: bool,
    /// The names it may be known by, the best first.
    pub names: Vec<String>,
}

/// How many letters of a name the kernel keeps. Source: proc_pid_comm(5), Linux man-pages 6.9.
const KEPT_LETTERS: usize = 15;

/// Returns the rules that must not be followed now, each with the reason: a program that uses the things
/// is running, or nobody can say. Locks are looked at, as links, and not opened.
#[must_use]
pub fn held(machine: &Machine, running: &Running) -> BTreeMap<String, String> {
    let rows = junk::rows(machine.platform).iter();
    let of_row = |row: &junk::Junk| {
        let why = why_held(row, machine, running)?;
        Some((row.id.clone(), why))
    };
    rows.filter_map(of_row).collect()
}

fn why_held(row: &junk::Junk, machine: &Machine, running: &Running) -> Option<String> {
    let Guard {
        programs,
        locks,
        words,
    } = &row.guard;
    let advice = match words.is_empty() {
        true => String::new(),
        false => format!("; {words}"),
    };
    let of_all = row.paths.iter().any(|path| path.starts_with('/'));
    for pattern in programs {
        let is = |it: &&Program| {
            (it.own || of_all) && it.names.iter().any(|name| is_name(pattern, name))
        };
        if let Some(Program { process, names, .. }) = running.programs.iter().find(is) {
            let name = names.first().map_or(pattern.as_str(), String::as_str);
            return Some(format!("{name} is running (process {process}){advice}"));
        }
    }
    let standing = |pattern: &String| {
        let bases = crate::bases(machine);
        let paths = bases.iter().filter_map(|base| base.expand(pattern));
        let mut found = paths.flat_map(|path| matching(&path));
        found.find(|lock| !is_stale(lock, running))
    };
    if let Some(lock) = locks.iter().find_map(standing) {
        return Some(format!("its lock `{}` stands{advice}", lock.display()));
    }
    match &running.hidden {
        Some(why) if !programs.is_empty() => Some(format!(
            "whether {} runs cannot be found out: {why}",
            programs.join(" or ")
        )),
        _ => None,
    }
}

/// Returns whether a program of this name is meant; of long names the kernel tells the start only.
fn is_name(pattern: &str, name: &str) -> bool {
    let cut = pattern
        .get(..KEPT_LETTERS)
        .filter(|_| name.len() == KEPT_LETTERS);
    fits(pattern.as_bytes(), name.as_bytes()) || cut == Some(name)
}

/// Returns what is there of a path with wildcards.
fn matching(pattern: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::from("/")];
    for part in pattern.iter().skip(1) {
        let part = part.as_encoded_bytes();
        let inside = |folder: PathBuf| -> Vec<PathBuf> {
            if !part.contains(&b'*') {
                return vec![folder.join(pattern_part(part))];
            }
            let names = names_in(&folder)
                .into_iter()
                .filter(|name| fits(part, name));
            names.map(|name| folder.join(pattern_part(&name))).collect()
        };
        found = found.into_iter().flat_map(inside).collect();
    }
    found.retain(|path| path.symlink_metadata().is_ok());
    found
}

fn pattern_part(bytes: &[u8]) -> &Path {
    Path::new(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes))
}

/// Returns whether a lock was left by a program that is gone. Chromium and Firefox write the number of
/// their process at the end of where the lock, a link, leads: `host-1234`, `127.0.1.1:+1234`.
///
/// Source: chromium docs/user_data_dir.md and process_singleton_posix.cc, git 4c58b9e;
/// toolkit/profile/nsProfileLock.cpp of Firefox; both read 2026-11-25.
fn is_stale(lock: &Path, running: &Running) -> bool {
    let Ok(target) = fs::read_link(lock) else {
        return false;
    };
    let text = target.to_string_lossy();
    let digits = text.len() - text.trim_end_matches(|it: char| it.is_ascii_digit()).len();
    let Ok(pid) = text[text.len() - digits..].parse::<u32>() else {
        return false;
    };
    running.hidden.is_none() && !running.programs.iter().any(|it| it.process == pid)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> (tempfile::TempDir, Machine) {
        let disk = tempfile::tempdir().unwrap();
        let root = disk.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("home/ada/.config/chromium")).unwrap();
        let moment = tool::Moment(0);
        let machine = Machine::at_root(knowledge::Platform::Linux, &root, moment).unwrap();
        (disk, machine)
    }

    fn programs(names: &[&str]) -> Running {
        Running {
            programs: vec![Program {
                process: 4711,
                own: true,
                names: names.iter().map(|it| (*it).to_owned()).collect(),
            }],
            hidden: None,
        }
    }

    #[test]
    fn programs_of_others_matter_outside_the_home_only() {
        let (_disk, machine) = machine();
        let mut running = programs(&["chromium", "apt-get"]);
        running.programs[0].own = false;
        let held = held(&machine, &running);
        assert!(!held.contains_key("linux.chromium-cache"), "{held:?}");
        assert!(held.contains_key("linux.apt-archives"), "{held:?}");
    }

    #[test]
    fn a_program_is_running_idle_or_unknown() {
        let (_disk, machine) = machine();
        let of = |running: &Running| held(&machine, running).remove("linux.chromium-cache");
        let said = of(&programs(&["chromium"])).unwrap();
        assert!(said.contains("process 4711"), "{said}");
        assert_eq!(of(&programs(&["gimp"])), None);
        let unknown = Running {
            hidden: Some("/proc hides them".to_owned()),
            ..Running::default()
        };
        let said = of(&unknown).unwrap();
        assert!(said.contains("cannot be found out: /proc hides"), "{said}");
    }

    #[test]
    fn of_long_names_the_kernel_tells_the_start() {
        assert!(is_name("ansible-playbook", "ansible-playboo"));
        assert!(!is_name("ansible-playbook", "ansible"));
        assert!(is_name("jetbrains-*", "jetbrains-idea"));
        assert!(!is_name("chromium", "chromium-helper"));
    }

    #[test]
    fn a_lock_holds_until_its_program_is_gone() {
        let (_disk, machine) = machine();
        let lock = machine.people[0].config.join("chromium/SingletonLock");
        let of = |running: &Running| held(&machine, running).remove("linux.chromium-cache");
        std::os::unix::fs::symlink("host-4711", &lock).unwrap();
        let said = of(&programs(&["renamed-browser"])).unwrap();
        assert!(said.contains("SingletonLock` stands"), "{said}");
        assert_eq!(of(&Running::default()), None, "its process is gone");
        fs::remove_file(&lock).unwrap();
        fs::write(&lock, "").unwrap();
        assert!(of(&Running::default()).is_some(), "a lock without a number");
    }

    #[test]
    fn a_rule_vouches_only_for_what_it_names() {
        let (_disk, machine) = machine();
        let home = &machine.people[0].home;
        let rules = Rules::of(machine.platform, &machine.people).unwrap();
        let refused =
            |rule: &str, path: &str, kind| rules.refuses(rule, &home.join(path), kind, &[]);
        let folder = EntryKind::Folder;
        assert_eq!(
            refused("linux.thumbnails", ".cache/thumbnails/large", folder),
            None
        );
        for (rule, path) in [
            ("linux.thumbnails", ".cache/thumbnails"),
            ("linux.thumbnails", ".cache"),
            ("linux.thumbnails", "Documents/thesis"),
            ("linux.thumbnails", ""),
            ("linux.no-such-rule", ".cache/thumbnails/large"),
            ("project.node-modules", ".cache/thumbnails/large"),
        ] {
            assert!(refused(rule, path, folder).is_some(), "{rule}: {path}");
        }
    }

    #[test]
    fn a_name_alone_proves_nothing_when_it_is_asked_again() {
        let (_disk, machine) = machine();
        let app = machine.people[0].home.join("app");
        fs::create_dir_all(app.join("node_modules/left-pad")).unwrap();
        let rules = Rules::of(machine.platform, &machine.people).unwrap();
        let refused = || {
            let path = app.join("node_modules");
            rules.refuses("project.node-modules", &path, EntryKind::Folder, &[])
        };
        assert!(refused().is_some());
        fs::write(app.join("package.json"), "{}").unwrap();
        assert_eq!(refused(), None);
    }
}
