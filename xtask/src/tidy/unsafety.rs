//! Unsafe code stands in `crates/sandbox` and in the listed files; every crate says so itself.

use crate::{
    Problem, Tree,
    layers::{Layers, PATH, problem_of_entry},
    rust_code,
};

const HOME: &str = "crates/sandbox/";

/// Checks where unsafe code stands, and that each crate forbids it elsewhere.
pub(super) fn check(tree: &Tree, layers: &Layers) -> Vec<Problem> {
    let listed = &layers.unsafe_code.files;
    let mut problems = Vec::new();
    for (path, text) in tree.rust() {
        if !path.starts_with(HOME) && !listed.iter().any(|it| it == path) {
            let mend = format!(
                "do it without unsafe code, or add the file to [unsafe] in {PATH} with a reason at its head"
            );
            let found = unsafe_code(text);
            if let Some(first) = found.first() {
                let what = format!(
                    "unsafe code stands here, in {} place(s) of this file",
                    found.len()
                );
                problems.push(Problem::at(path, text, *first, what, mend));
            }
        }
        problems.extend(
            is_root(path)
                .then(|| root(tree, path, text, listed))
                .flatten(),
        );
    }
    for path in listed {
        if tree
            .text(path)
            .is_none_or(|text| unsafe_code(text).is_empty())
        {
            let what = format!("[unsafe] lists `{path}`, which holds no unsafe code");
            problems.push(problem_of_entry(tree, path, what, "take it off the list"));
        }
    }
    problems
}

/// Returns where a source holds unsafe code, or permits it.
fn unsafe_code(text: &str) -> Vec<usize> {
    let code = rust_code::blanked(text);
    let mut found: Vec<usize> = rust_code::words(&code, "unsafe").collect();
    found.extend(
        ["allow(unsafe_code", "expect(unsafe_code"]
            .iter()
            .flat_map(|it| code.match_indices(it))
            .map(|(at, _)| at),
    );
    found.sort_unstable();
    found
}

/// Returns whether this file is where a library or a program begins.
fn is_root(path: &str) -> bool {
    path.ends_with("/src/lib.rs") || path.ends_with("/src/main.rs") || path.contains("/src/bin/")
}

/// A crate without unsafe code forbids it; one with a listed file denies it, so that the file can
/// allow it for itself.
fn root(tree: &Tree, path: &str, text: &str, listed: &[String]) -> Option<Problem> {
    let package = tree.package_of(path)?;
    let has_unsafe = path.starts_with(HOME)
        || listed.iter().any(|it| {
            it.strip_prefix(package)
                .is_some_and(|rest| rest.starts_with('/'))
        });
    let code = rust_code::blanked(text);
    let says = |word: &str| code.contains(&format!("#![{word}(unsafe_code)]"));
    if says("forbid") || has_unsafe && says("deny") {
        return None;
    }
    let word = if has_unsafe { "deny" } else { "forbid" };
    let what = format!("this crate does not {word} unsafe code");
    Some(Problem::of_file(
        path,
        what,
        format!("write `#![{word}(unsafe_code)]` below the head of the file"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::tests::SMALL;

    fn problems(files: &[(&str, &str)]) -> Vec<(String, usize)> {
        let mut all = vec![
            (PATH, SMALL),
            ("tools/one/Cargo.toml", ""),
            (
                "tools/one/src/kernel.rs",
                "#![allow(unsafe_code)]\nfn x() { unsafe {} }",
            ),
            ("tools/two/Cargo.toml", ""),
            ("crates/sandbox/Cargo.toml", ""),
        ];
        all.extend(files);
        let tree = Tree::of(&all);
        let found = check(&tree, &Layers::of(&tree).unwrap());
        found.into_iter().map(|it| (it.path, it.line)).collect()
    }

    #[test]
    fn unsafe_code_stands_only_where_it_is_listed() {
        assert_eq!(
            problems(&[("crates/sandbox/src/x.rs", "unsafe fn x() {}")]),
            []
        );
        assert_eq!(
            problems(&[(
                "tools/two/src/x.rs",
                "// unsafe\nfn unsafe_x() { \"unsafe\"; }"
            )]),
            []
        );
        for text in [
            "\nunsafe fn x() {}",
            "\nfn x() { unsafe { } }",
            "\n#[allow(unsafe_code)]\nfn x() {}",
        ] {
            assert_eq!(
                problems(&[("tools/two/src/x.rs", text)]),
                [("tools/two/src/x.rs".to_owned(), 2)],
                "{text}"
            );
        }
    }

    #[test]
    fn every_crate_says_it_itself() {
        let forbids = "//! Head.\n#![forbid(unsafe_code)]";
        let denies = "#![deny(unsafe_code)]";
        assert_eq!(
            problems(&[
                ("tools/two/src/lib.rs", forbids),
                ("tools/one/src/lib.rs", denies)
            ]),
            []
        );
        assert_eq!(problems(&[("crates/sandbox/src/lib.rs", denies)]), []);
        for path in [
            "tools/two/src/lib.rs",
            "tools/two/src/main.rs",
            "tools/two/src/bin/x.rs",
        ] {
            for text in ["", denies, "// #![forbid(unsafe_code)]"] {
                assert_eq!(
                    problems(&[(path, text)]),
                    [(path.to_owned(), 1)],
                    "{path} {text}"
                );
            }
        }
    }

    #[test]
    fn a_listed_file_without_unsafe_code_is_found() {
        assert_eq!(
            problems(&[("tools/one/src/kernel.rs", "fn x() {}")]),
            [(PATH.to_owned(), 9)]
        );
    }
}
