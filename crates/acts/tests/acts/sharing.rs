//! File systems whose files can share their bytes: XFS and Btrfs.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use acts::Act;
use fixture::Disk;
use tool::{Bytes, Proposal};

use crate::world::{World, assert_all_done, assert_refused, proposal, seen, set_mtime};

const LARGE: usize = 20 << 20;

/// One test at a time: a program that is being started holds, for a moment, what others have open, and
/// a lock or a file that is held is refused.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends a writer also when the test fails before its end.
struct AtTheEnd<'r>(&'r AtomicBool);

impl Drop for AtTheEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn disks() -> impl Iterator<Item = Disk> {
    [Disk::xfs(), Disk::btrfs()].into_iter().flatten()
}

/// A copy of a file, and what a tool would propose about it.
fn copies(world: &World) -> Vec<Proposal> {
    let content = fixture::Content::new(7).bytes(LARGE);
    let kept = world.file("kept", &content);
    let copy = |number: usize| {
        let copy = world.file(&format!("copy{number}"), &content);
        let mut it = proposal(&copy, Some(&kept));
        it.frees = Bytes(LARGE as u64);
        it
    };
    (0..3).map(copy).collect()
}

/// What is said to be freed is what the file system gains, within a hundredth.
#[test]
fn bytes_said_to_be_freed_are_those_the_disk_gains() {
    let _alone = alone();
    for disk in disks() {
        for act in [Act::Reflink, Act::Hardlink, Act::Remove] {
            let world = World::below(&disk.at);
            let plan = world.plan(act, copies(&world));
            let before = disk.free();
            let (came, ended) = world.apply_protecting(&plan, &|_| None);
            assert_all_done(&came);
            let said = ended.freed.0;
            assert_eq!(said, 3 * LARGE as u64);
            // XFS gives room back a moment after the last name of a file went.
            let moment = std::time::Duration::from_millis(100);
            let gained = (0..100).map(|_| {
                std::thread::sleep(moment);
                disk.free() - before
            });
            let mut gained = gained.peekable();
            let first = *gained.peek().unwrap();
            let is_said = |gained: &u64| gained.abs_diff(said) * 100 <= said;
            let found = gained.find(is_said);
            assert!(found.is_some(), "{act}: said {said}, gained {first}");
        }
    }
}

#[test]
fn shared_bytes_leave_content_and_times_as_they_were() {
    let _alone = alone();
    for disk in disks() {
        let world = World::below(&disk.at);
        let plan = world.plan(Act::Reflink, copies(&world));
        let before = world.snapshot();
        assert_all_done(&world.apply(&plan));
        assert_eq!(world.snapshot(), before);
        assert_all_done(&world.undo());
        assert_eq!(world.snapshot(), before);
    }
}

/// fclones 0.35 `dedupe` overwrites a file that changed after it was looked at (L3, fclones#293).
#[test]
fn fclones_293_shared_bytes_of_a_changed_file() {
    let _alone = alone();
    for disk in disks() {
        let world = World::below(&disk.at);
        let (copy, kept) = (world.file("copy", [1; 8192]), world.file("kept", [1; 8192]));
        let plan = world.plan(Act::Reflink, vec![proposal(&copy, Some(&kept))]);
        let was = seen(&copy).is;
        fs::remove_file(&copy).unwrap();
        fs::write(&copy, [2; 8192]).unwrap();
        set_mtime(&copy, &was);
        assert_refused(&world.apply(&plan), "it is not what was looked at");
        // A plan that lies about two files is found out by the kernel.
        let lie = world.plan(Act::Reflink, vec![proposal(&copy, Some(&kept))]);
        assert_refused(&world.apply(&lie), "its content differs");
        assert_eq!(fs::read(&copy).unwrap(), [2; 8192]);
        assert_eq!(fs::read(&kept).unwrap(), [1; 8192]);
    }
}

/// A program that writes while bytes are shared never finds its bytes gone.
#[test]
fn fclones_293_a_writer_while_bytes_are_shared() {
    let _alone = alone();
    const ROUNDS: usize = 300;
    for disk in disks() {
        let world = World::below(&disk.at);
        let (copy, kept) = (
            world.file("copy", [0; 65_536]),
            world.file("kept", [0; 65_536]),
        );
        let stop = AtomicBool::new(false);
        std::thread::scope(|threads| {
            let writer = threads.spawn(|| {
                let file = File::options().read(true).write(true).open(&copy).unwrap();
                let mut wrong = 0;
                for turn in 1_u64.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let at = turn % 16 * 4096;
                    file.write_all_at(&turn.to_le_bytes(), at).unwrap();
                    let mut found = [0; 8];
                    file.read_exact_at(&mut found, at).unwrap();
                    wrong += u64::from(found != turn.to_le_bytes());
                    // Equal again, so that there is something to share.
                    file.write_all_at(&[0; 8], at).unwrap();
                }
                wrong
            });
            let stops = AtTheEnd(&stop);
            let mut came_to = [0; 2];
            for _ in 0..ROUNDS {
                let plan = world.plan(Act::Reflink, vec![proposal(&copy, Some(&kept))]);
                for (_, refused) in world.apply(&plan) {
                    came_to[usize::from(refused.is_some())] += 1;
                }
            }
            drop(stops);
            assert_eq!(writer.join().unwrap(), 0);
            assert_eq!(came_to.iter().sum::<usize>(), ROUNDS);
        });
        assert_eq!(fs::read(&kept).unwrap(), [0; 65_536]);
    }
}

/// A trash on another file system than the home is at its top, and what is in a subvolume of its own
/// is not moved out of it. trash-cli#322, trash-rs#146.
#[test]
fn trash_rs_146_a_subvolume_has_its_own_trash() {
    let _alone = alone();
    let Some(disk) = Disk::btrfs() else { return };
    let made = std::process::Command::new("btrfs")
        .args(["subvolume", "create", "-q"])
        .arg(disk.at.join("sub"))
        .output()
        .unwrap();
    let made = made.status.success()
        || std::process::Command::new("btrfs")
            .args(["subvolume", "create"])
            .arg(disk.at.join("sub"))
            .output()
            .unwrap()
            .status
            .success();
    assert!(made, "btrfs-progs made no subvolume");
    let here = World::new();
    let file = disk.at.join("sub/file");
    fs::write(&file, "x").unwrap();
    let plan = here.plan(Act::Trash, vec![proposal(&file, None)]);
    assert_all_done(&here.apply(&plan));
    let before = here.runs().pop().unwrap().steps.pop().unwrap().before;
    assert!(before.to.unwrap().0.starts_with(disk.at.join("sub")));
    assert!(!file.exists());
    assert_all_done(&here.undo());
    assert_eq!(fs::read(&file).unwrap(), b"x");
}

/// A file system that is read-only says so, and nothing else happens.
#[test]
fn a_disk_that_is_read_only_says_so() {
    let _alone = alone();
    let Some(disk) = Disk::xfs() else { return };
    let here = World::new();
    let (copy, kept) = (disk.at.join("copy"), disk.at.join("kept"));
    for path in [&copy, &kept] {
        fs::write(path, "equal").unwrap();
    }
    let trash = here.plan(Act::Trash, vec![proposal(&copy, Some(&kept))]);
    let link = here.plan(Act::Hardlink, vec![proposal(&copy, Some(&kept))]);
    let remount = std::process::Command::new("mount")
        .args(["-o", "remount,ro"])
        .arg(&disk.at)
        .status();
    assert!(remount.unwrap().success());
    assert_refused(&here.apply(&trash), "there is no trash on its file system");
    assert_refused(
        &here.apply(&link),
        "cannot make a hard link: Read-only file system",
    );
    assert_eq!(fs::read(&copy).unwrap(), b"equal");
}
