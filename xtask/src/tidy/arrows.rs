//! Every arrow between our crates stands in `layers.toml`.

use std::collections::BTreeMap;

use crate::{
    Problem, Tree,
    layers::{Layers, PATH},
    manifest::{Dependency, Kind, Manifest},
};

/// Checks dependencies, build-dependencies and dev-dependencies of every crate.
pub(super) fn check(tree: &Tree, layers: &Layers) -> Vec<Problem> {
    let mut problems = Vec::new();
    let root_text = tree.text("Cargo.toml").unwrap_or_default();
    let ours = match Manifest::parse("Cargo.toml", root_text) {
        Ok(root) => our_names(&root),
        Err(problem) => return vec![problem],
    };
    for (folder, text) in tree.packages() {
        let path = format!("{folder}/Cargo.toml");
        let manifest = match Manifest::parse(&path, text) {
            Ok(manifest) => manifest,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        let allowed = layers
            .may
            .get(folder)
            .map(Vec::as_slice)
            .unwrap_or_default();
        for dependency in &manifest.dependencies {
            let Some(target) = target(folder, dependency, &ours) else {
                continue;
            };
            let listed = allowed.contains(&target);
            let for_tests = dependency.kind == Kind::Dev && layers.dev.anywhere.contains(&target);
            if !listed && !for_tests {
                let what = format!(
                    "`{folder}` names `{target}` as `{}`, which {PATH} does not allow",
                    dependency.key
                );
                let mend = format!(
                    "take it out, or write docs/decisions/NNNN-name.md and add the arrow to {PATH}"
                );
                problems.push(Problem::at(&path, text, dependency.at, what, mend));
            }
        }
    }
    problems
}

/// Returns the folder of each of our crates by the name it has in `[workspace.dependencies]`.
fn our_names(root: &Manifest) -> BTreeMap<String, String> {
    let named = root.of_workspace.iter();
    named
        .filter_map(|it| Some((it.key.clone(), resolved("", it.path.as_deref()?))))
        .collect()
}

/// Returns the folder of the crate of ours that a dependency means, whatever it is called.
fn target(
    folder: &str,
    dependency: &Dependency,
    ours: &BTreeMap<String, String>,
) -> Option<String> {
    match &dependency.path {
        Some(path) => Some(resolved(folder, path)),
        None if dependency.workspace => ours.get(&dependency.key).cloned(),
        None => None,
    }
}

/// Resolves `../tool` below `crates/report` to `crates/tool`.
fn resolved(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::tests::SMALL;

    const ROOT: &str = "\
[workspace.dependencies]
ground = { package = \"candor-ground\", path = \"crates/ground\" }
pretend = { package = \"candor-pretend\", path = \"crates/pretend\" }
other = { package = \"candor-two\", path = \"tools/two\" }
";

    fn problems(manifest: &str) -> Vec<Problem> {
        let tree = Tree::of(&[
            ("Cargo.toml", ROOT),
            (PATH, SMALL),
            ("tools/one/Cargo.toml", manifest),
        ]);
        check(&tree, &Layers::of(&tree).unwrap())
    }

    #[test]
    fn a_listed_arrow_and_a_test_arrow_are_allowed() {
        let text = "[dependencies]\nground.workspace = true\nserde = \"1\"\n[dev-dependencies]\npretend.workspace = true\n";
        assert_eq!(problems(text), []);
    }

    #[test]
    fn an_arrow_that_is_not_listed_is_found_under_any_name_in_any_table() {
        let ways = [
            "[dependencies]\nother.workspace = true\n",
            "[dev-dependencies]\nother = { workspace = true }\n",
            "[build-dependencies]\nother.workspace = true\n",
            "[dependencies]\nx = { package = \"candor-two\", path = \"../two\" }\n",
            "[target.'cfg(unix)'.dependencies]\nother.workspace = true\n",
            "[dependencies]\npretend.workspace = true\n",
        ];
        for text in ways {
            let found = problems(text);
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(
                (found[0].path.as_str(), found[0].line),
                ("tools/one/Cargo.toml", 2)
            );
        }
    }
}
