//! One pass for all tools, against the tools apart.

use crate::{
    cli::Name,
    failure::Failure,
    judge::{Check, ratio, row},
    run::Row,
    setting::Setting,
    table::{Scene, seconds},
    trees::home,
};

/// `candor checkup` on a home folder, and map, dupes and clean on the same.
pub(super) fn scene(setting: &Setting) -> Result<Scene, Failure> {
    let tree = home::tree(setting, setting.scale.pick(2_000, 20_000, 100_000))?;
    let mut scene = Scene::new(Name::Checkup, tree.facts.words());
    let commands = [
        setting.candor("checkup", ["checkup", "--json", "--no-memory"]),
        setting.candor("map", ["map", "--json"]),
        setting
            .candor("dupes", ["dupes", "--json", "--no-memory"])
            .path(&tree.root),
        setting.candor("clean", ["clean", "--json"]),
    ];
    let commands = commands.map(|command| command.home(&tree.root));
    let rows = scene.warm(setting, &commands)?;
    scene.checks.push(together(&rows));
    scene.notes.push(
        "The checkup also asks for browsers and the battery, of which there are none.".to_owned(),
    );
    Ok(scene)
}

fn together(rows: &[Row]) -> Check {
    let target = "checkup ≤ 0.6× of map + dupes + clean";
    let wall = |name| row(rows, name).and_then(Row::median);
    let apart = ["map", "dupes", "clean"]
        .map(wall)
        .into_iter()
        .sum::<Option<f64>>();
    match (ratio(wall("checkup"), apart), apart) {
        (Some(ratio), Some(apart)) => Check::of(
            target,
            format!("{ratio:.2}× of {}", seconds(apart)),
            ratio <= 0.6,
        ),
        _ => Check::unknown(target, "one of them was not measured"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_summed() {
        let timed = |name: &str, wall: f64| Row {
            name: name.to_owned(),
            wall: vec![wall],
            ..Row::default()
        };
        let mut rows = vec![
            timed("checkup", 1.2),
            timed("map", 0.5),
            timed("dupes", 1.0),
            timed("clean", 0.5),
        ];
        assert_eq!(together(&rows).met, Some(true));
        rows[0] = timed("checkup", 1.3);
        assert_eq!(together(&rows).met, Some(false));
        rows.pop();
        assert_eq!(together(&rows).met, None);
    }
}
