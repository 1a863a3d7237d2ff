//! Which programs run on this machine, for rules that must wait until one has ended.
//!
//! Names and numbers only, from `/proc`; on a Mac from `ps`. No program is asked anything.

#[cfg(any(feature = "clean", feature = "uninstall"))]
use std::os::unix::fs::MetadataExt;
use std::{collections::BTreeSet, fs, path::Path};

#[cfg(any(feature = "clean", feature = "uninstall"))]
use knowledge::Platform;

#[cfg(any(feature = "clean", feature = "uninstall"))]
use crate::machine;

/// The programs that run, as far as they can be seen.
#[cfg(any(feature = "clean", feature = "uninstall"))]
pub(crate) struct Programs {
    pub(crate) programs: Vec<Program>,
    /// Why some cannot be seen; `None` if all can.
    pub(crate) hidden: Option<String>,
}

/// A program that runs.
#[cfg(any(feature = "clean", feature = "uninstall"))]
pub(crate) struct Program {
    pub(crate) process: u32,
    /// Whether it is this user's.
    pub(crate) own: bool,
    pub(crate) names: Vec<String>,
}

/// Programs that are named as having one file open; more are counted by nobody.
const NAMED: usize = 3;

/// Returns which of this user's programs have a file open, as `firefox, process 4711`; none where the
/// system does not tell.
pub(crate) fn holders(path: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let has_it = |process: &Path| {
        let open = fs::read_dir(process.join("fd")).into_iter().flatten();
        open.flatten()
            .any(|it| fs::read_link(it.path()).is_ok_and(|to| to == path))
    };
    let holder = |entry: fs::DirEntry| {
        let process = entry.path();
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        let name = has_it(&process).then(|| names(&process).into_iter().next())?;
        Some(format!("{}, process {pid}", name.unwrap_or_default()))
    };
    entries.flatten().filter_map(holder).take(NAMED).collect()
}

/// Returns the same, as rules about junk ask for it.
#[cfg(feature = "clean")]
pub(crate) fn running(platform: Platform) -> clean::Running {
    let Programs { programs, hidden } = programs(platform);
    let program = |it: Program| clean::Program {
        process: it.process,
        own: it.own,
        names: it.names,
    };
    clean::Running {
        programs: programs.into_iter().map(program).collect(),
        hidden,
    }
}

/// Returns the programs that run, by every name each may be known by.
#[cfg(any(feature = "clean", feature = "uninstall"))]
pub(crate) fn programs(platform: Platform) -> Programs {
    match platform {
        Platform::Linux => in_proc(Path::new("/proc")),
        Platform::Macos => by_ps(machine::ask(&["/bin/ps", "-axo", "pid=,comm="])),
    }
}

#[cfg(any(feature = "clean", feature = "uninstall"))]
fn in_proc(proc: &Path) -> Programs {
    let hidden = |why: String| Programs {
        programs: Vec::new(),
        hidden: Some(why),
    };
    let entries = match fs::read_dir(proc) {
        Ok(entries) => entries,
        Err(error) => return hidden(format!("cannot list {}: {error}", proc.display())),
    };
    let pid = |entry: fs::DirEntry| entry.file_name().to_str()?.parse::<u32>().ok();
    let pids: BTreeSet<u32> = entries.flatten().filter_map(pid).collect();
    // Mounted with `hidepid`, a process shows only those of its own user: proc(5).
    if !pids.contains(&1) {
        return hidden(format!("{} hides those of other users", proc.display()));
    }
    let user = rustix::process::geteuid().as_raw();
    let programs = pids
        .into_iter()
        .filter(|pid| *pid != std::process::id())
        .map(|process| {
            let folder = proc.join(process.to_string());
            Program {
                process,
                own: fs::metadata(&folder).is_ok_and(|it| it.uid() == user),
                names: names(&folder),
            }
        })
        .filter(|it| !it.names.is_empty())
        .collect();
    Programs {
        programs,
        hidden: None,
    }
}

/// Returns the names of a process: as it calls itself, its executable, and what it was started with, so
/// that a script is found under its own name as well as that of its interpreter.
fn names(process: &Path) -> Vec<String> {
    let mut names = Vec::new();
    if let Ok(comm) = fs::read(process.join("comm")) {
        names.push(String::from_utf8_lossy(comm.trim_ascii_end()).into_owned());
    }
    if let Ok(program) = fs::read_link(process.join("exe")) {
        names.extend(last_name(&program));
    }
    if let Ok(words) = fs::read(process.join("cmdline")) {
        let words = words.split(|byte| *byte == 0).take(2);
        let words = words.filter(|word| !word.is_empty() && word.first() != Some(&b'-'));
        names
            .extend(words.filter_map(|word| last_name(Path::new(&*String::from_utf8_lossy(word)))));
    }
    let mut seen = BTreeSet::new();
    names.retain(|name| !name.is_empty() && seen.insert(name.clone()));
    names
}

fn last_name(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_string_lossy().into_owned();
    // An executable that was replaced by an update while it runs.
    Some(
        name.strip_suffix(" (deleted)")
            .map_or(name.clone(), str::to_owned),
    )
}

#[cfg(any(feature = "clean", feature = "uninstall"))]
fn by_ps(output: Option<Vec<u8>>) -> Programs {
    let Some(output) = output else {
        return Programs {
            programs: Vec::new(),
            hidden: Some("ps could not be asked".to_owned()),
        };
    };
    let line = |line: &str| {
        let (pid, program) = line.trim().split_once(' ')?;
        Some(Program {
            process: pid.parse().ok()?,
            // Whose it is was not asked.
            own: true,
            names: vec![last_name(Path::new(program.trim()))?],
        })
    };
    Programs {
        programs: String::from_utf8_lossy(&output)
            .lines()
            .filter_map(line)
            .collect(),
        hidden: None,
    }
}

#[cfg(all(test, any(feature = "clean", feature = "uninstall")))]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_by_all_its_names() {
        let proc = tempfile::tempdir().unwrap();
        let process = |pid: &str, comm: &str, exe: &str, words: &str| {
            let folder = proc.path().join(pid);
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join("comm"), comm).unwrap();
            fs::write(folder.join("cmdline"), words).unwrap();
            std::os::unix::fs::symlink(exe, folder.join("exe")).unwrap();
        };
        process("1", "init\n", "/sbin/init", "/sbin/init\0");
        process(
            "77",
            "Web Content\n",
            "/usr/lib/firefox/firefox (deleted)",
            "/usr/lib/firefox/firefox\0-contentproc\0",
        );
        process(
            "78",
            "python3\n",
            "/usr/bin/python3",
            "python3\0/usr/bin/ansible-playbook\0site.yml\0",
        );
        fs::write(proc.path().join("meminfo"), "").unwrap();
        let running = in_proc(proc.path());
        assert_eq!(running.hidden, None);
        let named = |pid: u32| {
            let found = running.programs.iter().find(|it| it.process == pid);
            assert!(found.unwrap().own);
            found.unwrap().names.clone()
        };
        assert_eq!(named(77), ["Web Content", "firefox"]);
        assert_eq!(named(78), ["python3", "ansible-playbook"]);
    }

    #[test]
    fn what_cannot_be_seen_is_said() {
        let proc = tempfile::tempdir().unwrap();
        fs::create_dir(proc.path().join("77")).unwrap();
        let why = in_proc(proc.path()).hidden.unwrap();
        assert!(why.contains("hides"), "{why}");
        assert!(in_proc(&proc.path().join("none")).hidden.is_some());
        assert!(by_ps(None).hidden.is_some());
    }

    #[test]
    fn ps_names_programs_by_their_path() {
        let output = b"  1 /sbin/launchd\n 501 /Applications/My App.app/Contents/MacOS/My App\n";
        let running = by_ps(Some(output.to_vec()));
        let named = running.programs.iter();
        let named: Vec<_> = named.map(|it| (it.process, it.names[0].as_str())).collect();
        assert_eq!(named, [(1, "launchd"), (501, "My App")]);
    }
}
