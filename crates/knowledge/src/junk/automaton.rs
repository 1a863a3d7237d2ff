//! Many path patterns as one deterministic automaton over the names of a path.
//!
//! A walk asks for every entry of a disk whether some pattern ends there. Patterns are put into a
//! trie, one node per component; since a name can follow a literal and several wildcards at once,
//! the walk would have to carry a set of nodes. All sets that can occur are worked out here
//! beforehand and numbered, so that the walk carries one number, and the empty set costs nothing.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use super::RuleIndex;
use crate::pattern::fits;

/// Where a walk stands among the patterns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State(u32);

impl State {
    /// No pattern leads further down from here; projects may lie here.
    pub const NOWHERE: Self = Self(0);
    /// No pattern leads further down from here, and nothing below is junk by its name either.
    pub const CLOSED: Self = Self(1);
    /// The folder `/`.
    pub(super) const ROOT: Self = Self(2);
}

/// The rules need more states than a walk should carry: a mistake in the rows, or an attack by
/// rules that someone else wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the junk rules overlap too much: more than {MOST_STATES} states, or {MOST_STARS} wildcards in one folder"
)]
pub struct TooManyRules;

// The rows of 2026-11 need some 71,000 for a hundred people on Linux.
pub(super) const MOST_STATES: usize = 1 << 20;
// The wildcards of one folder that fit a name are kept as bits.
const MOST_STARS: usize = 128;
// Wildcards of one folder that can fit the same name are rare in the rows, but double the sets.
const MOST_SETS: usize = 4096;

/// One component of a pattern.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// Exactly this name, even if it holds a `*`.
    Name(Vec<u8>),
    /// Every name that fits.
    Star(Vec<u8>),
}

/// What a pattern says about the paths that fit it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// They are junk.
    Junk(RuleIndex),
    /// They stay, and so does what holds them; what is inside may be junk.
    Stays,
    /// They stay with everything below.
    StaysWhole,
    /// No project of a person lies below.
    NoProjects,
}

#[derive(Default)]
struct Node {
    names: BTreeMap<Vec<u8>, usize>,
    stars: BTreeMap<Vec<u8>, usize>,
    // How much the pattern up to here knows about the path.
    rank: Rank,
    // The rule that ends here.
    junk: Option<RuleIndex>,
    // Some rule ends further down.
    junk_below: bool,
    // It, or something below it, must stay.
    stays: bool,
    stays_whole: bool,
    no_projects: bool,
}

/// The more literal bytes a pattern has, the more it knows about the path; then fewer wildcards.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    literal: usize,
    stars: Reverse<usize>,
}

impl Rank {
    fn after(self, part: &Part) -> Self {
        let (Part::Name(name) | Part::Star(name)) = part;
        let stars = match part {
            Part::Name(_) => 0,
            Part::Star(star) => star.iter().filter(|byte| **byte == b'*').count(),
        };
        let Self {
            literal,
            stars: Reverse(before),
        } = self;
        Self {
            literal: literal + name.len() - stars,
            stars: Reverse(before + stars),
        }
    }
}

struct Row {
    names: Vec<(Vec<u8>, State)>,
    // Wildcards other than a bare `*`, and the state for each set of them that a name can fit.
    stars: Vec<Vec<u8>>,
    by_stars: Vec<(u128, State)>,
    // The state for a name that is none of `names` and fits none of `stars`.
    other: State,
    junk: Option<RuleIndex>,
    projects: bool,
}

impl Row {
    /// Returns the row of a folder below which every state is `below`.
    fn closed(below: State) -> Self {
        Self {
            names: Vec::new(),
            stars: Vec::new(),
            by_stars: Vec::new(),
            other: below,
            junk: None,
            projects: below == State::NOWHERE,
        }
    }
}

/// The patterns, ready to be walked.
pub(super) struct Automaton {
    rows: Vec<Row>,
}

impl Automaton {
    pub(super) fn new(patterns: &[(Vec<Part>, Mark)]) -> Result<Self, TooManyRules> {
        let mut trie = vec![Node::default()];
        for (parts, mark) in patterns {
            insert(&mut trie, parts, *mark);
        }
        // Children were made after their parents.
        for at in (0..trie.len()).rev() {
            let node = &trie[at];
            let below = || {
                node.names
                    .values()
                    .chain(node.stars.values())
                    .map(|child| &trie[*child])
            };
            let stays = node.stays || below().any(|child| child.stays);
            let junk_below = below().any(|child| child.junk.is_some() || child.junk_below);
            (trie[at].stays, trie[at].junk_below) = (stays, junk_below);
        }
        Builder::new(&trie).build()
    }

    /// Returns the state after `name`, one component further down.
    #[inline]
    pub(super) fn next(&self, state: State, name: &[u8]) -> State {
        if state.0 <= State::CLOSED.0 {
            return state;
        }
        self.follow(state, name)
    }

    fn follow(&self, state: State, name: &[u8]) -> State {
        let row = self.row(state);
        if let Ok(at) = row
            .names
            .binary_search_by(|(known, _)| known.as_slice().cmp(name))
        {
            return row.names[at].1;
        }
        if row.stars.is_empty() {
            return row.other;
        }
        let set = fitting(&row.stars, name);
        let at = row
            .by_stars
            .binary_search_by_key(&set, |(known, _)| *known)
            .expect("every set of wildcards that one name can fit was worked out");
        row.by_stars[at].1
    }

    /// Returns the rule that ends at `state`.
    #[inline]
    pub(super) fn junk(&self, state: State) -> Option<RuleIndex> {
        if state.0 <= State::CLOSED.0 {
            None
        } else {
            self.row(state).junk
        }
    }

    /// Returns whether what stands at `state` may be junk by its name.
    #[inline]
    pub(super) fn projects(&self, state: State) -> bool {
        state == State::NOWHERE || (state != State::CLOSED && self.row(state).projects)
    }

    #[cfg(test)]
    pub(super) fn states(&self) -> usize {
        self.rows.len()
    }

    fn row(&self, state: State) -> &Row {
        &self.rows[state.0 as usize]
    }
}

fn insert(trie: &mut Vec<Node>, parts: &[Part], mark: Mark) {
    let mut at = 0;
    for part in parts {
        let fresh = trie.len();
        let children = match part {
            Part::Name(_) => &mut trie[at].names,
            Part::Star(_) => &mut trie[at].stars,
        };
        let (Part::Name(key) | Part::Star(key)) = part;
        let child = *children.entry(key.clone()).or_insert(fresh);
        if child == fresh {
            let rank = trie[at].rank.after(part);
            trie.push(Node {
                rank,
                ..Node::default()
            });
        }
        at = child;
    }
    let node = &mut trie[at];
    match mark {
        // The earlier row wins where two have the same pattern.
        Mark::Junk(rule) => node.junk = Some(node.junk.map_or(rule, |other| other.min(rule))),
        Mark::Stays => node.stays = true,
        Mark::StaysWhole => (node.stays, node.stays_whole) = (true, true),
        Mark::NoProjects => node.no_projects = true,
    }
}

fn fitting(stars: &[Vec<u8>], name: &[u8]) -> u128 {
    stars.iter().enumerate().fold(0, |set, (at, star)| {
        set | (u128::from(fits(star, name)) << at)
    })
}

/// A set of trie nodes, sorted, and whether projects are ruled out from above.
type Set = (Vec<usize>, bool);

struct Builder<'t> {
    trie: &'t [Node],
    numbers: HashMap<Set, State>,
    todo: Vec<Set>,
}

impl<'t> Builder<'t> {
    fn new(trie: &'t [Node]) -> Self {
        let numbers = [
            ((Vec::new(), false), State::NOWHERE),
            ((Vec::new(), true), State::CLOSED),
        ];
        Self {
            trie,
            numbers: numbers.into(),
            todo: Vec::new(),
        }
    }

    fn build(mut self) -> Result<Automaton, TooManyRules> {
        let mut rows = vec![Row::closed(State::NOWHERE), Row::closed(State::CLOSED)];
        let root = self.number(vec![0], false)?;
        if root != State::ROOT {
            // The whole disk is protected: `/` behaves like any closed folder.
            rows.push(Row::closed(State::CLOSED));
        }
        // Sets are numbered in the order in which they are found, and worked on in that order.
        let mut at = 0;
        while let Some(set) = self.todo.get(at).cloned() {
            rows.push(self.row(&set)?);
            at += 1;
        }
        Ok(Automaton { rows })
    }

    fn row(&mut self, (nodes, closed): &Set) -> Result<Row, TooManyRules> {
        let trie = self.trie;
        if let Some(rule) = self.junk(nodes) {
            // All below belongs to the match, so the walk need not ask any further.
            return Ok(Row {
                junk: Some(rule),
                ..Row::closed(State::CLOSED)
            });
        }
        let mut names: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
        let mut stars: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
        for node in nodes.iter().map(|at| &trie[*at]) {
            for (name, child) in &node.names {
                names.entry(name).or_default().push(*child);
            }
            for (star, child) in &node.stars {
                stars.entry(star).or_default().push(*child);
            }
        }
        let always = stars.remove(b"*".as_slice()).unwrap_or_default();
        let (stars, below): (Vec<Vec<u8>>, Vec<Vec<usize>>) = stars
            .into_iter()
            .map(|(star, below)| (star.to_vec(), below))
            .unzip();
        if stars.len() > MOST_STARS {
            return Err(TooManyRules);
        }
        let with = |set: u128| {
            let chosen = below
                .iter()
                .enumerate()
                .filter(move |(at, _)| set >> at & 1 == 1);
            chosen.flat_map(|(_, nodes)| nodes).chain(&always).copied()
        };

        let mut by_name = Vec::with_capacity(names.len());
        for (name, mut target) in names {
            target.extend(with(fitting(&stars, name)));
            by_name.push((name.to_vec(), self.number(target, *closed)?));
        }
        let mut by_stars = Vec::new();
        for set in sets(&stars)? {
            by_stars.push((set, self.number(with(set).collect(), *closed)?));
        }
        by_stars.sort_unstable_by_key(|(set, _)| *set);
        Ok(Row {
            names: by_name,
            // The empty set of wildcards.
            other: by_stars[0].1,
            by_stars,
            stars,
            junk: None,
            projects: !closed && !nodes.iter().any(|at| trie[*at].stays),
        })
    }

    /// Returns the rule that holds for a set of nodes: the one that knows most about the path,
    /// unless something must stay here, or a rule that knows more leads further down. So
    /// `Caches/*` leaves `Caches/Firefox` to the rule for `Caches/Firefox/Profiles`.
    fn junk(&self, nodes: &[usize]) -> Option<RuleIndex> {
        let nodes = || nodes.iter().map(|at| &self.trie[*at]);
        let here = nodes().filter_map(|node| node.junk.map(|rule| (node.rank, Reverse(rule))));
        let (rank, Reverse(rule)) = here.max()?;
        let stays = nodes().any(|node| node.stays || (node.junk_below && node.rank > rank));
        (!stays).then_some(rule)
    }

    fn number(&mut self, mut nodes: Vec<usize>, closed: bool) -> Result<State, TooManyRules> {
        if nodes.iter().any(|at| self.trie[*at].stays_whole) {
            return Ok(State::CLOSED);
        }
        nodes.sort_unstable();
        nodes.dedup();
        let closed = closed || nodes.iter().any(|at| self.trie[*at].no_projects);
        let set = (nodes, closed);
        if let Some(state) = self.numbers.get(&set) {
            return Ok(*state);
        }
        let number = self.numbers.len();
        if number >= MOST_STATES {
            return Err(TooManyRules);
        }
        let state = State(u32::try_from(number).map_err(|_| TooManyRules)?);
        self.numbers.insert(set.clone(), state);
        self.todo.push(set);
        Ok(state)
    }
}

/// Returns every set of wildcards, as bits, that one name might fit all of; the empty set is the
/// first. Some sets that no name fits are among them.
fn sets(stars: &[Vec<u8>]) -> Result<Vec<u128>, TooManyRules> {
    let mut all = vec![0_u128];
    for (at, star) in stars.iter().enumerate() {
        let fits_with = |set: &u128| {
            (0..at).all(|other| set >> other & 1 == 0 || may_meet(&stars[other], star))
        };
        let more: Vec<u128> = all
            .iter()
            .filter(|set| fits_with(set))
            .map(|set| set | 1 << at)
            .collect();
        all.extend(more);
        if all.len() > MOST_SETS {
            return Err(TooManyRules);
        }
    }
    Ok(all)
}

/// Returns false only if no name can fit both wildcards: they begin or end differently.
fn may_meet(a: &[u8], b: &[u8]) -> bool {
    let start = |star: &[u8]| {
        star.iter()
            .position(|byte| *byte == b'*')
            .unwrap_or(star.len())
    };
    let end = |star: &[u8]| {
        star.iter()
            .rev()
            .position(|byte| *byte == b'*')
            .unwrap_or(star.len())
    };
    let same_start = a
        .iter()
        .zip(b)
        .take(start(a).min(start(b)))
        .all(|(x, y)| x == y);
    let same_end = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take(end(a).min(end(b)))
        .all(|(x, y)| x == y);
    same_start && same_end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_wildcards_that_can_meet_make_sets() {
        let stars = |all: &[&str]| -> Vec<Vec<u8>> {
            all.iter().map(|star| star.as_bytes().to_vec()).collect()
        };
        assert_eq!(sets(&stars(&["a*", "b*"])).unwrap(), [0b00, 0b01, 0b10]);
        assert_eq!(
            sets(&stars(&["a*", "*b"])).unwrap(),
            [0b00, 0b01, 0b10, 0b11]
        );
        assert_eq!(sets(&stars(&["*.gz", "*.xz"])).unwrap().len(), 3);
        let apart: Vec<Vec<u8>> = (0..100).map(|n| format!("{n}-*").into_bytes()).collect();
        assert_eq!(sets(&apart).unwrap().len(), 101);
    }
}
