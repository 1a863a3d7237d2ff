//! The matcher against a plain reading of its patterns, and its promises one by one.

use std::{
    cmp::Reverse,
    path::{Path, PathBuf},
};

use proptest::prelude::*;

use super::{
    Anywhere, Guard, Junk, Kind, Matcher, RuleIndex, Shape, State, TooManyRules,
    automaton::MOST_STATES,
};
use crate::{
    Base, Platform,
    pattern::{components, fits},
    protected::{Depth, Protected},
};

fn junk(paths: Vec<String>) -> Junk {
    Junk {
        id: "test.row".to_owned(),
        name: String::new(),
        kind: Kind::Cache,
        paths,
        anywhere: None,
        min_age_days: 0,
        guard: Guard::default(),
        why: String::new(),
        lost: String::new(),
        default: false,
        example: String::new(),
        source: String::new(),
    }
}

fn protected(path: String, depth: Depth) -> Protected {
    Protected {
        id: "test.row".to_owned(),
        words: String::new(),
        linux: vec![path],
        macos: Vec::new(),
        depth,
        private: None,
        gives_way: false,
        why: String::new(),
        examples: Vec::new(),
        source: String::new(),
    }
}

fn ada() -> Base {
    Base::of_home(Platform::Linux, Path::new("/"), Path::new("/h/a"))
}

/// What the matcher is to find, by reading every pattern anew for every folder on the way.
struct Naive {
    rules: Vec<(Vec<Vec<u8>>, RuleIndex)>,
    protected: Vec<(Vec<Vec<u8>>, Depth)>,
}

impl Naive {
    fn new(rows: &[Junk], protected: &[Protected], base: &Base) -> Self {
        let split = |pattern: &String| -> Vec<Vec<u8>> {
            let path = base.expand(pattern).unwrap();
            components(&path)
                .unwrap()
                .into_iter()
                .map(<[u8]>::to_vec)
                .collect()
        };
        let rules = rows.iter().enumerate().flat_map(|(at, row)| {
            row.paths
                .iter()
                .map(move |path| (split(path), RuleIndex(at as u16)))
        });
        let protected = protected
            .iter()
            .flat_map(|row| row.linux.iter().map(move |path| (split(path), row.depth)));
        Self {
            rules: rules.collect(),
            protected: protected.collect(),
        }
    }

    /// Returns the rule whose match begins exactly at `path`, and whether names count there.
    fn look(&self, path: &[&[u8]]) -> (Option<RuleIndex>, bool) {
        let mut projects = true;
        for length in 0..=path.len() {
            let here = &path[..length];
            if self.protects(here, Depth::Everything) {
                return (None, false);
            }
            projects &= !self.protects(here, Depth::Projects);
            if let Some(rule) = self.best(here) {
                return (Some(rule).filter(|_| length == path.len()), false);
            }
        }
        (None, projects && !self.stays(path))
    }

    fn best(&self, path: &[&[u8]]) -> Option<RuleIndex> {
        let fitting = self
            .rules
            .iter()
            .filter(|(pattern, _)| pattern.len() == path.len() && starts(pattern, path));
        let (rank, Reverse(rule)) = fitting
            .map(|(pattern, rule)| (rank_of(pattern), Reverse(*rule)))
            .max()?;
        let better_below = self.rules.iter().any(|(pattern, _)| {
            pattern.len() > path.len()
                && starts(pattern, path)
                && rank_of(&pattern[..path.len()]) > rank
        });
        (!better_below && !self.stays(path)).then_some(rule)
    }

    fn stays(&self, path: &[&[u8]]) -> bool {
        self.protected.iter().any(|(pattern, depth)| match depth {
            Depth::Projects | Depth::Nothing => false,
            Depth::Children if path.len() == pattern.len() + 1 => starts(&path_of(pattern), path),
            _ => pattern.len() >= path.len() && starts(pattern, path),
        })
    }

    fn protects(&self, path: &[&[u8]], depth: Depth) -> bool {
        self.protected.iter().any(|(pattern, its)| {
            *its == depth && pattern.len() == path.len() && starts(pattern, path)
        })
    }
}

fn path_of(pattern: &[Vec<u8>]) -> Vec<Vec<u8>> {
    pattern.iter().cloned().chain([b"*".to_vec()]).collect()
}

fn starts(pattern: &[Vec<u8>], path: &[&[u8]]) -> bool {
    pattern
        .iter()
        .zip(path)
        .all(|(star, name)| fits(star, name))
}

fn rank_of(pattern: &[Vec<u8>]) -> (usize, Reverse<usize>) {
    let stars = pattern
        .iter()
        .flatten()
        .filter(|byte| **byte == b'*')
        .count();
    (
        pattern.iter().map(Vec::len).sum::<usize>() - stars,
        Reverse(stars),
    )
}

fn name() -> impl Strategy<Value = String> {
    "[ab]{1,3}"
}

fn pattern() -> impl Strategy<Value = String> {
    let part = prop_oneof![3 => name(), 2 => "[ab*]{1,3}", 1 => Just("*".to_owned())];
    let start = prop_oneof![Just("~"), Just("")];
    (start, prop::collection::vec(part, 1..4))
        .prop_map(|(start, parts)| format!("{start}/{}", parts.join("/")))
}

fn depth() -> impl Strategy<Value = Depth> {
    prop_oneof![
        Just(Depth::Itself),
        Just(Depth::Children),
        Just(Depth::Everything),
        Just(Depth::Projects),
        Just(Depth::Nothing)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn the_automaton_finds_what_reading_every_pattern_finds(
        rules in prop::collection::vec(prop::collection::vec(pattern(), 1..3), 0..8),
        guards in prop::collection::vec((pattern(), depth()), 0..3),
        paths in prop::collection::vec((any::<bool>(), prop::collection::vec(name(), 0..5)), 1..30),
    ) {
        let mut rows: Vec<Junk> = rules.into_iter().map(junk).collect();
        rows.push(Junk {
            anywhere: Some(Anywhere {
                name: "ab".to_owned(),
                is: Shape::Folder,
                beside: Vec::new(),
                inside: Vec::new(),
            }),
            ..junk(Vec::new())
        });
        let guards: Vec<Protected> =
            guards.into_iter().map(|(path, depth)| protected(path, depth)).collect();
        let matcher = Matcher::with_protected(&rows, &[ada()], &guards).unwrap();
        let naive = Naive::new(&rows, &guards, &ada());
        for (below_home, names) in paths {
            let mut path: Vec<&[u8]> = Vec::new();
            if below_home {
                path.extend([b"h".as_slice(), b"a"]);
            }
            path.extend(names.iter().map(String::as_bytes));
            path.push(b"ab");
            let mut step = matcher.start(Path::new("/"));
            for (at, name) in path.iter().enumerate() {
                step = matcher.step(step.state, name);
                let (rule, projects) = naive.look(&path[..=at]);
                prop_assert_eq!(step.junk, rule, "{:?}", &path[..=at]);
                let named = matcher.named(step.state, name);
                prop_assert_eq!(!named.is_empty(), projects && *name == b"ab", "{:?}", &path[..=at]);
            }
        }
    }
}

#[test]
fn a_rule_that_knows_the_folder_takes_it_from_one_that_knows_the_folder_above() {
    let rows = [
        junk(vec!["~/c/*".to_owned()]),
        junk(vec!["~/c/fox/*/cache".to_owned()]),
    ];
    let matcher = Matcher::with_protected(&rows, &[ada()], &[]).unwrap();
    let junk = |path: &str| matcher.start(Path::new(path)).junk;
    assert_eq!(junk("/h/a/c/wolf"), Some(RuleIndex(0)));
    assert_eq!(
        junk("/h/a/c/wolf/cache"),
        Some(RuleIndex(0)),
        "a start inside a match is junk"
    );
    assert_eq!(junk("/h/a/c/fox"), None);
    assert_eq!(junk("/h/a/c/fox/1/cache"), Some(RuleIndex(1)));
}

#[test]
fn what_holds_something_protected_stays() {
    let rows = [junk(vec!["~/c/*".to_owned()])];
    let guards = [protected("~/c/app/keys".to_owned(), Depth::Everything)];
    let matcher = Matcher::with_protected(&rows, &[ada()], &guards).unwrap();
    assert_eq!(matcher.start(Path::new("/h/a/c/app")).junk, None);
    assert_eq!(
        matcher.start(Path::new("/h/a/c/other")).junk,
        Some(RuleIndex(0))
    );
}

#[test]
fn a_variable_that_names_the_home_folder_kills_its_rules() {
    let rows = [junk(vec!["$CACHE/*".to_owned()])];
    let ways_out = ["/", "/h", "/h/a", "relative", "/h/a/../b"];
    for cache in ways_out.map(PathBuf::from) {
        let base = Base { cache, ..ada() };
        let matcher = Matcher::with_protected(&rows, &[base], &[]).unwrap();
        for path in ["/x", "/h/a", "/h/a/letter", "/h/b/letter", "/relative/x"] {
            assert_eq!(matcher.start(Path::new(path)).junk, None, "{path}");
        }
    }
}

#[test]
fn a_star_in_a_home_folder_is_a_letter() {
    let rows = [junk(vec!["~/x".to_owned()])];
    let base = Base::of_home(Platform::Linux, Path::new("/"), Path::new("/h/a*"));
    let matcher = Matcher::with_protected(&rows, &[base], &[]).unwrap();
    assert_eq!(matcher.start(Path::new("/h/abc/x")).junk, None);
    assert_eq!(matcher.start(Path::new("/h/a*/x")).junk, Some(RuleIndex(0)));
}

#[test]
fn paths_that_climb_lead_nowhere() {
    let matcher = Matcher::with_protected(&[junk(vec!["/a/*".to_owned()])], &[ada()], &[]).unwrap();
    for path in ["a/b", "/a/../a/b", ""] {
        let start = matcher.start(Path::new(path));
        assert_eq!((start.state, start.junk), (State::CLOSED, None), "{path}");
    }
}

#[test]
fn the_rows_of_a_hundred_people_stay_far_below_the_limit() {
    for platform in [Platform::Linux, Platform::Macos] {
        let home = |n: u32| PathBuf::from(format!("/home/p{n}"));
        let bases: Vec<Base> = (0..100)
            .map(|n| Base::of_home(platform, Path::new("/"), &home(n)))
            .collect();
        let states = Matcher::new(super::rows(platform), &bases)
            .unwrap()
            .states();
        assert!(
            (1_000..MOST_STATES / 4).contains(&states),
            "{platform}: {states}"
        );
    }
}

#[test]
fn rules_that_overlap_without_end_are_refused() {
    let many: Vec<String> = (0..20).map(|n| format!("/*{n}*")).collect();
    let refused = Matcher::with_protected(&[junk(many)], &[ada()], &[]).err();
    assert_eq!(refused, Some(TooManyRules));
}
