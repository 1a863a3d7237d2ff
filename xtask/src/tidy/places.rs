//! A declaration names places that are rows of knowledge.

use declare::{Declaration, covers};

use crate::{Problem, Tree, generate};

/// Checks that every place of every tool's declaration means at least one row.
///
/// A declaration that cannot be read is told of by `cargo xtask gen --check`.
pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let known: Vec<String> = knowledge::places()
        .iter()
        .map(|place| place.id.clone())
        .chain(
            knowledge::browsers::places()
                .into_iter()
                .map(|place| place.id),
        )
        .collect();
    generate::declarations(tree)
        .flat_map(|(path, text)| unknown(path, text, &known))
        .collect()
}

fn unknown(path: &str, text: &str, known: &[String]) -> Vec<Problem> {
    let Ok(declaration) = Declaration::parse(text) else {
        return Vec::new();
    };
    let named = declaration.reads().iter().flat_map(|read| &read.places);
    let unknown = named.filter(|place| !known.iter().any(|id| covers(place, id)));
    let told = unknown.map(|place| {
        let at = text.find(&format!("\"{place}\"")).unwrap_or(0);
        let what = format!("`{place}` means no row of knowledge");
        Problem::at(
            path,
            text,
            at,
            what,
            "name a row of crates/knowledge/tables, or add it there with its source",
        )
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_no_row_is_found_with_its_line() {
        let text = include_str!("../../../tools/battery/declaration.toml");
        let known = ["battery.linux".to_owned()];
        assert_eq!(unknown("x", text, &known), []);
        let found = unknown("x", text, &["home".to_owned()]);
        assert!(!found.is_empty() && found[0].line > 1, "{found:?}");
    }
}
