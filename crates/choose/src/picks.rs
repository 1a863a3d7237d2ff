//! What is chosen: which items, what that frees, and how it came about, so that it can be taken back.
//!
//! A selection is changed by [`Picks::flip`] alone, which keeps every sum. Whatever is asked for, of
//! each group as many files stay as its rule says, and what is locked stays.

use std::collections::BTreeMap;

use crate::{Group, Rule};

/// Names one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct At {
    pub(crate) group: usize,
    pub(crate) item: usize,
}

/// Why an item cannot be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It is locked.
    Locked,
    /// Too few of its group would stay.
    Last,
}

/// How many items are chosen, and what that frees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) items: usize,
    /// Of how many groups.
    pub(crate) groups: usize,
    pub(crate) frees: u128,
}

/// How many items a change chose, let go, and had to leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Came {
    pub(crate) on: usize,
    pub(crate) off: usize,
    pub(crate) locked: usize,
    pub(crate) last: usize,
}

#[derive(Debug)]
pub(crate) struct Picks {
    tallies: Vec<Tally>,
    sums: Sums,
    /// Each change as the items it flipped: to flip them again takes it back.
    done: Vec<Vec<At>>,
    undone: Vec<Vec<At>>,
}

/// One group.
#[derive(Debug)]
struct Tally {
    selected: Vec<bool>,
    locked: Vec<bool>,
    /// Which of the files each item is a name of.
    file_of: Vec<usize>,
    files: Vec<File>,
    /// How many files must stay.
    stay: usize,
    /// Files of which no name is chosen.
    whole: usize,
    items: usize,
    frees: u128,
}

#[derive(Clone, Copy, Debug, Default)]
struct File {
    names: usize,
    selected: usize,
    frees: u64,
}

impl Picks {
    /// Begins with what the groups say is chosen, as far as their rules allow it.
    pub(crate) fn of(groups: &[Group]) -> Self {
        let mut picks = Self {
            tallies: groups.iter().map(Tally::of).collect(),
            sums: Sums::default(),
            done: Vec::new(),
            undone: Vec::new(),
        };
        for (number, group) in groups.iter().enumerate() {
            let wanted = group.items.iter().enumerate().filter(|it| it.1.selected);
            for (item, _) in wanted {
                let at = At {
                    group: number,
                    item,
                };
                if picks.refuses(at).is_none() {
                    picks.flip(at);
                }
            }
        }
        picks
    }

    pub(crate) fn is_selected(&self, at: At) -> bool {
        self.tallies[at.group].selected[at.item]
    }

    pub(crate) fn selected(&self) -> Vec<Vec<bool>> {
        self.tallies.iter().map(|it| it.selected.clone()).collect()
    }

    /// Returns why an item that is not chosen cannot be; `None` if it can.
    pub(crate) fn refuses(&self, at: At) -> Option<Refused> {
        let tally = &self.tallies[at.group];
        let file = &tally.files[tally.file_of[at.item]];
        if tally.locked[at.item] {
            Some(Refused::Locked)
        } else if file.selected == 0 && tally.whole <= tally.stay {
            Some(Refused::Last)
        } else {
            None
        }
    }

    pub(crate) fn sums(&self) -> Sums {
        self.sums
    }

    /// Returns how many items of a group are chosen, and what that frees.
    pub(crate) fn of_group(&self, group: usize) -> (usize, u128) {
        let tally = &self.tallies[group];
        (tally.items, tally.frees)
    }

    /// Returns the number of an item's file in its group, and how many names that has.
    pub(crate) fn file(&self, at: At) -> (usize, usize) {
        let tally = &self.tallies[at.group];
        let file = tally.file_of[at.item];
        (file, tally.files[file].names)
    }

    /// Returns whether all names of a file are chosen, and what it frees.
    pub(crate) fn goes_whole(&self, group: usize, file: usize) -> (bool, u64) {
        let file = &self.tallies[group].files[file];
        (file.selected == file.names, file.frees)
    }

    /// Returns whether anything was changed since the beginning and not taken back.
    pub(crate) fn is_changed(&self) -> bool {
        !self.done.is_empty()
    }

    /// Chooses an item, or lets it go.
    pub(crate) fn toggle(&mut self, at: At) -> Result<(), Refused> {
        if !self.is_selected(at)
            && let Some(refused) = self.refuses(at)
        {
            return Err(refused);
        }
        self.flip(at);
        self.keep(vec![at]);
        Ok(())
    }

    /// Chooses these items as far as rules allow. The last is the first to be chosen: what stays stands first
    /// in its group.
    pub(crate) fn select(&mut self, items: &[At]) -> Came {
        let mut came = Came::default();
        let mut flips = Vec::new();
        for at in items.iter().rev().copied() {
            if self.is_selected(at) {
                continue;
            }
            match self.refuses(at) {
                Some(Refused::Locked) => came.locked += 1,
                Some(Refused::Last) => came.last += 1,
                None => {
                    self.flip(at);
                    flips.push(at);
                    came.on += 1;
                }
            }
        }
        self.keep(flips);
        came
    }

    /// Lets these items go.
    pub(crate) fn clear(&mut self, items: &[At]) -> Came {
        let chosen = items.iter().copied();
        let chosen: Vec<At> = chosen.filter(|at| self.is_selected(*at)).collect();
        chosen.iter().for_each(|at| self.flip(*at));
        let came = Came {
            off: chosen.len(),
            ..Came::default()
        };
        self.keep(chosen);
        came
    }

    /// Chooses these items rather than others of their groups: where the rule leaves no more to choose,
    /// others are let go for them. If that changes nothing, all of them are let go.
    ///
    /// They must be sorted.
    pub(crate) fn prefer(&mut self, items: &[At]) -> Came {
        let mut came = Came::default();
        let mut flips = Vec::new();
        for inside in items.chunk_by(|one, other| one.group == other.group) {
            // What is not chosen yet and waits for another to be let go.
            for at in inside.iter().rev() {
                if self.is_selected(*at) {
                    continue;
                }
                if self.refuses(*at) == Some(Refused::Last) {
                    let other = self.file_outside(inside);
                    came.off += other.len();
                    other.iter().for_each(|at| self.flip(*at));
                    flips.extend(other);
                }
                match self.refuses(*at) {
                    Some(Refused::Locked) => came.locked += 1,
                    Some(Refused::Last) => came.last += 1,
                    None => {
                        self.flip(*at);
                        flips.push(*at);
                        came.on += 1;
                    }
                }
            }
        }
        if flips.is_empty() {
            return self.clear(items);
        }
        self.keep(flips);
        came
    }

    /// Returns the chosen names of one file that has none of these items.
    fn file_outside(&self, inside: &[At]) -> Vec<At> {
        let Some(group) = inside.first().map(|at| at.group) else {
            return Vec::new();
        };
        let tally = &self.tallies[group];
        let mut is_inside = vec![false; tally.files.len()];
        for at in inside {
            is_inside[tally.file_of[at.item]] = true;
        }
        let file = (0..tally.files.len())
            .find(|number| !is_inside[*number] && tally.files[*number].selected > 0);
        let names = (0..tally.selected.len())
            .filter(|item| tally.selected[*item] && Some(tally.file_of[*item]) == file);
        names.map(|item| At { group, item }).collect()
    }

    /// Takes the last change back; false if there is none.
    pub(crate) fn undo(&mut self) -> bool {
        let Some(flips) = self.done.pop() else {
            return false;
        };
        flips.iter().for_each(|at| self.flip(*at));
        self.undone.push(flips);
        true
    }

    /// Makes the change again that was last taken back; false if there is none.
    pub(crate) fn redo(&mut self) -> bool {
        let Some(flips) = self.undone.pop() else {
            return false;
        };
        flips.iter().for_each(|at| self.flip(*at));
        self.done.push(flips);
        true
    }

    fn keep(&mut self, flips: Vec<At>) {
        if !flips.is_empty() {
            self.done.push(flips);
            self.undone.clear();
        }
    }

    fn flip(&mut self, at: At) {
        let tally = &mut self.tallies[at.group];
        let file = &mut tally.files[tally.file_of[at.item]];
        let on = !tally.selected[at.item];
        tally.selected[at.item] = on;
        if on {
            tally.whole -= usize::from(file.selected == 0);
            file.selected += 1;
            if file.selected == file.names {
                tally.frees += u128::from(file.frees);
                self.sums.frees += u128::from(file.frees);
            }
            self.sums.groups += usize::from(tally.items == 0);
            tally.items += 1;
            self.sums.items += 1;
        } else {
            if file.selected == file.names {
                tally.frees -= u128::from(file.frees);
                self.sums.frees -= u128::from(file.frees);
            }
            file.selected -= 1;
            tally.whole += usize::from(file.selected == 0);
            tally.items -= 1;
            self.sums.groups -= usize::from(tally.items == 0);
            self.sums.items -= 1;
        }
    }
}

impl Tally {
    fn of(group: &Group) -> Self {
        let mut numbers = BTreeMap::new();
        let mut files: Vec<File> = Vec::new();
        let mut file_of = Vec::with_capacity(group.items.len());
        for item in &group.items {
            let number = *numbers.entry(item.file).or_insert(files.len());
            if number == files.len() {
                files.push(File::default());
            }
            let file = &mut files[number];
            file.names += 1;
            file.frees = file.frees.max(item.frees.0);
            file_of.push(number);
        }
        Self {
            selected: vec![false; group.items.len()],
            locked: group.items.iter().map(|it| it.locked.is_some()).collect(),
            file_of,
            stay: match group.rule {
                Rule::Any => 0,
                Rule::Stay(files) => files,
            },
            whole: files.len(),
            files,
            items: 0,
            frees: 0,
        }
    }
}
