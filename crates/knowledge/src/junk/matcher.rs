//! The rows of junk, ready for a walk.

use std::path::Path;

pub use super::automaton::{State, TooManyRules};
use super::{
    Junk, RuleIndex, Shape,
    automaton::{Automaton, Mark, Part},
};
use crate::{
    Base,
    pattern::components,
    protected::{Depth, Protected, protected},
};

/// Finds junk along a walk, without looking at the disk itself.
///
/// The walk keeps a [`State`] per folder and asks [`step`](Self::step) for each entry:
///
/// ```
/// # use candor_knowledge::{Base, Platform, junk::{self, Matcher}};
/// # use std::path::Path;
/// let base = Base::of_home(Platform::Linux, Path::new("/"), Path::new("/home/ada"));
/// let rows = junk::rows(Platform::Linux);
/// let matcher = Matcher::new(rows, &[base])?;
/// let home = matcher.start(Path::new("/home/ada")).state;
/// let cache = matcher.step(home, b".cache");
/// assert_eq!(cache.junk, None);
/// let thumbnails = matcher.step(cache.state, b"thumbnails");
/// let large = matcher.step(thumbnails.state, b"large");
/// assert_eq!(large.junk.map(|rule| rule.of(rows).id.as_str()), Some("linux.thumbnails"));
/// # Ok::<(), junk::TooManyRules>(())
/// ```
///
/// Everything below a match belongs to it, and no further match lies below it: a rule that knows
/// a folder by its name takes it away from one that only knows the folder above. Protected places
/// (`tables/protected.toml`), whatever holds one, and what lies in one that is protected whole,
/// are never a match.
pub struct Matcher {
    automaton: Automaton,
    // Sorted by name.
    named: Vec<Named>,
    first_bytes: [u64; 4],
    lengths: u64,
}

/// One step of a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where the walk stands now.
    pub state: State,
    /// The kind of junk that begins here.
    pub junk: Option<RuleIndex>,
}

/// Junk by its name: what still has to be asked of the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The row.
    pub rule: RuleIndex,
    /// The exact name.
    pub name: String,
    /// Whether it must be a folder or a file.
    pub is: Shape,
    /// One of these must stand in the same folder, unless it is empty; `*` as in [`crate::pattern::fits`].
    pub beside: Vec<String>,
    /// One of these must stand directly inside, unless it is empty; `*` likewise.
    pub inside: Vec<String>,
}

impl Matcher {
    /// Returns the matcher for these rows and the folders of these people.
    ///
    /// Paths are compared as they are written: the walk must start from the same spelling of a
    /// home folder as `bases` have. A variable that stands for `/`, for the home folder or for
    /// something above it, such as `XDG_CACHE_HOME=/`, takes no part: its rules would reach
    /// things that are no cache.
    ///
    /// # Errors
    /// [`TooManyRules`] when the rows overlap so much that walking them would need more memory
    /// than a walk should take. The compiled-in rows do not; a test says so.
    pub fn new(rows: &[Junk], bases: &[Base]) -> Result<Self, TooManyRules> {
        Self::with_protected(rows, bases, protected())
    }

    pub(super) fn with_protected(
        rows: &[Junk],
        bases: &[Base],
        protected: &[Protected],
    ) -> Result<Self, TooManyRules> {
        let mut patterns = Vec::new();
        for base in bases {
            for row in protected {
                for pattern in row.patterns(base.platform) {
                    let Some(parts) = parts(base, pattern) else {
                        continue;
                    };
                    match row.depth {
                        Depth::Itself => patterns.push((parts, Mark::Stays)),
                        Depth::Children => {
                            let mut below = parts.clone();
                            below.push(Part::Star(b"*".to_vec()));
                            patterns.extend([(parts, Mark::Stays), (below, Mark::Stays)]);
                        }
                        Depth::Everything => patterns.push((parts, Mark::StaysWhole)),
                        Depth::Projects => patterns.push((parts, Mark::NoProjects)),
                        Depth::Nothing => {}
                    }
                }
            }
            for (at, row) in rows.iter().enumerate() {
                let rule = RuleIndex(u16::try_from(at).map_err(|_| TooManyRules)?);
                let known = row.paths.iter().filter_map(|pattern| parts(base, pattern));
                patterns.extend(known.map(|parts| (parts, Mark::Junk(rule))));
            }
        }

        let mut named = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            let Some(anywhere) = &row.anywhere else {
                continue;
            };
            named.push(Named {
                rule: RuleIndex(u16::try_from(at).map_err(|_| TooManyRules)?),
                name: anywhere.name.clone(),
                is: anywhere.is,
                beside: anywhere.beside.clone(),
                inside: anywhere.inside.clone(),
            });
        }
        named.sort_by(|a, b| (&a.name, a.rule).cmp(&(&b.name, b.rule)));
        let (mut first_bytes, mut lengths) = ([0; 4], 0);
        for name in named.iter().map(|named| named.name.as_bytes()) {
            let first = name.first().copied().unwrap_or(0);
            first_bytes[usize::from(first / 64)] |= 1 << (first % 64);
            lengths |= length_bit(name);
        }
        Ok(Self {
            automaton: Automaton::new(&patterns)?,
            named,
            first_bytes,
            lengths,
        })
    }

    /// Returns where a walk that starts at `path` stands, and the junk that `path` is or lies in.
    ///
    /// A path that is not absolute, or climbs with `..`, leads nowhere.
    #[must_use]
    pub fn start(&self, path: &Path) -> Step {
        let Some(names) = components(path) else {
            return Step {
                state: State::CLOSED,
                junk: None,
            };
        };
        let mut at = Step {
            state: State::ROOT,
            junk: None,
        };
        for name in names {
            let next = self.step(at.state, name);
            at = Step {
                state: next.state,
                junk: next.junk.or(at.junk),
            };
        }
        at
    }

    /// Returns the row that may call a path junk, or something that it lies in: by its place, or by a
    /// name alone, whatever evidence the row asks for.
    ///
    /// Nothing is removed by it. It says what a careful person does not rely on.
    #[must_use]
    pub fn may_take(&self, path: &Path) -> Option<RuleIndex> {
        if let Some(rule) = self.start(path).junk {
            return Some(rule);
        }
        let mut state = State::ROOT;
        let mut names = components(path)?.into_iter().peekable();
        while let Some(name) = names.next() {
            state = self.step(state, name).state;
            let is_last = names.peek().is_none();
            let mut named = self.named(state, name).iter();
            if let Some(named) = named.find(|it| it.is == Shape::Folder || is_last) {
                return Some(named.rule);
            }
        }
        None
    }

    /// Returns where the walk stands after going down to `name`, and the kind of junk it is.
    #[inline]
    #[must_use]
    pub fn step(&self, state: State, name: &[u8]) -> Step {
        let state = self.automaton.next(state, name);
        Step {
            state,
            junk: self.automaton.junk(state),
        }
    }

    /// Returns the rules for things of this name, wherever they lie; mostly none.
    ///
    /// `state` is the state after [`step`](Self::step) to this very name: where programs keep
    /// their own things, such as below `/usr`, names prove nothing and no rule comes back. The
    /// caller still has to check `is`, `beside` and `inside`. All below what it then takes belongs
    /// to that match, so it goes on from there with [`State::CLOSED`].
    #[inline]
    #[must_use]
    pub fn named(&self, state: State, name: &[u8]) -> &[Named] {
        let first = name.first().copied().unwrap_or(0);
        let may_be = self.first_bytes[usize::from(first / 64)] >> (first % 64) & 1 == 1
            && self.lengths & length_bit(name) != 0;
        if may_be && self.automaton.projects(state) {
            self.look_up(name)
        } else {
            &[]
        }
    }

    fn look_up(&self, name: &[u8]) -> &[Named] {
        let start = self
            .named
            .partition_point(|named| named.name.as_bytes() < name);
        let more = self.named[start..].partition_point(|named| named.name.as_bytes() == name);
        &self.named[start..start + more]
    }

    #[cfg(test)]
    pub(super) fn states(&self) -> usize {
        self.automaton.states()
    }
}

fn length_bit(name: &[u8]) -> u64 {
    1 << name.len().min(63)
}

/// Returns a pattern of a table as components, with the folders of `base` taken literally.
fn parts(base: &Base, pattern: &str) -> Option<Vec<Part>> {
    let (start, rest) = pattern.split_once('/').unwrap_or((pattern, ""));
    let folder = base.expand(start)?;
    if start.starts_with('$') && (base.home.starts_with(&folder) || base.root.starts_with(&folder))
    {
        return None;
    }
    let literal = components(&folder)?
        .into_iter()
        .map(|name| Part::Name(name.to_vec()));
    let rest = rest
        .split('/')
        .filter(|name| !name.is_empty() && *name != ".");
    let rest = rest.map(|name| match name {
        ".." => None,
        name if name.contains('*') => Some(Part::Star(name.as_bytes().to_vec())),
        name => Some(Part::Name(name.as_bytes().to_vec())),
    });
    literal.map(Some).chain(rest).collect()
}
