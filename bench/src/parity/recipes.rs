//! What each archive of the tests holds, as its recipe says.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{
    archives::contents::{Contents, contents},
    failure::{Failure, Tried},
};

/// An archive of the tests.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Recipe {
    pub(crate) name: String,
    command: String,
    #[serde(default)]
    pub(crate) holds: Holds,
    pub(crate) password: Option<String>,
}

/// What an archive holds of the tree. The words are those of `recipes.toml`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Holds {
    #[default]
    Tree,
    /// `readme.txt` alone, without a name.
    Text,
    /// Files by their last name.
    Flat,
    /// The tree below `usr/share`, and what else a package has.
    Package,
    /// The same below `Payload`.
    Payload,
    /// One of several parts.
    Part,
    /// The tree below `1` and below `2`.
    Twice,
}

/// Reads the recipes in a folder.
///
/// # Errors
/// When they cannot be read.
pub(crate) fn recipes(folder: &Path) -> Result<Vec<Recipe>, Failure> {
    #[derive(Deserialize)]
    struct Recipes {
        archive: Vec<Recipe>,
    }
    let file = folder.join("recipes.toml");
    let text = fs::read_to_string(&file).tried("read", &file)?;
    let recipes: Recipes = toml::from_str(&text)
        .map_err(|error| Failure::other(format!("`{}`: {error}", file.display())))?;
    // A part is nothing by itself.
    let mut recipes = recipes.archive;
    recipes.retain(|it| it.holds != Holds::Part);
    Ok(recipes)
}

impl Recipe {
    /// Returns the name that such a file has in the world. Some programs go by its ending.
    ///
    /// `tar.xz-blocks` becomes `tree.tar.xz`.
    pub(crate) fn usual_name(&self) -> String {
        if !self.name.starts_with("tar.") {
            return self.name.clone();
        }
        let end = self.name.find('-').unwrap_or(self.name.len());
        format!("tree.{}", &self.name[..end])
    }

    /// Returns the files that were packed, out of the tree.
    pub(crate) fn packed(&self, tree: &Contents) -> Contents {
        let named = |path: &Path| {
            let mut words = self.command.split_whitespace();
            words.any(|word| Path::new(word) == path)
        };
        let by_last_name = |path: &Path| PathBuf::from(path.file_name().unwrap_or_default());
        match self.holds {
            Holds::Tree | Holds::Package | Holds::Payload | Holds::Part => tree.clone(),
            Holds::Twice => ["1", "2"]
                .iter()
                .flat_map(|it| {
                    tree.iter()
                        .map(|(path, print)| (Path::new(it).join(path), *print))
                })
                .collect(),
            Holds::Text => only(tree, |path| path == Path::new("readme.txt")).collect(),
            Holds::Flat => only(tree, named)
                .map(|(path, print)| (by_last_name(&path), print))
                .collect(),
        }
    }
}

fn only(
    tree: &Contents,
    wanted: impl Fn(&Path) -> bool,
) -> impl Iterator<Item = (PathBuf, crate::archives::contents::Print)> {
    tree.iter()
        .filter(move |(path, _)| wanted(path))
        .map(|(path, print)| (path.clone(), *print))
}

/// Reads the tree that all were made of.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn tree(folder: &Path) -> Result<Contents, Failure> {
    contents(&folder.join("tree"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parity::ARCHIVES;

    #[test]
    fn every_recipe_says_what_was_packed() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join(ARCHIVES);
        let (recipes, tree) = (recipes(&folder).unwrap(), tree(&folder).unwrap());
        assert!(tree.len() >= 5, "{tree:?}");
        for recipe in recipes {
            let packed = recipe.packed(&tree).len();
            let expected = match recipe.holds {
                Holds::Text => 1..=1,
                Holds::Flat => 2..=tree.len(),
                Holds::Twice => 2 * tree.len()..=2 * tree.len(),
                _ => tree.len()..=tree.len(),
            };
            assert!(expected.contains(&packed), "{}: {packed}", recipe.name);
        }
    }

    #[test]
    fn an_archive_gets_the_name_it_would_have() {
        let named = |name: &str| {
            let recipe = Recipe {
                name: name.to_owned(),
                command: String::new(),
                holds: Holds::Tree,
                password: None,
            };
            recipe.usual_name()
        };
        assert_eq!(named("tar.lz4-legacy"), "tree.tar.lz4");
        assert_eq!(named("tar.gz"), "tree.tar.gz");
        assert_eq!(named("zip-aes128.zip"), "zip-aes128.zip");
    }
}
