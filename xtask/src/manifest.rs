//! What a Cargo.toml says about dependencies, with the line of each.

use toml::de::DeTable;

use crate::Problem;

/// One dependency as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dependency {
    /// The name it has in the code.
    pub key: String,
    /// Which table it stands in.
    pub kind: Kind,
    /// Which table, in words: two tables are sorted apart.
    pub table: String,
    /// Where its folder is, from the crate's own folder.
    pub path: Option<String>,
    /// Whether the workspace says what it is.
    pub workspace: bool,
    /// Where it stands in the text.
    pub at: usize,
}

/// What a dependency is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Normal,
    Build,
    Dev,
}

/// One Cargo.toml.
#[derive(Clone, Debug, Default)]
pub(crate) struct Manifest {
    /// The package's name and where it stands.
    pub package: Option<(String, usize)>,
    /// Every dependency, in the order of the file.
    pub dependencies: Vec<Dependency>,
    /// `[workspace.dependencies]`, in the order of the file.
    pub of_workspace: Vec<Dependency>,
}

impl Manifest {
    /// Reads a Cargo.toml.
    pub(crate) fn parse(path: &str, text: &str) -> Result<Self, Problem> {
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            Problem::at(path, text, at, error.message(), "write it as TOML")
        })?;
        let root = table.get_ref();
        let mut manifest = Self::default();
        if let Some(package) = inner(root, "package").and_then(|it| it.get("name")) {
            let name = package.get_ref().as_str().unwrap_or_default();
            manifest.package = Some((name.to_owned(), package.span().start));
        }
        manifest.dependencies = tables(root, "");
        if let Some(targets) = inner(root, "target") {
            for (target, value) in targets {
                if let Some(table) = value.get_ref().as_table() {
                    manifest
                        .dependencies
                        .extend(tables(table, &format!("target.{} ", target.get_ref())));
                }
            }
        }
        manifest.dependencies.sort_by_key(|it| it.at);
        if let Some(all) = inner(root, "workspace").and_then(|it| inner(it, "dependencies")) {
            manifest.of_workspace = entries(all, Kind::Normal, "workspace.dependencies");
        }
        Ok(manifest)
    }
}

fn inner<'a, 'i>(table: &'a DeTable<'i>, key: &str) -> Option<&'a DeTable<'i>> {
    table.get(key)?.get_ref().as_table()
}

/// Returns the dependencies of the three kinds of tables, old spellings included.
fn tables(table: &DeTable<'_>, lead: &str) -> Vec<Dependency> {
    let names = [
        ("dependencies", Kind::Normal),
        ("build-dependencies", Kind::Build),
        ("build_dependencies", Kind::Build),
        ("dev-dependencies", Kind::Dev),
        ("dev_dependencies", Kind::Dev),
    ];
    let found = names.iter().filter_map(|(name, kind)| {
        Some(entries(
            inner(table, name)?,
            *kind,
            &format!("{lead}{name}"),
        ))
    });
    found.flatten().collect()
}

fn entries(table: &DeTable<'_>, kind: Kind, name: &str) -> Vec<Dependency> {
    let mut all: Vec<Dependency> = table
        .iter()
        .map(|(key, value)| Dependency {
            key: key.get_ref().to_string(),
            kind,
            table: name.to_owned(),
            path: value
                .get_ref()
                .get("path")
                .and_then(|it| Some(it.get_ref().as_str()?.to_owned())),
            workspace: value
                .get_ref()
                .get("workspace")
                .and_then(|it| it.get_ref().as_bool())
                == Some(true),
            at: key.span().start,
        })
        .collect();
    all.sort_by_key(|it| it.at);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_dependency_is_seen() {
        let text = "\
[package]
name = \"candor-x\"
[dependencies]
a.workspace = true
b = { package = \"candor-b\", path = \"../b\" }
[dependencies.c]
path = \"../c\"
[dev-dependencies]
d = \"1\"
[build-dependencies]
e = { workspace = true }
[target.'cfg(unix)'.dependencies]
f.workspace = true
";
        let manifest = Manifest::parse("x/Cargo.toml", text).unwrap();
        assert_eq!(manifest.package.unwrap().0, "candor-x");
        let seen: Vec<_> = manifest
            .dependencies
            .iter()
            .map(|it| (it.key.as_str(), it.kind, it.workspace, it.path.as_deref()))
            .collect();
        assert_eq!(
            seen,
            [
                ("a", Kind::Normal, true, None),
                ("b", Kind::Normal, false, Some("../b")),
                ("c", Kind::Normal, false, Some("../c")),
                ("d", Kind::Dev, false, None),
                ("e", Kind::Build, true, None),
                ("f", Kind::Normal, true, None),
            ]
        );
    }

    #[test]
    fn a_broken_file_is_shown_with_its_line() {
        assert_eq!(
            Manifest::parse("x/Cargo.toml", "\n[package\n")
                .unwrap_err()
                .line,
            2
        );
    }
}
