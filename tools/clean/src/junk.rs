//! Junk: what programs left behind and can do without, by the rows of `knowledge`.

use std::{cmp::Reverse, collections::BTreeMap};

use knowledge::junk::{self, Matcher, RuleIndex, Shape, State, TooManyRules};
use serde::Serialize;
use tool::{
    Bytes, Days, Moment, PathText,
    pass::{FileId, FolderId, Forest, Kind},
};

use crate::{Scope, sums::by_inode};

/// How many places of one kind are named; the rest is counted.
const NAMED_PLACES: usize = 100;

/// What `candor clean --json` says, as `schemas/candor.clean.1.schema.json` has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Junk {
    /// Each kind that was found, the one that frees most first.
    pub kinds: Vec<JunkKind>,
    /// What would be free at the least if all of it went.
    pub frees: Bytes,
    /// How many kinds were looked for.
    pub kinds_looked_for: u64,
}

/// One kind of junk that was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JunkKind {
    /// The row: `linux.thumbnails`.
    pub id: String,
    /// What a person calls it.
    pub name: String,
    /// What sort of thing it is: `cache`, `log`.
    pub kind: junk::Kind,
    /// Why it is junk.
    pub why: String,
    /// What is lost if it is removed.
    pub lost: String,
    /// What to do before it is removed; empty if nothing.
    pub before: String,
    /// Whether a plan to remove junk would begin with it ticked.
    pub preselected: bool,
    /// What the disk sets aside for it.
    pub allocated: Bytes,
    /// What would be free at the least if it went.
    pub frees: Bytes,
    /// Files and links in it.
    pub files: u64,
    /// Days since anything in it changed.
    pub untouched: Days,
    /// Where it is, largest first.
    pub places: Vec<JunkPlace>,
    /// How many places were found beyond those.
    pub more_places: u64,
    /// Where the facts about it come from.
    pub source: String,
}

/// One file or folder that is junk.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JunkPlace {
    /// The file or folder.
    pub path: PathText,
    /// What would be free at the least if it went.
    pub frees: Bytes,
    /// Days since anything in it changed.
    pub untouched: Days,
}

/// A file or folder that a rule names, with everything below it that no other rule names.
struct Match {
    rule: RuleIndex,
    place: Place,
    allocated: u64,
    frees: u64,
    files: u64,
    newest_ns: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    File(FileId),
    Folder(FolderId),
}

impl Junk {
    /// Finds junk in everything that was walked.
    ///
    /// Nothing is promised twice: a file with several names counts only if all of them are junk.
    ///
    /// # Errors
    /// When there are so many homes that the rules for all of them cannot be held.
    pub fn of(scope: &Scope<'_>) -> Result<Self, TooManyRules> {
        let rows = junk::rows(scope.machine.platform);
        let looked_for = rows.len() as u64;
        let matcher = Matcher::new(rows, &crate::bases(scope.machine))?;
        let mut search = Search {
            forest: scope.forest,
            matcher: &matcher,
            found: Vec::new(),
            match_of: vec![None; scope.forest.folder_numbers()],
            states: vec![None; scope.forest.folder_numbers()],
            children: folders_inside(scope.forest),
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
        let kinds = kinds(scope, rows, search.found);
        let frees = kinds.iter().map(|kind| kind.frees).sum();
        Ok(Self {
            kinds,
            frees,
            kinds_looked_for: looked_for,
        })
    }
}

impl Match {
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
    /// The folders inside each folder.
    children: BTreeMap<FolderId, Vec<FolderId>>,
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

fn folders_inside(forest: &Forest) -> BTreeMap<FolderId, Vec<FolderId>> {
    let mut inside: BTreeMap<FolderId, Vec<FolderId>> = BTreeMap::new();
    for (id, _) in forest.folders() {
        if let Some(parent) = forest.parent(id) {
            inside.entry(parent).or_default().push(id);
        }
    }
    inside
}

/// Puts matches of one rule together; those that were touched too recently are left out.
fn kinds(scope: &Scope<'_>, rows: &[junk::Junk], found: Vec<Match>) -> Vec<JunkKind> {
    let now = scope.machine.now;
    let age = |it: &Match| Moment(it.newest_ns.div_euclid(1000)).days_until(now);
    let mut by_rule: BTreeMap<RuleIndex, Vec<Match>> = BTreeMap::new();
    for it in found {
        if age(&it).0 >= it.rule.of(rows).min_age_days && it.allocated > 0 {
            by_rule.entry(it.rule).or_default().push(it);
        }
    }
    let kind = |(rule, mut found): (RuleIndex, Vec<Match>)| {
        let row = rule.of(rows);
        let path = |it: &Match| match it.place {
            Place::File(id) => scope.forest.path(id),
            Place::Folder(id) => scope.forest.folder_path(id),
        };
        found.sort_by_cached_key(|it| (Reverse(it.frees), path(it)));
        let place = |it: &Match| JunkPlace {
            path: path(it).into(),
            frees: Bytes(it.frees),
            untouched: age(it),
        };
        JunkKind {
            id: row.id.clone(),
            name: row.name.clone(),
            kind: row.kind,
            why: row.why.clone(),
            lost: row.lost.clone(),
            before: row.guard.words.clone(),
            preselected: row.default,
            allocated: found.iter().map(|it| Bytes(it.allocated)).sum(),
            frees: found.iter().map(|it| Bytes(it.frees)).sum(),
            files: found.iter().map(|it| it.files).sum(),
            untouched: found.iter().map(age).min().unwrap_or_default(),
            places: found.iter().take(NAMED_PLACES).map(place).collect(),
            more_places: found.len().saturating_sub(NAMED_PLACES) as u64,
            source: row.source.clone(),
        }
    };
    let mut kinds: Vec<JunkKind> = by_rule.into_iter().map(kind).collect();
    kinds.sort_by(|a, b| (b.frees, &a.id).cmp(&(a.frees, &b.id)));
    kinds
}
