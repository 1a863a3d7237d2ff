//! What is listed: groups or folders, in which order, what is folded and what a filter leaves.

use std::cmp::Reverse;

use tool::{Moment, path_text::shown_path};

use super::{Mode, Sort, State, View};
use crate::{Item, Rule, folders::Folders, picks::At};

/// A row of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) what: What,
    /// How far in it stands.
    pub(crate) depth: usize,
}

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Group(usize),
    Item(At),
    Folder(usize),
}

impl State {
    /// Makes the rows anew; the cursor stays on what it stood on, or on what holds that.
    pub(super) fn list(&mut self) {
        let before = self.here();
        self.rows = match self.view {
            View::Groups => self.by_group(),
            View::Folders => self.by_folder(),
        };
        let find = |what: What| self.rows.iter().position(|row| row.what == what);
        let mut at = before;
        self.cursor = loop {
            let Some(what) = at else { break 0 };
            if let Some(row) = find(what) {
                break row;
            }
            at = match (what, self.view) {
                (What::Item(at), View::Groups) => Some(What::Group(at.group)),
                (What::Item(at), View::Folders) => Some(What::Folder(self.folders().of_item(at))),
                (What::Group(group), View::Folders) => Some(What::Item(At { group, item: 0 })),
                (What::Group(_), View::Groups) => None,
                (What::Folder(folder), View::Folders) => {
                    self.folders().row(folder).above.map(What::Folder)
                }
                (What::Folder(folder), View::Groups) => {
                    let items = self.folders().items_below(folder);
                    items.first().copied().map(What::Item)
                }
            };
        };
        self.scroll();
    }

    /// Brings the cursor among the rows, and the row under it into sight.
    pub(super) fn scroll(&mut self) {
        let height = self.list_height().max(1);
        self.cursor = self.cursor.min(self.rows.len().saturating_sub(1));
        let last = self.rows.len().saturating_sub(height);
        self.top = self
            .top
            .min(self.cursor)
            .max((self.cursor + 1).saturating_sub(height))
            .min(last);
    }

    /// Returns how many rows of the list the window has room for.
    pub(crate) fn list_height(&self) -> usize {
        match self.height {
            0..=2 => self.height,
            3..=4 => self.height - 1,
            5..=7 => self.height - 2,
            height => height - 4,
        }
    }

    /// Turns from groups to folders, and back.
    pub(super) fn turn(&mut self) {
        self.view = match self.view {
            View::Groups => View::Folders,
            View::Folders => View::Groups,
        };
        if self.folders.is_none() {
            let folders = Folders::of(&self.groups, &self.picks);
            // Those on top are open, so that something is to be seen.
            let tops = folders.tops();
            self.open_folders = vec![false; folders.count()];
            for top in tops {
                let folder = folders.first_that_parts(top);
                self.open(folder, true);
            }
            self.folders = Some(folders);
        }
        self.list();
    }

    pub(super) fn sort_next(&mut self) {
        self.sort = match self.sort {
            Sort::Bytes => Sort::Path,
            Sort::Path => Sort::Age,
            Sort::Age => Sort::Bytes,
        };
        self.said = self.sort.words().to_owned();
        self.list();
    }

    pub(super) fn set_filter(&mut self, filter: String) {
        self.filter = filter;
        let needle = self.filter.to_lowercase();
        self.hits = (!needle.is_empty()).then(|| {
            let home = self.asked.home.as_deref();
            let fits = |text: &str| text.to_lowercase().contains(&needle);
            let hits = self.groups.iter().map(|group| {
                let whole = fits(&group.title);
                let items = group.items.iter();
                let mut hits: Vec<bool> = items
                    .map(|it| whole || fits(&shown_path(&it.path, home)))
                    .collect();
                // Of copies that vouch for each other all are to be seen.
                if group.rule != Rule::Any && hits.contains(&true) {
                    hits.fill(true);
                }
                hits
            });
            hits.collect()
        });
        self.list();
        if matches!(self.mode, Mode::Filter { .. }) {
            self.cursor = 0;
        }
    }

    pub(super) fn is_hit(&self, at: At) -> bool {
        self.hits
            .as_ref()
            .is_none_or(|hits| hits[at.group][at.item])
    }

    /// Returns the items of a group that the filter leaves.
    pub(super) fn seen_of(&self, group: usize) -> Vec<At> {
        let items = 0..self.groups[group].items.len();
        let at = |item| At { group, item };
        items.map(at).filter(|at| self.is_hit(*at)).collect()
    }

    /// Folds what the cursor stands on or in, or unfolds it; `None` turns it round.
    pub(super) fn fold(&mut self, folded: Option<bool>) {
        match (self.here(), self.view) {
            (Some(What::Group(group)), _) => {
                self.folded_groups[group] = folded.unwrap_or(!self.folded_groups[group]);
            }
            (Some(What::Item(at)), View::Groups) => {
                if folded != Some(false) {
                    self.folded_groups[at.group] = true;
                }
            }
            (Some(What::Item(at)), View::Folders) => {
                let folder = self.folders().of_item(at);
                if folded != Some(false) {
                    self.open(folder, false);
                }
            }
            (Some(What::Folder(folder)), _) => {
                let open = self.is_open(folder);
                // Out of a folder that is folded already.
                if folded == Some(true) && !open {
                    self.cursor = self.row_above().unwrap_or(self.cursor);
                    return;
                }
                self.open(folder, folded.map_or(!open, |folded| !folded));
            }
            (None, _) => return,
        }
        self.list();
    }

    /// Unfolds everything, or folds everything if nothing is folded.
    pub(super) fn fold_all(&mut self) {
        match self.view {
            View::Groups => {
                let fold = !self.folded_groups.contains(&true);
                self.folded_groups.fill(fold);
            }
            View::Folders => {
                // A folder that only leads to another is never listed, nor opened.
                let folders = self.folders();
                let is_listed = |folder: &usize| folders.first_that_parts(*folder) == *folder;
                let open = (0..folders.count())
                    .filter(is_listed)
                    .any(|folder| !self.open_folders[folder]);
                self.open_folders.fill(open);
            }
        }
        self.list();
    }

    pub(crate) fn is_folded(&self, group: usize) -> bool {
        self.folded_groups[group]
    }

    pub(crate) fn is_open(&self, folder: usize) -> bool {
        self.open_folders.get(folder).copied().unwrap_or(false)
    }

    fn open(&mut self, folder: usize, open: bool) {
        self.open_folders[folder] = open;
    }

    /// Returns the row of the folder that holds what the cursor stands on.
    fn row_above(&self) -> Option<usize> {
        let depth = self.rows.get(self.cursor)?.depth;
        (0..self.cursor)
            .rev()
            .find(|row| self.rows[*row].depth < depth)
    }

    fn by_group(&self) -> Vec<Row> {
        let mut numbers: Vec<usize> = (0..self.groups.len()).collect();
        let first_path = |group: &usize| self.groups[*group].items.iter().map(|it| &it.path).min();
        match self.sort {
            Sort::Bytes => numbers.sort_by_cached_key(|group| Reverse(self.may_free(*group))),
            Sort::Path => numbers.sort_by_key(first_path),
            Sort::Age => numbers.sort_by_cached_key(|group| {
                let times = self.groups[*group].items.iter().map(Item::modified);
                times.min().unwrap_or(Moment(i64::MAX))
            }),
        }
        let mut rows = Vec::new();
        for group in numbers {
            let items = self.seen_of(group);
            if items.is_empty() {
                continue;
            }
            let what = What::Group(group);
            rows.push(Row { what, depth: 0 });
            if !self.folded_groups[group] {
                let row = |at| Row {
                    what: What::Item(at),
                    depth: 1,
                };
                rows.extend(items.into_iter().map(row));
            }
        }
        rows
    }

    /// Returns what a group frees at the most: all of it, but for what has to stay.
    fn may_free(&self, group: usize) -> u128 {
        let it = &self.groups[group];
        let mut files: Vec<(usize, u64)> =
            it.items.iter().map(|it| (it.file, it.frees.0)).collect();
        files.sort_unstable();
        files.dedup_by_key(|it| it.0);
        let mut bytes: Vec<u64> = files.into_iter().map(|it| it.1).collect();
        bytes.sort_unstable();
        let stay = match it.rule {
            Rule::Any => 0,
            Rule::Stay(files) => files,
        };
        let goes = bytes.len().saturating_sub(stay);
        bytes[..goes].iter().map(|it| u128::from(*it)).sum()
    }

    fn by_folder(&self) -> Vec<Row> {
        let folders = self.folders();
        let hit = self.hits.is_some().then(|| {
            let mut hit = vec![false; folders.count()];
            let all = (0..self.groups.len()).flat_map(|group| self.seen_of(group));
            for at in all {
                let mut up = Some(folders.of_item(at));
                while let Some(folder) = up.filter(|it| !hit[*it]) {
                    hit[folder] = true;
                    up = folders.row(folder).above;
                }
            }
            hit
        });
        let is_hit = |folder: &usize| hit.as_ref().is_none_or(|hit| hit[*folder]);
        let sorted = |mut all: Vec<usize>| {
            match self.sort {
                Sort::Bytes => all.sort_by_key(|it| Reverse(folders.row(*it).sums.bytes)),
                Sort::Path => all.sort_by_key(|it| &folders.row(*it).path),
                Sort::Age => all.sort_by_key(|it| folders.row(*it).oldest),
            }
            all
        };
        let mut rows = Vec::new();
        let mut left: Vec<Row> = Vec::new();
        let later = |left: &mut Vec<Row>, all: Vec<usize>, depth: usize| {
            let row = |folder| Row {
                what: What::Folder(folders.first_that_parts(folder)),
                depth,
            };
            left.extend(sorted(all).into_iter().filter(is_hit).rev().map(row));
        };
        later(&mut left, folders.tops(), 0);
        while let Some(row) = left.pop() {
            rows.push(row);
            let What::Folder(folder) = row.what else {
                continue;
            };
            if !self.is_open(folder) && self.hits.is_none() {
                continue;
            }
            let it = folders.row(folder);
            let mut items: Vec<At> = it
                .items
                .iter()
                .copied()
                .filter(|at| self.is_hit(*at))
                .collect();
            let item = |at: &At| &self.groups[at.group].items[at.item];
            match self.sort {
                Sort::Bytes => items.sort_by_key(|at| Reverse(item(at).frees)),
                Sort::Path => items.sort_by_key(|at| &item(at).path),
                Sort::Age => items.sort_by_key(|at| item(at).modified()),
            }
            let row_of = |at| Row {
                what: What::Item(at),
                depth: row.depth + 1,
            };
            left.extend(items.into_iter().rev().map(row_of));
            later(&mut left, it.folders.clone(), row.depth + 1);
        }
        rows
    }
}
