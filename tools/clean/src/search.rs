//! Which files and folders the rules name, on one walk of the rows.

use std::{collections::BTreeMap, path::PathBuf};

use knowledge::junk::{self, Matcher, RuleIndex, Shape, State, TooManyRules};
use tool::{
    Days, Moment,
    pass::{FileId, FolderId, Forest, Kind},
};

use crate::{Scope, sums::by_inode};

/// A file or folder that a rule names, with everything below it that no other rule names.
pub(crate) struct Match {
    pub(crate) rule: RuleIndex,
    pub(crate) place: Place,
    pub(crate) allocated: u64,
    pub(crate) frees: u64,
    pub(crate) files: u64,
    pub(crate) newest_ns: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    File(FileId),
    Folder(FolderId),
}

/// Everything that a rule names, by rule; what was touched too recently is left out.
pub(crate) struct Found<'s> {
    pub(crate) rows: &'static [junk::Junk],
    pub(crate) matches: BTreeMap<RuleIndex, Vec<Match>>,
    /// The folders inside each folder.
    pub(crate) children: &'s Children,
}

/// The folders inside each folder.
pub(crate) type Children = BTreeMap<FolderId, Vec<FolderId>>;

impl<'s> Found<'s> {
    /// Finds junk in everything that was walked.
    ///
    /// Nothing is promised twice: a file with several names counts only if all of them are junk.
    ///
    /// # Errors
    /// When there are so many homes that the rules for all of them cannot be held.
    pub(crate) fn of(scope: &Scope<'_>, children: &'s Children) -> Result<Self, TooManyRules> {
        let rows = junk::rows(scope.machine.platform);
        let matcher = Matcher::new(rows, &crate::bases(scope.machine))?;
        let mut search = Search {
            forest: scope.forest,
            matcher: &matcher,
            found: Vec::new(),
            match_of: vec![None; scope.forest.folder_numbers()],
            states: vec![None; scope.forest.folder_numbers()],
            children,
            linked: Vec::new(),
        };
        search.walk();
        search.count_linked(scope);
        for (id, row) in scope.forest.files() {
            if let Some(at) = search.match_of_file(id) {
                search.found[at].add_file(row.allocated, row.mtime_ns);
                match scope.forest.may_have_other_names(row) {
                    true => {}
                    false => search.found[at].frees += scope.holdings.own(scope.forest, id),
                }
            }
        }
        let mut matches: BTreeMap<RuleIndex, Vec<Match>> = BTreeMap::new();
        for it in search.found {
            let old_enough = it.age(scope.machine.now).0 >= it.rule.of(rows).min_age_days;
            if old_enough && it.allocated > 0 {
                matches.entry(it.rule).or_default().push(it);
            }
        }
        Ok(Self {
            rows,
            matches,
            children,
        })
    }
}

impl Match {
    pub(crate) fn path(&self, forest: &Forest) -> PathBuf {
        match self.place {
            Place::File(id) => forest.path(id),
            Place::Folder(id) => forest.folder_path(id),
        }
    }

    /// Returns how long nothing in it has changed.
    pub(crate) fn age(&self, now: Moment) -> Days {
        Moment(self.newest_ns.div_euclid(1000)).days_until(now)
    }

    fn add_file(&mut self, allocated: u64, mtime_ns: i64) {
        self.files += 1;
        self.allocated = self.allocated.saturating_add(allocated);
        self.newest_ns = self.newest_ns.max(mtime_ns);
    }
}

struct Search<'a> {
    forest: &'a Forest,
    matcher: &'a Matcher,
    found: Vec<Match>,
    /// For each folder, the match it lies in.
    match_of: Vec<Option<usize>>,
    states: Vec<Option<State>>,
    children: &'a Children,
    /// Single files that are junk by themselves, and their match.
    linked: Vec<(FileId, usize)>,
}

impl Search<'_> {
    /// Goes down from the roots and notes where junk begins.
    fn walk(&mut self) {
        for id in self.forest.folders_from_the_top() {
            let number = self.forest.number(id);
            let (state, inherited, mut rule) = match self.forest.parent(id) {
                None => {
                    let start = self.matcher.start(&self.forest.folder_path(id));
                    (start.state, None, start.junk)
                }
                Some(parent) => {
                    let above = self.forest.number(parent);
                    // A parent comes before its folders, so its state is known.
                    let Some(from) = self.states[above] else {
                        continue;
                    };
                    let name = self.forest.folder_name(id);
                    let step = self.matcher.step(from, name);
                    let by_name = match step.junk {
                        Some(_) => None,
                        None => self.named(step.state, name, Shape::Folder, parent, Some(id)),
                    };
                    // All below a match by name belongs to it.
                    let state = if by_name.is_some() {
                        State::CLOSED
                    } else {
                        step.state
                    };
                    (state, self.match_of[above], step.junk.or(by_name))
                }
            };
            // A rule that is met again inside its own match says nothing new.
            if let Some(at) = inherited {
                rule = rule.filter(|rule| *rule != self.found[at].rule);
            }
            self.states[number] = Some(state);
            self.match_of[number] = match rule {
                Some(rule) => Some(self.begin(rule, Place::Folder(id))),
                None => inherited,
            };
            if let Some(at) = self.match_of[number] {
                let row = self.forest.folder(id);
                let found = &mut self.found[at];
                found.allocated = found.allocated.saturating_add(row.allocated);
                found.frees = found.frees.saturating_add(row.allocated);
                found.newest_ns = found.newest_ns.max(row.mtime_ns);
            }
            self.files_in(id, state);
        }
        self.linked.sort_unstable();
    }

    /// Looks for files that are junk by themselves.
    fn files_in(&mut self, folder: FolderId, state: State) {
        let inside = self.match_of[self.forest.number(folder)];
        let forest = self.forest;
        for (id, row) in forest.files_in(folder) {
            if row.kind == Kind::Special {
                continue;
            }
            let name = forest.name(id);
            let step = self.matcher.step(state, name);
            let named = || self.named(step.state, name, Shape::File, folder, None);
            let Some(rule) = step.junk.or_else(named) else {
                continue;
            };
            if inside.is_some_and(|at| self.found[at].rule == rule) {
                continue;
            }
            let at = self.begin(rule, Place::File(id));
            self.linked.push((id, at));
        }
    }

    fn begin(&mut self, rule: RuleIndex, place: Place) -> usize {
        let newest_ns = i64::MIN;
        self.found.push(Match {
            rule,
            place,
            allocated: 0,
            frees: 0,
            files: 0,
            newest_ns,
        });
        self.found.len() - 1
    }

    /// Returns the rule for things of this name whose evidence stands beside and inside it.
    fn named(
        &self,
        state: State,
        name: &[u8],
        shape: Shape,
        folder: FolderId,
        itself: Option<FolderId>,
    ) -> Option<RuleIndex> {
        let candidates = self.matcher.named(state, name).iter();
        let proved = |rule: &&junk::Named| {
            rule.is == shape
                && self.holds_any(folder, &rule.beside)
                && itself.is_none_or(|itself| self.holds_any(itself, &rule.inside))
        };
        candidates.filter(proved).map(|rule| rule.rule).next()
    }

    /// Returns whether a folder holds something of one of these names; true if none is asked.
    fn holds_any(&self, folder: FolderId, names: &[String]) -> bool {
        let fits = |held: &[u8]| {
            names
                .iter()
                .any(|name| knowledge::pattern::fits(name.as_bytes(), held))
        };
        names.is_empty()
            || self
                .forest
                .files_in(folder)
                .any(|(id, _)| fits(self.forest.name(id)))
            || self
                .folders_in(folder)
                .any(|id| fits(self.forest.folder_name(id)))
    }

    fn folders_in(&self, folder: FolderId) -> impl Iterator<Item = FolderId> {
        self.children.get(&folder).into_iter().flatten().copied()
    }

    fn match_of_file(&self, id: FileId) -> Option<usize> {
        let own = self
            .linked
            .binary_search_by_key(&id, |(file, _)| *file)
            .ok();
        let folder = self.forest.file(id).folder;
        own.map(|at| self.linked[at].1)
            .or(self.match_of[self.forest.number(folder)])
    }

    /// Counts files with several names: they free something only if every name is junk.
    fn count_linked(&mut self, scope: &Scope<'_>) {
        let forest = self.forest;
        let several = forest
            .files()
            .filter(|(_, row)| forest.may_have_other_names(row));
        for names in by_inode(forest, several.map(|(id, _)| id).collect()) {
            let matches: Vec<Option<usize>> =
                names.iter().map(|id| self.match_of_file(*id)).collect();
            let all_seen = usize::from(forest.file(names[0]).nlink) <= names.len();
            if let (true, Some(Some(at))) = (all_seen && !matches.contains(&None), matches.first())
            {
                self.found[*at].frees += scope.holdings.own(forest, names[0]);
            }
        }
    }
}

/// Returns the folders inside each folder.
pub(crate) fn folders_inside(forest: &Forest) -> Children {
    let mut inside = Children::new();
    for (id, _) in forest.folders() {
        if let Some(parent) = forest.parent(id) {
            inside.entry(parent).or_default().push(id);
        }
    }
    inside
}
