//! `made/` out of the `declaration.toml` beside it, of every tool and of what people run.

use std::{collections::BTreeMap, fs, path::Path};

use declare::{Declaration, Language};
use serde::Serialize;

use crate::{Problem, Tree};

/// Returns every file that is not as its declaration makes it; none means all is in order.
#[must_use]
pub fn stale(tree: &Tree) -> Vec<Problem> {
    let made = match made(tree) {
        Ok(made) => made,
        Err(problems) => return problems,
    };
    let mut problems = Vec::new();
    for (path, text) in &made {
        match tree.text(path) {
            None => problems.push(Problem::of_file(path, "this file is missing", MEND)),
            Some(old) if old != text => {
                let line = first_difference(old, text);
                let what = "this file is not what its declaration makes".to_owned();
                problems.push(Problem {
                    path: path.clone(),
                    line,
                    what,
                    mend: MEND.to_owned(),
                });
            }
            Some(_) => {}
        }
    }
    for path in strays(tree, &made) {
        problems.push(Problem::of_file(
            path,
            "no declaration makes this file",
            MEND,
        ));
    }
    problems
}

/// Writes what is missing or differs, removes from `made/` what nothing makes, and returns the
/// paths that changed.
///
/// # Errors
/// Every declaration that is refused, before anything is written; or the first file that cannot be
/// written.
pub fn write(tree: &Tree, root: &Path) -> Result<Vec<String>, Vec<Problem>> {
    let made = made(tree)?;
    let failed = |path: &str, error: std::io::Error| {
        vec![Problem::of_file(
            path,
            error.to_string(),
            "make it writable and run `cargo xtask gen` again",
        )]
    };
    let mut changed = Vec::new();
    for (path, text) in &made {
        if tree.text(path) == Some(text) {
            continue;
        }
        let target = root.join(path);
        let folder = target.parent().unwrap_or(root);
        fs::create_dir_all(folder).map_err(|error| failed(path, error))?;
        fs::write(&target, text).map_err(|error| failed(path, error))?;
        changed.push(path.clone());
    }
    for path in strays(tree, &made) {
        fs::remove_file(root.join(path)).map_err(|error| failed(path, error))?;
        changed.push(path.to_owned());
    }
    Ok(changed)
}

const MEND: &str =
    "run `cargo xtask gen`, read the difference aloud, and commit it with the declaration";

/// Returns what stands in `made/` according to the declarations, by path.
fn made(tree: &Tree) -> Result<BTreeMap<String, String>, Vec<Problem>> {
    let mut all = BTreeMap::new();
    let mut problems = Vec::new();
    for (path, text) in declarations(tree) {
        let folder = path.trim_end_matches("declaration.toml");
        match Declaration::parse(text) {
            Ok(declaration) => {
                for (name, text) in files_of(&declaration) {
                    all.insert(format!("{folder}made/{name}"), text);
                }
            }
            Err(error) => problems.extend(error.problems().iter().map(|problem| Problem {
                path: path.to_owned(),
                line: problem.line,
                what: problem.message.clone(),
                mend: "change the declaration until it says what is so".to_owned(),
            })),
        }
    }
    if problems.is_empty() {
        Ok(all)
    } else {
        Err(problems)
    }
}

/// Returns every declaration: of each tool, and of what people run where that sends something itself.
pub(crate) fn declarations(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    tree.files().filter(|(path, _)| {
        let parts: Vec<&str> = path.split('/').collect();
        matches!(parts.as_slice(), ["tools" | "apps", _, "declaration.toml"])
    })
}

/// Returns the files of one declaration: English without a mark, other languages with their tag.
fn files_of(declaration: &Declaration) -> Vec<(String, String)> {
    let mut files = vec![
        ("sandbox.json".to_owned(), json(&declaration.sandbox_plan())),
        (
            "records.schema.json".to_owned(),
            json(&declaration.record_schema()),
        ),
    ];
    for language in &declaration.product().languages {
        let mark = match language {
            Language::En => String::new(),
            other => format!(".{other}"),
        };
        files.push((
            format!("notice{mark}.md"),
            declaration.notice_markdown(*language),
        ));
        files.push((
            format!("notice{mark}.html"),
            declaration.notice_html(*language),
        ));
        files.push((
            format!("consent{mark}.md"),
            declaration.consent_question(*language),
        ));
    }
    files
}

fn json(value: &impl Serialize) -> String {
    let text =
        serde_json::to_string_pretty(value).expect("text, numbers and lists are always JSON");
    text + "\n"
}

/// Returns files in a `made/` that nothing makes.
fn strays<'a>(tree: &'a Tree, made: &BTreeMap<String, String>) -> Vec<&'a str> {
    let in_made = tree.files().map(|(path, _)| path).filter(|path| {
        let parts: Vec<&str> = path.split('/').collect();
        matches!(parts.as_slice(), ["tools" | "apps", _, "made", ..])
    });
    in_made.filter(|path| !made.contains_key(*path)).collect()
}

fn first_difference(old: &str, new: &str) -> usize {
    let same = old
        .lines()
        .zip(new.lines())
        .take_while(|(old, new)| old == new)
        .count();
    same + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECLARATION: &str = include_str!("../../tools/battery/declaration.toml");

    fn tree_of(declaration: &str) -> Tree {
        Tree::of(&[("tools/battery/declaration.toml", declaration)])
    }

    #[test]
    fn what_is_written_is_in_order_and_written_once() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("tools/battery/made")).unwrap();
        fs::write(
            root.path().join("tools/battery/declaration.toml"),
            DECLARATION,
        )
        .unwrap();
        fs::write(root.path().join("tools/battery/made/old.txt"), "x").unwrap();
        let tree = Tree::read(root.path()).unwrap();
        assert_eq!(stale(&tree).len(), 6);
        assert_eq!(write(&tree, root.path()).unwrap().len(), 6);
        let tree = Tree::read(root.path()).unwrap();
        assert_eq!(stale(&tree), []);
        assert_eq!(write(&tree, root.path()).unwrap(), [""; 0]);
        assert!(tree.text("tools/battery/made/old.txt").is_none());
        for name in [
            "notice.md",
            "notice.html",
            "consent.md",
            "sandbox.json",
            "records.schema.json",
        ] {
            assert!(
                tree.text(&format!("tools/battery/made/{name}")).is_some(),
                "{name}"
            );
        }
    }

    #[test]
    fn a_changed_declaration_makes_every_file_stale() {
        let mut files: Vec<(String, String)> =
            made(&tree_of(DECLARATION)).unwrap().into_iter().collect();
        let changed = format!("{DECLARATION}# one more line\n");
        files.push(("tools/battery/declaration.toml".to_owned(), changed));
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        assert_eq!(stale(&Tree::of(&files)).len(), 5);
    }

    #[test]
    fn a_refused_declaration_is_shown_with_path_and_line() {
        let problems = stale(&tree_of(
            &DECLARATION.replace("net = \"none\"", "net = \"all\""),
        ));
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].path, "tools/battery/declaration.toml");
        assert!(
            problems[0].line > 1 && problems[0].what.contains("`net` must be"),
            "{}",
            problems[0]
        );
    }
}
