//! Duplicate finders, side by side.

use serde::Deserialize;

use super::FEW;
use crate::{
    cli::Name,
    failure::{Failure, Tried},
    judge::{Check, agree, faster, within},
    machine,
    run::Cache,
    setting::Setting,
    table::{self, Scene},
    trees::{Facts, Tree, large, shared, small},
};

const MIB: u64 = 1 << 20;

/// 300,000 files up to 64 KiB, all in the page cache, and the floor below them.
pub(super) fn small_warm(setting: &Setting) -> Result<Scene, Failure> {
    let tree = small::tree(setting, setting.scale.pick(3_000, 30_000, 300_000))?;
    let mut scene = begun(Name::SmallWarm, &tree);
    let mut commands = setting.duplicate_finders(&tree.root);
    commands.extend([setting.floor(&tree.root), setting.walk(&tree.root)]);
    let rows = scene.warm(setting, &commands)?;
    scene.checks.extend([
        agree(&rows, &tree.facts, &[]),
        faster(&rows, "fclones", 4.0),
        within(&rows, "candor", "floor", 1.5),
        faster(&rows, "jdupes", 3.0),
        faster(&rows, "rmlint", 3.0),
        faster(&rows, "czkawka", 3.0),
    ]);
    Ok(scene)
}

/// 3 GB in equal pairs of 100 to 500 MB.
pub(super) fn large_pairs(setting: &Setting) -> Result<Scene, Failure> {
    let tree = large::pairs(setting, setting.scale.pick(100, 10, 1))?;
    let mut scene = begun(Name::LargePairs, &tree);
    let mut commands = setting.duplicate_finders(&tree.root);
    commands.push(setting.floor(&tree.root));
    let rows = scene.warm(setting, &commands)?;
    scene.checks.extend([
        agree(&rows, &tree.facts, &[]),
        faster(&rows, "fclones", 1.5),
    ]);
    Ok(scene)
}

/// Files of one size that are equal up to their middle and after it.
pub(super) fn differ_in_the_middle(setting: &Setting) -> Result<Scene, Failure> {
    let (count, size) = setting
        .scale
        .pick((8, 4 * MIB), (20, 100 * MIB), (40, 200 * MIB));
    let tree = large::same_size(setting, count, size, 50)?;
    let mut scene = begun(Name::SameSizeDifferMiddle, &tree);
    let rows = scene.warm(setting, &setting.duplicate_finders(&tree.root))?;
    scene.checks.extend([
        agree(&rows, &tree.facts, &[]),
        faster(&rows, "fclones", 5.0),
        faster(&rows, "rmlint", 1.5),
    ]);
    Ok(scene)
}

/// The same, but they differ at 37 %: where no program is likely to probe.
pub(super) fn differ_elsewhere(setting: &Setting) -> Result<Scene, Failure> {
    let (count, size) = setting
        .scale
        .pick((8, 4 * MIB), (20, 100 * MIB), (20, 200 * MIB));
    let tree = large::same_size(setting, count, size, 37)?;
    let mut scene = begun(Name::SameSizeDifferElsewhere, &tree);
    let rows = scene.warm(setting, &setting.duplicate_finders(&tree.root))?;
    scene.checks.push(agree(&rows, &tree.facts, &[]));
    scene.notes.push(
        "No target: it shows what is left of the scenario before without a lucky probe.".to_owned(),
    );
    Ok(scene)
}

/// Files of all sizes that are not in the page cache.
pub(super) fn cold_mixed(setting: &Setting) -> Result<Scene, Failure> {
    let tree = large::mixed(setting, setting.scale.pick(2_000, 10_000, 100_000))?;
    let mut scene = begun(Name::ColdMixed, &tree);
    let mut commands = setting.duplicate_finders(&tree.root);
    commands.push(setting.floor(&tree.root));
    if let Some(rows) = scene.cold(setting, &commands)? {
        scene.checks.extend([
            agree(&rows, &tree.facts, &[]),
            faster(&rows, "fclones", 1.5),
        ]);
    }
    Ok(scene)
}

/// Files that share all their bytes on an XFS.
pub(super) fn reflinked(setting: &Setting) -> Result<Scene, Failure> {
    let shared = shared::tree(setting, setting.scale.pick(32, 8, 1))?;
    let mut scene = begun(Name::Reflinked, &shared.tree);
    measure_unread(setting, &mut scene, &shared.tree, 0)?;
    Ok(scene)
}

/// Files that are holes for the most part.
pub(super) fn sparse(setting: &Setting) -> Result<Scene, Failure> {
    let tree = large::sparse(setting, setting.scale.pick(100, 10, 1))?;
    let mut scene = begun(Name::Sparse, &tree);
    // The data, which is a hundredth of it, and a step of 1 MiB around each of its 500 runs.
    let most = tree.facts.bytes / 100 + 500 * MIB;
    measure_unread(setting, &mut scene, &tree, most)?;
    Ok(scene)
}

/// Measures files most of whose bytes need not be read. Peers that read all take minutes: only
/// fclones, which the target names, runs beside candor, and not often.
fn measure_unread(
    setting: &Setting,
    scene: &mut Scene,
    tree: &Tree,
    most: u64,
) -> Result<(), Failure> {
    let candor = setting.candor_dupes(&tree.root);
    let output = candor.output(setting);
    let mut commands = vec![candor];
    commands.extend(setting.fclones(&tree.root));
    commands.push(setting.walk(&tree.root));
    let rows = scene.times(setting, "", &commands, Cache::Warm, setting.runs.min(FEW))?;
    scene.checks.extend([
        agree(&rows, &tree.facts, &[]),
        faster(&rows, "fclones", 20.0),
    ]);
    let read = bytes_read(&output)?;
    let size = |bytes: u64| table::bytes(bytes as f64);
    scene.checks.push(Check::of(
        format!("candor reads at most {}", size(most)),
        size(read),
        read <= most,
    ));
    Ok(())
}

/// Returns how many bytes candor says it read.
fn bytes_read(output: &std::path::Path) -> Result<u64, Failure> {
    #[derive(Deserialize)]
    struct Report {
        bytes_read: u64,
    }
    let bytes = std::fs::read(output).tried("read", output)?;
    let report = serde_json::from_slice::<Report>(&bytes);
    Ok(report.tried("understand", output)?.bytes_read)
}

/// Begins a scene with what its tree is, and a warning when it cannot stay in memory.
fn begun(name: Name, tree: &Tree) -> Scene {
    let Facts { bytes, .. } = tree.facts;
    let mut scene = Scene::new(name, tree.facts.words());
    let is_read = !matches!(name, Name::ColdMixed | Name::Reflinked | Name::Sparse);
    if is_read && bytes.saturating_mul(3) / 2 > machine::available_memory() {
        scene
            .notes
            .push("These files hardly fit the page cache here: this was not warm.".to_owned());
    }
    scene
}
