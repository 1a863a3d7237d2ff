//! What no row can name: empty folders, and links that lead nowhere. Looked for only when asked.

use std::{
    io::ErrorKind,
    path::{Component, Path, PathBuf},
};

use knowledge::junk;
use serde::{Deserialize, Serialize};
use tool::{
    Bytes, EntryKind, Proposal, Seen,
    pass::{FileId, FolderId, Kind},
};

use crate::{
    JunkKind, JunkPlace, Scope,
    keep::Keep,
    propose,
    search::{Children, Place},
};

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Odd {
    /// Folders that hold nothing but empty folders.
    EmptyFolders,
    /// Symbolic links to what is not there.
    BrokenLinks,
}

impl Odd {
    const ALL: [Self; 2] = [Self::EmptyFolders, Self::BrokenLinks];

    /// Returns the id that plans and reports have.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::EmptyFolders => "found.empty-folders",
            Self::BrokenLinks => "found.broken-links",
        }
    }

    fn words(self) -> [&'static str; 3] {
        match self {
            Self::EmptyFolders => [
                "empty folders",
                "they hold no file, and neither do the folders in them",
                "a folder that some program or person meant to fill later",
            ],
            Self::BrokenLinks => [
                "links that lead nowhere",
                "what they led to is gone or was moved",
                "the note of where it was",
            ],
        }
    }
}

/// What was found of one of them.
pub(crate) struct Found {
    odd: Odd,
    places: Vec<Place>,
}

/// Looks for these below the homes, but not below hidden folders and `Library`: there, programs keep
/// folders and links with a meaning of their own.
pub(crate) fn find(scope: &Scope<'_>, children: &Children, asked: &[Odd]) -> Vec<Found> {
    let own = own_folders(scope, children);
    let found = |odd: &Odd| Found {
        odd: *odd,
        places: match odd {
            Odd::EmptyFolders => empty_folders(scope, children, &own),
            Odd::BrokenLinks => broken_links(scope, &own),
        },
    };
    Odd::ALL
        .iter()
        .filter(|it| asked.contains(it))
        .map(found)
        .filter(|it| !it.places.is_empty())
        .collect()
}

impl Found {
    pub(crate) fn kind(&self, scope: &Scope<'_>, children: &Children, keep: &Keep) -> JunkKind {
        let [name, why, lost] = self.odd.words();
        let mut places: Vec<JunkPlace> = self.places.iter().map(|it| place(scope, *it)).collect();
        places.sort_by(|a, b| a.path.cmp(&b.path));
        let more = places.len().saturating_sub(crate::junk::NAMED_PLACES);
        places.truncate(crate::junk::NAMED_PLACES);
        let by_path = |it: &Place| path(scope, *it);
        for place in &mut places {
            let at = self.places.iter().find(|it| by_path(it) == place.path.0);
            place.kept = at.and_then(|it| propose::kept(scope, children, keep, *it));
        }
        let frees = self.places.iter().map(|it| Bytes(allocated(scope, *it)));
        let frees: Bytes = frees.sum();
        JunkKind {
            id: self.odd.id().to_owned(),
            name: name.to_owned(),
            kind: junk::Kind::Leftover,
            why: why.to_owned(),
            lost: lost.to_owned(),
            before: String::new(),
            preselected: false,
            held: None,
            allocated: frees,
            frees,
            files: self.places.len() as u64,
            untouched: places
                .iter()
                .map(|it| it.untouched)
                .min()
                .unwrap_or_default(),
            places,
            more_places: more as u64,
            source: "seen on this disk".to_owned(),
        }
    }

    pub(crate) fn proposals(
        &self,
        scope: &Scope<'_>,
        children: &Children,
        keep: &Keep,
    ) -> Vec<Proposal> {
        let goes = self
            .places
            .iter()
            .filter(|it| propose::kept(scope, children, keep, **it).is_none());
        let [name, why, _] = self.odd.words();
        let proposal = |it: &Place| {
            let (seen, inside) = match *it {
                Place::File(id) => (scope.forest.seen(id), Vec::new()),
                Place::Folder(id) => (
                    scope.forest.seen_folder(id),
                    propose::inside(scope.forest, children, id),
                ),
            };
            Proposal {
                path: seen.path,
                is: seen.is,
                reason: format!("{name}: {why}"),
                rule: Some(self.odd.id().to_owned()),
                frees: Bytes(allocated(scope, *it)),
                survivor: None,
                inside,
                mirror: Vec::new(),
            }
        };
        let mut all: Vec<Proposal> = goes.map(proposal).collect();
        all.sort_by(|a, b| a.path.cmp(&b.path));
        all
    }
}

fn path(scope: &Scope<'_>, place: Place) -> PathBuf {
    match place {
        Place::File(id) => scope.forest.path(id),
        Place::Folder(id) => scope.forest.folder_path(id),
    }
}

fn place(scope: &Scope<'_>, place: Place) -> JunkPlace {
    let newest_ns = match place {
        Place::File(id) => scope.forest.file(id).mtime_ns,
        Place::Folder(id) => scope.forest.folder(id).mtime_ns,
    };
    JunkPlace {
        path: path(scope, place).into(),
        frees: Bytes(allocated(scope, place)),
        untouched: tool::Moment(newest_ns.div_euclid(1000)).days_until(scope.machine.now),
        kept: None,
    }
}

fn allocated(scope: &Scope<'_>, place: Place) -> u64 {
    match place {
        Place::File(id) => scope.forest.file(id).allocated,
        Place::Folder(id) => scope.forest.folder(id).allocated,
    }
}

/// Returns the folders of people in which names are their own: not hidden, not a `Library`, below a home
/// or a folder that was named.
fn own_folders(scope: &Scope<'_>, children: &Children) -> Vec<FolderId> {
    let mut own: Vec<FolderId> = Vec::new();
    for root in scope.forest.roots() {
        if scope.forest.folder(*root).main {
            own.push(*root);
        }
    }
    let mut at = 0;
    while let Some(id) = own.get(at).copied() {
        let inside = children.get(&id).into_iter().flatten().copied();
        own.extend(inside.filter(|id| {
            let name = scope.forest.folder_name(*id);
            !name.starts_with(b".") && name != b"Library"
        }));
        at += 1;
    }
    own
}

fn empty_folders(scope: &Scope<'_>, children: &Children, own: &[FolderId]) -> Vec<Place> {
    let forest = scope.forest;
    let inside = |id: FolderId| children.get(&id).into_iter().flatten().copied();
    let unseen = |id: FolderId| {
        let path = forest.folder_path(id);
        scope
            .forest
            .skipped
            .iter()
            .any(|it| it.path.0.starts_with(&path))
    };
    // Children come after their folders, so that from the end each is known before its folder.
    let mut empty = vec![false; forest.folder_numbers()];
    for id in forest.folders_from_the_top().into_iter().rev() {
        let device = forest.folder(id).device;
        empty[forest.number(id)] = forest.files_in(id).next().is_none()
            && inside(id).all(|it| empty[forest.number(it)] && forest.folder(it).device == device);
    }
    let is_empty = |id: FolderId| empty[forest.number(id)];
    let top = own.iter().copied().filter(|id| {
        // The largest ones only; a folder that was named is not called empty.
        let above = forest.parent(*id);
        above.is_some_and(|above| !is_empty(above) || forest.parent(above).is_none())
            && is_empty(*id)
            && !unseen(*id)
            && knowledge::protected::protects(&forest.folder_path(*id), &scope.machine.people)
                .is_none()
    });
    top.map(Place::Folder).collect()
}

fn broken_links(scope: &Scope<'_>, own: &[FolderId]) -> Vec<Place> {
    let forest = scope.forest;
    let is_link = |id: &FileId| forest.file(*id).kind == Kind::Link;
    let links = own
        .iter()
        .flat_map(|folder| forest.files_in(*folder))
        .map(|(id, _)| id)
        .filter(is_link);
    links
        .filter(|id| leads_nowhere(&forest.path(*id)))
        .map(Place::File)
        .collect()
}

/// Returns whether a link leads to what is certainly not there: not to a disk that may only be away, and
/// not to a mere word, as programs write into links that nobody follows.
fn leads_nowhere(link: &Path) -> bool {
    let Ok(target) = link.read_link() else {
        return false;
    };
    let away = [
        "/media",
        "/mnt",
        "/run/media",
        "/Volumes",
        "/net",
        "/proc",
        "/dev",
    ];
    let names = target
        .components()
        .filter(|it| matches!(it, Component::Normal(_)));
    let hidden = link
        .file_name()
        .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let word = names.count() < 2 && (hidden || target.to_string_lossy().contains([':', '@']));
    let gone = |error: std::io::Error| error.kind() == ErrorKind::NotFound;
    !word && !away.iter().any(|top| target.starts_with(top)) && link.metadata().is_err_and(gone)
}

/// Says why one of these does not hold any more, if `rule` is one of them: the outer `None` means that it
/// is not.
#[allow(clippy::option_option, reason = "no such rule, it holds, it does not")]
pub(crate) fn refuses(
    rule: &str,
    path: &Path,
    kind: EntryKind,
    inside: &[Seen],
) -> Option<Option<String>> {
    let odd = Odd::ALL.into_iter().find(|it| it.id() == rule)?;
    let holds = match odd {
        Odd::EmptyFolders => {
            kind == EntryKind::Folder && inside.iter().all(|it| it.is.kind == EntryKind::Folder)
        }
        Odd::BrokenLinks => kind == EntryKind::Link && leads_nowhere(path),
    };
    Some((!holds).then(|| format!("it is not one of the {} any more", odd.words()[0])))
}
