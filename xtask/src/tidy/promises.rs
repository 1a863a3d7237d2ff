//! A promise without a test is not a promise yet; a test without a promise is not told to anybody.

use std::collections::BTreeSet;

use crate::{Problem, Tree};

const README: &str = "README.md";
const FOLDER: &str = "promises/tests/";

/// Checks that each row of the README's promise table names a file in `promises/tests`, and that
/// each file there has a row.
///
/// The table is every table row below a heading that holds the word "promise", up to the next
/// heading. A row names its test by path: `promises/tests/the_reader_cannot_send.rs`.
pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let Some(readme) = tree.text(README) else {
        return vec![Problem::of_file(
            README,
            "there is no README, so no promise can be checked",
            "write it, with the promise table",
        )];
    };
    let mut problems = Vec::new();
    let mut named = BTreeSet::new();
    let rows = rows(readme);
    if rows.is_empty() {
        let mend = "add a heading with the word \"promise\" and a table below it";
        problems.push(Problem::of_file(README, "there is no promise table", mend));
    }
    for (line, row) in rows {
        let problem = |what: String, mend: &str| Problem {
            path: README.to_owned(),
            line,
            what,
            mend: mend.to_owned(),
        };
        let Some(test) = test_of(row) else {
            let mend = "name its test as `promises/tests/NAME.rs`, or take the promise out";
            problems.push(problem("this promise names no test".to_owned(), mend));
            continue;
        };
        if tree.text(&test).is_none() {
            problems.push(problem(
                format!("`{test}` does not exist"),
                "write the test, or take the promise out",
            ));
        }
        if !named.insert(test.clone()) {
            problems.push(problem(
                format!("`{test}` stands in two rows"),
                "give each promise its own test",
            ));
        }
    }
    let tests = tree.rust().map(|(path, _)| path).filter(|path| {
        path.strip_prefix(FOLDER)
            .is_some_and(|name| !name.contains('/'))
    });
    for test in tests.filter(|test| !named.contains(*test)) {
        let mend = format!("add a row with `{test}` to the promise table of {README}");
        problems.push(Problem::of_file(
            test,
            "no promise in the README names this test",
            mend,
        ));
    }
    problems
}

/// Returns the rows of the table with their lines, without its head.
fn rows(readme: &str) -> Vec<(usize, &str)> {
    let mut rows = Vec::new();
    let mut is_inside = false;
    let mut is_below_head = false;
    let mut is_code = false;
    for (i, line) in readme.lines().enumerate() {
        let line = line.trim();
        if line.starts_with("```") {
            is_code = !is_code;
        }
        if is_code {
            continue;
        }
        if line.starts_with('#') {
            is_inside = line.to_lowercase().contains("promise");
        }
        if !line.starts_with('|') {
            is_below_head = false;
        } else if is_inside && is_below_head {
            rows.push((i + 1, line));
        } else {
            is_below_head =
                line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' ')) && line.contains('-');
        }
    }
    rows
}

/// Returns the first test that a row names.
fn test_of(row: &str) -> Option<String> {
    let at = row.find(FOLDER)?;
    let name: String = row[at + FOLDER.len()..]
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    let rest = &row[at + FOLDER.len() + name.len()..];
    (!name.is_empty() && rest.starts_with(".rs")).then(|| format!("{FOLDER}{name}.rs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const README_TEXT: &str = "\
# Candor
| a | b |
|---|---|
| not | a promise |
## What we promise
| promise | test |
|---|:--|
| The reader cannot send | [it](promises/tests/the_reader_cannot_send.rs) |
| The profile is untouched | `promises/tests/the_profile_is_untouched.rs` |
## Next
";

    fn problems(readme: &str, tests: &[&str]) -> Vec<(String, usize, String)> {
        let mut files = vec![(README, readme)];
        files.extend(tests.iter().map(|test| (*test, "")));
        check(&Tree::of(&files))
            .into_iter()
            .map(|it| (it.path, it.line, it.what))
            .collect()
    }

    const BOTH: [&str; 2] = [
        "promises/tests/the_reader_cannot_send.rs",
        "promises/tests/the_profile_is_untouched.rs",
    ];

    #[test]
    fn rows_and_files_match() {
        assert_eq!(problems(README_TEXT, &BOTH), []);
    }

    #[test]
    fn a_promise_without_a_file_and_a_file_without_a_promise_are_found() {
        let found = problems(README_TEXT, &BOTH[..1]);
        assert_eq!(
            found,
            [(
                README.to_owned(),
                9,
                format!("`{}` does not exist", BOTH[1])
            )]
        );
        let found = problems(README_TEXT, &[BOTH[0], BOTH[1], "promises/tests/untold.rs"]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, "promises/tests/untold.rs");
    }

    #[test]
    fn a_row_without_a_test_a_table_without_rows_and_no_readme_are_found() {
        let found = problems(
            &README_TEXT.replace("`promises/tests/the_profile_is_untouched.rs`", "soon"),
            &BOTH[..1],
        );
        assert_eq!(
            found,
            [(
                README.to_owned(),
                9,
                "this promise names no test".to_owned()
            )]
        );
        assert_eq!(problems("# Candor\n", &[]).len(), 1);
        assert_eq!(check(&Tree::default()).len(), 1);
    }
}
