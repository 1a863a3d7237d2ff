//! Files that share their bytes on the disk, on an XFS of their own in a file.
//!
//! Needs root, a loop device and `mkfs.xfs`. The file system is mounted while it is measured.

use std::{
    fs::{self, File},
    process::Command as Process,
};

use super::Tree;
use crate::{
    failure::{Failure, Tried},
    mount::{Mount, ran},
    peers,
    setting::Setting,
};

const MIB: u64 = 1 << 20;
const FILES: u64 = 8;
const COPIES: u64 = 4;

/// The tree, and the mount that ends with it.
pub(crate) struct Shared {
    pub(crate) tree: Tree,
    _mount: Mount,
}

/// Returns eight files, each with four copies that share its bytes: 5 GiB in all, 1 GiB on the disk,
/// or smaller by `parts`.
///
/// # Errors
/// When there is no XFS to be had here: then it is not measured.
pub(crate) fn tree(setting: &Setting, parts: u64) -> Result<Shared, Failure> {
    let mkfs = peers::on_path("mkfs.xfs").ok_or_else(|| Failure::other("mkfs.xfs is not here"))?;
    let size = 1024 * MIB / FILES / parts;
    // An XFS is never smaller than 300 MiB.
    let room = size * FILES + 512 * MIB;
    let image = setting.trees().join(format!("reflinked-{parts}.xfs"));
    let folder = setting.trees().join("reflinked");
    fs::create_dir_all(&folder).tried("make", &folder)?;
    if !image.exists() {
        super::room_for(&setting.trees(), room)?;
        let file = File::create_new(&image).tried("make", &image)?;
        file.set_len(room).tried("stretch", &image)?;
        ran(Process::new(mkfs)
            .args(["-q", "-m", "reflink=1"])
            .arg(&image))
        .inspect_err(|_| {
            let _ = fs::remove_file(&image);
        })?;
    }
    let mount = Mount::image(&image, folder)?;
    let recipe = format!("reflinked 2: {size} bytes each");
    let tree = setting.tree_at(&mount.at.join("tree"), &recipe, size * FILES, |maker| {
        for number in 0..FILES {
            let first = format!("disk-{number}.img");
            // Each of another size: files of one size and different contents have to be read.
            maker.file(&first, size - number * 4096, number)?;
            for copy in 0..COPIES {
                maker.reflink(&first, &format!("disk-{number}-copy-{copy}.img"), number)?;
            }
        }
        Ok(())
    })?;
    Ok(Shared {
        tree,
        _mount: mount,
    })
}
