//! A process that is ended before each of its system calls, and one whose calls fail: by strace, at
//! every call there is.

use std::{
    collections::HashMap,
    fs,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use acts::Act;
use tool::Bytes;

use crate::world::{World, proposal};

const ACTS: [Act; 4] = [Act::Trash, Act::Quarantine, Act::Remove, Act::Hardlink];

/// A file system in memory, so that thousands of runs take no disk's time.
const MEMORY: &str = "/dev/shm";

/// Runs `job` for every act: in memory, and for shared bytes on a disk whose files can share theirs.
fn for_each_act(job: impl Fn(Act, &Path)) {
    for act in ACTS {
        job(act, Path::new(MEMORY));
    }
    if let Some(disk) = fixture::Disk::xfs() {
        job(Act::Reflink, &disk.at);
    }
}

/// Calls that change something, and so get every error; the others get two.
const CHANGING: [&str; 9] = [
    "renameat2",
    "linkat",
    "unlinkat",
    "fsync",
    "fdatasync",
    "write",
    "ioctl",
    "mkdir",
    "utimensat",
];
const ERRORS: [&str; 8] = [
    "EPERM", "EACCES", "EXDEV", "EMLINK", "ENOSPC", "EROFS", "EIO", "EBUSY",
];

/// What a test may do to a call.
enum Harm {
    /// End the process instead of the call.
    Kill,
    /// Let it fail once.
    Fail(&'static str),
}

/// A home with copies, a folder, and a plan about them.
struct Scene {
    world: World,
    plan: PathBuf,
}

impl Scene {
    fn new(act: Act, ground: &Path) -> Self {
        let world = World::below(ground);
        let kept = world.file("kept", "equal");
        let mut steps = vec![
            proposal(&world.file("copy1", "equal"), Some(&kept)),
            proposal(&world.file("copy2", "equal"), Some(&kept)),
        ];
        if !act.needs_survivor() {
            world.file("folder/inner/letter", "dear");
            steps.push(proposal(&world.home.join("folder"), None));
        }
        world.file("kept folder/note", "equal");
        // The act that loses most when something goes wrong.
        if act == Act::Remove {
            world.file("twin/note", "equal");
            let kept = world.home.join("kept folder");
            steps.push(proposal(&world.home.join("twin"), Some(&kept)));
        }
        steps.iter_mut().for_each(|it| it.frees = Bytes(5));
        let plan = world.home.join("../../plan.json");
        fs::write(&plan, world.plan(act, steps).write()).unwrap();
        Self { world, plan }
    }

    fn command(&self, words: &[&str]) -> Vec<String> {
        let mut command = vec![act_program().to_str().unwrap().to_owned()];
        command.extend(words.iter().map(|word| match *word {
            "PLAN" => self.plan.to_str().unwrap().to_owned(),
            "ROOT" => self.world.machine.root.to_str().unwrap().to_owned(),
            word => word.to_owned(),
        }));
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        let command = self.command(words);
        Command::new(&command[0])
            .args(&command[1..])
            .output()
            .unwrap()
    }

    /// Runs it with one call harmed.
    fn harmed(&self, words: &[&str], call: &Call, harm: &Harm) -> Output {
        let what = match harm {
            Harm::Kill => "signal=SIGKILL".to_owned(),
            Harm::Fail(error) => format!("error={error}"),
        };
        let inject = format!("inject={}:{what}:when={}", call.name, call.number);
        Command::new("strace")
            .args(["-o", "/dev/null", "-e", &inject])
            .args(self.command(words))
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Asserts that nothing is lost, nothing is half done and no name of a moment is left.
    fn check(&self, about: &str) {
        let home = &self.world.home;
        for kept in ["kept", "kept folder/note"] {
            assert_eq!(fs::read(home.join(kept)).unwrap(), b"equal", "{about}");
        }
        let bins = [".local/share/Trash/files", ".local/state/candor/quarantine"];
        for name in ["copy1", "copy2"] {
            let there = fs::read(home.join(name));
            assert!(
                there.is_err() || there.unwrap() == b"equal",
                "{about}: {name}"
            );
        }
        let letter = "inner/letter";
        let folder = home.join("folder");
        let in_bins = bins
            .iter()
            .flat_map(|bin| fs::read_dir(home.join(bin)).into_iter().flatten());
        let put_away: Vec<PathBuf> = in_bins.map(|entry| entry.unwrap().path()).collect();
        let letters = put_away
            .iter()
            .chain([&folder])
            .filter(|it| it.join(letter).exists());
        assert!(letters.count() <= 1, "{about}");
        for entry in fs::read_dir(home).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(!name.starts_with(".candor-"), "{about}: {name} is left");
        }
        // Each note in the trash is about something, and each thing has a note.
        let trash = home.join(".local/share/Trash");
        let names = |folder: &str, end: &str| {
            let entries = fs::read_dir(trash.join(folder)).into_iter().flatten();
            let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
            let mut names: Vec<String> = entries
                .map(|entry| name(entry.unwrap()).trim_end_matches(end).to_owned())
                .collect();
            names.sort();
            names
        };
        assert_eq!(names("files", ""), names("info", ".trashinfo"), "{about}");
        let ended = self.world.runs().iter().all(|run| run.ended);
        assert!(ended, "{about}: a run has no end");
    }

    /// What the journal says was done is what is on the disk.
    fn check_journal(&self, about: &str) {
        use acts::journal::CameTo;
        let Some(run) = self.world.runs().into_iter().next() else {
            return;
        };
        // Shared bytes leave no mark on a path.
        for step in run.steps.iter().filter(|it| it.before.act != Act::Reflink) {
            let there = fs::symlink_metadata(&step.before.path.0);
            let done = step.came_to == Some(CameTo::Done);
            let linked = step.before.act == Act::Hardlink;
            let gone = match linked {
                true => {
                    use std::os::unix::fs::MetadataExt;
                    let kept = fs::metadata(self.world.home.join("kept")).unwrap();
                    there.unwrap().ino() == kept.ino()
                }
                false => there.is_err(),
            };
            assert_eq!(
                done, gone,
                "{about}: step {} {:?}",
                step.before.step, step.came_to
            );
        }
    }
}

/// The number-th call of that name.
struct Call {
    name: String,
    number: usize,
}

/// Returns every call of an undisturbed run after its program was loaded.
fn calls(act: Act, ground: &Path, words: &[&str], before: &[&str]) -> Vec<Call> {
    let scene = Scene::new(act, ground);
    if !before.is_empty() {
        assert!(scene.run(before).status.success());
    }
    let log = scene.world.home.join("../../calls");
    let run = Command::new("strace")
        .arg("-o")
        .arg(&log)
        .args(scene.command(words))
        .output()
        .unwrap();
    assert!(run.status.success(), "{run:?}");
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut all = Vec::new();
    let mut begun = false;
    for line in fs::read_to_string(log).unwrap().lines() {
        let Some((name, rest)) = line.split_once('(') else {
            continue;
        };
        let number = seen.entry(name.to_owned()).or_default();
        *number += 1;
        // Before the journal is locked, nothing can have been done.
        begun |= name == "flock";
        // The first two cannot fail, by what the system promises.
        let of_runtime = [
            "geteuid",
            "getegid",
            "mmap",
            "munmap",
            "brk",
            "mremap",
            "sigaltstack",
            "exit_group",
        ];
        if begun && !of_runtime.contains(&name) && !rest.starts_with("exit") {
            all.push(Call {
                name: name.to_owned(),
                number: *number,
            });
        }
    }
    assert!(all.len() > 40, "{}", all.len());
    all
}

fn act_program() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let program = tests
        .parent()
        .unwrap()
        .with_file_name("examples")
        .join("act");
    assert!(program.exists(), "{} was not built", program.display());
    program
}

/// Returns whether strace is there; a machine that must have it fails without.
fn can_trace() -> bool {
    let found = Command::new("strace").arg("-V").output().is_ok();
    assert!(
        found || std::env::var_os("CANDOR_REQUIRE_PEERS").is_none(),
        "strace is not installed"
    );
    if !found {
        eprintln!("strace is not installed: no call was made to fail");
    }
    found
}

/// Does all jobs on two threads.
fn in_pairs<T: Sync>(jobs: &[T], job: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                while let Some(one) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    job(one);
                }
            });
        }
    });
}

const APPLY: [&str; 3] = ["apply", "PLAN", "ROOT"];

/// czkawka#1188, czkawka#1740, rmlint: a crash between removing and linking.
#[test]
fn czkawka_1188_killed_before_every_call() {
    if !can_trace() {
        return;
    }
    for_each_act(|act, ground| {
        in_pairs(&calls(act, ground, &APPLY, &[]), |call| {
            let scene = Scene::new(act, ground);
            let about = format!("{act}, killed at {} {}", call.name, call.number);
            let run = scene.harmed(&APPLY, call, &Harm::Kill);
            assert_eq!(run.status.signal(), Some(9), "{about}");
            let recovered = scene.run(&["recover", "ROOT"]);
            assert!(recovered.status.success(), "{about}: {recovered:?}");
            scene.check(&about);
            scene.check_journal(&about);
        });
    });
}

#[test]
fn killed_before_every_call_of_an_undo() {
    if !can_trace() {
        return;
    }
    let ground = Path::new(MEMORY);
    for act in [Act::Trash, Act::Hardlink] {
        in_pairs(&calls(act, ground, &["undo", "ROOT"], &APPLY), |call| {
            let scene = Scene::new(act, ground);
            let about = format!("{act} undone, killed at {} {}", call.name, call.number);
            assert!(scene.run(&APPLY).status.success());
            let run = scene.harmed(&["undo", "ROOT"], call, &Harm::Kill);
            assert_eq!(run.status.signal(), Some(9), "{about}");
            assert!(scene.run(&["recover", "ROOT"]).status.success(), "{about}");
            scene.check(&about);
        });
    }
}

/// czkawka#688, czkawka#1498, czkawka#1656: an act that failed after the file was gone.
#[test]
fn czkawka_1498_every_call_fails() {
    if !can_trace() {
        return;
    }
    for_each_act(|act, ground| {
        let mut jobs = Vec::new();
        for call in calls(act, ground, &APPLY, &[]) {
            let errors = match CHANGING.contains(&&*call.name) {
                true => &ERRORS[..],
                false => &["EIO", "EACCES"][..],
            };
            jobs.extend(
                errors
                    .iter()
                    .map(|error| (call.name.clone(), call.number, *error)),
            );
        }
        in_pairs(&jobs, |(name, number, error)| {
            let scene = Scene::new(act, ground);
            let about = format!("{act}, {name} {number} fails with {error}");
            let call = Call {
                name: name.clone(),
                number: *number,
            };
            let run = scene.harmed(&APPLY, &call, &Harm::Fail(error));
            let said = String::from_utf8_lossy(&run.stderr);
            assert!(!said.contains("panicked"), "{about}: {said}");
            assert!(scene.run(&["recover", "ROOT"]).status.success(), "{about}");
            scene.check(&about);
            scene.check_journal(&about);
        });
    });
}

/// A link that cannot be removed again is named: the copy is where it was, and nothing else is.
#[test]
fn a_link_that_cannot_be_removed_is_named() {
    if !can_trace() {
        return;
    }
    let scene = Scene::new(Act::Hardlink, Path::new(MEMORY));
    let mut strace = Command::new("strace");
    let inject = "inject=unlinkat:error=EIO";
    let run = strace
        .args(["-o", "/dev/null", "-e", inject])
        .args(scene.command(&APPLY))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    let home = &scene.world.home;
    let left = fs::read_dir(home)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let left: Vec<PathBuf> = left
        .filter(|path| {
            path.file_name()
                .unwrap()
                .as_encoded_bytes()
                .starts_with(b".candor-")
        })
        .collect();
    // The second step finds that the copy that stays has one more name by now.
    assert_eq!(left.len(), 1, "{said}");
    let words = format!(
        "one more name of the copy that was to stay is left at `{}`",
        left[0].display()
    );
    assert!(said.contains(&words), "{said}");
    for name in ["copy1", "copy2"] {
        assert_eq!(fs::read(home.join(name)).unwrap(), b"equal", "{said}");
    }
}
