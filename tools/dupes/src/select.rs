//! Which copy of each group stays, by rules a person chose, and what is proposed for the others.

mod choice;
mod rule;
mod whereabouts;
mod whole;

use std::{
    cmp::Ordering,
    collections::BTreeMap,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use globset::{Glob, GlobSet, GlobSetBuilder};
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
use whereabouts::Rank;
pub(crate) use whereabouts::Whereabouts;
pub(crate) use whole::{Fate, Whole};

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
    /// Whether folders that hold the same go as a whole.
    #[serde(default)]
    pub folders: bool,
    /// Whether parts of repositories, of installed packages and of programs' own data go singly too.
    #[serde(default)]
    pub parts: bool,
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
    /// At least one file stays, and at least [`Wishes::at_least`]. Names that go or stay with a folder
    /// are as `whole` says.
    pub(crate) fn proposals(
        &self,
        forest: &Forest,
        class: &Class,
        places: &Whereabouts<'_>,
        whole: &Whole,
    ) -> Vec<Proposal> {
        let choices = self.choices(forest, class, places, whole);
        choices.iter().flat_map(Choice::by_rules).collect()
    }

    /// Returns the copies of a class of equal files that can vouch for each other, with what these wishes
    /// make of them: usually one set, but one for each device if copies are to be joined.
    pub(crate) fn choices(
        &self,
        forest: &Forest,
        class: &Class,
        places: &Whereabouts<'_>,
        whole: &Whole,
    ) -> Vec<Choice> {
        let rank_of = |path: &Path| places.rank(path, self.wishes.parts);
        let copies = class.inodes.iter();
        let copies: Vec<Copy> = copies
            .filter_map(|inode| Copy::of(forest, inode, whole, &rank_of))
            .collect();
        let is_locked = |copy: &Copy| self.wishes.lock.iter().any(|it| copy.is_below(&it.0));
        let locked = copies.iter().any(is_locked);
        let mut sets: BTreeMap<u16, Vec<&Copy>> = BTreeMap::new();
        for copy in &copies {
            let device = forest.file(copy.names[0]).device;
            let set = if self.wishes.joined { device } else { 0 };
            sets.entry(set).or_default().push(copy);
        }
        let of_set = |set: Vec<&Copy>| self.of_set(forest, set, places, locked);
        let sets = sets.into_values().filter(|set| set.len() > 1);
        sets.map(of_set).collect()
    }

    fn of_set(
        &self,
        forest: &Forest,
        mut set: Vec<&Copy<'_>>,
        places: &Whereabouts<'_>,
        locked: bool,
    ) -> Choice {
        set.sort_by(|one, other| self.order(*one, *other, places.roots).0);
        let (first, rest) = (set[0], &set[1..]);
        let stays = |copy: &Copy<'_>| match copy.stays {
            true => Some("it stays or goes with its folder".to_owned()),
            false => {
                let mut paths = copy.paths.iter();
                paths.find_map(|path| self.stays(path, places))
            }
        };
        let same_isle = |copy: &Copy<'_>| {
            self.isle(copy)
                .is_some_and(|it| self.isle(first) == Some(it))
        };
        let offer = |copy: &Copy<'_>, why: &str| Offer {
            names: copy.names.iter().map(|it| forest.seen(*it)).collect(),
            frees: Bytes(copy.own),
            goes: false,
            why: why.to_owned(),
            locked: match locked {
                true => Some("you said that its group stays whole".to_owned()),
                false => stays(copy),
            },
        };
        let mut copies = vec![offer(first, self.order(first, rest[0], places.roots).1)];
        // A person could choose it, and leave what may go by itself as the last one.
        if rest.iter().any(|copy| copy.rank == Rank::Junk) && first.rank != Rank::Junk {
            let locked = &mut copies[0].locked;
            locked.get_or_insert_with(|| "another copy is junk and may go itself".to_owned());
        }
        let mut kept = 1;
        for copy in rest {
            let mut offer = offer(copy, self.order(first, *copy, places.roots).1);
            offer.goes = offer.locked.is_none() && !same_isle(copy);
            if !offer.goes {
                // What lies worse than the first is not relied on.
                kept += usize::from(copy.rank == first.rank);
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
            size: Bytes(forest.file(first.names[0]).size),
            stay,
            copies,
        }
    }

    /// Returns which of the folders whose copies are none of each other this one lies in.
    fn isle(&self, copy: &dyn Judged) -> Option<usize> {
        let holds = |folder: &PathText| copy.is_below(&folder.0);
        self.wishes.isolate.iter().position(holds)
    }

    /// Returns why a name must stay whatever the rules say; `None` if it need not.
    fn stays(&self, path: &Path, places: &Whereabouts<'_>) -> Option<String> {
        let may_go = self.wishes.only.is_empty() || fits(&self.only, path);
        self.is_kept(path, places)
            .or_else(|| {
                self.part(path, places)
                    .map(|of| format!("it is part of {of}"))
            })
            .or_else(|| (!may_go).then(|| "it is not among what you said may go".to_owned()))
    }

    /// Returns what a path is a part of, unless parts may go singly.
    fn part(&self, path: &Path, places: &Whereabouts<'_>) -> Option<&'static str> {
        match self.wishes.parts {
            true => None,
            false => places.part(path),
        }
    }

    /// Returns why a person or the table of protected places keeps a name; `None` if neither does.
    fn is_kept(&self, path: &Path, places: &Whereabouts<'_>) -> Option<String> {
        if fits(&self.keep, path) {
            return Some("you said that it never goes".to_owned());
        }
        places.keep(path)
    }

    /// Compares two copies, the one that stays first, and says in words what decided.
    fn order(
        &self,
        one: &dyn Judged,
        other: &dyn Judged,
        roots: &[PathBuf],
    ) -> (Ordering, &'static str) {
        let first = |copy: &dyn Judged, fits: &dyn Fn(&dyn Judged, usize) -> bool, most: usize| {
            (0..most).find(|number| fits(copy, *number)).unwrap_or(most)
        };
        let prefer = |copy: &dyn Judged| {
            let below = |copy: &dyn Judged, at: usize| copy.is_below(&self.wishes.prefer[at].0);
            first(copy, &below, self.wishes.prefer.len())
        };
        let matching = |copy: &dyn Judged| {
            let fits = |copy: &dyn Judged, at: usize| {
                self.prefer_matching[at].is_match(copy.path().as_os_str().as_bytes())
            };
            first(copy, &fits, self.prefer_matching.len())
        };
        let by_place = one.rank().cmp(&other.rank());
        if by_place.is_ne() {
            return (
                by_place,
                "the other may go itself, or is a part of something",
            );
        }
        let by_folder = prefer(one).cmp(&prefer(other));
        if by_folder.is_ne() {
            return (by_folder, "it lies in a folder you prefer");
        }
        let by_text = matching(one).cmp(&matching(other));
        if by_text.is_ne() {
            return (by_text, "its path is one you prefer");
        }
        for rule in self.rules {
            let order = rule.order(one, other, roots);
            if order.is_ne() {
                return (order, rule.words());
            }
        }
        (one.path().cmp(other.path()), Rule::FirstPath.words())
    }
}

/// What rules ask of a copy, be it a file or a folder. Times are nanoseconds since 1970.
trait Judged {
    /// Its path, the first if it has several.
    fn path(&self) -> &Path;
    /// How far it can be relied on by where it lies; no rule of a person comes before it.
    fn rank(&self) -> Rank;
    fn is_below(&self, folder: &Path) -> bool;
    fn modified(&self) -> i64;
    fn changed(&self) -> i64;
    fn last_read(&self) -> i64;
    /// How many names it has, and how many of them outside of what was looked at.
    fn links(&self) -> (i64, i64);
}

/// A copy with its paths.
struct Copy<'c> {
    forest: &'c Forest,
    /// Its names but for those that go with a folder or were thrown away, those it is known best by first.
    names: Vec<FileId>,
    paths: Vec<PathBuf>,
    rank: Rank,
    own: u64,
    /// Whether it stays with a folder.
    stays: bool,
    seen_names: usize,
}

impl<'c> Copy<'c> {
    /// Returns a copy; `None` if all its names go with folders, or were thrown away.
    fn of(
        forest: &'c Forest,
        inode: &'c Inode,
        whole: &Whole,
        rank_of: &dyn Fn(&Path) -> Option<Rank>,
    ) -> Option<Self> {
        let fate = |id: &FileId| whole.fate(forest, *id);
        let names = inode.names.iter().copied();
        let mut named: Vec<(Option<Rank>, FileId, PathBuf)> = names
            .filter(|id| fate(id) != Fate::Goes)
            .map(|id| (id, forest.path(id)))
            .map(|(id, path)| (rank_of(&path), id, path))
            .collect();
        let before = named.len();
        named.retain(|it| it.0.is_some());
        // While a name is left where things are thrown away, the bytes are.
        let own = if named.len() == before { inode.own } else { 0 };
        named.sort_by_key(|it| it.0);
        let rank = named.first()?.0?;
        let names: Vec<FileId> = named.iter().map(|it| it.1).collect();
        Some(Self {
            forest,
            stays: names.iter().any(|id| fate(id) != Fate::Open),
            names,
            paths: named.into_iter().map(|it| it.2).collect(),
            rank,
            own,
            seen_names: inode.names.len(),
        })
    }
}

impl Judged for Copy<'_> {
    fn path(&self) -> &Path {
        &self.paths[0]
    }

    fn rank(&self) -> Rank {
        self.rank
    }

    fn is_below(&self, folder: &Path) -> bool {
        self.paths.iter().any(|path| path.starts_with(folder))
    }

    fn modified(&self) -> i64 {
        self.forest.file(self.names[0]).mtime_ns
    }

    fn changed(&self) -> i64 {
        self.forest.file(self.names[0]).ctime_ns
    }

    fn last_read(&self) -> i64 {
        self.forest.last_read(self.names[0]).map_or(0, |it| it.0)
    }

    fn links(&self) -> (i64, i64) {
        let links = i64::from(self.forest.file(self.names[0]).nlink);
        let seen = i64::try_from(self.seen_names).unwrap_or(i64::MAX);
        (links, links - seen)
    }
}

fn fits(globs: &GlobSet, path: &Path) -> bool {
    globs.is_match(path) || path.file_name().is_some_and(|name| globs.is_match(name))
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
