//! Names that are made to look like others. A guess, said as one: it never makes an address red.
//!
//! - *script*: letters of alphabets that nobody mixes, or letters that look like those of a known name
//!   (`xn--pypal-4ve.com`, `paypa1.com`);
//! - *slip*: one letter more, less, other, or two turned round, in a name of six letters or more;
//! - *embedded*: a known name in front of another one (`paypal.com.example.net`);
//! - *dressed*: a known name beside a word of logins (`paypal-login.com`).
//!
//! Known are the sites that everybody visits, and those a person goes to by typing. A known name is like
//! nothing but itself. Sources: UTS 39 (skeletons, restriction levels); Chromium's
//! `components/lookalikes` (2026-11), whose false alarms begin with names of fewer than six letters.

use std::collections::HashMap;

use unicode_security::{RestrictionLevel, RestrictionLevelDetection, skeleton};

use super::Suffixes;

/// Why a name looks like another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// It mixes alphabets.
    Mixed,
    /// Its letters look like those of a known name.
    Letters,
    /// It differs from a known name in one letter.
    Slip,
    /// It begins with a known name and belongs to somebody else.
    Embedded,
    /// It is a known name and a word of logins.
    Dressed,
}

/// What a name looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Like {
    /// The known name; none when alphabets are mixed and nothing known is meant.
    pub known: Option<String>,
    /// In what way.
    pub how: Likeness,
}

impl Like {
    /// Returns the same in words: `one letter differs from paypal.com`.
    #[must_use]
    pub fn words(&self) -> String {
        let known = self.known.as_deref().unwrap_or("another name");
        match self.how {
            Likeness::Mixed => "its name mixes alphabets that are not mixed otherwise".to_owned(),
            Likeness::Letters => format!("its letters look like those of {known}"),
            Likeness::Slip => format!("its name differs from {known} in one letter"),
            Likeness::Embedded => format!("it begins like {known} and belongs to somebody else"),
            Likeness::Dressed => format!("its name is that of {known} with a word of logins"),
        }
    }
}

/// The names that others are compared with.
pub struct Known<'s> {
    suffixes: &'s Suffixes,
    /// The label that a registry gave out, and the name it is part of.
    labels: HashMap<String, String>,
    /// The same by what the label looks like.
    skeletons: HashMap<String, String>,
    /// Labels of six letters or more, by length.
    long: Vec<Vec<String>>,
}

/// A slip of the keys is told only in names this long; below, two real names differ in one letter.
const SHORTEST_SLIP: usize = 6;
/// A known name in front of another one, or beside a word, has this many letters.
const SHORTEST_NAME: usize = 5;
/// Longest label of the name service (RFC 1035 2.3.4).
const LONGEST_LABEL: usize = 63;

/// Words that turn a known name into a bait.
const BAITS: [&str; 26] = [
    "account",
    "accounts",
    "alert",
    "auth",
    "authentication",
    "billing",
    "confirm",
    "helpdesk",
    "limited",
    "login",
    "logon",
    "password",
    "recover",
    "recovery",
    "refund",
    "restore",
    "secure",
    "security",
    "signin",
    "support",
    "unlock",
    "update",
    "validate",
    "verification",
    "verify",
    "wallet",
];

/// Words of the language that are names of known sites, too: with a word beside them they mean nothing.
const PLAIN_WORDS: [&str; 16] = [
    "about",
    "change",
    "example",
    "forbes",
    "guardian",
    "independent",
    "mirror",
    "nature",
    "office",
    "oracle",
    "science",
    "target",
    "telegraph",
    "times",
    "weather",
    "world",
];

/// Names below which others are written on purpose: content networks and proxies of libraries.
const CARRIERS: [&str; 8] = [
    "akadns.net",
    "akamaized.net",
    "cdn77.org",
    "cloudflare.net",
    "edgekey.net",
    "edgesuite.net",
    "fastly.net",
    "incapdns.net",
];

impl<'s> Known<'s> {
    /// Returns the sites that everybody visits, and the hosts a person goes to by typing.
    pub fn new(suffixes: &'s Suffixes, typed: impl IntoIterator<Item = &'s str>) -> Self {
        let mut known = Self {
            suffixes,
            labels: HashMap::new(),
            skeletons: HashMap::new(),
            long: vec![Vec::new(); LONGEST_LABEL + 1],
        };
        let names = suffixes.sites().chain(typed);
        let mut names: Vec<&str> = names.map(|it| suffixes.owned(it)).collect();
        // `.com` stands for a name that several registries gave out.
        names.sort_by_key(|name| (!name.ends_with(".com"), *name));
        names.iter().for_each(|name| known.add(name));
        known
    }

    fn add(&mut self, name: &str) {
        let label = label_of(name);
        if label.len() < 3 || self.labels.contains_key(label) {
            return;
        }
        self.labels.insert(label.to_owned(), name.to_owned());
        let looks = looks(label);
        self.skeletons
            .entry(looks)
            .or_insert_with(|| name.to_owned());
        if let Some(long) = self.long.get_mut(label.len())
            && label.len() >= SHORTEST_SLIP
        {
            long.push(label.to_owned());
        }
    }

    /// Returns what a host looks like, if it looks like something it is not.
    #[must_use]
    pub fn like(&self, host: &str) -> Option<Like> {
        let name = self.suffixes.owned(host);
        let label = label_of(name);
        if self.suffixes.is_of_top_site(host) {
            return None;
        }
        let embedded = self.embedded(host, name);
        // A known name under another suffix is mostly the same owner's.
        if embedded.is_some() || self.labels.contains_key(label) {
            return embedded;
        }
        self.by_letters(label)
            .or_else(|| self.dressed(label))
            .or_else(|| self.slip(label))
    }

    fn by_letters(&self, label: &str) -> Option<Like> {
        let decoded = label
            .starts_with("xn--")
            .then(|| idna::domain_to_unicode(label).0);
        let text = decoded.as_deref().unwrap_or(label);
        let looks = looks(text);
        if let Some(known) = self.skeletons.get(&looks) {
            return Some(Like {
                known: Some(known.clone()),
                how: Likeness::Letters,
            });
        }
        let mixed = text.detect_restriction_level() >= RestrictionLevel::MinimallyRestrictive;
        (decoded.is_some() && mixed).then_some(Like {
            known: None,
            how: Likeness::Mixed,
        })
    }

    /// Finds a known name whole, label by label, before the name that the host belongs to.
    fn embedded(&self, host: &str, name: &str) -> Option<Like> {
        let before = host.strip_suffix(name)?.strip_suffix('.')?;
        if CARRIERS.contains(&name) || host.contains("proxy") {
            return None;
        }
        let labels: Vec<&str> = before.split('.').collect();
        let found = (0..labels.len()).find_map(|at| {
            let known = self.labels.get(labels[at])?;
            let whole = known
                .split('.')
                .eq(labels[at..].iter().copied().take(known.split('.').count()));
            (whole && labels[at].len() >= SHORTEST_NAME).then(|| known.clone())
        })?;
        Some(Like {
            known: Some(found),
            how: Likeness::Embedded,
        })
    }

    fn dressed(&self, label: &str) -> Option<Like> {
        let words = || label.split('-');
        let known = words().find_map(|word| {
            let told = word.len() >= SHORTEST_NAME && !PLAIN_WORDS.contains(&word);
            self.labels.get(word).filter(|_| told)
        })?;
        let bait = words().any(|word| BAITS.contains(&word));
        bait.then(|| Like {
            known: Some(known.clone()),
            how: Likeness::Dressed,
        })
    }

    fn slip(&self, label: &str) -> Option<Like> {
        let is_short = label.len() < SHORTEST_SLIP;
        if is_short || label.starts_with("xn--") || self.suffixes.is_apart(label) {
            return None;
        }
        let lengths = label.len() - 1..=label.len() + 1;
        let near = lengths.filter_map(|it| self.long.get(it)).flatten();
        let known = near.filter(|known| one_slip(label, known)).min()?;
        Some(Like {
            known: self.labels.get(known).cloned(),
            how: Likeness::Slip,
        })
    }
}

/// Returns the label that a registry or a company gave out: `example` of `example.co.uk`.
fn label_of(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// Returns what a name looks like: two that cannot be told apart give the same. Marks above letters and
/// the size of letters do not count.
fn looks(text: &str) -> String {
    let is_mark = |letter: &char| ('\u{300}'..='\u{36f}').contains(letter);
    let bare: String = skeleton(text).filter(|letter| !is_mark(letter)).collect();
    bare.to_lowercase()
}

/// Returns whether one letter was added, left out or changed, or two neighbours were turned round.
///
/// A number at the end is no slip: `example1` is the first of several.
fn one_slip(a: &str, b: &str) -> bool {
    let (a, b) = if a.len() <= b.len() {
        (a.as_bytes(), b.as_bytes())
    } else {
        (b.as_bytes(), a.as_bytes())
    };
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[same..], &b[same..]);
    match (a, b) {
        ([], [last]) => !last.is_ascii_digit(),
        (_, [_, rest @ ..]) if b.len() == a.len() + 1 => a == rest,
        ([x, a @ ..], [y, b @ ..]) if a.len() == b.len() => {
            let digits = x.is_ascii_digit() && y.is_ascii_digit();
            let turned = match (a, b) {
                ([p, a @ ..], [q, b @ ..]) => (p, q) == (y, x) && a == b,
                _ => false,
            };
            (a == b && !digits) || turned
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
