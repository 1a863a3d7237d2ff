//! Somebody puts links in the place of folders, while they are written to.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    thread,
};

use fixture::archives::{Entry, file, folder, link, tar, zip};

use crate::ground::{AT_THE_ROOT, Ground};

/// As often is each folder tried, with and without the way back.
const ROUNDS: usize = 9;
/// Folders of an archive that is unpacked, below the one that is made for it.
const FOLDERS: [&str; 4] = ["", "0", "0/d", "0/d/e"];

fn entries() -> Vec<Entry> {
    let mut entries = vec![folder("d/"), folder("d/e/"), link("d/l", "e/0")];
    for number in 0..60 {
        entries.push(file(format!("d/{number}"), vec![b'x'; 100]));
        entries.push(file(
            format!("d/e/{number}"),
            vec![b'x'; 100_000 / (number + 1)],
        ));
        entries.push(file(format!("{number}"), "x"));
    }
    entries
}

/// Goes on putting a link in the place of a folder until it is told to stop; returns how often.
fn swaps(ground: &Ground, below: &str, is_put_back: bool, is_over: &AtomicBool) -> u64 {
    let outside = ground.at("outside");
    let away = ground.at("inside/away");
    let mut many = 0;
    while !is_over.load(Relaxed) {
        let Some(made) = made(&ground.at("inside")) else {
            thread::yield_now();
            continue;
        };
        let place = match below {
            "" => made,
            below => made.join(below),
        };
        if fs::rename(&place, &away).is_err() {
            thread::yield_now();
            continue;
        }
        // Whoever makes the folder anew was quicker.
        many += u64::from(symlink(&outside, &place).is_ok());
        if !is_put_back {
            break;
        }
        let _ = fs::remove_file(&place);
        let _ = fs::rename(&away, &place);
    }
    many
}

/// Finds the folder that is written to.
fn made(inside: &Path) -> Option<PathBuf> {
    let mut entries = fs::read_dir(inside).ok()?.flatten();
    let is_made = |it: &fs::DirEntry| {
        it.file_name()
            .as_encoded_bytes()
            .starts_with(b".candor-unpack")
    };
    entries.find(is_made).map(|it| it.path())
}

#[test]
fn a_folder_that_becomes_a_link_meanwhile_leads_nowhere() {
    for (at, below) in FOLDERS.into_iter().enumerate() {
        let many = AtomicU64::new(0);
        for round in 0..2 * ROUNDS {
            let archive = match (at + round / 3) % 2 {
                0 => zip::pack(&entries()),
                _ => tar::pack(&entries()),
            };
            let ground = Ground::with(&archive);
            if round % 3 == 0 {
                // What would be moved, if the link was followed there.
                fs::create_dir(ground.at("outside/0")).unwrap();
                fs::write(ground.at("outside/0/mine"), "mine").unwrap();
            }
            let before = ground.around();
            let is_over = AtomicBool::new(false);
            let output = thread::scope(|scope| {
                scope.spawn(|| {
                    let swaps = swaps(&ground, below, round < ROUNDS, &is_over);
                    many.fetch_add(swaps, Relaxed);
                });
                let output = ground.unpack();
                is_over.store(true, Relaxed);
                output
            });
            let what = format!("{below:?}, round {round}");
            assert!(
                matches!(output.status.code(), Some(0 | 2)),
                "{what}: {output:?}"
            );
            assert_eq!(ground.around(), before, "{what}: {output:?}");
            assert!(!Path::new(AT_THE_ROOT).exists(), "{what}");
        }
        let many = many.into_inner();
        assert!(
            many >= ROUNDS as u64,
            "{below:?} became a link {many} times"
        );
    }
}
