//! Which folders go as a whole, and which stay whole because another one went.

use std::{
    cmp::Ordering,
    collections::HashSet,
    path::{Path, PathBuf},
};

use knowledge::bundles::Bundle;
use tool::{
    Bytes, Proposal, Seen, is_in_a_bin,
    pass::{FileId, FolderId, Forest, Kind},
};

use super::{Judged, Rank, Selection, Whereabouts, fits};
use crate::folders::Folders;

/// Folders that hold more than this do not go as a whole: a person could not look through the step.
const MOST: u64 = 100_000;

/// What becomes of files without anybody asking about them alone.
#[derive(Debug, Default)]
pub(crate) struct Whole {
    /// By [`Forest::number`]; empty when nothing is decided.
    fates: Vec<Fate>,
    /// The folders that go.
    pub(crate) proposals: Vec<Proposal>,
}

/// What becomes of a folder and everything below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Each file is asked about alone.
    #[default]
    Open,
    /// It is a bundle or lies in one: it goes with all of it, or not at all.
    Part,
    /// It stays: it is the copy of a folder that goes.
    Stays,
    /// It goes with a folder.
    Goes,
}

impl Whole {
    pub(crate) fn fate(&self, forest: &Forest, id: FileId) -> Fate {
        let folder = forest.number(forest.file(id).folder);
        self.fates.get(folder).copied().unwrap_or_default()
    }
}

impl Selection<'_> {
    /// Decides which folders go as a whole, if that is wished. What is in a bundle stays or goes with it.
    pub(crate) fn whole(&self, folders: &Folders<'_>, places: &Whereabouts<'_>) -> Whole {
        let forest = folders.tree.forest;
        let mut whole = Whole {
            fates: vec![Fate::Open; forest.folder_numbers()],
            proposals: Vec::new(),
        };
        for id in &folders.tree.from_the_top {
            if folders.bundle(*id).is_some() || folders.is_part_of_bundle(*id) {
                whole.fates[forest.number(*id)] = Fate::Part;
            }
        }
        if !self.wishes.folders || self.wishes.joined {
            return whole;
        }
        // Each group comes before those of the folders in it.
        for group in &folders.equal {
            self.of_group(folders, group, places, &mut whole);
        }
        whole
    }

    fn of_group(
        &self,
        folders: &Folders<'_>,
        group: &[FolderId],
        places: &Whereabouts<'_>,
        whole: &mut Whole,
    ) {
        let forest = folders.tree.forest;
        if folders.holds[forest.number(group[0])].entries > MOST || shares_a_file(folders, group) {
            return;
        }
        let there = group.iter().copied();
        let there = there.filter(|id| whole.fates[forest.number(*id)] != Fate::Goes);
        let rank_of = |path: &Path| places.rank(path, self.wishes.parts);
        let copies = there.filter_map(|id| Copy::of(folders, id, &rank_of));
        let mut copies: Vec<Copy> = copies.collect();
        let locked = |copy: &Copy| {
            let mut locks = self.wishes.lock.iter();
            locks.any(|lock| copy.is_below(&lock.0) || lock.0.starts_with(&copy.path))
        };
        if copies.len() < 2 || copies.iter().any(locked) {
            return;
        }
        copies.sort_by(|one, other| self.folder_order(one, other, places.roots).0);
        let (first, rest) = copies.split_first().expect("there are two at the least");
        let same_isle = |copy: &Copy| {
            self.isle(copy)
                .is_some_and(|it| self.isle(first) == Some(it))
        };
        let is_nested =
            |copy: &Copy| copy.path.starts_with(&first.path) || first.path.starts_with(&copy.path);
        let stays = |copy: &&Copy| {
            whole.fates[forest.number(copy.id)] == Fate::Stays
                || is_nested(copy)
                || same_isle(copy)
                || copy.bundle.is_some_and(|it| first.bundle != Some(it))
                || self.part(&copy.path, places).is_some()
                || !is_of_one_device(folders, copy.id)
                || self.folder_stays(folders, copy, places)
        };
        let (kept, goes): (Vec<&Copy>, Vec<&Copy>) = rest.iter().partition(stays);
        // What lies worse than the first is not relied on.
        let relied_on = kept.iter().filter(|it| it.rank == first.rank).count();
        let more = self.wishes.at_least.max(1).saturating_sub(1 + relied_on);
        let (also_kept, goes) = goes.split_at(more.min(goes.len()));
        let mut proposals: Vec<(FolderId, Proposal)> = Vec::new();
        for copy in goes {
            let (_, decided) = self.folder_order(first, copy, places.roots);
            let proposal = proposal(folders, copy, first, decided);
            let proposal = proposal.filter(|it| is_vouched(it, places));
            proposals.extend(proposal.map(|it| (copy.id, it)));
        }
        if proposals.is_empty() {
            return;
        }
        let stay = [first]
            .into_iter()
            .chain(kept)
            .chain(also_kept.iter().copied());
        let mut decide = |id, fate| {
            for folder in folders.tree.below(id) {
                whole.fates[forest.number(folder)] = fate;
            }
        };
        stay.for_each(|copy| decide(copy.id, Fate::Stays));
        for (id, proposal) in proposals {
            decide(id, Fate::Goes);
            whole.proposals.push(proposal);
        }
    }

    /// Compares two folders, the one that stays first: a bundle rather than a plain folder, wherever they
    /// lie, then as copies of files are.
    fn folder_order(
        &self,
        one: &Copy,
        other: &Copy,
        roots: &[PathBuf],
    ) -> (Ordering, &'static str) {
        let key = |copy: &Copy| (copy.rank, copy.bundle.is_none());
        match key(one).cmp(&key(other)) {
            by_kind if one.rank == other.rank && by_kind.is_ne() => {
                (by_kind, "a program knows it as one thing")
            }
            _ => self.order(one, other, roots),
        }
    }

    /// Returns whether a folder must stay, or something in it.
    fn folder_stays(&self, folders: &Folders<'_>, copy: &Copy, places: &Whereabouts<'_>) -> bool {
        let forest = folders.tree.forest;
        let tree = &folders.tree;
        let paths = || {
            let below = tree.below(copy.id).map(|id| forest.folder_path(id));
            below.chain(tree.files_below(copy.id).map(|id| forest.path(id)))
        };
        let may_go = self.wishes.only.is_empty()
            || fits(&self.only, &copy.path)
            || tree
                .files_below(copy.id)
                .all(|id| fits(&self.only, &forest.path(id)));
        !may_go || paths().any(|path| is_in_a_bin(&path) || self.is_kept(&path, places).is_some())
    }
}

/// A folder among those that hold the same.
struct Copy {
    id: FolderId,
    path: PathBuf,
    rank: Rank,
    /// What it is, if it is one thing to a program.
    bundle: Option<&'static Bundle>,
    /// The newest times of files in it.
    modified: i64,
    changed: i64,
}

impl Copy {
    /// Returns a folder; `None` if it was thrown away.
    fn of(
        folders: &Folders<'_>,
        id: FolderId,
        rank_of: &dyn Fn(&Path) -> Option<Rank>,
    ) -> Option<Self> {
        let forest = folders.tree.forest;
        let path = forest.folder_path(id);
        let rank = rank_of(&path)?;
        let files = folders.tree.files_below(id);
        let (modified, changed) = files.fold((i64::MIN, i64::MIN), |newest, file| {
            let row = forest.file(file);
            (newest.0.max(row.mtime_ns), newest.1.max(row.ctime_ns))
        });
        Some(Self {
            id,
            path,
            rank,
            bundle: folders.bundle(id),
            modified,
            changed,
        })
    }
}

impl Judged for Copy {
    fn path(&self) -> &Path {
        &self.path
    }

    fn rank(&self) -> Rank {
        self.rank
    }

    fn is_below(&self, folder: &Path) -> bool {
        self.path.starts_with(folder)
    }

    fn modified(&self) -> i64 {
        self.modified
    }

    fn changed(&self) -> i64 {
        self.changed
    }

    /// A folder is read whenever somebody looks: that says nothing.
    fn last_read(&self) -> i64 {
        0
    }

    fn links(&self) -> (i64, i64) {
        (1, 0)
    }
}

/// Returns whether two of these folders hold one file under two names, or one folder behind two mounts:
/// they do not vouch for each other.
fn shares_a_file(folders: &Folders<'_>, group: &[FolderId]) -> bool {
    let forest = folders.tree.forest;
    let mut known: HashSet<(u16, u64)> = HashSet::new();
    group.iter().any(|id| {
        let below = folders.tree.below(*id).map(|id| {
            let row = forest.folder(id);
            (row.device, row.inode)
        });
        let files = folders.tree.files_below(*id).map(|id| {
            let row = forest.file(id);
            (row.device, row.inode)
        });
        let own: HashSet<(u16, u64)> = below.chain(files).collect();
        let shares = own.iter().any(|it| known.contains(it));
        known.extend(own);
        shares
    })
}

/// Returns whether everything below is on one device and can be moved, and vouched for, at all.
fn is_of_one_device(folders: &Folders<'_>, id: FolderId) -> bool {
    let forest = folders.tree.forest;
    let device = forest.folder(id).device;
    let tree = &folders.tree;
    tree.below(id).all(|it| forest.folder(it).device == device)
        && tree.files_below(id).all(|it| {
            let row = forest.file(it);
            row.device == device && row.kind != Kind::Special
        })
}

/// Returns the step of a folder, with the like of everything in it in the one that stays.
fn proposal(folders: &Folders<'_>, goes: &Copy, stays: &Copy, decided: &str) -> Option<Proposal> {
    let forest = folders.tree.forest;
    let (inside, mirror) = (inside(folders, goes.id), inside(folders, stays.id));
    let like = |one: &Seen, other: &Seen| {
        let below = one.path.0.strip_prefix(&goes.path).ok();
        below.is_some() && below == other.path.0.strip_prefix(&stays.path).ok()
    };
    // The same kind has the same names; were it not so, nothing would vouch for it.
    let is_like =
        inside.len() == mirror.len() && inside.iter().zip(&mirror).all(|it| like(it.0, it.1));
    let seen = forest.seen_folder(goes.id);
    let shown = tool::path_text::shown(stays.path.as_os_str());
    is_like.then(|| Proposal {
        path: seen.path,
        is: seen.is,
        reason: format!("holds the same as the folder `{shown}`, which stays: {decided}"),
        rule: None,
        frees: Bytes(folders.own(goes.id)),
        survivor: Some(forest.seen_folder(stays.id)),
        inside,
        mirror,
    })
}

/// Returns whether everything that would stay can be relied on where the like of it, that goes, could be.
fn is_vouched(proposal: &Proposal, places: &Whereabouts<'_>) -> bool {
    let mut pairs = proposal.inside.iter().zip(&proposal.mirror);
    pairs.all(|(goes, stays)| !places.is_junk(&stays.path.0) || places.is_junk(&goes.path.0))
}

/// Returns everything below a folder: each folder before what it holds, those of one folder by name.
fn inside(folders: &Folders<'_>, id: FolderId) -> Vec<Seen> {
    let forest = folders.tree.forest;
    let mut all = Vec::new();
    for folder in folders.tree.below(id) {
        if folder != id {
            all.push(forest.seen_folder(folder));
        }
        let mut files: Vec<FileId> = forest.files_in(folder).map(|(id, _)| id).collect();
        files.sort_unstable_by_key(|id| forest.name(*id));
        all.extend(files.into_iter().map(|id| forest.seen(id)));
    }
    all
}
