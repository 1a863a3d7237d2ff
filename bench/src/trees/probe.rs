//! The tree on which system calls are counted: every case of a duplicate finder, few of each.

use super::Tree;
use crate::{failure::Failure, setting::Setting};

/// Returns 622 files, 27 MiB: 200 of unique sizes, 200 of one size and different contents, 100 pairs
/// of 50 KB, 10 hard links, 4 pairs of 1 MiB, and 4 of 1 MiB that differ at byte 500,000.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn tree(setting: &Setting) -> Result<Tree, Failure> {
    setting.tree("probe", "probe 1", 40 << 20, |maker| {
        for folder in [
            "unique",
            "same-size",
            "pairs/one",
            "pairs/two",
            "links",
            "large",
        ] {
            maker.folder(folder)?;
        }
        for number in 0..200 {
            let size = 10_000 + number * 97;
            maker.file(&format!("unique/{number:03}.bin"), size, 100 + number)?;
            maker.file(&format!("same-size/{number:03}.bin"), 8_000, 1_000 + number)?;
        }
        for number in 0..100 {
            maker.file(
                &format!("pairs/one/{number:03}.bin"),
                50_000,
                2_000 + number,
            )?;
            maker.file(
                &format!("pairs/two/{number:03}.bin"),
                50_000,
                2_000 + number,
            )?;
        }
        for number in 0..10 {
            maker.link(
                &format!("unique/{number:03}.bin"),
                &format!("links/{number:03}.bin"),
            )?;
        }
        for number in 0..4 {
            maker.file(&format!("large/{number}.bin"), 1 << 20, 3_000 + number)?;
            maker.file(&format!("large/{number}-copy.bin"), 1 << 20, 3_000 + number)?;
            let path = format!("large/{number}-other.bin");
            maker.patched(&path, 1 << 20, 4_000, 500_000, 5_000 + number)?;
        }
        Ok(())
    })
}
