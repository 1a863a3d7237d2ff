//! Platform is a value, `Machine`; few files may ask the compiler instead.

use crate::{
    Problem, Tree,
    layers::{Layers, PATH, problem_of_entry},
    rust_code,
};

const QUESTIONS: [&str; 3] = ["target_os", "target_family", "target_vendor"];

/// Checks that only the listed files ask for the system, and that each of them still does.
pub(super) fn check(tree: &Tree, layers: &Layers) -> Vec<Problem> {
    let listed = &layers.cfg.target_os;
    let mut problems = Vec::new();
    for (path, text) in tree
        .rust()
        .filter(|(path, _)| !listed.iter().any(|it| it == path))
    {
        for at in asks(text) {
            let mend = format!(
                "take a `Machine` or `Platform` as a value, or add the file to [cfg] in {PATH} with a reason"
            );
            problems.push(Problem::at(
                path,
                text,
                at,
                "this file asks which system it is compiled for",
                mend,
            ));
        }
    }
    for path in listed {
        if tree.text(path).is_none_or(|text| asks(text).is_empty()) {
            let what = format!("[cfg] lists `{path}`, which does not ask for the system");
            problems.push(problem_of_entry(tree, path, what, "take it off the list"));
        }
    }
    problems
}

/// Returns every `target_os = …`; a field of that name is no question.
fn asks(text: &str) -> Vec<usize> {
    let code = rust_code::blanked(text);
    let is_asked = |at: usize, word: &str| {
        let rest = code[at + word.len()..].trim_start();
        rest.starts_with('=') && !rest.starts_with("==")
    };
    let found = QUESTIONS.iter().flat_map(|word| {
        rust_code::words(&code, word)
            .filter(move |at| is_asked(*at, word))
            .collect::<Vec<_>>()
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::tests::SMALL;

    fn problems(listed: &str, other: &str) -> Vec<(String, usize)> {
        let tree = Tree::of(&[
            (PATH, SMALL),
            ("crates/ground/src/system.rs", listed),
            ("tools/one/src/lib.rs", other),
        ]);
        let found = check(&tree, &Layers::of(&tree).unwrap());
        found.into_iter().map(|it| (it.path, it.line)).collect()
    }

    const ASKS: &str = "\n#[cfg(target_os = \"linux\")]\nfn x() {}";

    #[test]
    fn a_file_that_is_not_listed_may_not_ask() {
        assert_eq!(
            problems(
                ASKS,
                "// cfg(target_os = x)\nconst X: &str = \"target_os = \"; x.target_os == y"
            ),
            []
        );
        let ways = [
            "#[cfg(target_os = \"linux\")]\nfn x() {}",
            "#[cfg(any(not(target_os = \"macos\")))]\nfn x() {}",
            "fn x() -> bool { cfg!(target_family = \"unix\") }",
        ];
        for other in ways {
            assert_eq!(
                problems(ASKS, other),
                [("tools/one/src/lib.rs".to_owned(), 1)],
                "{other}"
            );
        }
    }

    #[test]
    fn a_listed_file_that_no_longer_asks_is_found() {
        assert_eq!(problems("", ""), [(PATH.to_owned(), 7)]);
    }
}
