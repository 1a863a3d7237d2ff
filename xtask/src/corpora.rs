//! Makes the archives that the tests of formats read, out of their recipes, with Debian's tools.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;

use crate::Problem;

/// Where they lie, and their recipes.
const FOLDER: &str = "crates/formats/tests/archives";

#[derive(Deserialize)]
struct Recipes {
    archive: Vec<Recipe>,
}

/// Other fields are for the tests.
#[derive(Deserialize)]
struct Recipe {
    name: String,
    command: String,
    packages: Vec<String>,
}

/// Makes every archive that is missing, or `anew` every one, out of its recipe. Returns how many were made.
///
/// # Errors
/// Each that could not be made; those that could are there.
pub fn make(root: &Path, anew: bool) -> Result<usize, Vec<Problem>> {
    let folder = root.join(FOLDER);
    let failed =
        |path: &Path, why: String| Problem::of_file(&path.display().to_string(), why, "mend it");
    let recipes = folder.join("recipes.toml");
    let text =
        fs::read_to_string(&recipes).map_err(|error| vec![failed(&recipes, error.to_string())])?;
    let recipes: Recipes =
        toml::from_str(&text).map_err(|error| vec![failed(&recipes, error.to_string())])?;
    let mut problems = Vec::new();
    let is_due = |it: &&Recipe| anew || !folder.join(&it.name).exists();
    let due: Vec<&Recipe> = recipes.archive.iter().filter(is_due).collect();
    for recipe in &due {
        if let Err(why) = made(root, &folder, recipe) {
            let mend = match recipe.packages.is_empty() {
                true => "see what it says".to_owned(),
                false => format!("apt-get install {}", recipe.packages.join(" ")),
            };
            problems.push(Problem::of_file(
                &format!("{FOLDER}/{}", recipe.name),
                why,
                &mend,
            ));
        }
    }
    match problems.is_empty() {
        true => Ok(due.len()),
        false => Err(problems),
    }
}

fn made(root: &Path, folder: &Path, recipe: &Recipe) -> Result<(), String> {
    let told = |error: std::io::Error| error.to_string();
    let place = Place::new().map_err(told)?;
    copied(&folder.join("tree"), &place.0.join("tree")).map_err(told)?;
    // Some programs add an ending of their own to a name without one.
    let out = place.0.join(&recipe.name);
    let output = Command::new("sh")
        .args(["-euc", &recipe.command])
        .current_dir(&place.0)
        .env("OUT", &out)
        .env("ROOT", root)
        .env("SOURCE_DATE_EPOCH", "1700000000")
        .env("LC_ALL", "C.UTF-8")
        .env("TZ", "UTC")
        .output()
        .map_err(told)?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    fs::copy(&out, folder.join(&recipe.name))
        .map(drop)
        .map_err(told)
}

/// A folder of its own that goes when it is dropped.
struct Place(PathBuf);

impl Place {
    fn new() -> std::io::Result<Self> {
        let path = std::env::temp_dir().join(format!("candor-corpora-{}", std::process::id()));
        fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn copied(from: &Path, to: &Path) -> std::io::Result<()> {
    let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
    fs::create_dir(to)?;
    let mut names: Vec<_> = fs::read_dir(from)?.collect::<Result<_, _>>()?;
    names.sort_by_key(fs::DirEntry::file_name);
    for entry in names {
        let to = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copied(&entry.path(), &to)?,
            false => {
                fs::copy(entry.path(), &to)?;
                fs::File::options()
                    .write(true)
                    .open(&to)?
                    .set_modified(at)?;
            }
        }
    }
    fs::File::open(to)?.set_modified(at)
}
