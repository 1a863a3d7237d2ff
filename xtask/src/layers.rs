//! `layers.toml`: who may import whom, and every other list of exceptions.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{Problem, Tree};

/// Where the lists stand.
pub(crate) const PATH: &str = "layers.toml";

/// The lists that tidy checks against.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Layers {
    /// For each crate's folder, the folders of the crates it may name.
    pub may: BTreeMap<String, Vec<String>>,
    pub dev: Dev,
    pub cfg: Cfg,
    #[serde(rename = "unsafe")]
    pub unsafe_code: UnsafeCode,
    pub network: Network,
    /// Rust files that may be longer than others, each with the reason.
    #[serde(default)]
    pub long: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dev {
    /// May stand in the dev-dependencies of any crate.
    pub anywhere: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cfg {
    /// Files that may ask which system they are compiled for.
    pub target_os: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnsafeCode {
    /// Files outside crates/sandbox that may hold unsafe code.
    pub files: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Network {
    /// Crates that may not stand in the client's dependency tree.
    pub forbidden_in_client: Vec<String>,
}

impl Layers {
    /// Reads the lists of a tree.
    pub(crate) fn of(tree: &Tree) -> Result<Self, Problem> {
        let Some(text) = tree.text(PATH) else {
            return Err(Problem::of_file(
                PATH,
                "there is no layers.toml",
                "bring it back: every arrow stands there",
            ));
        };
        toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            Problem::at(
                PATH,
                text,
                at,
                error.message(),
                "write it as the head of the file says",
            )
        })
    }
}

/// Returns where a quoted word stands in layers.toml, for problems of the list itself.
pub(crate) fn problem_of_entry(tree: &Tree, entry: &str, what: String, mend: &str) -> Problem {
    let text = tree.text(PATH).unwrap_or_default();
    let at = text.find(&format!("\"{entry}\"")).unwrap_or(0);
    Problem::at(PATH, text, at, what, mend)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A small layers.toml for the tests of the checks.
    pub(crate) const SMALL: &str = "\
[may]
\"crates/ground\" = []
\"tools/one\" = [\"crates/ground\"]
[dev]
anywhere = [\"crates/pretend\"]
[cfg]
target_os = [\"crates/ground/src/system.rs\"]
[unsafe]
files = [\"tools/one/src/kernel.rs\"]
[network]
forbidden_in_client = [\"hyper\"]
";

    #[test]
    fn a_misspelt_list_is_shown_with_its_line() {
        let tree = Tree::of(&[(PATH, &SMALL.replace("target_os", "target_so"))]);
        let problem = Layers::of(&tree).unwrap_err();
        assert_eq!(problem.line, 7);
        assert!(problem.what.contains("target_so"), "{problem}");
        assert!(Layers::of(&Tree::default()).is_err());
    }
}
