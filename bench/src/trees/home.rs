//! A home folder: projects, documents, pictures, caches, a trash.

use super::{Maker, Tree, content::Random, small};
use crate::{failure::Failure, setting::Setting};

/// Returns a home folder with about that many files.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn tree(setting: &Setting, files: u64) -> Result<Tree, Failure> {
    let recipe = format!("home 1: {files} files");
    setting.tree("home", &recipe, files.saturating_mul(45 * 1024), |maker| {
        small::source_tree(maker, "Projects/engine", files / 5)?;
        small::source_tree(maker, "Projects/engine-old", files / 5)?;
        maker.folder("Projects/site")?;
        maker.text(
            "Projects/site/package.json",
            "{\"name\": \"site\", \"version\": \"1.0.0\"}\n",
        )?;
        small::packages(maker, "Projects/site/node_modules", files / 4)?;
        maker.folder("Projects/engine/target/debug/deps")?;
        maker.text(
            "Projects/engine/Cargo.toml",
            "[package]\nname = \"engine\"\n",
        )?;
        maker.text(
            "Projects/engine/target/CACHEDIR.TAG",
            "Signature: 8a477f597d28d172789f06886806bc55\n",
        )?;
        let mut many = |folder: &str, ending: &str, count, low, high| {
            flat(maker, folder, ending, count, low, high)
        };
        many(
            "Projects/engine/target/debug/deps",
            "rlib",
            files / 100,
            2_000,
            90_000,
        )?;
        many(".cache/thumbnails/large", "png", files / 20, 4_000, 60_000)?;
        many(
            ".cache/mozilla/firefox/a.default/cache2/entries",
            "",
            files / 10,
            500,
            60_000,
        )?;
        many(".cache/pip/http-v2/0/1", "body", files / 50, 1_000, 60_000)?;
        many(
            ".local/share/Trash/files",
            "odt",
            files / 200,
            10_000,
            300_000,
        )?;
        many("Documents", "pdf", files / 50, 20_000, 400_000)?;
        many("Downloads", "zip", files / 200, 50_000, 900_000)?;
        many("Pictures/2024", "jpg", files / 150, 800_000, 2_500_000)?;
        many("Pictures/phone", "jpg", files / 150, 800_000, 2_500_000)
    })
}

/// Fills one folder. Both folders of pictures hold the same ones.
fn flat(
    maker: &mut Maker,
    folder: &str,
    ending: &str,
    count: u64,
    low: u64,
    high: u64,
) -> Result<(), Failure> {
    maker.folder(folder)?;
    let kind = folder.split('/').next().unwrap_or(folder);
    let named = if kind == "Pictures" { kind } else { folder };
    let base = named
        .bytes()
        .fold(7_u64, |sum, byte| sum.wrapping_mul(131) + u64::from(byte))
        << 24;
    for number in 0..count {
        let content = base + number;
        let size = Random::new(content).between(low, high);
        let dot = if ending.is_empty() { "" } else { "." };
        maker.file(&format!("{folder}/{number:06}{dot}{ending}"), size, content)?;
    }
    Ok(())
}
