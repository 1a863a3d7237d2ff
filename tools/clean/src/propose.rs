//! What of the junk goes into a plan, and what stays and why.

use knowledge::junk;
use serde::{Deserialize, Serialize};
use tool::{
    Bytes, Proposal, Seen,
    pass::{FolderId, Forest, Kind},
};

use crate::{
    Scope,
    keep::Keep,
    search::{Children, Found, Place},
};

/// More entries than this are no single step: what the folder holds is proposed one by one instead.
const MOST_INSIDE: u64 = 10_000;

/// What a person said about which junk goes. It can be sent to a worker.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wishes {
    /// The kinds that go, by id or by the start of it: `linux.thumbnails`, `project`. Empty: those that
    /// are ticked by their rows.
    pub kinds: Vec<String>,
    /// Kinds that stay, likewise.
    pub without: Vec<String>,
}

impl Wishes {
    /// Returns whether a kind goes into the plan. What is only reported never does.
    pub(crate) fn takes(&self, id: &str, default: bool, kind: junk::Kind) -> bool {
        let named = |names: &[String]| names.iter().any(|name| is_of(id, name));
        let wanted = match self.kinds.is_empty() {
            true => default,
            false => named(&self.kinds),
        };
        wanted && !named(&self.without) && kind != junk::Kind::Report
    }
}

/// Returns whether an id is `name`, or of the group of that name.
#[must_use]
pub fn is_of(id: &str, name: &str) -> bool {
    id.strip_prefix(name)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Returns what is proposed by these wishes, in the order of the ids of rules and of paths.
pub(crate) fn proposals(
    scope: &Scope<'_>,
    found: &Found<'_>,
    keep: &Keep,
    wishes: &Wishes,
) -> Vec<Proposal> {
    let mut all = Vec::new();
    for (rule, matches) in &found.matches {
        let row = rule.of(found.rows);
        let taken = wishes.takes(&row.id, row.default, row.kind);
        if !taken || scope.held.contains_key(&row.id) {
            continue;
        }
        let goes = matches
            .iter()
            .filter(|it| kept(scope, found.children, keep, it.place).is_none());
        let mut of_rule = Vec::new();
        for it in goes {
            let mut proposal = Proposal {
                path: it.path(scope.forest).into(),
                is: match it.place {
                    Place::File(id) => scope.forest.seen(id).is,
                    Place::Folder(id) => scope.forest.seen_folder(id).is,
                },
                reason: format!("{}: {}; if removed: {}", row.name, row.why, row.lost),
                rule: Some(row.id.clone()),
                frees: Bytes(it.frees),
                survivor: None,
                inside: Vec::new(),
                mirror: Vec::new(),
            };
            match it.place {
                Place::Folder(id) if entries(scope.forest, found.children, id) > MOST_INSIDE => {
                    piecemeal(scope, found.children, id, &proposal, &mut of_rule);
                }
                Place::Folder(id) => {
                    proposal.inside = inside(scope.forest, found.children, id);
                    of_rule.push(proposal);
                }
                Place::File(_) => of_rule.push(proposal),
            }
        }
        of_rule.sort_by(|a, b| a.path.cmp(&b.path));
        all.append(&mut of_rule);
    }
    all
}

/// Says why a file or folder goes into no plan, if it does not.
pub(crate) fn kept(
    scope: &Scope<'_>,
    children: &Children,
    keep: &Keep,
    place: Place,
) -> Option<String> {
    let forest = scope.forest;
    let path = match place {
        Place::File(id) => forest.path(id),
        Place::Folder(id) => forest.folder_path(id),
    };
    if keep.holds(&path) {
        return Some("you keep it".to_owned());
    }
    let folder = match place {
        Place::File(id) => {
            return (forest.file(id).kind == Kind::Special).then(|| LISTENING.to_owned());
        }
        Place::Folder(id) => id,
    };
    let at = scope.forest.skipped.partition_point(|it| it.path.0 < path);
    if scope.forest.skipped[at..]
        .first()
        .is_some_and(|it| it.path.0.starts_with(&path))
    {
        return Some("something in it could not be looked at".to_owned());
    }
    let device = forest.folder(folder).device;
    for below in below(children, folder) {
        if forest.folder(below).device != device {
            return Some("another file system begins in it".to_owned());
        }
        if !keep.is_empty() && keep.names(&forest.folder_path(below)) {
            return Some("you keep something in it".to_owned());
        }
        for (id, row) in forest.files_in(below) {
            if row.kind == Kind::Special {
                return Some(format!("in it, {LISTENING}"));
            }
            if !keep.is_empty() && keep.names(&forest.path(id)) {
                return Some("you keep something in it".to_owned());
            }
        }
    }
    None
}

const LISTENING: &str = "a socket, pipe or device may belong to a program that is running";

/// Returns a folder and all folders below it.
fn below(children: &Children, folder: FolderId) -> Vec<FolderId> {
    let mut all = vec![folder];
    let mut at = 0;
    while let Some(id) = all.get(at).copied() {
        all.extend(children.get(&id).into_iter().flatten());
        at += 1;
    }
    all
}

fn entries(forest: &Forest, children: &Children, folder: FolderId) -> u64 {
    let folders = below(children, folder);
    let files: usize = folders.iter().map(|id| forest.files_in(*id).count()).sum();
    (files + folders.len()) as u64
}

/// Returns everything below a folder, each folder before what it holds.
pub(crate) fn inside(forest: &Forest, children: &Children, folder: FolderId) -> Vec<Seen> {
    let mut all = Vec::new();
    for id in below(children, folder) {
        if id != folder {
            all.push(forest.seen_folder(id));
        }
        all.extend(forest.files_in(id).map(|(id, _)| forest.seen(id)));
    }
    // As paths are compared, a folder stands before what it holds.
    all.sort_by(|a, b| a.path.cmp(&b.path));
    all
}

/// Proposes what a large folder holds, one by one; the folder itself stays.
fn piecemeal(
    scope: &Scope<'_>,
    children: &Children,
    folder: FolderId,
    whole: &Proposal,
    all: &mut Vec<Proposal>,
) {
    let forest = scope.forest;
    let frees = |folder: FolderId| -> u64 {
        let files = forest.files_in(folder);
        let own = files.filter(|(_, row)| !forest.may_have_other_names(row));
        own.map(|(id, _)| scope.holdings.own(forest, id)).sum()
    };
    for (id, row) in forest.files_in(folder) {
        let Seen { path, is } = forest.seen(id);
        let own = match forest.may_have_other_names(row) {
            true => 0,
            false => scope.holdings.own(forest, id),
        };
        all.push(Proposal {
            path,
            is,
            frees: Bytes(own),
            ..whole.clone()
        });
    }
    for id in children.get(&folder).into_iter().flatten().copied() {
        let folders = below(children, id);
        if entries(forest, children, id) > MOST_INSIDE {
            piecemeal(scope, children, id, whole, all);
            continue;
        }
        let own = |id: &FolderId| frees(*id).saturating_add(forest.folder(*id).allocated);
        let Seen { path, is } = forest.seen_folder(id);
        all.push(Proposal {
            path,
            is,
            frees: Bytes(folders.iter().map(own).sum()),
            inside: inside(forest, children, id),
            ..whole.clone()
        });
    }
}
