//! A case that no test runs is a test that cannot fail.

use std::collections::BTreeSet;

use crate::{Problem, Tree, rust_code};

/// Checks that every `*.case` file lies directly in a folder that a test names.
///
/// A test names it as a literal, relative to its crate: `fixture::cases("tests/cases")` or
/// `fixture::cases!("tests/cases")`.
pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let named: BTreeSet<String> = tree
        .rust()
        .filter_map(|(path, text)| Some((tree.package_of(path)?, text)))
        .flat_map(|(package, text)| folders(text).map(move |folder| format!("{package}/{folder}")))
        .collect();
    let cases = tree
        .files()
        .map(|(path, _)| path)
        .filter(|path| path.ends_with(".case"));
    let forgotten = cases.filter(|path| {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        !named.contains(folder)
    });
    let mend = "call `fixture::cases(\"…\")` with its folder from a test of the crate, or move it";
    forgotten
        .map(|path| Problem::of_file(path, "no test runs this case", mend))
        .collect()
}

/// Returns the literal folders that a source hands to `cases`.
fn folders(text: &str) -> impl Iterator<Item = &str> {
    let code = rust_code::blanked(text);
    let calls: Vec<usize> = rust_code::words(&code, "cases").collect();
    calls.into_iter().filter_map(|at| {
        let rest = text[at + "cases".len()..].trim_start();
        let rest = rest
            .strip_prefix('!')
            .unwrap_or(rest)
            .trim_start()
            .strip_prefix('(')?;
        let (folder, _) = rest.trim_start().strip_prefix('"')?.split_once('"')?;
        Some(folder.trim_end_matches('/'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forgotten(source: &str) -> Vec<String> {
        let tree = Tree::of(&[
            ("tools/x/Cargo.toml", ""),
            ("tools/x/tests/all.rs", source),
            ("tools/x/tests/cases/a.case", ""),
            ("tools/x/tests/cases/deep/b.case", ""),
        ]);
        check(&tree).into_iter().map(|it| it.path).collect()
    }

    #[test]
    fn a_case_in_a_named_folder_is_run() {
        for call in [
            "fixture::cases(\"tests/cases\")",
            "cases!(\n    \"tests/cases/\",\n)",
        ] {
            let source = format!("fn t() {{ {call}; }}");
            assert_eq!(
                forgotten(&source),
                ["tools/x/tests/cases/deep/b.case"],
                "{call}"
            );
        }
    }

    #[test]
    fn a_folder_named_in_a_comment_or_by_another_function_is_not_run() {
        for source in [
            "// cases(\"tests/cases\")",
            "fn t() { showcases(\"tests/cases\"); cases(folder) }",
            "",
        ] {
            assert_eq!(forgotten(source).len(), 2, "{source}");
        }
    }
}
