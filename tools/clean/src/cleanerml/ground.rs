//! Where rules may look, and what they may not name, whatever they say.

use std::{
    collections::HashSet,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use knowledge::{
    Base,
    protected::{Depth, Protected, protected},
};
use tool::Machine;

use super::{
    disk::{Disk, as_path},
    shield::Shield,
};

/// One machine, as all rules of a run share it.
pub(crate) struct Ground {
    pub(crate) disk: Disk,
    pub(crate) shield: Shield,
    /// The folder that stands for `/`.
    pub(crate) root: PathBuf,
    /// Folders that may be listed, with what is below.
    roots: Vec<PathBuf>,
    /// Folders that are known to be none behind a link: the machine's own.
    starts: Vec<PathBuf>,
    /// Folders that hold the things of many programs, or of the person.
    containers: HashSet<PathBuf>,
}

impl Ground {
    pub(crate) fn new(machine: &Machine, roots: &[PathBuf]) -> Self {
        let bases = crate::bases(machine);
        let own = |base: &Base| {
            [
                &base.home,
                &base.config,
                &base.cache,
                &base.data,
                &base.state,
            ]
            .map(Clone::clone)
        };
        let mut starts: Vec<PathBuf> = bases.iter().flat_map(own).collect();
        let containers = containers(&bases, &starts);
        starts.retain(|start| is_reached_without_links(start, &bases));
        starts.push(machine.root.clone());
        // The nearest one is asked for first.
        starts.sort_by_key(|it| std::cmp::Reverse(it.as_os_str().len()));
        Self {
            disk: Disk::default(),
            shield: Shield::new(&bases),
            root: machine.root.clone(),
            roots: roots.to_vec(),
            starts,
            containers,
        }
    }

    /// Returns the folder of the machine's own nearest above a path, and what is left of it.
    pub(crate) fn start_of<'p>(&self, path: &'p [u8]) -> (Vec<u8>, &'p [u8]) {
        let nearest = self.starts.iter().find(|it| as_path(path).starts_with(it));
        let start = nearest.unwrap_or(&self.root).as_os_str().as_bytes();
        let rest = path.strip_prefix(start).unwrap_or(path);
        (start.to_vec(), rest)
    }

    /// Returns whether a folder may be listed.
    pub(crate) fn may_list(&self, folder: &[u8]) -> bool {
        self.roots.iter().any(|it| as_path(folder).starts_with(it))
    }

    pub(crate) fn is_container(&self, folder: &[u8]) -> bool {
        self.containers.contains(as_path(folder))
    }

    /// Returns a path as the machine itself would write it, without the folder it is mounted at.
    pub(crate) fn on_machine<'p>(&self, path: &'p [u8]) -> &'p [u8] {
        match self.root == Path::new("/") {
            true => path,
            false => path
                .strip_prefix(self.root.as_os_str().as_bytes())
                .unwrap_or(path),
        }
    }
}

/// Returns whether no component from the person's home down to `folder` is a link. What environment
/// variables name is resolved already; a default such as `~/.cache` may be a link.
fn is_reached_without_links(folder: &Path, bases: &[Base]) -> bool {
    let Some(home) = bases
        .iter()
        .map(|it| &it.home)
        .find(|it| folder.starts_with(it))
    else {
        return true;
    };
    let below = folder.ancestors().take_while(|it| it != home);
    let is_link = |path: &Path| path.symlink_metadata().is_ok_and(|it| it.is_symlink());
    !below.into_iter().any(is_link)
}

/// Returns what the deny list names itself, not by a wildcard; what programs share outside homes; and
/// everything above a person's own folders.
fn containers(bases: &[Base], own: &[PathBuf]) -> HashSet<PathBuf> {
    let mut all: HashSet<PathBuf> = HashSet::new();
    for base in bases {
        let is_plain = |path: &PathBuf| !path.as_os_str().as_bytes().contains(&b'*');
        let itself = |row: &&Protected| row.depth == Depth::Itself;
        let denied = protected()
            .iter()
            .filter(itself)
            .flat_map(|row| row.paths(base));
        let shared = knowledge::named("programs").flat_map(|place| place.paths(base));
        all.extend(denied.chain(shared).filter(is_plain));
    }
    all.extend(own.iter().flat_map(|it| it.ancestors()).map(Path::to_owned));
    all
}
