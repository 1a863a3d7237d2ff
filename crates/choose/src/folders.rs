//! The folders that items lie in, as a tree with sums.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use tool::Moment;

use crate::{
    Group,
    picks::{At, Picks},
};

/// Every folder on the way to an item, each after the one that holds it.
#[derive(Debug, Default)]
pub(crate) struct Folders {
    rows: Vec<Folder>,
    /// The folder of each item.
    of_item: Vec<Vec<usize>>,
    /// For each file, the deepest folder that holds all its names: there its bytes count.
    of_file: Vec<Vec<usize>>,
}

#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    pub(crate) above: Option<usize>,
    pub(crate) folders: Vec<usize>,
    /// Items directly in it.
    pub(crate) items: Vec<At>,
    pub(crate) sums: Below,
    /// When something below it changed that is the oldest.
    pub(crate) oldest: Moment,
}

/// What lies below a folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Below {
    pub(crate) items: usize,
    pub(crate) selected: usize,
    /// What would be freed without all of it.
    pub(crate) bytes: u128,
    /// What is freed by what is chosen of it.
    pub(crate) frees: u128,
}

impl Folders {
    pub(crate) fn of(groups: &[Group], picks: &Picks) -> Self {
        let mut folders = Self::default();
        let mut known: HashMap<PathBuf, usize> = HashMap::new();
        for (number, group) in groups.iter().enumerate() {
            let mut of_item = Vec::with_capacity(group.items.len());
            let mut of_file: Vec<usize> = Vec::new();
            for (item, it) in group.items.iter().enumerate() {
                let at = At {
                    group: number,
                    item,
                };
                let above = it.path.parent().unwrap_or(Path::new("/"));
                let folder = folders.find(&mut known, above);
                folders.rows[folder].items.push(at);
                of_item.push(folder);
                let (file, _) = picks.file(at);
                match of_file.get_mut(file) {
                    Some(holds) => *holds = folders.common(*holds, folder),
                    None => of_file.push(folder),
                }
                let mut up = Some(folder);
                while let Some(row) = up.map(|up| &mut folders.rows[up]) {
                    row.oldest = row.oldest.min(it.modified());
                    up = row.above;
                }
            }
            folders.of_item.push(of_item);
            folders.of_file.push(of_file);
        }
        folders.sum(picks);
        folders
    }

    pub(crate) fn row(&self, folder: usize) -> &Folder {
        &self.rows[folder]
    }

    /// Returns how many there are.
    pub(crate) fn count(&self) -> usize {
        self.rows.len()
    }

    /// Returns the folders that lie in no other.
    pub(crate) fn tops(&self) -> Vec<usize> {
        let top = |number: &usize| self.rows[*number].above.is_none();
        (0..self.rows.len()).filter(top).collect()
    }

    /// Returns the first folder at or below this one that holds more than one folder.
    pub(crate) fn first_that_parts(&self, mut folder: usize) -> usize {
        while let ([only], []) = (&*self.rows[folder].folders, &*self.rows[folder].items) {
            folder = *only;
        }
        folder
    }

    /// Returns all items below a folder, sorted.
    pub(crate) fn items_below(&self, folder: usize) -> Vec<At> {
        let mut items = Vec::new();
        let mut left = vec![folder];
        while let Some(row) = left.pop().map(|it| &self.rows[it]) {
            items.extend(&row.items);
            left.extend(&row.folders);
        }
        items.sort_unstable();
        items
    }

    /// Returns the folder an item lies in.
    pub(crate) fn of_item(&self, at: At) -> usize {
        self.of_item[at.group][at.item]
    }

    /// Counts anew what lies below each folder.
    pub(crate) fn sum(&mut self, picks: &Picks) {
        for row in &mut self.rows {
            let chosen = row.items.iter().filter(|at| picks.is_selected(**at));
            row.sums = Below {
                items: row.items.len(),
                selected: chosen.count(),
                ..Below::default()
            };
        }
        for (group, files) in self.of_file.iter().enumerate() {
            for (file, holds) in files.iter().enumerate() {
                let (goes, bytes) = picks.goes_whole(group, file);
                let sums = &mut self.rows[*holds].sums;
                sums.bytes += u128::from(bytes);
                sums.frees += if goes { u128::from(bytes) } else { 0 };
            }
        }
        // From below: a folder stands after the one that holds it.
        for number in (0..self.rows.len()).rev() {
            let (below, above) = (self.rows[number].sums, self.rows[number].above);
            if let Some(above) = above {
                let sums = &mut self.rows[above].sums;
                sums.items += below.items;
                sums.selected += below.selected;
                sums.bytes += below.bytes;
                sums.frees += below.frees;
            }
        }
    }

    fn find(&mut self, known: &mut HashMap<PathBuf, usize>, path: &Path) -> usize {
        // Down from the nearest folder that is known: paths may be deeper than a stack.
        let mut missing = Vec::new();
        let mut above = None;
        for folder in path.ancestors() {
            above = known.get(folder).copied();
            if above.is_some() {
                break;
            }
            missing.push(folder);
        }
        for folder in missing.into_iter().rev() {
            let number = self.rows.len();
            self.rows.push(Folder {
                path: folder.to_owned(),
                above,
                folders: Vec::new(),
                items: Vec::new(),
                sums: Below::default(),
                oldest: Moment(i64::MAX),
            });
            if let Some(above) = above {
                self.rows[above].folders.push(number);
            }
            known.insert(folder.to_owned(), number);
            above = Some(number);
        }
        above.unwrap_or(0)
    }

    /// Returns the deepest folder that holds both.
    fn common(&self, one: usize, other: usize) -> usize {
        let (mut one, mut other) = (one, other);
        // What holds a folder has a smaller number.
        while one != other {
            let above = match one > other {
                true => &mut one,
                false => &mut other,
            };
            match self.rows[*above].above {
                Some(folder) => *above = folder,
                None => return 0,
            }
        }
        one
    }
}
