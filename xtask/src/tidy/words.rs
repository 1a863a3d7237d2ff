//! Names that hide their subject, and paths of one developer's machine.

use crate::{Problem, Tree};

/// In the case we start from, the shared module nobody looked into was the door.
const HIDING: [&str; 8] = [
    "common", "core", "helper", "helpers", "manager", "misc", "util", "utils",
];

/// Written in halves, so that this file does not hold what it looks for.
const OF_ONE_MACHINE: [&str; 3] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/tmp/pe", "ers"),
];

/// Checks the name of every file and folder, and every text.
pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    tree.files()
        .flat_map(|(path, text)| name(path).into_iter().chain(machine_paths(path, text)))
        .collect()
}

fn name(path: &str) -> Option<Problem> {
    let hiding = path.split('/').find(|part| {
        let stem = part.split('.').next().unwrap_or(part);
        HIDING.contains(&stem)
    })?;
    let what = format!("`{hiding}` names no subject");
    Some(Problem::of_file(
        path,
        what,
        "name it after what it is about",
    ))
}

/// `/mnt/x/` ends another path and is fine; a path begins where no name stands before it. The home
/// of the superuser is a fact where facts stand, in the tables of knowledge.
fn machine_paths(path: &str, text: &str) -> Vec<Problem> {
    let is_fact =
        |word: &str| word == OF_ONE_MACHINE[1] && path.starts_with("crates/knowledge/tables/");
    let continues = |at: usize| {
        let before = text[..at].chars().next_back();
        before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '~' | '}'))
    };
    let mut problems = Vec::new();
    for word in OF_ONE_MACHINE.into_iter().filter(|word| !is_fact(word)) {
        for (at, _) in text.match_indices(word).filter(|(at, _)| !continues(*at)) {
            let what = format!("`{word}` is a path of one developer's machine");
            let mend = "write a path that every machine has";
            problems.push(Problem::at(path, text, at, what, mend));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_a_subject_is_found_in_files_and_folders() {
        for path in [
            "crates/core/src/lib.rs",
            "a/util.rs",
            "a/helpers/x.rs",
            "tests/common/mod.rs",
        ] {
            assert!(name(path).is_some(), "{path}");
        }
        for path in ["a/score.rs", "a/commonmark.rs", "fuzz/corpus/x"] {
            assert_eq!(name(path), None, "{path}");
        }
    }

    #[test]
    fn a_path_of_one_machine_is_found() {
        let [first, second, _] = OF_ONE_MACHINE;
        for text in [format!("\"{first}main\""), format!("a\n see {second}x")] {
            assert_eq!(machine_paths("x.md", &text).len(), 1, "{text}");
        }
        for text in [
            format!("/mnt{second}x"),
            format!("docs{first}x"),
            "framework/".to_owned(),
        ] {
            assert_eq!(machine_paths("x.md", &text), [], "{text}");
        }
        let table = "crates/knowledge/tables/x.toml";
        assert_eq!(machine_paths(table, &format!("\"{second}.*\"")), []);
        assert_eq!(machine_paths(table, &format!("\"{first}main\"")).len(), 1);
    }
}
