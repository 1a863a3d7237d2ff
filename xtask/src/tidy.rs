//! What the compiler does not check: arrows, names, order, promises.
//!
//! One file per subject; each check takes texts and gives problems.

mod arrows;
mod cases;
mod client;
mod folders;
mod order;
mod places;
mod promises;
mod sources;
mod system;
mod unsafety;
mod words;

pub use client::client_tree;

use crate::{Problem, Tree, layers::Layers};

/// Returns everything there is to mend, sorted by path and line.
///
/// `client` is what [`client_tree`] gave; a tree that could not be asked for is a problem too,
/// because a check that was not made must not look like one that passed.
#[must_use]
pub fn problems(tree: &Tree, client: Result<String, String>) -> Vec<Problem> {
    let layers = match Layers::of(tree) {
        Ok(layers) => layers,
        Err(problem) => return vec![problem],
    };
    let mut all = Vec::new();
    all.extend(arrows::check(tree, &layers));
    all.extend(folders::check(tree, &layers));
    all.extend(order::check(tree));
    all.extend(cases::check(tree));
    all.extend(system::check(tree, &layers));
    all.extend(unsafety::check(tree, &layers));
    all.extend(client::check(client, &layers));
    all.extend(promises::check(tree));
    all.extend(places::check(tree));
    all.extend(sources::check(tree, &layers));
    all.extend(words::check(tree));
    all.sort();
    all.dedup();
    all
}
