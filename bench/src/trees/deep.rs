//! Very many files that take little room: for the disk map.

use super::{Tree, content::Random};
use crate::{failure::Failure, setting::Setting};

/// Returns the tree with that many files: twenty to a folder, one folder with a fiftieth of all, one
/// in a hundred a hard link, one in ten with bytes on the disk.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn tree(setting: &Setting, files: u64) -> Result<Tree, Failure> {
    // A tenth has a block of data; a folder has one; an inode has 256 bytes and stands already.
    let room = files.saturating_mul(1024);
    setting.tree("deep", &format!("deep 1: {files} files"), room, |maker| {
        let wide = files / 50;
        maker.folder("mail/inbox")?;
        for number in 0..wide {
            maker.hollow(&format!("mail/inbox/{number:08}.eml"), 1000 + number % 5000)?;
        }
        let mut before = String::new();
        for number in wide..files {
            let folder = number / 20;
            let path = format!(
                "data/{:03}/{:02}/set-{folder:06}",
                folder / 1600,
                folder / 40 % 40
            );
            if number % 20 == 0 || number == wide {
                maker.folder(&path)?;
            }
            let path = format!("{path}/record-{number:07}.bin");
            let mut random = Random::new(number);
            match number % 100 {
                50 => maker.link(&before, &path)?,
                at if at % 10 == 3 => maker.file(&path, random.between(1, 4096), number)?,
                _ => maker.hollow(&path, random.between(0, 200_000))?,
            }
            before = path;
        }
        Ok(())
    })
}
