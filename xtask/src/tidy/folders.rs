//! Folder = package without `candor-`, and every crate is on the list.

use crate::{
    Problem, Tree,
    layers::{Layers, PATH, problem_of_entry},
    manifest::Manifest,
};

/// Checks names of packages and that `layers.toml` knows exactly the crates there are.
pub(super) fn check(tree: &Tree, layers: &Layers) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (folder, text) in tree.packages() {
        let path = format!("{folder}/Cargo.toml");
        // A manifest that cannot be read is told of with the arrows.
        let Ok(manifest) = Manifest::parse(&path, text) else {
            continue;
        };
        let last = folder.rsplit('/').next().unwrap_or(folder);
        let (name, at) = manifest.package.unwrap_or_default();
        if name.strip_prefix("candor-").unwrap_or(&name) != last {
            let what = format!("the package `{name}` lies in the folder `{last}`");
            let mend = format!("call it `candor-{last}`, or move it");
            problems.push(Problem::at(&path, text, at, what, mend));
        }
        if !layers.may.contains_key(folder) {
            let what = format!("`{folder}` is under no floor: {PATH} does not list it");
            let mend =
                format!("add `\"{folder}\" = []` to [may] in {PATH}, with the arrows it needs");
            problems.push(Problem::of_file(&path, what, mend));
        }
    }
    for (folder, arrows) in &layers.may {
        for named in std::iter::once(folder)
            .chain(arrows)
            .chain(&layers.dev.anywhere)
        {
            if tree.text(&format!("{named}/Cargo.toml")).is_none() {
                let what = format!("{PATH} names `{named}`, which does not exist");
                problems.push(problem_of_entry(tree, named, what, "take it off the list"));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::tests::SMALL;

    fn problems(extra: &[(&str, &str)]) -> Vec<String> {
        let mut files = vec![
            (PATH, SMALL),
            (
                "crates/ground/Cargo.toml",
                "[package]\nname = \"candor-ground\"\n",
            ),
            ("tools/one/Cargo.toml", "[package]\nname = \"one\"\n"),
            (
                "crates/pretend/Cargo.toml",
                "[package]\nname = \"candor-pretend\"\n",
            ),
        ];
        files.extend(extra);
        let tree = Tree::of(&files);
        check(&tree, &Layers::of(&tree).unwrap())
            .into_iter()
            .map(|it| it.what)
            .collect()
    }

    #[test]
    fn a_crate_on_no_list_is_found() {
        assert_eq!(
            problems(&[]),
            ["`crates/pretend` is under no floor: layers.toml does not list it"]
        );
    }

    #[test]
    fn a_package_that_is_not_called_like_its_folder_is_found() {
        let found = problems(&[("tools/one/Cargo.toml", "[package]\nname = \"candor-two\"\n")]);
        assert!(
            found.contains(&"the package `candor-two` lies in the folder `one`".to_owned()),
            "{found:?}"
        );
    }

    #[test]
    fn a_listed_crate_that_does_not_exist_is_found() {
        let longer = SMALL.replace("[dev]", "\"crates/gone\" = []\n[dev]");
        let found = problems(&[(PATH, &longer)]);
        assert!(
            found.contains(&"layers.toml names `crates/gone`, which does not exist".to_owned()),
            "{found:?}"
        );
    }
}
