//! Archives that say two things, and readers that disagree about them.
//!
//! Sources: CVE-2025-62518 for sizes in tar that differ; D. Fifield, "A better zip bomb", WOOT 2019.

use crate::attacks::{Attack, attack, evil};
use fixture::archives::{
    bombs, tar,
    zip::{Local, Zip},
};

pub(crate) fn attacks() -> Vec<Attack> {
    let mut all = sizes_of_tar();
    all.extend(names_of_tar());
    all.extend(directories_of_zip());
    all
}

/// A tar within a file, whose entries come to light when its size is read otherwise.
fn sizes_of_tar() -> Vec<Attack> {
    let hidden = tar::pack(&[evil("../../outside/victim"), evil("hidden")]);
    let size = hidden.len().to_string();
    // One header says that there is nothing, what pax says is right.
    let mut less = tar::pax(&[("size", size.as_bytes())]);
    less.extend(tar::header(b'0', b"file", b"", 0o644, 0));
    less.extend(&hidden);
    less.extend(tar::END);
    // What pax says is of the file, not of the long name before it, whose second block looks like an entry.
    let mut name = b"long".to_vec();
    name.resize(512, 0);
    name.extend(tar::one(b'0', b"../../outside/victim", b"", 0o644, b"evil"));
    let mut between = tar::pax(&[("size", b"4")]);
    between.extend(tar::one(b'L', b"././@LongLink", b"", 0o644, &name));
    between.extend(tar::one(b'0', b"short", b"", 0o644, b"evil"));
    between.extend(tar::END);
    // By its name a folder, with bytes that look like entries.
    let mut folder = tar::one(b'0', b"folder/", b"", 0o755, &hidden);
    folder.extend(tar::one(b'0', b"good", b"", 0o644, b"evil"));
    folder.extend(tar::END);
    vec![
        attack(
            "a size in pax and another in the header",
            less,
            &["file at file disputed"],
        ),
        attack(
            "a size in pax before a long name",
            between,
            &["long at long"],
        ),
        attack(
            "a folder with bytes in tar",
            folder,
            &["folder/ at folder", "good at good"],
        ),
        attack(
            "more bytes than there are",
            tar::header(b'0', b"file", b"", 0o644, 1 << 32),
            &["file not: damaged", "all of it: damaged"],
        ),
    ]
}

/// Names that stand elsewhere than in the header.
fn names_of_tar() -> Vec<Attack> {
    let good = tar::one(b'0', b"good", b"", 0o644, b"evil");
    let mut pax = tar::pax(&[("path", b"../../outside/victim")]);
    pax.extend(&good);
    pax.extend(tar::END);
    let mut all = tar::pax(&[("path", b"../../outside/victim")]);
    // Of all that follow.
    all[156] = b'g';
    tar::right(&mut all);
    all.extend(&good);
    all.extend(&good);
    all.extend(tar::END);
    let mut link = tar::pax(&[("linkpath", b"../../outside")]);
    link.extend(tar::one(b'2', b"out", b"inside", 0o777, b""));
    link.extend(tar::one(b'0', b"out/victim", b"", 0o644, b"evil"));
    link.extend(tar::END);
    vec![
        attack(
            "a name in pax",
            pax,
            &["../../outside/victim at outside/victim outside"],
        ),
        attack(
            "a name in pax for all",
            all,
            &[
                "../../outside/victim at outside/victim outside",
                "../../outside/victim at outside/victim (2) outside taken",
            ],
        ),
        attack(
            "a link in pax",
            link,
            &["out not: damaged", "out/victim at out (2)/victim taken"],
        ),
    ]
}

fn directories_of_zip() -> Vec<Attack> {
    let plain = 0o100_644;
    let mut renamed = Zip::default();
    let local = Local::stored(b"harmless.txt", b"evil");
    let at = renamed.local(&local, b"evil");
    renamed.listed(&local, b"../../outside/victim", plain, at);
    let mut hidden = Zip::default();
    hidden.local(&Local::stored(b"../../outside/victim", b"evil"), b"evil");
    let local = Local::stored(b"good", b"evil");
    let at = hidden.local(&local, b"evil");
    hidden.listed(&local, b"good", plain, at);
    // A directory says that it has other bytes than its own header.
    let mut sized = Zip::default();
    let local = Local::stored(b"file", b"evil");
    let at = sized.local(&local, b"evil and more");
    let longer = Local::stored(b"file", b"evil and more");
    sized.listed(&longer, b"file", plain, at);
    let mut folder = Zip::default();
    let local = Local::stored(b"d/", b"evil");
    let at = folder.local(&local, b"evil");
    folder.listed(&local, b"d/", 0o040_755, at);
    vec![
        attack(
            "another name in the directory of a zip",
            renamed.end(),
            &["../../outside/victim at outside/victim outside disputed"],
        ),
        attack(
            "an entry that the directory of a zip does not have",
            hidden.end(),
            &["good at good"],
        ),
        attack(
            "other bytes in the directory of a zip",
            sized.end(),
            &["file at file disputed"],
        ),
        attack("a folder with bytes", folder.end(), &["d/ at d"]),
        attack(
            "many entries of the same bytes",
            bombs::overlapping(),
            &["all of it: too-large"],
        ),
        attack(
            "entries that quote the next",
            bombs::quoting(),
            &["all of it: too-large"],
        ),
    ]
}
