//! A folder with files, and what is said of it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use candor_dupes::{Options, Wishes, look};
use serde_json::Value;
use tool::{
    PathText,
    pass::{Below, Scope, Watch, walk},
};

use super::reference::Groups;

pub(crate) struct World {
    _disk: tempfile::TempDir,
    pub(crate) root: PathBuf,
}

impl World {
    pub(crate) fn new() -> Self {
        let disk = tempfile::tempdir().unwrap();
        let root = disk.path().canonicalize().unwrap();
        Self { _disk: disk, root }
    }

    pub(crate) fn files(&self, files: &[(&str, &str)]) {
        for (name, content) in files {
            let path = self.root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
    }

    pub(crate) fn look(&self, wishes: Option<Wishes>) -> Value {
        self.look_at(std::slice::from_ref(&self.root), wishes)
    }

    pub(crate) fn look_at(&self, roots: &[PathBuf], wishes: Option<Wishes>) -> Value {
        let options = Options {
            wishes,
            ..Options::default()
        };
        self.said(roots, &[], options)
    }

    pub(crate) fn look_but_for(&self, private: &[PathBuf], wishes: Option<Wishes>) -> Value {
        let options = Options {
            wishes,
            ..Options::default()
        };
        self.said(std::slice::from_ref(&self.root), private, options)
    }

    pub(crate) fn look_from(&self, min_size: u64) -> Value {
        let options = Options {
            min_size,
            ..Options::default()
        };
        self.said(std::slice::from_ref(&self.root), &[], options)
    }

    fn said(&self, roots: &[PathBuf], private: &[PathBuf], options: Options) -> Value {
        let watch = Watch::new(&|_| {});
        let scope = Scope {
            roots: roots.to_vec(),
            ..Scope::default()
        };
        let forest = walk(&scope, &watch);
        let options = Options {
            private: Below::of(&forest, private),
            roots: roots.to_vec(),
            ..options
        };
        let outcome =
            fixture::whole(|lists| look(&forest, |_| true, &options, None, &watch, lists));
        fixture::data(&outcome)
    }

    /// A path below the root, as text.
    pub(crate) fn name(&self, path: &Value) -> String {
        let path = serde_json::from_value::<PathText>(path.clone()).unwrap().0;
        path.strip_prefix(&self.root).unwrap().display().to_string()
    }

    pub(crate) fn paths(&self, paths: &Value) -> BTreeSet<PathBuf> {
        let path = |path: &Value| serde_json::from_value::<PathText>(path.clone()).unwrap().0;
        let paths = paths.as_array().unwrap().iter().map(path);
        paths
            .map(|it| it.strip_prefix(&self.root).unwrap().to_owned())
            .collect()
    }

    pub(crate) fn groups(&self, groups: &[&[&str]]) -> Groups {
        let group = |group: &&[&str]| group.iter().map(|it| Path::new(it).to_owned()).collect();
        groups.iter().map(group).collect()
    }
}
