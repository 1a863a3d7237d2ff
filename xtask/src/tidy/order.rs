//! Tables that people look things up in are sorted.

use toml::de::{DeTable, DeValue};

use crate::{Problem, Tree, manifest::Manifest};

/// Checks the dependency tables of every crate and the rows of every table of knowledge.
pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (folder, text) in tree.packages() {
        problems.extend(dependencies(&format!("{folder}/Cargo.toml"), text));
    }
    for (path, text) in tree.files() {
        if path.starts_with("crates/knowledge/tables/") && path.ends_with(".toml") {
            problems.extend(rows(path, text));
        }
    }
    problems
}

fn dependencies(path: &str, text: &str) -> Vec<Problem> {
    let Ok(manifest) = Manifest::parse(path, text) else {
        return Vec::new();
    };
    let pairs = manifest
        .dependencies
        .iter()
        .zip(manifest.dependencies.iter().skip(1));
    let unsorted = pairs.filter(|(a, b)| a.table == b.table && a.key >= b.key);
    let told = unsorted.map(|(a, b)| {
        let what = format!("`{}` stands after `{}` in [{}]", b.key, a.key, b.table);
        Problem::at(path, text, b.at, what, "sort the table by name")
    });
    told.collect()
}

/// Rows are sorted by `id`, or by `name` where rows have no id. No two are the same.
fn rows(path: &str, text: &str) -> Vec<Problem> {
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            return vec![Problem::at(
                path,
                text,
                at,
                error.message(),
                "write it as TOML",
            )];
        }
    };
    let mut problems = Vec::new();
    for (kind, value) in table.get_ref() {
        let DeValue::Array(entries) = value.get_ref() else {
            continue;
        };
        let mut last: Option<&str> = None;
        for entry in entries.iter() {
            let entry = entry.get_ref();
            let Some(key) = entry.get("id").or_else(|| entry.get("name")) else {
                continue;
            };
            let Some(id) = key.get_ref().as_str() else {
                continue;
            };
            if last.is_some_and(|last| last >= id) {
                let what = format!(
                    "`{id}` stands after `{}` in [[{}]]",
                    last.unwrap_or_default(),
                    kind.get_ref()
                );
                problems.push(Problem::at(
                    path,
                    text,
                    key.span().start,
                    what,
                    "sort the rows by id, each once",
                ));
            }
            last = Some(id);
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_out_of_order_is_found_with_its_line() {
        let text =
            "[dependencies]\nb = \"1\"\na = \"1\"\n[dev-dependencies]\na = \"1\"\nb = \"1\"\n";
        let found = dependencies("x/Cargo.toml", text);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].line, found[0].what.as_str()),
            (3, "`a` stands after `b` in [dependencies]")
        );
    }

    #[test]
    fn rows_out_of_order_or_twice_are_found() {
        let path = "crates/knowledge/tables/x.toml";
        assert_eq!(rows(path, "[[row]]\nid = \"a\"\n[[row]]\nid = \"b\"\n"), []);
        assert_eq!(
            rows(path, "[[row]]\nid = \"b\"\n[[row]]\nid = \"a\"\n")[0].line,
            4
        );
        assert_eq!(
            rows(path, "[[row]]\nid = \"a\"\n[[row]]\nid = \"a\"\n").len(),
            1
        );
        assert_eq!(
            rows(path, "[[row]]\nname = \"b\"\n[[row]]\nname = \"a\"\n").len(),
            1
        );
        assert_eq!(rows(path, "[[row]\n").len(), 1);
    }

    #[test]
    fn only_tables_of_knowledge_are_rows() {
        let tree = Tree::of(&[("docs/x.toml", "[[row]]\nid = \"b\"\n[[row]]\nid = \"a\"\n")]);
        assert_eq!(check(&tree), []);
    }
}
