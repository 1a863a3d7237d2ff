//! The client links nothing that can open a socket.

use std::{path::Path, process::Command};

use crate::{
    Problem,
    layers::{Layers, PATH},
};

/// Asks cargo for everything the client is linked from, on every system, one crate a line.
///
/// # Errors
/// What cargo said when it could not tell.
pub fn client_tree(root: &Path) -> Result<String, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = [
        "tree",
        "--package=candor",
        "--edges=normal",
        "--target=all",
        "--prefix=none",
        "--color=never",
    ];
    let answer = Command::new(cargo)
        .args(arguments)
        .current_dir(root)
        .output();
    let answer = answer.map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !answer.status.success() {
        return Err(String::from_utf8_lossy(&answer.stderr).trim().to_owned());
    }
    String::from_utf8(answer.stdout).map_err(|error| error.to_string())
}

/// Checks that no crate of the client's tree is on the list of those that open sockets.
pub(super) fn check(tree: Result<String, String>, layers: &Layers) -> Vec<Problem> {
    let path = "apps/candor/Cargo.toml";
    let tree = match tree {
        Ok(tree) => tree,
        Err(error) => {
            let what = format!("the client's dependencies were not checked: {error}");
            return vec![Problem::of_file(
                path,
                what,
                "make `cargo tree -p candor` work",
            )];
        }
    };
    let names: Vec<&str> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    if !names.contains(&"candor") {
        return vec![Problem::of_file(
            path,
            "the client is not in its own dependency tree",
            "look at what `cargo tree -p candor` prints",
        )];
    }
    let forbidden = layers
        .network
        .forbidden_in_client
        .iter()
        .filter(|it| names.contains(&it.as_str()));
    let told = forbidden.map(|name| {
        let what =
            format!("the client links `{name}`, which {PATH} forbids because it can open a socket");
        Problem::of_file(
            path,
            what,
            format!("see `cargo tree -p candor -i {name}` and take it out"),
        )
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Tree, layers::tests::SMALL};

    fn problems(tree: Result<&str, &str>) -> Vec<Problem> {
        let layers = Layers::of(&Tree::of(&[(PATH, SMALL)])).unwrap();
        check(tree.map(str::to_owned).map_err(str::to_owned), &layers)
    }

    #[test]
    fn a_network_crate_is_found_and_its_namesakes_are_not() {
        assert_eq!(
            problems(Ok("candor v0.1.0 (/x)\nhyper-like v1.0.0\nserde v1.0.0\n")),
            []
        );
        let found = problems(Ok("candor v0.1.0 (/x)\nserde v1.0.0\nhyper v1.0.0 (*)\n"));
        assert_eq!(found.len(), 1);
        assert!(found[0].what.contains("`hyper`"), "{}", found[0]);
    }

    #[test]
    fn a_check_that_was_not_made_has_not_passed() {
        assert_eq!(problems(Err("no such package")).len(), 1);
        assert_eq!(problems(Ok("")).len(), 1);
    }
}
