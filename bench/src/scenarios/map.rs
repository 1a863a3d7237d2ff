//! The disk map of very many files.

use std::fs;

use crate::{
    cli::Name,
    failure::{Failure, Tried},
    judge::{Check, faster, median, row, same_total},
    run::Row,
    setting::Setting,
    table::Scene,
    trees::{Facts, deep},
};

/// candor, dua, pdu, gdu and du, and what candor keeps in memory for each file.
pub(super) fn scene(setting: &Setting) -> Result<Scene, Failure> {
    let tree = deep::tree(setting, setting.scale.pick(5_000, 50_000, 1_000_000))?;
    let mut scene = Scene::new(Name::Map, tree.facts.words());
    // The program itself takes memory too; a map of nothing shows how much.
    let nothing = setting.trees().join("nothing");
    fs::create_dir_all(&nothing).tried("make", &nothing)?;
    let mut commands = setting.disk_maps(&tree.root);
    let words = ["map", "--json"];
    commands.push(setting.candor("candor, empty folder", words).path(&nothing));
    commands.push(setting.walk(&tree.root));
    let rows = scene.warm(setting, &commands)?;
    scene.checks.extend([
        same_total(&rows, "candor", "du"),
        faster(&rows, "dua", 1.3),
        faster(&rows, "pdu", 1.3),
        faster(&rows, "gdu", 1.5),
        memory(&rows, &tree.facts),
    ]);
    scene.notes.push(format!(
        "Names are {:.1} bytes in the mean. Memory is that of a program's largest process.",
        name_bytes(&tree.facts)
    ));
    Ok(scene)
}

fn memory(rows: &[Row], facts: &Facts) -> Check {
    let target = "candor keeps ≤ 80 bytes for a file, and its name";
    let peak = |name| row(rows, name).and_then(|row| median(&row.peak));
    let (Some(all), Some(none)) = (peak("candor"), peak("candor, empty folder")) else {
        return Check::unknown(target, "candor was not measured");
    };
    let kept = (all - none) / facts.files as f64 - name_bytes(facts);
    Check::of(
        target,
        format!("{kept:.1} bytes and the name"),
        kept <= 80.0,
    )
}

fn name_bytes(facts: &Facts) -> f64 {
    facts.name_bytes as f64 / facts.files.max(1) as f64
}
