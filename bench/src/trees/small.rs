//! Many small files: two copies of a source tree and the packages of a JavaScript project.

use super::{Maker, Tree, content::Random};
use crate::{failure::Failure, setting::Setting};

const AREAS: [&str; 8] = [
    "arch", "drivers", "fs", "include", "kernel", "lib", "net", "sound",
];
const PACKAGE: [&str; 10] = [
    "LICENSE",
    "README.md",
    "package.json",
    "index.js",
    "index.d.ts",
    "dist/bundle.js",
    "dist/bundle.js.map",
    "lib/parse.js",
    "lib/render.js",
    "lib/state.js",
];

/// Returns the tree with that many files: about 55 % of them have a copy.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn tree(setting: &Setting, files: u64) -> Result<Tree, Failure> {
    // Sizes are up to 64 KiB and 9 KiB in the mean; each file is rounded up to a block.
    let room = files.saturating_mul(13 * 1024);
    setting.tree("small", &format!("small 1: {files} files"), room, |maker| {
        let source = files / 4;
        for copy in ["linux-6.12", "linux-6.12-work"] {
            source_tree(maker, copy, source)?;
        }
        packages(maker, "site/node_modules", files - 2 * source)
    })
}

/// Makes a tree as C projects have it, 13 files to a folder. The same count gives the same contents.
pub(super) fn source_tree(maker: &mut Maker, top: &str, files: u64) -> Result<(), Failure> {
    for number in 0..files {
        let folder = number / 13;
        let area = AREAS[(folder % 8) as usize];
        let path = format!(
            "{top}/{area}/part{:03}/{:02}",
            folder / 8 / 12,
            folder / 8 % 12
        );
        if number % 13 == 0 {
            maker.folder(&path)?;
        }
        let ending = if number % 4 == 0 { "h" } else { "c" };
        let content = 1_000_000_000 + number;
        maker.file(
            &format!("{path}/module_{number:06}.{ending}"),
            size(content),
            content,
        )?;
    }
    Ok(())
}

/// Makes packages of ten files. Licences come from a pool of 300; every other file is alone.
pub(super) fn packages(maker: &mut Maker, top: &str, files: u64) -> Result<(), Failure> {
    for number in 0..files {
        let (package, part) = (number / 10, PACKAGE[(number % 10) as usize]);
        let path = format!("{top}/package-{package:05}");
        if number % 10 == 0 {
            maker.folder(&format!("{path}/dist"))?;
            maker.folder(&format!("{path}/lib"))?;
        }
        let content = match part {
            "LICENSE" => 2_000_000_000 + package % 300,
            _ => 3_000_000_000 + number,
        };
        maker.file(&format!("{path}/{part}"), size(content), content)?;
    }
    Ok(())
}

/// Returns the size that belongs to a content: as in source trees, half are below 5 KiB, few above
/// 32 KiB, none above 64 KiB.
pub(super) fn size(content: u64) -> u64 {
    let mut random = Random::new(content ^ 0x5157);
    match random.between(0, 100) {
        0..25 => random.between(200, 1_500),
        25..65 => random.between(1_500, 6_000),
        65..90 => random.between(6_000, 20_000),
        90..98 => random.between(20_000, 40_000),
        _ => random.between(40_000, 65_536),
    }
}
