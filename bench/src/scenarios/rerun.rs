//! The second run, with what the first one remembered.

use std::{fs, thread, time::Duration};

use crate::{
    cli::Name,
    failure::Failure,
    judge::{agree, faster, within},
    run::Command,
    said::Reading,
    setting::Setting,
    table::Scene,
    trees::small,
};

/// candor and the peers with a cache, each with its own filled by an untimed run.
pub(super) fn scene(setting: &Setting) -> Result<Scene, Failure> {
    let tree = small::tree(setting, setting.scale.pick(3_000, 30_000, 300_000))?;
    let mut scene = Scene::new(Name::Rerun, tree.facts.words());
    let memory = setting.outputs().join("comparisons");
    let _ = fs::remove_file(&memory);
    // A file that changed a moment ago may change again within the same tick of its clock: a careful
    // program does not remember it.
    thread::sleep(Duration::from_secs(3));
    let candor = setting
        .candor("candor", ["dupes", "--json", "--memory"])
        .path(&memory);
    let mut commands = vec![candor.path(&tree.root).read_as(Reading::CandorDupes)];
    if let Some(program) = setting.peer("fclones") {
        let words = ["group", "--cache", "--hidden", "--no-ignore", "-s", "1"];
        let line = Command::new("fclones --cache", program)
            .words(words)
            .path(&tree.root);
        commands.push(line.read_as(Reading::Fclones));
    }
    if let Some(program) = setting.peer("czkawka_cli") {
        let words = ["dup", "-m", "1", "-c", "1", "-Z", "1", "-u"];
        let line = Command::new("czkawka with cache", program).words(words);
        let line = line
            .words(["--ignore-error-code-on-found", "-d"])
            .path(&tree.root);
        commands.push(line.read_as(Reading::Czkawka));
    }
    commands.push(setting.walk(&tree.root));
    let rows = scene.warm(setting, &commands)?;
    scene.checks.extend([
        agree(&rows, &tree.facts, &[]),
        within(&rows, "candor", "walk", 1.15),
        faster(&rows, "fclones", 2.0),
        faster(&rows, "czkawka", 3.0),
    ]);
    Ok(scene)
}
