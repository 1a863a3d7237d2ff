//! Threads that swap folders, links and contents while plans are carried out.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    os::{
        fd::AsRawFd,
        unix::fs::{FileExt, MetadataExt, symlink},
    },
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
};

use acts::Act;
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::world::{World, proposal};

const SWAPS: u64 = 100_000;
const FILES: usize = 8;
/// Steps that must have been done, and refused, before the swapping ends.
const OF_EACH: u64 = 500;

/// What is shared between the one who acts and those who disturb.
#[derive(Default)]
struct Ring {
    stop: AtomicBool,
    pause: AtomicBool,
    /// How many disturb at this moment.
    busy: AtomicU64,
    swaps: AtomicU64,
    /// What was written into copies that still had a name afterwards.
    written: Mutex<BTreeSet<String>>,
}

impl Ring {
    /// Disturbs with `once`, turn by turn, except in a pause.
    fn disturb(&self, mut once: impl FnMut(usize)) {
        let mut turn = 0;
        while !self.stop.load(SeqCst) {
            self.busy.fetch_add(1, SeqCst);
            if !self.pause.load(SeqCst) {
                once(turn);
                turn += 1;
            }
            self.busy.fetch_sub(1, SeqCst);
            if self.pause.load(SeqCst) {
                std::thread::yield_now();
            }
        }
    }

    fn in_a_pause<T>(&self, work: impl FnOnce() -> T) -> T {
        self.pause.store(true, SeqCst);
        while self.busy.load(SeqCst) > 0 {
            std::thread::yield_now();
        }
        let done = work();
        self.pause.store(false, SeqCst);
        done
    }
}

/// Ends the disturbance also when the test fails before its end.
struct AtTheEnd<'r>(&'r AtomicBool);

impl Drop for AtTheEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

/// Everything that was unique when it came to stand in a copy's place is still there in the end: no act
/// ever took anything but the copies its plan names.
#[test]
fn a_hundred_thousand_swaps_and_no_wrong_deletion() {
    let world = World::below(Path::new("/dev/shm"));
    let home = &world.home;
    for number in 0..FILES {
        world.file(&format!("kept/{number}"), content(number));
        // Names and sizes as those of the copies, contents of their own.
        world.file(&format!("precious/{number}"), format!("only{number:04}"));
    }
    fs::create_dir(home.join("copies")).unwrap();
    fs::create_dir(home.join("written")).unwrap();
    symlink(home.join("precious"), home.join("link")).unwrap();
    let ring = Ring::default();
    let mut came_to = [0_u64; 2];
    std::thread::scope(|threads| {
        let _stops = AtTheEnd(&ring.stop);
        threads.spawn(|| ring.disturb(|turn| swap(home, turn, &ring)));
        threads.spawn(|| ring.disturb(|turn| write(home, turn, &ring)));
        // Far more rounds than it takes: a bound for a machine where something is wrong.
        for round in 0..100_000 {
            let enough = came_to.iter().all(|it| *it >= OF_EACH);
            if enough && ring.swaps.load(SeqCst) >= SWAPS {
                break;
            }
            let act = [Act::Remove, Act::Trash, Act::Hardlink][round % 3];
            let plan = ring.in_a_pause(|| {
                put_in_order(home);
                let steps = (0..FILES).map(|number| {
                    let copy = world.file(&format!("copies/{number}"), content(number));
                    proposal(&copy, Some(&home.join(format!("kept/{number}"))))
                });
                world.plan(act, steps.collect())
            });
            for (_, refused) in world.apply(&plan) {
                came_to[usize::from(refused.is_some())] += 1;
            }
        }
    });
    assert!(ring.swaps.load(SeqCst) >= SWAPS);
    assert!(
        came_to.iter().all(|it| *it >= OF_EACH),
        "done and refused: {came_to:?}"
    );
    let left = everything_below(home);
    for number in 0..FILES {
        assert!(
            left.contains(format!("only{number:04}").as_bytes()),
            "{number} is lost"
        );
        assert!(
            left.contains(&content(number)),
            "every copy of {number} is lost"
        );
    }
    let written = ring.written.into_inner().unwrap();
    assert!(!written.is_empty(), "nothing was ever written in time");
    for text in written {
        assert!(
            left.contains(text.as_bytes()),
            "what was written is lost: {text}"
        );
    }
}

fn content(number: usize) -> Vec<u8> {
    format!("copy{number:04}").into_bytes()
}

/// Swaps names in `copies` and `precious`, the folders themselves, and puts a link in their place.
fn swap(home: &Path, turn: usize, ring: &Ring) {
    let at = |name: &str| home.join(name);
    let name = |folder: &str| home.join(folder).join((turn / 3 % FILES).to_string());
    let (one, other) = match turn % 16 {
        0..12 => (name("copies"), name("precious")),
        12 | 13 => (at("copies"), at("precious")),
        _ => (at("copies"), at("link")),
    };
    let swapped = renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE);
    ring.swaps.fetch_add(u64::from(swapped.is_ok()), SeqCst);
}

/// Writes a text of its own into a copy, and remembers it if the file still had one name afterwards.
fn write(home: &Path, turn: usize, ring: &Ring) {
    let path = home.join(format!("copies/{}", turn % FILES));
    let Ok(file) = File::options().write(true).open(&path) else {
        return;
    };
    // A copy may be one more name of the file that stays by now.
    let kept = fs::metadata(home.join(format!("kept/{}", turn % FILES))).unwrap();
    if file.metadata().is_ok_and(|meta| meta.ino() == kept.ino()) {
        return;
    }
    // Another file may have been swapped in: that one is not to be written over.
    let same = File::open(format!("/proc/self/fd/{}", file.as_raw_fd()));
    let mut old = [0; 4];
    if !same.is_ok_and(|it| it.read_exact_at(&mut old, 0).is_ok() && &old == b"copy") {
        return;
    }
    let text = format!("w{turn:07}");
    let written = file.write_all_at(text.as_bytes(), 0);
    if written.is_ok() && file.metadata().is_ok_and(|meta| meta.nlink() == 1) {
        ring.written.lock().unwrap().insert(text);
    }
}

/// Puts what is precious back in its folder, what was written aside, and copies away.
fn put_in_order(home: &Path) {
    let at = |name: &str| home.join(name);
    let is_folder = |path: &PathBuf| fs::symlink_metadata(path).unwrap().is_dir();
    let [link, folders @ ..] = {
        let mut all = [at("copies"), at("precious"), at("link")];
        all.sort_by_key(is_folder);
        all
    };
    if link != at("link") {
        renameat_with(CWD, &link, CWD, at("link"), RenameFlags::EXCHANGE).unwrap();
    }
    drop(folders);
    for folder in [at("copies"), at("precious")] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            let to = match &bytes[..] {
                [b'o', ..] => at("sorted").join(path.file_name().unwrap()),
                [b'w', ..] => at("written").join(String::from_utf8(bytes).unwrap()),
                _ => {
                    fs::remove_file(path).unwrap();
                    continue;
                }
            };
            fs::create_dir_all(at("sorted")).unwrap();
            fs::rename(path, to).unwrap();
        }
    }
    fs::remove_dir(at("precious")).unwrap();
    fs::rename(at("sorted"), at("precious")).unwrap();
}

fn everything_below(folder: &Path) -> BTreeSet<Vec<u8>> {
    let mut all = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let kind = fs::symlink_metadata(&path).unwrap();
        if kind.is_dir() {
            all.append(&mut everything_below(&path));
        } else if kind.is_file() {
            all.insert(fs::read(&path).unwrap());
        }
    }
    all
}
