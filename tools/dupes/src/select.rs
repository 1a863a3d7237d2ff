//! Which copy of each group stays, by rules a person chose, and what is proposed for the others.

mod choice;
mod rule;

use std::{
    cmp::Ordering,
    collections::BTreeMap,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use globset::{Glob, GlobSet, GlobSetBuilder};
use knowledge::protected::Protection;
use regex::bytes::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use tool::{
    Bytes, PathText, Proposal,
    pass::{
        FileId, Forest,
        compare::{Class, Inode},
    },
};

pub use choice::{Choice, Offer};
pub use rule::{NoRule, Rule};

/// What a person said about which copies stay. It can be sent to a worker; [`Selection`] is made of it
/// there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wishes {
    /// What stays, the first rule that tells two copies apart deciding. Empty: [`Rule::USUAL`].
    pub rules: Vec<Rule>,
    /// Copies below these folders stay rather than others, the first folder first.
    pub prefer: Vec<PathText>,
    /// Copies whose whole path fits one of these regular expressions stay rather than others.
    pub prefer_matching: Vec<String>,
    /// Only copies whose whole path fits one of these globs may go; empty: any.
    pub only: Vec<String>,
    /// Copies whose whole path, or name, fits one of these globs never go.
    pub keep: Vec<String>,
    /// Groups with a copy below one of these stay whole.
    pub lock: Vec<PathText>,
    /// How many copies of each group stay.
    pub at_least: usize,
    /// Copies below the same of these folders do not count as copies of each other.
    pub isolate: Vec<PathText>,
    /// Whether copies are joined with the one that stays, which must then be on the same device.
    pub joined: bool,
    /// Whether a person goes through the copies one by one: then all of them are handed on, as a list
    /// named [`CHOICES`](crate::CHOICES), and what the rules say is where that person begins.
    pub by_hand: bool,
}

/// Why wishes cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum BadWish {
    /// A glob cannot be read.
    #[error("`{glob}` is no glob")]
    Glob {
        /// The text.
        glob: String,
        /// What is wrong with it.
        #[source]
        source: globset::Error,
    },
    /// A regular expression cannot be read.
    #[error("`{text}` is no regular expression")]
    Regex {
        /// The text.
        text: String,
        /// What is wrong with it.
        #[source]
        source: regex::Error,
    },
}

/// Wishes, ready to be followed.
#[derive(Debug)]
pub struct Selection<'w> {
    wishes: &'w Wishes,
    rules: &'w [Rule],
    prefer_matching: Vec<Regex>,
    only: GlobSet,
    keep: GlobSet,
}

impl<'w> Selection<'w> {
    /// Reads the globs and expressions of wishes.
    ///
    /// # Errors
    /// [`BadWish`] names the first that cannot be read.
    pub fn of(wishes: &'w Wishes) -> Result<Self, BadWish> {
        let regex = |text: &String| {
            let built = RegexBuilder::new(text).size_limit(1 << 20).build();
            built.map_err(|source| BadWish::Regex {
                text: text.clone(),
                source,
            })
        };
        Ok(Self {
            wishes,
            rules: match wishes.rules.is_empty() {
                true => &Rule::USUAL,
                false => &wishes.rules,
            },
            prefer_matching: wishes
                .prefer_matching
                .iter()
                .map(regex)
                .collect::<Result<_, _>>()?,
            only: globs(&wishes.only)?,
            keep: globs(&wishes.keep)?,
        })
    }

    /// Returns what may go of a class of equal files: every name of every copy that does not stay.
    ///
    /// At least one file stays, and at least [`Wishes::at_least`].
    #[must_use]
    pub fn proposals(
        &self,
        forest: &Forest,
        class: &Class,
        roots: &[PathBuf],
        protection: &Protection,
    ) -> Vec<Proposal> {
        let choices = self.choices(forest, class, roots, protection);
        choices.iter().flat_map(Choice::by_rules).collect()
    }

    /// Returns the copies of a class of equal files that can vouch for each other, with what these wishes
    /// make of them: usually one set, but one for each device if copies are to be joined.
    #[must_use]
    pub fn choices(
        &self,
        forest: &Forest,
        class: &Class,
        roots: &[PathBuf],
        protection: &Protection,
    ) -> Vec<Choice> {
        let copies: Vec<Copy> = class.inodes.iter().map(|it| Copy::of(forest, it)).collect();
        let is_locked = |copy: &Copy| self.wishes.lock.iter().any(|it| copy.is_below(&it.0));
        let locked = copies.iter().any(is_locked);
        let mut sets: BTreeMap<u16, Vec<&Copy>> = BTreeMap::new();
        for copy in &copies {
            let device = forest.file(copy.inode.names[0]).device;
            let set = if self.wishes.joined { device } else { 0 };
            sets.entry(set).or_default().push(copy);
        }
        let of_set = |set: Vec<&Copy>| self.of_set(forest, set, (roots, protection), locked);
        let sets = sets.into_values().filter(|set| set.len() > 1);
        sets.map(of_set).collect()
    }

    fn of_set(
        &self,
        forest: &Forest,
        mut set: Vec<&Copy<'_>>,
        (roots, protection): (&[PathBuf], &Protection),
        locked: bool,
    ) -> Choice {
        set.sort_by(|one, other| self.order(forest, one, other, roots).0);
        let (first, rest) = (set[0], &set[1..]);
        let stays = |copy: &Copy<'_>| {
            copy.paths
                .iter()
                .find_map(|path| self.stays(path, protection))
        };
        let isle = |copy: &Copy<'_>| {
            let holds = |folder: &PathText| copy.is_below(&folder.0);
            self.wishes.isolate.iter().position(holds)
        };
        let same_isle = |copy: &Copy<'_>| isle(copy).is_some() && isle(copy) == isle(first);
        let offer = |copy: &Copy<'_>, why: &str| Offer {
            names: copy.inode.names.iter().map(|it| forest.seen(*it)).collect(),
            frees: Bytes(copy.inode.own),
            goes: false,
            why: why.to_owned(),
            locked: match locked {
                true => Some("you said that its group stays whole".to_owned()),
                false => stays(copy),
            },
        };
        let mut copies = vec![offer(first, self.order(forest, first, rest[0], roots).1)];
        let mut kept = 1;
        for copy in rest {
            let mut offer = offer(copy, self.order(forest, first, copy, roots).1);
            offer.goes = offer.locked.is_none() && !same_isle(copy);
            if !offer.goes {
                kept += 1;
                offer.why = match offer.locked {
                    Some(_) => "it has to".to_owned(),
                    None => "it lies below the same PATH as the copy that stays".to_owned(),
                };
            }
            copies.push(offer);
        }
        // The later in the order, the sooner it goes: what may not go counts as one that stays.
        let stay = self.wishes.at_least.max(1);
        let more = stay.saturating_sub(kept);
        for offer in copies.iter_mut().filter(|it| it.goes).take(more) {
            offer.goes = false;
            offer.why = format!("{stay} copies of each group do");
        }
        Choice {
            size: Bytes(forest.file(first.inode.names[0]).size),
            stay,
            copies,
        }
    }

    /// Returns why a name must stay whatever the rules say; `None` if it need not.
    fn stays(&self, path: &Path, protection: &Protection) -> Option<String> {
        let fits = |globs: &GlobSet| {
            globs.is_match(path) || path.file_name().is_some_and(|name| globs.is_match(name))
        };
        if fits(&self.keep) {
            Some("you said that it never goes".to_owned())
        } else if !self.wishes.only.is_empty() && !fits(&self.only) {
            Some("it is not among what you said may go".to_owned())
        } else {
            protection
                .of_path(path)
                .map(|row| format!("it is protected: {}", row.words))
        }
    }

    /// Compares two copies, the one that stays first, and says in words what decided.
    fn order(
        &self,
        forest: &Forest,
        one: &Copy<'_>,
        other: &Copy<'_>,
        roots: &[PathBuf],
    ) -> (Ordering, &'static str) {
        let first = |copy: &Copy<'_>, fits: &dyn Fn(&Copy<'_>, usize) -> bool, most: usize| {
            (0..most).find(|number| fits(copy, *number)).unwrap_or(most)
        };
        let prefer = |copy: &Copy<'_>| {
            let below = |copy: &Copy<'_>, at: usize| copy.is_below(&self.wishes.prefer[at].0);
            first(copy, &below, self.wishes.prefer.len())
        };
        let matching = |copy: &Copy<'_>| {
            let fits = |copy: &Copy<'_>, at: usize| {
                self.prefer_matching[at].is_match(copy.paths[0].as_os_str().as_bytes())
            };
            first(copy, &fits, self.prefer_matching.len())
        };
        let by_folder = prefer(one).cmp(&prefer(other));
        if by_folder.is_ne() {
            return (by_folder, "it lies in a folder you prefer");
        }
        let by_text = matching(one).cmp(&matching(other));
        if by_text.is_ne() {
            return (by_text, "its path is one you prefer");
        }
        for rule in self.rules {
            let order = rule.order(forest, one, other, roots);
            if order.is_ne() {
                return (order, rule.words());
            }
        }
        (one.paths[0].cmp(&other.paths[0]), Rule::FirstPath.words())
    }
}

/// A copy with its paths.
#[derive(Debug)]
struct Copy<'c> {
    inode: &'c Inode,
    paths: Vec<PathBuf>,
}

impl<'c> Copy<'c> {
    fn of(forest: &Forest, inode: &'c Inode) -> Self {
        let path = |id: &FileId| forest.path(*id);
        Self {
            inode,
            paths: inode.names.iter().map(path).collect(),
        }
    }

    fn is_below(&self, folder: &Path) -> bool {
        self.paths.iter().any(|path| path.starts_with(folder))
    }
}

fn globs(texts: &[String]) -> Result<GlobSet, BadWish> {
    let mut set = GlobSetBuilder::new();
    let bad = |glob: &str, source| BadWish::Glob {
        glob: glob.to_owned(),
        source,
    };
    for text in texts {
        set.add(Glob::new(text).map_err(|source| bad(text, source))?);
    }
    set.build().map_err(|source| bad(&texts.join(" "), source))
}
