//! Few large files: in pairs, of one size, and full of holes.

use super::Tree;
use crate::{failure::Failure, setting::Setting};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// Returns five pairs of equal files of 100 to 500 MB, 3 GB in all, or smaller by `parts`.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn pairs(setting: &Setting, parts: u64) -> Result<Tree, Failure> {
    let room = 3_000_000_000 / parts;
    setting.tree(
        "pairs",
        &format!("pairs 1: 3 GB / {parts}"),
        room,
        |maker| {
            maker.folder("films")?;
            maker.folder("backup/films")?;
            for number in 1..=5 {
                let size = number * 100_000_000 / parts;
                maker.file(&format!("films/{number}.mkv"), size, number)?;
                maker.file(&format!("backup/films/{number}.mkv"), size, number)?;
            }
            Ok(())
        },
    )
}

/// Returns files of one size that are equal but for 64 KiB, which begin at `hundredths` of each.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn same_size(
    setting: &Setting,
    count: u64,
    size: u64,
    hundredths: u64,
) -> Result<Tree, Failure> {
    let recipe = format!("same size 1: {count} of {size}, differ at {hundredths} %");
    let name = format!("same-size-{hundredths}");
    setting.tree(&name, &recipe, count.saturating_mul(size), |maker| {
        for number in 0..count {
            let (path, place) = (format!("disk-{number:02}.img"), size / 100 * hundredths);
            maker.patched(&path, size, 1, place, 1000 + number)?;
        }
        Ok(())
    })
}

/// Returns ten pairs of equal files that are holes but for a hundredth: 100 GiB and 1 GiB, or
/// smaller by `parts`.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn sparse(setting: &Setting, parts: u64) -> Result<Tree, Failure> {
    let recipe = format!("sparse 1: 100 GiB / {parts}");
    setting.tree("sparse", &recipe, GIB / parts * 11 / 10, |maker| {
        let size = 5 * GIB / parts;
        // A hundredth of it in 25 runs, on whole blocks.
        let (run, step) = (size / 2500 / 4096 * 4096, size / 25 / 4096 * 4096);
        let places = move || (0..25).map(move |at| (at * step + step / 8192 * 4096, run));
        for number in 0..10 {
            maker.sparse(&format!("machine-{number}.img"), size, number, places())?;
            maker.sparse(
                &format!("machine-{number}-copy.img"),
                size,
                number,
                places(),
            )?;
        }
        Ok(())
    })
}

/// Returns files of all sizes, half of them twice.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn mixed(setting: &Setting, files: u64) -> Result<Tree, Failure> {
    let recipe = format!("mixed 1: {files} files");
    setting.tree("mixed", &recipe, files.saturating_mul(60 * 1024), |maker| {
        let small = files / 100 * 96;
        super::small::source_tree(maker, "projects/one", small / 4)?;
        super::small::source_tree(maker, "projects/two", small / 4)?;
        super::small::packages(maker, "projects/node_modules", small / 2)?;
        maker.folder("photos")?;
        maker.folder("videos")?;
        let large = (files / 2500).max(2);
        for number in 0..files - small - large {
            // Every third photo a second time.
            let content = 4_000_000_000 + number - u64::from(number % 3 == 2);
            let size = 256 * 1024 + super::content::Random::new(content).between(0, MIB);
            maker.file(&format!("photos/{number:05}.jpg"), size, content)?;
        }
        for number in 0..large {
            let content = 5_000_000_000 + number / 2;
            let size = 10 * MIB + super::content::Random::new(content).between(0, 40 * MIB);
            maker.file(&format!("videos/{number:03}.mp4"), size, content)?;
        }
        Ok(())
    })
}
