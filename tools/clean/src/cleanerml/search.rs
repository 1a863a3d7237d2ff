//! What one rule finds on a disk: the same as BleachBit previews, but for what is refused.
//!
//! Source: BleachBit 4.4.2, `_get_paths` in bleachbit/Action.py, `children_in_directory` in
//! bleachbit/FileUtilities.py, bleachbit/DeepScan.py; CPython 3.11, Lib/glob.py.

use super::{
    definition::{How, Search},
    disk::{Kind, Look, join},
    expand::{Refusal, Values},
    filter::KindAsked,
    glob::{Glob, is_wild},
    ground::Ground,
};

/// What a rule found, and what of it is not used.
#[derive(Debug, Default)]
pub(crate) struct Finds {
    pub(crate) found: Vec<Found>,
    pub(crate) refused: Vec<(Vec<u8>, Refused)>,
}

/// One path.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) path: Vec<u8>,
    /// Whether the rule wrote a slash behind it: then its last part is empty, for a filter.
    slash: bool,
    pub(crate) look: Look,
}

/// Why a path, or what is below it, is not used.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Refused {
    /// It cannot be made out what the rule means here.
    Path(Refusal),
    /// A link is on the way, or at the top of a walk.
    Link,
    /// The rule is about a folder that holds the things of many programs.
    Container,
    /// It lies where this run may not list.
    Outside,
    /// All of it is protected, by this row.
    Protected(&'static str),
}

impl Ground {
    /// Searches as a rule says.
    pub(crate) fn find(&mut self, search: &Search, values: &Values) -> Finds {
        let mut finds = Finds::default();
        if search.how == How::Deep {
            self.find_deep(search, values, &mut finds);
        } else {
            for path in values.paths(&search.path) {
                match path {
                    Ok(path) => self.find_at(search, &path, &mut finds),
                    Err(refusal) => finds.refuse(search.path.as_bytes(), refusal),
                }
            }
        }
        finds.found.retain(|it| self.passes(search, it));
        finds
    }

    fn find_at(&mut self, search: &Search, path: &[u8], finds: &mut Finds) {
        let tops = match search.how {
            How::File => self.literal(path, finds),
            _ => self.globbed(path, finds),
        };
        for top in tops {
            match search.how {
                How::File | How::Glob | How::Deep => finds.found.push(top),
                How::WalkFiles => self.walk_from(&top, false, finds),
                How::WalkAll | How::WalkTop => {
                    let before = finds.refused.len();
                    self.walk_from(&top, true, finds);
                    // The top itself, if the path names it without a wildcard and it leads somewhere.
                    let leads_nowhere = top.look.kind == (Kind::Link { to_file: false });
                    let is_used = finds.refused.len() == before && !leads_nowhere;
                    if search.how == How::WalkTop && is_used && !is_wild(path) {
                        finds.found.push(top);
                    }
                }
            }
        }
    }

    /// A search by name below the home folder, or a folder in it. Only the first value counts.
    fn find_deep(&mut self, search: &Search, values: &Values, finds: &mut Finds) {
        let written = match search.path.is_empty() {
            true => "~",
            false => &search.path,
        };
        match values.paths(written).into_iter().next() {
            Some(Ok(path)) => {
                let (path, _) = tidy(&path);
                if !self.may_list(&path) {
                    return finds.refuse(&path, Refused::Outside);
                }
                match self.disk.look(&path).map(|it| it.kind) {
                    Some(Kind::Folder) => self.walk(&path, false, &mut finds.found),
                    Some(kind) if kind.is_link() => finds.refuse(&path, Refused::Link),
                    _ => {}
                }
            }
            Some(Err(refusal)) => finds.refuse(search.path.as_bytes(), refusal),
            None => {}
        }
    }

    /// Walks below the top of a search, unless that is a link or a container.
    fn walk_from(&mut self, top: &Found, with_folders: bool, finds: &mut Finds) {
        match top.look.kind {
            Kind::Folder if self.is_container(&top.path) => {
                finds.refuse(&top.path, Refused::Container);
            }
            Kind::Folder => self.walk(&top.path, with_folders, &mut finds.found),
            Kind::LinkToFolder => finds.refuse(&top.path, Refused::Link),
            Kind::File | Kind::Link { .. } | Kind::Other => {}
        }
    }

    /// Links are listed and not entered; one that leads to a folder counts among the folders.
    fn walk(&mut self, folder: &[u8], with_folders: bool, found: &mut Vec<Found>) {
        for entry in self.disk.entries(folder).iter() {
            let path = join(folder, &entry.name);
            if entry.look.kind == Kind::Folder {
                self.walk(&path, with_folders, found);
            }
            if with_folders || !entry.look.kind.counts_as_folder() {
                found.push(Found {
                    path,
                    slash: false,
                    look: entry.look,
                });
            }
        }
    }

    /// Finds a path as it stands, wildcards and all.
    fn literal(&mut self, path: &[u8], finds: &mut Finds) -> Vec<Found> {
        let (path, slash) = tidy(path);
        self.by_parts(&path, slash, false, finds)
    }

    /// Finds what fits a glob.
    pub(crate) fn globbed(&mut self, path: &[u8], finds: &mut Finds) -> Vec<Found> {
        let (path, slash) = tidy(path);
        self.by_parts(&path, slash, true, finds)
    }

    /// Goes down part by part from a folder of the machine's own. No part on the way may be a link.
    /// Without `wildcards` every part is the name it is.
    fn by_parts(
        &mut self,
        path: &[u8],
        slash: bool,
        wildcards: bool,
        finds: &mut Finds,
    ) -> Vec<Found> {
        let (start, rest) = self.start_of(path);
        let parts: Vec<&[u8]> = rest
            .split(|it| *it == b'/')
            .filter(|it| !it.is_empty())
            .collect();
        if let Some((place, refused)) = self.refuses(&start, &parts, wildcards) {
            finds.refuse(&place, refused);
            return Vec::new();
        }
        let Some((last, way)) = parts.split_last() else {
            let look = self.disk.look(&start);
            let found = look.map(|look| Found {
                path: start,
                slash,
                look,
            });
            return found.into_iter().collect();
        };
        let mut folders = vec![start];
        for part in way {
            let mut next = Vec::new();
            for (path, look) in folders
                .iter()
                .flat_map(|it| self.fitting(it, part, wildcards))
            {
                match look.kind {
                    Kind::Folder => next.push(path),
                    Kind::LinkToFolder => finds.refuse(&path, Refused::Link),
                    _ => {}
                }
            }
            folders = next;
        }
        let mut found = Vec::new();
        for (path, look) in folders
            .iter()
            .flat_map(|it| self.fitting(it, last, wildcards))
        {
            match look.kind {
                // A slash behind a link means what it leads to.
                Kind::LinkToFolder if slash => finds.refuse(&path, Refused::Link),
                Kind::Folder => found.push(Found { path, slash, look }),
                _ if slash => {}
                _ => found.push(Found { path, slash, look }),
            }
        }
        found
    }

    /// Returns why a path is not to be looked at, with the part of it that has no wildcard.
    fn refuses(
        &mut self,
        start: &[u8],
        parts: &[&[u8]],
        wildcards: bool,
    ) -> Option<(Vec<u8>, Refused)> {
        let fixed = parts
            .iter()
            .take_while(|part| !(wildcards && is_wild(part)));
        let prefix = fixed.fold(start.to_vec(), |path, part| join(&path, part));
        let refused = match self.shield.protects_all_below(&prefix) {
            // One path is counted with what the deny list keeps out. A place is not even listed.
            Some(_) if !wildcards => return None,
            Some(row) => Refused::Protected(&row.id),
            None if !self.may_list(&prefix) => Refused::Outside,
            None => return None,
        };
        // Of what is not there, nothing is kept out.
        self.disk.look(&prefix)?;
        Some((prefix, refused))
    }

    fn fitting(&mut self, folder: &[u8], part: &[u8], wildcards: bool) -> Vec<(Vec<u8>, Look)> {
        if !(wildcards && is_wild(part)) {
            let path = join(folder, part);
            let look = self.disk.look(&path);
            return look.map(|look| (path, look)).into_iter().collect();
        }
        let glob = Glob::new(part);
        let entries = self.disk.entries(folder);
        let fitting = entries.iter().filter(|it| glob.fits(&it.name));
        fitting
            .map(|it| (join(folder, &it.name), it.look))
            .collect()
    }

    fn passes(&self, search: &Search, found: &Found) -> bool {
        let path = self.on_machine(&found.path);
        let name = path.rsplit(|it| *it == b'/').next().unwrap_or_default();
        let kind = match search.filters.kind.filter(|_| search.how != How::Deep) {
            Some(KindAsked::File) => found.look.kind.counts_as_file(),
            Some(KindAsked::Folder) => found.look.kind.counts_as_folder(),
            None => true,
        };
        kind && match found.slash {
            true => search.filters.pass(b"", &join(path, b"")),
            false => search.filters.pass(name, path),
        }
    }
}

impl Finds {
    pub(crate) fn refuse(&mut self, path: &[u8], why: impl Into<Refused>) {
        self.refused.push((path.to_vec(), why.into()));
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Path(refusal)
    }
}

/// Returns a path without doubled slashes and single dots, and whether a slash stood at its end.
fn tidy(path: &[u8]) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(path.len());
    for part in path.split(|it| *it == b'/') {
        if !part.is_empty() && part != b"." {
            out.push(b'/');
            out.extend(part);
        }
    }
    if out.is_empty() {
        out.push(b'/');
    }
    let slash = path.len() > 1 && path.ends_with(b"/");
    (out, slash)
}
