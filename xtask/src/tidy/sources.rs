//! No test that is not run, no work left undone in silence, no file with two subjects.

use crate::{
    Problem, Tree,
    layers::{Layers, PATH, problem_of_entry},
    rust_code,
};

/// At this length a file probably has two subjects.
const LONGEST: usize = 500;

/// Checks every Rust source.
pub(super) fn check(tree: &Tree, layers: &Layers) -> Vec<Problem> {
    let mut problems: Vec<Problem> = tree
        .rust()
        .flat_map(|(path, text)| left_undone(path, text))
        .collect();
    for (path, text) in tree.rust() {
        let lines = text.lines().count();
        if lines > LONGEST && !layers.long.contains_key(path) {
            let what = format!("this file has {lines} lines");
            let mend = format!(
                "ask whether it has two subjects; if not, add it to [long] in {PATH} with the reason"
            );
            problems.push(Problem::of_file(path, what, mend));
        }
    }
    for (path, reason) in &layers.long {
        let is_long = tree
            .text(path)
            .is_some_and(|text| text.lines().count() > LONGEST);
        if !is_long || reason.trim().is_empty() {
            let what = format!("[long] lists `{path}`, which is not long or has no reason");
            problems.push(problem_of_entry(
                tree,
                path,
                what,
                "take it off the list, or give the reason",
            ));
        }
    }
    problems
}

fn left_undone(path: &str, text: &str) -> Vec<Problem> {
    let code = rust_code::blanked(text);
    let kinds = [
        ("#[ignore", "a test is switched off", "mend it or remove it"),
        (
            "todo!(",
            "work is left undone",
            "do it, or say in the report what is missing",
        ),
        (
            "unimplemented!(",
            "work is left undone",
            "do it, or say in the report what is missing",
        ),
    ];
    let mut problems = Vec::new();
    for (pattern, what, mend) in kinds {
        let found = code.match_indices(pattern);
        problems.extend(found.map(|(at, _)| Problem::at(path, text, at, what, mend)));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::tests::SMALL;

    #[test]
    fn what_is_left_undone_is_found() {
        for text in [
            "\n#[ignore]\nfn x() {}",
            "\n#[ignore = \"slow\"]\nfn x() {}",
            "\nfn x() { todo!() }",
        ] {
            let found = left_undone("x.rs", text);
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(found[0].line, 2);
        }
        assert_eq!(
            left_undone("x.rs", "// todo!()\nconst X: &str = \"#[ignore]\";"),
            []
        );
    }

    #[test]
    fn a_long_file_needs_a_reason_and_a_short_one_no_entry() {
        let long = "//\n".repeat(LONGEST + 1);
        let problems = |layers: &str, text: &str| {
            let tree = Tree::of(&[(PATH, layers), ("a/src/x.rs", text)]);
            check(&tree, &Layers::of(&tree).unwrap()).len()
        };
        let allowed = format!("{SMALL}[long]\n\"a/src/x.rs\" = \"one table\"\n");
        assert_eq!(problems(SMALL, &long), 1);
        assert_eq!(problems(&allowed, &long), 0);
        assert_eq!(problems(&allowed, "//\n"), 1);
        assert_eq!(problems(&allowed.replace("one table", ""), &long), 1);
        assert_eq!(problems(SMALL, "//\n"), 0);
    }
}
